import assert from 'node:assert/strict';
import { test } from 'node:test';
import { averageOf, round2 } from './reference-float.ts';

/** x and round(x, 2) as CPython 3.11 prints it. */
const TABLE: readonly (readonly [number, number])[] = [
  [0.125, 0.12],
  [0.375, 0.38],
  [2.675, 2.67],
  [1.005, 1],
  [2.5, 2.5],
  [-0.125, -0.12],
  [-2.675, -2.67],
  [1_000_000_000.125, 1_000_000_000.12],
  [10.995, 10.99],
  [0.285, 0.28],
  [5.015, 5.01],
  [1.115, 1.11],
  [33.335, 33.34],
  [-0.375, -0.38],
  [0.005, 0.01],
  [0.015, 0.01],
  [0.045, 0.04],
  [1_234_567.885, 1_234_567.89],
  [7.2068, 7.21],
  [3.61235, 3.61],
];

test('round2() rounds as the reference does: the exact binary value, ties to the even digit', () => {
  for (const [x, want] of TABLE) assert.equal(round2(x), want, String(x));
});

test('averageOf() weighs prices by size and is zero for nothing', () => {
  assert.deepEqual(averageOf([]), { size: 0, price: 0 });
  // (2 x 3.54 + 3 x 6.46) / 10 = 2.646
  assert.deepEqual(
    averageOf([
      [0, 2, 3.54],
      [0, 3, 6.46],
    ]),
    { size: 10, price: 2.65 },
  );
});
