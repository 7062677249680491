// One shard that this process holds: its writer with what belongs to it. The relay publishes its events, couriers carry transfers and bans.
import { randomBytes } from 'node:crypto';
import { makeId } from '#core/base/ids.ts';
import type { Command } from '#core/kernel/command.ts';
import { type Refusal, refuse } from '#core/base/refusal.ts';
import type { Lane } from '#core/kernel/command.ts';
import type { SteppedClock } from '#engine/command-input.ts';
import { CommandTrace } from '#engine/command-trace.ts';
import { type Answer, encodeAnswer, encodeEnvelope } from '#engine/envelope.ts';
import { GATHER_MS } from '#engine/gather-pause.ts';
import { readingRecent } from '#engine/journal/recent-blocks.ts';
import { Relay } from '#engine/journal/relay.ts';
import { KEY_WINDOW_MAX } from '#engine/keys/key-window.ts';
import type { QuoteBoard } from '#engine/quote-board.ts';
import { BanCourier } from '#engine/shards/ban-courier.ts';
import { TransferCourier } from '#engine/shards/transfer-courier.ts';
import { Writer } from '#engine/writer.ts';
import type { Commands } from '#ports/commands.ts';
import type { Block, Journal, Lease } from '#ports/journal.ts';
import { MAIN_LEDGER, MAIN_SHARD } from '../ledgers.ts';
import type { Running, Runtime } from '../runtime.ts';
import { marketFiles } from './market-files.ts';
import { startStateTeller } from '../watch/state-teller.ts';

/** Keys that a writer of another shard than `main` remembers; older ones are looked up. */
const KEYS_MAX = 100_000;

export interface HoldParts {
  readonly lease: Lease;
  readonly board: QuoteBoard;
  readonly holdBack: (lane: Lane, shard: number) => Refusal | null;
  /** Time of a recording, when the writer lives in it. */
  readonly recorded: SteppedClock | null;
}

export interface HeldShard extends Running {
  /** Ends writing, so that another process can take the shard. What is published and told of it afterwards ends with stop(). */
  release(): Promise<void>;
}

/** Takes a shard and opens it to commands; null when another process was first. */
export async function holdShard(runtime: Runtime, shard: number, parts: HoldParts): Promise<HeldShard | null> {
  const { context } = runtime;
  const { clock, cursors, log } = context;
  // Where bets come by the thousand, appending has a connection of its own.
  const journal = shard === MAIN_SHARD ? await context.journal() : context.sharedJournal();
  const listeners: ((block: Block) => void)[] = [];
  const trace = runtime.traces.on ? new CommandTrace(runtime.traces, clock) : null;
  let bans: BanCourier | null = null;
  const writer = makeWriter(runtime, shard, {
    ...parts,
    holdBack: (lane, ledgerId) => bans?.holdBack(lane, ledgerId) ?? parts.holdBack(lane, shard),
    journal,
    trace,
    onCommit: (block) => listeners.forEach((hear) => hear(block)),
  });
  if (!(await writer.start())) return null;
  // Before commands of others are let in: a command that finds no ledger is refused for good. A recording opens its own.
  if (shard === MAIN_SHARD && !parts.recorded) {
    await openMainLedger(writer, clock.now()).catch(async (error: unknown) => {
      await writer.stop();
      throw error;
    });
  }
  const traced = trace ? { traceparentOf: (blockNo: number) => trace.traceparentOf(blockNo) } : {};
  const onFlagged = (answers: number): void => runtime.metrics.count('palpite_answers_flagged_total', answers, { shard });
  const relay = new Relay(shard, {
    journal: readingRecent(journal, runtime.recent),
    bus: runtime.bus,
    cursors,
    log,
    onFlagged,
    ...traced,
  });
  const carrying = { writer, commands: runtime.commands, shards: context.shards, clock, log };
  const courier = new TransferCourier(carrying);
  bans = parts.recorded ? null : new BanCourier(carrying);
  listeners.push(
    () => relay.notify(),
    () => courier.notify(),
    () => bans?.notify(),
  );
  runtime.writers.set(shard, writer);
  const entrance = parts.recorded ? CLOSED : writer;
  runtime.entrances.set(shard, trace?.over(entrance) ?? entrance);
  runtime.metrics.gauge('palpite_transfers_open', () => courier.open, { shard });
  runtime.metrics.gauge('palpite_bans_behind', () => bans?.behind ?? 0, { shard });
  relay.start();
  courier.start();
  bans?.start();
  const teller = startStateTeller(runtime, writer);
  log.info('shard.held', { shard, epoch: writer.epoch });
  let released: Promise<void> | null = null;
  const release = async (): Promise<void> => {
    runtime.entrances.delete(shard);
    await Promise.all([courier.stop(), bans?.stop()]);
    await writer.stop();
    runtime.writers.delete(shard);
    runtime.metrics.gauge('palpite_transfers_open', nothing, { shard });
    runtime.metrics.gauge('palpite_bans_behind', nothing, { shard });
  };
  return {
    release: () => (released ??= release()),
    async stop() {
      await (released ??= release());
      await teller.stop();
      await relay.stop();
      log.info('shard.left', { shard });
    },
  };
}

/** What is read of a shard that was given away. It captures nothing: a reading is kept for ever, and the shard's whole state would be with it. */
const nothing = (): number => Number.NaN;

/** One that plays a recording takes nothing else. */
const CLOSED: Commands = {
  submit: () => Promise.resolve(encodeAnswer({ commandId: '', shard: MAIN_SHARD, seq: 0, result: refuse('read_only') })),
};

interface WriterParts extends Omit<HoldParts, 'holdBack'> {
  readonly holdBack: (lane: Lane, ledgerId: string) => Refusal | null;
  readonly journal: Journal;
  readonly trace: CommandTrace | null;
  readonly onCommit: (block: Block) => void;
}

function makeWriter(runtime: Runtime, shard: number, of: WriterParts): Writer {
  const { clock, log, snapshots } = runtime.context;
  const { board, holdBack, journal, lease, recorded } = of;
  const onCommit = (block: Block): void => {
    runtime.metrics.observe('palpite_commit_events', block.lastSeq - block.firstSeq + 1, { shard });
    runtime.metrics.count('palpite_commit_bytes_total', block.body.length, { shard });
    runtime.recent.add(block);
    runtime.projector?.committed(block);
    of.onCommit(block);
  };
  const gatherMs = recorded ? 0 : GATHER_MS; // nothing waits in a time that stands still
  const keysMax = shard === MAIN_SHARD ? KEY_WINDOW_MAX : KEYS_MAX;
  const load = marketFiles(runtime.context);
  const options = {
    shard,
    lease,
    gatherMs,
    load,
    keysMax,
    holdBack: recorded ? () => null : holdBack, // a recording's blocks are old from the start: their age says nothing
    onCommit,
    ...(recorded ? { anyBetId: true } : { board }),
  };
  return new Writer(options, {
    journal: timed(runtime, journal, { shard, trace: of.trace }),
    snapshots,
    clock: recorded ?? clock,
    log,
  });
}

/** The journal with its appends measured. */
function timed(runtime: Runtime, journal: Journal, { shard, trace }: { shard: number; trace: CommandTrace | null }): Journal {
  const timed: Journal = Object.assign(Object.create(journal) as Journal, {
    async append(block: Block): Promise<void> {
      const started = performance.now();
      const began = trace ? runtime.context.clock.now() : 0;
      await journal.append(block);
      trace?.appended(block, began);
      runtime.metrics.observe('palpite_commit_seconds', (performance.now() - started) / 1000, { shard });
    },
  });
  for (const method of ['acquire', 'renew', 'release', 'head', 'read', 'blockNosWithKeys'] as const) {
    Object.defineProperty(timed, method, { value: journal[method].bind(journal) });
  }
  return timed;
}

/** Opens the main ledger, and lets its results be corrected: any source decides, the first to speak, until an operator says otherwise. */
async function openMainLedger(writer: Writer, now: number): Promise<void> {
  const opened = writer.state?.ledgers.has(MAIN_LEDGER) === true;
  if (!opened) await ask(writer, now, { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' });
  const rule = writer.state?.ledgers.get(MAIN_LEDGER)?.corrections.rule ?? null;
  if (rule === null) await ask(writer, now, { type: 'SetResultRule', agree: 1, sources: [] });
}

async function ask(writer: Writer, now: number, cmd: Command): Promise<void> {
  const commandId = makeId('cmd', now, randomBytes(10));
  const actor = { ownerId: 'system', tenantId: 'system', via: 'worker' } as const;
  const answer = JSON.parse(
    await writer.submit(encodeEnvelope({ commandId, ledgerId: MAIN_LEDGER, actor, lane: 'control', cmd })),
  ) as Answer;
  if (answer.result !== 'done') throw new Error(`${cmd.type} for the main ledger is refused: ${answer.result.code}`);
}
