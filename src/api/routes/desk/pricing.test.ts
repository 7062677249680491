import assert from 'node:assert/strict';
import { test } from 'node:test';
import { depsForTests } from '../../deps-for-tests.ts';
import { MARKET, newId } from '../../rows-for-tests.ts';
import { buildServer } from '../../server.ts';

const pricing = {
  rule: 'market-maker',
  reference: { home: 500_000, draw: 250_000, away: 250_000 },
  liquidityMinor: 1_000,
  payoutMaxMinor: 500,
  marginPpm: 0,
};

test('an operator sets and ends the rule of a market; others, and what is no rule, are refused', async () => {
  const deps = depsForTests();
  const app = await buildServer(deps);
  const url = `/v1/desk/markets/${encodeURIComponent(MARKET)}/pricing`;
  const put = async (key: string, payload: object): Promise<number> => {
    const headers = { authorization: `Bearer ${key}`, 'idempotency-key': newId('cmd') };
    return (await app.inject({ method: 'PUT', url, headers, payload })).statusCode;
  };
  assert.equal(await put('operator', { pricing }), 200);
  assert.equal(await put('operator', { pricing: null }), 200);
  assert.equal(await put('player', { pricing }), 403);
  for (const wrong of [{ ...pricing, rule: 'x' }, { ...pricing, liquidityMinor: 0 }, { ...pricing, more: 1 }, 5])
    assert.equal(await put('operator', { pricing: wrong }), 400, JSON.stringify(wrong));
  assert.deepEqual(
    deps.submitted.map(({ actor, cmd, lane }) => [actor.via, lane, cmd]),
    [pricing, null].map((rule) => ['operator', 'control', { type: 'SetPricing', marketId: MARKET, pricing: rule }]),
  );
  const read = await app.inject({ method: 'GET', url, headers: { authorization: 'Bearer operator' } });
  assert.deepEqual([read.statusCode, (read.json() as { code: string }).code], [503, 'writer_moving'], 'no writer is here');
  await app.close();
});
