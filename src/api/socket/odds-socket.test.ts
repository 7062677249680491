import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import type { Quote } from '#core/catalog/quote.ts';
import { depsForTests, type TestApi } from '../deps-for-tests.ts';
import { EVENT, MARKET, quoteOf } from '../rows-for-tests.ts';
import type { Api } from '../deps.ts';
import { buildServer } from '../server.ts';
import { ROUND_MS } from './odds-hub.ts';

let deps: TestApi;
let app: Api;
let port = 0;

before(async () => {
  deps = depsForTests();
  app = await buildServer(deps);
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as AddressInfo).port;
});
after(() => app.close());

interface Frame {
  readonly type?: string;
  readonly code?: string;
  readonly eventId?: string;
  readonly n?: number;
  readonly payload?: Quote;
}

/** A client that keeps what it hears. */
class Listener {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  #woken: (() => void) | null = null;

  constructor(headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/ws/odds`, { headers });
    this.socket.on('message', (data) => {
      this.frames.push(JSON.parse(String(data)) as Frame);
      this.#woken?.();
    });
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => this.socket.once('open', resolve).once('error', reject));
  }

  say(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  async until(wanted: (frames: readonly Frame[]) => boolean): Promise<void> {
    const deadline = Date.now() + 15_000;
    while (!wanted(this.frames)) {
      assert.ok(Date.now() < deadline, `not heard within 15 s: ${JSON.stringify(this.frames)}`);
      await new Promise<void>((resolve) => {
        this.#woken = resolve;
        setTimeout(resolve, 20);
      });
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.close();
    await closed;
  }
}

function publish(n: number, quote: Quote): void {
  deps.odds.publish({ eventId: EVENT, after: n - 1, quotes: [{ n, quote }] });
}

async function listener(headers: Record<string, string> = {}): Promise<Listener> {
  const made = new Listener(headers);
  await made.opened();
  return made;
}

test('a subscriber gets the current prices at once, then each newer quote, until it unsubscribes', async () => {
  const client = await listener();
  client.say({ type: 'subscribe', eventId: EVENT });
  await client.until((frames) => frames.length === 1);
  assert.deepEqual(client.frames[0], { eventId: EVENT, n: 7, payload: quoteOf() });
  const newer = quoteOf({ quoteSeq: 8, inPlay: true, score: { home: 1, away: 0 } });
  publish(8, newer);
  publish(6, quoteOf({ quoteSeq: 6 })); // older: no news
  const other = 'fb:E0:20240816:other:match';
  deps.odds.publish({ eventId: other, after: 8, quotes: [{ n: 9, quote: quoteOf({ marketId: `${other}/1x2` }) }] }); // not subscribed
  await client.until((frames) => frames.length === 2);
  assert.deepEqual(client.frames[1]?.payload, newer);
  client.say({ type: 'unsubscribe', eventId: EVENT });
  client.say({ type: 'ping' });
  await client.until((frames) => frames.some((frame) => frame.type === 'pong'));
  publish(9, quoteOf({ quoteSeq: 10 }));
  client.say({ type: 'ping', eventId: '' });
  await client.until((frames) => frames.filter((frame) => frame.type === 'pong').length === 2);
  assert.equal(client.frames.length, 4);
  assert.equal(deps.odds.rooms, 0, 'a fixture that nobody watches costs nothing');
  await client.close();
});

test('nonsense is answered and does not end the connection', async () => {
  const client = await listener();
  for (const message of [
    '{',
    '[]',
    { type: 'subscribe' },
    { type: 'subscribe', eventId: EVENT, extra: 1 },
    { type: 'drop table' },
  ])
    client.say(message);
  client.say({ type: 'subscribe', eventId: 'not an id' });
  client.say({ type: 'ping' });
  await client.until((frames) => frames.length === 7);
  assert.deepEqual(
    client.frames.map((frame) => frame.code ?? frame.type),
    ['malformed', 'malformed', 'malformed', 'malformed', 'malformed', 'not_found', 'pong'],
  );
  await client.close();
});

test('the hundred and first subscription is refused, the others go on', async () => {
  const client = await listener();
  for (let i = 0; i < 101; i++) client.say({ type: 'subscribe', eventId: `fb:E0:match-${i}` });
  client.say({ type: 'ping' });
  await client.until((frames) => frames.some((frame) => frame.type === 'pong'));
  assert.deepEqual(
    client.frames.map((frame) => frame.code ?? frame.type),
    ['rate_limited', 'pong'],
  );
  assert.equal(deps.odds.rooms, 100);
  await client.close();
});

test('a page of another host may not listen; this host’s page and programs may', async () => {
  await assert.rejects(listener({ origin: 'https://evil.example' }), /403/);
  await assert.rejects(listener({ origin: 'null' }), /403/);
  const own = await listener({ origin: `http://127.0.0.1:${port}` });
  await own.close();
});

test('a client that talks too much or too long is closed', async () => {
  const chatty = await listener();
  const code = new Promise<number>((resolve) => chatty.socket.once('close', resolve));
  for (let i = 0; i < 300; i++) chatty.say({ type: 'ping' });
  assert.equal(await code, 1008);
  const long = await listener();
  const longCode = new Promise<number>((resolve) => long.socket.once('close', resolve));
  long.say({ type: 'subscribe', eventId: 'x'.repeat(5_000) });
  assert.ok([1006, 1009].includes(await longCode));
});

test('a slow reader ends with the newest quote of every market, and its backlog stays bounded', async () => {
  const slow = await listener();
  let heard = 0;
  slow.say({ type: 'subscribe', eventId: EVENT });
  await slow.until((frames) => frames.length > 0);
  slow.socket.pause();
  const markets = Array.from({ length: 20 }, (_, at) => `${EVENT}/ou@${at + 0.5}`);
  const last = 2_000;
  // About 400 bytes x 20 markets x 2,000 quotes: far more than the kernel's socket buffers hold.
  for (let seq = 1; seq <= last; seq++) {
    for (const [at, marketId] of markets.entries())
      publish(7 + (seq - 1) * markets.length + at + 1, quoteOf({ marketId, quoteSeq: seq }));
    if (seq % 20 === 0) await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
  }
  slow.socket.resume();
  await slow.until((frames) => {
    const newest = new Map<string, number>();
    for (const { payload } of frames) {
      if (!payload || payload.marketId === MARKET) continue;
      assert.ok(payload.quoteSeq >= (newest.get(payload.marketId) ?? 0), 'never back in time');
      newest.set(payload.marketId, payload.quoteSeq);
    }
    heard = frames.length;
    return markets.every((marketId) => newest.get(marketId) === last);
  });
  assert.ok(heard < (last * markets.length) / 2, `${heard} frames for ${last * markets.length} quotes: conflated`);
  await slow.close();
});

test('a socket that comes back with its last number gets what came since, or a marked snapshot', async () => {
  const first = await listener();
  first.say({ type: 'subscribe', eventId: EVENT });
  await first.until((frames) => frames.length > 0);
  const { n } = first.frames.at(-1) as { n: number };
  await first.close();
  const second = await listener();
  second.say({ type: 'subscribe', eventId: EVENT, after: n });
  second.say({ type: 'subscribe', eventId: EVENT, after: n }); // once is enough
  await second.until((frames) => frames.length > 0);
  assert.deepEqual(second.frames, [{ type: 'resumed', eventId: EVENT, n }]);
  publish(n + 1, quoteOf({ quoteSeq: 1_000 }));
  await second.until((frames) => frames.length > 1);
  assert.equal(second.frames[1]?.n, n + 1);
  const third = await listener();
  third.say({ type: 'subscribe', eventId: EVENT, after: n + 50 });
  await third.until((frames) => frames.length > 1);
  assert.deepEqual(third.frames[0], { type: 'snapshot', eventId: EVENT, n: n + 1 });
  assert.deepEqual(third.frames[1]?.payload?.quoteSeq, 1_000);
  await Promise.all([second.close(), third.close()]);
});

test('stopping the server says goodbye to its sockets and ends', async () => {
  const own = await buildServer(depsForTests());
  await own.listen({ host: '127.0.0.1', port: 0 });
  const socket = new WebSocket(`ws://127.0.0.1:${(own.server.address() as AddressInfo).port}/ws/odds`);
  await new Promise((resolve) => socket.once('open', resolve));
  const code = new Promise<number>((resolve) => socket.once('close', resolve));
  const started = performance.now();
  await own.close();
  assert.equal(await code, 1001);
  assert.ok(performance.now() - started < 10_000); // a socket that is not cut off waits for 30 s
});
