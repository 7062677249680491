// Expected returns are worked by hand in the row's note; the property uses bigint fractions, never the code under test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { AMOUNT_MINOR_MAX } from '../base/money.ts';
import { ODDS_MILLI_MAX, ODDS_MILLI_MIN } from '../base/odds.ts';
import { HALF_LOST, HALF_WON, LOST, type Outcome, PUSH, WON } from '../settlement/outcome.ts';
import { maxPayoutMinor, payoutMinor } from './payout.ts';

test('payoutMinor() returns what the hand-worked table says', () => {
  const rows: [stake: number, odds: number, outcome: Outcome, returned: number, note: string][] = [
    [10_000, 1950, WON, 19_500, '100.00 at 1.95'],
    [10_000, 1950, LOST, 0, ''],
    [10_000, 1950, PUSH, 10_000, ''],
    [10_000, 1950, HALF_WON, 14_750, '50 * 1.95 + 50 = 147.50'],
    [10_000, 1950, HALF_LOST, 5_000, '50 back'],
    [1, 1999, WON, 1, '1.999 -> floor'],
    [1, 1950, HALF_LOST, 0, '0.5 -> floor'],
    [1, 1950, HALF_WON, 1, '0.5 * 1.95 + 0.5 = 1.475 -> 1; rounding the halves apart would give 0'],
    [3, 1500, HALF_WON, 3, '1.5 * 1.5 + 1.5 = 3.75 -> 3'],
    [333, 2105, HALF_WON, 516, '166.5 * 2.105 + 166.5 = 350.4825 + 166.5 = 516.98'],
    [5_000, 2500, { won: [1, 2], back: [0, 1] }, 6_250, 'dead heat of 2: DraftKings, 2.5 on 50 -> 62.50'],
    [5_000, 3000, { won: [3, 6], back: [0, 1] }, 7_500, 'dead heat, 6 share 3 places: 3.0 on 50 -> 75'],
    [1_000, 3000, { won: [1, 3], back: [0, 1] }, 1_000, 'dead heat of 3 at 3.0: 1000 exactly, though 1/3 is no float'],
  ];
  for (const [stake, odds, outcome, returned, note] of rows) assert.equal(payoutMinor(stake, odds, outcome), returned, note);
});

test('payoutMinor() is exact where a float is not', () => {
  // 9,007,199,254,741 * 1.999 = 18,005,391,310,227.259 exactly; the product of integers is above 2^53
  assert.equal(payoutMinor(9_007_199_254_741, 1999, WON), 18_005_391_310_227);
  // 70,368,744,177,667 * (1/2 * 1.001 + 1/2) = 70,368,744,177,667 * 1.0005 = 70,403,928,549,755.8335
  assert.equal(payoutMinor(70_368_744_177_667, 1001, HALF_WON), 70_403_928_549_755);
});

test('payoutMinor() crashes rather than pay an amount beyond exact integers', () => {
  assert.throws(() => payoutMinor(AMOUNT_MINOR_MAX, ODDS_MILLI_MAX, WON), /beyond exact integers/);
  assert.throws(() => payoutMinor(100, 2000, { won: [2 ** 50, 1], back: [0, 1] }), /too large/);
});

test('maxPayoutMinor() rounds up and is never below what a bet can return', () => {
  assert.equal(maxPayoutMinor(1, 1001), 2);
  assert.equal(maxPayoutMinor(1_000, 1950), 1_950);
  assert.equal(maxPayoutMinor(9_007_199_254_741, 1999), 18_005_391_310_228);
});

const stake = fc.integer({ min: 1, max: 2 ** 42 });
const odds = fc.integer({ min: ODDS_MILLI_MIN, max: ODDS_MILLI_MAX });
const share = fc.integer({ min: 1, max: 12 }).chain((den) => fc.tuple(fc.integer({ min: 0, max: den }), fc.constant(den)));

test('payoutMinor() equals the floor of the exact fraction', () => {
  fc.assert(
    fc.property(
      stake.filter((s) => s < 2 ** 33),
      odds,
      share,
      share,
      (stakeMinor, oddsMilli, won, back) => {
        const [wn, wd, bn, bd] = [...won, ...back].map(BigInt) as [bigint, bigint, bigint, bigint];
        const exact = (BigInt(stakeMinor) * (wn * BigInt(oddsMilli) * bd + bn * wd * 1000n)) / (wd * bd * 1000n);
        assert.equal(BigInt(payoutMinor(stakeMinor, oddsMilli, { won, back })), exact);
      },
    ),
  );
});

test('payoutMinor() orders the outcomes and keeps them within maxPayoutMinor()', () => {
  fc.assert(
    fc.property(stake, odds, (stakeMinor, oddsMilli) => {
      const [lost, halfLost, push, halfWon, won] = [LOST, HALF_LOST, PUSH, HALF_WON, WON].map((o) =>
        payoutMinor(stakeMinor, oddsMilli, o),
      ) as number[];
      assert.equal(lost, 0);
      assert.equal(push, stakeMinor);
      assert.equal(halfLost, Math.floor(stakeMinor / 2));
      assert.ok(lost! <= halfLost! && halfLost! <= push! && push! <= halfWon! && halfWon! <= won!);
      // a half-win is the mean of push and win: the floors may hide less than one unit
      assert.ok(Math.abs(2 * halfWon! - won! - push!) <= 2);
      const most = maxPayoutMinor(stakeMinor, oddsMilli);
      assert.ok(won! <= most && most - won! <= 1);
    }),
  );
});
