import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { WebSocket } from 'ws';
import { EVENT, MARKET, quoteOf } from '../deps-for-tests.ts';
import { CLIENT_LIMITS, OddsClient } from './odds-client.ts';
import { OddsHub } from './odds-hub.ts';

/** A socket whose kernel takes data only when it is told to. */
class HeldSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly taken: string[] = [];
  #waiting: { text: string; done: () => void }[] = [];

  send(text: string, done: () => void): void {
    this.bufferedAmount += text.length;
    this.#waiting.push({ text, done });
  }
  take(): boolean {
    const next = this.#waiting.shift();
    if (!next) return false;
    this.bufferedAmount -= next.text.length;
    this.taken.push(next.text);
    next.done();
    return true;
  }
  close(): void {
    this.readyState = 3;
    this.emit('close');
  }
}

function held(hub: OddsHub, bufferedBytes: number) {
  const socket = new HeldSocket();
  const outcomes = { sent: 0, conflated: 0 };
  const options = {
    limits: { ...CLIENT_LIMITS, bufferedBytes, stalledMs: 50 },
    counted: (outcome: 'sent' | 'conflated') => void outcomes[outcome]++,
  };
  const client = new OddsClient(socket as unknown as WebSocket, hub, options);
  const say = (message: object): boolean => socket.emit('message', Buffer.from(JSON.stringify(message)), false);
  return { client, outcomes, say, socket };
}

test('OddsClient keeps one waiting quote per market, the newest, when the reader is slow', async () => {
  const hub = new OddsHub(() => Promise.resolve([quoteOf({ quoteSeq: 1 })]));
  const { client, outcomes, say, socket } = held(hub, 10); // one frame fills it
  say({ type: 'subscribe', eventId: EVENT });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(outcomes.sent, 1);
  for (let quoteSeq = 2; quoteSeq <= 50; quoteSeq++) {
    hub.publishQuote(quoteOf({ quoteSeq }));
    hub.publishQuote(quoteOf({ quoteSeq, marketId: `${EVENT}/btts` }));
  }
  assert.equal(client.pending, 2);
  assert.deepEqual(outcomes, { sent: 1, conflated: 96 }); // 49 quotes of each market, of which one waits
  while (socket.take());
  const seqs = socket.taken.map((text) => (JSON.parse(text) as { payload: { marketId: string; quoteSeq: number } }).payload);
  assert.deepEqual(
    seqs.map(({ marketId, quoteSeq }) => [marketId, quoteSeq]),
    [
      [MARKET, 1],
      [MARKET, 50],
      [`${EVENT}/btts`, 50],
    ],
  );
  assert.equal(client.pending, 0);
});

test('OddsClient is stalled only while something waits to be taken for too long', async () => {
  const hub = new OddsHub(() => Promise.resolve([quoteOf()]));
  const { client, say, socket } = held(hub, 10);
  assert.equal(client.isStalled(performance.now() + 1_000), false);
  say({ type: 'subscribe', eventId: EVENT });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(client.isStalled(performance.now()), false);
  assert.equal(client.isStalled(performance.now() + 60), true);
  while (socket.take());
  assert.equal(client.isStalled(performance.now() + 1_000), false);
});

test('OddsHub never shows an older price after a newer one, also when the stored ones arrive late', async () => {
  const { promise, resolve } = Promise.withResolvers<ReturnType<typeof quoteOf>[]>();
  const hub = new OddsHub(() => promise);
  const { say, socket } = held(hub, 1e9);
  say({ type: 'subscribe', eventId: EVENT });
  hub.publishQuote(quoteOf({ quoteSeq: 9 }));
  resolve([quoteOf({ quoteSeq: 5 })]);
  await new Promise((done) => setImmediate(done));
  while (socket.take());
  const seqs = socket.taken.map((text) => (JSON.parse(text) as { payload: { quoteSeq: number } }).payload.quoteSeq);
  assert.ok(
    seqs.every((seq) => seq === 9),
    String(seqs),
  );
});

test('OddsHub tells a subscriber when the stored prices cannot be read, and can be asked again', async () => {
  let attempt = 0;
  const hub = new OddsHub(() => (attempt++ === 0 ? Promise.reject(new Error('down')) : Promise.resolve([quoteOf()])));
  const { say, socket } = held(hub, 1e9);
  say({ type: 'subscribe', eventId: EVENT });
  await new Promise((done) => setImmediate(done));
  while (socket.take());
  assert.match(String(socket.taken[0]), /"code":"busy"/);
  say({ type: 'subscribe', eventId: EVENT });
  await new Promise((done) => setImmediate(done));
  while (socket.take());
  assert.match(String(socket.taken[1]), /"payload"/);
  socket.close();
  assert.equal(hub.rooms, 0);
});
