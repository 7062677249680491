// What a bet in a market with runners returns: dead heats as fractions, Rule 4 from the winnings, rounded once.
import { divideBig, toSafe } from '../../base/money.ts';
import type { Outcome } from '../../settlement/outcome.ts';
import { divisorOf, eachWayReturnMinor, PARTS } from '../each-way/each-way.ts';
import type { ClosedBet } from '../evolve-bets.ts';
import type { Market } from '../market.ts';
import { payoutMinor } from '../payout.ts';
import type { OutcomeNumbers } from '../../kernel/event.ts';
import { assert } from '../../base/assert.ts';
import { deductionOf, placePart, runnersOf } from './runners.ts';

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

/** What a single or, with the stake of both parts, an each-way bet returns in a market with runners that is declared so. */
export function runnerReturn(market: Market, outcomes: Readonly<Record<string, OutcomeNumbers>>, bet: ClosedBet): number {
  const { eachWay, oddsMilli, pending, selection, stakeMinor } = bet;
  if (pending) return stakeMinor;
  const deductionPpm = deductionOf(runnersOf(market), bet);
  const name = market.selections[selection] as string;
  const win = outcomeIn(outcomes, name);
  if (!eachWay) return returnAfterDeduction(stakeMinor, oddsMilli, win, deductionPpm);
  const placed = outcomeIn(outcomes, placePart(name));
  return eachWayReturnMinor({ stakeMinor: stakeMinor / PARTS, oddsMilli, divisor: divisorOf(market), win, placed, deductionPpm });
}

function outcomeIn(outcomes: Readonly<Record<string, OutcomeNumbers>>, name: string): Outcome {
  const numbers = outcomes[name];
  assert(numbers, () => `${name} has no declared outcome`);
  return { won: [numbers[0], numbers[1]], back: [numbers[2], numbers[3]] };
}
