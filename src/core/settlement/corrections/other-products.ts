// What else a market's settlement paid beside its single bets. Each product that can take its part back is asked here, and one that cannot holds
// the correction up: a market is corrected whole or not at all.
import type { Market } from '../../bets/market.ts';
import type { LedgerState } from '../../kernel/state.ts';

/** True while nothing but single bets was settled, or is being settled, with this market. */
export function isOfSinglesAlone(ledger: LedgerState, { row }: Pick<Market, 'row'>): boolean {
  const exchange = ledger.exchange.markets.get(row);
  if (exchange && exchange.netBets.count > 0) return false;
  const legs = ledger.multiples.ofMarket(row);
  return !legs || legs.openLegs + legs.decidedLegs === 0;
}
