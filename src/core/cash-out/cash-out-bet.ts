// CashOutBet: an offer is taken up. The ledger decides for itself what the bet is worth now and pays the offered amount if it is not more than that.
// In play it waits as long as a bet would, and is judged again; a suspension meanwhile ends it. What is offered is judged by the same rules.
import { type Refusal, refuse } from '../base/refusal.ts';
import { PARTS } from '../bets/each-way/each-way.ts';
import { type HeldBet, heldBet } from '../bets/held-bet.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import { holderOf, type LedgerState, marketAt } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { actsFor } from '../risk/gate.ts';
import type { CashOutBet } from './cash-out-commands.ts';
import { cashOutMultiple, offerMultiple, releaseMultipleCashOut } from './cash-out-multiple.ts';
import { suspensionsNow } from './evolve-cash-out.ts';
import {
  type Cause,
  faultIn,
  notOffered,
  type Offer,
  type Offered,
  type Part,
  partOf,
  payments,
  refusedNow,
  requested,
  unevenPart,
  type Wanted,
} from './offer.ts';
import { overExposure } from './over-exposure.ts';
import { type BetPrices, betValueMinor, priceBet } from './price-bet.ts';

export function cashOutBet(ledger: LedgerState, envelope: Envelope<CashOutBet>, context: Context): Decision {
  const { actor, cmd } = envelope;
  const fault = faultIn(cmd);
  if (fault) return fault;
  const holder = holderOf(ledger, cmd.holder);
  if (!holder || !actsFor(actor, holder)) return refuse('not_found', { path: '/holder' });
  const cause = { envelope, context };
  const bet = heldBet(ledger, cmd.betId);
  if (!bet) return cashOutMultiple(ledger, cause, { cmd, holder });
  if (ledger.holders[bet.holder] !== holder) return refuse('not_found', { path: '/betId' });
  const refused = refusedNow(ledger, cmd, offeredOf(bet), context.now) ?? unevenPart(linesOf(bet), cmd.stakeMinor);
  if (refused) return refused;
  const prices = judge(ledger, context, bet, cmd);
  if ('code' in prices) return prices;
  const delayMs = delayOf(prices);
  if (delayMs > 0) return [requested(cause, cmd, delayMs)];
  return [cashedOut(ledger, cause, { bet, offerId: cmd.offerId, prices, wanted: cmd })];
}

/** What an open bet, or part of it, can be cashed out for now. Taken up at once, at the same prices, it is not refused. */
export function offerCashOut(
  ledger: LedgerState,
  context: Context,
  { betId, part }: { readonly betId: string; readonly part: Part },
): Offer | Refusal {
  const bet = heldBet(ledger, betId);
  if (!bet) return offerMultiple(ledger, context, { betId, part });
  const ofMinor = bet.heldMinor;
  const refused = notOffered(ledger, offeredOf(bet));
  if (refused) return refused;
  const stakeMinor = partOf(linesOf(bet), ofMinor, part);
  if (typeof stakeMinor !== 'number') return stakeMinor;
  const prices = priceBet(ledger, context, bet);
  if ('code' in prices) return prices;
  const amountMinor = betValueMinor(ledger, bet, prices, stakeMinor);
  if (amountMinor === 0) return refuse('condition_not_met', { path: '/amountMinor' });
  const over = overExposure(ledger, marketAt(ledger, bet.market), bet, { stakeMinor, amountMinor });
  if (over) return over;
  const { quoteSeq } = prices.price.quote;
  const holder = (ledger.holders[bet.holder] as Holder).id;
  return { holder, ofMinor, stakeMinor, amountMinor, quoteSeq, delayMs: delayOf(prices) };
}

/** The end of its delay. */
export function releaseCashOut(
  ledger: LedgerState,
  cause: Cause,
  due: { readonly betId: string; readonly dueAt: number },
): Decision {
  const waiting = ledger.cashOuts.find(due.betId);
  if (!waiting) return [];
  const bet = heldBet(ledger, due.betId);
  if (!bet) return releaseMultipleCashOut(ledger, cause, { waiting, dueAt: due.dueAt });
  const { offerId, suspensions } = waiting;
  const reject = (reason: string): Decision => {
    const holder = (ledger.holders[bet.holder] as Holder).id;
    return [event(cause, 'CashOutRejected', { betId: bet.betId, holder, offerId, reason })];
  };
  if (String(suspensionsNow(ledger, bet.betId)) !== String(suspensions)) return reject('market_suspended');
  if (cause.context.now - due.dueAt > ledger.limits.releaseGraceMs) return reject('timeout');
  const prices = judge(ledger, cause.context, bet, waiting);
  if ('code' in prices) return reject(prices.code);
  return [cashedOut(ledger, cause, { bet, offerId, prices, wanted: waiting })];
}

/** The prices at which the house buys, or why it does not. */
function judge(ledger: LedgerState, context: Context, bet: HeldBet, wanted: Wanted): BetPrices | Refusal {
  const prices = priceBet(ledger, context, bet);
  if ('code' in prices) return prices;
  const value = betValueMinor(ledger, bet, prices, wanted.stakeMinor);
  if (value < wanted.amountMinor) return refuse('odds_changed', { need: wanted.amountMinor, have: value, path: '/amountMinor' });
  return overExposure(ledger, marketAt(ledger, bet.market), bet, wanted) ?? prices;
}

/** Of both parts of an each-way bet. */
function offeredOf({ betId, heldMinor, pending }: HeldBet): Offered {
  return { betId, pending, stakeMinor: heldMinor };
}

/** Each part of an each-way bet gives up the same. */
function linesOf({ eachWay }: HeldBet): number {
  return eachWay ? PARTS : 1;
}

function delayOf({ place, price }: BetPrices): number {
  return Math.max(0, price.quote.betDelayMs, place?.quote.betDelayMs ?? 0);
}

function cashedOut(
  ledger: LedgerState,
  cause: Cause,
  of: { readonly bet: HeldBet; readonly offerId: string; readonly prices: BetPrices; readonly wanted: Wanted },
): NewEvent {
  const { bet, offerId } = of;
  const { place, price } = of.prices;
  const { amountMinor, stakeMinor } = of.wanted;
  const holder = ledger.holders[bet.holder] as Holder;
  const data = {
    amountMinor,
    betId: bet.betId,
    holder: holder.id,
    oddsMilli: price.oddsMilli,
    offerId,
    ...(place === null ? {} : { place: { oddsMilli: place.oddsMilli, quoteSeq: place.quote.quoteSeq } }),
    quoteSeq: price.quote.quoteSeq,
    remainingMinor: bet.heldMinor - stakeMinor,
    stakeMinor,
  };
  return event(cause, 'BetCashedOut', data, payments(ledger, holder, of.wanted));
}
