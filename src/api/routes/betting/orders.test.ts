// Orders over HTTP: what is sent to the writer, what is refused before it, and the book as the writer has it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cancel, CY, order, worldWithExchange } from '#core/exchange/exchange-for-tests.ts';
import { ANA, BEA, WINNER } from '#core/kernel/world-for-tests.ts';
import { refuse } from '#core/base/refusal.ts';
import type { Api } from '../../deps.ts';
import { depsForTests, type TestApi, questionsTo } from '../../deps-for-tests.ts';
import { MARKET, newId, PLAYER } from '../../rows-for-tests.ts';
import type { WriterView } from '../../questions/question.ts';
import { buildServer } from '../../server.ts';

const world = worldWithExchange();
/** The ledger `arena`, on another shard. */
const elsewhere = worldWithExchange();
let deps: TestApi;
let app: Api;
before(async () => {
  const writers: Record<number, WriterView> = {
    0: { status: 'writing', state: world.state, place: { seq: 9 } },
    9: { status: 'writing', state: { epoch: 0, ledgers: new Map([['arena', elsewhere.ledger]]) }, place: { seq: 70 } },
  };
  deps = depsForTests({ questions: questionsTo((shard) => writers[shard] ?? null) });
  app = await buildServer(deps);
  await app.ready();
});
after(() => app.close());

const wish = { marketId: MARKET, selectionId: 'home', side: 'lay', priceMilli: 2_000, sizeMinor: 1_000 };

function post(url: string, payload: unknown, headers: Record<string, string> = {}) {
  const all = { 'content-type': 'application/json', 'idempotency-key': newId('cmd'), authorization: 'Bearer player', ...headers };
  return app.inject({ method: 'POST', url, headers: all, payload: JSON.stringify(payload) });
}

describe('POST /v1/orders', () => {
  test('submits the order as the key’s owner, named by the key, with what was not stated', async () => {
    deps.submitted.length = 0;
    const commandId = newId('cmd');
    const answer = await post('/v1/orders', wish, { 'idempotency-key': commandId });
    const orderId = commandId.replace('cmd_', 'ord_');
    assert.equal(answer.statusCode, 201, answer.body);
    assert.deepEqual(answer.json(), { commandId, shard: 0, seq: 42, orderId });
    assert.equal(answer.headers.location, `/v1/orders/${orderId}`);
    const rest = { kind: 'limit', persistence: 'lapse', timeInForce: 'rest' };
    assert.deepEqual(deps.submitted[0]?.cmd, { ...wish, ...rest, type: 'PlaceOrder', orderId, holder: PLAYER.ownerId });
    assert.equal(deps.submitted[0]?.actor.via, 'api');
  });

  test('passes on every choice', async () => {
    deps.submitted.length = 0;
    const commandId = newId('cmd');
    const orderId = commandId.replace('cmd_', 'ord_');
    const all = { ...wish, timeInForce: 'fill-or-kill', minFillMinor: 5, ifMarketVersion: 3, orderId };
    assert.equal((await post('/v1/orders', all, { 'idempotency-key': commandId })).statusCode, 201);
    const cmd = { ...all, type: 'PlaceOrder', holder: PLAYER.ownerId, kind: 'limit', persistence: 'lapse' };
    assert.deepEqual(deps.submitted[0]?.cmd, cmd);
  });

  test('refuses what cannot be, and nothing is submitted', async () => {
    deps.submitted.length = 0;
    for (const [body, path] of [
      [{ ...wish, side: 'up' }, '/side'],
      [{ ...wish, sizeMinor: 0 }, '/sizeMinor'],
      [{ ...wish, priceMilli: 1_000 }, '/priceMilli'],
      [{ ...wish, marketId: 'nowhere' }, '/marketId'],
      [{ ...wish, selectionId: 'over' }, '/selectionId'],
      [{ ...wish, owner: 'me' }, '/owner'],
      [{ ...wish, orderId: newId('ord') }, '/orderId'],
    ] as const) {
      const answer = await post('/v1/orders', body);
      assert.deepEqual([answer.statusCode, answer.json().code, answer.json().path], [400, 'malformed', path], answer.body);
    }
    assert.equal((await post('/v1/orders', wish, { authorization: 'Bearer reader' })).statusCode, 403);
    assert.equal((await post('/v1/orders', wish, { 'idempotency-key': '' })).statusCode, 400);
    assert.equal(deps.submitted.length, 0);
  });

  test('gives the writer’s refusal its status', async () => {
    deps.result = refuse('price_not_on_ladder', { path: '/priceMilli' });
    const answer = await post('/v1/orders', wish);
    deps.result = 'done';
    assert.deepEqual([answer.statusCode, answer.json().code], [422, 'price_not_on_ladder']);
  });
});

test('cancelling, replacing and running an exchange send their commands', async () => {
  deps.submitted.length = 0;
  const orderId = newId('ord');
  const commandId = newId('cmd');
  const newOrderId = commandId.replace('cmd_', 'ord_');
  const market = encodeURIComponent(MARKET);
  const operator = { authorization: 'Bearer operator' };
  for (const [url, body, headers] of [
    [`/v1/orders/${orderId}/cancel`, null, {}],
    [`/v1/orders/${orderId}/cancel`, { sizeMinor: 5 }, {}],
    [`/v1/orders/${orderId}/replace`, { priceMilli: 3_000, newOrderId }, { 'idempotency-key': commandId }],
    [`/v1/operator/markets/${market}/exchange`, { ladder: 'finest' }, operator],
    [`/v1/operator/markets/${market}/in-play`, { betDelayMs: 5_000 }, operator],
  ] as const) {
    const answer = await post(url, body, headers);
    assert.equal(answer.statusCode, 200, answer.body);
  }
  assert.deepEqual(
    deps.submitted.map(({ cmd }) => cmd),
    [
      { type: 'CancelOrder', orderId },
      { type: 'CancelOrder', orderId, sizeMinor: 5 },
      { type: 'ReplaceOrder', orderId, newOrderId, priceMilli: 3_000 },
      { type: 'OpenExchange', marketId: MARKET, terms: { ladder: 'finest' } },
      { type: 'TurnInPlay', marketId: MARKET, betDelayMs: 5_000 },
    ],
  );
  assert.equal((await post(`/v1/operator/markets/${market}/exchange`, {})).statusCode, 403);
  const misnamed = await post(`/v1/orders/${orderId}/replace`, { priceMilli: 3_000, newOrderId });
  assert.deepEqual([misnamed.statusCode, misnamed.json().path], [400, '/newOrderId']);
});

test('GET /v1/markets/{id}/book gives the best prices of the writer’s books to anybody', async () => {
  order(world, 'l1', CY, { side: 'lay', priceMilli: 1_900, sizeMinor: 300 });
  order(world, 'l2', CY, { side: 'lay', priceMilli: 2_000, sizeMinor: 400 });
  order(world, 'l3', BEA, { side: 'lay', priceMilli: 2_000, sizeMinor: 100 });
  order(world, 'b', ANA, { side: 'back', priceMilli: 2_100, sizeMinor: 200 });
  order(world, 'gone', ANA, { side: 'back', priceMilli: 2_060, sizeMinor: 200 });
  cancel(world, 'gone', ANA);
  const url = `/v1/markets/${encodeURIComponent(WINNER)}/book`;
  const book = (await app.inject({ url: `${url}?depth=2` })).json();
  const { selections, ...market } = book;
  assert.deepEqual(market, {
    marketId: WINNER,
    status: 'open',
    version: 0,
    inPlay: false,
    betDelayMs: 0,
    ladder: 'classic',
    commissionPpm: 50_000,
  });
  assert.deepEqual(selections[0], {
    selectionId: 'home',
    availableToBack: [
      { priceMilli: 2_000, sizeMinor: 500, orders: 2 },
      { priceMilli: 1_900, sizeMinor: 300, orders: 1 },
    ],
    availableToLay: [{ priceMilli: 2_100, sizeMinor: 200, orders: 1 }],
    startingPriceMilli: null,
  });
  assert.equal((await app.inject({ url: `${url}?depth=1` })).json().selections[0].availableToBack.length, 1);
  assert.equal((await app.inject({ url: `${url}?depth=101` })).statusCode, 400);
  assert.equal((await app.inject({ url: '/v1/markets/nowhere/book' })).statusCode, 404);
});

test('commands and books are those of the ledger that the request names', async () => {
  deps.submitted.length = 0;
  const headers = { 'palpite-ledger': 'arena' };
  const asked = `/v1/operator/markets/${encodeURIComponent(MARKET)}`;
  const operator = { ...headers, authorization: 'Bearer operator' };
  for (const [url, body, more] of [
    ['/v1/orders', wish, headers],
    [`/v1/orders/${newId('ord')}/cancel`, null, headers],
    [`/v1/orders/${newId('ord')}/replace`, { priceMilli: 3_000 }, headers],
    [`${asked}/exchange`, {}, operator],
    [`${asked}/in-play`, { betDelayMs: 0 }, operator],
  ] as const) {
    const answer = await post(url, body, more);
    assert.ok(answer.statusCode < 300, answer.body);
  }
  assert.deepEqual(
    deps.submitted.map(({ ledgerId }) => ledgerId),
    Array.from({ length: 5 }, () => 'arena'),
  );
  order(elsewhere, 'there', ANA, { side: 'back', priceMilli: 5_000, sizeMinor: 700 });
  const url = `/v1/markets/${encodeURIComponent(WINNER)}/book`;
  const book = await app.inject({ url, headers });
  assert.equal(book.headers['read-token'], '9:70');
  assert.deepEqual(book.json().selections[0].availableToLay, [{ priceMilli: 5_000, sizeMinor: 700, orders: 1 }]);
  assert.equal((await app.inject({ url })).headers['read-token'], '0:9');
  const orders = await app.inject({ url: '/v1/orders', headers: { ...headers, authorization: 'Bearer player' } });
  assert.match(String(orders.headers['read-token']), /^9:/);
  const unwritten = await app.inject({ url, headers: { 'palpite-ledger': 'reais' } });
  assert.deepEqual([unwritten.statusCode, unwritten.json().code], [503, 'writer_moving']);
  assert.equal((await app.inject({ url, headers: { 'palpite-ledger': 'nowhere' } })).statusCode, 404);
});
