// Non-runners on the exchange, worked out by hand: what is void, what is reduced, whose money moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liabilityLeft, reducedMilli } from './reduction.ts';

test('reducedMilli() by hand: win markets lose a share of the price from 2.5 %, place markets of the winnings, never below 1.01', () => {
  for (const [price, ppm, kind, expected] of [
    [8_000, 250_000, 'win', 6_000],
    [8_000, 250_000, 'place', 6_250], // the example of the exchange's help page 406
    [3_350, 300_100, 'win', 2_340], // 3.35 x 0.6999 = 2.344665
    [2_000, 24_999, 'win', 2_000],
    [2_000, 25_000, 'win', 1_950],
    [2_000, 24_100, 'place', 1_980], // 1 + 0.9759
    [1_200, 400_000, 'win', 1_010], // 0.72
    [1_010, 900_000, 'place', 1_010], // 1.001
    [1_030, 500_000, 'place', 1_020], // 1.015 goes up
    [1_000_000, 100_000, 'win', 900_000],
  ] as const)
    assert.equal(reducedMilli(price, ppm, kind), expected, JSON.stringify([price, ppm, kind]));
});

test('liabilityLeft() by hand, rounded up', () => {
  // 100.00 on a runner of 20 % when one of 30 % goes: 1 - 30/80 = 62.5 %.
  assert.equal(liabilityLeft(10_000, { factorPpm: 300_000, ownPpm: 200_000, kind: 'win' }), 6_250);
  assert.equal(liabilityLeft(10_000, { factorPpm: 300_000, ownPpm: 200_000, kind: 'place' }), 7_000);
  assert.equal(liabilityLeft(10_001, { factorPpm: 333_333, ownPpm: 0, kind: 'win' }), 6_668); // 6,667.3...
  assert.equal(liabilityLeft(10_000, { factorPpm: 900_000, ownPpm: 200_000, kind: 'win' }), 10_000);
});
