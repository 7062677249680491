// The writers of this process: its share of the shards, the door through which others reach them, prices, commands from the bus, signed heads.
import { join } from 'node:path';
import { type Refusal, refuse } from '#core/base/refusal.ts';
import type { Lane } from '#core/kernel/command.ts';
import { CommandInput, type SteppedClock } from '#engine/command-input.ts';
import { encodeAnswer } from '#engine/envelope.ts';
import { HEAD_EXPORT_MS, HeadExport } from '#engine/journal/head-export.ts';
import { HousePricer } from '#engine/pricing/house-pricer.ts';
import { startQuoteStream } from '#engine/odds/quote-stream.ts';
import { QuoteBoard } from '#engine/quote-board.ts';
import { shardOfCommand } from '#engine/shards/shard-router.ts';
import type { Subscription } from '#ports/bus.ts';
import { VirtualClock } from '#adapters/memory/virtual-clock.ts';
import { DoorServer } from '#adapters/door/door-server.ts';
import { EXECUTABLE_BOOK } from '../books.ts';
import { answerQuestion } from '#api/questions/questions.ts';
import { LEASE_TTL_MS } from '../ledgers.ts';
import type { Running, Runtime } from '../runtime.ts';
import { internalToken } from './internal-token.ts';
import { type DiskWatch, watchDisk } from './disk-watch.ts';
import { holdShard } from '../shards/held-shard.ts';
import { watchLags } from '../watch/projection-lag.ts';
import { ShardSharing } from '../shards/shard-sharing.ts';
import { holderName } from './standing-by.ts';

/** Commands are answered `busy` while the read models are further behind than this, ms. */
const LAG_MS_MAX = 10_000;
const DISK_RETRY_MS = 10_000;

export async function startWriterRole(runtime: Runtime): Promise<Running> {
  const { environment } = runtime.context;
  const door = await DoorServer.open({
    host: environment.INTERNAL_HOST,
    port: environment.DOOR_PORT,
    token: await internalToken(environment),
    commands: { submit: (encoded, traceparent) => submitHere(runtime, encoded, traceparent) },
    answer: (question) => answerQuestion((shard) => runtime.writers.get(shard) ?? null, question),
  });
  const lags = watchLags(runtime);
  const disk = await watchDisk(runtime);
  const board = new QuoteBoard();
  const recorded = environment.CLOCK === 'recorded' ? new VirtualClock(0) : null;
  const holdBack = (lane: Lane, shard: number): Refusal | null => heldBack(lane, lags.ms(shard), disk);
  const name = holderName();
  const lease = { holder: name, address: door.address, ttlMs: LEASE_TTL_MS };
  const bus = commandsFromBus(runtime, recorded);
  const sharing = new ShardSharing(runtime, {
    name,
    all: recorded === null,
    async hold(shard) {
      const held = await holdShard(runtime, shard, { lease, board, holdBack, recorded });
      if (held) bus.open();
      return held;
    },
  });
  // Prices are listened to while a lease that a killed process left behind runs out: both take seconds, and the first bet needs both.
  const listening = startQuoteStream({
    bus: runtime.bus,
    group: 'writer',
    broadcast: true,
    store: runtime.odds,
    books: new Set([EXECUTABLE_BOOK]),
    onQuote: (quote) => {
      if (board.put(quote)) for (const writer of runtime.writers.values()) writer.putQuote(null);
    },
  });
  const [quotes] = await Promise.all([listening, sharing.start()]);
  const heads = await startHeads(runtime, sharing);
  const pricer = new HousePricer({
    ledgers: () =>
      [...runtime.writers.values()].flatMap(({ state, status }) =>
        status === 'writing' && state ? [...state.ledgers.values()] : [],
      ),
    book: runtime.desk,
    odds: runtime.odds,
    clock: runtime.context.clock,
    log: runtime.context.log,
  });
  pricer.start();
  return {
    async stop() {
      await pricer.stop();
      await sharing.withdraw();
      await door.close();
      await bus.close();
      await quotes.stop();
      const { held } = sharing;
      await sharing.stop();
      await heads.stop(held);
      lags.stop();
      disk.stop();
    },
  };
}

/** What people and bots ask for makes the journal grow and can wait; results, settlement and control must find room while there is some. */
function heldBack(lane: Lane, lagMs: number, disk: DiskWatch): Refusal | null {
  if (lagMs > LAG_MS_MAX) return refuse('busy', { retryAfterMs: 100 });
  if (disk.low && (lane === 'people' || lane === 'bots')) return refuse('storage_full', { retryAfterMs: DISK_RETRY_MS });
  return null;
}

/** Through the door come commands for shards that this process holds, and for no others: those are asked of their holder. */
async function submitHere(runtime: Runtime, encoded: string, traceparent: string | undefined): Promise<string> {
  const shard = shardOfCommand(encoded);
  const entrance = runtime.entrances.get(shard);
  if (entrance) return entrance.submit(encoded, traceparent);
  return encodeAnswer({ commandId: '', shard, seq: 0, result: refuse('writer_moving') });
}

/**
 * Taken from the bus once a shard is held, and passed on to wherever each belongs. Nobody waits for it: brokers give no place in a group while
 * they wait for a member that was killed, and bets that come through the door need none.
 */
function commandsFromBus(runtime: Runtime, clock: SteppedClock | null): { open(): void; close(): Promise<void> } {
  let subscribing: Promise<Subscription> | null = null;
  let subscription: Subscription | null = null;
  let closed = false;
  return {
    open() {
      if (subscribing || closed) return;
      const { writer } = runtime;
      const input = new CommandInput(runtime.commands, runtime.context.shards, clock && writer ? { writer, clock } : null);
      subscribing = runtime.bus.subscribe('commands', 'writer', (messages) => input.take(messages));
      subscribing.then(
        (opened) => {
          subscription = opened;
          if (closed) void opened.close();
        },
        (error: unknown) => closed || runtime.fail(`no commands from the bus: ${String(error)}`),
      );
    },
    async close() {
      closed = true;
      await subscription?.close();
    },
  };
}

/** Exports the heads of what is held here. */
async function startHeads(runtime: Runtime, sharing: ShardSharing): Promise<{ stop(held: readonly number[]): Promise<void> }> {
  const { clock, environment, log } = runtime.context;
  const heads = await HeadExport.open(join(environment.dataDir, 'heads'));
  const journal = runtime.context.sharedJournal();
  const exportAll = async (held: readonly number[]): Promise<void> => {
    try {
      for (const shard of held) {
        const head = await journal.head(shard);
        if (head) await heads.add(head, clock.now());
      }
    } catch (error) {
      log.warn('heads.export_failed', { error: String(error) });
    }
  };
  const timer = setInterval(() => void exportAll(sharing.held), HEAD_EXPORT_MS);
  return {
    async stop(held) {
      clearInterval(timer);
      await exportAll(held);
    },
  };
}
