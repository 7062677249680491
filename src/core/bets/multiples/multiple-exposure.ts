// What open bets of several legs can cost the house. In the market of each leg that is still to be decided such a bet counts with all that it can
// win, and its stake covers nobody else's winnings there; house-wide it counts once, however many legs it has.
import { toSafe } from '../../base/money.ts';
import { type Fixture, type LedgerState, marketAt } from '../../kernel/state.ts';
import type { Holder } from '../../ledger/holder.ts';
import { addTo } from '../live-handicap.ts';
import { type AtStake, type Market, worstLossAt, worstLossOf } from '../market.ts';
import type { MarketLegs, OpenMultiples } from './open-multiples.ts';
import { NONE, SETTLED } from './open-multiples.ts';
import { type Factor, legFactor, multiplePayout } from './multiple-payout.ts';
import { linesOf, type System, SYSTEMS } from './systems.ts';

const WON = { won: [1, 1], back: [0, 1] } as const;

/** A leg's factor: as it was decided, or its price while it is open, which is the most that it can come to. */
export function factorOf(multiples: OpenMultiples, leg: number): Factor {
  const { deductionPpm, oddsMilli } = multiples.legs;
  const outcome = multiples.outcomeOf(leg);
  if (!outcome) return legFactor(oddsMilli[leg] as number, WON);
  const [wonNum, wonDen, backNum, backDen] = outcome;
  return legFactor(oddsMilli[leg] as number, { won: [wonNum, wonDen], back: [backNum, backDen] }, deductionPpm[leg]);
}

export function systemOf(multiples: OpenMultiples, bet: number): System {
  return SYSTEMS[multiples.bets.system[bet] as number] as System;
}

export function stakeOf(multiples: OpenMultiples, bet: number): number {
  const { legs, stakePerLineMinor } = multiples.bets;
  return (stakePerLineMinor[bet] as number) * linesOf(systemOf(multiples, bet), legs[bet] as number);
}

/** What a bet returns with these factors of its legs. */
export function returnOf(multiples: OpenMultiples, bet: number, factors: readonly Factor[], round: 'floor' | 'ceil'): number {
  const stakePerLineMinor = multiples.bets.stakePerLineMinor[bet] as number;
  return toSafe(multiplePayout({ system: systemOf(multiples, bet), stakePerLineMinor, factors }, round));
}

/** Most that the house can still lose on a bet. */
export function winningsOf(multiples: OpenMultiples, bet: number): number {
  if (multiples.bets.status[bet] === SETTLED) return 0;
  const factors = multiples.legsOf(bet).map((leg) => factorOf(multiples, leg));
  return Math.max(0, returnOf(multiples, bet, factors, 'ceil') - stakeOf(multiples, bet));
}

/** Takes a bet out of all exposures as it stands in them. Before its legs change. */
export function uncount(ledger: LedgerState, bet: number): void {
  change(ledger, bet, -(ledger.multiples.bets.winningsMinor[bet] as number));
  ledger.multiples.bets.winningsMinor[bet] = 0;
}

/** Counts a bet with what it can win now. */
export function count(ledger: LedgerState, bet: number): void {
  const winnings = winningsOf(ledger.multiples, bet);
  ledger.multiples.bets.winningsMinor[bet] = winnings;
  change(ledger, bet, winnings);
}

function change(ledger: LedgerState, bet: number, byMinor: number): void {
  if (byMinor === 0) return;
  ledger.worstLossMinor += byMinor;
  const { multiples } = ledger;
  const { decided, market, selection } = multiples.legs;
  for (const leg of multiples.legsOf(bet)) {
    if (decided[leg] === 1) continue;
    const legs = multiples.ofMarket(market[leg] as number) as MarketLegs;
    const of = marketAt(ledger, market[leg] as number);
    addTo(legs.winningsMinor, selection[leg] as number, byMinor);
    addTo(of.payoutsMinor, selection[leg] as number, byMinor);
    moveWorst(ledger, of, worstLossOf(of, of.payoutsMinor, of.stakedMinor));
  }
}

/** Brings market and fixture to a new worst case; the house's own does not move by it. Returns the change. */
export function moveWorst(ledger: LedgerState, market: Market, worst: number): number {
  const by = worst - market.worstLossMinor;
  market.worstLossMinor = worst;
  (ledger.fixtures.get(market.eventId) as Fixture).worstLossMinor += by;
  return by;
}

/** Worst case of a market's singles alone, at these payouts and stakes. */
export function singlesWorst(market: Market, legs: MarketLegs, at: AtStake): number {
  const { leadStakesMinor, placePayoutsMinor, stakedMinor } = at;
  const payoutsMinor = at.payoutsMinor.map((payout, selection) => payout - (legs.winningsMinor[selection] ?? 0));
  return worstLossAt(market, { payoutsMinor, stakedMinor, leadStakesMinor, placePayoutsMinor });
}

/** Owner and stake of every open bet with a leg in a market. */
export function* openStakesOfMultiples(
  { holders, multiples }: LedgerState,
  market: number,
): Iterable<readonly [ownerId: string, stakeMinor: number]> {
  const lists = multiples.ofMarket(market);
  for (const head of lists ? [lists.open, lists.decided] : []) {
    for (let leg = head; leg !== NONE; leg = multiples.legs.next[leg] as number) {
      const bet = multiples.legs.bet[leg] as number;
      if (multiples.bets.status[bet] === SETTLED) continue;
      yield [(holders[multiples.bets.holder[bet] as number] as Holder).ownerId, stakeOf(multiples, bet)];
    }
  }
}
