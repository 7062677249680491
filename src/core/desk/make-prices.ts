// Prices of a market made by hand: from probabilities, or from odds whose own margin is taken out first, with the margin that the desk wants.
// With fair probabilities p and a margin m, the prices' probabilities q sum to 1 + m:
//   multiplicative  q_i = p_i (1 + m)
//   power           q_i = p_i ^ k, k below 1 such that they do: long shots carry more of the margin
// Odds are rounded down to thousandths, so the margin is never below the one asked for. Floats guide prices here, nothing is paid by them.
import { ODDS_MILLI_MAX, ODDS_MILLI_MIN } from '../base/odds.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import type { Price } from '../catalog/quote.ts';
import { fairProbabilities } from '../signals/devig.ts';
import { PPM } from './desk-commands.ts';

export const MARGIN_METHODS = ['multiplicative', 'power'] as const;
export type MarginMethod = (typeof MARGIN_METHODS)[number];
/** Largest margin, ppm: prices that give back less than half of what is staked are a mistake. */
export const MARGIN_PPM_MAX = PPM;
/** Probabilities must sum to one within this. */
const SUM_WITHIN = 1e-6;
/** Halvings of the interval of k: beyond the last bit of a double. */
const HALVINGS = 60;

export interface Margin {
  readonly method: MarginMethod;
  readonly ppm: number;
}

export interface PricesAsked {
  /** The selections of the market. */
  readonly selections: readonly string[];
  /** One of both, by selection; odds in thousandths. */
  readonly probabilities?: Readonly<Record<string, number>>;
  readonly oddsMilli?: Readonly<Record<string, number>>;
  /** Without one, odds are taken as they are and probabilities as fair. */
  readonly margin?: Margin;
}

/** The price list in the order of the selections, or what is wrong with what was asked. A selection without odds has no price. */
export function makePrices({ margin, oddsMilli, probabilities, selections }: PricesAsked): readonly Price[] | Refusal {
  if ((oddsMilli === undefined) === (probabilities === undefined)) return refuse('malformed', { path: '/prices' });
  const given = (oddsMilli ?? probabilities) as Readonly<Record<string, number>>;
  for (const name of Object.keys(given)) if (!selections.includes(name)) return refuse('not_found', { path: `/prices/${name}` });
  if (margin && !(Number.isSafeInteger(margin.ppm) && margin.ppm >= 0 && margin.ppm <= MARGIN_PPM_MAX))
    return refuse('malformed', { need: MARGIN_PPM_MAX, path: '/margin/ppm' });
  if (oddsMilli) {
    const fault = faultInOdds(oddsMilli);
    if (fault) return fault;
    if (!margin)
      return selections.flatMap((id) => (oddsMilli[id] === undefined ? [] : [{ selectionId: id, oddsMilli: oddsMilli[id] }]));
  }
  const missing = selections.find((id) => given[id] === undefined);
  if (missing !== undefined) return refuse('malformed', { path: `/prices/${missing}` });
  const values = selections.map((id) => given[id] as number);
  const fair = oddsMilli ? fairProbabilities(values, margin?.method ?? 'multiplicative') : values;
  if (!fair) return refuse('no_fair_price', { path: '/prices' });
  if (fair.some((p) => !(p > 0 && p < 1))) return refuse('malformed', { path: '/prices' });
  if (Math.abs(fair.reduce((sum, p) => sum + p, 0) - 1) > SUM_WITHIN) return refuse('malformed', { need: 1, path: '/prices' });
  return priced(selections, withMargin(fair, margin ?? { method: 'multiplicative', ppm: 0 }));
}

/** Probabilities that sum to 1 + margin. */
export function withMargin(fair: readonly number[], { method, ppm }: Margin): number[] {
  const sum = 1 + ppm / PPM;
  if (method === 'multiplicative' || ppm === 0) return fair.map((p) => p * sum);
  let [low, high] = [0, 1]; // the sum of powers falls from n to 1 between them
  for (let i = 0; i < HALVINGS; i++) {
    const k = (low + high) / 2;
    if (fair.reduce((total, p) => total + p ** k, 0) > sum) low = k;
    else high = k;
  }
  return fair.map((p) => p ** low);
}

function priced(selections: readonly string[], implied: readonly number[]): readonly Price[] | Refusal {
  const prices: Price[] = [];
  for (const [i, selectionId] of selections.entries()) {
    // A hair above, so that 1 / (1 / odds) is those odds again.
    const oddsMilli = Math.floor(1000 / (implied[i] as number) + 1e-9);
    if (oddsMilli < ODDS_MILLI_MIN || oddsMilli > ODDS_MILLI_MAX)
      return refuse('odds_out_of_range', { have: oddsMilli, path: `/prices/${selectionId}` });
    prices.push({ selectionId, oddsMilli });
  }
  return prices;
}

function faultInOdds(odds: Readonly<Record<string, number>>): Refusal | null {
  for (const [name, value] of Object.entries(odds)) {
    if (!Number.isSafeInteger(value) || value < ODDS_MILLI_MIN || value > ODDS_MILLI_MAX)
      return refuse('odds_out_of_range', { have: value, path: `/prices/${name}` });
  }
  return null;
}
