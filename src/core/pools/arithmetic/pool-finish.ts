// Who won a parimutuel pool: the shares of the net by finish or by result, those scratched left out, and what the rules say when nobody backed them.
import { parseMarketId } from '../../catalog/market.ts';
import { settleLeg } from '../../settlement/settle-leg.ts';
import { exactaWeights, placeWeights, type Share } from './dividends.ts';
import type { Pool, SeenResult } from '../state/pool.ts';
import type { PoolMarketOpened } from '../pool-events.ts';

/** `undecided` waits; `refund` gives all stakes back; no share means that nobody won. */
export type Finish = { readonly shares: readonly Share[] } | 'undecided' | 'refund';

export function finishOf(pool: Pool): Finish {
  const { market, places } = pool;
  if (!market) return 'undecided';
  if (market.bet === 'catalogue') {
    const winners = places ? numbersOf(market, places[0] ?? []) : winnersOf(market, pool.fixtures[0]?.seen ?? null);
    if (typeof winners === 'string') return winners;
    return { shares: winners.filter((one) => isBacked(pool, [one])).map((one) => ({ selections: [one], weight: 1 })) };
  }
  if (!places) return 'undecided';
  const running = market.runners.length - pool.scratched.length;
  // A race against nobody, or one where every runner is placed, is no bet.
  if (running <= (market.bet === 'win' ? 1 : market.places)) return 'refund';
  const groups = places
    .map((names) => numbersOf(market, names).filter((runner) => !pool.scratched.includes(runner)))
    .filter(({ length }) => length > 0);
  return { shares: sharesOf(pool, market, groups) };
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
  const { scores, source, status, version } = seen;
  const result = { eventId: terms.eventId, source, version, observedAt: 0, status, completedPeriods: [], scores };
  const winners: number[] = [];
  for (const [selection, name] of runners.entries()) {
    const outcome = settleLeg(terms, name, result);
    if (outcome === 'undecided') return 'undecided';
    if (outcome.back[0] > 0) return 'refund';
    if (outcome.won[0] > 0) winners.push(selection);
  }
  return winners;
}

function numbersOf({ runners }: PoolMarketOpened, names: readonly string[]): number[] {
  return names.map((name) => runners.indexOf(name)).filter((runner) => runner >= 0);
}
