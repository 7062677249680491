// What a settled single returns, exactly: one multiplication of integers and one rounding, the player receives the floor.
import { assert } from '../base/assert.ts';
import { type Minor, mulDiv } from '../base/money.ts';
import type { OddsMilli } from '../base/odds.ts';
import type { Outcome } from '../settlement/outcome.ts';

/**
 * floor(stake * (won * odds + back)), stake included, in minor units.
 * Both halves of a split stake go into one fraction first, so a half-win is never rounded twice.
 */
export function payoutMinor(stakeMinor: Minor, oddsMilli: OddsMilli, outcome: Outcome): Minor {
  const [wonNum, wonDen] = outcome.won;
  const [backNum, backDen] = outcome.back;
  // won * odds / 1000 + back over the common denominator wonDen * backDen * 1000
  const factor = wonNum * oddsMilli * backDen + backNum * wonDen * 1000;
  const denominator = wonDen * backDen * 1000;
  assert(Number.isSafeInteger(factor) && Number.isSafeInteger(denominator) && denominator > 0, 'outcome fractions are too large');
  return mulDiv(stakeMinor, factor, denominator, 'floor');
}

/** The most a bet can return, rounded up: what the house must be able to pay. */
export function maxPayoutMinor(stakeMinor: Minor, oddsMilli: OddsMilli): Minor {
  return mulDiv(stakeMinor, oddsMilli, 1000, 'ceil');
}
