// The served side of `bench push`: the gateway's own edge, hub and bus in one process of its own, with a publisher beside them.
// Only what would ask a database is held in memory.
import type { AddressInfo } from 'node:net';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import { depsForTests } from '#api/deps-for-tests.ts';
import { buildServer } from '#api/server.ts';
import { CONNECTION_LIMITS } from '#api/socket/connections.ts';
import { feedHub } from '#api/socket/feed-hub.ts';
import { OddsHub } from '#api/socket/odds-hub.ts';
import type { NumberedQuote } from '#core/catalog/quote.ts';
import { makeRng, randomInt } from '#core/base/rng.ts';
import { updateMessage } from '#engine/odds/messages.ts';
import { type Ask, eventIdOf, FIXTURES, machineMs, MARKETS, quoteOf } from './scene.ts';

/** How often the publisher looks how much is due, ms. */
const TICK_MS = 2;

const stored = new Map<string, Map<string, NumberedQuote>>();
/** When each number of each fixture was published, from number 1. */
const published: number[][] = Array.from({ length: FIXTURES }, () => []);
const bus = new MemoryBus({ clock: new SystemClock() });
const load = (eventId: string): Promise<NumberedQuote[]> => Promise.resolve([...(stored.get(eventId)?.values() ?? [])]);
const odds = new OddsHub({ load, stored: load });
let publishing: NodeJS.Timeout | null = null;

for (let fixture = 0; fixture < FIXTURES; fixture++) for (let n = 1; n <= MARKETS; n++) keep(fixture);
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
  if (ask.ask === 'publish') publish(ask.perSecond);
  if (ask.ask === 'published') return { published };
  if (ask.ask === 'quiet') {
    if (publishing) clearInterval(publishing);
    return { ...odds.counts, cpu: process.cpuUsage() };
  }
  return { ...odds.counts, cpu: process.cpuUsage() };
}

function memory(): { rss: number; heap: number } {
  for (let i = 0; i < 4; i++) globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { rss, heap: heapUsed };
}

const rng = makeRng(1, 'push');

function publish(perSecond: number): void {
  const started = performance.now();
  let sent = 0;
  publishing = setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 1000) * perSecond);
    for (; sent < due; sent++) {
      const fixture = randomInt(rng, 0, FIXTURES - 1);
      const { n, quote } = keep(fixture);
      const eventId = eventIdOf(fixture);
      void bus.publish([
        updateMessage({ kind: 'quotes', feed: 'f', eventId, quotes: [quote], numbers: [n], after: n - 1 }, `${eventId}:${n}`),
      ]);
    }
  }, TICK_MS);
}

function keep(fixture: number): NumberedQuote {
  const times = published[fixture] as number[];
  const row = quoteOf(fixture, times.length + 1);
  times.push(machineMs());
  const eventId = eventIdOf(fixture);
  let rows = stored.get(eventId);
  if (!rows) stored.set(eventId, (rows = new Map()));
  rows.set(row.quote.marketId, row);
  return row;
}
