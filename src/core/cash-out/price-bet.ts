// The prices at which the house buys a single or an each-way bet back, or why it does not, and what the bet is worth at them.
import { ODDS_MILLI_MIN } from '../base/odds.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import { divisorOf, PARTS, placeMarketOf } from '../bets/each-way/each-way.ts';
import type { HeldBet } from '../bets/held-bet.ts';
import { selectionName } from '../bets/live-handicap.ts';
import type { Market } from '../bets/market.ts';
import { takePrice, type TakenPrice } from '../bets/price.ts';
import { deductionOf, isWithdrawn, runnersOf, type Struck } from '../bets/runners/runners.ts';
import type { Context } from '../kernel/command.ts';
import { type LedgerState, marketAt } from '../kernel/state.ts';
import { haltedFor } from '../risk/gate.ts';
import { cashOutValueMinor, eachWayValueMinor } from './cash-out-value.ts';

export interface BetPrices {
  readonly price: TakenPrice;
  /** Of the place part of an each-way bet. */
  readonly place: TakenPrice | null;
}

export function priceBet(ledger: LedgerState, context: Context, bet: HeldBet): BetPrices | Refusal {
  const halted = haltedFor(ledger, 'bets');
  if (halted) return halted;
  const market = marketAt(ledger, bet.market);
  const price = priceOpen(ledger, context, { market, selection: bet.selection, struck: bet, path: '/betId' });
  if ('code' in price || !bet.eachWay) return 'code' in price ? price : { price, place: null };
  const place = placePrice(ledger, context, market, bet);
  return 'code' in place ? place : { price, place };
}

interface Priced {
  readonly market: Market;
  readonly selection: number;
  readonly struck: Struck;
  readonly path: string;
}

/** What an open selection costs now, of a single or a leg. */
export function priceOpen(ledger: LedgerState, context: Context, of: Priced): TakenPrice | Refusal {
  const { market, path, selection, struck } = of;
  if (market.status === 'suspended') return refuse('market_suspended', { path });
  if (market.status !== 'open') return refuse('market_closed', { path });
  const { runners } = market;
  if (runners !== undefined && isWithdrawn(runners, selection)) return refuse('selection_withdrawn', { path });
  const price = takePrice(ledger, context, { market, selection, minOddsMilli: ODDS_MILLI_MIN });
  if ('code' in price) return price;
  // Today's price of a handicap is for the goals to come: of a bet struck at another lead it says nothing.
  if (price.selection !== selection) return refuse('condition_not_met', { path });
  // Reopened or not: a price that counts with a runner that is gone is not one for what the bet can win now.
  if (runners !== undefined && deductionOf(runners, struck) > 0 && isOlder(price, market)) return refuse('price_stale', { path });
  return price;
}

/** The place part is bought back only at the price of a market that pays the same places, without the same runners. */
function placePrice(ledger: LedgerState, context: Context, win: Market, bet: HeldBet): TakenPrice | Refusal {
  const path = '/eachWay';
  const market = placeMarketOf(ledger, win);
  const selection = market?.selections.indexOf(selectionName(win, bet.selection)) ?? -1;
  if (!market?.runners || selection < 0 || market.runners.places !== win.runners?.eachWay?.places)
    return refuse('condition_not_met', { path });
  if (lacksOnlyHere(win, market) || lacksOnlyHere(market, win)) return refuse('condition_not_met', { path });
  // Which of this market's withdrawals came before the bet its count of suspensions, of the other market, does not say: all are taken for later.
  const struck = { placedAt: bet.placedAt, suspensions: -1 };
  const price = priceOpen(ledger, context, { market, selection, struck, path });
  if ('code' in price) return { ...price, path };
  return deductionOf(win.runners, bet) > 0 && isOlder(price, win) ? refuse('price_stale', { path }) : price;
}

/** True when a runner was withdrawn from the one market and still runs in the other. */
function lacksOnlyHere(market: Market, other: Market): boolean {
  return (market.runners?.withdrawals ?? []).some(({ selection }) => {
    const there = other.selections.indexOf(market.selections[selection] as string);
    return there >= 0 && !isWithdrawn(runnersOf(other), there);
  });
}

/** Than the last withdrawal, or than the word of it: until then whoever made the price did not know either. */
function isOlder({ quote: { observedAt } }: TakenPrice, { runners }: Market): boolean {
  return runners?.withdrawals.some(({ toldAt = 0, withdrawnAt }) => observedAt < Math.max(withdrawnAt, toldAt)) ?? false;
}

/** What so much of the bet's stake is worth at these prices. */
export function betValueMinor(ledger: LedgerState, bet: HeldBet, { place, price }: BetPrices, stakeMinor: number): number {
  const { cashOutMarginPpm } = ledger.limits;
  const market = marketAt(ledger, bet.market);
  const deductionPpm = market.runners === undefined ? 0 : deductionOf(market.runners, bet);
  const { oddsMilli } = bet;
  if (place === null) return cashOutValueMinor({ stakeMinor, oddsMilli, deductionPpm }, price.oddsMilli, cashOutMarginPpm);
  const struck = { stakeMinor: stakeMinor / PARTS, oddsMilli, deductionPpm, divisor: divisorOf(market) };
  return eachWayValueMinor(struck, { winMilli: price.oddsMilli, placeMilli: place.oddsMilli }, cashOutMarginPpm);
}
