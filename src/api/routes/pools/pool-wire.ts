// Rows of pools as the wire has them. Picks of others are left out until they are locked: here is where they are private.
import type { z } from 'zod';
import type { PoolFixtureRow, PoolEntryRow, PoolRow, PoolWhole, RankingRow } from '#ports/pool-reads.ts';
import { money, timeText } from '../../wire.ts';
import type { zPool, zPoolEntry, zPoolWhole, zRankingRow } from './pool-contract.ts';

export function poolWire(row: PoolRow): z.infer<typeof zPool> {
  const { currency, kind, visibility } = row.rules;
  const gross = row.declared ? money(row.declared.grossMinor, currency) : null;
  const { bots, entries, holder, poolId, status } = row;
  return {
    poolId,
    holder,
    kind,
    visibility,
    status,
    entries,
    gross,
    paid: money(row.paidMinor, currency),
    openedAt: timeText(row.openedAt),
    lockAt: timeText(row.lockAt),
    closedAt: row.closedAt === null ? null : timeText(row.closedAt),
    bots,
    rules: { ...row.rules },
  };
}

export function poolWholeWire(row: PoolWhole): z.infer<typeof zPoolWhole> {
  const { currency } = row.rules;
  const market = row.market ? { ...row.market, runners: [...row.market.runners] } : null;
  return {
    ...poolWire(row),
    market,
    carryIn: money(row.carryInMinor, currency),
    scratched: [...row.scratched, ...(row.declared?.withdrawn ?? [])],
    fixtures: row.fixtures.map((fixture) => ({
      eventId: fixture.eventId,
      stage: fixture.stage,
      startAt: timeText(fixture.startAt),
      phase: fixture.phase,
      score: fixture.score,
      picksUntil: timeText(picksUntil(row, fixture)),
    })),
    declared: row.declared ? { ...row.declared } : null,
  };
}

export function entryWire(pool: PoolWhole, now: number): (row: PoolEntryRow) => z.infer<typeof zPoolEntry> {
  const { currency } = pool.rules;
  return (row) => ({
    entryId: row.entryId,
    holder: row.holder,
    units: row.units,
    selectionId: row.own || now >= pool.lockAt ? row.selectionId : null,
    stake: money(row.stakeMinor, currency),
    enteredAt: timeText(row.enteredAt),
    points: row.points,
    paid: money(row.paidMinor, currency),
    left: row.gone,
    picks: pool.fixtures.flatMap((fixture, no) => {
      const pick = row.picks[no];
      const shown = row.own || isLocked(pool, fixture, now);
      return pick && shown ? [{ eventId: fixture.eventId, home: pick[0], away: pick[1] }] : [];
    }),
  });
}

export function rankingWire(pool: PoolRow): (row: RankingRow) => z.infer<typeof zRankingRow> {
  return ({ entryId, holder, own, paidMinor, points, rank }) => ({
    rank,
    entryId,
    holder,
    own,
    points,
    paid: money(paidMinor, pool.rules.currency),
  });
}

/** The pool's lock, unless each fixture has its own. */
function picksUntil({ lockAt, rules }: PoolRow, { startAt }: PoolFixtureRow): number {
  const { lock } = rules;
  return 'before' in lock && lock.before === 'each-start' ? startAt - lock.marginMs : lockAt;
}

/** What is known of a match locks its picks as the clock does. */
function isLocked(pool: PoolRow, fixture: PoolFixtureRow, now: number): boolean {
  const isOver = pool.status === 'paying' || pool.status === 'closed';
  return isOver || fixture.phase !== 'unknown' || now >= picksUntil(pool, fixture);
}
