// What the house may lose: one rule for whatever changes a book, a bet that comes into it or one that is bought back out of it.
import { type Refusal, refuse } from '../base/refusal.ts';
import { type AtStake, type Market, worstLossAt } from '../bets/market.ts';
import { singlesWorst } from '../bets/multiples/multiple-exposure.ts';
import { type Fixture, HOUSE, type LedgerState } from '../kernel/state.ts';

/** Refusal when a market that has this at stake passes a limit of its own, of its fixture or of the house, which pays so much for it. */
export function gateLoss(ledger: LedgerState, market: Market, at: AtStake, paidMinor = 0): Refusal | null {
  const { limits } = ledger;
  const worst = worstLossAt(market, at);
  const extra = worst - market.worstLossMinor;
  if (extra > 0) {
    const own = ledger.desk.hasRules ? ledger.desk.of(market.row) : undefined;
    const lossMax = own?.lossMaxMinor ?? limits.marketLossMaxMinor;
    if (worst > lossMax) return refuse('limit_market', { need: lossMax, have: worst });
    const fixture = (ledger.fixtures.get(market.eventId) as Fixture).worstLossMinor + extra;
    if (fixture > limits.eventLossMaxMinor) return refuse('limit_event', { need: limits.eventLossMaxMinor, have: fixture });
  }
  // House-wide, bets of several legs are counted beside the markets.
  const legs = ledger.multiples.ofMarket(market.row);
  const more = legs ? singlesWorst(market, legs, at) - legs.singlesWorstMinor : extra;
  if (more + paidMinor <= 0) return null; // the house risks less than before
  const house = ledger.accounts.balance(HOUSE, ledger.currency) - paidMinor - ledger.worstLossMinor - more;
  if (house < -limits.houseCapitalMinor) return refuse('limit_house', { need: limits.houseCapitalMinor, have: -house });
  return null;
}
