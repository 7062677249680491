// Writes a batch's pools: what is new, then what changed. A pool's entries know owner and tenant from the wallet they were made with.
import type pg from 'pg';
import { firstLockAt } from '#core/pools/state/pool-rules.ts';
import type { PoolChanges, PoolRow } from '#engine/projections/pool-changes.ts';

export const POOL_TABLES = ['pools', 'pool_fixtures', 'pool_entries', 'pool_invitations', 'pool_members'] as const;

export async function writePools(client: pg.PoolClient, shard: number, changes: PoolChanges): Promise<void> {
  if (changes.size === 0) return;
  for (const row of changes.opened) await insertPool(client, shard, row);
  await insertEntries(client, shard, changes);
  await updateEntries(client, shard, changes);
  await updatePoints(client, shard, changes);
  await updatePools(client, shard, changes);
  await updateFixtures(client, shard, changes);
  await writeInvitations(client, shard, changes);
}

async function insertPool(
  client: pg.PoolClient,
  shard: number,
  { carryInMinor, data, ledgerId, openedAt, seq }: PoolRow,
): Promise<void> {
  const { bots, fixtures, holder, market, ownerId, poolId, rules, tenantId } = data;
  const lockAt = firstLockAt(rules, Math.min(...fixtures.map(({ startAt }) => startAt)));
  await client.query(
    `INSERT INTO pools (pool_id, shard, ledger_id, seq, holder_id, owner_id, tenant_id, kind, visibility, bots, rules, market, carry_in_minor, opened_at,
       lock_at, last_seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $4)`,
    [
      poolId,
      shard,
      ledgerId,
      seq,
      holder,
      ownerId,
      tenantId,
      rules.kind,
      rules.visibility,
      bots,
      JSON.stringify(rules),
      market ? JSON.stringify(market) : null,
      carryInMinor,
      openedAt,
      lockAt,
    ],
  );
  await client.query(
    `INSERT INTO pool_fixtures (pool_id, shard, no, event_id, stage, start_at)
     SELECT $1, $2, * FROM unnest($3::integer[], $4::text[], $5::text[], $6::bigint[])`,
    [
      poolId,
      shard,
      fixtures.map((_, no) => no),
      fixtures.map(({ eventId }) => eventId),
      fixtures.map(({ stage }) => stage ?? null),
      fixtures.map(({ startAt }) => startAt),
    ],
  );
}

async function insertEntries(client: pg.PoolClient, shard: number, { entered }: PoolChanges): Promise<void> {
  if (entered.length === 0) return;
  await client.query(
    `WITH made AS (
       INSERT INTO pool_entries (shard, entry_id, pool_id, ledger_id, seq, holder_id, owner_id, tenant_id, row_no, units, selection_id, stake_minor,
         entered_at, last_seq)
       SELECT $1, x.entry_id, x.pool_id, x.ledger_id, x.seq, x.holder_id, h.owner_id, h.tenant_id, x.row_no, x.units, x.selection_id, x.stake, x.at, x.seq
       FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::integer[], $8::integer[], $9::text[], $10::bigint[], $11::bigint[])
         AS x(entry_id, pool_id, ledger_id, seq, holder_id, row_no, units, selection_id, stake, at)
       JOIN holders h ON h.holder_id = x.holder_id AND h.shard = $1 AND h.ledger_id = x.ledger_id
       RETURNING pool_id, tenant_id)
     INSERT INTO pool_members (pool_id, shard, tenant_id) SELECT DISTINCT pool_id, $1::integer, tenant_id FROM made ON CONFLICT DO NOTHING`,
    [
      shard,
      entered.map(({ data }) => data.entryId),
      entered.map(({ data }) => data.poolId),
      entered.map(({ ledgerId }) => ledgerId),
      entered.map(({ seq }) => seq),
      entered.map(({ data }) => data.holder),
      entered.map(({ data }) => data.row),
      entered.map(({ data }) => data.units),
      entered.map(({ data }) => data.selectionId ?? null),
      entered.map(({ stakeMinor }) => stakeMinor),
      entered.map(({ enteredAt }) => enteredAt),
    ],
  );
}

async function updateEntries(client: pg.PoolClient, shard: number, { entries }: PoolChanges): Promise<void> {
  if (entries.size === 0) return;
  const changes = [...entries.values()];
  await client.query(
    `UPDATE pool_entries e SET gone = e.gone OR x.gone, picks = e.picks || x.picks, paid_minor = e.paid_minor + x.paid, last_seq = x.seq
     FROM unnest($1::integer[], $2::text[], $3::boolean[], $4::jsonb[], $5::bigint[], $6::bigint[]) AS x(shard, entry_id, gone, picks, paid, seq)
     WHERE e.entry_id = x.entry_id AND e.shard = x.shard`,
    [
      changes.map(() => shard),
      [...entries.keys()],
      changes.map(({ left }) => left),
      changes.map(({ picks }) => JSON.stringify(picks)),
      changes.map(({ paidMinor }) => paidMinor),
      changes.map(({ seq }) => seq),
    ],
  );
}

async function updatePoints(client: pg.PoolClient, shard: number, { points }: PoolChanges): Promise<void> {
  if (points.size === 0) return;
  const keys = [...points.keys()].map((key) => key.split(' '));
  await client.query(
    `UPDATE pool_entries e SET points = e.points + x.points
     FROM unnest($1::integer[], $2::text[], $3::integer[], $4::integer[]) AS x(shard, pool_id, row_no, points)
     WHERE e.pool_id = x.pool_id AND e.shard = x.shard AND e.row_no = x.row_no`,
    [keys.map(() => shard), keys.map(([poolId]) => poolId), keys.map(([, row]) => Number(row)), [...points.values()]],
  );
}

async function updatePools(client: pg.PoolClient, shard: number, { pools }: PoolChanges): Promise<void> {
  if (pools.size === 0) return;
  for (const [poolId, change] of pools) {
    await client.query(
      `UPDATE pools SET status = coalesce($3, status), entries = entries + $4, paid_minor = paid_minor + $5, locked_at = coalesce($6, locked_at),
         closed_at = coalesce($7, closed_at), declared = coalesce($8::jsonb, declared), scratched = scratched || $9::text[], last_seq = $10
       WHERE pool_id = $1 AND shard = $2`,
      [
        poolId,
        shard,
        change.status,
        change.entries,
        change.paidMinor,
        change.lockedAt,
        change.closedAt,
        change.declared,
        change.scratched,
        change.seq,
      ],
    );
  }
}

async function updateFixtures(client: pg.PoolClient, shard: number, { phases, scores }: PoolChanges): Promise<void> {
  for (const [eventId, phase] of phases)
    await client.query('UPDATE pool_fixtures SET phase = $3 WHERE event_id = $1 AND shard = $2', [eventId, shard, phase]);
  for (const [key, score] of scores) {
    const [poolId, no] = key.split(' ');
    await client.query('UPDATE pool_fixtures SET home = $4, away = $5 WHERE pool_id = $1 AND shard = $2 AND no = $3', [
      poolId,
      shard,
      Number(no),
      score?.[0] ?? null,
      score?.[1] ?? null,
    ]);
  }
}

async function writeInvitations(client: pg.PoolClient, shard: number, { invitations }: PoolChanges): Promise<void> {
  for (const { invitation, poolId, revoked, until, uses, usesMax } of invitations.values()) {
    if (usesMax !== null) {
      await client.query(
        'INSERT INTO pool_invitations (pool_id, shard, invitation, uses_max, until) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
        [poolId, shard, invitation, usesMax, until],
      );
    }
    await client.query(
      'UPDATE pool_invitations SET uses = uses + $4, revoked = revoked OR $5 WHERE pool_id = $1 AND shard = $2 AND invitation = $3',
      [poolId, shard, invitation, uses, revoked],
    );
  }
}
