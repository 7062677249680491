// The projector in a thread of its own: folding and writing read models must not delay the writer.
import { parentPort, workerData } from 'node:worker_threads';
import pg from 'pg';
import type { ChainPlace } from '#engine/journal/chain-reader.ts';
import { Follower } from '#engine/journal/follower.ts';
import { readingRecent, RecentBlocks } from '#engine/journal/recent-blocks.ts';
import { Projector } from '#engine/projections/projector.ts';
import { shardHeads } from '#adapters/postgres/database.ts';
import { PostgresJournal } from '#adapters/postgres/journal/postgres-journal.ts';
import { PostgresProjections } from '#adapters/postgres/reads/postgres-projections.ts';
import { PostgresSnapshots } from '#adapters/postgres/journal/postgres-snapshots.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import type { Block } from '#ports/journal.ts';
import { Rest } from '#ports/rest.ts';
import type { FromProjector, ProjectorData, ToProjector } from './projector-thread.ts';

const { batchEventsMax, followed, inUse = false, shards, url } = workerData as ProjectorData;
/** How often the heads of all chains are looked at, ms. */
const HEADS_MS = 50;
/** A projector that is woken by that looks by itself only this often, ms. */
const WATCHED_IDLE_MS = 2_000;
/** Connections when the number of shards is not known. */
const POOL_MAX = 8;
/** How often a due snapshot is looked for, ms. */
const SNAPSHOT_CHECK_MS = 1_000;
/** Read models may be this much older than need be, ms: a bettor waits for his own bet no longer than for the network. */
const REST_MS_MAX = 100;
const port = parentPort;
if (!port) throw new Error('projector-worker.ts runs in a worker thread');

const pool = new pg.Pool({
  connectionString: url,
  max: inUse ? POOL_MAX : shards.length * 2 + 1,
  application_name: 'palpite projector',
});
pool.on('error', (error) => tell({ type: 'log', event: 'projector.connection_lost', error: error.message }));
const appender = new pg.Client({ connectionString: url }); // never used for appending, and never connected
const journal = new PostgresJournal(appender, pool);
const recent = new RecentBlocks();
const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (event: string, fields: object = {}) => tell({ type: 'log', event, error: JSON.stringify(fields) }),
};

const followers = new Map<number, Follower>();
const projectors = new Map<number, Projector>();
const projections = new PostgresProjections(pool);
const rest = new Rest();

async function add(shard: number, followed: boolean): Promise<void> {
  if (followed) await follow(shard);
  const onProgress = (place: { seq: number; blockNo: number }, recordedAt: number): void =>
    tell({ type: 'progress', shard, seq: place.seq, blockNo: place.blockNo, recordedAt });
  const onBlock = (block: Block, events: readonly NewEvent[]): void => followers.get(shard)?.take(block, events);
  const options = { shard, restMsMax: REST_MS_MAX, onProgress, onBlock };
  const projector = new Projector(
    { ...options, ...(batchEventsMax ? { batchEventsMax } : {}), ...(inUse ? { idleMs: WATCHED_IDLE_MS } : {}) },
    { journal: readingRecent(journal, recent), projections, log },
  );
  projectors.set(shard, projector);
  projector.start();
}

async function follow(shard: number): Promise<void> {
  followers.delete(shard); // blocks that come meanwhile are read from the journal
  const onSnapshot = ({ blockNo, hash: blockHash, seq }: ChainPlace, stateHash: string): void =>
    tell({ type: 'snapshot', shard, blockNo, seq, blockHash, stateHash });
  const follower = new Follower({ shard }, { journal, snapshots: new PostgresSnapshots(pool), log, onSnapshot });
  await follower.start(Date.now());
  followers.set(shard, follower);
}

/** One look at all heads wakes whoever is behind: idle shards cost nothing else. */
async function watchHeads(): Promise<void> {
  while (!rest.ended) {
    try {
      for (const [shard, blockNo] of await shardHeads(pool)) {
        if (rest.ended) return;
        const projector = projectors.get(shard);
        if (!projector) await add(shard, true);
        else if ((projector.place?.blockNo ?? 0) < blockNo) projector.notify();
      }
    } catch (error) {
      tell({ type: 'log', event: 'projector.heads_not_read', error: String(error) });
    }
    await rest.for(HEADS_MS);
  }
}

for (const shard of shards) await add(shard, followed.includes(shard));
const watching = inUse ? watchHeads() : Promise.resolve();
const timer = setInterval(() => {
  for (const follower of followers.values()) follower.snapshotIfDue(Date.now());
}, SNAPSHOT_CHECK_MS);

port.on('message', (message: ToProjector) => {
  if (message.type === 'committed') {
    recent.add(message.block);
    projectors.get(message.block.shard)?.notify();
  }
  if (message.type === 'follow') void follow(message.shard);
  if (message.type === 'stop') void stop();
});

async function stop(): Promise<void> {
  rest.end();
  await watching;
  await Promise.all([...projectors.values()].map((projector) => projector.stop()));
  clearInterval(timer);
  await Promise.all([...followers.values()].map((follower) => follower.finish(Date.now())));
  await pool.end();
  port?.close();
}

function tell(message: FromProjector): void {
  port?.postMessage(message);
}
