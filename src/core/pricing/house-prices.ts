// The price list of a market under its rule, from the running figures that every bet keeps: the same bets give the same prices.
import type { Price } from '../catalog/quote.ts';
import { ownPayouts } from '../bets/live-handicap.ts';
import type { Market } from '../bets/market.ts';
import { balancedPrice, balancedProbabilities } from './balance.ts';
import { type HousePrice, probabilitiesAt, quoteOf } from './market-maker.ts';
import type { Pricing } from './pricing-commands.ts';
import { type LedgerState, marketOf } from '../kernel/state.ts';
import { boundOf, referenceOf } from './set-pricing.ts';

/** How the house prices a market, and what it can lose there. */
export interface PricingState {
  readonly pricing: Pricing | null;
  readonly prices: Price[];
  readonly worstLossMinor: number;
  /** Null without a rule. */
  readonly lossBoundMinor: number | null;
}

/** Null for a market that is not there. */
export function pricingState(ledger: Readonly<LedgerState>, marketId: string): PricingState | null {
  const market = marketOf(ledger, marketId);
  if (!market) return null;
  const pricing = ledger.pricing.get(market.row) ?? null;
  const prices = pricing ? housePrices(market, pricing) : [];
  return { pricing, prices, worstLossMinor: market.worstLossMinor, lossBoundMinor: pricing && boundOf(market, pricing) };
}

/** Prices in the order of the selections; one that has none to offer is left out. */
export function housePrices(market: Market, pricing: Pricing): Price[] {
  const prices = probabilitiesOf(market, pricing).map((p) => priceOf(p, pricing));
  return market.selections.flatMap((selectionId, i) => {
    const price = prices[i];
    return price ? [{ selectionId, ...price }] : [];
  });
}

/** What the rule thinks of each selection now, before the margin; sums to 1. */
export function probabilitiesOf(market: Market, pricing: Pricing): number[] {
  const reference = referenceOf(market, pricing);
  if (pricing.rule === 'market-maker')
    return probabilitiesAt({ liquidityMinor: pricing.liquidityMinor, opening: reference }, ownPayouts(market));
  const losses = ownPayouts(market).map((payout) => payout - market.stakedMinor);
  const { scaleMinor, shiftMaxPpm } = pricing;
  return balancedProbabilities({ reference, scaleMinor, shiftMaxPpm }, losses);
}

function priceOf(p: number, pricing: Pricing): HousePrice | null {
  if (pricing.rule === 'market-maker') return quoteOf(pricing.liquidityMinor, p, pricing);
  return balancedPrice(p, pricing);
}
