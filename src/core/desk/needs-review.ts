// Which bets a person looks at before they stand: asked at placement, and at the end of an in-play delay.
import type { Market } from '../bets/market.ts';
import type { LedgerState } from '../kernel/state.ts';

/** True when a person wants to see bets of this stake on the market. */
export function needsReview({ desk, limits }: LedgerState, market: Market, stakeMinor: number): boolean {
  const own = desk.hasRules ? desk.of(market.row)?.reviewAboveMinor : undefined;
  return stakeMinor > (own ?? limits.reviewAboveMinor);
}
