// How a bookmaker prices the simulated truth: its own opinion (noise in log odds), its margin, and the usual price ladder, rounded down.
import { makeRng, randomGauss } from '../base/rng.ts';
import type { MarketTerms } from '../catalog/market.ts';
import { fairProbabilities, scoreTable } from './market-probability.ts';
import { type MatchPlan, stateAt, streamSeed } from './match-plan.ts';
import type { World } from './world.ts';

export interface BookTerms {
  readonly name: string;
  /** Overround: 0.05 makes the implied probabilities of a three-way market sum to 1.05. */
  readonly margin: number;
  /** Standard deviation of the book's error in log odds. */
  readonly noise: number;
}

/** The book that takes bets, a sharp reference, and a consensus of many. */
export const BOOKS: readonly BookTerms[] = [
  { name: 'simA', margin: 0.05, noise: 0.05 },
  { name: 'PS', margin: 0.022, noise: 0.008 },
  { name: 'Avg', margin: 0.055, noise: 0.02 },
];

export type BookStatus = 'open' | 'suspended' | 'closed';

export interface BookPrices {
  readonly market: MarketTerms;
  readonly status: BookStatus;
  /** Hundredths of decimal odds in the catalogue's order; 0 = not offered. Kept when suspended, as the last price shown. */
  readonly oddsCents: readonly number[];
}

/** A book keeps one opinion for this many moments. */
const OPINION_MOMENTS = 12;
const ODDS_CENTS_MIN = 101;
const ODDS_CENTS_MAX = 50_100;
/** A selection that is nearly sure is not offered, nor the market it decides. */
const SURE = 0.975;
/** Upper end of each band and its step, in cents of decimal odds (the classic ladder of betting). */
const LADDER: readonly (readonly [below: number, step: number])[] = [
  [200, 1],
  [300, 2],
  [400, 5],
  [600, 10],
  [1_000, 20],
  [2_000, 50],
  [3_000, 100],
  [5_000, 200],
  [10_000, 500],
];

/** Prices of all markets of a match by one book at moment `n` of its plan. */
export function priceMatch(world: World, plan: MatchPlan, n: number, book: BookTerms): BookPrices[] {
  const state = stateAt(world, plan, plan.moments[n] as number);
  const table = scoreTable(state.rates.home, state.rates.away);
  const opinion = Math.floor(n / OPINION_MOMENTS);
  return plan.markets.map((market) => {
    const fair = fairProbabilities(market, table, state.score);
    if (state.phase === 'over' || !fair || fair.some((p) => !(p > 1e-9))) return { market, status: 'closed', oddsCents: [] };
    const rng = makeRng(
      streamSeed(world, `book:${book.name}`),
      `${plan.index}:${market.type}:${market.lineQuarters ?? ''}:${opinion}`,
    );
    const oddsCents = bookOdds(fair, book, rng);
    const status = state.suspended || fair.some((p) => p > SURE) ? 'suspended' : 'open';
    return { market, status, oddsCents };
  });
}

/** Opinion first, then the margin on top, so that the overround is exact before rounding. */
function bookOdds(fair: readonly number[], book: BookTerms, rng: () => number): number[] {
  const total = fair.reduce((sum, p) => sum + p, 0);
  const believed = fair.map((p) => logistic(logit(Math.min(p, 1 - 1e-9)) + book.noise * randomGauss(rng)));
  const sum = believed.reduce((a, b) => a + b, 0);
  return believed.map((p) => onLadder((100 * sum) / (p * total * (1 + book.margin))));
}

/** The highest price of the ladder that is not above `cents`, within the book's limits. */
export function onLadder(cents: number): number {
  const capped = Math.max(ODDS_CENTS_MIN, Math.min(ODDS_CENTS_MAX, cents));
  const step = LADDER.find(([below]) => capped < below)?.[1] ?? 1_000;
  return Math.max(ODDS_CENTS_MIN, Math.floor(capped / step + 1e-9) * step);
}

function logit(p: number): number {
  return Math.log(p / (1 - p));
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
