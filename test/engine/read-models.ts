// Read models in a PostgreSQL of the test's own, and a world's events folded into them in batches of any size.
import assert from 'node:assert/strict';
import { after, before, beforeEach } from 'node:test';
import { Pool } from 'pg';
import { MIGRATIONS_DIR } from '#adapters/postgres/database.ts';
import { type TestDatabase, withTestDatabase } from '#adapters/postgres/embedded/test-database.ts';
import { PostgresProjections } from '#adapters/postgres/reads/postgres-projections.ts';
import { migrateUp } from '#adapters/postgres/schema/migrate.ts';
import type { World } from '#core/kernel/world-for-tests.ts';
import { ProjectionBatch } from '#engine/projections/projection-batch.ts';
import { GENESIS_HASH } from '#ports/journal.ts';

export const SHARD = 0;

/** Hands over a pool before the first test of the file; each test finds empty read models. */
export function withReadModels(made: (pool: Pool) => void): void {
  let database: TestDatabase;
  let pool: Pool;
  before(async () => {
    database = await withTestDatabase();
    pool = new Pool({ connectionString: database.url, max: 3 });
    await migrateUp(pool, { dir: MIGRATIONS_DIR });
    made(pool);
  });
  after(async () => {
    await pool.end();
    await database.close();
  });
  beforeEach(() => new PostgresProjections(pool).reset(SHARD));
}

export async function projectWorld(pool: Pool, { events }: Pick<World, 'events'>, perBatch: number): Promise<void> {
  const projections = new PostgresProjections(pool);
  await projections.place(SHARD); // there is a position from now on
  let from = { blockNo: 0, seq: 0, hash: GENESIS_HASH };
  for (let at = 0; at < events.length; at += perBatch) {
    const batch = new ProjectionBatch();
    const part = events.slice(at, at + perBatch);
    for (const [i, event] of part.entries()) batch.add(event, at + i + 1);
    const to = { blockNo: from.blockNo + 1, seq: at + part.length, hash: 'f'.repeat(64) };
    assert.equal(await projections.apply(SHARD, batch, { from, to }), true);
    from = to;
  }
}
