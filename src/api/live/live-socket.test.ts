import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import type { Message } from '#ports/bus.ts';
import { depsForTests, type TestApi } from '../deps-for-tests.ts';
import { MARKET, newId, OPERATOR, PLAYER } from '../rows-for-tests.ts';
import type { Api } from '../deps.ts';
import { buildServer } from '../server.ts';

const STRANGER = newId('usr');
const BOT = newId('bot');
const legs = [{ marketId: MARKET, oddsMilli: 1950, selectionId: 'home' }];

let deps: TestApi;
let app: Api;
let seq = 100;

beforeEach(async () => {
  seq = 100;
  deps = depsForTests();
  app = await buildServer(deps);
  await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => app.close());

type Frame = { readonly type: string; readonly n: number } & Record<string, unknown>;

/** The journal goes on: one block of these events. */
function happen(...events: { type: string; data: object; postings?: object[]; ledgerId?: string }[]): void {
  const lines = events.map((event) => JSON.stringify({ at: 5, commandId: 'c', ledgerId: 'main', v: 1, ...event }));
  const body = JSON.stringify({ shard: 0, firstSeq: seq + 1, events: lines.join('\n') });
  seq += events.length;
  deps.events.hear([
    { topic: 'events', key: '0', id: String(seq), type: 'EventBatch', v: 1, correlationId: 'h', body } satisfies Message,
  ]);
}

function placed(holder: string): { type: string; data: object; postings: object[] } {
  const data = {
    betId: `bet of ${holder}`,
    holder,
    legs,
    minOddsMilli: 1900,
    quote: { ageMs: 1, seq: 7, source: 's' },
    stakeMinor: 500,
  };
  const postings = [{ amountMinor: 500, currency: 'PLAY', from: `player:${holder}:available`, to: `player:${holder}:held` }];
  return { type: 'BetPlaced', data: { ...data, status: 'accepted' }, postings };
}

class Listener {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<number>;

  constructor(key: string | null, query = '', origin?: string) {
    const headers = { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...(origin ? { origin } : {}) };
    this.socket = new WebSocket(`ws://127.0.0.1:${(app.server.address() as AddressInfo).port}/ws/live${query}`, { headers });
    this.socket.on('message', (data) => this.frames.push(JSON.parse(String(data)) as Frame));
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
  }

  async until(count: number): Promise<readonly Frame[]> {
    for (const deadline = Date.now() + 15_000; this.frames.length < count;) {
      assert.ok(Date.now() < deadline, `only ${JSON.stringify(this.frames)}`);
      await new Promise((done) => setTimeout(done, 5));
    }
    return this.frames;
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => this.socket.once('open', resolve).once('error', reject));
  }
}

test('/ws/live gives the caller its wallets, then its own bets and money and the public state, and nothing of others', async () => {
  const listener = new Listener('player');
  const [snapshot] = await listener.until(1);
  assert.deepEqual([snapshot?.type, snapshot?.n], ['snapshot', 100]);
  assert.equal((snapshot as unknown as { wallets: { holder: string }[] }).wallets[0]?.holder, PLAYER.ownerId);
  happen(
    placed(STRANGER),
    placed(PLAYER.ownerId),
    { type: 'MarketSuspended', data: { marketId: MARKET, reason: 'goal' } },
    { type: 'CommandRefused', data: {} },
    { ...placed(PLAYER.ownerId), ledgerId: 'another' },
    {
      type: 'BetsSettled',
      data: {
        bets: [
          ['b1', STRANGER, 5],
          ['b2', PLAYER.ownerId, 975],
        ],
        marketId: MARKET,
      },
    },
  );
  const [, bet, market, settled] = await listener.until(4);
  const { at: _at, ...told } = bet as Frame;
  assert.deepEqual(told, {
    type: 'bet',
    betId: `bet of ${PLAYER.ownerId}`,
    holder: PLAYER.ownerId,
    status: 'accepted',
    legs,
    stakeMinor: 500,
    n: 102,
    moves: [
      { holder: PLAYER.ownerId, account: 'available', amountMinor: -500, currency: 'PLAY' },
      { holder: PLAYER.ownerId, account: 'held', amountMinor: 500, currency: 'PLAY' },
    ],
  });
  assert.deepEqual([market?.type, market?.['status'], market?.n], ['market', 'suspended', 103]);
  assert.deepEqual([settled?.n, settled?.['bets']], [106, [{ betId: 'b2', holder: PLAYER.ownerId, returnMinor: 975 }]]);
  assert.equal(listener.frames.length, 4);
  assert.ok(!JSON.stringify(listener.frames).includes(STRANGER));
  listener.socket.close();
});

test('/ws/live knows a bot from its birth on, in its own tenant only', async () => {
  const [player, operator] = [new Listener('player'), new Listener('operator')];
  await Promise.all([player.until(1), operator.until(1)]);
  const other = newId('bot');
  const born = { dnaHash: 'x', ownerId: PLAYER.ownerId };
  happen(
    { type: 'BotBorn', data: { botId: BOT, ...born, tenantId: PLAYER.tenantId } },
    { type: 'BotBorn', data: { botId: other, ...born, tenantId: newId('ten') } },
    placed(BOT),
    placed(other),
  );
  for (const listener of [player, operator]) {
    const frames = await listener.until(2);
    assert.deepEqual([frames[1]?.['holder'], frames.length], [BOT, 2]);
    listener.socket.close();
  }
  assert.equal(OPERATOR.tenantId, PLAYER.tenantId, 'the operator sees its tenant');
});

test('/ws/live goes on after the last number, and marks a snapshot when it cannot', async () => {
  happen(placed(PLAYER.ownerId), placed(STRANGER), placed(PLAYER.ownerId));
  deps.projected = 103;
  const numbers = async (query: string, count: number): Promise<[string, number][]> => {
    const listener = new Listener('player', query);
    const frames = await listener.until(count);
    listener.socket.close();
    await listener.closed;
    return frames.map(({ n, type }) => [type, n]);
  };
  assert.deepEqual(await numbers('?after=101', 2), [
    ['resumed', 101],
    ['bet', 103],
  ]);
  assert.deepEqual(await numbers('?after=103', 1), [['resumed', 103]]);
  assert.deepEqual(await numbers('?after=50', 1), [['snapshot', 103]]);
  assert.deepEqual(await numbers('?after=9999', 1), [['snapshot', 103]]);
  assert.deepEqual(await numbers('', 1), [['snapshot', 103]]);
});

test('/ws/live ends when this server has missed something, so that the reader comes back for a snapshot', async () => {
  happen(placed(STRANGER));
  const listener = new Listener('player');
  await listener.until(1);
  seq += 10; // told to others, not to us
  happen(placed(PLAYER.ownerId));
  assert.equal(await listener.closed, 1013);
  assert.equal(listener.frames.length, 1);
});

test('/ws/live is for callers with a key that may read, from an own page', async () => {
  await assert.rejects(new Listener(null).opened(), /401/);
  await assert.rejects(new Listener('nonsense').opened(), /401/);
  await assert.rejects(new Listener('player', '', 'https://evil.example').opened(), /403/);
  await assert.rejects(new Listener('player', '?after=x').opened(), /400/);
  const good = new Listener('player');
  await good.until(1);
  good.socket.send('{"type":"ping"}');
  good.socket.send('{"type":"subscribe"}');
  assert.deepEqual(
    (await good.until(3)).slice(1).map(({ code, type }) => code ?? type),
    ['pong', 'malformed'],
  );
  good.socket.close();
});
