// The Redis adapters on a real server: the contracts, and what holds while Redis is flushed, frozen, killed and back.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { OddsHub } from '#api/socket/odds-hub.ts';
import { hotFirst } from '#api/socket/hot-first.ts';
import { MemoryRateCounters } from '#adapters/memory/memory-rate-counters.ts';
import { hotOddsContract, row } from '../../../test/contract/hot-odds.ts';
import { rateCountersContract } from '../../../test/contract/rate-counters.ts';
import { skipWhenMissing } from '../../../tools/servers/programs.ts';
import { missingForRedis, type RedisServer, startRedis } from '../../../tools/servers/redis-server.ts';
import { RedisConnection } from './redis-connection.ts';
import { GENERATION_MS, RedisHotOdds } from './redis-hot-odds.ts';
import { RedisRateCounters } from './redis-rate-counters.ts';

const A = 'fb:S1:20260101T000000:a:b';
let server: RedisServer;
const connections: RedisConnection[] = [];
const keepers: RedisHotOdds[] = [];

async function connection(): Promise<RedisConnection> {
  const made = await new RedisConnection(server.url).started();
  connections.push(made);
  return made;
}

/** A keeper and a reader as two processes would have them, on an empty Redis. */
async function scene(): Promise<{ keeper: RedisHotOdds; reader: RedisHotOdds; flush: () => Promise<unknown> }> {
  for (const keeper of keepers.splice(0)) keeper.end();
  const [writing, reading] = [await connection(), await connection()];
  const flush = (): Promise<unknown> => writing.client.flushall();
  await flush();
  const keeper = new RedisHotOdds(writing);
  keepers.push(keeper);
  return { keeper, reader: new RedisHotOdds(reading), flush };
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 8_000; !(await holds());) {
    assert.ok(Date.now() < deadline, `waited in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

async function fill(reader: RedisHotOdds, ...rows: ReturnType<typeof row>[]): Promise<void> {
  await until('a generation', async () => (await reader.read(A)).place !== null);
  await reader.fill(A, rows, (await reader.read(A)).place as string);
}

describe('Redis', { skip: skipWhenMissing(await missingForRedis()) }, () => {
  before(async () => {
    server = await startRedis();
  });
  after(async () => {
    for (const keeper of keepers) keeper.end();
    for (const one of connections) one.close();
    await server.close();
  });

  hotOddsContract('RedisHotOdds', scene);
  rateCountersContract('RedisRateCounters', async () => {
    const [one, other] = [await connection(), await connection()];
    await one.client.flushall();
    const local = new MemoryRateCounters();
    return [new RedisRateCounters(one, local), new RedisRateCounters(other, local)];
  });

  test('a flushed cache knows nothing until it is filled again, with nothing read before the flush', async () => {
    const { flush, keeper, reader } = await scene();
    await keeper.begin();
    await fill(reader, row(1, 1));
    const { place } = await reader.read(A);
    await flush();
    assert.equal((await reader.read(A)).quotes, null);
    await until('a new generation', async () => (await reader.read(A)).place !== null);
    await reader.fill(A, [row(1, 1)], place as string);
    assert.equal((await reader.read(A)).quotes, null, 'what was read before the flush may be old');
    await keeper.put([{ eventId: A, ...row(2, 2) }]);
    await fill(reader, row(2, 2));
    assert.deepEqual((await reader.read(A)).quotes, [row(2, 2)]);
  });

  test('a keeper that another one displaced keeps nothing meanwhile, and goes on when that one is gone', async () => {
    const { keeper, reader } = await scene();
    const other = new RedisHotOdds(await connection());
    keepers.push(other);
    await keeper.begin();
    await other.begin(); // as a processor does that was paused, and is told of its lost lease only later
    await fill(reader, row(1, 1));
    await new Promise((done) => setTimeout(done, GENERATION_MS));
    await keeper.put([{ eventId: A, ...row(9, 9) }]);
    assert.deepEqual((await reader.read(A)).quotes, [row(1, 1)]);
    other.end();
    await until('the end of its time', async () => (await reader.read(A)).quotes === null);
    await fill(reader, row(9, 9));
    await keeper.put([{ eventId: A, ...row(10, 10) }]);
    assert.deepEqual((await reader.read(A)).quotes, [row(10, 10)]);
  });

  test('a price that could not be kept makes the cache void, and nobody waits for it', async () => {
    const { keeper, reader } = await scene();
    await keeper.begin();
    await fill(reader, row(1, 1));
    server.pause();
    const started = performance.now();
    await keeper.put([{ eventId: A, ...row(2, 2) }]);
    for (let i = 0; i < 50; i++) {
      await keeper.put([{ eventId: A, ...row(3 + i, 3 + i) }]);
      assert.equal((await reader.read(A)).quotes, null);
    }
    const waited = performance.now() - started;
    server.resume();
    assert.ok(waited < 1_000, `${waited} ms`);
    const back = performance.now();
    // For as long as a generation lives, the old price may still be read; after that never again.
    await until('the void', async () => (await reader.read(A)).quotes === null && performance.now() - back > GENERATION_MS);
    await fill(reader, row(52, 52));
    assert.deepEqual((await reader.read(A)).quotes, [row(52, 52)]);
  });

  test('prices and limits go on while Redis is gone, and come back with it', async () => {
    const { keeper, reader } = await scene();
    await keeper.begin();
    const rates = new RedisRateCounters(await connection(), new MemoryRateCounters());
    const hub = new OddsHub(hotFirst(reader, () => Promise.resolve([row(7, 7)])));
    assert.equal((await hub.current(A))[0]?.quoteSeq, 7);
    await until('the fill', async () => (await reader.read(A)).quotes !== null);
    assert.equal((await rates.add('anna', 60_000)).current, 1);
    await server.kill();
    assert.equal((await hub.current(A))[0]?.quoteSeq, 7);
    assert.deepEqual([(await rates.add('anna', 60_000)).current, (await rates.add('anna', 60_000)).current], [2, 3]);
    assert.equal((await rates.add('bert', 60_000)).current, 1);
    await keeper.put([{ eventId: A, ...row(8, 8) }]);
    await server.start();
    await until('a generation', async () => (await reader.read(A)).place !== null);
    assert.equal((await reader.read(A)).quotes, null);
    // What this gateway counted meanwhile is told to the others; what Redis knew is gone with it.
    await rates.add('anna', 60_000);
    const other = new RedisRateCounters(await connection(), new MemoryRateCounters());
    await until('shared counts', async () => (await other.read('anna')).current === 3);
  });
});
