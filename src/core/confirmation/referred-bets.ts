// Bets that wait for an answer, as whoever is asked sees them.
import { assert } from '../base/assert.ts';
import { heldBet } from '../bets/held-bet.ts';
import type { StruckLeg } from '../bets/live-handicap.ts';
import { stakeOf, systemOf } from '../bets/multiples/multiple-exposure.ts';
import { legFacts } from '../bets/multiples/release-multiple.ts';
import type { System } from '../bets/multiples/systems.ts';
import { facts } from '../bets/release-bet.ts';
import type { LedgerState } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import type { Referee } from './confirmation-commands.ts';

export interface ReferredBet {
  readonly betId: string;
  readonly holder: string;
  readonly ownerId: string;
  readonly legs: readonly StruckLeg[];
  /** Null of a bet on one selection. */
  readonly system: System | null;
  readonly eachWay: boolean;
  /** All that the bet holds. */
  readonly stakeMinor: number;
  readonly placedAt: number;
  /** When it is given back if nobody answers. */
  readonly dueAt: number;
}

/** What waits for the desk or for the supplier, the first to end first. */
export function referredBets(ledger: LedgerState, referee: Referee): ReferredBet[] {
  const waiting: ReferredBet[] = [];
  for (const { betId, by, dueAt } of ledger.referrals.waiting())
    if (by === referee) waiting.push(referredBet(ledger, betId, dueAt));
  return waiting.sort((a, b) => a.dueAt - b.dueAt || (a.betId < b.betId ? -1 : 1));
}

function referredBet(ledger: LedgerState, betId: string, dueAt: number): ReferredBet {
  const { holders, multiples } = ledger;
  const bet = heldBet(ledger, betId);
  if (bet) {
    const { eachWay, placedAt } = bet;
    const { ownerId } = holders[bet.holder] as Holder;
    return { ...facts(ledger, bet), ownerId, system: null, eachWay, placedAt, dueAt };
  }
  const row = multiples.find(betId);
  assert(row >= 0, () => `${betId} waits and is not open`);
  const { id: holder, ownerId } = holders[multiples.bets.holder[row] as number] as Holder;
  const legs = multiples.legsOf(row).map((leg) => legFacts(ledger, leg));
  const of = { system: systemOf(multiples, row), eachWay: false, stakeMinor: stakeOf(multiples, row) };
  return { betId, holder, ownerId, legs, ...of, placedAt: multiples.bets.placedAt[row] as number, dueAt };
}
