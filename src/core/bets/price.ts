// Finds the price a bet would get, and says why it cannot have one. Never reads a quote that decide() was not given.
import { type Refusal, refuse } from '../base/refusal.ts';
import { isOddsMilli } from '../base/odds.ts';
import type { Quote } from '../catalog/quote.ts';
import type { Context } from '../kernel/command.ts';
import type { LedgerState } from '../kernel/state.ts';
import { selectionName, struckOn } from './live-handicap.ts';
import type { Market } from './market.ts';
import { type OddsPolicy, takesOdds } from './odds-policy.ts';

export interface TakenPrice {
  readonly quote: Quote;
  readonly oddsMilli: number;
  readonly ageMs: number;
  /** What a bet at this price is on: of a handicap in play, the lead as well. */
  readonly selection: number;
}

export interface PriceWanted {
  readonly market: Market;
  readonly selection: number;
  readonly minOddsMilli: number;
  /** `better` when not stated. */
  readonly oddsPolicy?: OddsPolicy | undefined;
}

/** The executable price of a selection now, or the refusal. */
export function takePrice(ledger: LedgerState, context: Context, wanted: PriceWanted): TakenPrice | Refusal {
  const { market, selection, minOddsMilli, oddsPolicy = 'better' } = wanted;
  const quote = findQuote(context, market.marketId);
  if (!quote) return refuse('price_stale', { path: '/legs/0/marketId' });
  const unusable = unusableReason(ledger, market, quote, context.now);
  if (unusable) return unusable;
  const selectionId = selectionName(market, selection);
  const price = quote.prices.find((p) => p.selectionId === selectionId);
  if (!price || !isOddsMilli(price.oddsMilli)) return refuse('selection_withdrawn', { path: '/legs/0/selectionId' });
  if (!takesOdds(oddsPolicy, minOddsMilli, price.oddsMilli))
    return refuse('odds_changed', { need: minOddsMilli, have: price.oddsMilli });
  const struck = struckOn(ledger, market, selection, quote);
  if (typeof struck !== 'number') return struck;
  return { quote, oddsMilli: price.oddsMilli, ageMs: context.now - quote.confirmedAt, selection: struck };
}

export function findQuote(context: Context, marketId: string): Quote | undefined {
  for (const quote of context.quotes) if (quote.marketId === marketId) return quote;
  return undefined;
}

function unusableReason(ledger: LedgerState, market: Market, quote: Quote, now: number): Refusal | null {
  const limitMs = quote.inPlay ? ledger.limits.staleMsInPlay : ledger.limits.staleMsPreMatch;
  const ageMs = now - quote.confirmedAt;
  const stale = ageMs > limitMs ? refuse('price_stale', { need: limitMs, have: ageMs }) : null;
  // A suspension that nobody confirms is a silent source: it ends with the next confirmation.
  if (quote.status === 'suspended') return stale ?? refuse('market_suspended');
  if (quote.status === 'closed') return refuse('market_closed');
  // A pre-match price ends with the kick-off, however fresh it looks.
  if (!quote.inPlay && now >= market.startAt) return refuse('market_closed', { path: '/legs/0/marketId' });
  return stale;
}
