import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { depsForTests } from '../../deps-for-tests.ts';
import { newId } from '../../rows-for-tests.ts';
import type { Api } from '../../deps.ts';
import { buildServer } from '../../server.ts';

const RACE = 'hr:ascot:20260201:1500/win';
const deps = depsForTests();
let app: Api;

before(async () => void (app = await buildServer(deps)));
after(() => app.close());

async function post(url: string, payload: object, key = 'operator') {
  deps.submitted.length = 0;
  const headers = { authorization: `Bearer ${key}`, 'idempotency-key': newId('cmd') };
  const answer = await app.inject({ method: 'POST', url, headers, payload });
  return { status: answer.statusCode, body: answer.json() as { path?: string }, cmd: deps.submitted[0]?.cmd };
}

const AT = '2026-02-01T15:00:00.000Z';
const at = (rest: string): string => `/v1/operator/markets/${encodeURIComponent(RACE)}/${rest}`;

test('opening, withdrawing and voiding become commands of the operator, with nothing in them that was not sent', async () => {
  const race = { marketId: RACE, selections: ['roan', 'bay'], eachWay: { divisor: 4, places: 2 } };
  assert.deepEqual((await post('/v1/operator/markets', { ...race, startAt: AT })).cmd, {
    type: 'OpenMarket',
    ...race,
    startAt: Date.parse(AT),
  });
  assert.deepEqual((await post(at('withdraw'), { selectionId: 'roan', priceMilli: 3_000, at: AT })).cmd, {
    type: 'WithdrawRunner',
    marketId: RACE,
    selectionId: 'roan',
    priceMilli: 3_000,
    at: Date.parse(AT),
  });
  assert.deepEqual((await post(at('void'), { reason: 'abandoned' })).cmd, {
    type: 'VoidMarket',
    marketId: RACE,
    reason: 'abandoned',
  });
  assert.deepEqual((await post(at('void-bets'), { placedFrom: AT, oddsMilliFrom: 50_000, reason: 'error' })).cmd, {
    type: 'VoidBets',
    marketId: RACE,
    placedFrom: Date.parse(AT),
    oddsMilliFrom: 50_000,
    reason: 'error',
  });
});

test('what is malformed, and who is no operator, does not reach the writer', async () => {
  const wrong: [string, object, string][] = [
    ['/v1/operator/markets', { marketId: RACE, startAt: 'noon' }, '/startAt'],
    ['/v1/operator/markets', { marketId: RACE, startAt: AT, selections: ['one'] }, '/selections'],
    [at('withdraw'), { priceMilli: 3_000 }, '/selectionId'],
    [at('withdraw'), { selectionId: 'roan', priceMilli: 1_000 }, '/priceMilli'],
    [at('void'), {}, '/reason'],
    [at('void-bets'), { placedFrom: 5, reason: 'x' }, '/placedFrom'],
  ];
  for (const [url, payload, path] of wrong) {
    const { body, cmd, status } = await post(url, payload);
    assert.deepEqual([status, body.path, cmd], [400, path, undefined], url);
  }
  for (const rest of ['withdraw', 'void', 'void-bets'])
    assert.equal((await post(at(rest), { selectionId: 'roan', priceMilli: 3_000, reason: 'x' }, 'player')).status, 403);
});
