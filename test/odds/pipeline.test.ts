// The whole odds pipeline against the simulated truth, which is computed anew and not remembered: every open price that was ever stored must be
// what its book said in that version, and every result the goals of its match, whatever the supplier, the bus or a restart do.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryOddsStore } from '#adapters/memory/memory-odds-store.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { startQuoteStream } from '#engine/odds/quote-stream.ts';
import type { World } from '#core/simulation/world.ts';
import { assertTrue, finalScore, type Parts, Pipeline, plansBetween, until } from './pipeline-harness.ts';

const memoryOf = (pipeline: Pipeline): MemoryOddsStore => pipeline.store as MemoryOddsStore;

async function withPipeline(parts: Parts, work: (pipeline: Pipeline) => Promise<void>): Promise<void> {
  const pipeline = await new Pipeline(parts).start();
  try {
    await work(pipeline);
  } finally {
    await pipeline.stop();
  }
}

/** Every quote ever stored, by market and book, in order; checked to be numbered without holes and to never go back. */
function historiesOf(store: MemoryOddsStore): Map<string, Quote[]> {
  const byMarket = Map.groupBy(store.history.values(), (quote) => `${quote.marketId}|${quote.source}`);
  for (const [key, quotes] of byMarket) {
    quotes.sort((a, b) => a.quoteSeq - b.quoteSeq);
    assert.deepEqual(
      quotes.map((quote) => quote.quoteSeq),
      quotes.map((_, i) => i + 1),
      key,
    );
    for (const [i, quote] of quotes.entries()) {
      const before = quotes[i - 1];
      if (!before) continue;
      const order = quote.sourceEpoch - before.sourceEpoch || quote.sourceVersion - before.sourceVersion;
      assert.ok(order >= 0, `${key} went back from v${before.sourceVersion} to v${quote.sourceVersion}`);
    }
  }
  return byMarket;
}

/** Checks all open quotes of finished and going fixtures against the simulated truth; gives how many were looked at. */
function checkPrices(world: World, store: MemoryOddsStore): number {
  const plans = plansBetween(world, Date.now() - 60_000, Date.now() + 10_000);
  let looked = 0;
  for (const quotes of historiesOf(store).values()) {
    for (const quote of quotes) {
      const plan = plans.get(quote.marketId.slice(0, quote.marketId.lastIndexOf('/')));
      assert.ok(plan, `${quote.marketId} is no fixture of this world`);
      if (quote.status !== 'open') continue;
      assertTrue(world, plan, quote);
      looked++;
    }
  }
  return looked;
}

/** Fixtures that were over between `from` and `to`; every one of them must get its true result. */
function fixturesOver(world: World, from: number, to: number): ReturnType<typeof plansBetween> {
  const { matchMs } = world.pace;
  return plansBetween(world, from - matchMs, to - matchMs);
}

function checkResults(plans: ReturnType<typeof plansBetween>, store: MemoryOddsStore): void {
  for (const [eventId, plan] of plans) {
    const result = store.results.get(eventId);
    assert.equal(result?.status, 'finished', eventId);
    const full = result?.scores.find(({ period }) => period === 'ft');
    assert.deepEqual({ home: full?.home, away: full?.away }, finalScore(plan).full);
  }
}

describe('the odds pipeline', () => {
  it('carries prices and results of a real socket supplier to the store, true to the last figure, over a bus that delays, repeats and reorders', () =>
    withPipeline({ chaosSeed: 3 }, async (pipeline) => {
      const from = Date.now();
      await sleep(4_000);
      const { world } = pipeline.supplier;
      const store = memoryOf(pipeline);
      const over = fixturesOver(world, from + 200, Date.now());
      assert.ok(over.size >= 3, 'too few fixtures ended to say anything');
      await until(() => [...over.keys()].every((eventId) => store.results.has(eventId)), 'all results');
      checkResults(over, store);
      await until(() => checkPrices(world, store) > 1_000, 'a thousand true prices');
      assert.equal(pipeline.ingest.counts.gaps, 0);
      assert.ok(pipeline.processor.counts.old > 0, 'the bus repeated nothing');
      const counted = (): number =>
        ['changed', 'renewed', 'old', 'gaps', 'late'].reduce((sum, key) => sum + (pipeline.counted.get(key) ?? 0), 0);
      await until(() => counted() === pipeline.processor.counts.quotes, 'every quote to be measured once');
      const ended = [...store.current.values()].filter((row) => store.results.has(row.eventId));
      assert.ok(ended.length > 0 && ended.every((row) => row.quote.status === 'closed'), 'a price outlived its fixture');
      await until(() => (store.cursors.get('simex')?.seq ?? 0) > pipeline.supplier.seq - 40, 'the stored cursor to follow');
    }));

  for (const [fault, parts] of Object.entries({
    drops: { dropEvery: 9 },
    repeats: { duplicateEvery: 3 },
    swaps: { swapEvery: 7 },
    'leaves out markets in': { emptyEvery: 8 },
  })) {
    it(`stays true when the supplier ${fault} updates`, () =>
      withPipeline({ supplier: { faults: parts }, chaosSeed: 8 }, async (pipeline) => {
        await sleep(3_000);
        const store = memoryOf(pipeline);
        await until(() => checkPrices(pipeline.supplier.world, store) > 500, 'five hundred true prices');
        if (fault === 'drops' || fault === 'swaps') assert.ok(pipeline.ingest.counts.gaps > 0, 'no gap was noticed');
        if (fault === 'leaves out markets in') assert.ok(pipeline.processor.counts.gaps > 0, 'no version gap was noticed');
        await until(() => [...store.current.values()].some((row) => row.quote.status === 'open'), 'an open market');
      }));
  }

  it('suspends all prices while the supplier says nothing, and brings them back by itself', () =>
    withPipeline({ stale: { preMatchMs: 400, inPlayMs: 300 }, silenceMs: 60_000 }, async (pipeline) => {
      const store = memoryOf(pipeline);
      const open = (): number => [...store.current.values()].filter((row) => row.quote.status === 'open').length;
      await until(() => open() > 50, 'open markets');
      pipeline.supplier.silence(true);
      await until(() => open() === 0, 'suspension');
      assert.ok([...store.current.values()].some((row) => row.held === 'stale'));
      assert.ok((pipeline.counted.get('stale') ?? 0) > 50);
      await sleep(300);
      assert.equal(open(), 0);
      pipeline.supplier.silence(false);
      await until(() => open() > 50, 'the prices to come back');
      historiesOf(store);
    }));

  it('reconnects and resumes without a gap after a cut connection', () =>
    withPipeline({}, async (pipeline) => {
      await until(() => memoryOf(pipeline).history.size > 300, 'prices');
      for (let i = 0; i < 3; i++) {
        pipeline.supplier.disconnectAll();
        await sleep(500);
      }
      assert.equal(pipeline.ingest.counts.gaps, 0);
      const before = memoryOf(pipeline).history.size;
      await until(() => memoryOf(pipeline).history.size > before + 100, 'more prices');
      checkPrices(pipeline.supplier.world, memoryOf(pipeline));
    }));

  it('loses no result and continues quoteSeq when supplier, ingest and processor restart', async () => {
    const from = Date.now();
    const first = await new Pipeline({}).start();
    await until(() => memoryOf(first).results.size >= 2, 'two results');
    await first.stop();
    await sleep(1_500); // at least two matches end while nothing runs
    const second = await new Pipeline({ store: first.store, aliases: first.aliases }).start();
    try {
      const overNow = () => fixturesOver(second.supplier.world, from + 200, Date.now());
      await sleep(1_500);
      await until(() => overNow().size >= 6, 'enough fixtures to end to say anything');
      const over = overNow();
      await until(() => [...over.keys()].every((eventId) => memoryOf(second).results.has(eventId)), 'all results');
      checkResults(over, memoryOf(second));
      checkPrices(second.supplier.world, memoryOf(second));
      const epochs = new Set([...memoryOf(second).history.values()].map((quote) => quote.sourceEpoch));
      assert.equal(epochs.size, 2);
    } finally {
      await second.stop();
    }
  });

  it('queues fixtures of an unknown team with a suggestion, lets nothing of them pass, and lets them flow once a person has matched it', () =>
    withPipeline({ except: new Set(['Harbour C.']) }, async (pipeline) => {
      const { aliases } = pipeline;
      const mentions = (): boolean => [...memoryOf(pipeline).fixtures.keys()].some((id) => id.includes('harbour-city'));
      await until(() => aliases.queued.size > 0, 'a queued name', 15_000);
      const [item] = aliases.queued.values();
      assert.deepEqual([item?.kind, item?.foreignId], ['team', 'Harbour C.']);
      assert.equal(item?.suggestion, null); // no alias names harbour-city yet, and nothing else is like it
      assert.ok(pipeline.ingest.counts.withheld > 0);
      assert.ok(!mentions());
      aliases.resolve({ source: 'simex', kind: 'team', foreignId: 'Harbour C.' }, 'harbour-city');
      await until(mentions, 'the fixture to flow');
      checkPrices(pipeline.supplier.world, memoryOf(pipeline));
    }));

  it('hands every newer quote to a quote stream, renewed ones with a later confirmation', () =>
    withPipeline({}, async (pipeline) => {
      const last = new Map<string, Quote>();
      let renewed = 0;
      const stream = await startQuoteStream({
        bus: pipeline.bus,
        group: 'test',
        store: pipeline.store,
        books: new Set(['simA']),
        onQuote: (quote, _feed, changed) => {
          const before = last.get(quote.marketId);
          if (before)
            assert.ok(
              quote.quoteSeq > before.quoteSeq || (quote.quoteSeq === before.quoteSeq && quote.confirmedAt > before.confirmedAt),
            );
          if (!changed) renewed++;
          last.set(quote.marketId, quote);
        },
      });
      await sleep(1_500);
      await until(() => last.size > 40 && renewed > 100, 'markets and renewals');
      await stream.stop();
      assert.ok([...last.values()].every((quote) => quote.source === 'simA'));
    }));
});
