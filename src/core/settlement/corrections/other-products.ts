// What else a market's settlement paid beside its single bets. Each product that can take its part back is asked here, and one that cannot holds
// the correction up: a market is corrected whole or not at all.
import type { Market } from '../../bets/market.ts';
import type { LedgerState } from '../../kernel/state.ts';

/** True while no leg of a bet on several markets was decided, or waits to be, with this market. */
export function hasNoLegs(ledger: LedgerState, { row }: Pick<Market, 'row'>): boolean {
  const legs = ledger.multiples.ofMarket(row);
  return !legs || legs.openLegs + legs.decidedLegs === 0;
}
