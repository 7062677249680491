import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '#core/base/refusal.ts';
import { depsForTests, type TestApi } from '../../deps-for-tests.ts';
import { newId, PLAYER } from '../../rows-for-tests.ts';
import { buildServer } from '../../server.ts';

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
  return { status: answer.statusCode, body: answer.json() as Record<string, unknown> };
}

const withKey = (extra: Record<string, string> = {}) => ({ 'idempotency-key': newId('cmd'), ...extra });
const { ownerId } = PLAYER;

test('people set limits for themselves, whoever they say they are, in the ledger of the request', async () => {
  const deps = depsForTests();
  const set = await call(deps, 'PUT /v1/me/limits/loss/day', {
    headers: withKey({ 'palpite-ledger': 'arena' }),
    body: { value: 500 },
  });
  assert.equal(set.status, 200, JSON.stringify(set.body));
  const keep = await call(deps, 'DELETE /v1/me/limits/time/week/waiting', { headers: withKey() });
  assert.equal(keep.status, 200, JSON.stringify(keep.body));
  assert.deepEqual(
    deps.submitted.map(({ actor, cmd, ledgerId }) => [ledgerId, actor.via, cmd]),
    [
      ['arena', 'api', { type: 'SetPlayLimit', ownerId, kind: 'loss', period: 'day', value: 500 }],
      ['main', 'api', { type: 'KeepPlayLimit', ownerId, kind: 'time', period: 'week' }],
    ],
  );
  for (const [url, body] of [
    ['loss/year', { value: 1 }],
    ['wins/day', { value: 1 }],
    ['loss/day', { value: -1 }],
    ['loss/day', { value: 0.5 }],
    ['loss/day', {}],
    ['loss/day', { value: 1, ownerId: newId('usr') }],
  ] as const) {
    const refused = await call(deps, `PUT /v1/me/limits/${url}`, { headers: withKey(), body });
    assert.deepEqual([refused.status, refused.body['code']], [400, 'malformed'], url);
  }
  const reader = await call(deps, 'PUT /v1/me/limits/loss/day', { key: 'reader', headers: withKey(), body: { value: 1 } });
  assert.equal(reader.status, 403);
  assert.equal(deps.submitted.length, 2);
});

test('a cool-off or an exclusion is set where people live, under the key of the request and whatever ledger it names', async () => {
  const deps = depsForTests();
  const headers = withKey({ 'palpite-ledger': 'arena' });
  for (let again = 0; again < 2; again++) {
    const done = await call(deps, 'POST /v1/me/exclusion', { headers, body: { days: null } });
    assert.equal(done.status, 200, JSON.stringify(done.body));
    assert.equal(done.body['commandId'], headers['idempotency-key']);
  }
  const sent = deps.submitted.map(({ cmd, commandId, lane, ledgerId }) => [ledgerId, commandId, lane, cmd]);
  const excluded = ['main', headers['idempotency-key'], 'control', { type: 'SelfExclude', ownerId, days: null }];
  assert.deepEqual(sent, [excluded, excluded]);
  const short = await call(deps, 'POST /v1/me/cool-off', { headers: withKey(), body: { hours: 23 } });
  assert.deepEqual([short.status, short.body['code']], [400, 'malformed']);
  deps.result = refuse('cool_off', { retryAfterMs: 5 });
  const refused = await call(deps, 'POST /v1/me/cool-off', { headers: withKey(), body: { hours: 24 } });
  assert.deepEqual([refused.status, refused.body['code']], [422, 'cool_off']);
});

test('limits are read by their owner, and by an operator for people of his tenant only', async () => {
  const deps = depsForTests();
  const own = await call(deps, 'GET /v1/me/limits');
  assert.equal(own.status, 200, JSON.stringify(own.body));
  assert.deepEqual(own.body['limits'], [
    { setBy: 'person', kind: 'loss', period: 'day', value: 500, waiting: { value: null, dueAt: '2025-06-15T15:06:40.000Z' } },
  ]);
  assert.deepEqual(
    [own.body['coolOffUntil'], own.body['excludedUntil'], own.body['forGood'], own.body['selfExcluded'], own.body['used']],
    [null, '2025-06-15T15:06:40.000Z', false, false, null],
  );
  const path = `/v1/operator/people/${ownerId}`;
  assert.equal((await call(deps, `GET ${path}/limits`, { key: 'operator' })).status, 200);
  assert.equal((await call(deps, `GET ${path}/limits`)).status, 403);
  const stranger = await call(deps, `GET /v1/operator/people/${newId('usr')}/limits`, { key: 'operator' });
  assert.deepEqual([stranger.status, stranger.body['code']], [404, 'not_found']);
  const set = await call(deps, `PUT ${path}/limits/stake/week`, { key: 'operator', headers: withKey(), body: { value: 9 } });
  assert.equal(set.status, 200, JSON.stringify(set.body));
  assert.deepEqual(deps.submitted[0]?.cmd, { type: 'SetPlayLimit', ownerId, kind: 'stake', period: 'week', value: 9 });
  assert.equal(deps.submitted[0]?.actor.via, 'operator');
  const lifted = await call(deps, `POST ${path}/exclusion`, { key: 'operator', headers: withKey(), body: { until: null } });
  assert.equal(lifted.status, 200, JSON.stringify(lifted.body));
  assert.deepEqual(deps.submitted.at(-1)?.cmd, { type: 'SetExclusion', ownerId, until: 0 });
});
