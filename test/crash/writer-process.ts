// A whole writing process for the crash test: writer, projector and follower on one database, driven over IPC. Dies at the point it is told.
import { openDatabase } from '#adapters/postgres/database.ts';
import { PostgresJournal } from '#adapters/postgres/journal/postgres-journal.ts';
import { PostgresProjections } from '#adapters/postgres/reads/postgres-projections.ts';
import { PostgresSnapshots } from '#adapters/postgres/journal/postgres-snapshots.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { failpoint, onFailpoint } from '#engine/failpoint.ts';
import { Follower } from '#engine/journal/follower.ts';
import { Projector } from '#engine/projections/projector.ts';
import { Writer } from '#engine/writer.ts';
import { type Log, silentLog } from '#ports/log.ts';

export interface CrashOrders {
  readonly url: string;
  readonly shard: number;
  readonly holder: string;
  readonly ttlMs: number;
  /** Where to die, and at which pass; '' for nowhere. */
  readonly point: string;
  readonly pass: number;
}

export type ToWriter = { type: 'quote'; quote: Quote } | { type: 'command'; id: string; encoded: string } | { type: 'stop' };
export type FromWriter =
  | { type: 'ready'; epoch: number }
  | { type: 'answer'; id: string; answer: string }
  | { type: 'error'; what: string };

const SNAPSHOT_EVENTS = 200;
const orders = JSON.parse(process.env['CRASH_ORDERS'] ?? '{}') as CrashOrders;

let passes = 0;
if (orders.point !== '') {
  onFailpoint((name) => {
    if (name === orders.point && ++passes >= orders.pass) process.kill(process.pid, 'SIGKILL');
  });
}

const tell = (message: FromWriter, sent: () => void = () => undefined): void => void process.send?.(message, undefined, {}, sent);
const log: Log = {
  ...silentLog,
  error: (event, fields) => tell({ type: 'error', what: `${event} ${JSON.stringify(fields ?? {})}` }),
};

const { holder, shard, ttlMs, url } = orders;
const database = await openDatabase({ url, dataDir: '', log: () => undefined, migrate: false, poolSize: 4 });
const journal = new PostgresJournal(await database.connect(), database.pool);
const snapshots = new PostgresSnapshots(database.pool);
const clock = new SystemClock();
const follower = new Follower({ shard, everyEvents: SNAPSHOT_EVENTS }, { journal, snapshots, log });
await follower.start(Date.now());
const projector = new Projector(
  {
    shard,
    onBlock: (block, events) => {
      follower.take(block, events);
      follower.snapshotIfDue(Date.now());
    },
  },
  { journal, projections: new PostgresProjections(database.pool), log },
);
const writer = new Writer(
  { shard, lease: { holder, address: '', ttlMs }, keysMax: 100_000, onCommit: () => projector.notify() },
  { journal, snapshots, clock, log },
);

process.on('message', (message: ToWriter) => {
  if (message.type === 'quote') writer.putQuote(message.quote);
  else if (message.type === 'stop') void stop();
  else {
    const { encoded, id } = message;
    void writer.submit(encoded).then((answer) => tell({ type: 'answer', id, answer }, () => failpoint('after-answer')));
  }
});

while (!(await writer.start())) await new Promise((resolve) => setTimeout(resolve, 50));
projector.start();
const renewal = setInterval(() => void journal.renew(shard, writer.epoch, ttlMs).catch(() => undefined), ttlMs / 3);
tell({ type: 'ready', epoch: writer.epoch });

async function stop(): Promise<void> {
  clearInterval(renewal);
  await writer.stop();
  await projector.stop();
  await projector.catchUp();
  await follower.finish(Date.now());
  await database.close();
  process.disconnect?.();
}
