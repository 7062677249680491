// Old and young rows of every table with a lifetime, before and after one round; what must stay for ever is still there.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { MIGRATIONS_DIR } from '#adapters/postgres/database.ts';
import { type TestDatabase, withTestDatabase } from '#adapters/postgres/embedded/test-database.ts';
import { BATCH_ROWS, LIFETIMES } from '#adapters/postgres/lifetimes.ts';
import { PostgresJournal } from '#adapters/postgres/journal/postgres-journal.ts';
import { migrateUp } from '#adapters/postgres/schema/migrate.ts';
import { verifyChain } from '#engine/journal/journal-verify.ts';
import { type Log, silentLog } from '#ports/log.ts';
import { Scene, SHARD, settle } from '../../../test/engine/scene.ts';
import { keepUp, startUpkeep } from './upkeep.ts';

const DAY_MS = 86_400_000;
const NOW = Date.now();

let database: TestDatabase;
let pool: pg.Pool;
let cuts = 0;
before(async () => {
  database = await withTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 4 });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
});
after(async () => {
  await pool.end();
  await database.close();
});

const context = (log: Log = silentLog, now = NOW): Parameters<typeof keepUp>[0] => ({
  clock: { now: () => now } as never,
  database: { pool, cutServerLog: () => void cuts++ } as never,
  log,
});
const count = async (from: string): Promise<number> => Number((await pool.query(`SELECT count(*) FROM ${from}`)).rows[0].count);

/** How to make a row of an age, ms; each table of the list must be here. */
const ROWS: Record<string, (name: string, at: number) => string> = {
  odds_history: (name, at) => `INSERT INTO odds_history VALUES ('${name}', 's', 1, ${at}, '{}')`,
  odds_current: (name, at) =>
    `INSERT INTO fixtures (event_id, sport, competition, home, away, start_at) VALUES ('${name}', 'fb', 'c', 'h', 'a', ${at});
     INSERT INTO odds_current VALUES ('${name}/1x2', 's', '${name}', 'f', 1, 1, 1, ${at}, ${at}, NULL, 'open', '{}')`,
  decisions: (name, at) =>
    `INSERT INTO decisions (run_shard, snapshot_id, bot_id, dna_hash, at, market_id, code, quote_seq) VALUES (0, 1, '${name}', '', ${at}, 'm', 'c', 1)`,
  market_snapshots: (_name, at) => `INSERT INTO market_snapshots VALUES (0, ${at}, ${at}, 'm', '{}')`,
  dead_letters: (name, at) =>
    `INSERT INTO dead_letters (fingerprint, topic, "group", key, message_id, type, message, reason, received_at)
     VALUES ('${name}', '${name}', 'g', 'k', 'i', 't', '{}', 'r', to_timestamp(${at / 1000}))`,
  audit_log: (name, at) =>
    `INSERT INTO audit_log (at, tenant_id, actor_id, action) VALUES (to_timestamp(${at / 1000}), 't', '${name}', 'a')`,
};

describe('keepUp()', () => {
  it('deletes what is older than its lifetime and keeps what is younger', async () => {
    const looked: string[] = [];
    for (const [table, row] of Object.entries(ROWS)) {
      const life = Math.max(...LIFETIMES.filter((each) => each.table === table).map((each) => each.lifeMs));
      await pool.query(row('old', NOW - life - 1_000));
      await pool.query(row('young', NOW - life + 60_000));
      assert.equal(await count(table), 2);
      looked.push(table);
    }
    const tables = new Set(LIFETIMES.map((each) => each.table));
    assert.deepEqual(
      [...tables].filter((table) => !looked.includes(table)),
      ['late_keys'],
      'has a test of its own',
    );
    await keepUp(context(), () => false);
    for (const table of looked) assert.equal(await count(table), 1, table);
    assert.equal(await count(`odds_history WHERE market_id = 'young'`), 1);
    assert.equal(await count('fixtures'), 2, 'fixtures stay');
    assert.equal(cuts, 1);
  });

  it('leaves the decisions of runs alone: they go with their run', async () => {
    await pool.query(
      `INSERT INTO decisions (run_shard, snapshot_id, bot_id, dna_hash, at, market_id, code, quote_seq) VALUES (1000, 1, 'b', '', 1, 'm', 'c', 1)`,
    );
    await keepUp(context(), () => false);
    assert.equal(await count('decisions WHERE run_shard = 1000'), 1);
  });

  it('works in batches, and stops between two of them when told to', async () => {
    await pool.query(
      `INSERT INTO odds_history SELECT 'm' || n, 's', 1, 5, '{}' FROM generate_series(1, ${BATCH_ROWS * 2 + 500}) n`,
    );
    let asked = 0;
    await keepUp(context(), () => asked++ > 0, 1);
    assert.equal(await count('odds_history WHERE observed_at = 5'), BATCH_ROWS + 500);
    await keepUp(context(), () => false, 1);
    assert.equal(await count('odds_history WHERE observed_at = 5'), 0);
  });

  it('goes on with the other tables when one fails', async () => {
    const warned: string[] = [];
    const log = { ...silentLog, warn: (_event: string, fields?: object) => void warned.push(JSON.stringify(fields)) };
    await pool.query('ALTER TABLE odds_history RENAME TO elsewhere');
    await pool.query(ROWS['audit_log']?.('old', NOW - 500 * DAY_MS) as string);
    await keepUp(context(log), () => false);
    await pool.query('ALTER TABLE elsewhere RENAME TO odds_history');
    assert.match(warned.join(), /odds_history/);
    assert.equal(await count(`audit_log WHERE actor_id = 'old'`), 0);
  });

  it('cuts the list of late keys, and the chain can still be verified', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const journal = new PostgresJournal(client, pool);
    const scene = await Scene.open({ store: journal });
    const late = async (): Promise<void> => {
      await scene.done(scene.bet(scene.user('ana')));
      await scene.done(scene.bet(scene.user('ana')), { commandId: scene.id('cmd', scene.clock.now() - 600_000) });
      await settle();
    };
    await late();
    scene.clock.advance(scene.clock.now() + 9 * DAY_MS);
    await scene.fund(scene.user('ana'), 1);
    scene.quote({ quoteSeq: 2 });
    const id = scene.id('cmd', scene.clock.now() - 600_000);
    await scene.done({ type: 'Halt', scope: 'bots', reason: 'test' }, { commandId: id, lane: 'control' });
    await scene.writer.stop();
    assert.equal(await count(`late_keys WHERE shard = ${SHARD}`), 2);
    await keepUp(context(), () => false);
    assert.equal(await count(`late_keys WHERE shard = ${SHARD}`), 1, 'that of the last 8 days of the chain');
    assert.equal((await verifyChain(journal, SHARD)).fault, null);
    await pool.query('DELETE FROM late_keys');
    assert.match((await verifyChain(journal, SHARD)).fault?.what ?? '', /hides the command key/);
    await client.end();
  });
});

describe('startUpkeep()', () => {
  it('runs by itself and ends when stopped', async () => {
    const before = cuts;
    const upkeep = startUpkeep(context(), { firstMs: 1, everyMs: 5 });
    while (cuts < before + 2) await new Promise((done) => setTimeout(done, 5));
    await upkeep.stop();
    const ended = cuts;
    await new Promise((done) => setTimeout(done, 40));
    assert.equal(cuts, ended);
  });
});
