// Principals and keys in SQL. Every change and its line in the audit log are one statement or one transaction.
import type pg from 'pg';
import type { KeyRecord, Owner, PrincipalStore, Role, Scope } from '#ports/identity.ts';

const FIRST_OPERATOR_LOCK = 0x6f706572; // "oper": two first starts at once make one operator
const KEY_COLUMNS = `k.key_id, k.owner_id, k.tenant_id, k.secret_sha256, k.scopes, k.label, k.created_at, k.expires_at, k.revoked_at, p.role`;

export class PostgresPrincipals implements PrincipalStore {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async findKeys(keyIds: readonly string[]): Promise<KeyRecord[]> {
    const { rows } = await this.#pool.query<KeyRow>({
      name: 'find_keys',
      text: `SELECT ${KEY_COLUMNS} FROM api_keys k JOIN principals p USING (owner_id) WHERE k.key_id = ANY($1)`,
      values: [keyIds],
    });
    return rows.map(keyOf);
  }

  async listKeys(ownerId?: string): Promise<KeyRecord[]> {
    const { rows } = await this.#pool.query<KeyRow>(
      `SELECT ${KEY_COLUMNS} FROM api_keys k JOIN principals p USING (owner_id) WHERE $1::text IS NULL OR k.owner_id = $1 ORDER BY k.key_id`,
      [ownerId ?? null],
    );
    return rows.map(keyOf);
  }

  async findOwner(ownerId: string): Promise<Owner | null> {
    const { rows } = await this.#pool.query<OwnerRow>(`${SELECT_OWNER} WHERE owner_id = $1`, [ownerId]);
    return rows[0] ? ownerOf(rows[0]) : null;
  }

  async addFirstOperator(first: { owner: Owner; tenantName: string; key: KeyRecord }): Promise<{ owner: Owner; added: boolean }> {
    return this.#transaction(async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1)', [FIRST_OPERATOR_LOCK]);
      const { rows } = await client.query<OwnerRow>(
        `${SELECT_OWNER} WHERE role = 'operator' ORDER BY created_at, owner_id LIMIT 1`,
      );
      if (rows[0]) return { owner: ownerOf(rows[0]), added: false };
      await client.query('INSERT INTO tenants (tenant_id, name) VALUES ($1, $2)', [first.owner.tenantId, first.tenantName]);
      await insertOwner(client, first.owner);
      await insertKey(client, first.key);
      return { owner: first.owner, added: true };
    });
  }

  async addOwner(owner: Owner, key: KeyRecord | null): Promise<void> {
    await this.#transaction(async (client) => {
      await insertOwner(client, owner);
      if (key) await insertKey(client, key);
    });
  }

  async addKey(key: KeyRecord): Promise<void> {
    await this.#transaction((client) => insertKey(client, key));
  }

  async revokeKey(keyId: string, at: number): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `WITH revoked AS (UPDATE api_keys SET revoked_at = to_timestamp($2::float8 / 1000) WHERE key_id = $1 AND revoked_at IS NULL RETURNING tenant_id, owner_id)
       INSERT INTO audit_log (tenant_id, actor_id, action, target) SELECT tenant_id, owner_id, 'key.revoked', $1 FROM revoked`,
      [keyId, at],
    );
    return rowCount === 1;
  }

  async #transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined); // a lost connection undoes it as well
      throw error;
    } finally {
      client.release();
    }
  }
}

const SELECT_OWNER = 'SELECT owner_id, tenant_id, role, label FROM principals';

async function insertOwner(client: pg.PoolClient, owner: Owner): Promise<void> {
  const { label, ownerId, role, tenantId } = owner;
  await client.query('INSERT INTO principals (owner_id, tenant_id, role, label) VALUES ($1, $2, $3, $4)', [
    ownerId,
    tenantId,
    role,
    label,
  ]);
  await audit(client, { tenantId, actorId: ownerId, action: 'principal.added', target: ownerId, detail: { role } });
}

async function insertKey(client: pg.PoolClient, key: KeyRecord): Promise<void> {
  const { expiresAt, keyId, label, ownerId, scopes, secretSha256, tenantId } = key;
  await client.query(
    `INSERT INTO api_keys (key_id, owner_id, tenant_id, secret_sha256, scopes, label, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7::float8 / 1000), to_timestamp($8::float8 / 1000))`,
    [keyId, ownerId, tenantId, secretSha256, scopes, label, key.createdAt, expiresAt],
  );
  await audit(client, { tenantId, actorId: ownerId, action: 'key.added', target: keyId, detail: { scopes, expiresAt } });
}

interface AuditLine {
  readonly tenantId: string;
  readonly actorId: string;
  readonly action: string;
  readonly target: string;
  readonly detail: Record<string, unknown>;
}

/** One line of the audit log, in the caller's transaction. */
export async function audit(client: pg.ClientBase, line: AuditLine): Promise<void> {
  const { action, actorId, detail, target, tenantId } = line;
  await client.query('INSERT INTO audit_log (tenant_id, actor_id, action, target, detail) VALUES ($1, $2, $3, $4, $5)', [
    tenantId,
    actorId,
    action,
    target,
    JSON.stringify(detail),
  ]);
}

interface OwnerRow {
  owner_id: string;
  tenant_id: string;
  role: Role;
  label: string;
}

interface KeyRow {
  key_id: string;
  owner_id: string;
  tenant_id: string;
  role: Role;
  secret_sha256: Buffer;
  scopes: Scope[];
  label: string;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
}

function ownerOf(row: OwnerRow): Owner {
  return { ownerId: row.owner_id, tenantId: row.tenant_id, role: row.role, label: row.label };
}

function keyOf(row: KeyRow): KeyRecord {
  return {
    keyId: row.key_id,
    ownerId: row.owner_id,
    tenantId: row.tenant_id,
    role: row.role,
    scopes: row.scopes,
    secretSha256: row.secret_sha256,
    label: row.label,
    createdAt: row.created_at.getTime(),
    expiresAt: row.expires_at?.getTime() ?? null,
    revokedAt: row.revoked_at?.getTime() ?? null,
  };
}
