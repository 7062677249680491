// Where the bots' decisions are kept: every bet and every pass, with the market as it was seen.
import type { Decision, MarketSnapshot } from '#core/bots/decision.ts';

export interface LoggedDecision {
  readonly decision: Decision;
  readonly betId: string | null;
}

/** All answers of one moment about one price list. */
export interface DecisionSheet {
  readonly snapshot: Omit<MarketSnapshot, 'fairPpm'>;
  readonly decisions: readonly LoggedDecision[];
}

export interface DecisionLog {
  write(shard: number, sheets: readonly DecisionSheet[]): Promise<void>;
}
