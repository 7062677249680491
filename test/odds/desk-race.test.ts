// A race made by hand goes through the whole odds pipeline: its runners, places and each-way terms reach the ledger with its first price, and the
// order in which it ended with its result.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { DeskFeed } from '#adapters/feeds/desk/desk-feed.ts';
import { MemoryAliases } from '#adapters/memory/memory-aliases.ts';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { MemoryDeskBook } from '#adapters/memory/memory-desk-book.ts';
import { MemoryJournal } from '#adapters/memory/memory-journal.ts';
import { MemoryOddsStore } from '#adapters/memory/memory-odds-store.ts';
import { makeId } from '#core/base/ids.ts';
import type { Refusal } from '#core/base/refusal.ts';
import type { Market } from '#core/bets/market.ts';
import { marketOf } from '#core/kernel/state.ts';
import { DeskOffice, type PriceList } from '#engine/desk/desk-office.ts';
import { encodeEnvelope } from '#engine/envelope.ts';
import { startIngest } from '#engine/odds/ingest.ts';
import { startMarketOpener } from '#engine/odds/market-opener.ts';
import { startOddsProcessor } from '#engine/odds/odds-processor.ts';
import { Writer } from '#engine/writer.ts';
import { DESK_FEED, type DeskRow } from '#ports/desk-book.ts';
import { silentLog } from '#ports/log.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { realClock as clock, until } from './pipeline-harness.ts';

const BY = 'usr_0000000000000000000000000A';
let store: MemoryOddsStore;
let office: DeskOffice;
let writer: Writer;
let stops: (() => Promise<unknown>)[];

beforeEach(async () => {
  const book = new MemoryDeskBook();
  const aliases = new MemoryAliases();
  const bus = new MemoryBus({ clock });
  store = new MemoryOddsStore();
  office = new DeskOffice({ book, odds: store, clock });
  const lease = { holder: 'test', address: '', ttlMs: 60_000 };
  writer = new Writer({ shard: 0, lease }, { journal: new MemoryJournal(), snapshots: null, clock, log: silentLog });
  await writer.start();
  const actor = { ownerId: 'system', tenantId: 'system', via: 'worker' } as const;
  for (const cmd of [
    { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' },
    { type: 'SetResultRule', agree: 1, sources: [] },
  ] as const) {
    const commandId = makeId('cmd', Date.now(), randomBytes(10));
    await writer.submit(encodeEnvelope({ commandId, ledgerId: 'main', actor, lane: 'control', cmd }));
  }
  const processor = await startOddsProcessor({ bus, store, clock });
  const feed = new DeskFeed({ book, aliases, clock, sells: 'simA', pollMs: 10 });
  const ingest = await startIngest({ feed, source: DESK_FEED, idStamp: 'day', aliases, store, bus, clock });
  const submit = (encoded: string): Promise<string> => writer.submit(encoded);
  const books = new Set(['simA']);
  const opener = await startMarketOpener({ bus, store, clock, ledgerId: 'main', tenantId: 'ten', books, submit });
  stops = [() => ingest.stop(), () => opener.stop(), () => processor.stop(), () => bus.close(), () => writer.stop()];
});
afterEach(async () => {
  for (const stop of stops) await stop();
});

/** One moment for all markets of a race: rows of one fixture that start a millisecond apart are refused. */
const START = Date.now() + 3_600_000;
const race = (change: Partial<DeskRow> = {}): DeskRow => ({
  sport: 'hr',
  competition: 'ascot',
  home: '1500',
  away: '-',
  startAt: START,
  market: 'win',
  oddsMilli: { colt: 6_500, asti: 2_500, bay: 3_000, dun: 8_000 },
  eachWay: { divisor: 4, places: 2 },
  ...change,
});
const placeMarket = {
  market: 'place',
  places: 2,
  eachWay: undefined,
  oddsMilli: { colt: 2_400, asti: 1_400, bay: 1_500, dun: 2_800 },
};

async function made(rows: readonly DeskRow[]): Promise<{ readonly eventId: string; readonly marketIds: readonly string[] }> {
  const done = await office.make(rows, { by: BY });
  assert.ok('eventIds' in done, JSON.stringify(done));
  return { eventId: done.eventIds[0] as string, marketIds: done.marketIds };
}
async function market(marketId: string, holds: (market: Market) => boolean): Promise<Market> {
  const look = (): Market | undefined => {
    const ledger = writer.state?.ledgers.get('main');
    return ledger ? marketOf(ledger, marketId) : undefined;
  };
  await until(() => {
    const found = look();
    return found !== undefined && holds(found);
  }, `the market ${marketId}`);
  return look() as Market;
}
async function quoteOf(eventId: string, marketId: string): Promise<Quote | undefined> {
  return (await store.loadEvents([eventId]))[0]?.quotes.find(({ quote }) => quote.marketId === marketId)?.quote;
}
async function faultOf(row: Partial<DeskRow>): Promise<string | undefined> {
  const faults = await office.make([race(row)], { by: BY });
  return Array.isArray(faults) ? faults.map(({ refusal }) => `${refusal.code} ${refusal.path}`).join() : undefined;
}

test('a race opens its markets with all that it states, and its finishing order settles them', async () => {
  const { eventId, marketIds } = await made([race(), race(placeMarket)]);
  const [win = '', place = ''] = marketIds;
  assert.deepEqual([win, place], [`${eventId}/win`, `${eventId}/place`]);
  const open = await market(win, ({ status }) => status === 'open');
  assert.deepEqual(open.selections, ['colt', 'asti', 'bay', 'dun']); // as the desk named them
  assert.deepEqual([open.runners?.places, open.runners?.eachWay], [1, { divisor: 4, places: 2 }]);
  const placing = await market(place, ({ status }) => status === 'open');
  assert.deepEqual([placing.runners?.places, placing.runners?.eachWay], [2, null]);

  assert.equal(await office.close(eventId, BY, { places: [['asti'], ['bay', 'colt']], unplaced: ['dun'] }), null);
  // Second and third share one place: half of a place bet on each wins.
  const settled = await market(place, ({ status }) => status === 'settled');
  assert.deepEqual(settled.outcomes, { asti: [1, 1, 0, 1], bay: [1, 2, 0, 1], colt: [1, 2, 0, 1], dun: [0, 1, 0, 1] });
  const won = await market(win, ({ status }) => status === 'settled');
  assert.deepEqual(
    ['asti', 'bay', 'place:asti', 'place:bay', 'place:dun'].map((name) => won.outcomes?.[name]?.slice(0, 2)),
    [
      [1, 1],
      [0, 1],
      [1, 1],
      [1, 2],
      [0, 1],
    ],
  );
});

test('what a race states holds for its later prices, also without a runner that was withdrawn', async () => {
  const { eventId, marketIds } = await made([race()]);
  const [win = ''] = marketIds;
  await market(win, ({ status }) => status === 'open');
  const offer = await office.price(win, { oddsMilli: { asti: 2_000, bay: 2_500, colt: 5_000 } }, BY);
  assert.ok('prices' in offer, JSON.stringify(offer));
  await until(async () => (await quoteOf(eventId, win))?.prices.length === 3, 'the new prices');
  assert.deepEqual((await quoteOf(eventId, win))?.stated, {
    eachWay: { divisor: 4, places: 2 },
    places: 1,
    selections: ['colt', 'asti', 'bay', 'dun'],
  });
  const ask = async (list: PriceList): Promise<string> => {
    const { code, path } = (await office.price(win, list, BY)) as Refusal;
    return `${code} ${path}`;
  };
  assert.equal(await ask({ oddsMilli: { asti: 2_000, grey: 9_000 } }), 'not_found /prices/grey');
  assert.equal(await ask({ oddsMilli: { asti: 2_000 }, eachWay: { divisor: 5, places: 2 } }), 'version_conflict /eachWay');
  // 1/2 + 1/4 + 1/4 is fair without dun: a margin of a tenth makes 0.55, 0.275, 0.275.
  const margin = { method: 'multiplicative', ppm: 100_000 } as const;
  const priced = await office.price(win, { oddsMilli: { asti: 2_000, bay: 4_000, colt: 4_000 }, margin }, BY);
  assert.deepEqual('prices' in priced && priced.prices, [
    { selectionId: 'colt', oddsMilli: 3_636 },
    { selectionId: 'asti', oddsMilli: 1_818 },
    { selectionId: 'bay', oddsMilli: 3_636 },
  ]);
});

test('a race that cannot be is refused with its place, and an order that cannot be as well', async () => {
  assert.equal(await faultOf({ eachWay: { divisor: 0, places: 2 } }), 'malformed /eachWay/divisor');
  assert.equal(await faultOf({ eachWay: { divisor: 4, places: 5 } }), 'malformed /eachWay/places');
  assert.equal(await faultOf({ market: 'place', eachWay: undefined }), 'malformed /places');
  assert.equal(await faultOf({ selections: ['asti', 'bay'] }), 'not_found /prices/colt');
  assert.equal(await faultOf({ oddsMilli: { asti: 2_000 } }), 'malformed /selections');
  assert.equal(await faultOf({ oddsMilli: { asti: 2_000, '7': 2_000 } }), 'malformed /selections/0');
  assert.equal(
    await faultOf({ ...placeMarket, margin: { method: 'power', ppm: 1 } }), // its probabilities sum to two
    'malformed /margin',
  );
  assert.equal(await faultOf({ market: '1x2', oddsMilli: { home: 2_000 } }), 'malformed /eachWay');
  assert.equal(
    await faultOf({ market: '1x2', oddsMilli: { home: 2_000 }, eachWay: undefined, selections: ['home', 'away'] }),
    'malformed /selections',
  );

  const { eventId } = await made([race()]);
  const close = async (...finish: [places: string[][], unplaced?: string[]]): Promise<string> => {
    const [places, unplaced] = finish;
    const refusal = await office.close(eventId, BY, { places, unplaced });
    return `${refusal?.code} ${refusal?.path}`;
  };
  assert.equal(await close([['asti'], ['grey']]), 'not_found /places/1');
  assert.equal(await close([['asti'], ['bay', 'asti']]), 'malformed /places/1');
  assert.equal(await close([['asti']], ['asti']), 'malformed /unplaced');
  assert.equal(await close([['asti'], []]), 'malformed /places/1');
  assert.equal(await close([]), 'malformed /places');
});

test('an order may be told after the close, and one that is told again corrects it', async () => {
  const { eventId, marketIds } = await made([race({ eachWay: undefined })]);
  const [win = ''] = marketIds;
  await market(win, ({ status }) => status === 'open');
  await office.close(eventId, BY);
  await market(win, ({ status }) => status === 'closed');
  assert.equal((await office.close(eventId, BY))?.code, 'already_resolved');
  assert.equal(await office.close(eventId, BY, { places: [['bay'], ['asti']], unplaced: ['colt', 'dun'] }), null);
  const settled = await market(win, ({ status }) => status === 'settled');
  assert.deepEqual(settled.outcomes?.['bay'], [1, 1, 0, 1]);
  assert.equal(await office.close(eventId, BY, { places: [['asti'], ['bay']], unplaced: ['colt', 'dun'] }), null);
  const corrected = await market(win, ({ outcomes, status }) => status === 'settled' && outcomes?.['asti']?.[0] === 1);
  assert.deepEqual(corrected.outcomes?.['bay'], [0, 1, 0, 1]);
});
