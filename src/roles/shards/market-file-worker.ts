// One market read back from the journal, in a thread of its own: folding the chain must delay nobody.
import { parentPort, workerData } from 'node:worker_threads';
import pg from 'pg';
import { type MarketPlace, readMarketFile } from '#engine/state/market-file.ts';
import { PostgresJournal } from '#adapters/postgres/journal/postgres-journal.ts';

const { place, url } = workerData as { url: string; place: MarketPlace };
const pool = new pg.Pool({ connectionString: url, max: 2, application_name: 'palpite market file' });
pool.on('error', () => undefined); // the query that loses its connection says so
const appender = new pg.Client({ connectionString: url }); // never used for appending, and never connected
try {
  parentPort?.postMessage(await readMarketFile(new PostgresJournal(appender, pool), place));
} finally {
  await pool.end();
}
