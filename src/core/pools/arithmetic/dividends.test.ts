// Dividends against tables worked by hand: the arithmetic stands beside each row, in units of 1.00 and amounts in cents.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { PoolRules } from '../state/pool-rules.ts';
import { dividendsOf, exactaWeights, placeWeights, type Share } from './dividends.ts';
import { feesOf } from './fees.ts';

type Rules = Pick<PoolRules, 'breakage' | 'minDividendMinor' | 'minusPool' | 'oddCents'>;
const PLAIN: Rules = {
  breakage: { stepMinor: 1, to: 'house' },
  minDividendMinor: 0,
  minusPool: 'pay-what-is-there',
  oddCents: 'earliest-entry',
};
const win = (...selections: number[]): Share[] => selections.map((one) => ({ selections: [one], weight: 1 }));

type Wish = Partial<Rules & { topUpMaxMinor: number }>;

function paid(netMinor: number, units: readonly number[], shares: readonly Share[], wish: Wish = {}) {
  const { topUpMaxMinor = 1e9, ...rules } = wish;
  return dividendsOf({ netMinor, shares, unitsOf: (one) => units[one] ?? 0, rules: { ...PLAIN, ...rules }, topUpMaxMinor });
}

test('feesOf() rounds take-out and creator fee up, both from the gross', () => {
  // 1,000.00: 15 % = 150.00; 2 % = 20.00
  assert.deepEqual(feesOf(100_000, { takeoutPpm: 150_000, creatorFeePpm: 20_000 }), {
    takeoutMinor: 15_000,
    creatorFeeMinor: 2_000,
  });
  // 3.33: 15 % = 49.95 cents -> 50; 2 % = 6.66 cents -> 7
  assert.deepEqual(feesOf(333, { takeoutPpm: 150_000, creatorFeePpm: 20_000 }), { takeoutMinor: 50, creatorFeeMinor: 7 });
  // One cent: the house's share is that cent, and nothing is left for the creator.
  assert.deepEqual(feesOf(1, { takeoutPpm: 150_000, creatorFeePpm: 20_000 }), { takeoutMinor: 1, creatorFeeMinor: 0 });
  assert.deepEqual(feesOf(0, { takeoutPpm: 150_000, creatorFeePpm: 20_000 }), { takeoutMinor: 0, creatorFeeMinor: 0 });
});

test('WIN, take-out 15 %, breakage to 0.10: 1,000 units, 300 on the winner', () => {
  // Net 1,000.00 - 150.00 = 850.00; 850.00 / 300 = 2.8333; down to 2.80; paid 840.00; breakage 10.00.
  const { breakageMinor, dividends, roundingMinor, topUpMinor } = paid(85_000, [300], win(0), {
    breakage: { stepMinor: 10, to: 'house' },
  });
  assert.deepEqual(dividends, [{ selections: [0], units: 300, dividendMinor: 280, oddMinor: 0 }]);
  assert.deepEqual([breakageMinor, roundingMinor, topUpMinor], [1_000, 0, 0]);
});

test('a step of one cent makes odd cents, for the earliest entries or for the rounding account', () => {
  // 850.00 / 300 = 2.8333: 2.83 each = 849.00; 1.00 left: one cent more for 100 units.
  assert.deepEqual(paid(85_000, [300], win(0)).dividends[0], { selections: [0], units: 300, dividendMinor: 283, oddMinor: 100 });
  const rounded = paid(85_000, [300], win(0), { oddCents: 'rounding' });
  assert.deepEqual([rounded.dividends[0]?.oddMinor, rounded.roundingMinor, rounded.breakageMinor], [0, 100, 0]);
});

test('minimum dividend 1.05: within the pool, from the house, or not at all', () => {
  const rules = { minDividendMinor: 105, breakage: { stepMinor: 10, to: 'house' } as const };
  // 850.00 / 795 = 1.0692: down to 1.00, raised to 1.05; 795 * 1.05 = 834.75; breakage 850.00 - 834.75 = 15.25, nobody adds anything.
  const within = paid(85_000, [795], win(0), rules);
  assert.deepEqual([within.dividends[0]?.dividendMinor, within.breakageMinor, within.topUpMinor], [105, 1_525, 0]);
  // Minus pool: 850.00 / 900 = 0.9444; 900 * 1.05 = 945.00: the house adds 95.00.
  const minus = paid(85_000, [900], win(0), { ...rules, minusPool: 'house-pays' });
  assert.deepEqual([minus.dividends[0]?.dividendMinor, minus.breakageMinor, minus.topUpMinor], [105, 0, 9_500]);
  // What is there: 0.9444 down to 0.90; paid 810.00; breakage 40.00.
  const less = paid(85_000, [900], win(0), rules);
  assert.deepEqual([less.dividends[0]?.dividendMinor, less.breakageMinor, less.topUpMinor], [90, 4_000, 0]);
  // A house that may add 94.99 only adds nothing.
  const poor = paid(85_000, [900], win(0), { ...rules, minusPool: 'house-pays', topUpMaxMinor: 9_499 });
  assert.deepEqual([poor.dividends[0]?.dividendMinor, poor.topUpMinor], [90, 0]);
});

test('a dead heat of two splits the net, not the units', () => {
  // Net 850.01: 425.00 each, the odd cent for the first. 425.01 / 200 = 2.12505 -> 2.12, 1.01 left; 425.00 / 100 = 4.25.
  const { dividends } = paid(85_001, [200, 100], win(0, 1));
  assert.deepEqual(
    dividends.map(({ dividendMinor, oddMinor }) => [dividendMinor, oddMinor]),
    [
      [212, 101],
      [425, 0],
    ],
  );
});

test('runners that tie and are backed alike are paid alike, but for an odd cent where the step is one', () => {
  // Net 39.99 for two: 19.99 each, down to 19.90; 0.09 left of each and the odd cent: 0.19.
  const { breakageMinor, dividends } = paid(3_999, [1, 1], win(0, 1), { breakage: { stepMinor: 10, to: 'house' } });
  assert.deepEqual([...dividends.map(({ dividendMinor }) => dividendMinor), breakageMinor], [1_990, 1_990, 19]);
  // Net 0.11 for three at a step of one: 0.03 each, two cents over, one each for the first two.
  const fine = paid(11, [1, 1, 1], win(0, 1, 2));
  assert.deepEqual(
    fine.dividends.map(({ dividendMinor, oddMinor }) => [dividendMinor, oddMinor]),
    [
      [4, 0],
      [4, 0],
      [3, 0],
    ],
  );
});

test('PLACE pays a third of the net to each of three places; runners that tie share the places they hold', () => {
  // Net 880.00 (take-out 12 %): 293.33 each, one cent over. 293.33 / 100 = 2.9333 -> 2.90, 3.33 left; / 50 = 5.8666 -> 5.80, 3.33 left;
  // / 400 = 0.7333 -> 0.70, 13.33 left: 20.00 in all.
  const thirds = paid(88_000, [100, 50, 400], placeWeights([[0], [1], [2], [3]], 3), {
    breakage: { stepMinor: 10, to: 'house' },
  });
  assert.deepEqual(
    thirds.dividends.map(({ dividendMinor }) => dividendMinor),
    [290, 580, 70],
  );
  assert.equal(thirds.breakageMinor, 2_000);
  // Two tie for third: each gets half of that third. Three tie for second: they share two thirds, two ninths each.
  const weights = (groups: number[][]) => placeWeights(groups, 3).map(({ selections: [one], weight }) => [one, weight]);
  assert.deepEqual(weights([[0], [1], [2, 3]]), [
    [0, 2],
    [1, 2],
    [2, 1],
    [3, 1],
  ]); // of 6
  assert.deepEqual(weights([[0], [1, 2, 3]]), [
    [0, 3],
    [1, 2],
    [2, 2],
    [3, 2],
  ]); // of 9
  assert.deepEqual(weights([[0, 1, 2, 3]]), [
    [0, 3],
    [1, 3],
    [2, 3],
    [3, 3],
  ]); // of 12
  assert.deepEqual(placeWeights([[5]], 1), [{ selections: [5], weight: 1 }]);
});

test('EXACTA: the first two in order; ties make several orders right', () => {
  const orders = (groups: number[][]) => exactaWeights(groups, 10).map(({ selections: [one] }) => one);
  assert.deepEqual(orders([[3], [7], [1]]), [37]);
  assert.deepEqual(orders([[3, 7], [1]]), [37, 73]);
  assert.deepEqual(orders([[3], [7, 1]]), [37, 31]);
  assert.deepEqual(orders([[3]]), []);
});

test('dividendsOf() gives away the net to the cent, whatever the rules', () => {
  const rules = fc.record({
    breakage: fc.record({ stepMinor: fc.constantFrom(1, 5, 10, 100), to: fc.constant('house' as const) }),
    minDividendMinor: fc.integer({ min: 0, max: 300 }),
    minusPool: fc.constantFrom('house-pays' as const, 'pay-what-is-there' as const),
    oddCents: fc.constantFrom('earliest-entry' as const, 'rounding' as const),
  });
  const backed = fc.array(fc.record({ units: fc.integer({ min: 1, max: 10_000 }), weight: fc.integer({ min: 1, max: 12 }) }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 45 }), backed, rules, fc.nat(10_000), (netMinor, runners, its, topUpMaxMinor) => {
      const shares = runners.map(({ weight }, i) => ({ selections: [i], weight }));
      const result = paid(
        netMinor,
        runners.map(({ units }) => units),
        shares,
        { ...its, topUpMaxMinor },
      );
      const dividends = result.dividends.reduce((sum, one) => sum + one.units * one.dividendMinor + one.oddMinor, 0);
      assert.equal(dividends + result.breakageMinor + result.roundingMinor, netMinor + result.topUpMinor);
      assert.ok(result.topUpMinor <= topUpMaxMinor);
      for (const { dividendMinor, oddMinor, units } of result.dividends) {
        assert.ok(dividendMinor % its.breakage.stepMinor === 0 || dividendMinor === its.minDividendMinor);
        assert.ok(oddMinor >= 0 && (oddMinor < units || dividendMinor === its.minDividendMinor));
      }
    }),
  );
});
