// One check of one state, in a thread of its own: folding and hashing it must delay nobody.
import { parentPort, workerData } from 'node:worker_threads';
import pg from 'pg';
import { checkState } from '#engine/state/state-check.ts';
import type { StateHash } from '#ports/state-hashes.ts';
import { PostgresJournal } from '#adapters/postgres/journal/postgres-journal.ts';
import { PostgresSnapshots } from '#adapters/postgres/journal/postgres-snapshots.ts';

const { claim, shard, url } = workerData as { url: string; shard: number; claim: StateHash };
const pool = new pg.Pool({ connectionString: url, max: 2, application_name: 'palpite state check' });
pool.on('error', () => undefined); // the query that loses its connection says so
const appender = new pg.Client({ connectionString: url }); // never used for appending, and never connected
try {
  const journal = new PostgresJournal(appender, pool);
  parentPort?.postMessage(await checkState({ journal, snapshots: new PostgresSnapshots(pool), shard }, claim));
} finally {
  await pool.end();
}
