// A market maker with a bounded loss: the logarithmic market scoring rule (R. Hanson, "Combinatorial Information Market Design", 2003, and
// "Logarithmic Market Scoring Rules for Modular Combinatorial Information Aggregation", 2007). With q_i the minor units that all bets taken so far
// pay if selection i wins, liquidity b > 0 in minor units and opening probabilities r_i that sum to 1:
//   cost       C(q) = b ln sum_i r_i exp(q_i / b)            minor units; C(0) = 0
//   price      p_i  = r_i exp(q_i / b) / sum_j r_j exp(q_j / b)
// If every bet of payout x on i pays at least C(q + x e_i) - C(q), the house loses at most C(q) >= q_i + b ln r_i tells: -b ln r_i when i wins,
// so never more than b ln(1 / min r), which is b ln n for n equal openings. Floats make the quote; stakes and payouts are integers.
import { assert } from '../base/assert.ts';
import { ODDS_MILLI_MAX, ODDS_MILLI_MIN } from '../base/odds.ts';

/** Relative error of one logarithm and one exponential, taken against the bettor. */
const FLOAT_SLACK = 1e-9;

export interface MarketMaker {
  /** b, minor units: the larger, the less a bet moves the price and the more can be lost. */
  readonly liquidityMinor: number;
  /** Opening probabilities by selection, each above 0, sum 1. */
  readonly opening: readonly number[];
}

export interface HousePrice {
  readonly oddsMilli: number;
  readonly maxStakeMinor: number;
}

/** p, in the order of the selections; sums to 1. */
export function probabilitiesAt({ liquidityMinor, opening }: MarketMaker, outstandingMinor: readonly number[]): number[] {
  assert(opening.length === outstandingMinor.length, 'one number a selection');
  const most = Math.max(...outstandingMinor); // what all have in common moves nothing, and would cost digits
  const logs = opening.map((r, i) => Math.log(r) + ((outstandingMinor[i] as number) - most) / liquidityMinor);
  const sum = logSum(logs);
  return logs.map((log) => Math.exp(log - sum));
}

/** C(q + x e_i) - C(q): the least stake for a payout of x on a selection whose price is p, minor units. Convex in x, 0 at 0. */
export function costOf(liquidityMinor: number, p: number, payoutMinor: number): number {
  // C(q + x e_i) - C(q) = b ln(1 + p (e^(x/b) - 1)); where e^(x/b) would overflow, b ln p + x.
  const ratio = payoutMinor / liquidityMinor;
  if (ratio > 500) return liquidityMinor * Math.log(p) + payoutMinor;
  return liquidityMinor * Math.log1p(p * Math.expm1(ratio));
}

/** The most that the house loses, whatever is bet and whichever selection wins, minor units, rounded up. */
export function lossBoundMinor({ liquidityMinor, opening }: MarketMaker): number {
  return Math.ceil(liquidityMinor * Math.log(1 / Math.min(...opening)) * (1 + FLOAT_SLACK));
}

/**
 * Odds at which every stake up to maxStakeMinor pays for what it adds, with `marginPpm` on top; null when none are to be had. Because the cost is
 * convex it is enough that the largest stake does: its payout is at most `payoutMaxMinor`, whose cost per unit is what the odds are made from.
 */
export function quoteOf(
  liquidityMinor: number,
  p: number,
  terms: { readonly payoutMaxMinor: number; readonly marginPpm: number },
): HousePrice | null {
  const { marginPpm, payoutMaxMinor } = terms;
  const perUnit = (costOf(liquidityMinor, p, payoutMaxMinor) / payoutMaxMinor) * (1 + FLOAT_SLACK) * (1 + marginPpm / 1_000_000);
  const oddsMilli = Math.min(ODDS_MILLI_MAX, Math.floor(1000 / perUnit));
  if (!(oddsMilli >= ODDS_MILLI_MIN)) return null;
  const maxStakeMinor = Math.floor((payoutMaxMinor * 1000) / oddsMilli);
  return maxStakeMinor > 0 ? { oddsMilli, maxStakeMinor } : null;
}

function logSum(logs: readonly number[]): number {
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0));
}
