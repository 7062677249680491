// CashOutBet of a bet of several legs. An open leg counts with struck odds / current odds, a decided one with what it came to. No exposure is asked
// about: the stake of such a bet covers nobody else's winnings, and it is worth less than it can win, so whatever is paid lowers what the house can lose.
import { type Refusal, refuse } from '../base/refusal.ts';
import { legDeduction } from '../bets/multiples/decide-legs.ts';
import { factorOf, stakeOf, systemOf } from '../bets/multiples/multiple-exposure.ts';
import type { Factor } from '../bets/multiples/multiple-payout.ts';
import { NONE, PENDING, SETTLED } from '../bets/multiples/open-multiples.ts';
import { atLeg } from '../bets/multiples/place-multiple.ts';
import { linesOf } from '../bets/multiples/systems.ts';
import type { TakenPrice } from '../bets/price.ts';
import type { Context } from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import { type LedgerState, marketAt } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { haltedFor } from '../risk/gate.ts';
import type { CashOutBet } from './cash-out-commands.ts';
import { multipleValueMinor, openFactor } from './cash-out-value.ts';
import type { WaitingCashOut } from './cash-outs.ts';
import {
  type Cause,
  notOffered,
  type Offer,
  type Part,
  partOf,
  payments,
  refusedNow,
  requested,
  unevenPart,
  type Wanted,
} from './offer.ts';
import { priceOpen } from './price-bet.ts';

/** An open leg by its number, with its price of now. */
type PricedLeg = readonly [number: number, price: TakenPrice];

export function cashOutMultiple(
  ledger: LedgerState,
  cause: Cause,
  { cmd, holder }: { readonly cmd: CashOutBet; readonly holder: Holder },
): Decision {
  const { multiples } = ledger;
  const bet = multiples.find(cmd.betId);
  if (bet < 0) return refuse('already_resolved', { path: '/betId' });
  if (holderOfBet(ledger, bet) !== holder) return refuse('not_found', { path: '/betId' });
  const status = multiples.bets.status[bet];
  // A lost one, too: it is settled as soon as none of its lines can return anything.
  if (status === SETTLED) return refuse('already_resolved', { path: '/betId' });
  const offered = { betId: cmd.betId, pending: status === PENDING, stakeMinor: stakeOf(multiples, bet) };
  const refused = refusedNow(ledger, cmd, offered, cause.context.now) ?? unevenPart(linesOfBet(ledger, bet), cmd.stakeMinor);
  if (refused) return refused;
  const legs = judge(ledger, cause.context, bet, cmd);
  if ('code' in legs) return legs;
  const delayMs = delayOf(legs);
  return [
    delayMs > 0 ? requested(cause, cmd, delayMs) : cashedOut(ledger, cause, { bet, offerId: cmd.offerId, legs, wanted: cmd }),
  ];
}

/** What can be had for it now. */
export function offerMultiple(
  ledger: LedgerState,
  context: Context,
  { betId, part }: { readonly betId: string; readonly part: Part },
): Offer | Refusal {
  const { multiples } = ledger;
  const bet = multiples.find(betId);
  const status = bet < 0 ? SETTLED : multiples.bets.status[bet];
  if (status === SETTLED) return refuse('already_resolved', { path: '/betId' });
  const ofMinor = stakeOf(multiples, bet);
  const refused = notOffered(ledger, { betId, pending: status === PENDING, stakeMinor: ofMinor });
  if (refused) return refused;
  const stakeMinor = partOf(linesOfBet(ledger, bet), ofMinor, part);
  if (typeof stakeMinor !== 'number') return stakeMinor;
  const legs = priceLegs(ledger, context, bet);
  if ('code' in legs) return legs;
  const amountMinor = valueOf(ledger, bet, legs, stakeMinor);
  if (amountMinor === 0) return refuse('condition_not_met', { path: '/amountMinor' });
  const quoteSeq = legs.priced[0]?.[1].quote.quoteSeq ?? 0;
  return { holder: holderOfBet(ledger, bet).id, ofMinor, stakeMinor, amountMinor, quoteSeq, delayMs: delayOf(legs.priced) };
}

/** The end of its delay. */
export function releaseMultipleCashOut(
  ledger: LedgerState,
  cause: Cause,
  { dueAt, waiting }: { readonly waiting: WaitingCashOut; readonly dueAt: number },
): Decision {
  const { betId, offerId } = waiting;
  const bet = ledger.multiples.find(betId);
  if (bet < 0) return [];
  const reject = (reason: string): Decision => {
    const holder = holderOfBet(ledger, bet).id;
    return [event(cause, 'CashOutRejected', { betId, holder, offerId, reason })];
  };
  if (wasSuspended(ledger, bet, waiting)) return reject('market_suspended');
  if (cause.context.now - dueAt > ledger.limits.releaseGraceMs) return reject('timeout');
  const legs = judge(ledger, cause.context, bet, waiting);
  return 'code' in legs ? reject(legs.code) : [cashedOut(ledger, cause, { bet, offerId, legs, wanted: waiting })];
}

/** Since it was asked for, the market of a leg that is still open. */
function wasSuspended(ledger: LedgerState, bet: number, { suspensions }: WaitingCashOut): boolean {
  const { multiples } = ledger;
  const { decided, market } = multiples.legs;
  const counts = typeof suspensions === 'number' ? [] : suspensions;
  return multiples
    .legsOf(bet)
    .some((leg, i) => decided[leg] === 0 && marketAt(ledger, market[leg] as number).suspensions !== counts[i]);
}

/** The prices at which the house buys, or why it does not. */
function judge(ledger: LedgerState, context: Context, bet: number, wanted: Wanted): PricedLeg[] | Refusal {
  const legs = priceLegs(ledger, context, bet);
  if ('code' in legs) return legs;
  const value = valueOf(ledger, bet, legs, wanted.stakeMinor);
  if (value >= wanted.amountMinor) return legs.priced;
  return refuse('odds_changed', { need: wanted.amountMinor, have: value, path: '/amountMinor' });
}

interface Legs {
  readonly priced: PricedLeg[];
  /** Of all legs in their order. */
  readonly factors: readonly Factor[];
}

function priceLegs(ledger: LedgerState, context: Context, bet: number): Legs | Refusal {
  const halted = haltedFor(ledger, 'bets');
  if (halted) return halted;
  const { multiples } = ledger;
  const priced: PricedLeg[] = [];
  const factors: Factor[] = [];
  for (const [i, leg] of multiples.legsOf(bet).entries()) {
    const open = openLeg(ledger, leg);
    if (!open) {
      factors.push(factorOf(multiples, leg));
      continue;
    }
    const price = priceOpen(ledger, context, { ...open, path: `/legs/${i}` });
    if ('code' in price) return atLeg(price, i);
    priced.push([i, price]);
    const oddsMilli = multiples.legs.oddsMilli[leg] as number;
    factors.push(openFactor(oddsMilli, price.oddsMilli, legDeduction(ledger, open.market, leg)));
  }
  return { priced, factors };
}

function valueOf(ledger: LedgerState, bet: number, { factors }: Legs, stakeMinor: number): number {
  const stakePerLineMinor = stakeMinor / linesOfBet(ledger, bet);
  const lines = { system: systemOf(ledger.multiples, bet), stakePerLineMinor, factors };
  return multipleValueMinor(lines, ledger.limits.cashOutMarginPpm);
}

/** Null for a leg that is decided: while a correction takes its market back, what that said does not stand. */
function openLeg({ markets, multiples }: LedgerState, leg: number) {
  const { bet, decided, market: marketOf, selection: selectionOf, suspensions } = multiples.legs;
  const row = marketOf[leg] as number;
  const market = row === NONE ? undefined : markets[row];
  if (!market || (decided[leg] === 1 && market.status !== 'reversing')) return null;
  const placedAt = multiples.bets.placedAt[bet[leg] as number] as number;
  const struck = { placedAt, suspensions: suspensions[leg] as number };
  return { market, selection: selectionOf[leg] as number, struck };
}

function cashedOut(
  ledger: LedgerState,
  cause: Cause,
  of: { readonly bet: number; readonly offerId: string; readonly legs: readonly PricedLeg[]; readonly wanted: Wanted },
): NewEvent {
  const { bet, offerId } = of;
  const { amountMinor, stakeMinor } = of.wanted;
  const holder = holderOfBet(ledger, bet);
  const data = {
    amountMinor,
    betId: ledger.multiples.idOf(bet),
    holder: holder.id,
    legs: of.legs.map(([number, { oddsMilli, quote }]) => [number, oddsMilli, quote.quoteSeq] as const),
    offerId,
    remainingMinor: stakeOf(ledger.multiples, bet) - stakeMinor,
    stakeMinor,
  };
  return event(cause, 'BetCashedOut', data, payments(ledger, holder, of.wanted));
}

/** The longest of the open legs. */
function delayOf(legs: readonly PricedLeg[]): number {
  return Math.max(0, ...legs.map(([, { quote }]) => quote.betDelayMs));
}

function linesOfBet({ multiples }: LedgerState, bet: number): number {
  return linesOf(systemOf(multiples, bet), multiples.bets.legs[bet] as number);
}

function holderOfBet({ holders, multiples }: LedgerState, bet: number): Holder {
  return holders[multiples.bets.holder[bet] as number] as Holder;
}
