// The writer of the main shard with what belongs to it: lease, prices, relay, signed heads, the door for other processes, the ledger itself.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { makeId } from '#core/base/ids.ts';
import { type Refusal, refuse } from '#core/base/refusal.ts';
import type { Lane } from '#core/kernel/command.ts';
import { type Answer, encodeAnswer, encodeEnvelope } from '#engine/envelope.ts';
import { HEAD_EXPORT_MS, HeadExport } from '#engine/journal/head-export.ts';
import { Relay } from '#engine/journal/relay.ts';
import { CommandInput, type SteppedClock } from '#engine/command-input.ts';
import { startQuoteStream } from '#engine/odds/quote-stream.ts';
import { GATHER_MS, Writer } from '#engine/writer.ts';
import type { Commands } from '#ports/commands.ts';
import { CommandTrace } from '#engine/command-trace.ts';
import { type Block, FencedError, type Journal } from '#ports/journal.ts';
import { VirtualClock } from '#adapters/memory/virtual-clock.ts';
import { DoorServer } from '#adapters/door/door-server.ts';
import { EXECUTABLE_BOOK } from '../books.ts';
import { LEASE_TTL_MS, MAIN_LEDGER, MAIN_SHARD } from '../ledgers.ts';
import type { Running, Runtime } from '../runtime.ts';
import { startStateTeller } from '../watch/state-teller.ts';
import { internalToken } from './internal-token.ts';
import { type DiskWatch, watchDisk } from './disk-watch.ts';
import { type Lag, watchLag } from './projection-lag.ts';
import { type Hold, holderName, startUnderLease } from './standing-by.ts';

/** Commands are answered `busy` while the read models are further behind than this, ms. */
const LAG_MS_MAX = 10_000;
const DISK_RETRY_MS = 10_000;

/** Takes the chain, or stands by until its holder is gone. */
export async function startWriterRole(runtime: Runtime): Promise<Running> {
  const { context } = runtime;
  const journal = await context.journal();
  const door = await DoorServer.open({
    host: context.environment.INTERNAL_HOST,
    port: context.environment.DOOR_PORT,
    token: await internalToken(context.environment),
    commands: { submit: (encoded, traceparent) => submitTo(runtime, encoded, traceparent) },
  });
  const lag = watchLag(runtime, MAIN_SHARD);
  const disk = await watchDisk(runtime);
  const recorded = context.environment.CLOCK === 'recorded' ? new VirtualClock(0) : null;
  // A recording's blocks are old from the start: their age says nothing.
  const held = (lane: Lane): Refusal | null => (recorded ? null : holdBack(lane, lag, disk));
  const trace = runtime.traces.on ? new CommandTrace(runtime.traces, context.clock) : null;
  const writer = makeWriter(runtime, { journal, address: door.address, holdBack: held, recorded, trace });
  const standing = await startUnderLease(runtime, {
    name: 'writer',
    hold: chainHold(writer, journal),
    start: () => startWriting(runtime, writer, { journal, recorded, trace }),
  });
  return {
    async stop() {
      await door.close();
      await standing.stop();
      lag.stop();
      disk.stop();
    },
  };
}

/** The chain's own row is its lease. */
function chainHold(writer: Writer, journal: Journal): Hold {
  return {
    take: () => writer.start(),
    async renew() {
      try {
        await journal.renew(MAIN_SHARD, writer.epoch, LEASE_TTL_MS);
        return true;
      } catch (error) {
        if (error instanceof FencedError) return writer.status !== 'writing'; // recovering: it takes a new epoch
        throw error;
      }
    },
    release: () => Promise.resolve(), // given back by the writer when it stops
  };
}

async function startWriting(
  runtime: Runtime,
  writer: Writer,
  of: { journal: Journal; recorded: SteppedClock | null; trace: CommandTrace | null },
): Promise<Running> {
  const { context } = runtime;
  const { journal, recorded, trace } = of;
  // Before commands of others are let in: a command that finds no ledger is refused for good. A recording opens its own.
  if (!recorded) await openMainLedger(writer, context.clock.now());
  runtime.writer = writer;
  const entrance = openTo(writer, recorded !== null);
  runtime.entrance = trace?.over(entrance) ?? entrance;
  watch(runtime, writer);
  const quotes = await startQuoteStream({
    bus: runtime.bus,
    group: 'writer',
    broadcast: true,
    store: runtime.odds,
    books: new Set([EXECUTABLE_BOOK]),
    onQuote: (quote) => writer.putQuote(quote),
  });
  const input = new CommandInput(writer, recorded);
  const commands = await runtime.bus.subscribe('commands', 'writer', (messages) => input.take(messages));
  const relay = new Relay(MAIN_SHARD, {
    journal,
    bus: runtime.bus,
    cursors: context.cursors,
    log: context.log,
    ...(trace ? { traceparentOf: (blockNo) => trace.traceparentOf(blockNo) } : {}),
  });
  relays.set(writer, relay);
  relay.start();
  const upkeep = await startUpkeep(runtime, writer, journal);
  const teller = startStateTeller(runtime, writer);
  return {
    async stop() {
      await commands.close();
      await quotes.stop();
      await writer.stop();
      await teller.stop();
      await upkeep.stop();
      await relay.stop();
    },
  };
}

/** What people and bots ask for makes the journal grow and can wait; results, settlement and control must find room while there is some. */
function holdBack(lane: Lane, lag: Lag, disk: DiskWatch): Refusal | null {
  if (lag.ms > LAG_MS_MAX) return refuse('busy', { retryAfterMs: 100 });
  if (disk.low && (lane === 'people' || lane === 'bots')) return refuse('storage_full', { retryAfterMs: DISK_RETRY_MS });
  return null;
}

const relays = new WeakMap<Writer, Relay>();

interface WriterParts {
  readonly journal: Journal;
  readonly address: string;
  readonly holdBack: (lane: Lane) => Refusal | null;
  /** Time of a recording, when the writer lives in it. */
  readonly recorded: SteppedClock | null;
  readonly trace: CommandTrace | null;
}

function makeWriter(runtime: Runtime, of: WriterParts): Writer {
  const { clock, log, snapshots } = runtime.context;
  const { address, holdBack: held, journal, recorded, trace } = of;
  const shard = MAIN_SHARD;
  const onCommit = (block: Block): void => {
    runtime.metrics.observe('palpite_commit_events', block.lastSeq - block.firstSeq + 1, { shard });
    runtime.metrics.count('palpite_commit_bytes_total', block.body.length, { shard });
    runtime.projector?.committed(shard, block.lastSeq, block.meta.recordedAt);
    if (runtime.writer) relays.get(runtime.writer)?.notify();
  };
  const lease = { holder: holderName(), address, ttlMs: LEASE_TTL_MS };
  const timed: Journal = Object.assign(Object.create(journal) as Journal, {
    async append(block: Block): Promise<void> {
      const started = performance.now();
      const began = trace ? clock.now() : 0;
      await journal.append(block);
      trace?.appended(block, began);
      runtime.metrics.observe('palpite_commit_seconds', (performance.now() - started) / 1000, { shard });
    },
  });
  for (const method of ['acquire', 'renew', 'release', 'head', 'read', 'blockNosWithKeys'] as const) {
    Object.defineProperty(timed, method, { value: journal[method].bind(journal) });
  }
  const gatherMs = recorded ? 0 : GATHER_MS; // nothing waits in a time that stands still
  const options = { shard, lease, gatherMs, holdBack: held, onCommit };
  return new Writer(options, { journal: timed, snapshots, clock: recorded ?? clock, log });
}

/** The writer for everybody but the recording; one that plays a recording takes nothing else. */
function openTo(writer: Writer, recorded: boolean): Commands {
  const readOnly = encodeAnswer({ commandId: '', shard: MAIN_SHARD, seq: 0, result: refuse('read_only') });
  return recorded ? { submit: () => Promise.resolve(readOnly) } : writer;
}

async function submitTo(runtime: Runtime, encoded: string, traceparent: string | undefined): Promise<string> {
  if (runtime.entrance) return runtime.entrance.submit(encoded, traceparent);
  return encodeAnswer({ commandId: '', shard: MAIN_SHARD, seq: 0, result: refuse('writer_moving') });
}

async function openMainLedger(writer: Writer, now: number): Promise<void> {
  if (writer.state?.ledgers.has(MAIN_LEDGER)) return;
  const commandId = makeId('cmd', now, randomBytes(10));
  const actor = { ownerId: 'system', tenantId: 'system', via: 'worker' } as const;
  const cmd = { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' } as const;
  const answer = JSON.parse(
    await writer.submit(encodeEnvelope({ commandId, ledgerId: MAIN_LEDGER, actor, lane: 'control', cmd })),
  ) as Answer;
  if (answer.result !== 'done') throw new Error(`the main ledger cannot be opened: ${answer.result.code}`);
}

function watch(runtime: Runtime, writer: Writer): void {
  const { metrics } = runtime;
  const labels = { shard: MAIN_SHARD };
  metrics.gauge('palpite_queue_depth', () => writer.waiting, labels);
  metrics.gauge('palpite_chain_head_seq', () => writer.place?.seq ?? 0, labels);
  metrics.gauge('palpite_writer_writing', () => (writer.status === 'writing' ? 1 : 0), labels);
}

/** Exports the head, and ends the process when the writer cannot go on. */
async function startUpkeep(runtime: Runtime, writer: Writer, journal: Journal): Promise<Running> {
  const { clock, environment, log } = runtime.context;
  const heads = await HeadExport.open(join(environment.dataDir, 'heads'));
  const exportHead = async (): Promise<void> => {
    const head = await journal.head(MAIN_SHARD);
    if (head) await heads.add(head, clock.now());
  };
  const watching = setInterval(() => {
    if (writer.status === 'fenced' || writer.status === 'read_only') runtime.fail(`the writer is ${writer.status}`);
  }, 250);
  const exports = setInterval(() => {
    exportHead().catch((error: unknown) => log.warn('heads.export_failed', { error: String(error) }));
  }, HEAD_EXPORT_MS);
  return {
    async stop() {
      clearInterval(watching);
      clearInterval(exports);
      await exportHead().catch((error: unknown) => log.warn('heads.export_failed', { error: String(error) }));
    },
  };
}
