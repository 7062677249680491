import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Quote } from '#core/catalog/quote.ts';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { MemoryOddsStore } from '#adapters/memory/memory-odds-store.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import type { HotRow } from '#ports/hot-odds.ts';
import { card, stored } from '../../../test/contract/odds-store.ts';
import { numbered, type QuotesBody, rawMessage, type RawFact, readUpdate } from './messages.ts';
import { startOddsProcessor } from './odds-processor.ts';

const A = 'fb:S1:20260101T000000:a:b';

function quote(version: number, over: Partial<Quote> = {}): RawFact {
  const { quote: base } = stored(A, version);
  return { kind: 'quote', quote: { ...base, observedAt: Date.now(), confirmedAt: Date.now(), ...over }, whole: true };
}

/** A processor over a store, with everything it tells and what was in the cache when it told it. */
async function scene(store: MemoryOddsStore, run: number) {
  const clock = new SystemClock();
  const bus = new MemoryBus({ clock });
  const told: QuotesBody[] = [];
  const kept: HotRow[] = [];
  const keptWhenTold: number[] = [];
  await bus.subscribe('odds_updates', 'test', async (messages) => {
    for (const message of messages) {
      const update = readUpdate(message);
      if (update.kind !== 'quotes') continue;
      told.push(update);
      keptWhenTold.push(Math.max(0, ...kept.map(({ n }) => n)));
    }
  });
  const put = (rows: readonly HotRow[]): Promise<void> => Promise.resolve(void kept.push(...rows));
  const hot = { begin: () => Promise.resolve(), end: () => undefined, put };
  const processor = await startOddsProcessor({ bus, store, clock, hot });
  // What is stored is told at the start: it must not be taken for the answer to what is said next.
  for (let i = 0; i < 400 && store.current.size > 0 && told.length === 0; i++) await new Promise((done) => setTimeout(done, 5));
  let n = 0;
  const say = async (...facts: RawFact[]): Promise<void> => {
    const [count, first] = [told.length, { feed: 'f', eventId: A, run, cursor: null, receivedAt: Date.now() }];
    await bus.publish([rawMessage({ ...first, n: ++n, facts })]);
    for (let i = 0; i < 400 && told.length === count; i++) await new Promise((done) => setTimeout(done, 5));
  };
  const stop = async (): Promise<void> => {
    await processor.stop();
    await bus.close();
  };
  return { kept, keptWhenTold, say, stop, told };
}

test('OddsProcessor numbers the changes of a fixture, whatever the market, and goes on from what is stored', async () => {
  const store = new MemoryOddsStore();
  await store.commit({ fixtures: [card(A)], current: [], history: [], results: [], cursors: [] });
  const first = await scene(store, 1);
  const btts = { marketId: `${A}/btts` };
  await first.say(quote(1), quote(1, btts));
  await first.say(quote(2, { prices: [{ selectionId: 'home', oddsMilli: 3_000 }] }));
  assert.deepEqual(
    first.told.map((update) => [update.after, numbered(update).map((row) => [row.n, row.quote.marketId])]),
    [
      [
        0,
        [
          [1, `${A}/1x2`],
          [2, `${A}/btts`],
        ],
      ],
      [2, [[3, `${A}/1x2`]]],
    ],
  );
  assert.deepEqual(first.keptWhenTold, [2, 3], 'the cache has it before anybody is told');
  await first.stop();

  const second = await scene(store, 2);
  await second.say(quote(3, btts));
  const last = second.told.at(-1) as QuotesBody;
  assert.deepEqual([last.after, last.numbers], [3, [4]]);
  await second.stop();
});

test('OddsProcessor gives the last number to a market that changed several times in one batch', async () => {
  const store = new MemoryOddsStore();
  await store.commit({ fixtures: [card(A)], current: [], history: [], results: [], cursors: [] });
  const { kept, say, stop, told } = await scene(store, 1);
  await say(
    quote(1),
    quote(2, { status: 'suspended' }),
    quote(3, { prices: [{ selectionId: 'home', oddsMilli: 3_000 }] }),
    quote(4, { prices: [{ selectionId: 'home', oddsMilli: 3_100 }] }),
  );
  const update = told[0] as QuotesBody;
  assert.deepEqual(
    numbered(update).map(({ n, quote: { status } }) => [n, status]),
    [
      [1, 'open'],
      [2, 'suspended'],
      [4, 'open'],
    ],
  );
  assert.deepEqual(
    kept.map(({ n }) => n),
    [4],
  );
  assert.deepEqual(
    (await store.loadEvents([A]))[0]?.quotes.map(({ n }) => n),
    [4],
  );
  await stop();
});
