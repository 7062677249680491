// Brings a database to the schema this program ships: NNNN-name.sql files, in order, each in a transaction of its own, forward only.
// Every step holds one advisory lock (released with its transaction, so it works behind a connection pooler) and reads again what was
// applied: of many processes that start at once one works and the rest wait. A file that was applied never changes afterwards.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase, Pool, PoolClient } from 'pg';
import { MigrationError, SchemaNewerError, readMigrations, type Migration } from './migration-files.ts';

export type AppliedMigration = { version: number; name: string; sha256: string; appliedAt: Date };

export type MigrationStatus = {
  /** current: nothing to do; behind: `pending` has work; newer: this program is too old; altered: an applied file changed. */
  state: 'current' | 'behind' | 'newer' | 'altered';
  databaseVersion: number;
  shippedVersion: number;
  applied: AppliedMigration[];
  pending: { version: number; name: string }[];
  /** Why the state is newer or altered. */
  fault: string | undefined;
};

export type MigrateOptions = {
  dir: string;
  log?: (message: string) => void;
  /** How long to wait for another process that migrates. */
  waitMs?: number;
  /** How long a statement may wait for a table that others use, before the step is undone and tried again. */
  lockTimeoutMs?: number;
  statementTimeoutMs?: number;
};

const LOCK_KEY = 0x70616c70; // "palp": the advisory lock of all migrations of one database
const WAIT_MS = 600_000;
const LOCK_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 600_000;
const POLL_MS = 100;
const BUSY_ATTEMPTS_MAX = 5;
const BUSY_PAUSE_MS = 1_000;
const LOCK_NOT_AVAILABLE = '55P03';

/** Compares database and files without changing anything. */
export async function migrationStatus(database: Pool | ClientBase, options: { dir: string }): Promise<MigrationStatus> {
  const files = await readMigrations(options.dir);
  return withConnection(database, async (client) => compare(files, await readApplied(client)));
}

/** Applies what is pending and returns it. Throws SchemaNewerError or MigrationError; a failed step leaves nothing behind. */
export async function migrateUp(
  database: Pool | ClientBase,
  options: MigrateOptions,
): Promise<{ version: number; name: string }[]> {
  const files = await readMigrations(options.dir);
  return withConnection(database, async (client) => {
    const done: { version: number; name: string }[] = [];
    const deadline = Date.now() + (options.waitMs ?? WAIT_MS);
    let toldToWait = false;
    for (let busy = 0; ;) {
      const step = await tryStep(client, files, options);
      if (step === 'nothing-left') return done;
      if (typeof step === 'object') {
        busy = 0;
        done.push({ version: step.version, name: step.name });
        options.log?.(`migration ${step.version} (${step.name}) applied`);
      } else if (step === 'table-busy') {
        busy += 1;
        if (busy >= BUSY_ATTEMPTS_MAX) throw tablesBusy(options);
        options.log?.(`tables are in use; trying the migration again (${busy} of ${BUSY_ATTEMPTS_MAX})`);
        await sleep(BUSY_PAUSE_MS * busy);
      } else {
        if (Date.now() > deadline)
          throw new MigrationError('lock-timeout', 'another process has been migrating this database for too long');
        if (!toldToWait) options.log?.('another process is migrating this database; waiting');
        toldToWait = true;
        await sleep(POLL_MS);
      }
    }
  });
}

type Step = Migration | 'nothing-left' | 'someone-migrates' | 'table-busy';

/** One transaction: lock, look, apply the next file, note it. */
async function tryStep(client: ClientBase, files: readonly Migration[], options: MigrateOptions): Promise<Step> {
  await client.query('BEGIN');
  let next: Migration | undefined;
  try {
    const lock = await client.query<{ held: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS held', [LOCK_KEY]);
    if (lock.rows[0]?.held !== true) return await undone(client, 'someone-migrates');
    const status = compare(files, await readApplied(client));
    refuse(status);
    next = files.find((file) => file.version === status.pending[0]?.version);
    if (next === undefined) return await undone(client, 'nothing-left');
    await apply(client, next, options);
    await client.query('COMMIT');
    return next;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {}); // a lost connection undoes the transaction as well
    if (next !== undefined && stateOf(error) === LOCK_NOT_AVAILABLE) return 'table-busy';
    throw next === undefined || error instanceof MigrationError ? error : failed(next, error);
  }
}

async function undone<T>(client: ClientBase, result: T): Promise<T> {
  await client.query('ROLLBACK');
  return result;
}

async function apply(client: ClientBase, file: Migration, options: MigrateOptions): Promise<void> {
  await client.query(`CREATE TABLE IF NOT EXISTS public.schema_migrations (
    version int PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
  await client.query(`SET LOCAL lock_timeout = ${Math.round(options.lockTimeoutMs ?? LOCK_TIMEOUT_MS)}`);
  await client.query(`SET LOCAL statement_timeout = ${Math.round(options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS)}`);
  const before = await transactionId(client);
  await client.query(file.sql);
  if ((await transactionId(client)) !== before) {
    throw new MigrationError(
      'failed',
      `migration ${file.file} ends its own transaction; leave BEGIN, COMMIT and ROLLBACK out of it`,
    );
  }
  const values = [file.version, file.name, file.sha256];
  await client.query('INSERT INTO public.schema_migrations (version, name, sha256) VALUES ($1, $2, $3)', values);
}

async function transactionId(client: ClientBase): Promise<string> {
  const answer = await client.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id');
  return answer.rows[0]?.id ?? '';
}

async function readApplied(client: ClientBase): Promise<AppliedMigration[]> {
  const table = await client.query<{ found: boolean }>(`SELECT to_regclass('public.schema_migrations') IS NOT NULL AS found`);
  if (table.rows[0]?.found !== true) return [];
  const answer = await client.query<AppliedMigration>(
    'SELECT version, name, sha256, applied_at AS "appliedAt" FROM public.schema_migrations ORDER BY version',
  );
  return answer.rows;
}

function compare(files: readonly Migration[], applied: AppliedMigration[]): MigrationStatus {
  const databaseVersion = applied.at(-1)?.version ?? 0;
  const shippedVersion = files.at(-1)?.version ?? 0;
  const known = new Map(applied.map((row) => [row.version, row]));
  const unapplied = files.filter((file) => !known.has(file.version));
  const pending = unapplied.map(({ version, name }) => ({ version, name }));
  const base = { databaseVersion, shippedVersion, applied, pending };
  if (databaseVersion > shippedVersion) {
    return { ...base, state: 'newer', fault: new SchemaNewerError(databaseVersion, shippedVersion).message };
  }
  const changed = files.find((file) => known.has(file.version) && known.get(file.version)?.sha256 !== file.sha256);
  if (changed) return { ...base, state: 'altered', fault: `${changed.file} was changed after it had been applied` };
  const missing = applied.find((row) => !files.some((file) => file.version === row.version));
  if (missing)
    return {
      ...base,
      state: 'altered',
      fault: `migration ${missing.version} (${missing.name}) was applied but its file is gone`,
    };
  const late = unapplied.find((file) => file.version < databaseVersion);
  if (late)
    return {
      ...base,
      state: 'altered',
      fault: `${late.file} comes before migration ${databaseVersion}, which is applied already`,
    };
  return { ...base, state: pending.length === 0 ? 'current' : 'behind', fault: undefined };
}

function refuse(status: MigrationStatus): void {
  if (status.state === 'newer') throw new SchemaNewerError(status.databaseVersion, status.shippedVersion);
  if (status.state === 'altered')
    throw new MigrationError('altered', `${status.fault ?? ''}; add a new migration instead of changing an old one`);
}

async function withConnection<T>(database: Pool | ClientBase, work: (client: ClientBase) => Promise<T>): Promise<T> {
  if (!('totalCount' in database)) return work(database);
  const client: PoolClient = await database.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

function failed(file: Migration, error: unknown): MigrationError {
  const offset = error instanceof Error && 'position' in error ? Number(error.position) : Number.NaN;
  const line = Number.isNaN(offset) ? '' : `, line ${file.sql.slice(0, offset - 1).split('\n').length}`;
  const reason = error instanceof Error ? error.message : String(error);
  return new MigrationError(
    'failed',
    `${file.file}${line}: ${reason} (undone; the database is as it was before this file)`,
    error,
  );
}

function tablesBusy(options: MigrateOptions): MigrationError {
  const seconds = (options.lockTimeoutMs ?? LOCK_TIMEOUT_MS) / 1000;
  const what = `a table stayed in use: ${BUSY_ATTEMPTS_MAX} attempts of ${seconds} s each got no lock; stop the other processes and try again`;
  return new MigrationError('tables-busy', what);
}

function stateOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
