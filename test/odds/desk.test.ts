// Prices made by hand go through the whole odds pipeline: from the desk's book to a stored quote with a number, as from any supplier.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { DeskFeed } from '#adapters/feeds/desk/desk-feed.ts';
import { MemoryAliases } from '#adapters/memory/memory-aliases.ts';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { MemoryDeskBook } from '#adapters/memory/memory-desk-book.ts';
import { MemoryOddsStore } from '#adapters/memory/memory-odds-store.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { DeskOffice } from '#engine/desk/desk-office.ts';
import { type Ingest, startIngest } from '#engine/odds/ingest.ts';
import { rawMessage } from '#engine/odds/messages.ts';
import { type OddsProcessor, startOddsProcessor } from '#engine/odds/odds-processor.ts';
import { startMarketOpener } from '#engine/odds/market-opener.ts';
import { encodeAnswer } from '#engine/envelope.ts';
import { DESK_FEED } from '#ports/desk-book.ts';
import { realClock as clock, until } from './pipeline-harness.ts';

const BY = 'usr_0000000000000000000000000A';
const HOUR = 3_600_000;
/** One moment for all questions: two of one fixture that start a millisecond apart are refused for that. */
const START = Date.now() + HOUR;
let book: MemoryDeskBook;
let store: MemoryOddsStore;
let bus: MemoryBus;
let processor: OddsProcessor;
let ingest: Ingest;
let office: DeskOffice;
let aliases: MemoryAliases;

async function startReading(): Promise<void> {
  const feed = new DeskFeed({ book, aliases, clock, sells: 'simA', pollMs: 10 });
  ingest = await startIngest({ feed, source: DESK_FEED, idStamp: 'day', aliases, store, bus, clock });
}

beforeEach(async () => {
  book = new MemoryDeskBook();
  store = new MemoryOddsStore();
  aliases = new MemoryAliases();
  bus = new MemoryBus({ clock });
  processor = await startOddsProcessor({
    bus,
    store,
    clock,
    sweepMs: 20,
    renewMs: 50,
    stale: { preMatchMs: 2_600, inPlayMs: 2_600 },
  });
  office = new DeskOffice({ book, odds: store, clock });
  await startReading();
});
afterEach(async () => {
  await ingest.stop();
  await processor.stop();
  await bus.close();
});

const question = () => ({
  sport: 'q',
  competition: 'weather',
  home: 'rain',
  away: '-',
  startAt: START,
  title: 'Will it rain?',
  market: 'yesno',
  probabilities: { yes: 0.5, no: 0.5 },
  margin: { method: 'multiplicative', ppm: 50_000 } as const,
});

async function made(): Promise<{ eventId: string; marketId: string }> {
  const done = await office.make([question()], { by: BY });
  assert.ok('eventIds' in done, JSON.stringify(done));
  return { eventId: done.eventIds[0] as string, marketId: done.marketIds[0] as string };
}
async function quoteOf(eventId: string): Promise<Quote | undefined> {
  return (await store.loadEvents([eventId]))[0]?.quotes[0]?.quote;
}
async function quoted(eventId: string, holds: (quote: Quote) => boolean): Promise<Quote> {
  await until(async () => {
    const quote = await quoteOf(eventId);
    return quote !== undefined && holds(quote);
  }, 'the quote');
  return (await quoteOf(eventId)) as Quote;
}

test('a question made by hand becomes a fixture with a numbered price, and a market in the ledger', async () => {
  const opened: string[] = [];
  const opener = await startMarketOpener({
    bus,
    store,
    clock,
    ledgerId: 'main',
    tenantId: 'ten_0000000000000000000000000A',
    books: new Set(['simA']),
    submit: (encoded) => {
      const { cmd, commandId } = JSON.parse(encoded) as { commandId: string; cmd: { marketId: string } };
      opened.push(cmd.marketId);
      return Promise.resolve(encodeAnswer({ commandId, shard: 0, seq: 1, result: 'done' }));
    },
  });
  const { eventId, marketId } = await made();
  const quote = await quoted(eventId, ({ status }) => status === 'open');
  // 1 / 0.525 = 1.904
  assert.deepEqual([quote.source, quote.from, quote.quoteSeq, quote.inPlay], ['simA', 'desk', 1, false]);
  assert.deepEqual(quote.prices, [
    { oddsMilli: 1_904, selectionId: 'no' },
    { oddsMilli: 1_904, selectionId: 'yes' },
  ]);
  assert.deepEqual((await store.loadEvents([eventId]))[0]?.card?.home, 'rain');
  await until(() => opened.length > 0, 'the market');
  assert.deepEqual(opened, [marketId]);
  await opener.stop();
});

test('a change, a withdrawn selection and a new price each make the next number; the same again makes none', async () => {
  const { eventId, marketId } = await made();
  await quoted(eventId, ({ quoteSeq }) => quoteSeq === 1);
  await office.price(marketId, { oddsMilli: { yes: 1_500, no: 2_500 } }, BY);
  await quoted(eventId, ({ prices, quoteSeq }) => quoteSeq === 2 && prices.some((price) => price.oddsMilli === 1_500));
  await office.price(marketId, { oddsMilli: { yes: 1_500, no: 2_500 } }, BY);
  await office.withdraw(marketId, 'yes', BY);
  const left = await quoted(eventId, ({ quoteSeq }) => quoteSeq === 3);
  assert.deepEqual(left.prices, [{ selectionId: 'no', oddsMilli: 2_500 }]);
  await office.withdraw(marketId, null, BY);
  assert.equal((await quoted(eventId, ({ quoteSeq }) => quoteSeq === 4)).status, 'suspended');
});

test('prices of the desk are confirmed as long as its feed runs, and go stale when nobody reads it', async () => {
  const { eventId } = await made();
  const first = await quoted(eventId, ({ status }) => status === 'open');
  await until(
    async () => ((await store.loadEvents([eventId]))[0]?.quotes[0]?.confirmedAt ?? 0) > first.confirmedAt + 1_500,
    'the confirmation',
  );
  assert.equal((await quoteOf(eventId))?.quoteSeq, 1, 'nothing changed');
  await ingest.stop();
  await quoted(eventId, ({ status }) => status === 'suspended');
  await startReading();
  await quoted(eventId, ({ status }) => status === 'open');
});

test('a price that names its end is gone then, also when that passed while nobody read', async () => {
  const { eventId, marketId } = await made();
  await quoted(eventId, ({ status }) => status === 'open');
  await office.price(marketId, { oddsMilli: { yes: 1_800, no: 1_900 }, validUntil: Date.now() + 1_500 }, BY);
  await quoted(eventId, ({ quoteSeq, status }) => quoteSeq === 2 && status === 'open');
  assert.deepEqual((await quoted(eventId, ({ status }) => status === 'suspended')).prices, []);
  await office.price(marketId, { oddsMilli: { yes: 1_800, no: 1_900 }, validUntil: Date.now() + 1_500 }, BY);
  await quoted(eventId, ({ status }) => status === 'open');
  await ingest.stop();
  await new Promise((done) => setTimeout(done, 1_550));
  await startReading();
  await quoted(eventId, ({ prices, status }) => status === 'suspended' && prices.length === 0);
});

test('the desk takes a market of a supplier over, and gives it back when it withdraws', async () => {
  const { eventId, marketId } = await made();
  await quoted(eventId, ({ status }) => status === 'open');
  let n = 0;
  const supplied = async (oddsMilli: number): Promise<void> => {
    n++;
    const at = Date.now();
    const quote: Quote = {
      marketId,
      quoteSeq: 0,
      status: 'open',
      inPlay: false,
      betDelayMs: 0,
      prices: [{ selectionId: 'yes', oddsMilli }],
      source: 'simA',
      sourceEpoch: 9,
      sourceVersion: n,
      observedAt: at,
      confirmedAt: at,
    };
    const body = {
      feed: 'simex',
      eventId,
      run: 1,
      n,
      cursor: null,
      receivedAt: at,
      facts: [{ kind: 'quote', quote, whole: true } as const],
    };
    await bus.publish([rawMessage(body)]);
  };
  await supplied(1_111);
  await until(() => processor.counts.old > 0, 'the supplier being passed over');
  assert.equal((await quoteOf(eventId))?.from, 'desk');
  await office.withdraw(marketId, null, BY);
  await quoted(eventId, ({ status }) => status === 'suspended');
  await supplied(1_222);
  assert.equal((await quoted(eventId, ({ status }) => status === 'open')).prices[0]?.oddsMilli, 1_222);
  await office.price(marketId, { oddsMilli: { yes: 1_333, no: 3_000 } }, BY);
  await quoted(eventId, ({ from }) => from === 'desk');
});

test('make() takes all rows or none, and a dry run writes nothing', async () => {
  const rows = [
    question(),
    { ...question(), home: 'snow', startAt: Date.now() - 1 },
    { ...question(), market: 'xx' },
    { ...question(), probabilities: { yes: 0.9, no: 0.9 } },
    question(),
  ];
  const faults = await office.make(rows, { by: BY });
  assert.ok(Array.isArray(faults));
  assert.deepEqual(
    faults.map(({ refusal, row }) => [row, refusal.path]),
    [
      [1, '/startAt'],
      [2, '/market'],
      [3, '/prices'],
      [4, '/market'],
    ],
  );
  const trial = await office.make([question()], { by: BY, dryRun: true });
  assert.ok('no' in trial && trial.no === null);
  assert.deepEqual(await book.changesAfter(0, 10), []);
});

test('close() ends the prices for good', async () => {
  const { eventId, marketId } = await made();
  await quoted(eventId, ({ status }) => status === 'open');
  assert.equal(await office.close(eventId, BY), null);
  await quoted(eventId, ({ status }) => status === 'closed');
  assert.equal((await office.close(eventId, BY))?.code, 'already_resolved');
  const late = await office.price(marketId, { oddsMilli: { yes: 1_500, no: 2_500 } }, BY);
  assert.equal('code' in late && late.code, 'market_closed');
});
