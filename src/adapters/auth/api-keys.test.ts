import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { KeyRecord, Owner, PrincipalStore } from '#ports/identity.ts';
import { ApiKeys, KEY_CACHE_MS, KeyError } from './api-keys.ts';

/** Principals in a map; counts how often a key is looked up. */
class Store implements PrincipalStore {
  readonly owners = new Map<string, Owner>();
  readonly keys = new Map<string, KeyRecord>();
  looked = 0;
  down = false;

  findKeys(keyIds: readonly string[]): Promise<KeyRecord[]> {
    this.looked++;
    return this.down ? Promise.reject(new Error('down')) : Promise.resolve(keyIds.flatMap((id) => this.keys.get(id) ?? []));
  }
  listKeys(): Promise<KeyRecord[]> {
    return Promise.resolve([...this.keys.values()]);
  }
  findOwner(ownerId: string): Promise<Owner | null> {
    return Promise.resolve(this.owners.get(ownerId) ?? null);
  }
  async addFirstOperator(first: { owner: Owner; key: KeyRecord }): Promise<{ owner: Owner; added: boolean }> {
    const known = [...this.owners.values()].find((owner) => owner.role === 'operator');
    if (known) return { owner: known, added: false };
    await this.addOwner(first.owner, first.key);
    return { owner: first.owner, added: true };
  }
  addOwner(owner: Owner, key: KeyRecord | null): Promise<void> {
    this.owners.set(owner.ownerId, owner);
    if (key) this.keys.set(key.keyId, key);
    return Promise.resolve();
  }
  addKey(key: KeyRecord): Promise<void> {
    this.keys.set(key.keyId, key);
    return Promise.resolve();
  }
  revokeKey(keyId: string, at: number): Promise<boolean> {
    const key = this.keys.get(keyId);
    if (!key || key.revokedAt !== null) return Promise.resolve(false);
    this.keys.set(keyId, { ...key, revokedAt: at });
    return Promise.resolve(true);
  }
}

function setUp() {
  const time = { now: 1_750_000_000_000 };
  const clock = { now: () => time.now, schedule: () => () => undefined };
  const store = new Store();
  const age = (): number => time.now;
  return { time, store, keys: new ApiKeys(store, clock, age), other: new ApiKeys(store, clock, age) };
}

test('addOperator() makes a second person, and operatorOf() believes a key and no name', async () => {
  const { keys, time } = setUp();
  const { owner } = await keys.createOperator();
  const second = await keys.addOperator('olga');
  assert.notEqual(second.ownerId, owner.ownerId);
  assert.equal(second.tenantId, owner.tenantId);
  assert.equal((await keys.operatorOf(undefined)).ownerId, owner.ownerId);
  assert.equal((await keys.operatorOf(second.apiKey)).ownerId, second.ownerId);
  const player = await keys.createPlayer(owner.tenantId);
  const reader = await keys.createKey({ ownerId: second.ownerId, scopes: ['read'] });
  const wrong = `${second.apiKey.slice(0, -1)}${second.apiKey.endsWith('A') ? 'B' : 'A'}`;
  for (const key of [player.apiKey, reader.apiKey, wrong, second.ownerId, ''])
    await assert.rejects(() => keys.operatorOf(key), KeyError);
  await keys.revokeKey(second.keyId);
  time.now += KEY_CACHE_MS;
  await assert.rejects(() => keys.operatorOf(second.apiKey), KeyError);
});

test('createOperator() gives a key with every scope once, and nothing the second time', async () => {
  const { keys, store } = setUp();
  const first = await keys.createOperator();
  assert.match(first.issued?.apiKey ?? '', /^key_[0-9A-HJKMNP-TV-Z]{26}\.[A-Za-z0-9_-]{43}$/);
  assert.match(first.owner.tenantId, /^ten_/);
  const principal = await keys.authenticate(first.issued?.apiKey ?? '');
  assert.deepEqual(principal?.scopes, ['read', 'bet', 'operate']);
  assert.equal(principal?.ownerId, first.owner.ownerId);
  const second = await keys.createOperator();
  assert.equal(second.issued, null);
  assert.deepEqual(second.owner, first.owner);
  assert.equal(store.keys.size, 1);
});

test('only the sha256 of the 32 secret bytes is stored, and a list never shows it', async () => {
  const { keys, store } = setUp();
  const { issued } = await keys.createOperator();
  const [keyId = '', secret = ''] = (issued?.apiKey ?? '').split('.');
  const bytes = Buffer.from(secret, 'base64url');
  assert.equal(bytes.length, 32);
  const stored = store.keys.get(keyId);
  assert.deepEqual(Buffer.from(stored?.secretSha256 ?? []), createHash('sha256').update(bytes).digest());
  assert.doesNotMatch(JSON.stringify([...store.keys.values()]), new RegExp(secret));
  assert.ok(!('secretSha256' in ((await keys.listKeys())[0] ?? {})));
});

test('authenticate() refuses what is not exactly the key', async () => {
  const { keys } = setUp();
  const { issued } = await keys.createOperator();
  const player = await keys.createPlayer(issued?.tenantId ?? '');
  const good = issued?.apiKey ?? '';
  const [id = '', secret = ''] = good.split('.');
  const wrongs = [
    '',
    '.',
    id,
    `${id}.`,
    `.${secret}`,
    `${good}.x`,
    `${good} `,
    `${id}.${secret.slice(1)}A`,
    `${player.keyId}.${secret}`,
    `${id.toLowerCase()}.${secret}`,
  ];
  for (const wrong of [...wrongs, `key_00000000000000000000000000.${secret}`, `${id}.${'A'.repeat(43)}`]) {
    assert.equal(await keys.authenticate(wrong), null, wrong);
  }
  assert.ok(await keys.authenticate(good));
});

test('a key ends at its expiry', async () => {
  const { keys, time } = setUp();
  const { owner } = await keys.createOperator();
  const { apiKey } = await keys.createKey({ ownerId: owner.ownerId, scopes: ['read'], expiresAt: time.now + 1_000 });
  time.now += 999;
  assert.deepEqual((await keys.authenticate(apiKey))?.scopes, ['read']);
  time.now += 1;
  assert.equal(await keys.authenticate(apiKey), null);
});

test('a revocation takes hold at once here and within a second in another process', async () => {
  const { keys, other, store, time } = setUp();
  const { issued } = await keys.createOperator();
  const apiKey = issued?.apiKey ?? '';
  for (let i = 0; i < 10; i++) assert.ok(await other.authenticate(apiKey));
  assert.equal(store.looked, 1, 'remembered');
  assert.ok(await keys.authenticate(apiKey));
  assert.equal(await keys.revokeKey(issued?.keyId ?? ''), true);
  assert.equal(await keys.revokeKey(issued?.keyId ?? ''), false);
  assert.equal(await keys.authenticate(apiKey), null);
  assert.ok(KEY_CACHE_MS < 1_000);
  time.now += KEY_CACHE_MS;
  assert.equal(await other.authenticate(apiKey), null);
});

test('keys in use are looked up again together, and a revocation elsewhere reaches them as fast', async () => {
  const { keys, other, store, time } = setUp();
  const { owner } = await keys.createOperator();
  const players = await Promise.all(Array.from({ length: 50 }, () => keys.createPlayer(owner.tenantId)));
  const gone = players[7] as (typeof players)[number];
  for (const { apiKey } of players) assert.ok(await other.authenticate(apiKey));
  assert.equal(store.looked, 50);
  const goneAt = time.now + 1_030;
  for (let step = 0; step < 400; step++) {
    time.now += 10;
    if (time.now === goneAt) await keys.revokeKey(gone.keyId);
    for (const player of players) {
      const known = (await other.authenticate(player.apiKey)) !== null;
      if (player !== gone || time.now < goneAt) assert.ok(known);
      else if (time.now >= goneAt + KEY_CACHE_MS) assert.equal(known, false);
    }
  }
  assert.ok(store.looked <= 50 + 4_000 / (KEY_CACHE_MS / 2), `${store.looked} queries`);
});

test('a clock that is set back keeps no revoked key alive', async () => {
  const { keys, store } = setUp();
  const { issued } = await keys.createOperator();
  const frozen = { now: () => 1_750_000_000_000, schedule: () => () => undefined };
  const gateway = new ApiKeys(store, frozen);
  assert.ok(await gateway.authenticate(issued?.apiKey ?? ''));
  await keys.revokeKey(issued?.keyId ?? '');
  await new Promise((done) => setTimeout(done, KEY_CACHE_MS + 20));
  assert.equal(await gateway.authenticate(issued?.apiKey ?? ''), null);
});

test('keys in use are forgotten when the store stays away', async () => {
  const { keys, store, time } = setUp();
  const { issued } = await keys.createOperator();
  const apiKey = issued?.apiKey ?? '';
  assert.ok(await keys.authenticate(apiKey));
  store.down = true;
  for (let ms = 0; ms < KEY_CACHE_MS - 100; ms += 100) {
    time.now += 100;
    assert.ok(await keys.authenticate(apiKey));
  }
  time.now += 100;
  await assert.rejects(keys.authenticate(apiKey));
});

test('nobody gets a scope beyond the role, also when a row claims it', async () => {
  const { keys, store } = setUp();
  const { owner } = await keys.createOperator();
  const player = await keys.createPlayer(owner.tenantId);
  await assert.rejects(keys.createKey({ ownerId: player.ownerId, scopes: ['operate'] }), KeyError);
  await assert.rejects(keys.createKey({ ownerId: player.ownerId, scopes: [] }), KeyError);
  await assert.rejects(keys.createKey({ ownerId: 'usr_00000000000000000000000000', scopes: ['read'] }), KeyError);
  await assert.rejects(keys.createKey({ ownerId: owner.ownerId, scopes: ['read'], expiresAt: 5 }), KeyError);
  const record = store.keys.get(player.keyId) as KeyRecord;
  store.keys.set(player.keyId, { ...record, scopes: ['read', 'operate'] });
  assert.deepEqual((await keys.authenticate(player.apiKey))?.scopes, ['read']);
});

test('a failed look-up is an error, not an answer that is remembered', async () => {
  const { keys, store } = setUp();
  const { issued } = await keys.createOperator();
  store.down = true;
  await assert.rejects(keys.authenticate(issued?.apiKey ?? ''));
  store.down = false;
  assert.ok(await keys.authenticate(issued?.apiKey ?? ''));
});
