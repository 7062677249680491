import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedItem } from '#ports/feed.ts';
import { DAY_MS, EVENT_ID, fixtureFact, quoteFact, resultFact } from './facts-for-tests.ts';
import type { MarketFact } from './input.ts';
import { MarketMemory } from './market-memory.ts';

const MARKET = `${EVENT_ID}/1x2`;
const pulse = (kind: 'alive' | 'gap', at: number): MarketFact => ({ kind, source: 'recording', observedAt: at, receivedAt: at });

test('a feed item is a market fact', () => {
  const item: FeedItem = { kind: 'alive', source: 's', cursor: { epoch: 1, seq: 1 }, observedAt: 5, receivedAt: 5 };
  const fact: MarketFact = item;
  assert.equal(new MarketMemory().tell(fact), null);
});

test('tell() keeps the latest prices of each book apart', () => {
  const memory = new MarketMemory();
  memory.tell(quoteFact({ at: 10, book: 'B365', odds: [2000, 3000, 4000] }));
  memory.tell(quoteFact({ at: 20, book: 'PS', odds: [2100, 3100, 4100] }));
  const newer = memory.tell(quoteFact({ at: 30, book: 'B365', odds: [1900, 3000, 0] }));
  assert.deepEqual(memory.priceOf('B365', MARKET)?.oddsMilli, [1900, 3000, 0]); // whole: what is missing is withdrawn
  assert.deepEqual(memory.priceOf('PS', MARKET)?.oddsMilli, [2100, 3100, 4100]);
  assert.equal(newer, memory.priceOf('B365', MARKET));
  assert.equal(memory.priceOf('WH', MARKET), undefined);
  assert.deepEqual(
    [...memory.pricesOf('PS')].map((price) => price.market.marketId),
    [MARKET],
  );
});

test('tell() does not take a fact from the future', () => {
  const memory = new MarketMemory();
  assert.equal(memory.tell(quoteFact({ at: 100, odds: [2000, 3000, 4000] }), 99), null);
  assert.equal(memory.priceOf('B365', MARKET), undefined);
  assert.equal(memory.now, 0);
  const early = quoteFact({ at: 50, odds: [2000, 3000, 4000] });
  assert.ok(early.kind === 'quote');
  assert.equal(memory.tell({ ...early, quote: { ...early.quote, observedAt: 60 } }), null); // the quote itself is later than its item
  assert.equal(memory.priceOf('B365', MARKET), undefined);
});

test('tell() lets no older or repeated version of a source through', () => {
  const memory = new MarketMemory();
  const first = quoteFact({ at: 10, odds: [2000, 3000, 4000] });
  const second = quoteFact({ at: 20, odds: [1900, 3000, 4000] });
  assert.ok(memory.tell(second));
  assert.equal(memory.tell(first, 30), null);
  assert.equal(memory.tell(second, 30), null);
  assert.deepEqual(memory.priceOf('B365', MARKET)?.oddsMilli, [1900, 3000, 4000]);
  assert.equal(memory.priceOf('B365', MARKET)?.seen, 1);
});

test('tell() takes a suspension, and its end, under the version of the last price', () => {
  const memory = new MarketMemory();
  const price = quoteFact({ at: 10, odds: [2000, 3000, 4000] });
  assert.ok(price.kind === 'quote');
  memory.tell(price);
  const told = (status: 'open' | 'suspended', later: number): unknown => {
    const quote = { ...price.quote, status, quoteSeq: price.quote.quoteSeq + later };
    return memory.tell({ ...price, observedAt: 20 + later, receivedAt: 20 + later, quote });
  };
  assert.ok(told('suspended', 1));
  assert.equal(memory.priceOf('B365', MARKET)?.status, 'suspended');
  assert.equal(told('open', 0), null, 'the price of before, told again, opens nothing');
  assert.equal(memory.priceOf('B365', MARKET)?.status, 'suspended');
  assert.ok(told('open', 2));
  assert.deepEqual([memory.priceOf('B365', MARKET)?.status, memory.priceOf('B365', MARKET)?.oddsMilli], ['open', [2000, 3000, 4000]]); // prettier-ignore
});

test('tell() ignores markets it cannot name', () => {
  const memory = new MarketMemory();
  assert.equal(memory.tell(quoteFact({ at: 1, market: `${EVENT_ID}/next-goal`, odds: [2000, 2000, 2000] })), null);
});

test('alive renews the prices of its feed until a gap', () => {
  const memory = new MarketMemory();
  memory.tell(quoteFact({ at: 10, odds: [2000, 3000, 4000] }));
  memory.tell(pulse('alive', 50));
  assert.equal(memory.priceOf('B365', MARKET)?.confirmedAt, 50);
  memory.tell(pulse('gap', 60));
  memory.tell(pulse('alive', 70));
  assert.equal(memory.priceOf('B365', MARKET)?.confirmedAt, 10); // not confirmed by this era of the feed
  memory.tell(quoteFact({ at: 80, odds: [2000, 3000, 4000] }));
  memory.tell(pulse('alive', 90));
  assert.equal(memory.priceOf('B365', MARKET)?.confirmedAt, 90);
});

test('highestSince() knows a price only for as long as it was confirmed', () => {
  const memory = new MarketMemory();
  memory.tell(quoteFact({ at: 100, odds: [2200, 3000, 4000] }));
  memory.tell(quoteFact({ at: 200, odds: [2100, 3000, 4000] }));
  memory.tell(pulse('alive', 290));
  const price = memory.tell(quoteFact({ at: 300, odds: [1950, 3000, 4000] }));
  assert.ok(price);
  assert.equal(price.highestSince(0, 100), 2200); // observed at 100, never confirmed afterwards
  assert.equal(price.highestSince(0, 101), 2100); // confirmed at 290
  assert.equal(price.highestSince(0, 290), 2100);
  assert.equal(price.highestSince(0, 291), 0); // what stood between 290 and 300 nobody knows
  assert.equal(price.highestSince(0, 300), 1950);
  assert.equal(price.highestSince(0, 500), 1950);
});

test('highestSince() equals a plain search over all prices told, for random paths', () => {
  const memory = new MarketMemory();
  const told: { at: number; odds: number }[] = [];
  for (let i = 0; i < 400; i++) {
    const odds = 1500 + ((i * 7919) % 997);
    const at = 1_000 * (i + 1);
    told.push({ at, odds });
    const price = memory.tell(quoteFact({ at, odds: [odds, 3000, 4000] }));
    const from = at - 1_000 * (1 + (i % 200));
    const inWindow = told.filter((point) => point.at >= from);
    const expected = inWindow.length > 1 ? Math.max(...inWindow.map((point) => point.odds)) : 0;
    assert.equal(price?.highestSince(0, from), expected);
  }
});

test('a suspended market has no path while it is suspended, and only open price lists count as seen', () => {
  const memory = new MarketMemory();
  memory.tell(quoteFact({ at: 100, odds: [2200, 3000, 4000] }));
  memory.tell(quoteFact({ at: 200, odds: [], status: 'suspended' }));
  const price = memory.tell(quoteFact({ at: 300, odds: [1800, 3000, 4000] }));
  assert.equal(price?.seen, 2);
  assert.equal(price?.highestSince(0, 101), 0);
});

test('what nobody has spoken of for two weeks is forgotten, what is about to start is not', () => {
  const memory = new MarketMemory();
  memory.tell(fixtureFact(0, { startAt: DAY_MS }));
  memory.tell(quoteFact({ at: 0, odds: [2000, 3000, 4000] }));
  const later = `${EVENT_ID}2/1x2`;
  memory.tell(fixtureFact(0, { eventId: `${EVENT_ID}2`, startAt: 20 * DAY_MS }));
  memory.tell(quoteFact({ at: 0, market: later, odds: [2000, 3000, 4000] }));
  memory.tell(pulse('alive', 16 * DAY_MS));
  assert.equal(memory.priceOf('B365', MARKET), undefined);
  assert.ok(memory.priceOf('B365', later));
});

test('results of unknown fixtures and from the future change no average', () => {
  const memory = new MarketMemory();
  memory.tell(resultFact(10, [1, 0]));
  assert.equal(memory.goals.version, 0);
  memory.tell(fixtureFact(20));
  memory.tell(resultFact(40, [1, 0]), 39);
  assert.equal(memory.goals.version, 0);
  memory.tell(resultFact(40, [1, 0]));
  assert.equal(memory.goals.version, 1);
});
