// Without a bet that balanced others the house may lose more: a cash-out brings it no further than any bet may.
import { type Refusal, refuse } from '../base/refusal.ts';
import { PARTS, placePayoutMinor } from '../bets/each-way/each-way.ts';
import { divisorOf } from '../bets/each-way/each-way-worst.ts';
import type { HeldBet } from '../bets/held-bet.ts';
import { leadStakesWith, type Market, worstLossOf } from '../bets/market.ts';
import { maxPayoutMinor } from '../bets/payout.ts';
import { runnersOf, runnersWorstLossMinor } from '../bets/runners/runners.ts';
import { type Fixture, HOUSE, type LedgerState } from '../kernel/state.ts';
import type { Wanted } from './offer.ts';

export function overExposure(ledger: LedgerState, market: Market, bet: HeldBet, wanted: Wanted): Refusal | null {
  const { limits } = ledger;
  const worst = bet.eachWay ? eachWayWorstAfter(market, bet, wanted) : worstAfter(market, bet, wanted);
  const extra = worst - market.worstLossMinor;
  const paid = wanted.amountMinor - wanted.stakeMinor;
  if (extra + Math.max(0, paid) <= 0) return null;
  if (extra > 0 && worst > limits.marketLossMaxMinor)
    return refuse('limit_market', { need: limits.marketLossMaxMinor, have: worst });
  const fixture = (ledger.fixtures.get(market.eventId) as Fixture).worstLossMinor + extra;
  if (extra > 0 && fixture > limits.eventLossMaxMinor)
    return refuse('limit_event', { need: limits.eventLossMaxMinor, have: fixture });
  const house = ledger.accounts.balance(HOUSE, ledger.currency) - paid - ledger.worstLossMinor - extra;
  if (extra + paid > 0 && house < -limits.houseCapitalMinor)
    return refuse('limit_house', { need: limits.houseCapitalMinor, have: -house });
  return null;
}

function worstAfter(market: Market, bet: HeldBet, { stakeMinor }: Wanted): number {
  const payouts = minus(market.payoutsMinor, bet.selection, winLess(bet, stakeMinor));
  const isLead = bet.selection >= market.selections.length;
  const leadStakes = isLead ? leadStakesWith(market, bet.selection, -stakeMinor) : market.leadStakesMinor;
  return worstLossOf(market, payouts, market.stakedMinor - stakeMinor, leadStakes);
}

/** A part of the stake is given up of the win and of the place alike. */
function eachWayWorstAfter(market: Market, bet: HeldBet, { stakeMinor }: Wanted): number {
  const runners = runnersOf(market);
  const part = stakeMinor / PARTS;
  const left = bet.stakeMinor - part;
  const placed = (stake: number): number => placePayoutMinor(stake, bet.oddsMilli, divisorOf(market));
  const placeLess = placed(bet.stakeMinor) - (left > 0 ? placed(left) : 0);
  return runnersWorstLossMinor(runners, {
    payoutsMinor: minus(market.payoutsMinor, bet.selection, winLess(bet, part)),
    placePayoutsMinor: minus(runners.placePayoutsMinor, bet.selection, placeLess),
    stakedMinor: market.stakedMinor - stakeMinor,
  });
}

/** What the bet can win less, without a part of its stake. */
function winLess({ oddsMilli, stakeMinor }: HeldBet, partMinor: number): number {
  const left = stakeMinor - partMinor;
  return maxPayoutMinor(stakeMinor, oddsMilli) - (left > 0 ? maxPayoutMinor(left, oddsMilli) : 0);
}

function minus(values: readonly number[], at: number, by: number): number[] {
  return values.map((value, i) => (i === at ? value - by : value));
}
