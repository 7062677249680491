// Without a bet that balanced others the house may lose more: a cash-out brings it no further than any bet may.
import type { Refusal } from '../base/refusal.ts';
import { divisorOf, PARTS, placePayoutMinor } from '../bets/each-way/each-way.ts';
import type { HeldBet } from '../bets/held-bet.ts';
import { type AtStake, leadStakesWith, type Market } from '../bets/market.ts';
import { maxPayoutMinor } from '../bets/payout.ts';
import { runnersOf } from '../bets/runners/runners.ts';
import type { LedgerState } from '../kernel/state.ts';
import { gateLoss } from '../risk/gate-loss.ts';
import type { Wanted } from './offer.ts';

export function overExposure(ledger: LedgerState, market: Market, bet: HeldBet, wanted: Wanted): Refusal | null {
  const left = bet.eachWay ? eachWayLeft(market, bet, wanted) : leftAtStake(market, bet, wanted);
  return gateLoss(ledger, market, left, wanted.amountMinor - wanted.stakeMinor);
}

function leftAtStake(market: Market, bet: HeldBet, { stakeMinor }: Wanted): AtStake {
  const isLead = bet.selection >= market.selections.length;
  return {
    payoutsMinor: minus(market.payoutsMinor, bet.selection, winLess(bet, stakeMinor)),
    stakedMinor: market.stakedMinor - stakeMinor,
    leadStakesMinor: isLead ? leadStakesWith(market, bet.selection, -stakeMinor) : market.leadStakesMinor,
  };
}

/** A part of the stake is given up of the win and of the place alike. */
function eachWayLeft(market: Market, bet: HeldBet, { stakeMinor }: Wanted): AtStake {
  const part = stakeMinor / PARTS;
  const left = bet.stakeMinor - part;
  const placed = (stake: number): number => placePayoutMinor(stake, bet.oddsMilli, divisorOf(market));
  const placeLess = placed(bet.stakeMinor) - (left > 0 ? placed(left) : 0);
  return {
    payoutsMinor: minus(market.payoutsMinor, bet.selection, winLess(bet, part)),
    stakedMinor: market.stakedMinor - stakeMinor,
    leadStakesMinor: market.leadStakesMinor,
    placePayoutsMinor: minus(runnersOf(market).placePayoutsMinor, bet.selection, placeLess),
  };
}

/** What the bet can win less, without a part of its stake. */
function winLess({ oddsMilli, stakeMinor }: HeldBet, partMinor: number): number {
  const left = stakeMinor - partMinor;
  return maxPayoutMinor(stakeMinor, oddsMilli) - (left > 0 ? maxPayoutMinor(left, oddsMilli) : 0);
}

function minus(values: readonly number[], at: number, by: number): number[] {
  return values.map((value, i) => (i === at ? value - by : value));
}
