// The running worst loss of markets, fixtures and the house: each change of an open bet moves it.
import { mulDiv } from '../base/money.ts';
import type { LedgerState } from '../kernel/state.ts';
import { PARTS, placePayoutMinor } from './each-way/each-way.ts';
import { addTo, placeOf } from './live-handicap.ts';
import { type Market, worstLossOf } from './market.ts';
import { moveWorst, singlesWorst } from './multiples/multiple-exposure.ts';
import type { BetRow } from './open-bets.ts';
import { runnersOf } from './runners/runners.ts';

/**
 * A pending bet may still be rejected, so its stake covers nobody else's winnings: until it is accepted it counts with what it
 * can win and with no stake. The worst case then holds whichever pending bets are accepted.
 */
export function addExposure(ledger: LedgerState, market: Market, bet: BetRow, sign: 1 | -1): void {
  const payout = mulDiv(bet.stakeMinor, bet.oddsMilli, 1000, 'ceil');
  market.bets += sign;
  const certain = bet.pending ? 0 : bet.stakeMinor;
  market.stakedMinor += sign * certain;
  addTo(market.payoutsMinor, bet.selection, sign * (payout - bet.stakeMinor + certain));
  if (bet.selection >= market.selections.length) addTo((market.leadStakesMinor ??= []), placeOf(bet.selection), sign * certain);
  if (market.runners !== undefined) addTo(market.runners.stakesMinor, bet.selection, sign * certain);
  exposeAnew(ledger, market);
}

/** addExposure() of an each-way bet: its place part counts beside, in what places pay. */
export function addEachWayExposure(ledger: LedgerState, market: Market, bet: BetRow, sign: 1 | -1): void {
  const { oddsMilli, pending, selection, stakeMinor } = bet;
  const runners = runnersOf(market);
  const won = mulDiv(stakeMinor, oddsMilli, 1000, 'ceil');
  const placed = placePayoutMinor(stakeMinor, oddsMilli, runners.eachWay?.divisor ?? 1);
  const covered = pending ? stakeMinor : 0;
  market.bets += sign;
  market.stakedMinor += sign * PARTS * (stakeMinor - covered);
  addTo(market.payoutsMinor, selection, sign * (won - covered));
  addTo(runners.placePayoutsMinor, selection, sign * (placed - covered));
  addTo(runners.stakesMinor, selection, sign * PARTS * (stakeMinor - covered));
  exposeAnew(ledger, market);
}

/** After something changed what the market can cost. */
export function exposeAnew(ledger: LedgerState, market: Market): void {
  const worst = worstLossOf(market, market.payoutsMinor, market.stakedMinor);
  const change = moveWorst(ledger, market, worst);
  const legs = ledger.multiples.ofMarket(market.row);
  if (!legs) {
    ledger.worstLossMinor += change;
    return;
  }
  const singles = singlesWorst(market, legs, market);
  ledger.worstLossMinor += singles - legs.singlesWorstMinor;
  legs.singlesWorstMinor = singles;
}
