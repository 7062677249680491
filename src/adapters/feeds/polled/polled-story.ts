// The simulated world in the words of a polled supplier. Holds nothing: what is offered at a moment, and what changed since another, follow
// from (world, book, moments), so that a supplier that was restarted goes on as if nothing had been. Its cursors are moments.
import { type BookPrices, type BookTerms, priceMatch } from '#core/simulation/book-price.ts';
import { finalScore, type MatchPlan, momentAt, planMatch, stateAt } from '#core/simulation/match-plan.ts';
import { COMPETITIONS, firstNotOver, lastOpened, type World } from '#core/simulation/world.ts';

/** Settled fixtures are told of for this long, ms, and the newest of them. */
export const SETTLED_BACK_MS = 86_400_000;
const SETTLED_MAX = 1_000;

interface Story {
  readonly world: World;
  readonly book: BookTerms;
}

/** Everything at `now`, or what changed in (since, now]. */
interface Span {
  readonly since: number | null;
  readonly now: number;
}

const leagueId = (index: number): number => (index % COMPETITIONS.length) + 1;
/** Each match is two fixtures, as with Pinnacle: one before the kick-off, one in play that names the other as its parent. */
export const preMatchId = (index: number): number => 2 * index + 2;
export const liveId = (index: number): number => 2 * index + 3;

export function tellLeagues(): unknown {
  return { leagues: COMPETITIONS.map(({ supplierName }, i) => ({ id: i + 1, name: supplierName, homeTeamType: 'Team1' })) };
}

export function tellFixtures({ world }: Story, span: Span): unknown {
  const league = byLeague(priced(world, span.now), (plan) => {
    const { away, home, openAt, startAt } = plan;
    const card = {
      starts: iso(startAt),
      home: home.supplierName,
      away: away.supplierName,
      resultingUnit: 'Regular',
      status: 'O',
    };
    const pre = { id: preMatchId(plan.index), liveStatus: 2, ...card };
    const live = { id: liveId(plan.index), parentId: pre.id, liveStatus: 1, ...card };
    return [...(isIn(openAt, span) ? [pre] : []), ...(span.now >= startAt && isIn(startAt, span) ? [live] : [])];
  });
  return { sportId: 29, last: span.now, league: league.map((one) => ({ ...one, name: COMPETITIONS[one.id - 1]?.supplierName })) };
}

export function tellOdds(story: Story, span: Span): unknown {
  const leagues = byLeague(priced(story.world, span.now), (plan) => {
    const n = momentAt(plan, span.now);
    if (n < 0 || !isIn(plan.moments[n] as number, span)) return [];
    const started = span.now >= plan.startAt;
    const closes = started && isIn(plan.startAt, span);
    return [
      ...(!started || closes ? [oddsOf(story, plan, { id: preMatchId(plan.index), n: started ? null : n })] : []),
      ...(started ? [oddsOf(story, plan, { id: liveId(plan.index), n })] : []),
    ];
  });
  return { sportId: 29, last: span.now, leagues };
}

export function tellSettled({ world }: Story, { now, since }: Span): unknown {
  const from = Math.max(since ?? 0, now - SETTLED_BACK_MS);
  const end = firstNotOver(world, now);
  const plans: MatchPlan[] = [];
  for (let index = Math.max(firstNotOver(world, from), end - SETTLED_MAX, 0); index < end; index++)
    plans.push(planMatch(world, index));
  const leagues = byLeague(plans, (plan) => {
    const { full, half } = finalScore(plan);
    const settled = { status: 1, settledAt: iso(plan.endAt) };
    const settlements = [
      { number: 0, ...settled, team1Score: full.home, team2Score: full.away },
      { number: 1, ...settled, team1Score: half.home, team2Score: half.away },
    ];
    return [preMatchId(plan.index), liveId(plan.index)].map((id) => ({ id, settlements }));
  });
  return { sportId: 29, last: now, leagues };
}

function priced(world: World, now: number): MatchPlan[] {
  const plans: MatchPlan[] = [];
  for (let index = firstNotOver(world, now); index <= lastOpened(world, now); index++) plans.push(planMatch(world, index));
  return plans;
}

function byLeague<T>(plans: readonly MatchPlan[], tell: (plan: MatchPlan) => T[]): { id: number; events: T[] }[] {
  const leagues = new Map<number, T[]>();
  for (const plan of plans) {
    const id = leagueId(plan.index);
    leagues.set(id, [...(leagues.get(id) ?? []), ...tell(plan)]);
  }
  return [...leagues].filter(([, events]) => events.length > 0).map(([id, events]) => ({ id, events }));
}

function isIn(at: number, { now, since }: Span): boolean {
  return at <= now && (since === null || at > since);
}

/** One fixture's odds at moment `n`; null: it is over for this fixture, and nothing is offered any more. */
function oddsOf({ book, world }: Story, plan: MatchPlan, { id, n }: { id: number; n: number | null }): unknown {
  const live = id === liveId(plan.index);
  const cutoff = iso(live ? plan.endAt : plan.startAt);
  if (n === null) return { id, periods: [{ lineId: id, number: 0, cutoff, status: 2 }] };
  const state = stateAt(world, plan, plan.moments[n] as number);
  const open = priceMatch(world, plan, n, book).filter(({ status }) => status === 'open');
  const lines = (type: string): BookPrices[] => open.filter(({ market }) => market.type === type);
  const goals = ({ market }: BookPrices): number => (market.lineQuarters ?? 0) / 4;
  const odds = ({ oddsCents }: BookPrices, i: number): number => (oddsCents[i] as number) / 100;
  const period = {
    lineId: 1_000 * plan.index + n + 1,
    number: 0,
    cutoff,
    status: state.suspended || open.length === 0 ? 2 : 1,
    ...lines('1x2').reduce((_, one) => ({ moneyline: { home: odds(one, 0), draw: odds(one, 1), away: odds(one, 2) } }), {}),
    spreads: lines('ah').map((one) => ({ hdp: goals(one), home: odds(one, 0), away: odds(one, 1) })),
    totals: lines('ou').map((one) => ({ points: goals(one), over: odds(one, 0), under: odds(one, 1) })),
  };
  return { id, ...(live ? { homeScore: state.score.home, awayScore: state.score.away } : {}), periods: [period] };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
