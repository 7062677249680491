// CashOutBet of a bet of several legs. An open leg counts with struck odds / current odds, a decided one with what it came to. No exposure is asked
// about: the stake of such a bet covers nobody else's winnings, and it is worth less than it can win, so whatever is paid lowers what the house can lose.
import { ODDS_MILLI_MIN } from '../base/odds.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import { legDeduction } from '../bets/multiples/decide-legs.ts';
import { factorOf, stakeOf, systemOf } from '../bets/multiples/multiple-exposure.ts';
import type { Factor } from '../bets/multiples/multiple-payout.ts';
import { NONE, PENDING, SETTLED } from '../bets/multiples/open-multiples.ts';
import { atLeg } from '../bets/multiples/place-multiple.ts';
import { linesOf } from '../bets/multiples/systems.ts';
import { takePrice, type TakenPrice } from '../bets/price.ts';
import type { Context } from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import { type LedgerState, marketAt } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { haltedFor } from '../risk/gate.ts';
import type { CashOutBet } from './cash-out-commands.ts';
import { multipleValueMinor, nearestPart, openFactor } from './cash-out-value.ts';
import type { WaitingCashOut } from './cash-outs.ts';
import { type Cause, payments, refusedNow, requested, type Wanted } from './offer.ts';

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
  const delayMs = Math.max(...legs.map(([, { quote }]) => quote.betDelayMs));
  return [
    delayMs > 0 ? requested(cause, cmd, delayMs) : cashedOut(ledger, cause, { bet, offerId: cmd.offerId, legs, wanted: cmd }),
  ];
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

/** Each line gives up the same, so that what is left is still one bet. */
function unevenPart(lines: number, stakeMinor: number): Refusal | null {
  if (stakeMinor % lines === 0) return null;
  return refuse('step_invalid', { need: nearestPart(lines, stakeMinor), have: stakeMinor, path: '/stakeMinor' });
}

/** The prices at which the house buys, or why it does not. */
function judge(ledger: LedgerState, context: Context, bet: number, wanted: Wanted): PricedLeg[] | Refusal {
  const halted = haltedFor(ledger, 'bets');
  if (halted) return halted;
  const { multiples } = ledger;
  const priced: PricedLeg[] = [];
  const factors: Factor[] = [];
  for (const [i, leg] of multiples.legsOf(bet).entries()) {
    const price = priceOf(ledger, context, leg, i);
    if (price && 'code' in price) return price;
    if (price) priced.push([i, price]);
    factors.push(price ? openFactor(multiples.legs.oddsMilli[leg] as number, price.oddsMilli) : factorOf(multiples, leg));
  }
  const stakePerLineMinor = wanted.stakeMinor / linesOfBet(ledger, bet);
  const lines = { system: systemOf(multiples, bet), stakePerLineMinor, factors };
  const value = multipleValueMinor(lines, ledger.limits.cashOutMarginPpm);
  if (value >= wanted.amountMinor) return priced;
  return refuse('odds_changed', { need: wanted.amountMinor, have: value, path: '/amountMinor' });
}

/** What an open leg costs now; null for one that is decided. */
function priceOf(ledger: LedgerState, context: Context, leg: number, i: number): TakenPrice | Refusal | null {
  const { legs } = ledger.multiples;
  const path = `/legs/${i}`;
  const isDecided = legs.decided[leg] === 1;
  const market = legs.market[leg] === NONE ? undefined : marketAt(ledger, legs.market[leg] as number);
  const deductionPpm = isDecided || !market ? (legs.deductionPpm[leg] as number) : legDeduction(ledger, market, leg);
  // Runners left the race since: its prices are not those of what the bet can win now.
  if (deductionPpm > 0) return refuse('condition_not_met', { path });
  // While a correction takes the market back, what it said does not stand.
  if (!market || (isDecided && market.status !== 'reversing')) return null;
  if (market.status === 'suspended') return refuse('market_suspended', { path });
  if (market.status !== 'open') return refuse('market_closed', { path });
  const selection = legs.selection[leg] as number;
  const price = takePrice(ledger, context, { market, selection, minOddsMilli: ODDS_MILLI_MIN });
  if ('code' in price) return atLeg(price, i);
  // Today's price of a handicap is for the goals to come: of a leg struck at another lead it says nothing.
  return price.selection === selection ? price : refuse('condition_not_met', { path });
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

function linesOfBet({ multiples }: LedgerState, bet: number): number {
  return linesOf(systemOf(multiples, bet), multiples.bets.legs[bet] as number);
}

function holderOfBet({ holders, multiples }: LedgerState, bet: number): Holder {
  return holders[multiples.bets.holder[bet] as number] as Holder;
}
