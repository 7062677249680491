import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Cursor } from '#ports/feed.ts';
import { LowWater } from './low-water.ts';

const cursor = (seq: number): Cursor => ({ epoch: 1, seq });
const body = (n: number, at: Cursor | null = cursor(n), run = 1): Parameters<LowWater['done']>[0] => ({
  feed: 'f',
  run,
  n,
  cursor: at,
});

describe('LowWater', () => {
  it('moves only as far as nothing is missing', () => {
    const water = new LowWater();
    assert.equal(water.done(body(2)), null);
    assert.equal(water.done(body(3)), null);
    assert.deepEqual(water.done(body(1)), cursor(3));
    assert.equal(water.done(body(1)), null);
    assert.deepEqual(water.done(body(4)), cursor(4));
  });

  it('passes over messages that do not end a batch', () => {
    const water = new LowWater();
    assert.equal(water.done(body(1, null)), null);
    assert.equal(water.done(body(2, null)), null);
    assert.deepEqual(water.done(body(3)), cursor(3));
  });

  it('begins anew with a later run and ignores an earlier one', () => {
    const water = new LowWater();
    water.done(body(1));
    assert.deepEqual(water.done(body(1, cursor(50), 2)), cursor(50));
    assert.equal(water.done(body(2, cursor(2), 1)), null);
  });

  it('ends at the last message in any order and with any repetition', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([1, 2, 3, 4, 5, 6], { minLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 6 })),
        (order, again) => {
          const water = new LowWater();
          const seen = new Set<number>();
          let last = 0;
          for (const n of [...order, ...again]) {
            seen.add(n);
            last = water.done(body(n))?.seq ?? last;
            let whole = 0;
            while (seen.has(whole + 1)) whole++;
            assert.equal(last, whole);
          }
        },
      ),
    );
  });
});
