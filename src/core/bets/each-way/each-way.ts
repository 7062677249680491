// Each-way: two equal bets in one, on the win and on a place. They are open bets in a table of their own, with the stake of one part.
import { divideBig, mulDiv, toSafe } from '../../base/money.ts';
import { type LedgerState, marketOf } from '../../kernel/state.ts';
import type { Outcome } from '../../settlement/outcome.ts';
import type { Market } from '../market.ts';
import type { OpenBet, OpenBets } from '../open-bets.ts';

export const PARTS = 2;
const PPM = 1_000_000;

/** What a bet of one of the ledger's tables holds. */
export function stakeOf(ledger: LedgerState, bets: OpenBets, { stakeMinor }: Pick<OpenBet, 'stakeMinor'>): number {
  return bets === ledger.eachWay ? PARTS * stakeMinor : stakeMinor;
}

/** Name of the market of places that goes with a market of winners. */
export function placeMarketId({ eventId }: Pick<Market, 'eventId'>): string {
  return `${eventId}/place`;
}

/** Where a place in the same race is a bet of its own. */
export function placeMarketOf(ledger: LedgerState, market: Pick<Market, 'eventId'>): Market | undefined {
  return marketOf(ledger, placeMarketId(market));
}

/** Of the place part: 1 / divisor of the winnings. */
export function divisorOf(market: Pick<Market, 'runners'>): number {
  return market.runners?.eachWay?.divisor ?? 1;
}

/** The most that the place part can return, rounded up: odds of 1 + (odds - 1) / divisor. */
export function placePayoutMinor(stakeMinor: number, oddsMilli: number, divisor: number): number {
  return mulDiv(stakeMinor, 1000 * divisor + oddsMilli - 1000, 1000 * divisor, 'ceil');
}

export interface EachWaySettling {
  readonly stakeMinor: number;
  readonly oddsMilli: number;
  readonly divisor: number;
  readonly win: Outcome;
  readonly placed: Outcome;
  readonly deductionPpm: number;
}

/**
 * floor(stake * (won * (1 + (odds - 1) * (1 - deduction)) + back + the same of the place part with (odds - 1) / divisor)): one fraction for
 * both parts, rounded once. `stakeMinor` is the stake of one part.
 */
export function eachWayReturnMinor({ deductionPpm, divisor, oddsMilli, placed, stakeMinor, win }: EachWaySettling): number {
  const profit = BigInt(oddsMilli - 1000) * BigInt(PPM - deductionPpm);
  const unit = 1000n * BigInt(PPM);
  const whole = unit * BigInt(divisor);
  const part = (outcome: Outcome, gain: bigint): readonly [bigint, bigint] => {
    const [[won, wonOf], [back, backOf]] = [outcome.won, outcome.back];
    const top = BigInt(won) * (whole + gain) * BigInt(backOf) + BigInt(back) * BigInt(wonOf) * whole;
    return [top, BigInt(wonOf) * BigInt(backOf)];
  };
  const [winTop, winOf] = part(win, profit * BigInt(divisor));
  const [placeTop, placeOf] = part(placed, profit);
  const top = BigInt(stakeMinor) * (winTop * placeOf + placeTop * winOf);
  return toSafe(divideBig(top, winOf * placeOf * whole, 'floor'));
}
