// Probabilities of full-time markets from expected goals: home and away goals as independent Poisson variables (Maher 1982).
// Floats, for decisions only. Markets with pushes or half results give the break-even probability 1 / fair odds.
import type { MarketTerms } from '../catalog/market.ts';

/** Scores above this for one side are left out; at three expected goals that loses 0.03 %. */
const GOALS_MAX = 10;
/** A side that never scored is still given a little. */
const EXPECTED_MIN = 0.1;

/** Probabilities in the catalogue's order of selections; null for a market that a final score does not decide. */
export function goalProbabilities(market: MarketTerms, homeGoals: number, awayGoals: number): readonly number[] | null {
  const scores = scoreTable(Math.max(homeGoals, EXPECTED_MIN), Math.max(awayGoals, EXPECTED_MIN));
  const home = sumWhere(scores, (h, a) => h > a);
  const draw = sumWhere(scores, (h, a) => h === a);
  const away = sumWhere(scores, (h, a) => h < a);
  const all = home + draw + away;
  const line = market.lineQuarters ?? 0;
  switch (market.type) {
    case '1x2':
      return [home / all, draw / all, away / all];
    case 'dc':
      return [(home + draw) / all, (home + away) / all, (draw + away) / all];
    case 'dnb':
      return [home / (home + away), away / (home + away)];
    case 'btts': {
      const yes = sumWhere(scores, (h, a) => h > 0 && a > 0) / all;
      return [yes, 1 - yes];
    }
    case 'ah':
      return breakEven(scores, (h, a) => 4 * (h - a) + line);
    case 'ou':
      return breakEven(scores, (h, a) => 4 * (h + a) - line);
    default:
      return null;
  }
}

/**
 * Odds o of the first selection break even when W (o - 1) = L, with half results counted half: 1/o = W / (W + L).
 * `quarters` is the distance from the line: 0 pushes, 1 quarter wins or loses half.
 */
function breakEven(scores: readonly number[], quarters: (h: number, a: number) => number): readonly number[] | null {
  let won = 0;
  let lost = 0;
  each(scores, (p, h, a) => {
    const d = quarters(h, a);
    const share = Math.abs(d) === 1 ? 0.5 : 1;
    if (d > 0) won += p * share;
    else if (d < 0) lost += p * share;
  });
  if (won === 0 || lost === 0) return null;
  return [won / (won + lost), lost / (won + lost)];
}

function scoreTable(homeGoals: number, awayGoals: number): number[] {
  const home = poisson(homeGoals);
  const away = poisson(awayGoals);
  return home.flatMap((h) => away.map((a) => h * a));
}

function poisson(expected: number): number[] {
  const p = [Math.exp(-expected)];
  for (let k = 1; k <= GOALS_MAX; k++) p.push(((p[k - 1] as number) * expected) / k);
  return p;
}

function sumWhere(scores: readonly number[], holds: (h: number, a: number) => boolean): number {
  let sum = 0;
  each(scores, (p, h, a) => {
    if (holds(h, a)) sum += p;
  });
  return sum;
}

function each(scores: readonly number[], visit: (p: number, h: number, a: number) => void): void {
  scores.forEach((p, i) => visit(p, Math.floor(i / (GOALS_MAX + 1)), i % (GOALS_MAX + 1)));
}
