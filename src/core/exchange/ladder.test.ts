import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CLASSIC, FINEST, Ladder, ladderNamed, lineLadder, NO_TICK, TICKS_MAX } from './ladder.ts';

test('CLASSIC has the 350 published prices', () => {
  assert.equal(CLASSIC.ticks, 350);
  // The published table: from, to, increment in decimal odds; walked by hand here, not by bands.
  const steps: [number, number][] = [
    [2_000, 10],
    [3_000, 20],
    [4_000, 50],
    [6_000, 100],
    [10_000, 200],
    [20_000, 500],
    [30_000, 1_000],
    [50_000, 2_000],
    [100_000, 5_000],
    [1_000_000, 10_000],
  ];
  const prices = [1_010];
  for (const [to, step] of steps) while ((prices.at(-1) as number) < to) prices.push((prices.at(-1) as number) + step);
  assert.deepEqual(
    Array.from({ length: CLASSIC.ticks }, (_, tick) => CLASSIC.milliOf(tick)),
    prices,
  );
  for (const [tick, price] of prices.entries()) assert.equal(CLASSIC.tickOf(price), tick);
});

test('tickOf() gives NO_TICK when a price is off the ladder', () => {
  for (const milli of [0, 1_000, 1_009, 1_011, 2_010, 3_020, 4_050, 999_999, 1_000_010, 5e9, NaN]) {
    assert.equal(CLASSIC.tickOf(milli), NO_TICK, String(milli));
  }
});

test('tickAtOrBelow() and tickAtOrAbove() round to the ladder', () => {
  assert.equal(CLASSIC.milliOf(CLASSIC.tickAtOrBelow(2_019)), 2_000);
  assert.equal(CLASSIC.milliOf(CLASSIC.tickAtOrAbove(2_001)), 2_020);
  assert.equal(CLASSIC.tickAtOrBelow(1_009), NO_TICK);
  assert.equal(CLASSIC.tickAtOrAbove(1_000), 0);
  assert.equal(CLASSIC.tickAtOrBelow(9e9), 349);
  assert.equal(CLASSIC.tickAtOrAbove(1_000_001), NO_TICK);
});

test('every tick of every ladder is its own price, rising', () => {
  for (const ladder of [CLASSIC, FINEST, lineLadder(-4_000, 4_000, 500)]) {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: ladder.ticks - 1 }), (tick) => {
        const milli = ladder.milliOf(tick);
        assert.equal(ladder.tickOf(milli), tick);
        assert.equal(ladder.tickAtOrAbove(milli), tick);
        if (tick > 0) assert.ok(ladder.milliOf(tick - 1) < milli);
      }),
    );
  }
  assert.equal(FINEST.ticks, 99_900);
});

test('ladderNamed() reads lines and refuses what is no ladder', () => {
  assert.equal(ladderNamed('classic'), CLASSIC);
  assert.equal(ladderNamed('line:-4000:4000:500')?.ticks, 17);
  for (const name of ['', 'x', 'line:0:0:1', 'line:0:10:0', 'line:0:10:3', 'line:10:0:1', `line:0:${TICKS_MAX}:1`]) {
    assert.equal(ladderNamed(name), null, name);
  }
  assert.throws(
    () =>
      new Ladder('gap', [
        { fromMilli: 1, toMilli: 2, stepMilli: 1 },
        { fromMilli: 3, toMilli: 4, stepMilli: 1 },
      ]),
  );
});
