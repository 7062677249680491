// Reads of pools: who sees which is named in each query; row-level security is the second wall.
import type { Page, PageAsk } from '#ports/read-models.ts';
import type {
  InvitationRow,
  PoolEntryRow,
  PoolFilter,
  PoolFixtureRow,
  PoolRow,
  PoolWhole,
  RankingRow,
} from '#ports/pool-reads.ts';
import type { Reading } from '../reads/reader.ts';

/** $1 shard, $2 ledger, $3 tenant, $4 owner or null for the whole tenant. Who left has nothing to see any more. */
const MEMBER = `SELECT FROM pool_entries m WHERE m.pool_id = p.pool_id AND m.shard = p.shard AND NOT m.gone
  AND m.tenant_id = $3 AND ($4::text IS NULL OR m.owner_id = $4)`;
const OWN = `(p.tenant_id = $3 AND ($4::text IS NULL OR p.owner_id = $4))`;
const VISIBLE = `p.shard = $1 AND p.ledger_id = $2 AND (p.visibility = 'public' OR ${OWN} OR EXISTS (${MEMBER}))`;
/** $3 tenant and owner behind the entry: an operator sees nobody's picks before the lock, but for his own. */
const ENTRY = `e.entry_id, e.holder_id, e.units, e.selection_id, e.stake_minor, e.entered_at, e.picks, e.points, e.paid_minor, e.gone, e.row_no,
  (e.tenant_id = $3 AND e.owner_id = $4) AS own`;

export async function readPools(
  reading: Reading,
  who: readonly unknown[],
  { filter, page }: { readonly filter: PoolFilter; readonly page: PageAsk },
): Promise<Page<PoolRow>> {
  const rows = await reading.rows<PoolSql>(
    `SELECT p.* FROM pools p WHERE ${VISIBLE} AND ($5::text IS NULL OR p.status = $5) AND ($6::text IS NULL OR p.kind = $6)
       AND (NOT $7::boolean OR ${OWN} OR EXISTS (${MEMBER})) AND ($8::text IS NULL OR EXISTS (
         SELECT FROM pool_fixtures f WHERE f.pool_id = p.pool_id AND f.shard = p.shard AND f.event_id = $8))
       AND ($9::text IS NULL OR p.pool_id < $9) ORDER BY p.pool_id DESC LIMIT $10`,
    [
      ...who,
      filter.status ?? null,
      filter.kind ?? null,
      filter.mine ?? false,
      filter.eventId ?? null,
      page.after?.[0] ?? null,
      page.limit + 1,
    ],
  );
  return cut(rows, page, poolOf, (row) => [row.pool_id]);
}

export async function readPool(reading: Reading, who: readonly unknown[], poolId: string): Promise<PoolWhole | null> {
  const pools = await reading.rows<PoolSql>(`SELECT p.* FROM pools p WHERE ${VISIBLE} AND p.pool_id = $5`, [...who, poolId]);
  const found = pools[0];
  if (!found) return null;
  const fixtures = await reading.rows<FixtureSql>(
    'SELECT event_id, stage, start_at, phase, home, away FROM pool_fixtures WHERE pool_id = $1 AND shard = $2 ORDER BY no',
    [poolId, who[0]],
  );
  const units = await reading.rows<{ selection_id: string; units: string }>(
    `SELECT selection_id, sum(units) AS units FROM pool_entries WHERE pool_id = $1 AND shard = $2 AND NOT gone AND selection_id IS NOT NULL
     GROUP BY selection_id ORDER BY selection_id`,
    [poolId, who[0]],
  );
  const unitsOn = Object.fromEntries(units.map((row) => [row.selection_id, Number(row.units)]));
  return { ...poolOf(found), fixtures: fixtures.map(fixtureOf), unitsOn };
}

interface EntriesAsked {
  readonly poolId: string;
  /** Whose entries are his own. */
  readonly ownerId: string;
  readonly page: PageAsk;
}

/** His own, or the one that is named. */
export async function readEntries(
  reading: Reading,
  who: readonly unknown[],
  { entryId, ownerId, page, poolId }: EntriesAsked & { readonly entryId: string | null },
): Promise<Page<PoolEntryRow> | null> {
  if (!(await isVisible(reading, who, poolId))) return null;
  const rows = await reading.rows<EntrySql>(
    `SELECT ${ENTRY} FROM pool_entries e WHERE e.pool_id = $5 AND e.shard = $1 AND e.ledger_id = $2
       AND CASE WHEN $6::text IS NULL THEN e.tenant_id = $3 AND e.owner_id = $4 ELSE e.entry_id = $6 END
       AND ($7::bigint IS NULL OR e.row_no > $7) ORDER BY e.row_no LIMIT $8`,
    [...who.slice(0, 3), ownerId, poolId, entryId, page.after?.[0] ?? null, page.limit + 1],
  );
  return cut(rows, page, entryOf, (row) => [row.row_no]);
}

/** Who is ahead of each is counted by the index. */
export async function readRanking(
  reading: Reading,
  who: readonly unknown[],
  { ownerId, page, poolId }: EntriesAsked,
): Promise<Page<RankingRow> | null> {
  if (!(await isVisible(reading, who, poolId))) return null;
  const rows = await reading.rows<EntrySql & { ahead: string }>(
    `SELECT ${ENTRY}, (SELECT count(*) FROM pool_entries a WHERE a.pool_id = $5 AND a.shard = $1 AND NOT a.gone AND a.points > e.points) AS ahead
     FROM pool_entries e WHERE e.pool_id = $5 AND e.shard = $1 AND e.ledger_id = $2 AND NOT e.gone
       AND ($6::bigint IS NULL OR e.points < $6 OR (e.points = $6 AND e.row_no > $7)) ORDER BY e.points DESC, e.row_no LIMIT $8`,
    [...who.slice(0, 3), ownerId, poolId, page.after?.[0] ?? null, page.after?.[1] ?? null, page.limit + 1],
  );
  const rank = (row: EntrySql & { ahead: string }): RankingRow => ({
    ...entryOf(row),
    rank: Number(row.ahead) + 1,
    row: row.row_no,
  });
  return cut(rows, page, rank, (row) => [row.points, row.row_no]);
}

export async function readInvitations(
  reading: Reading,
  who: readonly unknown[],
  poolId: string,
): Promise<InvitationRow[] | null> {
  const own = await reading.rows(`SELECT FROM pools p WHERE p.shard = $1 AND p.ledger_id = $2 AND ${OWN} AND p.pool_id = $5`, [
    ...who,
    poolId,
  ]);
  if (own.length === 0) return null;
  const rows = await reading.rows<{ invitation: string; uses_max: number; uses: number; until: string; revoked: boolean }>(
    'SELECT invitation, uses_max, uses, until, revoked FROM pool_invitations WHERE pool_id = $1 AND shard = $2 ORDER BY invitation',
    [poolId, who[0]],
  );
  return rows.map(({ invitation, revoked, until, uses, uses_max: usesMax }) => ({
    invitation,
    usesMax,
    uses,
    until: Number(until),
    revoked,
  }));
}

async function isVisible(reading: Reading, who: readonly unknown[], poolId: string): Promise<boolean> {
  const rows = await reading.rows(`SELECT FROM pools p WHERE ${VISIBLE} AND p.pool_id = $5`, [...who, poolId]);
  return rows.length > 0;
}

function cut<R, T>(rows: readonly R[], page: PageAsk, read: (row: R) => T, after: (row: R) => (string | number)[]): Page<T> {
  const last = rows[page.limit - 1];
  return { items: rows.slice(0, page.limit).map(read), after: rows.length > page.limit && last ? after(last) : null };
}

interface PoolSql {
  pool_id: string;
  holder_id: string;
  bots: boolean;
  rules: PoolRow['rules'];
  market: PoolRow['market'];
  carry_in_minor: string;
  opened_at: string;
  lock_at: string;
  status: string;
  entries: number;
  paid_minor: string;
  locked_at: string | null;
  closed_at: string | null;
  declared: PoolRow['declared'];
  scratched: string[];
}

function poolOf(row: PoolSql): PoolRow {
  return {
    poolId: row.pool_id,
    holder: row.holder_id,
    bots: row.bots,
    rules: row.rules,
    market: row.market,
    carryInMinor: Number(row.carry_in_minor),
    openedAt: Number(row.opened_at),
    lockAt: Number(row.lock_at),
    status: row.status,
    entries: row.entries,
    paidMinor: Number(row.paid_minor),
    lockedAt: row.locked_at === null ? null : Number(row.locked_at),
    closedAt: row.closed_at === null ? null : Number(row.closed_at),
    declared: row.declared,
    scratched: row.scratched,
  };
}

interface FixtureSql {
  event_id: string;
  stage: string | null;
  start_at: string;
  phase: string;
  home: number | null;
  away: number | null;
}

function fixtureOf({ away, event_id: eventId, home, phase, stage, start_at: startAt }: FixtureSql): PoolFixtureRow {
  return { eventId, stage, startAt: Number(startAt), phase, score: home === null || away === null ? null : { home, away } };
}

interface EntrySql {
  entry_id: string;
  holder_id: string;
  units: number;
  selection_id: string | null;
  stake_minor: string;
  entered_at: string;
  picks: PoolEntryRow['picks'];
  points: number;
  paid_minor: string;
  gone: boolean;
  row_no: number;
  own: boolean;
}

function entryOf(row: EntrySql): PoolEntryRow {
  return {
    entryId: row.entry_id,
    holder: row.holder_id,
    units: row.units,
    selectionId: row.selection_id,
    stakeMinor: Number(row.stake_minor),
    enteredAt: Number(row.entered_at),
    picks: row.picks,
    points: row.points,
    paidMinor: Number(row.paid_minor),
    gone: row.gone,
    own: row.own,
  };
}
