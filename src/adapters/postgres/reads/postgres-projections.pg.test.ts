// Batches given while the one before is on its way: in order, or not at all, and with balances that add up either way.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Pool } from 'pg';
import type { NewEvent } from '#core/kernel/event.ts';
import { onFailpoint } from '#engine/failpoint.ts';
import { ProjectionBatch } from '#engine/projections/projection-batch.ts';
import type { ProjectionPlace } from '#ports/projections.ts';
import { MIGRATIONS_DIR } from '../database.ts';
import { type TestDatabase, withTestDatabase } from '../embedded/test-database.ts';
import { migrateUp } from '../schema/migrate.ts';
import { PostgresProjections } from './postgres-projections.ts';

const SHARD = 0;
let database: TestDatabase;
let pool: Pool;
let projections: PostgresProjections;
let start: ProjectionPlace;

before(async () => {
  database = await withTestDatabase();
  pool = new Pool({ connectionString: database.url, max: 4 });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
});
beforeEach(async () => {
  projections = new PostgresProjections(pool);
  await projections.place(SHARD);
  await projections.reset(SHARD);
  start = await projections.place(SHARD);
});
afterEach(() => onFailpoint(null));
after(async () => {
  await pool.end();
  await database.close();
});

function issued(holder: string, amountMinor: number): NewEvent {
  return {
    type: 'FundsIssued',
    ledgerId: 'main',
    at: 5,
    commandId: 'cmd_1',
    data: { holder, ownerId: holder, tenantId: 'ten_1' },
    postings: [{ from: 'issuance', to: `player:${holder}:available`, amountMinor, currency: 'PLAY' }],
  } as unknown as NewEvent;
}

/** Block n: some money for each holder. */
function batchOf(n: number, amounts: Record<string, number>): ProjectionBatch {
  const batch = new ProjectionBatch();
  for (const [holder, amount] of Object.entries(amounts)) batch.add(issued(holder, amount), n);
  return batch;
}

function move(from: number, to: number): { from: ProjectionPlace; to: ProjectionPlace } {
  const place = (n: number): ProjectionPlace => (n === 0 ? start : { blockNo: n, seq: n, hash: String(n) });
  return { from: place(from), to: place(to) };
}

async function balances(): Promise<Record<string, number>> {
  const { rows } = await pool.query('SELECT holder_id, available_minor FROM wallets ORDER BY holder_id');
  return Object.fromEntries(rows.map((row) => [row.holder_id, Number(row.available_minor)]));
}

/** The nth batch from now on fails in the middle of its transaction. */
function failAt(nth: number): void {
  let passed = 0;
  onFailpoint((name) => {
    if (name === 'mid-projection' && ++passed === nth) throw new Error('injected');
  });
}

describe('PostgresProjections', () => {
  test('writes batches given at once one after the other, each from the balances after the one before', async () => {
    const all = [
      projections.apply(SHARD, batchOf(1, { usr_ana: 100, usr_bob: 10 }), move(0, 1)),
      projections.apply(SHARD, batchOf(2, { usr_ana: 5 }), move(1, 2)),
      projections.apply(SHARD, batchOf(3, { usr_cid: 7, usr_ana: 1 }), move(2, 3)),
    ];
    assert.deepEqual(await Promise.all(all), [true, true, true]);
    assert.deepEqual(await balances(), { usr_ana: 106, usr_bob: 10, usr_cid: 7 });
    const { rows } = await pool.query(
      `SELECT available_minor::int AS a FROM ledger_entries WHERE holder_id = 'usr_ana' ORDER BY seq`,
    );
    assert.deepEqual(
      rows.map((row) => row.a),
      [100, 105, 106],
    );
  });

  for (const failing of [1, 2]) {
    test(`when batch ${failing} of three fails, those behind it do not fit, and all can be given again`, async () => {
      failAt(failing);
      const amounts = [{ usr_ana: 100 }, { usr_ana: 5, usr_bob: 2 }, { usr_ana: 1 }];
      const give = (first: number): Promise<boolean>[] =>
        amounts.slice(first - 1).map((a, i) => projections.apply(SHARD, batchOf(first + i, a), move(first + i - 1, first + i)));
      const outcomes = await Promise.allSettled(give(1));
      const told = outcomes.map((o) => (o.status === 'fulfilled' ? o.value : 'failed'));
      assert.equal(told[failing - 1], 'failed');
      assert.ok(!told.slice(failing).includes(true), JSON.stringify(told));
      assert.equal((await projections.place(SHARD)).blockNo, failing - 1);
      assert.ok((await Promise.all(give(failing))).every((written) => written));
      assert.deepEqual(await balances(), { usr_ana: 106, usr_bob: 2 });
    });
  }

  test('what another projector wrote meanwhile is not written again, and its balances are taken over', async () => {
    assert.equal(await projections.apply(SHARD, batchOf(1, { usr_ana: 100 }), move(0, 1)), true);
    assert.equal(await new PostgresProjections(pool).apply(SHARD, batchOf(2, { usr_ana: 5 }), move(1, 2)), true);
    const [second, third] = await Promise.all([
      projections.apply(SHARD, batchOf(2, { usr_ana: 5 }), move(1, 2)),
      projections.apply(SHARD, batchOf(3, { usr_ana: 1 }), move(2, 3)),
    ]);
    assert.deepEqual([second, third], [false, false], 'the third was made from balances that nobody checked');
    assert.equal(await projections.apply(SHARD, batchOf(3, { usr_ana: 1 }), move(2, 3)), true);
    assert.deepEqual(await balances(), { usr_ana: 106 });
  });

  test('a projector that comes late to what another wrote does not count it twice', async () => {
    assert.equal(await projections.apply(SHARD, batchOf(1, { usr_ana: 100 }), move(0, 1)), true);
    const late = new PostgresProjections(pool);
    const given = [
      late.apply(SHARD, batchOf(1, { usr_ana: 100 }), move(0, 1)),
      late.apply(SHARD, batchOf(2, { usr_ana: 5 }), move(1, 2)),
      late.apply(SHARD, batchOf(3, { usr_ana: 1 }), move(2, 3)),
    ];
    assert.deepEqual(await Promise.all(given), [false, false, false]);
    assert.equal(await late.apply(SHARD, batchOf(2, { usr_ana: 5 }), move(1, 2)), true);
    assert.deepEqual(await balances(), { usr_ana: 105 });
  });
});
