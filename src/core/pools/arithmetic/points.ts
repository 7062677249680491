// Points of one pick: the best rule alone counts.
import type { PoolScoring } from '../state/pool-rules.ts';

export interface Goals {
  readonly home: number;
  readonly away: number;
}

/** Points of a pick for a score. A drawn pick and a drawn match have the same goal difference, 0. */
export function pointsOf(pick: Goals, score: Goals, scoring: PoolScoring, factor: number): number {
  return factor * bestRule(pick, score, scoring);
}

/** What a stage multiplies points with: 1 unless the rules say otherwise. */
export function factorOf(scoring: PoolScoring, stage: string | undefined): number {
  const factors = scoring.factorByStage;
  return stage !== undefined && factors && Object.hasOwn(factors, stage) ? (factors[stage] as number) : 1;
}

function bestRule(pick: Goals, score: Goals, scoring: PoolScoring): number {
  const homeRight = pick.home === score.home;
  const awayRight = pick.away === score.away;
  if (homeRight && awayRight) return scoring.exact;
  const picked = pick.home - pick.away;
  const played = score.home - score.away;
  if (picked === played) return scoring.difference;
  if (Math.sign(picked) === Math.sign(played)) return scoring.result;
  return homeRight || awayRight ? scoring.oneTeamGoals : 0;
}
