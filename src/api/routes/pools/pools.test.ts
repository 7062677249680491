// Pools over HTTP: what is sent to the writer, what is refused before it, and which picks are shown to whom.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { refuse } from '#core/base/refusal.ts';
import { bolaoRules } from '#core/pools/pools-for-tests.ts';
import type { Api } from '../../deps.ts';
import { depsForTests, type TestApi } from '../../deps-for-tests.ts';
import { EVENT, MARKET, newId, PLAYER, POOL, POOL_ENTRY } from '../../rows-for-tests.ts';
import { buildServer } from '../../server.ts';

let deps: TestApi;
let app: Api;
before(async () => {
  deps = depsForTests();
  app = await buildServer(deps);
  await app.ready();
});
after(() => app.close());

const operator = { authorization: 'Bearer operator' };
function post(url: string, payload: unknown, headers: Record<string, string> = {}) {
  const all = { 'content-type': 'application/json', 'idempotency-key': newId('cmd'), authorization: 'Bearer player', ...headers };
  return app.inject({ method: 'POST', url, headers: all, payload: JSON.stringify(payload) });
}
const get = (url: string, headers: Record<string, string> = { authorization: 'Bearer player' }) => app.inject({ url, headers });

test('opening, entering, picking, leaving and inviting send their commands, named after the key', async () => {
  deps.submitted.length = 0;
  const commandId = newId('cmd');
  const opened = await post(
    '/v1/pools',
    { rules: bolaoRules(), fixtures: [{ eventId: EVENT }] },
    { 'idempotency-key': commandId },
  );
  const poolId = commandId.replace('cmd_', 'pool_');
  assert.deepEqual([opened.statusCode, opened.json().poolId, opened.headers.location], [201, poolId, `/v1/pools/${poolId}`]);
  const token = 'abcdefghijklmnopqrstuvwxyz';
  const invitation = createHash('sha256').update(token).digest('hex');
  const entryKey = newId('cmd');
  const entryId = entryKey.replace('cmd_', 'ent_');
  const picks = [{ eventId: EVENT, home: 2, away: 1 }];
  const entered = await post(`/v1/pools/${poolId}/entries`, { picks, invitation: token }, { 'idempotency-key': entryKey });
  assert.deepEqual([entered.statusCode, entered.json().entryId], [201, entryId]);
  const until = '2030-01-01T00:00:00.000Z';
  for (const [url, body, status] of [
    [`/v1/pools/${poolId}/entries/${entryId}/picks`, { picks }, 200],
    [`/v1/pools/${poolId}/entries/${entryId}/leave`, undefined, 200],
    [`/v1/pools/${poolId}/invitations`, { token, usesMax: 3, until }, 201],
    [`/v1/pools/${poolId}/invitations/${invitation}/revoke`, undefined, 200],
  ] as const) {
    const answer = await post(url, body ?? null);
    assert.equal(answer.statusCode, status, answer.body);
  }
  const races = { eventId: 'race:1', bet: 'place', places: 2, runners: ['a', 'b', 'c'], startAt: until } as const;
  const made = await post('/v1/operator/pools', { holder: PLAYER.ownerId, rules: {}, market: races, bots: true }, operator);
  assert.equal(made.statusCode, 201, made.body);
  for (const [what, body] of [
    ['void', { reason: 'mistake' }],
    ['scratch', { runner: 'a' }],
    ['resolve', { places: [['a', 'b'], ['c']] }],
  ] as const)
    assert.equal((await post(`/v1/operator/pools/${poolId}/${what}`, body, operator)).statusCode, 200);
  assert.deepEqual(
    deps.submitted.map(({ cmd }) => cmd),
    [
      { type: 'OpenPool', holder: PLAYER.ownerId, rules: bolaoRules(), fixtures: [{ eventId: EVENT }] },
      { type: 'EnterPool', poolId, holder: PLAYER.ownerId, units: 1, picks: [[EVENT, 2, 1]], invitation },
      { type: 'SetPicks', poolId, entryId, picks: [[EVENT, 2, 1]] },
      { type: 'LeavePool', poolId, entryId },
      { type: 'InviteToPool', poolId, invitation, usesMax: 3, until: Date.parse(until) },
      { type: 'RevokePoolInvitation', poolId, invitation },
      { type: 'OpenPool', holder: PLAYER.ownerId, rules: {}, bots: true, market: { ...races, startAt: Date.parse(until) } },
      { type: 'VoidPool', poolId, reason: 'mistake' },
      { type: 'ScratchRunner', poolId, runner: 'a' },
      { type: 'ResolvePool', poolId, places: [['a', 'b'], ['c']] },
    ],
  );
  assert.deepEqual([...new Set(deps.submitted.map(({ actor }) => actor.via))], ['api', 'operator']);
});

test('what cannot be is refused before the writer, and the writer’s refusal has its status', async () => {
  deps.submitted.length = 0;
  const url = `/v1/pools/${POOL.poolId}`;
  for (const [path, body, fault] of [
    ['/v1/pools', { fixtures: [{ eventId: EVENT }] }, '/rules'],
    ['/v1/pools', { rules: {}, fixtures: [] }, '/fixtures'],
    ['/v1/pools', { rules: {}, owner: 'me' }, '/owner'],
    [`${url}/entries`, { units: 0 }, '/units'],
    [`${url}/entries`, { picks: [{ eventId: EVENT, home: 1, away: 100 }] }, '/picks/0/away'],
    [`${url}/entries`, { invitation: 'short' }, '/invitation'],
    [`${url}/entries/${POOL_ENTRY.entryId}/picks`, { picks: [] }, '/picks'],
    [`${url}/invitations`, { token: 'abcdefghijklmnopqrstuvwxyz', usesMax: 0, until: '2030-01-01T00:00:00.000Z' }, '/usesMax'],
  ] as const) {
    const answer = await post(path, body);
    assert.deepEqual([answer.statusCode, answer.json().code, answer.json().path], [400, 'malformed', fault], answer.body);
  }
  assert.equal((await post('/v1/pools/nowhere/entries', {})).statusCode, 400);
  assert.equal((await post(`${url}/entries`, {}, { authorization: 'Bearer reader' })).statusCode, 403);
  assert.equal((await post(`/v1/operator/pools/${POOL.poolId}/void`, { reason: 'x' })).statusCode, 403);
  assert.equal((await post(`${url}/entries`, {}, { 'idempotency-key': '' })).statusCode, 400);
  assert.equal(deps.submitted.length, 0);
  deps.result = refuse('malformed', { path: '/rules/takeoutPpm' });
  const refusedRules = await post('/v1/pools', { rules: {}, market: { marketId: MARKET } });
  deps.result = 'done';
  assert.deepEqual([refusedRules.statusCode, refusedRules.json().path], [400, '/rules/takeoutPpm']);
});

test('picks of others are left out until they are locked; one’s own are all there', async () => {
  const own = (await get(`/v1/pools/${POOL.poolId}/entries`)).json();
  const first = { eventId: EVENT, home: 2, away: 1 };
  const second = { eventId: `${EVENT}:2`, home: 0, away: 0 };
  assert.deepEqual(own.items[0].picks, [first, second]);
  const other = (await get(`/v1/pools/${POOL.poolId}/entries/${POOL_ENTRY.entryId}`)).json();
  assert.deepEqual(other.picks, [first], 'the second fixture has not begun');
  assert.deepEqual(other.stake, { amountMinor: 1_000, currency: 'PLAY' });
});

test('pools, fixtures and the ranking are read by page, with what is provisional said', async () => {
  const list = (await get('/v1/pools?status=locked&mine=true&limit=1')).json();
  assert.deepEqual([list.items[0].poolId, list.items[0].kind, typeof list.nextCursor], [POOL.poolId, 'bolao', 'string']);
  assert.equal((await get('/v1/pools?status=odd')).statusCode, 400);
  const one = (await get(`/v1/pools/${POOL.poolId}`)).json();
  assert.deepEqual(
    one.fixtures.map(({ phase, score }: { phase: string; score: unknown }) => [phase, score]),
    [
      ['running', { home: 1, away: 0 }],
      ['unknown', null],
    ],
  );
  const ranking = (await get(`/v1/pools/${POOL.poolId}/ranking?limit=1`)).json();
  assert.deepEqual([ranking.items[0].rank, ranking.items[0].points, ranking.items[0].own], [1, 5, true]);
  assert.equal(ranking.items[0].picks, undefined);
  const csv = await get(`/v1/pools/${POOL.poolId}/ranking`, { authorization: 'Bearer player', accept: 'text/csv' });
  assert.match(csv.body, /^rank,entryId,holder,own,points,paid.amountMinor,paid.currency\r\n/);
  assert.equal((await get(`/v1/pools/${newId('pool')}`)).statusCode, 404);
  assert.equal((await get(`/v1/pools/${POOL.poolId}/dividends`)).statusCode, 404, 'a bolão has none');
  assert.equal((await get(`/v1/pools/${POOL.poolId}/invitations`)).statusCode, 404);
  assert.equal((await get('/v1/pools', {})).statusCode, 401);
});
