// The client of the exchange stream against a real TLS server, which says what the protocol says and what it should never say.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ExchangeStreamFeed, type ExchangeStreamOptions } from '#adapters/feeds/exchange-stream/exchange-stream-feed.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import type { FeedItem } from '#ports/feed.ts';
import { type Metrics, silentMetrics } from '#ports/metrics.ts';
import { ExchangeServer, type Visitor } from './exchange-server.ts';

const T0 = 1_700_000_000_000;
const START = Date.UTC(2026, 4, 9, 19);
const SUBSCRIPTION = { marketFilter: { eventTypeIds: ['1'], marketTypes: ['MATCH_ODDS'] }, heartbeatMs: 500 };

const definition = (status = 'OPEN'): object => ({
  status,
  inPlay: false,
  betDelay: 0,
  version: 1,
  bettingType: 'ODDS',
  marketType: 'MATCH_ODDS',
  eventTypeId: '1',
  eventId: '29342344',
  marketTime: '2026-05-09T19:00:00.000Z',
  runners: [
    { id: 11, status: 'ACTIVE', sortPriority: 1 },
    { id: 22, status: 'ACTIVE', sortPriority: 2 },
    { id: 58_805, status: 'ACTIVE', sortPriority: 3 },
  ],
});
const batb = (id: number, price: number, size = 10): object => ({ id, batb: [[0, price, size]] });
const image = (id = '1.1', clk = 'A', at = T0): object => ({
  op: 'mcm',
  id: 2,
  ct: 'SUB_IMAGE',
  initialClk: 'I',
  clk,
  pt: at,
  heartbeatMs: 500,
  conflateMs: 0,
  mc: [{ id, img: true, marketDefinition: definition(), rc: [batb(11, 2), batb(22, 4), batb(58_805, 3.5)] }],
});
const delta = (clk: string, at: number, price: number, id = '1.1'): object => ({
  op: 'mcm',
  id: 2,
  clk,
  pt: at,
  mc: [{ id, rc: [batb(11, price)] }],
});

interface Scene {
  readonly server: ExchangeServer;
  readonly feed: ExchangeStreamFeed;
  /** Items as they come; waits for the next. */
  next(): Promise<FeedItem>;
}

async function scene(t: TestContext, more: Partial<ExchangeStreamOptions> = {}): Promise<Scene> {
  const server = new ExchangeServer();
  const port = await server.open();
  const stop = new AbortController();
  const feed = new ExchangeStreamFeed({
    host: 'localhost',
    port,
    credentials: () => ({ appKey: 'key', session: 'token' }),
    subscription: SUBSCRIPTION,
    source: 'exchange',
    clock: new SystemClock(),
    backOffMs: { first: 10, max: 50 },
    ca: server.identity.cert,
    ...more,
  });
  const reading = feed.read(null, stop.signal);
  let batch: FeedItem[] = [];
  t.after(async () => {
    stop.abort();
    await reading.return(undefined);
    await server.close();
  });
  const next = async (): Promise<FeedItem> => {
    while (batch.length === 0) batch = (await reading.next()).value as FeedItem[];
    return batch.shift() as FeedItem;
  };
  return { server, feed, next };
}

const homePrice = (item: FeedItem): number | undefined =>
  item.kind === 'quote' ? item.quote.prices.find(({ selectionId }) => selectionId === 'home')?.oddsMilli : undefined;

/** The next item of a kind, whatever comes before it. */
async function nextOf<K extends FeedItem['kind']>({ next }: Pick<Scene, 'next'>, kind: K): Promise<FeedItem & { kind: K }> {
  for (;;) {
    const item = await next();
    if (item.kind === kind) return item as FeedItem & { kind: K };
  }
}

/** Connects, sends the image and takes its items, the last of which confirms it. */
async function begun({ next, server }: Scene): Promise<Visitor> {
  const last = nextOf({ next }, 'alive');
  const visitor = await server.visitor();
  await visitor.welcome();
  visitor.say(image());
  await last;
  return visitor;
}

const LIMIT = { timeout: 20_000 };

test(
  'it shows its key, subscribes, and tells the image as quotes, deltas as quotes and heartbeats as alive',
  LIMIT,
  async (t) => {
    const s = await scene(t);
    const first = nextOf(s, 'quote');
    const visitor = await s.server.visitor();
    const { authentication, subscription } = await visitor.welcome();
    assert.deepEqual(authentication, { op: 'authentication', id: 1, appKey: 'key', session: 'token' });
    assert.equal(subscription['op'], 'marketSubscription');
    assert.deepEqual(subscription['marketFilter'], SUBSCRIPTION.marketFilter);
    assert.deepEqual([subscription['heartbeatMs'], subscription['conflateMs'], subscription['clk']], [500, 0, undefined]);
    visitor.say(image());
    const item = await first;
    assert.equal(item.quote.marketId, 'exchange:29342344/1x2');
    assert.deepEqual(item.quote.prices, [
      { selectionId: 'home', oddsMilli: 2_000, maxStakeMinor: 1_000 },
      { selectionId: 'away', oddsMilli: 4_000, maxStakeMinor: 1_000 },
      { selectionId: 'draw', oddsMilli: 3_500, maxStakeMinor: 1_000 },
    ]);
    assert.deepEqual([item.observedAt, item.quote.confirmedAt, item.whole, item.cursor.epoch], [T0, T0, true, T0]);
    const offer = await s.next();
    assert.deepEqual(offer.kind === 'offer' && offer.marketIds, ['exchange:29342344/1x2']);
    assert.deepEqual([(await s.next()).kind, item.observedAt], ['alive', T0]);
    visitor.say(delta('B', T0 + 10, 2.02), { op: 'mcm', id: 2, ct: 'HEARTBEAT', clk: 'C', pt: T0 + 500 });
    assert.equal(homePrice(await s.next()), 2_020);
    const alive = await s.next();
    assert.deepEqual([alive.kind, alive.observedAt, alive.cursor.seq], ['alive', T0 + 500, 2]);
  },
);

test('after a lost connection it goes on with both tokens and tells no gap', LIMIT, async (t) => {
  const s = await scene(t);
  const visitor = await begun(s);
  visitor.say({ op: 'mcm', id: 2, ct: 'HEARTBEAT', clk: 'C', pt: T0 + 500 });
  await s.next();
  visitor.socket.destroy();
  const again = await s.server.visitor();
  const { subscription } = await again.welcome();
  assert.deepEqual([subscription['initialClk'], subscription['clk']], ['I', 'C']);
  again.say({
    op: 'mcm',
    id: 2,
    ct: 'RESUB_DELTA',
    initialClk: 'I',
    clk: 'D',
    pt: T0 + 900,
    mc: [{ id: '1.1', rc: [batb(11, 2.1)], con: true }],
  });
  const item = await s.next();
  assert.ok(item.kind === 'quote');
  // The prices of before are still there: only the home side was said anew.
  assert.deepEqual(
    item.quote.prices.map(({ oddsMilli }) => oddsMilli),
    [2_100, 4_000, 3_500],
  );
  assert.equal(item.cursor.epoch, T0);
});

test('tokens that are too old are forgotten: a gap, then a whole image', LIMIT, async (t) => {
  const s = await scene(t);
  (await begun(s)).socket.destroy();
  const refused = await s.server.visitor();
  refused.say({ op: 'connection' });
  await refused.request();
  refused.say({ op: 'status', id: 1, statusCode: 'SUCCESS' });
  await refused.request();
  refused.say({ op: 'status', id: 2, statusCode: 'FAILURE', errorCode: 'INVALID_CLOCK', connectionClosed: true });
  const again = await s.server.visitor();
  const { subscription } = await again.welcome();
  assert.equal(subscription['clk'], undefined);
  again.say(image('1.1', 'X', T0 + 9_000));
  assert.equal((await s.next()).kind, 'gap');
  assert.equal((await nextOf(s, 'quote')).cursor.epoch, T0 + 9_000);
});

test('503 confirms nothing until it is over', LIMIT, async (t) => {
  const s = await scene(t);
  const visitor = await begun(s);
  visitor.say(
    { op: 'mcm', id: 2, status: 503 },
    { ...delta('B', T0 + 700, 2.2), status: 503 },
    { op: 'mcm', id: 2, ct: 'HEARTBEAT', clk: 'C', pt: T0 + 800, status: 503 },
  );
  visitor.say({ op: 'mcm', id: 2, ct: 'HEARTBEAT', clk: 'D', pt: T0 + 900 });
  const late = await s.next();
  assert.ok(late.kind === 'quote');
  assert.deepEqual([late.quote.observedAt, late.quote.confirmedAt], [T0 + 700, T0]);
  const alive = await s.next();
  assert.deepEqual([alive.kind, alive.observedAt], ['alive', T0 + 900]);
});

test('segments are told when the last one is there, and half of them are nothing', LIMIT, async (t) => {
  const s = await scene(t);
  const first = nextOf(s, 'quote');
  const visitor = await s.server.visitor();
  await visitor.welcome();
  visitor.say({ ...image('1.1'), clk: undefined, segmentType: 'SEG_START' });
  visitor.socket.destroy(); // between segments
  const again = await s.server.visitor();
  assert.equal((await again.welcome()).subscription['clk'], undefined);
  again.say({ ...image('1.1'), clk: undefined, segmentType: 'SEG_START' }, { ...image('1.2'), segmentType: 'SEG_END' });
  assert.equal((await first).kind, 'quote');
  assert.equal((await s.next()).kind, 'quote');
});

test('silence ends a connection, and another begins', LIMIT, async (t) => {
  const s = await scene(t);
  const visitor = await begun(s); // heartbeats every 500 ms were promised
  const again = await s.server.visitor();
  assert.equal(visitor.socket.destroyed || visitor.socket.readableEnded, true);
  assert.deepEqual((await again.welcome()).subscription['clk'], 'A');
});

test('whatever should not be said ends the connection, and what cannot be followed is followed by a gap', LIMIT, async (t) => {
  const hostile: [string, object | string][] = [
    ['no JSON', '{"op":"mcm",'],
    ['a changed market that was never shown', delta('B', T0 + 1, 2.2, '1.77')],
    ['no price', { op: 'mcm', id: 2, clk: 'B', pt: T0 + 1, mc: [{ id: '1.1', rc: [{ id: 11, batb: [[0, '2.2', 1]] }] }] }],
    ['a continuation out of nowhere', { op: 'mcm', id: 2, clk: 'B', ct: 'RESUB_DELTA', pt: T0 + 1, mc: [] }],
    ['a line without an end', `${'x'.repeat(70_000)}`],
  ];
  for (const [name, message] of hostile) {
    const s = await scene(t, { lineCharsMax: 60_000 });
    const visitor = await begun(s);
    visitor.say(message, delta('C', T0 + 2, 9));
    const again = await s.server.visitor();
    const { subscription } = await again.welcome();
    assert.equal(subscription['clk'], undefined, name);
    again.say(image('1.1', 'X', T0 + 5_000));
    assert.equal((await s.next()).kind, 'gap', name);
    assert.equal(homePrice(await nextOf(s, 'quote')), 2_000, name); // nothing of what came with the fault was told
  }
});

test('changes of an older subscription and messages of other kinds are passed over', LIMIT, async (t) => {
  const s = await scene(t);
  const visitor = await begun(s);
  visitor.say({ ...delta('B', T0 + 1, 9), id: 1 }, { op: 'ocm', id: 2, oc: [] }, delta('C', T0 + 2, 2.3));
  assert.equal(homePrice(await s.next()), 2_300);
});

test('a refused key is tried again, with credentials that are asked for anew', LIMIT, async (t) => {
  let asked = 0;
  const s = await scene(t, { credentials: () => ({ appKey: 'key', session: `token${++asked}` }) });
  const first = nextOf(s, 'quote');
  const refused = await s.server.visitor();
  refused.say({ op: 'connection' });
  await refused.request();
  refused.say({ op: 'status', id: 1, statusCode: 'FAILURE', errorCode: 'INVALID_SESSION_INFORMATION', connectionClosed: true });
  const again = await s.server.visitor();
  assert.equal((await again.welcome()).authentication['session'], 'token2');
  again.say(image());
  assert.equal((await first).kind, 'quote');
});

test('a server that cannot prove who it is gets no key', LIMIT, async (t) => {
  const other = new ExchangeServer();
  const s = await scene(t, { ca: other.identity.cert });
  const first = s.next();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(s.server.visits, 0);
  first.catch(() => {});
});

test('the card of a fixture comes before its prices, and again when it says something else', LIMIT, async (t) => {
  const s = await scene(t);
  const first = s.next();
  const visitor = await s.server.visitor();
  await visitor.welcome();
  visitor.say(image());
  const card = await first;
  const fixture = { eventId: 'exchange:29342344', sport: 'fb', competition: '', home: '11', away: '22', startAt: START };
  assert.deepEqual(card.kind === 'fixture' && card.fixture, fixture);
  await nextOf(s, 'alive');
  const moved = { ...definition(), marketTime: '2026-05-10T19:00:00.000Z' };
  visitor.say(
    { op: 'mcm', id: 2, clk: 'B', pt: T0 + 5, mc: [{ id: '1.1', marketDefinition: definition() }] },
    { op: 'mcm', id: 2, clk: 'C', pt: T0 + 6, mc: [{ id: '1.1', marketDefinition: moved }] },
  );
  assert.equal((await s.next()).kind, 'quote');
  const again = await s.next();
  assert.deepEqual(again.kind === 'fixture' && again.fixture, { ...fixture, startAt: START + 86_400_000 });
});

test('markets that do not change are confirmed while others do', LIMIT, async (t) => {
  const s = await scene(t);
  const visitor = await begun(s);
  visitor.say(delta('B', T0 + 999, 2.02), delta('C', T0 + 1_000, 2.04), delta('D', T0 + 1_500, 2.06));
  const kinds = [];
  for (let i = 0; i < 4; i++) kinds.push((await s.next()).kind);
  assert.deepEqual(kinds, ['quote', 'quote', 'alive', 'quote']);
});

test('what is conflated confirms nothing of the time in which it was held back', LIMIT, async (t) => {
  const s = await scene(t);
  const first = nextOf(s, 'quote');
  const visitor = await s.server.visitor();
  await visitor.welcome();
  visitor.say({ ...image(), conflateMs: 180_000.4 }); // what a delayed key gets; a stamp is whole ms all the same
  const { observedAt, quote } = await first;
  assert.deepEqual([observedAt, quote.confirmedAt], [T0, T0 - 180_000]);
});

test('snapshot() tells one event as it stands, at the place that has been reached', LIMIT, async (t) => {
  const s = await scene(t);
  await assert.rejects(s.feed.snapshot('*'), /no image yet/);
  const visitor = await begun(s);
  visitor.say(delta('B', T0 + 10, 2.02));
  const { cursor } = await s.next();
  const [card, quote, ...more] = await s.feed.snapshot('exchange:29342344');
  assert.ok(card?.kind === 'fixture' && quote);
  assert.deepEqual([homePrice(quote), quote.cursor, more.length], [2_020, cursor, 0]);
  assert.deepEqual(await s.feed.snapshot('exchange:1'), []);
  assert.equal(s.server.visits, 1);
  // What comes after is newer than what it told.
  visitor.say(delta('C', T0 + 20, 2.04));
  assert.ok((await s.next()).cursor.seq > quote.cursor.seq);
});

test('it counts what the stream goes through, and knows how old its prices are', LIMIT, async (t) => {
  const counted: unknown[] = [];
  const ages: (() => number)[] = [];
  const metrics: Metrics = {
    ...silentMetrics,
    count: (name, _by, labels) => void counted.push([name, labels?.['outcome']]),
    gauge: (_name, read) => void ages.push(read),
  };
  const s = await scene(t, { metrics });
  assert.ok(Number.isNaN(ages[0]?.()));
  const visitor = await begun(s);
  const age = ages[0]?.() ?? 0;
  assert.ok(Math.abs(age - (Date.now() - T0) / 1_000) < 5, String(age));
  visitor.say({ ...delta('B', T0 + 700, 2.2), status: 503 });
  await s.next();
  visitor.socket.destroy();
  await s.server.visitor();
  assert.deepEqual(
    counted.map((one) => (one as string[])[1]),
    ['image', 'late', 'broken'],
  );
});
