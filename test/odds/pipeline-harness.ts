// The whole odds pipeline in one process for tests: a real supplier on a real socket, everything behind it in memory, matches of 1.5 s.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryAliases } from '#adapters/memory/memory-aliases.ts';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { MemoryOddsStore } from '#adapters/memory/memory-odds-store.ts';
import { SupplierFeed } from '#adapters/feeds/supplier/supplier-feed.ts';
import { startSupplier, type Supplier, type SupplierOptions } from '#adapters/feeds/supplier/supplier-server.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { BOOKS, priceMatch } from '#core/simulation/book-price.ts';
import { finalScore, type MatchPlan, planMatch } from '#core/simulation/match-plan.ts';
import type { Pace, World } from '#core/simulation/world.ts';
import { selectionsOf } from '#core/catalog/market.ts';
import { eventIdOf } from '#engine/odds/normalise.ts';
import { type Ingest, startIngest } from '#engine/odds/ingest.ts';
import { type OddsProcessor, startOddsProcessor } from '#engine/odds/odds-processor.ts';
import { seedAliases } from '#engine/odds/seed-aliases.ts';
import type { Clock } from '#ports/clock.ts';
import type { Log } from '#ports/log.ts';
import { silentMetrics } from '#ports/metrics.ts';
import type { Bus } from '#ports/bus.ts';
import type { OddsStore } from '#ports/odds-store.ts';
import { noTraces, type Traces } from '#ports/traces.ts';
import { TracedBus } from '#engine/bus/traced-bus.ts';

export const SOURCE = 'simex';
export const FAST: Pace = {
  matchMs: 1_500,
  kickOffEveryMs: 500,
  aheadMs: 2_000,
  preMatchStepMs: 250,
  inPlayStepMs: 100,
  suspendMs: 80,
  betDelayMs: 0,
};
/** Fixtures are named by the second here; two kick-offs share one, so the league has to differ, and it does: leagues take turns. */
export const realClock: Clock = {
  now: () => Date.now(),
  schedule(at, fire) {
    const timer = setTimeout(fire, Math.max(0, at - Date.now()));
    return () => clearTimeout(timer);
  },
};

export const testLog: Log = process.env['ODDS_TEST_LOG']
  ? { debug() {}, info: console.log, warn: console.log, error: console.log }
  : { debug() {}, info() {}, warn() {}, error() {} };

export interface Parts {
  readonly store?: OddsStore;
  readonly aliases?: MemoryAliases;
  readonly supplier?: Partial<SupplierOptions>;
  readonly except?: ReadonlySet<string>;
  readonly stale?: { preMatchMs: number; inPlayMs: number };
  readonly chaosSeed?: number;
  readonly silenceMs?: number;
  readonly traces?: Traces;
}

export class Pipeline {
  readonly store: OddsStore;
  readonly aliases: MemoryAliases;
  readonly bus: Bus;
  supplier!: Supplier;
  ingest!: Ingest;
  processor!: OddsProcessor;
  /** What the processor counted, by outcome. */
  readonly counted = new Map<unknown, number>();
  readonly #parts: Parts;

  constructor(parts: Parts = {}) {
    this.#parts = parts;
    this.store = parts.store ?? new MemoryOddsStore();
    this.aliases = parts.aliases ?? new MemoryAliases();
    const chaos =
      parts.chaosSeed === undefined ? {} : { chaos: { seed: parts.chaosSeed, delayMsMax: 5, repeatPpm: 200_000, reorder: true } };
    const bus = new MemoryBus({ clock: realClock, log: testLog, ...chaos });
    this.bus = parts.traces ? new TracedBus(bus, parts.traces) : bus;
  }

  async start(): Promise<this> {
    await seedAliases(this.aliases, SOURCE, this.#parts.except);
    await this.startSupplier();
    await this.startRest();
    return this;
  }

  async startSupplier(port = 0): Promise<void> {
    this.supplier = await startSupplier({
      port,
      seed: 5,
      pace: FAST,
      heartbeatMs: 100,
      clock: realClock,
      ...this.#parts.supplier,
    });
  }

  async startRest(): Promise<void> {
    const { silenceMs = 600, stale = { preMatchMs: 1_000, inPlayMs: 600 }, traces = noTraces } = this.#parts;
    this.processor = await startOddsProcessor({
      bus: this.bus,
      store: this.store,
      clock: realClock,
      log: testLog,
      traces,
      stale,
      metrics: {
        ...silentMetrics,
        count: (_name, by = 1, labels = {}) =>
          this.counted.set(labels['outcome'], (this.counted.get(labels['outcome']) ?? 0) + by),
      },
      sweepMs: 50,
      renewMs: 200,
      onGap: (eventId) => this.ingest?.requestSnapshot(eventId),
    });
    const backOffMs = { first: 20, max: 100 };
    const feed = new SupplierFeed({
      url: () => this.supplier.url,
      source: SOURCE,
      clock: realClock,
      log: testLog,
      silenceMs,
      backOffMs,
    });
    const { aliases, bus, store } = this;
    this.ingest = await startIngest({
      feed,
      source: SOURCE,
      idStamp: 'second',
      aliases,
      store,
      bus,
      clock: realClock,
      log: testLog,
      traces,
      recheckMs: 50,
    });
  }

  async stopRest(): Promise<void> {
    await this.ingest.stop();
    await this.processor.stop();
  }

  async stop(): Promise<void> {
    await this.stopRest();
    await this.bus.close();
    await this.supplier.close();
  }
}

export async function until(holds: () => boolean | Promise<boolean>, what: string, waitMs = 30_000): Promise<void> {
  for (const end = Date.now() + waitMs; !(await holds()); await sleep(10))
    assert.ok(Date.now() < end, `waited in vain for: ${what}`);
}

/** Plans of the fixtures whose start lies in [from, to), by our id. */
export function plansBetween(world: World, from: number, to: number): Map<string, MatchPlan> {
  const plans = new Map<string, MatchPlan>();
  const every = world.pace.kickOffEveryMs;
  for (let index = Math.ceil((from - world.epochAt) / every); world.epochAt + index * every < to; index++) {
    const plan = planMatch(world, index);
    plans.set(ourIdOf(plan), plan);
  }
  return plans;
}

export function ourIdOf(plan: MatchPlan): string {
  const { away, competition, home, startAt } = plan;
  return eventIdOf({ eventId: '', sport: 'fb', competition: competition.id, home: home.id, away: away.id, startAt }, 'second');
}

/** Asserts that a quote says exactly what its book said in that version: the simulated truth is computed anew, not remembered. */
export function assertTrue(world: World, plan: MatchPlan, quote: Quote): void {
  const book = BOOKS.find(({ name }) => name === quote.source);
  assert.ok(book);
  const spec = quote.marketId.slice(quote.marketId.lastIndexOf('/') + 1);
  const row = priceMatch(world, plan, quote.sourceVersion - 1, book).find(({ market }) => {
    return spec === (market.lineQuarters === undefined ? market.type : `${market.type}@${market.lineQuarters / 4}`);
  });
  assert.ok(row, quote.marketId);
  assert.equal(quote.status, row.status, `${quote.marketId} v${quote.sourceVersion}`);
  if (row.status !== 'open') return;
  const prices = Object.fromEntries(quote.prices.map((price) => [price.selectionId, price.oddsMilli]));
  const truth = Object.fromEntries(row.oddsCents.map((cents, i) => [selectionsOf(row.market.type)[i] as string, cents * 10]));
  assert.deepEqual(prices, truth, `${quote.marketId} v${quote.sourceVersion}`);
}

export { finalScore };
