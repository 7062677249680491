// One simulated match, planned whole: how its true goal rates drift before kick-off, when goals fall, and at which moments it is priced.
// A function of (world, index) alone. Each log rate is a random walk less half its variance, so the expected goals are a martingale;
// the rates at kick-off are the closing truth, and the goals are a Poisson process with exactly those rates.
import { hashText, makeRng, randomGauss, randomPoisson } from '../base/rng.ts';
import type { MarketTerms } from '../catalog/market.ts';
import type { Score } from './market-probability.ts';
import { kickOffAt, pairingOf, type Pairing, type World } from './world.ts';

export interface Goal {
  readonly at: number;
  readonly side: 'home' | 'away';
}

export interface Rates {
  readonly home: number;
  readonly away: number;
}

export interface MatchPlan extends Pairing {
  readonly index: number;
  readonly openAt: number;
  readonly startAt: number;
  readonly endAt: number;
  /** Expected goals of the whole match as known at each pre-match step; the last is the closing truth. */
  readonly path: readonly Rates[];
  readonly goals: readonly Goal[];
  readonly markets: readonly MarketTerms[];
  /** When the match is priced, ms, rising. Moment n makes version n + 1 of every market. */
  readonly moments: readonly number[];
}

export interface MatchState {
  readonly at: number;
  readonly phase: 'before' | 'playing' | 'over';
  readonly suspended: boolean;
  readonly score: Score;
  /** Match minute, 0 to 90. */
  readonly minute: number;
  /** Expected goals still to come. */
  readonly rates: Rates;
}

const HOME_GOALS = 1.5;
const AWAY_GOALS = 1.15;
/** Standard deviation of a team's strength in log goals. */
const STRENGTH_SIGMA = 0.22;
/** Standard deviation of the whole pre-match drift of each log rate. */
const DRIFT_SIGMA = 0.14;
const PLAIN: Pick<MarketTerms, 'stat' | 'period'> = { stat: 'goals', period: 'ft' };

export function planMatch(world: World, index: number): MatchPlan {
  const pairing = pairingOf(index);
  const { pace } = world;
  const startAt = kickOffAt(world, index);
  const openAt = startAt - pace.aheadMs;
  const endAt = startAt + pace.matchMs;
  const path = driftPath(world, index, pairing);
  const goals = goalsOf(world, index, { startAt, closing: path.at(-1) as Rates });
  const times = { openAt, startAt, endAt };
  const moments = momentsOf(world, times, goals);
  return { ...pairing, ...times, index, path, goals, markets: marketsOf(path[0] as Rates), moments };
}

/** The match as it stands at `at`. */
export function stateAt(world: World, plan: MatchPlan, at: number): MatchState {
  const { pace } = world;
  if (at < plan.startAt) {
    const step = Math.max(0, Math.floor((at - plan.openAt) / pace.preMatchStepMs));
    const rates = plan.path[Math.min(step, plan.path.length - 1)] as Rates;
    return { at, phase: 'before', suspended: false, score: { home: 0, away: 0 }, minute: 0, rates };
  }
  const past = plan.goals.filter((goal) => goal.at <= at);
  const home = past.filter((goal) => goal.side === 'home').length;
  const left = Math.max(0, plan.endAt - at) / pace.matchMs;
  const closing = plan.path.at(-1) as Rates;
  return {
    at,
    phase: at >= plan.endAt ? 'over' : 'playing',
    suspended: past.some((goal) => at < goal.at + pace.suspendMs),
    score: { home, away: past.length - home },
    minute: Math.round((1 - left) * 90),
    rates: { home: closing.home * left, away: closing.away * left },
  };
}

/** Goals of the first half and of the whole match. */
export function finalScore(plan: MatchPlan): { half: Score; full: Score } {
  const count = (until: number): Score => {
    const home = plan.goals.filter((goal) => goal.at < until && goal.side === 'home').length;
    const away = plan.goals.filter((goal) => goal.at < until && goal.side === 'away').length;
    return { home, away };
  };
  return { half: count((plan.startAt + plan.endAt) / 2), full: count(plan.endAt) };
}

/** Strength of a team in log goals: positive scores more and lets in less. The same in every season of one seed. */
function strengthOf(world: World, teamId: string): number {
  return randomGauss(makeRng(world.seed, `strength:${teamId}`)) * STRENGTH_SIGMA;
}

function driftPath(world: World, index: number, { home, away }: Pairing): Rates[] {
  const { aheadMs, preMatchStepMs } = world.pace;
  const gap = strengthOf(world, home.id) - strengthOf(world, away.id);
  const steps = Math.max(1, Math.ceil(aheadMs / preMatchStepMs));
  const sigma = DRIFT_SIGMA / Math.sqrt(steps);
  const rng = makeRng(world.seed, `drift:${index}`);
  let homeLog = Math.log(HOME_GOALS) + gap;
  let awayLog = Math.log(AWAY_GOALS) - gap;
  const path: Rates[] = [];
  for (let step = 0; ; step++) {
    path.push({ home: Math.exp(homeLog), away: Math.exp(awayLog) });
    if (step === steps - 1) return path;
    homeLog += sigma * randomGauss(rng) - sigma ** 2 / 2;
    awayLog += sigma * randomGauss(rng) - sigma ** 2 / 2;
  }
}

function goalsOf(world: World, index: number, { startAt, closing }: { startAt: number; closing: Rates }): Goal[] {
  const rng = makeRng(world.seed, `goals:${index}`);
  const goals: Goal[] = [];
  for (const side of ['home', 'away'] as const) {
    const count = randomPoisson(rng, closing[side]);
    // Given their number, the times of a Poisson process are independent and uniform.
    for (let n = 0; n < count; n++) goals.push({ at: startAt + 1 + Math.floor(rng() * (world.pace.matchMs - 1)), side });
  }
  return goals.sort((a, b) => a.at - b.at);
}

function momentsOf(world: World, times: { openAt: number; startAt: number; endAt: number }, goals: readonly Goal[]): number[] {
  const { inPlayStepMs, preMatchStepMs, suspendMs } = world.pace;
  const moments = new Set<number>([times.endAt]);
  for (let at = times.openAt; at < times.startAt; at += preMatchStepMs) moments.add(at);
  for (let at = times.startAt; at < times.endAt; at += inPlayStepMs) moments.add(at);
  for (const goal of goals) {
    moments.add(goal.at);
    if (goal.at + suspendMs < times.endAt) moments.add(goal.at + suspendMs);
  }
  return [...moments].sort((a, b) => a - b);
}

/** Result markets, three totals, and three handicaps around the line where the sides were level at opening. */
function marketsOf(opening: Rates): MarketTerms[] {
  const level = Math.max(-8, Math.min(8, -Math.round((opening.home - opening.away) * 4)));
  const markets: MarketTerms[] = (['1x2', 'dc', 'dnb', 'btts'] as const).map((type) => ({ ...PLAIN, type }));
  for (const lineQuarters of [6, 10, 14]) markets.push({ ...PLAIN, type: 'ou', lineQuarters });
  for (const lineQuarters of [level - 2, level, level + 1]) markets.push({ ...PLAIN, type: 'ah', lineQuarters });
  return markets;
}

/** Number of the newest moment at or before `at`; -1 before the opening. */
export function momentAt(plan: MatchPlan, at: number): number {
  let low = 0;
  let high = plan.moments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((plan.moments[middle] as number) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** A number that separates the chance of one thing from that of another. */
export function streamSeed(world: World, name: string): number {
  return (hashText(name) ^ world.seed) >>> 0;
}
