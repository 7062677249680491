// A PostgreSQL of the bench's own: the embedded server with its shipped settings (fsync on), in a folder that is removed afterwards.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '#adapters/postgres/database.ts';

export async function withBenchDatabase<T>(use: (database: Database) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'palpite-bench-'));
  await chmod(dir, 0o755); // else the account that runs PostgreSQL cannot enter, and the data would go elsewhere and stay there
  const database = await openDatabase({ dataDir: join(dir, 'postgres'), log: () => undefined, poolSize: 32 });
  try {
    return await use(database);
  } finally {
    await database.close();
    await rm(dir, { recursive: true, force: true });
  }
}

export async function assertDurable(database: Database): Promise<{ fsync: string; synchronousCommit: string; version: string }> {
  const { rows } = await database.pool.query(
    `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS sync, current_setting('server_version') AS version`,
  );
  const { fsync, sync, version } = rows[0];
  if (fsync !== 'on' || sync !== 'on') throw new Error(`not durable: fsync ${fsync}, synchronous_commit ${sync}`);
  return { fsync, synchronousCommit: sync, version };
}

export function note(text: string): void {
  console.error(text);
}

export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return quantile(sorted, 0.5);
}
