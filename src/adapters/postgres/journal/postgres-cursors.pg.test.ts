import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { MIGRATIONS_DIR } from '../database.ts';
import { type TestDatabase, withTestDatabase } from '../embedded/test-database.ts';
import { migrateUp } from '../schema/migrate.ts';
import { PostgresCursors } from './postgres-cursors.ts';

let database: TestDatabase;
let pool: pg.Pool;

before(async () => {
  database = await withTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
});
after(async () => {
  await pool.end();
  await database.close();
});

test('a cursor goes forward only, each shard by itself', async () => {
  const cursors = new PostgresCursors(pool);
  const place = (blockNo: number) => ({ blockNo, seq: blockNo * 10, hash: String(blockNo).padStart(64, '0') });
  assert.equal((await cursors.read('relay', 3)).blockNo, 0);
  await cursors.save('relay', 3, place(7));
  await cursors.save('relay', 3, place(5)); // one that slept through a hand-over
  assert.deepEqual(await cursors.read('relay', 3), place(7));
  assert.equal((await cursors.read('relay', 4)).blockNo, 0);
  await cursors.save('relay', 3, place(8));
  assert.deepEqual(await cursors.read('relay', 3), place(8));
});
