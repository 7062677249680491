import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NumberedQuote } from '#core/catalog/quote.ts';
import { EVENT, MARKET, quoteOf } from '../rows-for-tests.ts';
import { OddsHub, ROUND_MS } from './odds-hub.ts';
import { type Begun, OddsWatcher, type Watch } from './odds-watcher.ts';

const BTTS = `${EVENT}/btts`;

/** A reader that takes what it is given, or nothing while it is full. */
class Reader extends OddsWatcher {
  full = false;
  readonly heard: { begun?: Begun; n: number; market?: string; seq?: number }[] = [];

  get hasRoom(): boolean {
    return !this.full;
  }
  begin({ room }: Watch, begun: Begun): void {
    this.heard.push({ begun, n: room.n });
  }
  protected give({ has, room }: Watch): number {
    const texts = room.after(has);
    for (const { text } of texts) {
      const { n, payload } = JSON.parse(text) as { n: number; payload: { marketId: string; quoteSeq: number } };
      this.heard.push({ n, market: payload.marketId, seq: payload.quoteSeq });
    }
    return texts.length;
  }
  protected together(gifts: () => void): void {
    gifts();
  }
}

/** A hub over a store that the test writes; `put` stores and publishes as the odds processor does. */
function scene() {
  const rows = new Map<string, NumberedQuote>();
  let n = 0;
  const calls = { load: 0, stored: 0 };
  const read = (from: 'load' | 'stored') => () => {
    calls[from]++;
    return Promise.resolve([...rows.values()]);
  };
  const source = { load: read('load'), stored: read('stored') };
  const hub = new OddsHub(source);
  const store = (marketId: string): NumberedQuote => {
    const row = { n: ++n, quote: quoteOf({ marketId, quoteSeq: (rows.get(marketId)?.quote.quoteSeq ?? 0) + 1 }) };
    rows.set(marketId, row);
    return row;
  };
  const put = (marketId: string): void => {
    const row = store(marketId);
    hub.publish({ eventId: EVENT, after: row.n - 1, quotes: [row] });
  };
  return { calls, hub, put, rows, source, store };
}

const round = (): Promise<void> => new Promise((done) => setTimeout(done, ROUND_MS * 2));

test('OddsHub gives all prices first, then each change with its number', async () => {
  const { hub, put } = scene();
  put(MARKET);
  put(BTTS);
  const reader = new Reader();
  await hub.watch(EVENT, reader, null);
  put(MARKET);
  await round();
  assert.deepEqual(reader.heard, [
    { begun: 'whole', n: 2 },
    { n: 1, market: MARKET, seq: 1 },
    { n: 2, market: BTTS, seq: 1 },
    { n: 3, market: MARKET, seq: 2 },
  ]);
});

test('OddsHub resumes after any number a reader may have, on a gateway that never saw it before', async () => {
  const { put, source } = scene();
  for (const market of [MARKET, BTTS, MARKET, MARKET]) put(market);
  for (const [has, expected] of [
    [0, [2, 4]],
    [1, [2, 4]],
    [2, [4]],
    [3, [4]],
    [4, []],
  ] as const) {
    const reader = new Reader();
    await new OddsHub(source).watch(EVENT, reader, has);
    assert.deepEqual(reader.heard[0], { begun: 'resumed', n: 4 });
    assert.deepEqual(
      reader.heard.slice(1).map(({ n }) => n),
      expected,
    );
  }
});

test('OddsHub marks a snapshot when a reader has a number that is not known, also not in the store', async () => {
  const { calls, hub, put } = scene();
  put(MARKET);
  const reader = new Reader();
  await hub.watch(EVENT, reader, 99);
  assert.deepEqual(reader.heard, [
    { begun: 'snapshot', n: 1 },
    { n: 1, market: MARKET, seq: 1 },
  ]);
  assert.deepEqual(calls, { load: 1, stored: 1 });
});

test('OddsHub reads what is stored when a change was missed, and tells nothing before', async () => {
  const { calls, hub, put, store } = scene();
  put(MARKET);
  const reader = new Reader();
  await hub.watch(EVENT, reader, null);
  store(BTTS); // never published
  put(MARKET);
  await round();
  assert.deepEqual(calls, { load: 1, stored: 1 });
  assert.deepEqual(
    reader.heard.map(({ n }) => n),
    [1, 1, 2, 3],
  );
});

test('OddsHub reads again when what was missed could not be read', async () => {
  const { hub, put, source, store } = scene();
  put(MARKET);
  const reader = new Reader();
  await hub.watch(EVENT, reader, null);
  const good = source.stored;
  source.stored = () => Promise.reject(new Error('down'));
  store(BTTS);
  put(MARKET);
  await round();
  assert.equal(reader.heard.length, 2, 'half of the truth is not told');
  source.stored = good;
  await new Promise((done) => setTimeout(done, 700));
  assert.deepEqual(
    reader.heard.map(({ n }) => n),
    [1, 1, 2, 3],
  );
});

test('OddsHub keeps nothing for a reader that is full, and gives it the newest of each market afterwards', async () => {
  const { hub, put } = scene();
  put(MARKET);
  const [slow, fast] = [new Reader(), new Reader()];
  await hub.watch(EVENT, slow, null);
  await hub.watch(EVENT, fast, null);
  slow.full = true;
  for (let i = 0; i < 50; i++) {
    put(MARKET);
    put(BTTS);
    if (i % 10 === 0) await round();
  }
  await round();
  assert.equal(slow.heard.length, 2);
  slow.full = false;
  hub.owe(slow);
  await round();
  const last = [
    { n: 100, market: MARKET, seq: 51 },
    { n: 101, market: BTTS, seq: 50 },
  ];
  assert.deepEqual(slow.heard.slice(2), last);
  assert.deepEqual(fast.heard.slice(-2), last);
  assert.equal(hub.counts.conflated, 98 + (100 - (fast.heard.length - 2)));
});

test('OddsHub never shows an older price after a newer one, also when the stored ones arrive late', async () => {
  const { promise, resolve } = Promise.withResolvers<NumberedQuote[]>();
  const hub = new OddsHub({ load: () => promise, stored: () => promise });
  const reader = new Reader();
  const watching = hub.watch(EVENT, reader, null);
  hub.publish({ eventId: EVENT, after: 8, quotes: [{ n: 9, quote: quoteOf({ quoteSeq: 9 }) }] });
  resolve([{ n: 5, quote: quoteOf({ quoteSeq: 5 }) }]);
  await watching;
  assert.deepEqual(
    reader.heard.flatMap(({ seq }) => seq ?? []),
    [9],
  );
});

test('OddsHub tells a subscriber when the stored prices cannot be read, and can be asked again', async () => {
  const { hub, put, source } = scene();
  put(MARKET);
  const good = source.load;
  source.load = () => Promise.reject(new Error('down'));
  await assert.rejects(hub.watch(EVENT, new Reader(), null), /down/);
  assert.equal(hub.rooms, 0);
  source.load = good;
  const reader = new Reader();
  const watch = await hub.watch(EVENT, reader, null);
  assert.equal(reader.heard.length, 2);
  hub.leave(watch);
  assert.equal(hub.rooms, 0);
});
