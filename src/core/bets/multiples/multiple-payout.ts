// What a bet of several legs returns, exactly: one fraction over all its lines and one rounding, the player receives the floor.
// The factors' products over all combinations of k legs are the coefficients of the product of (1 + factor * x): no line is ever listed.
import { assert } from '../../base/assert.ts';
import { divideBig } from '../../base/money.ts';
import type { OddsMilli } from '../../base/odds.ts';
import type { Outcome } from '../../settlement/outcome.ts';
import { smallestLine, type System } from './systems.ts';

const PPM = 1_000_000;

/** What one leg multiplies a line's stake by, num / den. */
export interface Factor {
  readonly num: bigint;
  readonly den: bigint;
}

/** won * odds + back; a deduction takes its share of the winnings, not of the stake. */
export function legFactor(oddsMilli: OddsMilli, outcome: Outcome, deductionPpm = 0): Factor {
  const [wonNum, wonDen] = outcome.won;
  const [backNum, backDen] = outcome.back;
  assert(wonDen > 0 && backDen > 0 && wonNum >= 0 && backNum >= 0, 'an outcome has bad fractions');
  assert(deductionPpm >= 0 && deductionPpm <= PPM, 'a deduction is no share');
  const scale = deductionPpm === 0 ? 1_000n : BigInt(1_000 * PPM);
  const price = deductionPpm === 0 ? BigInt(oddsMilli) : scale + BigInt(oddsMilli - 1_000) * BigInt(PPM - deductionPpm);
  const [won, back] = [BigInt(wonDen), BigInt(backDen)];
  return { num: BigInt(wonNum) * price * back + BigInt(backNum) * scale * won, den: won * back * scale };
}

export interface Lines {
  readonly system: System;
  readonly stakePerLineMinor: number | bigint;
  readonly factors: readonly Factor[];
}

/** What all lines return together, stakes included, rounded once. A bigint: twenty long prices multiply to more than any limit. */
export function multiplePayout({ factors, stakePerLineMinor, system }: Lines, round: 'floor' | 'ceil'): bigint {
  // sums[k]: the products of all combinations of k legs, over one common denominator
  let sums = [1n];
  let denominator = 1n;
  for (const { den, num } of factors) {
    const next = [(sums[0] as bigint) * den];
    for (let k = 1; k <= sums.length; k++) next.push((sums[k] ?? 0n) * den + (sums[k - 1] as bigint) * num);
    sums = next;
    denominator *= den;
  }
  let total = 0n;
  for (const sum of sums.slice(smallestLine(system, factors.length))) total += sum;
  return divideBig(BigInt(stakePerLineMinor) * total, denominator, round);
}
