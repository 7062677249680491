import assert from 'node:assert/strict';
import { UnansweredError } from '#ports/questions.ts';
import { test } from 'node:test';
import type { Envelope } from '#core/kernel/command.ts';
import { shardOf } from '#core/ledger/shard.ts';
import { depsForTests, type TestApi } from '../deps-for-tests.ts';
import { newId, PLAYER, TRANSFER } from '../rows-for-tests.ts';
import { buildServer } from '../server.ts';

interface Asked {
  readonly key?: string;
  readonly headers?: Record<string, string>;
  readonly body?: object;
}

async function call(deps: TestApi, line: string, { body, headers = {}, key = 'player' }: Asked = {}) {
  const [method = '', url = ''] = line.split(' ');
  const app = await buildServer(deps);
  const answer = await app.inject({
    method: method as 'GET',
    url,
    headers: { authorization: `Bearer ${key}`, ...headers },
    ...(body ? { payload: body } : {}),
  });
  await app.close();
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() as Record<string, unknown> };
}

const withKey = (extra: Record<string, string> = {}) => ({ 'idempotency-key': newId('cmd'), ...extra });

test('POST /v1/transfers sends from the ledger of the request, named after its key', async () => {
  const deps = depsForTests();
  const headers = withKey({ 'palpite-ledger': 'arena' });
  const sent = await call(deps, 'POST /v1/transfers', { headers, body: { toLedger: 'main', amountMinor: 100 } });
  assert.equal(sent.status, 201, JSON.stringify(sent.body));
  const [envelope] = deps.submitted as Envelope[];
  assert.deepEqual([envelope?.ledgerId, envelope?.actor.via, envelope?.lane], ['arena', 'api', 'people']);
  const { ownerId } = PLAYER;
  const cmd = { type: 'SendTransfer', holder: ownerId, toLedger: 'main', toHolder: ownerId, amountMinor: 100, currency: 'PLAY' };
  assert.deepEqual(envelope?.cmd, cmd);
  const id = `trf_${headers['idempotency-key'].slice(4)}`;
  assert.deepEqual([sent.body['transferId'], sent.headers['location']], [id, `/v1/transfers/${id}`]);
});

test('POST /v1/transfers refuses what could only come back, without asking the writer', async () => {
  const deps = depsForTests();
  for (const [body, headers, status, code] of [
    [{ toLedger: 'nowhere', amountMinor: 1 }, {}, 404, 'not_found'],
    [{ toLedger: 'reais', amountMinor: 1 }, {}, 422, 'currency_mismatch'],
    [{ toLedger: 'arena', amountMinor: 0 }, {}, 400, 'malformed'],
    [{ toLedger: 'Arena', amountMinor: 1 }, {}, 400, 'malformed'],
    [{ toLedger: 'arena', amountMinor: 1, currency: 'BRL' }, {}, 400, 'malformed'],
    [{ toLedger: 'main', amountMinor: 1 }, { 'palpite-ledger': 'nowhere' }, 404, 'not_found'],
  ] as const) {
    const answer = await call(deps, 'POST /v1/transfers', { headers: withKey(headers), body });
    assert.deepEqual([answer.status, answer.body['code']], [status, code], JSON.stringify(body));
  }
  const unkeyed = await call(deps, 'POST /v1/transfers', { body: { toLedger: 'arena', amountMinor: 1 } });
  assert.equal(unkeyed.status, 400);
  const reader = await call(deps, 'POST /v1/transfers', {
    key: 'reader',
    headers: withKey(),
    body: { toLedger: 'arena', amountMinor: 1 },
  });
  assert.equal(reader.status, 403);
  assert.deepEqual(deps.submitted, []);
});

test('GET /v1/transfers shows transfers, and one by its id', async () => {
  const deps = depsForTests();
  const list = await call(deps, 'GET /v1/transfers');
  assert.deepEqual((list.body['items'] as { amount: object }[])[0]?.amount, { amountMinor: 100, currency: 'PLAY' });
  assert.equal(list.headers['read-token'], '0:100');
  const one = await call(deps, `GET /v1/transfers/${TRANSFER.transferId}`, { headers: { 'palpite-ledger': 'arena' } });
  assert.deepEqual([one.status, one.body['status'], one.headers['read-token']], [200, 'received', '9:100']);
  assert.equal((await call(deps, `GET /v1/transfers/${newId('trf')}`)).status, 404);
  assert.equal((await call(deps, 'GET /v1/transfers/x')).status, 400);
});

test('operators open ledgers on the shard of their name; everybody may list them', async () => {
  const used: number[] = [];
  const deps = depsForTests({ useShard: async (shard) => void used.push(shard) });
  const body = { ledgerId: 'arena', markets: true };
  assert.equal((await call(deps, 'POST /v1/ledgers', { headers: withKey(), body })).status, 403);
  const opened = await call(deps, 'POST /v1/ledgers', { key: 'operator', headers: withKey(), body });
  assert.equal(opened.status, 201, JSON.stringify(opened.body));
  assert.deepEqual(used, [shardOf('arena')]);
  const [envelope] = deps.submitted as Envelope[];
  assert.equal(envelope?.ledgerId, 'arena');
  assert.deepEqual(envelope?.cmd, { type: 'OpenLedger', currency: 'PLAY', home: 'main', markets: true, moneyClass: 'play' });
  const list = await call(deps, 'GET /v1/ledgers');
  assert.deepEqual(
    (list.body['items'] as { ledgerId: string }[]).map(({ ledgerId }) => ledgerId),
    ['main', 'arena', 'reais'],
  );
  const first = await call(deps, 'GET /v1/ledgers?limit=2');
  const rest = await call(deps, `GET /v1/ledgers?limit=2&cursor=${String(first.body['nextCursor'])}`);
  const names = [first, rest].map(({ body: { items } }) => (items as { ledgerId: string }[]).map(({ ledgerId }) => ledgerId));
  assert.deepEqual([names, rest.body['nextCursor']], [[['main', 'arena'], ['reais']], null], 'page by page');
});

test('bots are those of the ledger of the request; so are the leaderboard and the risk', async () => {
  const deps = depsForTests();
  const headers = { 'palpite-ledger': 'arena' };
  assert.equal((await call(deps, 'GET /v1/bots', { headers })).headers['read-token'], '9:100');
  assert.equal((await call(deps, 'GET /v1/bots')).headers['read-token'], '0:100');
  for (const url of ['/v1/bots', `/v1/bots/${newId('bot')}/decisions`, '/v1/risk', '/v1/arena/leaderboard']) {
    const nowhere = await call(deps, `GET ${url}`, { headers: { 'palpite-ledger': 'nowhere' } });
    assert.deepEqual([nowhere.status, nowhere.body['path']], [404, '/headers/palpite-ledger'], url);
  }
  const asked: number[] = [];
  const ask = (shard: number): Promise<never> => (
    asked.push(shard),
    Promise.reject(new UnansweredError('writer_moving', 'gone'))
  );
  const away = depsForTests({ questions: { ask, isHere: () => false } });
  for (const named of [{}, { headers }]) {
    const risk = await call(away, 'GET /v1/risk', named);
    assert.deepEqual([risk.status, risk.body['code']], [503, 'writer_moving']);
  }
  assert.deepEqual(asked, [0, 9], 'each asked of its own shard');
});
