// An open bet on one selection, single or each-way, with all that it holds.
import type { LedgerState } from '../kernel/state.ts';
import { type Posting, posting } from '../ledger/accounts.ts';
import type { Holder } from '../ledger/holder.ts';
import { stakeOf } from './each-way/each-way.ts';
import type { OpenBet, OpenBets } from './open-bets.ts';

export interface HeldBet extends OpenBet {
  /** All that the bet holds: an each-way bet has two stakes. */
  readonly heldMinor: number;
  readonly eachWay: boolean;
  /** Where it stands. */
  readonly bets: OpenBets;
  readonly row: number;
}

/** An open bet of either table. */
export function heldBet(ledger: LedgerState, betId: string): HeldBet | null {
  for (const bets of [ledger.bets, ledger.eachWay]) {
    const row = bets.find(betId);
    if (row < 0) continue;
    const bet = bets.get(row);
    return { ...bet, heldMinor: stakeOf(ledger, bets, bet), eachWay: bets === ledger.eachWay, bets, row };
  }
  return null;
}

/** Gives the bet's whole stake back. */
export function refundOf(ledger: LedgerState, bet: Pick<HeldBet, 'heldMinor' | 'holder'>): Posting {
  const holder = ledger.holders[bet.holder] as Holder;
  return posting(holder.held, holder.available, bet.heldMinor, ledger.currency);
}
