// What the roles of one process share: the context, the bus, and what one role offers another. A role takes only what it names.
import { readFileSync } from 'node:fs';
import type { Bus } from '#ports/bus.ts';
import type { Commands } from '#ports/commands.ts';
import type { Metrics } from '#ports/metrics.ts';
import type { Questions } from '#ports/questions.ts';
import type { Traces } from '#ports/traces.ts';
import type { OddsStore } from '#ports/odds-store.ts';
import type { DeskBook } from '#ports/desk-book.ts';
import type { DisputeEvidence } from '#ports/dispute-evidence.ts';
import type { Aliases } from '#ports/aliases.ts';
import { CheckedBus } from '#engine/bus/checked-bus.ts';
import { RecentBlocks } from '#engine/journal/recent-blocks.ts';
import { ShardRouter } from '#engine/shards/shard-router.ts';
import { TracedBus } from '#engine/bus/traced-bus.ts';
import type { Writer } from '#engine/writer.ts';
import { DoorClient } from '#adapters/door/door-client.ts';
import { answerQuestion } from '#api/questions/questions.ts';
import { KafkaBus } from '#adapters/kafka/kafka-bus.ts';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { PostgresAliases } from '#adapters/postgres/aliases.ts';
import { PostgresDeskBook } from '#adapters/postgres/desk-book.ts';
import { PostgresDisputeEvidence } from '#adapters/postgres/settlements/postgres-dispute-evidence.ts';
import { PostgresOddsStore } from '#adapters/postgres/odds-store.ts';
import { PrometheusMetrics } from '#adapters/system/metrics.ts';
import type { PlatformContext } from './context.ts';
import { MAIN_SHARD } from './ledgers.ts';
import { openCaches, type Caches } from './caches.ts';
import { internalToken } from './start/internal-token.ts';
import type { ProjectorThread } from './start/projector-thread.ts';
import { lagGauges } from './watch/bus-lag.ts';
import { openTraces } from './watch/traces.ts';

/** Something that was started and can be stopped. */
export interface Running {
  /** Where others reach it, when they have to. */
  readonly address?: string;
  stop(): Promise<void>;
}

export interface Runtime {
  readonly context: PlatformContext;
  readonly bus: Bus;
  /** The way to the writer of every ledger, wherever it runs. */
  readonly commands: Commands & { close(): void };
  /** What only a writer's memory knows, asked of it here or through its door. */
  readonly questions: Questions;
  readonly metrics: Metrics;
  readonly traces: Traces;
  readonly odds: OddsStore;
  readonly aliases: Aliases;
  /** What the desk offers by hand. */
  readonly desk: DeskBook;
  /** What bettors wrote for their disputes. */
  readonly evidence: DisputeEvidence;
  /** Prices and counts that gateways share: in Redis, or in this process. */
  readonly caches: Caches;
  readonly version: string;
  /** Writers of the shards that this process holds. */
  readonly writers: Map<number, Writer>;
  /** What they committed last. */
  readonly recent: RecentBlocks;
  /** Where their commands are taken: the writer itself, unless that plays a recording. */
  readonly entrances: Map<number, Commands>;
  /** The writer of the main shard, when it is here. */
  readonly writer: Writer | null;
  /** Set by the roles as they start, in the order of the table. */
  projector: ProjectorThread | null;
  /** Where the simulator of this process is. */
  supplierUrl: string | null;
  draining: boolean;
  /** Something failed that this process cannot live with. */
  fail(reason: string): void;
}

export async function makeRuntime(context: PlatformContext, fail: (reason: string) => void): Promise<Runtime> {
  const { database, environment, log } = context;
  const token = await internalToken(environment);
  const writers = new Map<number, Writer>();
  const entrances = new Map<number, Commands>();
  const doors = new Map<number, DoorClient>();
  const doorOf = (shard: number): DoorClient => {
    let door = doors.get(shard);
    if (!door) doors.set(shard, (door = new DoorClient({ address: () => context.writerAddress(shard), token, log })));
    return door;
  };
  const router = new ShardRouter({ here: (shard) => entrances.get(shard) ?? null, away: doorOf });
  const questions: Questions = {
    isHere: (shard) => writers.get(shard)?.status === 'writing',
    async ask(shard, question) {
      if (!questions.isHere(shard)) return doorOf(shard).ask(question);
      return answerQuestion((of) => writers.get(of) ?? null, question);
    },
  };
  const metrics = new PrometheusMetrics();
  const version = packageVersion();
  const traces = await openTraces(environment, { log, metrics, version });
  const bus = chooseBus(context, metrics);
  const runtime: Runtime = {
    context,
    bus: new CheckedBus(traces.on ? new TracedBus(bus, traces) : bus, log),
    commands: {
      submit: (encoded, traceparent) => router.submit(encoded, traceparent),
      close: () => {
        for (const door of doors.values()) door.close();
      },
    },
    questions,
    metrics,
    traces,
    odds: new PostgresOddsStore(database.pool),
    aliases: new PostgresAliases(database.pool),
    desk: new PostgresDeskBook(database.pool),
    evidence: new PostgresDisputeEvidence(database.pool),
    caches: await openCaches(environment, log),
    version,
    writers,
    recent: new RecentBlocks(),
    entrances,
    get writer() {
      return writers.get(MAIN_SHARD) ?? null;
    },
    projector: null,
    supplierUrl: null,
    draining: false,
    fail,
  };
  return runtime;
}

function chooseBus({ clock, environment, log }: PlatformContext, metrics: Metrics): Bus {
  const { KAFKA_BROKERS: brokers } = environment;
  return brokers === undefined ? new MemoryBus({ clock, log }) : new KafkaBus({ brokers, log, onLag: lagGauges(metrics) });
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
