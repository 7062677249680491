import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MarketBook } from './market-book.ts';
import { contentOf, deltaChange, imageOf } from '../../../../test/exchange/stream-messages.ts';
import type { MarketChange } from './wire.ts';

const change = (rest: Omit<MarketChange, 'id'>): MarketChange => ({ id: '1.5', ...rest });
const runnerOf = (book: MarketBook, id = 1): NonNullable<ReturnType<MarketBook['runner']>> => {
  const runner = book.runner(id, 0);
  assert.ok(runner);
  return runner;
};

test('an image and its deltas are the final image, however they are told', () => {
  fc.assert(
    fc.property(fc.array(deltaChange, { minLength: 1, maxLength: 12 }), fc.nat({ max: 11 }), (changes, cut) => {
      const told = new MarketBook('1.5');
      for (const one of changes) told.apply(one, 9);
      // The same, but from an image of the middle onwards; and the final image alone.
      const middle = new MarketBook('1.5');
      for (const one of changes.slice(0, cut)) middle.apply(one, 9);
      const joined = new MarketBook('1.5');
      joined.apply(change({ rc: [{ id: 77, atb: [[5, 5]] }] }), 1); // gone with the image
      joined.apply(imageOf(middle), 9);
      // Levels are numbered anew by the image, so those lists go on only from the beginning.
      const leveled = changes.slice(cut).some(({ rc }) => rc?.some((one) => one.batb ?? one.batl ?? one.bdatb ?? one.bdatl));
      for (const one of changes.slice(cut)) joined.apply(one, 9);
      if (!leveled) assert.deepEqual(contentOf(joined), contentOf(told));
      const final = new MarketBook('1.5');
      final.apply(imageOf(told), 9);
      assert.deepEqual(contentOf(final), contentOf(told));
    }),
    { numRuns: 300, seed: 20 },
  );
});

test('MarketBook keeps the best price first on either side and deletes what has no size', () => {
  const book = new MarketBook('1.5');
  const lists: MarketChange = change({
    rc: [
      {
        id: 1,
        atb: [
          [1.5, 10],
          [1.6, 5.01],
          [1.4, 7],
        ],
        atl: [
          [1.8, 1],
          [1.7, 2],
        ],
      },
    ],
  });
  book.apply(lists, 10);
  book.apply(change({ rc: [{ id: 1, atb: [[1.6, 0]], atl: [[1.7, 3]] }] }), 11);
  const { toBack, toLay } = runnerOf(book);
  assert.deepEqual(
    [toBack.prices, toBack.sizes],
    [
      [1_500, 1_400],
      [1_000, 700],
    ],
  );
  assert.deepEqual(
    [toLay.prices, toLay.sizes],
    [
      [1_700, 1_800],
      [300, 100],
    ],
  );
  assert.equal(book.publishedAt, 11);
});

test('RunnerBook gives the full ladder before levels with virtual prices before levels', () => {
  const book = new MarketBook('1.5');
  const best = (): number | undefined => runnerOf(book).toBack.prices[0];
  book.apply(change({ rc: [{ id: 1, batb: [[0, 2, 1]] }] }), 1);
  assert.equal(best(), 2_000);
  book.apply(change({ rc: [{ id: 1, bdatb: [[0, 2.02, 1]] }] }), 2);
  assert.equal(best(), 2_020);
  book.apply(change({ rc: [{ id: 1, atb: [[2.04, 1]] }] }), 3);
  assert.equal(best(), 2_040);
  book.apply(change({ rc: [{ id: 1, atb: [[2.04, 0]], bdatb: [[0, 0, 0]] }] }), 4);
  assert.equal(best(), 2_000);
});

test('takeTrades() tells what rose since it was last asked, over several changes of one runner and over an image', () => {
  const book = new MarketBook('1.5');
  const trades = (): [number, number][] =>
    runnerOf(book)
      .traded.takeTrades()
      .map(({ price, volume }) => [price, volume]);
  book.apply(
    change({
      rc: [
        { id: 1, trd: [[2, 10]] },
        {
          id: 1,
          trd: [
            [2, 12],
            [1.5, 4],
          ],
        },
      ],
    }),
    1,
  );
  assert.deepEqual(trades(), [
    [1_500, 400],
    [2_000, 1_200],
  ]);
  assert.deepEqual(trades(), []);
  book.apply(
    change({
      rc: [
        {
          id: 1,
          trd: [
            [2, 11],
            [1.5, 5],
          ],
        },
      ],
    }),
    2,
  );
  assert.deepEqual(trades(), [[1_500, 100]]); // a volume that falls is a correction
  // 1.5 fell silent in the image, 2.0 rose from 11 to 13, 3.0 is new.
  book.apply(
    change({
      img: true,
      rc: [
        {
          id: 1,
          trd: [
            [2, 13],
            [3, 1],
          ],
        },
      ],
    }),
    3,
  );
  assert.deepEqual(trades(), [
    [2_000, 200],
    [3_000, 100],
  ]);
});

test('runners keep the order of the definition, and handicaps are other runners', () => {
  const book = new MarketBook('1.5');
  const runners = [
    { id: 9, hc: -0.5, status: 'ACTIVE' },
    { id: 9, status: 'ACTIVE' },
    { id: 4, hc: 0.5, status: 'REMOVED' },
  ];
  book.apply(change({ marketDefinition: { status: 'OPEN', runners }, rc: [{ id: 4, hc: 0.5, ltp: 3.05 }] }), 1);
  assert.deepEqual(
    book.runners.map((one) => [one.selectionId, one.handicap, one.status, one.lastPriceMilli]),
    [
      [9, -0.5, 'ACTIVE', null],
      [9, 0, 'ACTIVE', null],
      [4, 0.5, 'REMOVED', 3_050],
    ],
  );
});
