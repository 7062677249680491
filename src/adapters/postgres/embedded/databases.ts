// What is done over a connection once the embedded server answers: prove that it is the expected one, make and drop databases.
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, escapeIdentifier } from 'pg';
import type { Binaries } from './binaries.ts';
import { DATABASE, OWNER_ROLE } from './data-directory.ts';
import type { DataPlace } from './data-place.ts';
import { runAs } from './run-as.ts';
import { diagnose } from './start-error.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const CLOSING_MS = 1_000;
const CLOSING_POLL_MS = 10;
/** SQLSTATE: a database of that name exists (42P04, or 23505 when two make it at once); none of that name (3D000); wrong password (28P01). */
const EXISTS = new Set(['42P04', '23505']);
const WRONG_PASSWORD = '28P01';

export function serverUrl(port: number, secret: string, database: string = DATABASE): string {
  return `postgresql://${OWNER_ROLE}:${secret}@127.0.0.1:${port}/${database}`;
}

/** Creates an empty database on the server of `url` and returns its address. One that exists is left as it is. */
export async function createDatabase(url: string, name: string): Promise<string> {
  const target = new URL(url);
  await withClient(url, async (client) => {
    try {
      await client.query(`CREATE DATABASE ${escapeIdentifier(name)}`);
    } catch (error) {
      if (!EXISTS.has(sqlState(error))) throw error;
    }
  });
  target.pathname = `/${encodeURIComponent(name)}`;
  return target.href;
}

/**
 * Drops a database of the server of `url` (which must name another one). Connections get a moment to close, since a pool's end() resolves before its
 * sockets have; those that stay are ended.
 */
export async function dropDatabase(url: string, name: string): Promise<void> {
  await withClient(url, async (client) => {
    const deadline = Date.now() + CLOSING_MS;
    const connections = 'SELECT 1 FROM pg_stat_activity WHERE datname = $1 LIMIT 1';
    while (Date.now() < deadline && ((await client.query(connections, [name])).rowCount ?? 0) > 0) await sleep(CLOSING_POLL_MS);
    await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
  });
}

/**
 * Proves by password that the server is ours and makes the database on first use. Returns 'wrong-password' when the password file
 * was lost or replaced; any other fault is thrown.
 */
export async function logIn(port: number, secret: string): Promise<'in' | 'wrong-password'> {
  try {
    await withClient(serverUrl(port, secret, 'postgres'), async (client) => {
      const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
      if (found.rowCount === 0) await client.query(`CREATE DATABASE ${escapeIdentifier(DATABASE)}`);
    });
    return 'in';
  } catch (error) {
    if (sqlState(error) === WRONG_PASSWORD) return 'wrong-password';
    throw error;
  }
}

/** Compresses full pages in the write-ahead log where this build can do it cheaply (lz4); called once, on a new database. */
export async function tuneNewServer(port: number, secret: string): Promise<void> {
  await withClient(serverUrl(port, secret, 'postgres'), async (client) => {
    const lz4 = await client.query(`SELECT 1 FROM pg_settings WHERE name = 'wal_compression' AND 'lz4' = ANY (enumvals)`);
    if (lz4.rowCount === 0) return;
    await client.query(`ALTER SYSTEM SET wal_compression = 'lz4'`);
    await client.query('SELECT pg_reload_conf()');
  });
}

/** Gives the superuser the password of the file again, with the server down: who may write the data files owns the database anyway. */
export async function resetPassword(data: DataPlace, binaries: Binaries, secret: string): Promise<void> {
  const args = ['--single', '-D', data.real, '-c', 'unix_socket_directories=', 'postgres'];
  const statement = `ALTER ROLE ${escapeIdentifier(OWNER_ROLE)} PASSWORD '${secret}'\n`;
  const { code, output } = await runAs(data.account, binaries.postgres, args, statement);
  if (code !== 0 || /\b(ERROR|FATAL|PANIC):/.test(output)) throw diagnose(output, 'setting the password of the database again');
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'palpite-start',
  });
  client.on('error', () => {}); // a connection cut while idle shows in the next query
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
