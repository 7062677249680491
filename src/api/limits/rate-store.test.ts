import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryRateCounters } from '#adapters/memory/memory-rate-counters.ts';
import { depsForTests } from '../deps-for-tests.ts';
import { EVENT } from '../rows-for-tests.ts';
import { buildServer } from '../server.ts';

test('gateways with the same counters share the limits, of requests and of wrong keys', async () => {
  const rates = new MemoryRateCounters();
  const options = { version: '9.9.9', publicRatePerMinute: 3, badKeysPerMinute: 2 };
  const [one, other] = [await buildServer(depsForTests({ rates, options })), await buildServer(depsForTests({ rates, options }))];
  const path = `/v1/events/${EVENT}/odds`;
  const statuses: number[] = [];
  for (const app of [one, other, one, other]) statuses.push((await app.inject(path)).statusCode);
  assert.deepEqual(statuses, [200, 200, 200, 429]);
  const headers = { 'x-api-key': 'wrong' };
  const guesses: number[] = [];
  for (const app of [one, other, other]) guesses.push((await app.inject({ path: '/v1/wallet', headers })).statusCode);
  assert.deepEqual(guesses, [401, 401, 429]);
  await Promise.all([one.close(), other.close()]);
});
