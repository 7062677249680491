// What a trading desk asks of a ledger beside markets and results: limits of its own for some markets and some people. The data of its events.

/** Overrides for each market under a target, all in minor units; null takes one away. */
export interface MarketLimits {
  /** Largest stake and payout of one bet. */
  readonly stakeMaxMinor?: number;
  readonly payoutMaxMinor?: number;
  /** Worst loss the house takes on the market. */
  readonly lossMaxMinor?: number;
  /** Stakes of all open bets on the market together, and those of one person. */
  readonly stakesMaxMinor?: number;
  readonly ownerStakeMaxMinor?: number;
  /** A bet with a larger stake waits for a person. */
  readonly reviewAboveMinor?: number;
}
export const MARKET_LIMIT_NAMES = [
  'lossMaxMinor',
  'ownerStakeMaxMinor',
  'payoutMaxMinor',
  'reviewAboveMinor',
  'stakeMaxMinor',
  'stakesMaxMinor',
] as const satisfies readonly (keyof MarketLimits)[];
export type MarketLimitName = (typeof MARKET_LIMIT_NAMES)[number];
export type MarketLimitChange = { readonly [K in MarketLimitName]?: number | null };

/** The target that is everything; others are a market id, or the first words of fixture ids (`fb`, `fb:E0`, `fb:E0:20240817:alpha:beta`). */
export const EVERYTHING = '*';
export const PPM = 1_000_000;
/** A person may bet at most this many times a market's largest bet. */
export const FACTOR_PPM_MAX = 10 * PPM;

export interface SetMarketLimits {
  readonly type: 'SetMarketLimits';
  readonly target: string;
  readonly limits: MarketLimitChange;
}
export interface SetBettorFactor {
  readonly type: 'SetBettorFactor';
  readonly ownerId: string;
  /** Largest bet of this person as a share of a market's; 0: none at all, 1,000,000: as everybody. */
  readonly factorPpm: number;
}
/** What a person says about a bet that waits for him. */
export interface ReviewBet {
  readonly type: 'ReviewBet';
  readonly betId: string;
  readonly decision: 'accept' | 'reject';
  /** One word; a rejected bet bears it. */
  readonly reason: string;
}
export type DeskCommand = SetMarketLimits | SetBettorFactor | ReviewBet;

export interface DeskEvents {
  /** A sport, a competition or everything: its open markets are suspended by the events that follow, and so is what opens in it later. */
  ScopeSuspended: { reason: string; scope: string };
  ScopeReopened: { reason: string; scope: string };
  MarketLimitsSet: { limits: MarketLimitChange; target: string };
  BettorFactorSet: { factorPpm: number; ownerId: string };
}
