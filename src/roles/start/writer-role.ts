// The writer of the main shard with what belongs to it: lease, relay, signed heads, the internal door, the ledger itself.
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeId } from '#core/base/ids.ts';
import { type Answer, encodeEnvelope } from '#engine/envelope.ts';
import { HEAD_EXPORT_MS, HeadExport } from '#engine/journal/head-export.ts';
import { Relay } from '#engine/journal/relay.ts';
import { GATHER_MS, Writer } from '#engine/writer.ts';
import { type Block, FencedError, type Journal } from '#ports/journal.ts';
import { internalToken, type InternalServer, startInternalServer } from './internal-server.ts';
import { LEASE_TTL_MS, MAIN_LEDGER, MAIN_SHARD } from '../ledgers.ts';
import type { Running, Runtime } from '../runtime.ts';

const RENEW_MS = LEASE_TTL_MS / 3;
/** A lease that a killed process left behind runs out by itself: this is how long a start waits for it. */
const TAKE_OVER_MS = LEASE_TTL_MS * 3;
/** Commands are answered `busy` while the read models are further behind than this, ms. */
const LAG_MS_MAX = 10_000;

export async function startWriterRole(runtime: Runtime): Promise<Running> {
  const { context } = runtime;
  const journal = await context.journal();
  const token = await internalToken(context.environment.dataDir);
  const door = await startInternalServer(token, (encoded) => submitTo(runtime, encoded));
  const writer = makeWriter(runtime, journal, door);
  await takeChain(writer, context.clock);
  runtime.writer = writer;
  watch(runtime, writer);
  await openMainLedger(writer, context.clock.now());
  const relay = new Relay(MAIN_SHARD, { journal, bus: runtime.bus, cursors: context.cursors, log: context.log });
  relays.set(writer, relay);
  relay.start();
  const upkeep = await startUpkeep(runtime, writer, journal);
  return {
    async stop() {
      await door.close();
      await writer.stop();
      await upkeep.stop();
      await relay.stop();
    },
  };
}

const relays = new WeakMap<Writer, Relay>();

function makeWriter(runtime: Runtime, journal: Journal, door: InternalServer): Writer {
  const { clock, log, snapshots } = runtime.context;
  const holder = `${hostname()} ${process.pid} ${randomBytes(4).toString('hex')}`;
  const shard = MAIN_SHARD;
  const onCommit = (block: Block): void => {
    runtime.metrics.observe('palpite_commit_events', block.lastSeq - block.firstSeq + 1, { shard });
    runtime.metrics.count('palpite_commit_bytes_total', block.body.length, { shard });
    runtime.projector?.committed(shard, block.lastSeq, block.meta.recordedAt);
    if (runtime.writer) relays.get(runtime.writer)?.notify();
  };
  const lagging = (): boolean => (runtime.projector?.lagMs(shard, clock.now()) ?? 0) > LAG_MS_MAX;
  const lease = { holder, address: door.address, ttlMs: LEASE_TTL_MS };
  const timed: Journal = Object.assign(Object.create(journal) as Journal, {
    async append(block: Block): Promise<void> {
      const started = performance.now();
      await journal.append(block);
      runtime.metrics.observe('palpite_commit_seconds', (performance.now() - started) / 1000, { shard });
    },
  });
  for (const method of ['acquire', 'renew', 'release', 'head', 'read', 'blockNosWithKeys'] as const) {
    Object.defineProperty(timed, method, { value: journal[method].bind(journal) });
  }
  return new Writer({ shard, lease, gatherMs: GATHER_MS, lagging, onCommit }, { journal: timed, snapshots, clock, log });
}

async function submitTo(runtime: Runtime, encoded: string): Promise<string> {
  if (!runtime.writer) throw new Error('the writer is not there yet');
  return runtime.writer.submit(encoded);
}

async function takeChain(writer: Writer, clock: { now(): number }): Promise<void> {
  const until = clock.now() + TAKE_OVER_MS;
  while (!(await writer.start())) {
    if (clock.now() > until) throw new Error('another process holds the ledger; stop it, or start this one with other roles');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
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

/** Renews the lease and exports the head; a lost lease ends the process: another one writes now. */
async function startUpkeep(runtime: Runtime, writer: Writer, journal: Journal): Promise<Running> {
  const { clock, environment, log } = runtime.context;
  const heads = await HeadExport.open(join(environment.dataDir, 'heads'));
  const exportHead = async (): Promise<void> => {
    const head = await journal.head(MAIN_SHARD);
    if (head) await heads.add(head, clock.now());
  };
  const renewal = setInterval(() => {
    if (writer.status === 'fenced' || writer.status === 'read_only') runtime.fail(`the writer is ${writer.status}`);
    journal.renew(MAIN_SHARD, writer.epoch, LEASE_TTL_MS).catch((error: unknown) => {
      if (error instanceof FencedError && writer.status === 'writing') runtime.fail(error.message);
      else log.warn('writer.renew_failed', { error: String(error) });
    });
  }, RENEW_MS);
  const exports = setInterval(() => {
    exportHead().catch((error: unknown) => log.warn('heads.export_failed', { error: String(error) }));
  }, HEAD_EXPORT_MS);
  return {
    async stop() {
      clearInterval(renewal);
      clearInterval(exports);
      await exportHead().catch((error: unknown) => log.warn('heads.export_failed', { error: String(error) }));
    },
  };
}
