// Takes the settlement of net bets back, the last turn first: every posting is the mirror of the one that paid, commission and roundings included.
// What somebody has spent already is owed. Afterwards escrow holds what it held before, and the new settlement is one like any other.
import type { Market } from '../../bets/market.ts';
import { event, type NewEvent } from '../../kernel/event.ts';
import { type LedgerState, marketOf, ROUNDING } from '../../kernel/state.ts';
import { type Posting, posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';
import { recordDebts } from '../../settlement/corrections/debts.ts';
import type { Cause } from '../orders/match-order.ts';
import { escrowOf } from './draft.ts';
import { COMMISSION, SETTLE_CHUNK_HOLDERS, settledAt } from './settle-exchange.ts';

/** The next chunk of the reversal by the outcomes that were paid; no events when nothing is left to take back. */
export function reverseExchange(ledger: LedgerState, cause: Cause, market: Market): NewEvent[] {
  const x = ledger.exchange.markets.get(market.row);
  if (!x || x.settled === 0) return [];
  const { marketId } = market;
  const { currency } = ledger;
  const escrow = escrowOf(marketId);
  const from = Math.max(0, x.settled - SETTLE_CHUNK_HOLDERS);
  const chunk = settledAt(ledger, market, { from, to: x.settled }).reverse();
  const { roundedMinor } = x;
  const commissionMinor = chunk.reduce((sum, one) => sum + one.commissionMinor, 0);
  const postings: Posting[] = [];
  const taken = new Map<Holder, number>();
  if (roundedMinor > 0) postings.push(posting(ROUNDING, escrow, roundedMinor, currency));
  if (commissionMinor > 0) postings.push(posting(COMMISSION, escrow, commissionMinor, currency));
  for (const { backMinor, holder } of chunk) {
    if (backMinor > 0) postings.push(posting(holder.available, escrow, backMinor, currency));
    if (backMinor > 0) taken.set(holder, backMinor);
    if (backMinor < 0) postings.push(posting(escrow, holder.available, -backMinor, currency));
  }
  const holders = chunk.map(({ holder, netMinor }): [string, number] => [holder.id, netMinor]);
  const debts = recordDebts(ledger, cause, taken);
  const data = { commissionMinor, holders, marketId, next: from };
  const reversed = event(cause, 'NetBetsReversed', data, postings);
  return debts ? [debts, reversed] : [reversed];
}

export function onNetBetsReversed(ledger: LedgerState, e: NewEvent<'NetBetsReversed'>): void {
  const { commissionMinor, marketId, next } = e.data;
  const x = ledger.exchange.market((marketOf(ledger, marketId) as Market).row);
  x.settled = next;
  x.commissionMinor -= commissionMinor;
  x.roundedMinor = 0;
}
