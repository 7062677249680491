import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ChainHead } from '#ports/journal.ts';
import { blockAfter, headAfter, journalContract } from '../../../../test/contract/journal.ts';
import { MIGRATIONS_DIR } from '../database.ts';
import { type TestDatabase, withTestDatabase } from '../embedded/test-database.ts';
import { migrateUp } from '../schema/migrate.ts';
import { PostgresJournal } from './postgres-journal.ts';

let database: TestDatabase;
let pool: pg.Pool;

before(async () => {
  database = await withTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 4 });
  pool.on('error', () => undefined);
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
});
after(async () => {
  await pool.end();
  await database.close();
});

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function emptied(): Promise<void> {
  await pool.query('DELETE FROM chains');
}

journalContract('PostgresJournal', async () => {
  await emptied();
  const clients = [await connect(), await connect()] as const;
  const [one, two] = [new PostgresJournal(clients[0], pool), new PostgresJournal(clients[1], pool)];
  const pass = async (ms: number): Promise<void> => void (await sleep(ms));
  return { one, two, pass, close: async () => void (await Promise.all(clients.map((client) => client.end()))) };
});

describe('PostgresJournal', () => {
  const lease = { holder: 'a', address: '', ttlMs: 60_000 };

  it('acquire() waits for an append whose outcome is open, so that the head it gives is final', async () => {
    await emptied();
    const [old, other] = [await connect(), await connect()];
    const journal = new PostgresJournal(old, pool);
    const head = (await journal.acquire(3, { ...lease, ttlMs: 20 })) as ChainHead;
    await sleep(30);
    const block = blockAfter(head);
    await old.query('BEGIN');
    await journal.append(block); // its COMMIT is still to come
    const taking = new PostgresJournal(other, pool).acquire(3, { ...lease, holder: 'b' });
    assert.equal(await Promise.race([taking.then(() => 'taken'), sleep(100, 'waits')]), 'waits');
    await old.query('COMMIT');
    assert.deepEqual(await taking, { ...headAfter(block), epoch: 2 });
    await Promise.all([old.end(), other.end()]);
  });

  it('acquire() makes the connection again after the server dropped it', async () => {
    await emptied();
    const client = await connect();
    const journal = new PostgresJournal(client, pool);
    const head = (await journal.acquire(3, lease)) as ChainHead;
    const [{ pid }] = (await client.query('SELECT pg_backend_pid() AS pid')).rows as [{ pid: number }];
    await pool.query('SELECT pg_terminate_backend($1)', [pid]);
    await assert.rejects(journal.append(blockAfter(head)));
    await sleep(50);
    const again = (await journal.acquire(3, lease)) as ChainHead;
    assert.deepEqual(again, { ...head, epoch: 2 });
    await journal.append(blockAfter(again));
  });

  it('append() leaves nothing of a block that was refused, late keys included', async () => {
    await emptied();
    const client = await connect();
    const journal = new PostgresJournal(client, pool);
    const head = (await journal.acquire(3, lease)) as ChainHead;
    const lateKeys = ['cmd_0000000000000000000000000A'];
    const block = blockAfter(head, { meta: { lateKeys } });
    await assert.rejects(journal.append({ ...block, prevHash: 'e'.repeat(64) }));
    const rows = async (): Promise<number> => (await pool.query('SELECT command_id FROM late_keys')).rows.length;
    assert.equal(await rows(), 0);
    await journal.append(block);
    assert.equal(await rows(), 1);
    await client.end();
  });
});
