import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { coverageOf, leadsThrough, segmentName, segmentOf, type WalArchive, type WalPiece } from './wal-archive.ts';

const piece = (timeline: number, segment: number, writtenAt = segment * 1_000): WalPiece => ({
  name: segmentName(timeline, segment),
  timeline,
  segment,
  writtenAt,
  bytes: 1,
});
/** Timeline 2 left 1 within piece 5; timeline 3 left 2 within piece 7. */
const archive: WalArchive = {
  pieces: [
    ...[2, 3, 4, 5, 6].map((n) => piece(1, n)),
    ...[5, 6, 7, 8].map((n) => piece(2, n)),
    ...[7, 8, 10].map((n) => piece(3, n)),
  ],
  ancestors: new Map([
    [2, [{ timeline: 1, untilSegment: 5 }]],
    [
      3,
      [
        { timeline: 1, untilSegment: 5 },
        { timeline: 2, untilSegment: 7 },
      ],
    ],
  ]),
};

describe('segmentOf() and segmentName()', () => {
  // 256 pieces of 16 MB make the 4 GB that the middle part of the name counts.
  for (const [name, segment] of [
    ['000000010000000000000001', 1],
    ['0000000100000000000000FF', 255],
    ['000000010000000100000000', 256],
    ['0000000A0000000200000003', 515],
  ] as const) {
    it(`${name} is piece ${segment}`, () => {
      assert.equal(segmentOf(name), segment);
      assert.equal(segmentName(Number.parseInt(name.slice(0, 8), 16), segment), name);
    });
  }
});

describe('coverageOf()', () => {
  it('follows one timeline to its last piece', () => {
    const { gapAt, last, until } = coverageOf(archive, { timeline: 1, segment: 2 }, 1);
    assert.deepEqual([last?.segment, last?.timeline, until, gapAt], [6, 1, 6_000, null]);
  });
  it('changes timeline where one branched off', () => {
    const { last } = coverageOf(archive, { timeline: 1, segment: 2 }, 2);
    assert.deepEqual([last?.segment, last?.timeline], [8, 2]);
  });
  it('names the first missing piece when later ones exist', () => {
    const { gapAt, last } = coverageOf(archive, { timeline: 1, segment: 2 }, 3);
    assert.deepEqual([last?.segment, gapAt], [8, segmentName(3, 9)]);
  });
  it('reaches nothing when the first piece is missing', () => {
    assert.equal(coverageOf(archive, { timeline: 1, segment: 1 }, 1).last, null);
  });
  it('takes the newest time, since old pieces are kept under names to come', () => {
    const recycled = { ...archive, pieces: [piece(1, 2, 9_000), piece(1, 3, 1_000)] };
    assert.equal(coverageOf(recycled, { timeline: 1, segment: 2 }, 1).until, 9_000);
  });
});

describe('leadsThrough()', () => {
  it('is true for a place before the branch and false for one after it', () => {
    assert.equal(leadsThrough(archive, 3, { timeline: 1, segment: 4 }), true);
    assert.equal(leadsThrough(archive, 3, { timeline: 1, segment: 6 }), false);
    assert.equal(leadsThrough(archive, 2, { timeline: 3, segment: 1 }), false);
    assert.equal(leadsThrough(archive, 2, { timeline: 2, segment: 99 }), true);
  });
});
