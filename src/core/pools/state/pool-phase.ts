// Where a pool stands: what is known of its fixtures, whether it still takes entries and picks, and when it next has something to do.
import { assert } from '../../base/assert.ts';
import { canonical } from '../../base/canonical.ts';
import { parseMarketId } from '../../catalog/market.ts';
import { isCompleted } from '../../settlement/settle-leg.ts';
import type { Goals } from '../arithmetic/points.ts';
import type { Pool, PoolFixture, SeenResult } from './pool.ts';

/** How long after the correction window a pool stays whose house pays differences, ms. */
export const DIFFERENCE_MS = 30 * 86_400_000;

export type Phase = 'unknown' | 'running' | 'final' | 'void';

/** Name of the timer that carries a pool on. */
export function poolKey(poolId: string): string {
  return `pool:${poolId}`;
}

const PICKED = { period: 'ft', stat: 'goals' };

/** Score after 90 minutes and stoppage: what picks of every fixture are about, those of knock-out rounds too. */
export function scoreOf(seen: SeenResult | null): Goals | null {
  const found = seen?.scores.find(({ period, stat }) => period === PICKED.period && stat === PICKED.stat);
  return found ? { home: found.home, away: found.away } : null;
}

/** A finished fixture without its goals is as one that still runs: a later version brings them. */
export function phaseOf({ seen }: Pick<PoolFixture, 'seen'>, market: Pool['market']): Phase {
  if (seen === null) return 'unknown';
  if (seen.status === 'live') return 'running';
  if (seen.status !== 'finished' && !wasPlayed(seen, market)) return 'void';
  return market !== null || scoreOf(seen) ? 'final' : 'running';
}

/** Of an abandoned match counts what its completed periods say; picks are about 90 minutes. */
function wasPlayed({ completedPeriods = [], scores, status }: SeenResult, market: Pool['market']): boolean {
  const about = market ? parseMarketId(market.marketId ?? '') : PICKED;
  if (status !== 'abandoned' || !about || !isCompleted(about.period, completedPeriods)) return false;
  return scores.some(({ period, stat }) => period === about.period && stat === about.stat);
}

/** Points count with a running score as if it were the last. */
export function wantedScore(fixture: PoolFixture): Goals | null {
  const phase = phaseOf(fixture, null);
  return phase === 'running' || phase === 'final' ? scoreOf(fixture.seen) : null;
}

export function isSameScore(a: Goals | null, b: Goals | null): boolean {
  return a === b || (a !== null && b !== null && a.home === b.home && a.away === b.away);
}

export function needsScoring(fixture: PoolFixture): boolean {
  return fixture.cursor > 0 || !isSameScore(wantedScore(fixture), fixture.scored);
}

/** True while entries are made and left. What is known of a match closes it however early the match began. */
export function isOpen(pool: Pool, now: number): boolean {
  return pool.status === 'open' && now < pool.lockAt && !locksEarly(pool);
}

/** True while this fixture's picks may be set: with `each-start` longer than the pool is open. */
export function mayPick(pool: Pool, fixture: number, now: number): boolean {
  const { lock } = pool.rules;
  const { seen, startAt } = pool.fixtures[fixture] as PoolFixture;
  if (seen !== null || (pool.status !== 'open' && pool.status !== 'locked')) return false;
  if ('before' in lock && lock.before === 'each-start') return now < startAt - lock.marginMs;
  return isOpen(pool, now);
}

/** Why all stakes go back whatever else happened, or null. */
export function voidReason(pool: Pool): string | null {
  const phases = pool.fixtures.map((fixture) => phaseOf(fixture, pool.market));
  const isVoid = pool.rules.voidFixture === 'refund-all' ? phases.includes('void') : phases.every((phase) => phase === 'void');
  return isVoid ? 'void_fixture' : null;
}

/** True when all that the prizes depend on is known. */
export function isDecided(pool: Pool): boolean {
  if (pool.market) return pool.places !== null || pool.fixtures.every((fixture) => phaseOf(fixture, pool.market) === 'final');
  return pool.fixtures.every((fixture) => ['final', 'void'].includes(phaseOf(fixture, null)) && !needsScoring(fixture));
}

export function locksEarly(pool: Pool): boolean {
  if (pool.places !== null || voidReason(pool) !== null) return true;
  return pool.fixtures.some(({ seen }) => seen !== null && (seen.status === 'live' || seen.status === 'finished'));
}

/** Whose house still pays differences is kept longer. */
function archiveAt({ closedAt, rules }: Pool): number {
  const after = rules.afterWindow === 'house-pays-difference' ? DIFFERENCE_MS : 0;
  return closedAt + rules.correctionWindowMs + after;
}

/** True when what a pool depends on is another than before. */
export function isCorrection(pool: Pool, before: SeenResult | null, seen: SeenResult): boolean {
  if (pool.places !== null) return false; // said by hand, and only so corrected
  const { market } = pool;
  const text = (of: SeenResult | null): string => {
    const score = scoreOf(of);
    const scores = of?.scores.map(({ away, home, period, stat }) => `${period} ${stat} ${home}-${away}`).sort() ?? [];
    const runners = [of?.places ?? [], of?.withdrawn ?? []].map((told) =>
      told
        .map((one) => canonical(one))
        .sort()
        .join(),
    );
    return [phaseOf({ seen: of }, market), ...(market ? [...scores, ...runners] : [score?.home, score?.away])].join();
  };
  return text(before) !== text(seen);
}

/** When it next has something to do; null when it waits for a result. */
export function nextDueAt(pool: Pool, now: number): number | null {
  switch (pool.status) {
    case 'open':
      return locksEarly(pool) ? now : pool.lockAt;
    case 'locked': {
      const scoring = pool.market === null && pool.fixtures.some(needsScoring);
      return scoring || voidReason(pool) !== null || isDecided(pool) ? now : null;
    }
    case 'paying':
    case 'reversing':
      return now;
    default:
      assert(pool.status === 'closed', () => `${pool.poolId} is ${pool.status}`);
      return pool.stale ? now : archiveAt(pool);
  }
}
