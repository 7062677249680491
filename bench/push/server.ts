// The served side of `bench push`: the gateway's own edge, hub and bus. With KAFKA_BROKERS the prices come over Kafka from a process of their
// own, otherwise from a publisher beside it. Only what would ask a database is held in memory.
import type { AddressInfo } from 'node:net';
import { KafkaBus } from '#adapters/kafka/kafka-bus.ts';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import { depsForTests } from '#api/deps-for-tests.ts';
import { buildServer } from '#api/server.ts';
import { CONNECTION_LIMITS } from '#api/socket/connections.ts';
import { feedHub } from '#api/socket/feed-hub.ts';
import { OddsHub } from '#api/socket/odds-hub.ts';
import type { QuotesUpdate } from '#api/socket/odds-room.ts';
import type { NumberedQuote } from '#core/catalog/quote.ts';
import { CheckedBus } from '#engine/bus/checked-bus.ts';
import { silentLog } from '#ports/log.ts';
import type { Span } from '#ports/traces.ts';
import { Publisher } from './publisher.ts';
import { type Ask, eventIdOf, FIXTURES, MARKETS, quoteOf } from './scene.ts';

const brokers = process.env['KAFKA_BROKERS'];
const stored = new Map<string, Map<string, NumberedQuote>>();
const bus = new CheckedBus(
  brokers === undefined ? new MemoryBus({ clock: new SystemClock() }) : new KafkaBus({ brokers }),
  silentLog,
);
const load = (eventId: string): Promise<NumberedQuote[]> => Promise.resolve([...(stored.get(eventId)?.values() ?? [])]);
/** Keeps what a database would know: asked only by who subscribes, and after a loss. */
class StoringHub extends OddsHub {
  override publish(change: QuotesUpdate, span: Span | null = null): void {
    for (const row of change.quotes) keep(change.eventId, row);
    super.publish(change, span);
  }
}
const odds = new StoringHub({ load, stored: load });

function keep(eventId: string, row: NumberedQuote): void {
  let rows = stored.get(eventId);
  if (!rows) stored.set(eventId, (rows = new Map()));
  rows.set(row.quote.marketId, row);
}

for (let fixture = 0; fixture < FIXTURES; fixture++)
  for (let n = 1; n <= MARKETS; n++) keep(eventIdOf(fixture), quoteOf(fixture, n));

const publisher = brokers === undefined ? new Publisher(bus, keep) : null;
await feedHub(bus, odds);
const connectionLimits = { ...CONNECTION_LIMITS, connections: 1_000_000, perAddress: 1_000_000 };
const app = await buildServer(
  depsForTests({ odds, options: { version: '0.0.0', connectionLimits, publicRatePerMinute: 10_000_000 } }),
);
await app.listen({ host: '127.0.0.1', port: 0 });
process.on('message', (ask: Ask) => process.send?.(answer(ask)));
process.send?.({ port: (app.server.address() as AddressInfo).port });

function answer(ask: Ask): unknown {
  if (ask.ask === 'memory') return memory();
  if (ask.ask === 'counts') return { ...odds.counts, cpu: process.cpuUsage() };
  return publisher?.answer(ask) ?? {};
}

function memory(): { rss: number; heap: number } {
  for (let i = 0; i < 4; i++) globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { rss, heap: heapUsed };
}
