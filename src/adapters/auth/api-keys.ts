// API keys: `key_<id>.<secret>`, the id public, the secret 256 random bits of which only the sha256 is kept.
// A looked-up key is remembered for half a second, so a revocation anywhere takes hold within one. Those in use are looked up again together
// before that: one query for all of them, where one each took a fifth of a gateway's time.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isId, makeId } from '#core/base/ids.ts';
import type { Clock } from '#ports/clock.ts';
import {
  type Identity,
  type KeyRecord,
  type Owner,
  type Principal,
  type PrincipalStore,
  type Scope,
  SCOPES_OF_ROLE,
} from '#ports/identity.ts';

export const KEY_CACHE_MS = 500;
const REFRESH_MS = KEY_CACHE_MS / 2;
/** Remembered keys at most; beyond it the oldest is forgotten. */
const KEY_CACHE_MAX = 10_000;
const SECRET_BYTES = 32;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
const LABEL_MAX = 200;
const NOBODY = Buffer.alloc(SECRET_BYTES);

/** What was asked of the keys cannot be done; the message is for the operator. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

export interface NewKey {
  readonly ownerId: string;
  readonly scopes: readonly Scope[];
  readonly label?: string;
  readonly expiresAt?: number;
}

/** The only moment at which `apiKey` exists in full. */
export interface IssuedKey {
  readonly keyId: string;
  readonly ownerId: string;
  readonly tenantId: string;
  readonly apiKey: string;
}

interface Known {
  readonly record: Promise<KeyRecord | null>;
  readonly until: number;
}

export class ApiKeys implements Identity {
  readonly #store: PrincipalStore;
  readonly #clock: Clock;
  readonly #age: () => number;
  readonly #cache = new Map<string, Known>();
  /** Keys asked for since the last refresh, and when the next is due. */
  #used = new Set<string>();
  #refreshAt = Number.NEGATIVE_INFINITY;

  /** `age` only grows, ms: a machine's clock that is set back must not keep a revoked key alive. */
  constructor(store: PrincipalStore, clock: Clock, age: () => number = () => performance.now()) {
    this.#store = store;
    this.#clock = clock;
    this.#age = age;
  }

  async authenticate(apiKey: string): Promise<Principal | null> {
    const [keyId = '', secret = '', ...rest] = apiKey.split('.');
    if (rest.length > 0 || !isId('key', keyId) || !SECRET.test(secret)) return null;
    const record = await this.#find(keyId);
    const same = timingSafeEqual(sha256(secret), record?.secretSha256 ?? NOBODY);
    if (!same || !record || !isAlive(record, this.#clock.now())) return null;
    const { ownerId, role, scopes, tenantId } = record;
    return { keyId, ownerId, tenantId, role, scopes: scopes.filter((scope) => SCOPES_OF_ROLE[role].includes(scope)) };
  }

  /** The first operator with a tenant of its own. A second call changes nothing and returns no key. */
  async createOperator(name = 'house'): Promise<{ owner: Owner; issued: IssuedKey | null }> {
    const now = this.#clock.now();
    const owner: Owner = { ownerId: newId('usr', now), tenantId: newId('ten', now), role: 'operator', label: cut(name) };
    const { key, issued } = this.#make(owner, {
      ownerId: owner.ownerId,
      scopes: SCOPES_OF_ROLE.operator,
      label: 'first operator',
    });
    const first = await this.#store.addFirstOperator({ owner, tenantName: cut(name), key });
    return { owner: first.owner, issued: first.added ? issued : null };
  }

  /** A person in a tenant that exists, with a key to read and bet. */
  createPlayer(tenantId: string, label = ''): Promise<IssuedKey> {
    return this.#createPerson(tenantId, 'player', label);
  }

  /** Another operator beside the first, in its tenant, with a key of its own: the second person where one is needed. */
  async addOperator(label: string): Promise<IssuedKey> {
    const { owner } = await this.createOperator();
    return this.#createPerson(owner.tenantId, 'operator', label);
  }

  /** Who acts at a command line: whose key it is, or the first operator without one. */
  async operatorOf(apiKey: string | undefined): Promise<Pick<Owner, 'ownerId' | 'tenantId'>> {
    if (apiKey === undefined) return (await this.createOperator()).owner;
    const principal = await this.authenticate(apiKey);
    if (!principal?.scopes.includes('operate')) throw new KeyError('PALPITE_KEY is no live key of an operator');
    return principal;
  }

  /** Throws KeyError when nobody has the id: a typing error must not be paid. */
  async assertOwner(ownerId: string): Promise<void> {
    if (!(await this.#store.findOwner(ownerId))) throw new KeyError(`nobody has the id ${ownerId}`);
  }

  async createKey(wanted: NewKey): Promise<IssuedKey> {
    const owner = await this.#store.findOwner(wanted.ownerId);
    if (!owner) throw new KeyError(`nobody has the id ${wanted.ownerId}`);
    const tooMuch = wanted.scopes.find((scope) => !SCOPES_OF_ROLE[owner.role].includes(scope));
    if (tooMuch !== undefined) throw new KeyError(`the role ${owner.role} cannot have the scope ${tooMuch}`);
    if (wanted.scopes.length === 0) throw new KeyError('a key needs at least one scope');
    if (wanted.expiresAt !== undefined && wanted.expiresAt <= this.#clock.now())
      throw new KeyError('the key would have expired already');
    const { key, issued } = this.#make(owner, wanted);
    await this.#store.addKey(key);
    return issued;
  }

  /** False when there is no such key or it was revoked before. */
  async revokeKey(keyId: string): Promise<boolean> {
    const revoked = await this.#store.revokeKey(keyId, this.#clock.now());
    this.#cache.delete(keyId);
    return revoked;
  }

  /** Never the secrets, nor their hashes. */
  async listKeys(ownerId?: string): Promise<Omit<KeyRecord, 'secretSha256'>[]> {
    const keys = await this.#store.listKeys(ownerId);
    return keys.map(({ secretSha256: _secret, ...shown }) => shown);
  }

  async #createPerson(tenantId: string, role: 'player' | 'operator', label: string): Promise<IssuedKey> {
    const owner: Owner = { ownerId: newId('usr', this.#clock.now()), tenantId, role, label: cut(label) };
    const { key, issued } = this.#make(owner, { ownerId: owner.ownerId, scopes: SCOPES_OF_ROLE[role], label });
    await this.#store.addOwner(owner, key);
    return issued;
  }

  #make(owner: Owner, wanted: NewKey): { key: KeyRecord; issued: IssuedKey } {
    const now = this.#clock.now();
    const keyId = newId('key', now);
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const { ownerId, role, tenantId } = owner;
    const { expiresAt = null, label = '', scopes } = wanted;
    const who = { keyId, ownerId, tenantId, role, scopes };
    const key: KeyRecord = {
      ...who,
      secretSha256: sha256(secret),
      label: cut(label),
      createdAt: now,
      expiresAt,
      revokedAt: null,
    };
    return { key, issued: { keyId, ownerId, tenantId, apiKey: `${keyId}.${secret}` } };
  }

  #find(keyId: string): Promise<KeyRecord | null> {
    const now = this.#age();
    if (now >= this.#refreshAt) this.#refresh(now);
    this.#used.add(keyId);
    const known = this.#cache.get(keyId);
    if (known && known.until > now) return known.record;
    const record = this.#store.findKeys([keyId]).then(([found]) => found ?? null);
    this.#remember(keyId, { record, until: now + KEY_CACHE_MS });
    // A failed look-up is not an answer to remember.
    record.catch(() => this.#cache.delete(keyId));
    return record;
  }

  /** What was not asked for meanwhile runs out; so does everything when the store does not answer. */
  #refresh(now: number): void {
    this.#refreshAt = now + REFRESH_MS;
    const keyIds = [...this.#used].filter((keyId) => this.#cache.has(keyId));
    this.#used.clear();
    if (keyIds.length === 0) return;
    this.#store.findKeys(keyIds).then(
      (records) => {
        const found = new Map(records.map((record) => [record.keyId, record]));
        const until = now + KEY_CACHE_MS;
        for (const keyId of keyIds) {
          const known = this.#cache.get(keyId);
          // Forgotten meanwhile, as by a revocation, or looked up since: the newer look counts.
          if (known && known.until < until) this.#cache.set(keyId, { record: Promise.resolve(found.get(keyId) ?? null), until });
        }
      },
      () => undefined, // who asks next looks for itself, and hears of the failure
    );
  }

  #remember(keyId: string, known: Known): void {
    this.#cache.delete(keyId); // the map keeps the order of insertion: the first is the oldest
    this.#cache.set(keyId, known);
    if (this.#cache.size > KEY_CACHE_MAX) this.#cache.delete(this.#cache.keys().next().value as string);
  }
}

function isAlive(record: KeyRecord, now: number): boolean {
  return record.revokedAt === null && (record.expiresAt === null || now < record.expiresAt);
}

function sha256(secret: string): Buffer {
  return hash('sha256', Buffer.from(secret, 'base64url'), 'buffer');
}

function newId(prefix: 'usr' | 'ten' | 'key', now: number): string {
  return makeId(prefix, now, randomBytes(10));
}

function cut(label: string): string {
  return label.slice(0, LABEL_MAX);
}
