import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pool } from 'pg';
import { makeId } from '#core/base/ids.ts';
import type { KeyRecord, Owner } from '#ports/identity.ts';
import { MIGRATIONS_DIR } from './database.ts';
import { type TestDatabase, withTestDatabase } from './embedded/test-database.ts';
import { migrateUp } from './schema/migrate.ts';
import { PostgresPrincipals } from './principals.ts';

let database: TestDatabase;
let pool: Pool;
let store: PostgresPrincipals;
const NOW = 1_750_000_000_123;

before(async () => {
  database = await withTestDatabase();
  pool = new Pool({ connectionString: database.url, max: 6 });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
  store = new PostgresPrincipals(pool);
});
after(async () => {
  await pool.end();
  await database.close();
});

function newOperator(n: number): { owner: Owner; tenantName: string; key: KeyRecord } {
  const tail = new Uint8Array(10).fill(n);
  const owner: Owner = {
    ownerId: makeId('usr', NOW, tail),
    tenantId: makeId('ten', NOW, tail),
    role: 'operator',
    label: 'house',
  };
  const { ownerId, role, tenantId } = owner;
  const life = { createdAt: NOW, expiresAt: NOW + 5, revokedAt: null };
  const key = {
    keyId: makeId('key', NOW, tail),
    ownerId,
    tenantId,
    role,
    scopes: ['read', 'operate'] as const,
    label: 'x',
    ...life,
  };
  return { owner, tenantName: 'house', key: { ...key, secretSha256: Buffer.alloc(32, n) } };
}

test('of many first starts at once one makes the operator, and all see the same', async () => {
  const answers = await Promise.all([1, 2, 3, 4].map((n) => store.addFirstOperator(newOperator(n))));
  assert.equal(answers.filter((answer) => answer.added).length, 1);
  assert.equal(new Set(answers.map((answer) => answer.owner.ownerId)).size, 1);
  const { rows } = await pool.query(
    'SELECT (SELECT count(*)::int FROM tenants) AS tenants, (SELECT count(*)::int FROM api_keys) AS keys',
  );
  assert.deepEqual(rows[0], { tenants: 1, keys: 1 });
});

test('a key comes back as it was stored, and is revoked once', async () => {
  const [listed] = await store.listKeys();
  const { key } = newOperator(Number(Buffer.from(listed?.secretSha256 ?? [0])[0]));
  assert.deepEqual(await store.findKeys([key.keyId]), [key]);
  assert.deepEqual(await store.findKeys([makeId('key', NOW, new Uint8Array(10).fill(99))]), []);
  assert.equal(await store.revokeKey(key.keyId, NOW + 1), true);
  assert.equal(await store.revokeKey(key.keyId, NOW + 2), false);
  assert.equal((await store.findKeys([key.keyId]))[0]?.revokedAt, NOW + 1);
  const { rows } = await pool.query('SELECT action FROM audit_log ORDER BY id');
  assert.deepEqual(
    rows.map((row) => row.action),
    ['principal.added', 'key.added', 'key.revoked'],
  );
});

test('an owner of a tenant that does not exist is refused and leaves nothing', async () => {
  const { key, owner } = newOperator(50);
  await assert.rejects(store.addOwner(owner, key), /foreign key/);
  assert.equal(await store.findOwner(owner.ownerId), null);
  assert.deepEqual(await store.findKeys([key.keyId]), []);
});
