// The projector in a thread of its own: folding and writing read models must not delay the writer.
import { parentPort, workerData } from 'node:worker_threads';
import pg from 'pg';
import { Projector } from '#engine/projections/projector.ts';
import { PostgresJournal } from '#adapters/postgres/postgres-journal.ts';
import { PostgresProjections } from '#adapters/postgres/postgres-projections.ts';
import type { FromProjector, ProjectorData, ToProjector } from './projector-thread.ts';

const { url, shards } = workerData as ProjectorData;
const port = parentPort;
if (!port) throw new Error('projector-worker.ts runs in a worker thread');

const pool = new pg.Pool({ connectionString: url, max: shards.length * 2 + 1, application_name: 'palpite projector' });
pool.on('error', (error) => tell({ type: 'log', event: 'projector.connection_lost', error: error.message }));
const appender = new pg.Client({ connectionString: url }); // never used for appending, and never connected
const journal = new PostgresJournal(appender, pool);
const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (event: string, fields: object = {}) => tell({ type: 'log', event, error: JSON.stringify(fields) }),
};

const projectors = new Map(
  shards.map((shard) => {
    const projections = new PostgresProjections(pool);
    const onProgress = (place: { seq: number; blockNo: number }, recordedAt: number): void =>
      tell({ type: 'progress', shard, seq: place.seq, blockNo: place.blockNo, recordedAt });
    return [shard, new Projector({ shard, onProgress }, { journal, projections, log })] as const;
  }),
);
for (const projector of projectors.values()) projector.start();

port.on('message', (message: ToProjector) => {
  if (message.type === 'notify') projectors.get(message.shard)?.notify();
  else void stop();
});

async function stop(): Promise<void> {
  await Promise.all([...projectors.values()].map((projector) => projector.stop()));
  await pool.end();
  port?.close();
}

function tell(message: FromProjector): void {
  port?.postMessage(message);
}
