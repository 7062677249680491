// Rule 4 against the printed table: each band in its fractional form and in its decimal form (knowledge: Tattersalls Rule 4(c), Betsson).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deductionAt, readDeductions, TATTERSALLS, totalDeduction } from './deductions.ts';

/** Pence in the pound; lowest and highest fractional price of the band; lowest and highest decimal price as houses print them. */
const BANDS: readonly (readonly [pence: number, fractions: readonly string[], decimals: readonly number[]])[] = [
  [90, ['1/10', '1/9'], [1.01, 1.11]],
  [85, ['2/17', '1/8', '2/11'], [1.12, 1.18]],
  [80, ['1/5', '1/4'], [1.2, 1.25]],
  [75, ['2/7', '3/10'], [1.28, 1.3]],
  [70, ['1/3', '2/5'], [1.33, 1.4]],
  [65, ['4/9', '1/2', '8/15'], [1.44, 1.53]],
  [60, ['4/7', '8/13'], [1.57, 1.61]],
  [55, ['4/6', '4/5'], [1.67, 1.8]],
  [50, ['5/6', '20/21'], [1.83, 1.95]],
  [45, ['1/1', '6/5'], [2, 2.05, 2.2]],
  [40, ['5/4', '6/4'], [2.25, 2.5]],
  [35, ['13/8', '7/4'], [2.62, 2.75]],
  [30, ['15/8', '2/1', '9/4'], [2.88, 3.25]],
  [25, ['5/2', '3/1'], [3.5, 4]],
  [20, ['10/3', '4/1'], [4.33, 5]],
  [15, ['9/2', '11/2'], [5.5, 6.5]],
  [10, ['6/1', '9/1'], [7, 10]],
  [5, ['10/1', '14/1'], [11, 15]],
  [0, ['16/1', '100/1'], [17, 1_000]],
];

function milliOf(fraction: string): number {
  const [up = 0, down = 1] = fraction.split('/').map(Number);
  return Math.round((up / down + 1) * 1000);
}

test('deductionAt() takes the printed share at both ends of each band, fractional and decimal', () => {
  assert.equal(TATTERSALLS.bands.length, BANDS.length - 1);
  for (const [pence, fractions, decimals] of BANDS) {
    for (const fraction of fractions) assert.equal(deductionAt(TATTERSALLS, milliOf(fraction)), pence * 10_000, fraction);
    for (const price of decimals) assert.equal(deductionAt(TATTERSALLS, Math.round(price * 1000)), pence * 10_000, `${price}`);
  }
});

test('deductionAt() counts a price between two bands in the cheaper one', () => {
  // 1.19 lies between 2/11 (1.182, 85p) and 1/5 (1.2, 80p); 2.24 between 6/5 (45p) and 5/4 (40p); 15.5 above 14/1
  assert.deepEqual(
    [1_190, 2_240, 15_500].map((price) => deductionAt(TATTERSALLS, price)),
    [800_000, 400_000, 0],
  );
});

test('totalDeduction() adds up to 90p, and waives a total of 5p', () => {
  assert.equal(totalDeduction(TATTERSALLS, 0), 0);
  assert.equal(totalDeduction(TATTERSALLS, 50_000), 0); // one runner at 10/1: waived
  assert.equal(totalDeduction(TATTERSALLS, 100_000), 100_000); // two of them: 10p
  assert.equal(totalDeduction(TATTERSALLS, 550_000 + 450_000), 900_000); // 4/5 and evens: capped
});

test('readDeductions() takes another table and says what is wrong with one', () => {
  const own = {
    bands: [
      [2_000, 500_000],
      [10_000, 100_000],
    ],
    capPpm: 800_000,
    waivedPpm: 0,
  };
  assert.deepEqual(readDeductions(own, ''), own);
  const wrong: [unknown, string][] = [
    [null, '/d'],
    [{ ...own, more: 1 }, '/d'],
    [{ ...own, capPpm: 1_000_001 }, '/d/capPpm'],
    [{ ...own, waivedPpm: -1 }, '/d/waivedPpm'],
    [{ ...own, bands: {} }, '/d/bands'],
    [
      {
        ...own,
        bands: [
          [2_000, 1],
          [2_000, 2],
        ],
      },
      '/d/bands/1',
    ],
    [{ ...own, bands: [[1_000, 1]] }, '/d/bands/0'],
    [{ ...own, bands: [[2_000, 0.5]] }, '/d/bands/0'],
    [{ ...own, bands: [[2_000]] }, '/d/bands/0'],
    [{ ...own, bands: [null] }, '/d/bands/0'],
  ];
  for (const [given, path] of wrong) {
    const read = readDeductions(given, '/d');
    assert.deepEqual('code' in read ? [read.code, read.path] : read, ['malformed', path]);
  }
});
