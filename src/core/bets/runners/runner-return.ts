// What a bet in a market with runners returns: dead heats as fractions, Rule 4 from the winnings, rounded once.
import { divideBig, toSafe } from '../../base/money.ts';
import type { Outcome } from '../../settlement/outcome.ts';
import { payoutMinor } from '../payout.ts';

const PPM = 1_000_000;

/** floor(stake * (won * (1 + (odds - 1) * (1 - deduction)) + back)) in minor units, stake included. */
export function returnAfterDeduction(stakeMinor: number, oddsMilli: number, outcome: Outcome, deductionPpm: number): number {
  if (deductionPpm === 0) return payoutMinor(stakeMinor, oddsMilli, outcome);
  const [[won, wonOf], [back, backOf]] = [outcome.won, outcome.back];
  const unit = 1000n * BigInt(PPM);
  const factor = unit + BigInt(oddsMilli - 1000) * BigInt(PPM - deductionPpm);
  const top = BigInt(won) * factor * BigInt(backOf) + BigInt(back) * BigInt(wonOf) * unit;
  return toSafe(divideBig(BigInt(stakeMinor) * top, BigInt(wonOf) * BigInt(backOf) * unit, 'floor'));
}
