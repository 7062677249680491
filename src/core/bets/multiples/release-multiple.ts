// The end of a delayed bet of several legs: each leg is judged on the quote of that moment, and one suspension in any of their markets voids it.
// VoidBet gives its stake back.
import type { Context, Envelope, VoidBet } from '../../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../../kernel/event.ts';
import { type LedgerState, marketAt } from '../../kernel/state.ts';
import { type Posting, posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';
import { barredFrom } from '../../risk/gate.ts';
import { acceptedOdds, ODDS_POLICIES, type OddsPolicy } from '../odds-policy.ts';
import { takePrice, type TakenPrice } from '../price.ts';
import { stakeOf } from './multiple-exposure.ts';
import { PENDING, SETTLED } from './open-multiples.ts';

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

/** Key of the timer that releases a pending bet. */
export function multipleKey(betId: string): string {
  return `multiple:${betId}`;
}

export function releaseMultiple(ledger: LedgerState, cause: Cause, due: { betId: string; dueAt: number }): Decision {
  const { multiples } = ledger;
  const bet = multiples.find(due.betId);
  if (bet < 0 || multiples.bets.status[bet] !== PENDING) return [];
  const { now } = cause.context;
  const holder = ledger.holders[multiples.bets.holder[bet] as number] as Holder;
  const reject = (reason: string): Decision => [rejected(ledger, cause, { bet, reason })];
  const late = lateReason(ledger, bet, now - due.dueAt);
  if (late) return reject(late);
  const barred = barredFrom(ledger, holder, now);
  if (barred) return reject(barred.code);
  const oddsPolicy = ODDS_POLICIES[multiples.bets.oddsPolicy[bet] as number] as OddsPolicy;
  const prices: TakenPrice[] = [];
  for (const leg of multiples.legsOf(bet)) {
    const market = marketAt(ledger, multiples.legs.market[leg] as number);
    if (market.status !== 'open') return reject('market_closed');
    const wanted = { market, selection: multiples.legs.selection[leg] as number, oddsPolicy };
    const price = takePrice(ledger, cause.context, { ...wanted, minOddsMilli: multiples.legs.minOddsMilli[leg] as number });
    if ('code' in price) return reject(price.code);
    prices.push(price);
  }
  const quoteSeqs = prices.map(({ quote }) => quote.quoteSeq);
  const placed = multiples.legsOf(bet).map((leg) => multiples.legs.oddsMilli[leg] as number);
  const oddsMilli = placed.map((odds, i) => acceptedOdds(oddsPolicy, odds, (prices[i] as TakenPrice).oddsMilli));
  const data = { betId: due.betId, holder: holder.id };
  const changed = oddsMilli.some((odds, i) => odds !== placed[i]);
  return [event(cause, 'MultipleAccepted', changed ? { ...data, oddsMilli, quoteSeqs } : { ...data, quoteSeqs })];
}

/** VoidBet of a bet of several legs that is not settled; null when there is none. */
export function voidMultiple(ledger: LedgerState, envelope: Envelope<VoidBet>, context: Context): NewEvent | null {
  const { betId, reason } = envelope.cmd;
  const bet = ledger.multiples.find(betId);
  if (bet < 0 || ledger.multiples.bets.status[bet] === SETTLED) return null;
  const [holder, refund] = refundOf(ledger, bet);
  return event({ envelope, context }, 'MultipleVoided', { betId, holder, reason }, [refund]);
}

/** A pending bet ends with its stake given back. */
export function rejected(ledger: LedgerState, cause: Cause, { bet, reason }: { bet: number; reason: string }): NewEvent {
  const [holder, refund] = refundOf(ledger, bet);
  return event(cause, 'MultipleRejected', { betId: ledger.multiples.idOf(bet), holder, reason }, [refund]);
}

function refundOf(ledger: LedgerState, bet: number): [holder: string, refund: Posting] {
  const holder = ledger.holders[ledger.multiples.bets.holder[bet] as number] as Holder;
  return [holder.id, posting(holder.held, holder.available, stakeOf(ledger.multiples, bet), ledger.currency)];
}

function lateReason(ledger: LedgerState, bet: number, lateMs: number): string | null {
  const { market, suspensions } = ledger.multiples.legs;
  for (const leg of ledger.multiples.legsOf(bet)) {
    if (marketAt(ledger, market[leg] as number).suspensions !== suspensions[leg]) return 'market_suspended';
  }
  return lateMs > ledger.limits.releaseGraceMs ? 'timeout' : null;
}
