// Figures that are asked of the database and of servers, as /metrics has them: right wherever the writer runs, and absent where nothing is known.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestDatabase, withTestDatabase } from '#adapters/postgres/embedded/test-database.ts';
import { type Message, TOPICS } from '#ports/bus.ts';
import { silentLog } from '#ports/log.ts';
import { openContext, type PlatformContext } from '../context.ts';
import { readEnvironment } from '../environment.ts';
import { MAIN_SHARD } from '../ledgers.ts';
import { makeRuntime, type Runtime } from '../runtime.ts';
import { watchLags } from './projection-lag.ts';
import { roleHold, startUnderLease } from '../start/standing-by.ts';
import { startWriterRole } from '../start/writer-role.ts';
import { watchDeadLetters } from './dead-letters.ts';
import { watchServers } from './servers.ts';

let database: TestDatabase;
let dir: string;
let context: PlatformContext;
let runtime: Runtime;
before(async () => {
  database = await withTestDatabase();
  dir = mkdtempSync(join(tmpdir(), 'palpite-figures-'));
  const environment = readEnvironment({ DATABASE_URL: database.url, PALPITE_DATA: dir });
  context = await openContext({ environment, log: silentLog });
  runtime = await makeRuntime(context, () => undefined);
});
after(async () => {
  runtime.commands.close();
  await runtime.bus.close();
  await context.close();
  await database.close();
  rmSync(dir, { recursive: true, force: true });
});

async function figure(series: string, of: Runtime = runtime): Promise<number | null> {
  const { text } = await of.metrics.export();
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length));
}

async function becomes(series: string, value: number | null, of: Runtime = runtime): Promise<void> {
  for (const end = Date.now() + 20_000; (await figure(series, of)) !== value; await sleep(20))
    assert.ok(Date.now() < end, `${series} is ${await figure(series, of)}, not ${value}`);
}

test('dead letters are counted by topic, those of topics that nobody knows together, and those decided not at all', async () => {
  const letter = (topic: string, id: string): { group: string; reason: string; message: Message } => ({
    group: 'g',
    reason: 'r',
    message: { topic, key: 'k', id, type: 't', v: 1, correlationId: id, body: '{}' },
  });
  const some = [
    letter('results', '1'),
    letter('results', '2'),
    letter('odds_raw', '3'),
    letter('made up', '4'),
    letter('too', '5'),
  ];
  await context.deadLetters.keep(some);
  const [dropped] = await context.deadLetters.list({ topic: 'odds_raw', limit: 1 });
  await context.deadLetters.mark([dropped?.id ?? 0], 'dropped');
  const watch = watchDeadLetters(runtime);
  await becomes('palpite_dead_letters{topic="results"}', 2);
  assert.equal(await figure('palpite_dead_letters{topic="odds_raw"}'), 0);
  assert.equal(await figure('palpite_dead_letters{topic="other"}'), 2);
  const { text } = await runtime.metrics.export();
  const topics = [...text.matchAll(/^palpite_dead_letters\{topic="([^"]+)"\}/gm)].map((found) => found[1] as string);
  for (const topic of topics) assert.ok(topic === 'other' || TOPICS.some((known) => known === topic), topic);
  await watch.stop();
});

test('a process that writes nothing knows how many events the read models lack', async () => {
  const role = await startWriterRole(runtime);
  const elsewhere = await makeRuntime(context, () => undefined);
  const lags = watchLags(elsewhere);
  const { rows } = await context.database.pool.query<{ head_seq: string }>('SELECT head_seq FROM chains WHERE shard = $1', [
    MAIN_SHARD,
  ]);
  const head = Number(rows[0]?.head_seq);
  assert.ok(head > 0);
  for (const end = Date.now() + 20_000; lags.events(MAIN_SHARD) !== head; await sleep(20))
    assert.ok(Date.now() < end, `${lags.events(MAIN_SHARD)} of ${head}`);
  assert.equal(await figure('palpite_lease_held{lease="writer"}'), 1);
  lags.stop();
  await role.stop();
  elsewhere.commands.close();
  await elsewhere.bus.close();
});

test('who runs a role and who stands by is in the figures of each', async () => {
  const other = await makeRuntime(context, () => undefined);
  const leased = (of: Runtime): Parameters<typeof startUnderLease>[1] => ({
    name: 'odds',
    hold: roleHold(of, 'odds'),
    start: () => Promise.resolve({ stop: () => Promise.resolve() }),
  });
  const first = await startUnderLease(runtime, leased(runtime));
  const second = startUnderLease(other, leased(other));
  assert.equal(await figure('palpite_lease_held{lease="odds"}'), 1);
  assert.equal(await figure('palpite_lease_held{lease="odds"}', other), 0);
  await first.stop();
  await (await second).stop();
  other.commands.close();
  await other.bus.close();
});

test('a database that answers is up; Redis has no figure where there is none', async () => {
  const watch = watchServers(runtime);
  await becomes('palpite_database_up', 1);
  assert.equal(await figure('palpite_redis_up'), null);
  await watch.stop();
});

test('a server that does not answer is down', async () => {
  const pool = { query: () => Promise.reject(new Error('gone')) };
  const ping = (): Promise<never> => new Promise(() => undefined);
  const away = {
    ...runtime,
    caches: { ...runtime.caches, ping },
    context: { ...context, database: { ...context.database, pool } },
  };
  const watch = watchServers(away as never);
  await becomes('palpite_database_up', 0);
  await becomes('palpite_redis_up', 0);
  await watch.stop();
});
