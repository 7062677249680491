// Commands that give stakes back, and their events.
export interface VoidMarket {
  readonly type: 'VoidMarket';
  readonly marketId: string;
  readonly reason: string;
}

/** At least one of what bounds it must be given. */
export interface VoidBets {
  readonly type: 'VoidBets';
  readonly marketId: string;
  readonly selectionId?: string;
  /** The first moment meant and the first no longer meant, ms. */
  readonly placedFrom?: number;
  readonly placedUntil?: number;
  /** Bets struck at this price or a better one. */
  readonly oddsMilliFrom?: number;
  readonly reason: string;
}

/** A participant takes no part: bets on it are void, and bets struck before on others lose a share of their winnings. */
export interface WithdrawRunner {
  readonly type: 'WithdrawRunner';
  readonly marketId: string;
  readonly selectionId: string;
  /** Its price when it was withdrawn: the market's table says the deduction. Either this or the deduction itself. */
  readonly priceMilli?: number;
  readonly deductionPpm?: number;
  /** Its reduction factor on the exchange, and those of the others as they stood with it. */
  readonly reductionPpm?: number;
  readonly factors?: Readonly<Record<string, number>>;
  /** When it was withdrawn, ms. */
  readonly at: number;
}

export type VoidCommand = VoidMarket | VoidBets | WithdrawRunner;

export interface VoidEvents {
  /** Each bet as [betId, holder, stake given back]. `next` is the bet to look at next: without it the voiding is over. */
  BetsVoided: { bets: readonly (readonly [string, string, number])[]; marketId: string; next?: string; reason: string };
  VoidingStarted: {
    /** Open bets of the market, meant or not. */
    bets: number;
    marketId: string;
    reason: string;
    wish: { oddsMilliFrom?: number; placedFrom?: number; placedUntil?: number; selectionId?: string };
  };
  /** With `byTime` a result told of it: then bets struck before `withdrawnAt` are meant, else those struck before this event. */
  RunnerWithdrawn: {
    bets: number;
    byTime?: true;
    deductionPpm: number;
    factors?: Record<string, number>;
    marketId: string;
    priceMilli?: number;
    reductionPpm?: number;
    selectionId: string;
    withdrawnAt: number;
  };
}
