// House prices by rule: which markets the program prices itself, and how. Amounts are minor units, shares ppm.

/** Probabilities by selection, ppm, above 0 and 1,000,000 together: where a market maker opens, what a balanced price comes back to. */
export type ReferencePpm = Readonly<Record<string, number>>;

interface Common {
  readonly reference: ReferencePpm;
  /** On top of each probability, multiplicative: they sum to 1 + margin. */
  readonly marginPpm: number;
}
/** Hanson's market maker: the house loses at most liquidity * ln(1 / least reference). */
export interface MarketMakerRule extends Common {
  readonly rule: 'market-maker';
  readonly liquidityMinor: number;
  /** Largest payout of one bet: it sets how far one quote reaches. */
  readonly payoutMaxMinor: number;
}
/** A reference price that leans against the house's liability. */
export interface BalanceRule extends Common {
  readonly rule: 'balance';
  readonly scaleMinor: number;
  readonly shiftMaxPpm: number;
  /** The most that one bet may win. */
  readonly winMaxMinor: number;
  /** Worst loss of the house on the market. */
  readonly lossMaxMinor: number;
}
export type Pricing = MarketMakerRule | BalanceRule;

export interface SetPricing {
  readonly type: 'SetPricing';
  readonly marketId: string;
  /** Null: the market is priced by others again. */
  readonly pricing: Pricing | null;
}
export type PricingCommand = SetPricing;

export interface PricingEvents {
  PricingSet: { marketId: string; pricing: Pricing | null };
}
