// The worst loss of a market with one more each-way bet in it: asked before the bet is taken.
import { mulDiv } from '../../base/money.ts';
import type { Market } from '../market.ts';
import { runnersOf, runnersWorstLossMinor } from '../runners/runners.ts';
import { PARTS, placePayoutMinor } from './each-way.ts';

export interface EachWayAsked {
  readonly selection: number;
  /** Of one part. */
  readonly stakeMinor: number;
  readonly oddsMilli: number;
}

/** Of the place part: 1 / divisor of the winnings. */
export function divisorOf(market: Pick<Market, 'runners'>): number {
  return market.runners?.eachWay?.divisor ?? 1;
}

export function eachWayWorstMinor(market: Market, { oddsMilli, selection, stakeMinor }: EachWayAsked): number {
  const runners = runnersOf(market);
  const won = mulDiv(stakeMinor, oddsMilli, 1000, 'ceil');
  const placed = placePayoutMinor(stakeMinor, oddsMilli, divisorOf(market));
  return runnersWorstLossMinor(runners, {
    payoutsMinor: plus(market.payoutsMinor, selection, won),
    placePayoutsMinor: plus(runners.placePayoutsMinor, selection, placed),
    stakedMinor: market.stakedMinor + PARTS * stakeMinor,
  });
}

function plus(values: readonly number[], at: number, by: number): number[] {
  return values.map((value, i) => (i === at ? value + by : value));
}
