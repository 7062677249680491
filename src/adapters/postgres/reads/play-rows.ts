// Limits and bans of people: written with a batch of the projector, read for their owner or an operator of his tenant.
import type pg from 'pg';
import type { PlayChanges } from '#engine/projections/play-changes.ts';
import type { PlayBanRow, PlayLimitRow } from '#ports/read-models.ts';
import type { Reading } from './reader.ts';

export async function writePlay(client: pg.PoolClient, shard: number, { bans, limits }: PlayChanges): Promise<void> {
  for (const { kind, ledgerId, limit, ownerId, period, setBy, waiting } of limits.values()) {
    await client.query(
      `INSERT INTO play_limits (shard, ledger_id, owner_id, set_by, kind, period, value, waiting, waiting_value, waiting_due)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (owner_id, ledger_id, shard, set_by, kind, period) DO UPDATE SET
         value = CASE WHEN $11 THEN excluded.value ELSE play_limits.value END,
         waiting = excluded.waiting, waiting_value = excluded.waiting_value, waiting_due = excluded.waiting_due`,
      [
        shard,
        ledgerId,
        ownerId,
        setBy,
        kind,
        period,
        limit?.value ?? null,
        waiting !== null,
        waiting?.value ?? null,
        waiting?.dueAt ?? null,
        limit !== undefined,
      ],
    );
  }
  for (const { coolOffUntil, excludedUntil, ledgerId, ownerId, selfExcludedUntil } of bans.values()) {
    await client.query(
      `INSERT INTO play_bans (shard, ledger_id, owner_id, cool_off_until, excluded_until, self_excluded_until)
       VALUES ($1, $2, $3, coalesce($4::bigint, 0), coalesce($5::bigint, 0), coalesce($6::bigint, 0))
       ON CONFLICT (owner_id, ledger_id, shard) DO UPDATE SET cool_off_until = coalesce($4::bigint, play_bans.cool_off_until),
         excluded_until = coalesce($5::bigint, play_bans.excluded_until), self_excluded_until = coalesce($6::bigint, play_bans.self_excluded_until)`,
      [shard, ledgerId, ownerId, coolOffUntil ?? null, excludedUntil ?? null, selfExcludedUntil ?? null],
    );
  }
}

/** Whose, where, and who asks: his tenant, and his own id unless he may ask about all of it. */
export interface PlayAsk {
  readonly shard: number;
  readonly ledgerId: string;
  readonly ownerId: string;
  readonly tenant: string;
  readonly owner: string | null;
}

const OF = `owner_id = $1 AND ledger_id = $2 AND shard = $3 AND ($5::text IS NULL OR owner_id = $5)
  AND EXISTS (SELECT FROM principals p WHERE p.owner_id = $1 AND p.tenant_id = $4)`;
const valuesOf = ({ ledgerId, owner, ownerId, shard, tenant }: PlayAsk): unknown[] => [ownerId, ledgerId, shard, tenant, owner];

/** A person's limits that there are or that wait. */
export async function readPlayLimits(reading: Reading, of: PlayAsk): Promise<PlayLimitRow[]> {
  const rows = await reading.rows<LimitSql>(
    `SELECT set_by, kind, period, value, waiting, waiting_value, waiting_due FROM play_limits
     WHERE ${OF} AND (value IS NOT NULL OR waiting) ORDER BY kind, period, set_by`,
    valuesOf(of),
  );
  return rows.map((row) => ({
    setBy: row.set_by,
    kind: row.kind,
    period: row.period,
    value: numberOf(row.value),
    waiting: row.waiting ? { value: numberOf(row.waiting_value), dueAt: Number(row.waiting_due) } : null,
  }));
}

/** Until when a person may not bet, ms; 0 where nothing was ever set. */
export async function readPlayBan(reading: Reading, of: PlayAsk): Promise<PlayBanRow> {
  const rows = await reading.rows<BanSql>(
    `SELECT cool_off_until, excluded_until, self_excluded_until FROM play_bans WHERE ${OF}`,
    valuesOf(of),
  );
  const row = rows[0];
  return {
    coolOffUntil: Number(row?.cool_off_until ?? 0),
    excludedUntil: Number(row?.excluded_until ?? 0),
    selfExcludedUntil: Number(row?.self_excluded_until ?? 0),
  };
}

function numberOf(value: string | null): number | null {
  return value === null ? null : Number(value);
}

interface LimitSql {
  set_by: PlayLimitRow['setBy'];
  kind: PlayLimitRow['kind'];
  period: PlayLimitRow['period'];
  value: string | null;
  waiting: boolean;
  waiting_value: string | null;
  waiting_due: string | null;
}

interface BanSql {
  cool_off_until: string;
  excluded_until: string;
  self_excluded_until: string;
}
