// Databases for tests: each empty and apart, dropped on close, safe for many processes, and no server left behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Client } from 'pg';
import { createDatabase, dropDatabase } from './databases.ts';
import { withTestDatabase } from './test-database.ts';

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

test('withTestDatabase() gives empty databases apart from each other and drops them, even with connections open', async () => {
  const first = await withTestDatabase();
  const second = await withTestDatabase();
  assert.notEqual(first.name, second.name);
  await query(first.url, 'CREATE TABLE t (n int)');
  assert.deepEqual(await query(second.url, `SELECT to_regclass('t') AS t`), [{ t: null }]);
  const open = new Client({ connectionString: first.url });
  open.on('error', () => {});
  await open.connect();
  await first.close();
  await first.close();
  assert.deepEqual(await query(second.url, `SELECT 1 FROM pg_database WHERE datname = '${first.name}'`), []);
  await second.close();
});

test('createDatabase() quotes the name, keeps one that exists, and dropDatabase() removes it', async () => {
  await using db = await withTestDatabase();
  const name = `${db.name}_Odd "name"`;
  const url = await createDatabase(db.url, name);
  await query(url, 'CREATE TABLE kept (n int)');
  assert.equal(await createDatabase(db.url, name), url);
  assert.deepEqual(await query(url, `SELECT to_regclass('kept')::text AS t, current_database() AS db`), [
    { t: 'kept', db: name },
  ]);
  await dropDatabase(db.url, name);
  assert.deepEqual(await query(db.url, `SELECT 1 FROM pg_database WHERE datname LIKE '%Odd%${db.name}%'`), []);
});

test('withTestDatabase() works in eight processes at once', { timeout: 60_000 }, async () => {
  const code = `
    import { withTestDatabase } from '${new URL('test-database.ts', import.meta.url).href}';
    for (let i = 0; i < 2; i++) { const db = await withTestDatabase(); console.log(db.name); await db.close(); }`;
  const names = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
      let out = '';
      child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()));
      assert.deepEqual(await once(child, 'close'), [0, null]);
      return out.trim().split('\n');
    }),
  );
  assert.equal(new Set(names.flat()).size, 16);
});
