// Orders and order books over the socket: what comes, to whom, after which number, and what is refused.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { CY, order, worldWithExchange } from '#core/exchange/exchange-for-tests.ts';
import { idOf, WINNER, type World } from '#core/kernel/world-for-tests.ts';
import type { Message } from '#ports/bus.ts';
import type { OrderRow } from '#ports/read-models.ts';
import { depsForTests, type TestApi, questionsTo } from '../deps-for-tests.ts';
import { MARKET, newId, PLAYER } from '../rows-for-tests.ts';
import type { Api } from '../deps.ts';
import { UnansweredError } from '#ports/questions.ts';
import { answerQuestion } from '../questions/questions.ts';
import { buildServer } from '../server.ts';

const STRANGER = newId('usr');
const CHANNEL = `book:${WINNER}`;

let world: World;
let rows: OrderRow[];
let deps: TestApi;
let app: Api;
let seq: number;

beforeEach(async () => {
  seq = 100;
  world = worldWithExchange();
  rows = [];
  const plain = depsForTests();
  const orders: TestApi['readModels']['orders'] = async ({ ownerId }, { orderIds, unfinished }) => {
    const mine = rows.filter((row) => row.holder === ownerId && (!unfinished || row.status !== 'complete'));
    return {
      items: mine.filter(({ orderId }) => !orderIds || orderIds.includes(orderId)),
      after: null,
      seq: deps.projected,
    };
  };
  deps = depsForTests({ questions: questionsTo(writerOf), readModels: { ...plain.readModels, orders } });
  app = await buildServer(deps);
  await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => app.close());

function writerOf() {
  return { status: 'writing', state: world.state, place: { seq: world.events.length } };
}

function row(name: string, over: Partial<OrderRow> = {}): OrderRow {
  return {
    orderId: idOf('ord', name),
    holder: PLAYER.ownerId,
    marketId: MARKET,
    selectionId: 'home',
    side: 'back',
    kind: 'limit',
    persistence: 'lapse',
    priceMilli: 2_000,
    sizeMinor: 1_000,
    currency: 'PLAY',
    placedAt: 1,
    status: 'open',
    matchedMinor: 0,
    averagePriceMilli: null,
    matchedValue: 0n,
    endedMinor: 0,
    reason: null,
    seq: 90,
    ...over,
  };
}

function happen(...events: { type: string; data: object }[]): void {
  const lines = events.map((event) => JSON.stringify({ at: 5, commandId: 'c', ledgerId: 'main', v: 1, ...event }));
  const body = JSON.stringify({ shard: 0, firstSeq: seq + 1, events: lines.join('\n') });
  seq += events.length;
  deps.events.hear([
    { topic: 'events', key: '0', id: String(seq), type: 'EventBatch', v: 1, correlationId: 'h', body } satisfies Message,
  ]);
}

const placed = (name: string, holder: string) => ({
  type: 'OrderPlaced',
  data: { holder, marketId: MARKET, orderId: idOf('ord', name), persistence: 'lapse', priceMilli: 2_000, selectionId: 'home', side: 'back', sizeMinor: 1_000 }, // prettier-ignore
});
const matched = (name: string, fills: [string, number, number][]) => ({
  type: 'OrdersMatched',
  data: { fills: fills.map(([maker, ...fill]) => [idOf('ord', maker), ...fill]), marketId: MARKET, orderId: idOf('ord', name) },
});
const reduced = (...orders: [string, number][]) => ({
  type: 'OrdersReduced',
  data: { marketId: MARKET, orders: orders.map(([name, size]) => [idOf('ord', name), size]), reason: 'cancelled' },
});

type Frame = { readonly type: string; readonly n?: number; readonly orders?: Wire[] } & Record<string, unknown>;
interface Wire {
  readonly orderId: string;
  readonly status: string;
  readonly averagePriceMilli: number | null;
  readonly matched: { amountMinor: number };
  readonly ended: { amountMinor: number };
}
const brief = ({ n, orders, type }: Frame) => [
  type,
  n,
  (orders ?? []).map(({ ended, matched: m, orderId, status }) => [orderId, status, m.amountMinor, ended.amountMinor]),
];

class Listener {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;

  constructor(key: string, query = '') {
    const url = `ws://127.0.0.1:${(app.server.address() as AddressInfo).port}/ws/live${query}`;
    this.socket = new WebSocket(url, { headers: { authorization: `Bearer ${key}` } });
    this.socket.on('message', (data) => this.frames.push(JSON.parse(String(data)) as Frame));
  }

  async until(count: number): Promise<readonly Frame[]> {
    for (const deadline = Date.now() + 15_000; this.frames.length < count;) {
      assert.ok(Date.now() < deadline, `only ${JSON.stringify(this.frames)}`);
      await new Promise((done) => setTimeout(done, 5));
    }
    return this.frames;
  }

  say(message: object): void {
    this.socket.send(JSON.stringify(message));
  }
}

test('/ws/live tells the caller of its own orders from the snapshot on, and nobody of others', async () => {
  rows = [
    row('old', { matchedMinor: 100, matchedValue: 200_000n, averagePriceMilli: 2_000 }),
    row('theirs', { holder: STRANGER }),
  ];
  const listener = new Listener('player');
  const [snapshot] = await listener.until(1);
  assert.deepEqual(brief(snapshot as Frame), ['snapshot', 100, [[idOf('ord', 'old'), 'open', 100, 0]]]);
  happen(
    placed('x', STRANGER),
    placed('new', PLAYER.ownerId),
    matched('x', [
      ['old', 2_500, 300],
      ['theirs', 2_000, 100],
    ]),
    reduced(['theirs', 900]),
    reduced(['old', 600], ['x', 600], ['new', 1]),
    matched('new', [['theirs', 3_000, 999]]),
    reduced(['old', 5]),
  );
  const frames = await listener.until(5);
  await new Promise((done) => setTimeout(done, 50));
  assert.deepEqual(frames.slice(1).map(brief), [
    ['orders', 102, [[idOf('ord', 'new'), 'open', 0, 0]]],
    ['orders', 103, [[idOf('ord', 'old'), 'open', 400, 0]]],
    [
      'orders',
      105,
      [
        [idOf('ord', 'old'), 'complete', 400, 600],
        [idOf('ord', 'new'), 'open', 0, 1],
      ],
    ],
    ['orders', 106, [[idOf('ord', 'new'), 'complete', 999, 1]]],
  ]);
  // 1.00 at 2.0 and 3.00 at 2.5: 2.375.
  assert.equal(frames[3]?.orders?.[0]?.averagePriceMilli, 2_375);
  const text = JSON.stringify(frames);
  assert.ok(!text.includes(STRANGER) && !text.includes(idOf('ord', 'theirs')) && !text.includes(idOf('ord', 'x')));
  listener.socket.close();
});

test('/ws/live goes on with orders that ended while the caller was away', async () => {
  happen(placed('mine', PLAYER.ownerId), matched('x', [['mine', 2_000, 400]]), reduced(['mine', 600], ['theirs', 5]));
  deps.projected = 103;
  rows = [
    row('mine', { status: 'complete', matchedMinor: 400, matchedValue: 800_000n, averagePriceMilli: 2_000, endedMinor: 600, reason: 'cancelled', seq: 103 }), // prettier-ignore
    row('theirs', { holder: STRANGER }),
  ];
  const listener = new Listener('player', '?after=101');
  const mine = [idOf('ord', 'mine'), 'complete', 400, 600];
  assert.deepEqual((await listener.until(3)).map(brief), [
    ['resumed', 101, []],
    ['orders', 102, [mine]],
    ['orders', 103, [mine]],
  ]);
  listener.socket.close();
});

test('/ws/live waits for what the read models have already and it has not heard, so that no end of an order is lost', async () => {
  happen(placed('mine', PLAYER.ownerId));
  deps.projected = 102;
  rows = [row('mine', { status: 'complete', endedMinor: 1_000, reason: 'cancelled', seq: 102 })];
  const listener = new Listener('player', '?after=100');
  await new Promise((done) => setTimeout(done, 150));
  assert.deepEqual(listener.frames, []);
  happen(reduced(['mine', 1_000]));
  const told = (await listener.until(3)).map(brief);
  assert.deepEqual(told[2], ['orders', 102, [[idOf('ord', 'mine'), 'complete', 0, 1_000]]]);
  listener.socket.close();
});

test('/ws/live gives the book that GET /v1/markets/:id/book gives, then its changes, and goes on after a break', async () => {
  order(world, 'a', CY, { side: 'lay', priceMilli: 1_900, sizeMinor: 300 });
  const listener = new Listener('player');
  await listener.until(1);
  listener.say({ type: 'subscribe', channel: CHANNEL });
  const answered = await app.inject({ url: `/v1/markets/${encodeURIComponent(WINNER)}/book` });
  const [, whole] = await listener.until(2);
  assert.deepEqual([whole?.type, whole?.n, whole?.['channel'], whole?.['book']], ['book', 1, CHANNEL, answered.json()]);
  order(world, 'b', CY, { side: 'lay', priceMilli: 1_800, sizeMinor: 200 });
  const [, , changes] = await listener.until(3);
  const level = { selectionId: 'home', side: 'availableToBack', priceMilli: 1_800, sizeMinor: 200, orders: 1 };
  assert.deepEqual([changes?.type, changes?.['after'], changes?.n, changes?.['levels']], ['book_changes', 1, 2, [level]]);
  listener.socket.close();

  order(world, 'c', CY, { side: 'lay', priceMilli: 1_700, sizeMinor: 400 });
  const back = new Listener('reader');
  await back.until(1);
  back.say({ type: 'subscribe', channel: CHANNEL, room: whole?.['room'], after: 2 });
  const frames = await back.until(3);
  assert.deepEqual(
    frames.slice(1).map(({ after, n, type }) => [type, after, n]),
    [
      ['resumed', undefined, 2],
      ['book_changes', 2, 3],
    ],
  );
  back.say({ type: 'unsubscribe', channel: CHANNEL });
  back.say({ type: 'subscribe', channel: CHANNEL, room: 'of another gateway', after: 2 });
  assert.equal((await back.until(4))[3]?.type, 'book');
  back.socket.close();
});

test('/ws/live gives books through the door of a writer in another process, and says when none answers', async () => {
  await app.close();
  let isThere = true;
  const ask = async (_shard: number, text: string) => {
    if (!isThere) throw new UnansweredError('writer_moving', 'late');
    return answerQuestion(writerOf, text);
  };
  deps = depsForTests({ questions: { ask, isHere: () => false } });
  app = await buildServer(deps);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const listener = new Listener('player');
  await listener.until(1);
  listener.say({ type: 'subscribe', channel: CHANNEL });
  assert.equal((await listener.until(2))[1]?.type, 'book');
  isThere = false;
  order(world, 'a', CY, { side: 'lay', priceMilli: 1_900, sizeMinor: 300 });
  await new Promise((done) => setTimeout(done, 300));
  assert.equal(listener.frames.length, 2);
  listener.say({ type: 'subscribe', channel: `book:${MARKET}/x` });
  const error = (await listener.until(3))[2];
  assert.deepEqual([error?.type, error?.['code'], error?.['channel']], ['error', 'busy', `book:${MARKET}/x`]);
  isThere = true;
  assert.deepEqual([(await listener.until(4))[3]?.type, listener.frames[3]?.n], ['book_changes', 2]);
  listener.socket.close();
});

test('/ws/live refuses books of no exchange, and what is no channel', async () => {
  const listener = new Listener('player');
  await listener.until(1);
  listener.say({ type: 'subscribe', channel: 'book:nowhere' });
  listener.say({ type: 'subscribe', channel: 'me' });
  listener.say({ type: 'subscribe', channel: `book:${'x'.repeat(161)}` });
  listener.say({ type: 'subscribe', channel: CHANNEL, after: -1 });
  const codes = async (count: number) => (await listener.until(count)).slice(1).map(({ code }) => code).sort(); // prettier-ignore
  assert.deepEqual(await codes(5), ['malformed', 'malformed', 'malformed', 'not_found']);
  listener.socket.close();
});
