// Migrations on a real server: order, atomic steps, one worker among many, and refusals.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { Client, Pool } from 'pg';
import { withTestDatabase } from '../embedded/test-database.ts';
import { migrateUp, migrationStatus } from './migrate.ts';
import { MigrationError, SchemaNewerError } from './migration-files.ts';

type Place = { dir: string; url: string; pool: Pool; write(files: Record<string, string>): void; drop(name: string): void };

async function newPlace(t: TestContext, files: Record<string, string>): Promise<Place> {
  const dir = mkdtempSync(join(tmpdir(), 'palpite-migrate-'));
  const db = await withTestDatabase();
  const pool = new Pool({ connectionString: db.url, max: 4 });
  t.after(async () => {
    await pool.end();
    await db.close();
    rmSync(dir, { recursive: true });
  });
  const write = (more: Record<string, string>): void => {
    for (const [name, text] of Object.entries(more)) writeFileSync(join(dir, name), text);
  };
  write(files);
  return { dir, url: db.url, pool, write, drop: (name) => rmSync(join(dir, name)) };
}

const TWO = { '0001-one.sql': 'CREATE TABLE a (n int); INSERT INTO a VALUES (1);', '0002-two.sql': 'ALTER TABLE a ADD m int;' };
const code =
  (expected: MigrationError['code'], words: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof MigrationError, String(error));
    assert.equal(error.code, expected);
    assert.match(error.message, words);
    return true;
  };

test('migrateUp() applies what is pending in order, once', async (t) => {
  const { dir, pool, write } = await newPlace(t, TWO);
  assert.equal((await migrationStatus(pool, { dir })).state, 'behind');
  assert.deepEqual(await migrateUp(pool, { dir }).then((done) => done.map((each) => each.version)), [1, 2]);
  assert.deepEqual(await migrateUp(pool, { dir }), []);
  write({ '0003-three.sql': 'INSERT INTO a VALUES (2, 3);' });
  const behind = await migrationStatus(pool, { dir });
  assert.deepEqual([behind.state, behind.databaseVersion, behind.shippedVersion], ['behind', 2, 3]);
  assert.deepEqual(behind.pending, [{ version: 3, name: 'three' }]);
  const client = await pool.connect();
  assert.equal((await migrateUp(client, { dir })).length, 1);
  client.release();
  const status = await migrationStatus(pool, { dir });
  assert.deepEqual([status.state, status.applied.length], ['current', 3]);
  assert.ok(status.applied[0]?.appliedAt instanceof Date);
  assert.deepEqual((await pool.query('SELECT n, m FROM a ORDER BY n')).rows, [
    { n: 1, m: null },
    { n: 2, m: 3 },
  ]);
});

test('a failing migration is undone whole, those before it stay, and the error names file and line', async (t) => {
  const { dir, pool, write } = await newPlace(t, {
    ...TWO,
    '0003-bad.sql': 'CREATE TABLE b (n int);\nINSERT INTO b VALUES (1);\nSELECT nothing_here;\n',
  });
  await assert.rejects(migrateUp(pool, { dir }), code('failed', /0003-bad\.sql, line 3: column "nothing_here" does not exist/));
  assert.equal((await migrationStatus(pool, { dir })).databaseVersion, 2);
  assert.equal((await pool.query(`SELECT to_regclass('b') AS b`)).rows[0].b, null);
  write({ '0003-bad.sql': 'CREATE TABLE b (n int);' });
  assert.equal((await migrateUp(pool, { dir })).length, 1);
});

test('ten starters at once: each migration is applied once, the others wait and find nothing to do', async (t) => {
  const { dir, url, pool } = await newPlace(t, { ...TWO, '0003-slow.sql': 'SELECT pg_sleep(0.3); CREATE TABLE c (n int);' });
  const said: string[] = [];
  const run = async (): Promise<number> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    const done = await migrateUp(client, { dir, log: (line) => said.push(line) });
    assert.equal((await migrationStatus(client, { dir })).state, 'current');
    await client.end();
    return done.length;
  };
  const counts = await Promise.all(Array.from({ length: 10 }, run));
  assert.equal(
    counts.reduce((sum, n) => sum + n, 0),
    3,
  );
  assert.ok(said.some((line) => line.includes('waiting')));
  assert.equal((await pool.query('SELECT count(*)::int AS n FROM a')).rows[0].n, 1);
});

test('a starter that waits too long for another one gives up with a clear error', async (t) => {
  const { dir, pool } = await newPlace(t, TWO);
  const other = await pool.connect();
  await other.query('BEGIN; SELECT pg_advisory_xact_lock(1885432944)'); // 0x70616c70, the key of all migrations
  await assert.rejects(migrateUp(pool, { dir, waitMs: 200 }), code('lock-timeout', /another process/));
  await other.query('ROLLBACK');
  other.release();
});

test('a newer schema is refused and nothing is applied', async (t) => {
  const { dir, pool, drop } = await newPlace(t, TWO);
  await migrateUp(pool, { dir });
  drop('0002-two.sql');
  await assert.rejects(migrateUp(pool, { dir }), (error: unknown) => {
    assert.ok(error instanceof SchemaNewerError);
    assert.deepEqual([error.databaseVersion, error.shippedVersion], [2, 1]);
    return true;
  });
  const status = await migrationStatus(pool, { dir });
  assert.equal(status.state, 'newer');
  assert.match(status.fault ?? '', /schema version 2.*up to 1/);
});

test('an applied file that was changed, removed or preceded by a new one is refused', async (t) => {
  const { dir, pool, write, drop } = await newPlace(t, TWO);
  await migrateUp(pool, { dir });
  write({ '0001-one.sql': `${TWO['0001-one.sql']} ` });
  await assert.rejects(migrateUp(pool, { dir }), code('altered', /0001-one\.sql was changed/));
  assert.equal((await migrationStatus(pool, { dir })).state, 'altered');
  drop('0001-one.sql');
  await assert.rejects(migrateUp(pool, { dir }), code('altered', /its file is gone/));
  write({ '0001-one.sql': TWO['0001-one.sql'], '0005-five.sql': 'SELECT 5' });
  await migrateUp(pool, { dir });
  write({ '0004-late.sql': 'SELECT 4' });
  await assert.rejects(migrateUp(pool, { dir }), code('altered', /0004-late\.sql comes before migration 5/));
});

test('a migration that ends its own transaction is refused', async (t) => {
  const { dir, pool } = await newPlace(t, { '0001-one.sql': 'CREATE TABLE a (n int); COMMIT; BEGIN;' });
  await assert.rejects(migrateUp(pool, { dir }), code('failed', /ends its own transaction/));
});

test('a migration that meets a table in use is tried again and then succeeds; traffic is not queued behind it for long', async (t) => {
  const { dir, pool, write } = await newPlace(t, TWO);
  await migrateUp(pool, { dir });
  write({ '0003-three.sql': 'ALTER TABLE a ADD k int;' });
  const traffic = await pool.connect();
  await traffic.query('BEGIN; SELECT * FROM a');
  const said: string[] = [];
  let ended: Promise<void> | null = null;
  const log = (line: string): void => {
    said.push(line);
    if (/tables are in use/.test(line)) ended ??= traffic.query('COMMIT').then(() => traffic.release());
  };
  assert.equal((await migrateUp(pool, { dir, lockTimeoutMs: 100, log })).length, 1);
  await ended;
  assert.match(said.join('\n'), /tables are in use/);
});

test('a statement that takes too long is cut off and undone', async (t) => {
  const { dir, pool } = await newPlace(t, { '0001-one.sql': 'CREATE TABLE a (n int); SELECT pg_sleep(30);' });
  await assert.rejects(migrateUp(pool, { dir, statementTimeoutMs: 100 }), code('failed', /statement timeout/));
  assert.equal((await migrationStatus(pool, { dir })).databaseVersion, 0);
});
