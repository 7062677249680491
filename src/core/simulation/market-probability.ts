// What every market of a football match is worth when the goals still to come are two independent Poisson counts.
// Floats: this is the simulated world's truth, never money.
import { unreachable } from '../base/assert.ts';
import type { MarketTerms } from '../catalog/market.ts';

export interface Score {
  readonly home: number;
  readonly away: number;
}

/** Goals to come above this per side are left out; with 4 expected goals that loses 2e-5. */
const GOALS_MAX = 13;
const WIDTH = GOALS_MAX + 1;

/** Probabilities of (home, away) goals to come, row by home; sums to 1. Rates are expected goals, >= 0. */
export function scoreTable(homeRate: number, awayRate: number): Float64Array {
  const home = poisson(homeRate);
  const away = poisson(awayRate);
  const table = new Float64Array(WIDTH * WIDTH);
  let sum = 0;
  for (let h = 0; h < WIDTH; h++) {
    for (let a = 0; a < WIDTH; a++) {
      const p = (home[h] as number) * (away[a] as number);
      table[h * WIDTH + a] = p;
      sum += p;
    }
  }
  for (let i = 0; i < table.length; i++) table[i] = (table[i] as number) / sum;
  return table;
}

/**
 * Implied probability 1 / fair odds of each selection, in the catalogue's order. `score` is what was scored so far.
 * Three-way and yes/no markets: the probability itself (double chance sums to 2). Markets with stake-back parts: W / (W + L), where
 * half results count half: at odds o the bettor breaks even when W (o - 1) = L. Null for markets that goals do not decide.
 */
export function fairProbabilities(market: MarketTerms, table: Float64Array, score: Score): readonly number[] | null {
  if (market.stat !== 'goals' || market.period !== 'ft') return null;
  const line = market.lineQuarters ?? 0;
  const lead = score.home - score.away;
  switch (market.type) {
    case '1x2':
      return winDrawLoss(table, lead);
    case 'dc': {
      const [home, draw, away] = winDrawLoss(table, lead);
      return [home + draw, home + away, draw + away];
    }
    case 'dnb':
      return split(table, (h, a) => 4 * (h - a + lead));
    case 'ah':
      return split(table, (h, a) => 4 * (h - a) + line); // in play, only goals to come count
    case 'ou':
      return split(table, (h, a) => 4 * (h + a + score.home + score.away) - line);
    case 'btts':
      return split(table, (h, a) => (h + score.home > 0 && a + score.away > 0 ? 4 : -4));
    case 'yesno':
    case 'win':
    case 'place':
    case 'outright':
    case 'cs':
      return null;
    default:
      return unreachable(market.type, 'market type');
  }
}

function winDrawLoss(table: Float64Array, lead: number): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < table.length; i++) {
    const d = Math.floor(i / WIDTH) - (i % WIDTH) + lead;
    sums[d > 0 ? 0 : d === 0 ? 1 : 2] += table[i] as number;
  }
  return sums;
}

/** `margin` in quarters of a goal: 0 gives the stake back, one quarter is half a win or half a loss. NaN when nothing can win or lose. */
function split(table: Float64Array, margin: (home: number, away: number) => number): readonly number[] {
  let won = 0;
  let lost = 0;
  for (let i = 0; i < table.length; i++) {
    const quarters = margin(Math.floor(i / WIDTH), i % WIDTH);
    const share = (table[i] as number) * (Math.abs(quarters) === 1 ? 0.5 : 1);
    if (quarters > 0) won += share;
    else if (quarters < 0) lost += share;
  }
  return [won / (won + lost), lost / (won + lost)];
}

function poisson(rate: number): Float64Array {
  const p = new Float64Array(WIDTH);
  p[0] = Math.exp(-rate);
  for (let k = 1; k < WIDTH; k++) p[k] = ((p[k - 1] as number) * rate) / k;
  return p;
}
