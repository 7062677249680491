// What the roles of one process share: the context, the bus, and what one role offers another. A role takes only what it names.
import { readFileSync } from 'node:fs';
import type { Bus } from '#ports/bus.ts';
import type { Metrics } from '#ports/metrics.ts';
import type { OddsStore } from '#ports/odds-store.ts';
import type { Aliases } from '#ports/aliases.ts';
import type { Writer } from '#engine/writer.ts';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { PostgresAliases } from '#adapters/postgres/aliases.ts';
import { PostgresOddsStore } from '#adapters/postgres/odds-store.ts';
import { PrometheusMetrics } from '#adapters/system/metrics.ts';
import type { PlatformContext } from './context.ts';
import type { ProjectorThread } from './start/projector-thread.ts';

/** Something that was started and can be stopped. */
export interface Running {
  stop(): Promise<void>;
}

export interface Runtime {
  readonly context: PlatformContext;
  readonly bus: Bus;
  readonly metrics: Metrics;
  readonly odds: OddsStore;
  readonly aliases: Aliases;
  readonly version: string;
  /** Set by the roles as they start, in the order of the table. */
  writer: Writer | null;
  projector: ProjectorThread | null;
  supplierUrl: string | null;
  requestSnapshot: (eventId: string) => void;
  draining: boolean;
  /** Something failed that this process cannot live with. */
  fail(reason: string): void;
}

export function makeRuntime(context: PlatformContext, fail: (reason: string) => void): Runtime {
  const { clock, database, log } = context;
  return {
    context,
    bus: new MemoryBus({ clock, log }),
    metrics: new PrometheusMetrics(),
    odds: new PostgresOddsStore(database.pool),
    aliases: new PostgresAliases(database.pool),
    version: packageVersion(),
    writer: null,
    projector: null,
    supplierUrl: context.environment.SUPPLIER_URL ?? null,
    requestSnapshot: () => undefined,
    draining: false,
    fail,
  };
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
