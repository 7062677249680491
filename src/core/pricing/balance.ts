// Liability balancing around a reference price: what would cost the house more than the average result gets shorter odds, what would cost less,
// longer ones. With reference probabilities r_i and l_i the house's loss in minor units if i wins (negative: its win):
//   x_i = clamp((l_i - sum_j r_j l_j) / scale, -1, 1)        how far i is from the expected loss, in units of `scaleMinor`
//   p_i = r_i e^(k x_i) / sum_j r_j e^(k x_j)                with k = ln(1 + shiftMaxPpm / 1e6)
// Flat books (all l_i equal) give the reference back. p_i never falls when l_i grows, because x_i grows by (1 - r_i) and every other x_j falls.
// Each weight moves by a factor of at most 1 + shiftMax either way, so p_i stays within r_i / f .. r_i f with f = (1 + shiftMax)^2.
import { assert } from '../base/assert.ts';
import { ODDS_MILLI_MAX, ODDS_MILLI_MIN } from '../base/odds.ts';
import type { HousePrice } from './market-maker.ts';

const PPM = 1_000_000;

export interface Balance {
  /** Reference probabilities by selection, each above 0, sum 1. */
  readonly reference: readonly number[];
  /** A loss so much above the expected one moves the price by all it may, minor units. */
  readonly scaleMinor: number;
  /** How far a weight may move, ppm. */
  readonly shiftMaxPpm: number;
}

/** p, in the order of the selections; sums to 1. */
export function balancedProbabilities({ reference, scaleMinor, shiftMaxPpm }: Balance, lossesMinor: readonly number[]): number[] {
  assert(reference.length === lossesMinor.length, 'one number a selection');
  const expected = reference.reduce((sum, r, i) => sum + r * (lossesMinor[i] as number), 0);
  const k = Math.log1p(shiftMaxPpm / PPM);
  const weights = reference.map((r, i) => {
    const x = ((lossesMinor[i] as number) - expected) / scaleMinor;
    return r * Math.exp(k * Math.max(-1, Math.min(1, x)));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Odds of a probability with its margin, rounded down, and the stake that wins at most `winMaxMinor`; null when none are to be had. */
export function balancedPrice(p: number, terms: { readonly marginPpm: number; readonly winMaxMinor: number }): HousePrice | null {
  const oddsMilli = Math.min(ODDS_MILLI_MAX, Math.floor(1000 / (p * (1 + terms.marginPpm / PPM)) + 1e-9));
  if (!(oddsMilli >= ODDS_MILLI_MIN)) return null;
  const maxStakeMinor = Math.floor((terms.winMaxMinor * 1000) / (oddsMilli - 1000));
  return maxStakeMinor > 0 ? { oddsMilli, maxStakeMinor } : null;
}
