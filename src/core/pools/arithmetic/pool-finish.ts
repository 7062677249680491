// Who won a parimutuel pool: the shares of the net by finish or by result, those scratched left out, and what the rules say when nobody backed them.
import { parseMarketId } from '../../catalog/market.ts';
import { settleLeg } from '../../settlement/settle-leg.ts';
import { exactaWeights, placeWeights, type Share } from './dividends.ts';
import type { Pool, SeenResult } from '../state/pool.ts';
import type { PoolMarketOpened } from '../pool-events.ts';

/** `undecided` waits; `refund` gives all stakes back; no share means that nobody won. */
export type Finish = { readonly shares: readonly Share[] } | 'undecided' | 'refund';

export function finishOf(pool: Pool): Finish {
  const { market } = pool;
  if (!market) return 'undecided';
  const places = pool.places ?? toldPlaces(pool, market);
  if (market.bet === 'catalogue') {
    const winners = places ? numbersOf(market, places[0] ?? []) : winnersOf(market, pool.fixtures[0]?.seen ?? null);
    if (typeof winners === 'string') return winners;
    return { shares: winners.filter((one) => isBacked(pool, [one])).map((one) => ({ selections: [one], weight: 1 })) };
  }
  if (!places) return 'undecided';
  const out = outOf(pool);
  const running = market.runners.length - out.length;
  // A race against nobody, or one where every runner is placed, is no bet.
  if (running <= (market.bet === 'win' ? 1 : market.places)) return 'refund';
  const groups = places
    .map((names) => numbersOf(market, names).filter((runner) => !out.includes(runner)))
    .filter(({ length }) => length > 0);
  return { shares: sharesOf(pool, market, groups) };
}

/** Runners that take no part, by number: those taken out by hand, and those that the result says did not start. */
export function outOf({ fixtures, market, scratched }: Pool): readonly number[] {
  const told = fixtures[0]?.seen?.withdrawn ?? [];
  if (!market || market.bet === 'catalogue' || told.length === 0) return scratched;
  const names = told.map(({ participantId }) => participantId);
  return [...new Set([...scratched, ...numbersOf(market, names)])];
}

/**
 * The finish that a result tells: all places that pay are filled, or every runner is told of. Null when it is not, or names somebody among the
 * placed whom the pool does not know: then a person says who won.
 */
function toldPlaces(pool: Pool, market: PoolMarketOpened): string[][] | null {
  const told = pool.fixtures[0]?.seen?.places ?? [];
  if (market.bet === 'catalogue' || told.length === 0) return null;
  const placed = told.filter(({ place }) => place > 0).sort((a, b) => a.place - b.place);
  if (placed.some(({ participantId }) => !market.runners.includes(participantId))) return null;
  const out = outOf(pool);
  const isAll = market.runners.every((name, i) => out.includes(i) || told.some(({ participantId }) => participantId === name));
  if (placed.length < (market.bet === 'exacta' ? 2 : market.places) && !isAll) return null;
  const groups = new Map<number, string[]>();
  for (const { participantId, place } of placed) groups.set(place, [...(groups.get(place) ?? []), participantId]);
  return [...groups.values()];
}

/** Runners that a selection names. */
export function runnersOf({ bet, runners }: PoolMarketOpened, selection: number): number[] {
  if (bet !== 'exacta') return [selection];
  return [Math.floor(selection / runners.length), selection % runners.length];
}

function sharesOf(pool: Pool, market: PoolMarketOpened, groups: readonly number[][]): Share[] {
  const runners = market.runners.length;
  const weighed = market.bet === 'exacta' ? exactaWeights(groups, runners) : placeWeights(groups, market.places);
  const backed = weighed.filter(({ selections }) => isBacked(pool, selections));
  if (backed.length > 0 || pool.rules.noWinner !== 'nearest') return backed;
  return market.bet === 'exacta' ? nearestExacta(pool, market, groups) : nearestRunners(pool, groups);
}

/** The best finisher that anybody backed; those that tied with it too. */
function nearestRunners(pool: Pool, groups: readonly number[][]): Share[] {
  for (const group of groups) {
    const backed = group.filter((runner) => isBacked(pool, [runner]));
    if (backed.length > 0) return backed.map((runner) => ({ selections: [runner], weight: 1 }));
  }
  return [];
}

/** The right winner with any second, all units alike. */
function nearestExacta(pool: Pool, { runners }: PoolMarketOpened, [first = []]: readonly number[][]): Share[] {
  const selections = first
    .flatMap((winner) => runners.map((_, second) => winner * runners.length + second))
    .filter((selection) => isBacked(pool, [selection]));
  return selections.length > 0 ? [{ selections, weight: 1 }] : [];
}

function isBacked(pool: Pool, selections: readonly number[]): boolean {
  return selections.some((selection) => (pool.unitsOn[selection] as number) > 0);
}

/** Lines are such that a selection wins or loses whole; a push of one is a push of all. */
function winnersOf({ marketId = '', runners }: PoolMarketOpened, seen: SeenResult | null): number[] | 'undecided' | 'refund' {
  const terms = parseMarketId(marketId);
  if (!terms || !seen) return 'undecided';
  const { completedPeriods = [], scores, source, status, version } = seen;
  const result = { eventId: terms.eventId, source, version, observedAt: 0, status, completedPeriods, scores };
  const winners: number[] = [];
  for (const [selection, name] of runners.entries()) {
    // What a fixture that was not played to its end comes to, the pool's own rules say.
    const outcome = settleLeg({ ...terms, abandoned: 'periods' }, name, result);
    if (outcome === 'undecided') return 'undecided';
    if (outcome.back[0] > 0) return 'refund';
    if (outcome.won[0] > 0) winners.push(selection);
  }
  return winners;
}

function numbersOf({ runners }: PoolMarketOpened, names: readonly string[]): number[] {
  return names.map((name) => runners.indexOf(name)).filter((runner) => runner >= 0);
}
