// Evidence is kept once, read by its own tenant alone, and gone when it is dropped.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pool } from 'pg';
import { deriveId } from '#core/base/ids.ts';
import { MIGRATIONS_DIR } from '../database.ts';
import { withTestDatabase } from '../embedded/test-database.ts';
import { migrateUp } from '../schema/migrate.ts';
import { PostgresDisputeEvidence } from './postgres-dispute-evidence.ts';

test('PostgresDisputeEvidence keeps a text under its hash for one tenant', async (t) => {
  const database = await withTestDatabase();
  const pool = new Pool({ connectionString: database.url, max: 2 });
  t.after(async () => {
    await pool.end();
    await database.close();
  });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
  const evidence = new PostgresDisputeEvidence(pool);
  const name = { disputeId: 'dsp_00000000000000000000000001', sha256: 'a'.repeat(64) };
  const [own, other] = ['own', 'other'].map((tenant) => deriveId('ten', 1, tenant)) as [string, string];
  const text = 'o placar era 1 x 2 \u{1F605}\n"ao vivo"';
  assert.equal(await evidence.keep(name, { tenantId: own, at: 5, text }), true);
  assert.equal(await evidence.keep(name, { tenantId: other, at: 6, text: 'another' }), false);
  assert.equal(await evidence.read(own, name), text);
  assert.equal(await evidence.read(other, name), null);
  assert.equal(await evidence.read(own, { ...name, sha256: 'b'.repeat(64) }), null);
  // The same request twice at once: the second keeps what the first, refused meanwhile, would drop.
  assert.equal(await evidence.keep(name, { tenantId: own, at: 5, text }), false);
  await evidence.drop(name, 5);
  assert.equal(await evidence.read(own, name), text);
  const alone = { ...name, disputeId: 'dsp_00000000000000000000000002' };
  assert.equal(await evidence.keep(alone, { tenantId: own, at: 7, text }), true);
  assert.equal(await evidence.keep(alone, { tenantId: other, at: 9, text }), false);
  await evidence.drop(alone, 7);
  assert.equal(await evidence.read(own, alone), null);
});
