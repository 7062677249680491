// Takes a settlement back, bet by bet, the last one paid first: every posting is the exact mirror of the one that paid, and the bets are open
// again, so that the new settlement is one like any other. A few hundred bets an event.
import type { Market } from '../../bets/market.ts';
import { reopenLegs } from '../../bets/multiples/reopen-legs.ts';
import type { Context, Envelope } from '../../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../../kernel/event.ts';
import type { LedgerState } from '../../kernel/state.ts';
import type { Posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';
import { reverseExchange } from '../../exchange/money/reverse-exchange.ts';
import { startedEvents } from '../declare.ts';
import { recordDebts } from './debts.ts';
import { takeBack } from './take-back.ts';
import { CHUNK_BETS } from '../../bets/chunk.ts';

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

export function reverseChunk(ledger: LedgerState, cause: Cause, market: Market): Decision {
  const kept = ledger.corrections.markets.get(market.row);
  if (!kept?.plan) return [];
  const { marketId } = market;
  // First what the exchange paid by the old outcomes, then bets of several legs, then the singles.
  const netBets = reverseExchange(ledger, cause, market);
  if (netBets.length > 0) return netBets;
  const legs = reopenLegs(ledger, cause, market);
  if (legs.length > 0) return legs;
  const events: NewEvent[] = [];
  const left = Math.max(0, kept.paid.count - CHUNK_BETS);
  const bets: [string, string, number][] = [];
  const postings: Posting[] = [];
  const taken = new Map<Holder, number>();
  for (let place = kept.paid.count - 1; place >= left; place--) {
    const bet = kept.paid.get(place, market.row);
    const holder = ledger.holders[bet.holder] as Holder;
    bets.push([bet.betId, holder.id, bet.returnedMinor]);
    takeBack(ledger, holder, { bet, postings });
    if (bet.returnedMinor > 0) taken.set(holder, (taken.get(holder) ?? 0) + bet.returnedMinor);
  }
  if (bets.length > 0) {
    const debts = recordDebts(ledger, cause, taken);
    if (debts) events.push(debts);
    events.push(event(cause, 'SettlementReversed', { bets, marketId }, postings));
  }
  if (left > 0) return events;
  if (kept.plan.outcomes === null) return [...events, event(cause, 'MarketClosed', { marketId, reason: 'undecided' })];
  return [...events, ...startedEvents(cause, { marketId, bets: market.bets + bets.length }, kept.plan.outcomes)];
}
