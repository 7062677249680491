// Role leases on a real server: one holder at a time, whoever is late learns so.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { Pool } from 'pg';
import { MIGRATIONS_DIR } from './database.ts';
import { type TestDatabase, withTestDatabase } from './embedded/test-database.ts';
import { PostgresLeases } from './postgres-leases.ts';
import { migrateUp } from './schema/migrate.ts';

const LONG_MS = 60_000;
let database: TestDatabase;
let pool: Pool;
let leases: PostgresLeases;

before(async () => {
  database = await withTestDatabase();
  pool = new Pool({ connectionString: database.url, max: 8 });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
  leases = new PostgresLeases(pool);
});
after(async () => {
  await pool.end();
  await database.close();
});

test('of many that ask at once one gets the lease', async () => {
  const asked = Array.from({ length: 20 }, (_, i) => leases.acquire('many', { holder: `h${i}`, ttlMs: LONG_MS }));
  const got = (await Promise.all(asked)).filter((epoch) => epoch !== null);
  assert.deepEqual(got, [1]);
});

test('a lease that ran out goes to another, and who held it cannot renew it, release it or speak for it', async () => {
  const first = await leases.acquire('late', { holder: 'a', ttlMs: 20 });
  assert.equal(first, 1);
  await sleep(40);
  assert.equal(await leases.acquire('late', { holder: 'b', ttlMs: LONG_MS }), 2);
  assert.equal(await leases.renew('late', 1, LONG_MS), false);
  await leases.announce('late', 1, 'ws://old');
  await leases.release('late', 1);
  assert.equal(await leases.addressOf('late'), null);
  assert.equal(await leases.acquire('late', { holder: 'c', ttlMs: LONG_MS }), null);
});

test('a lease that ran out and that nobody took is renewed by its holder', async () => {
  await leases.acquire('slow', { holder: 'a', ttlMs: 1 });
  await sleep(20);
  assert.equal(await leases.renew('slow', 1, LONG_MS), true);
  assert.equal(await leases.acquire('slow', { holder: 'b', ttlMs: LONG_MS }), null);
});

test('the address is there while the lease is held, and never that of an earlier holder', async () => {
  await leases.acquire('place', { holder: 'a', ttlMs: LONG_MS });
  await leases.announce('place', 1, 'ws://a');
  assert.equal(await leases.addressOf('place'), 'ws://a');
  await leases.release('place', 1);
  assert.equal(await leases.addressOf('place'), null);
  assert.equal(await leases.acquire('place', { holder: 'b', ttlMs: LONG_MS }), 2);
  assert.equal(await leases.addressOf('place'), null);
});
