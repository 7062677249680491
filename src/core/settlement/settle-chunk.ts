// Pays a declared market in chunks, so that settling never stalls the writer: a few hundred bets an event, amounts stated inside.
import { declaredOf } from '../bets/live-handicap.ts';
import type { Market } from '../bets/market.ts';
import { PARTS } from '../bets/each-way/each-way.ts';
import { payoutMinor } from '../bets/payout.ts';
import { runnerReturn } from '../bets/runners/runner-return.ts';
import { voidChunk } from '../bets/voids/void-chunk.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import { HOUSE, type LedgerState } from '../kernel/state.ts';
import { type Posting, posting } from '../ledger/accounts.ts';
import type { Holder } from '../ledger/holder.ts';
import type { Outcome } from './outcome.ts';
import { PUSH } from './outcome.ts';
import { CHUNK_BETS } from '../bets/chunk.ts';

export function settleChunk(ledger: LedgerState, cause: { envelope: Envelope; context: Context }, market: Market): Decision {
  // What is being voided must not be paid by the result.
  if (market.sweeps !== undefined) return voidChunk(ledger, cause, market);
  const { marketId } = market;
  const bets: [string, string, number][] = [];
  const postings: Posting[] = [];
  let stakedMinor = market.settledStakeMinor;
  let returnedMinor = market.returnedMinor;
  let row = ledger.bets.first(market.row);
  for (; row >= 0 && bets.length < CHUNK_BETS; row = ledger.bets.next(row)) {
    const bet = ledger.bets.get(row);
    const holder = ledger.holders[bet.holder] as Holder;
    const outcome = bet.pending ? PUSH : outcomeOf(market, bet.selection);
    const returned =
      market.runners === undefined
        ? payoutMinor(bet.stakeMinor, bet.oddsMilli, outcome)
        : runnerReturn(market, market.outcomes ?? {}, bet);
    bets.push([bet.betId, holder.id, returned]);
    pay(ledger, holder, { stakeMinor: bet.stakeMinor, returnedMinor: returned, postings });
    stakedMinor += bet.stakeMinor;
    returnedMinor += returned;
  }
  let eachWay = ledger.eachWay.first(market.row);
  for (; eachWay >= 0 && bets.length < CHUNK_BETS; eachWay = ledger.eachWay.next(eachWay)) {
    const bet = ledger.eachWay.get(eachWay);
    const holder = ledger.holders[bet.holder] as Holder;
    const stakeMinor = PARTS * bet.stakeMinor;
    const returned = runnerReturn(market, market.outcomes ?? {}, { ...bet, stakeMinor, eachWay: true });
    bets.push([bet.betId, holder.id, returned]);
    pay(ledger, holder, { stakeMinor, returnedMinor: returned, postings });
    stakedMinor += stakeMinor;
    returnedMinor += returned;
  }
  const events: NewEvent[] = [];
  if (bets.length > 0) events.push(event(cause, 'BetsSettled', { bets, marketId }, postings));
  if (row < 0 && eachWay < 0) {
    const all = market.settledBets + bets.length;
    events.push(event(cause, 'SettlementFinished', { bets: all, marketId, returnedMinor, stakedMinor }));
  }
  return events;
}

function outcomeOf(market: Market, selection: number): Outcome {
  const numbers = declaredOf(market, market.outcomes ?? {}, selection);
  return { won: [numbers[0], numbers[1]], back: [numbers[2], numbers[3]] };
}

export interface Payment {
  readonly stakeMinor: number;
  readonly returnedMinor: number;
  readonly postings: Posting[];
}

/** The held stake goes back as far as it is returned, the rest to the house; winnings come from the house. */
export function pay(ledger: LedgerState, holder: Holder, payment: Payment): void {
  const { stakeMinor, returnedMinor, postings } = payment;
  const { currency } = ledger;
  const back = Math.min(stakeMinor, returnedMinor);
  if (back > 0) postings.push(posting(holder.held, holder.available, back, currency));
  if (stakeMinor > back) postings.push(posting(holder.held, HOUSE, stakeMinor - back, currency));
  if (returnedMinor > stakeMinor) postings.push(posting(HOUSE, holder.available, returnedMinor - stakeMinor, currency));
}
