// The scaled-out shape, from the outside: eight processes over a real Kafka, Redis and PostgreSQL. Each of them is killed, paused or restarted
// while people bet; nobody's acknowledged bet may be lost or doubled, and bets go on soon after.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { KafkaBus } from '#adapters/kafka/kafka-bus.ts';
import { makeId } from '#core/base/ids.ts';
import { TOPICS_SENT } from '#engine/bus/message-table.ts';
import { encodeEnvelope } from '#engine/envelope.ts';
import { silentLog } from '#ports/log.ts';
import { openContext, type PlatformContext } from '#roles/context.ts';
import { readEnvironment } from '#roles/environment.ts';
import { MAIN_LEDGER } from '#roles/ledgers.ts';
import { missingForKafka } from '../../tools/servers/kafka-jars.ts';
import { type KafkaServer, startKafka } from '../../tools/servers/kafka-server.ts';
import { type PostgresServer, startPostgres } from '../../tools/servers/postgres-server.ts';
import { skipWhenMissing } from '../../tools/servers/programs.ts';
import { missingForRedis, type RedisServer, startRedis } from '../../tools/servers/redis-server.ts';
import { type Bettor, Load, makeBettors } from './bettors.ts';
import { Cluster, SPLIT } from './cluster.ts';
import { Reader } from './gateway-reads.ts';
import { invariantsHold, projectionsCaughtUp } from './invariants.ts';
import { KafkaEcho, KafkaGroups } from './kafka-echo.ts';
import { PriceWatch } from './price-watch.ts';
import { playedDigest, recordSeason } from './recorded.ts';

/** After a role or a dependency answers again, a bet must be accepted within this, ms. */
const BACK_MS_MAX = 10_000;
/** Bets go on with prices of before; every role must do its own work again within this, ms. */
const WORKS_MS_MAX = 30_000;
/** All that was said since the beginning must be read again within this, ms. */
const AGAIN_MS_MAX = 60_000;
const BROKER_GONE_MS = 30_000;
/** Longer than a lease lives, ms. */
const PAUSED_MS = 8_000;

const BETTORS = 20;
/** Fixtures that begin later than this are still to come at the end of a test, ms. */
const AHEAD_MS = 120_000;
/** How long somebody who handles nothing has keys of a group, ms. */
const DISTURBED_MS = 1_500;
/** How long messages are repeated while that happens, ms. */
const ECHO_MS = 15_000;
/** Commands sent over the topic, without waiting for an answer. */
const GRANTS = 60;

const skip = skipWhenMissing((await missingForKafka()) ?? (await missingForRedis()));

describe('many processes over Kafka, Redis and PostgreSQL', { skip, timeout: 600_000 }, () => {
  let kafka: KafkaServer;
  let redis: RedisServer;
  let postgres: PostgresServer;
  let cluster: Cluster;
  let context: PlatformContext;
  let load: Load;
  let bettors: Bettor[];
  const granted: string[] = [];

  before(async () => {
    kafka = await startKafka();
    [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  });
  after(async () => {
    await cluster?.remove();
    await Promise.all([kafka?.close(), redis?.close(), postgres?.close()]);
  });

  const servers = (): Record<string, string> => ({
    DATABASE_URL: postgres.url,
    KAFKA_BROKERS: kafka.brokers,
    REDIS_URL: redis.url,
  });

  it('gives the digest of a recorded command log, as one process does', async (t) => {
    const dir = await mkdtemp(join(tmpdir(), 'palpite-recorded-'));
    t.after(() => rm(dir, { recursive: true, force: true }));
    const environment = readEnvironment({ DATABASE_URL: postgres.url, PALPITE_DATA: dir });
    const source = await openContext({ environment, log: silentLog });
    const recorded = await recordSeason(source, join(dir, 'commands.jsonl'));
    const members = [...SPLIT, ['replayer']];
    const played = await Cluster.start({
      members,
      env: { ...servers(), CLOCK: 'recorded', RECORDING: recorded.file, BOTS: '0' },
    });
    try {
      assert.equal(await playedDigest(source, recorded.events), recorded.contentDigest, played.troubles());
      t.diagnostic(`${members.length} processes, ${recorded.events} events, digest ${recorded.contentDigest.slice(0, 12)}`);
    } finally {
      await played.remove();
      await source.close();
    }
    // The recording's time is not that of the next tests: they begin with a database and a broker of their own.
    await Promise.all([postgres.close(), kafka.close()]);
    [postgres, kafka] = await Promise.all([startPostgres(), startKafka()]);
  });

  it('starts, and takes bets', async (t) => {
    cluster = await Cluster.start({ members: SPLIT, env: servers() });
    context = await cluster.context();
    load = new Load(cluster.url, 2);
    bettors = await makeBettors(context, BETTORS);
    load.start(bettors);
    t.diagnostic(`first bet after ${Math.round(await load.nextAccepted(30_000))} ms`);
  });

  it("answers from a gateway what only the writer's memory knows, and says so while nobody writes", async (t) => {
    const reader = await Reader.make(context, cluster.url);
    const { items } = (await reader.call('operator', 'GET /v1/events?status=scheduled&limit=50')).body;
    // One that does not begin before the writer is back.
    const later = (items as { eventId: string; startAt: string }[]).filter(
      ({ startAt }) => Date.parse(startAt) > Date.now() + AHEAD_MS,
    );
    const prices = await Promise.all(later.map(({ eventId }) => reader.call('operator', `GET /v1/events/${eventId}/odds`)));
    const quotes = prices.flatMap(({ body }) => body['items'] as { marketId: string; prices: { selectionId: string }[] }[]);
    const quote = quotes.find(({ marketId }) => marketId.endsWith('/1x2'));
    assert.ok(quote, 'no fixture to come has a price');
    const market = { marketId: quote.marketId, selectionIds: quote.prices.map(({ selectionId }) => selectionId) };
    t.diagnostic(`${(await reader.all(market)).length} reads`);
    const writer = cluster.with('writer');
    await writer.end('SIGKILL');
    const { body, status } = await reader.call('operator', 'GET /v1/risk');
    assert.deepEqual([status, body['code']], [503, 'writer_moving']);
    writer.start();
    await load.nextAccepted(30_000); // how soon is for the tests of kills
    await reader.all(market);
  });

  for (const roles of SPLIT) {
    it(`goes on when ${roles.join(' and ')} is killed and started again`, async (t) => {
      const member = cluster.with(roles[0] as string);
      await member.end('SIGKILL');
      await sleep(500);
      member.start();
      await cluster.ready();
      t.diagnostic(`a bet ${Math.round(await back())} ms after it was ready`);
      await everyRoleWorks(t);
    });
  }

  it('replaces a writer that is paused past its lease, and fences it when it wakes', async (t) => {
    const first = cluster.with('writer');
    const standby = await cluster.add(['writer', 'opener']);
    await until(() => standby.log.some((line) => line.includes('role.stands_by')), 'the stand-by');
    first.signal('SIGSTOP');
    await sleep(PAUSED_MS);
    t.diagnostic(`a bet ${Math.round(await back())} ms later, from the stand-by`);
    first.signal('SIGCONT');
    await until(() => !first.running, 'the end of the paused writer');
    assert.notEqual(first.exits.at(-1), 0, 'a fenced writer does not end in good order');
    first.start();
    await back();
    await everyRoleWorks(t);
  });

  it('goes on when Redis is stopped, comes back empty, and is flushed', async (t) => {
    await redis.stop();
    const without = await back();
    await pricesAreShown();
    await redis.start();
    t.diagnostic(`a bet ${Math.round(without)} ms after it stopped, ${Math.round(await back())} ms after it came back`);
    await pricesAreShown();
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
    await pricesAreShown();
    await everyRoleWorks(t);
  });

  it('goes on when PostgreSQL is restarted', async (t) => {
    await postgres.kill();
    await sleep(1_000);
    await postgres.start();
    await cluster.ready(true);
    t.diagnostic(`a bet ${Math.round(await back())} ms after it answered again`);
    await everyRoleWorks(t);
  });

  it(`goes on when the broker is gone for ${BROKER_GONE_MS / 1000} s`, async (t) => {
    await kafka.stop();
    await sleep(BROKER_GONE_MS);
    await kafka.start();
    await cluster.ready(true);
    t.diagnostic(`a bet ${Math.round(await back())} ms after it answered again`);
    await everyRoleWorks(t);
  });

  it('is not misled by messages that come twice, late and out of order, while its groups share anew', async (t) => {
    const before = await deadLetters();
    const watch = new PriceWatch(cluster.url, context.database.pool).start();
    t.after(() => watch.stop());
    const echo = await new KafkaEcho(kafka.brokers, 3).start([...TOPICS_SENT]);
    t.after(() => echo.stop());
    const groups = new KafkaGroups(kafka.brokers);
    t.after(() => groups.close());
    const said = sayOverTopic(kafka.brokers, GRANTS);
    const names = await groups.list();
    assert.ok(names.length >= 8, `only the groups ${names.join(', ')}`);
    let rebalances = 0;
    for (const end = Date.now() + ECHO_MS; Date.now() < end;) {
      const came = await Promise.all(names.map((name) => groups.disturb(name, DISTURBED_MS)));
      rebalances += 2 * came.filter(Boolean).length;
    }
    assert.ok(rebalances >= 2 * names.length, `only ${rebalances} rebalances`);
    granted.push(...(await said));
    t.diagnostic(`a bet ${Math.round(await back())} ms after the last of ${rebalances} rebalances`);
    await everyRoleWorks(t);
    await echo.stop();
    await watch.stop();
    assert.deepEqual(watch.faults.slice(0, 5), []);
    const looked = `${echo.copies} copies, ${watch.frames} prices on a screen, ${watch.rows} in the database`;
    assert.ok(echo.copies > 300 && watch.frames > 300 && watch.rows > 3_000, looked);
    assert.deepEqual(await deadLetters(), before, 'copies alone made dead letters');
    t.diagnostic(`${looked}; none went back`);
  });

  it('is not misled when every group is told everything again from the beginning', async (t) => {
    const before = await deadLetters();
    const watch = new PriceWatch(cluster.url, context.database.pool).start();
    t.after(() => watch.stop());
    const groups = new KafkaGroups(kafka.brokers);
    t.after(() => groups.close());
    const readers = cluster.members.filter(({ roles }) => !roles.includes('gateway') && !roles.includes('supplier'));
    await Promise.all(readers.map((member) => member.end('SIGTERM')));
    const stood = await groups.setBack(await groups.list()).finally(() => {
      for (const member of readers) member.start();
    });
    await cluster.ready(true);
    t.diagnostic(`a bet ${Math.round(await back())} ms after it was ready`);
    let again = 0n;
    for (const offset of stood.values()) again += offset;
    for (const end = Date.now() + AGAIN_MS_MAX; ; await sleep(200)) {
      const places = await groups.places(await groups.list());
      const behind = [...stood]
        .filter(([key, offset]) => (places.get(key) ?? -1n) < offset)
        .map(([key]) => `${key} at ${places.get(key)}`);
      if (behind.length === 0) break;
      assert.ok(Date.now() < end, `not read again: ${behind.join('; ')}\n${cluster.troubles()}`);
    }
    await everyRoleWorks(t);
    await watch.stop();
    assert.deepEqual(watch.faults.slice(0, 5), []);
    const looked = `${again} messages again, ${watch.frames} prices on a screen, ${watch.rows} in the database`;
    assert.ok(again > 1_000n && watch.rows > 1_000, looked);
    assert.deepEqual(await deadLetters(), before, 'messages that were told again made dead letters');
    t.diagnostic(`${looked}; none went back`);
  });

  it('lost and doubled nothing in all this', async (t) => {
    await load.stop();
    await cluster.stop('project'); // bets in play are released until the writer ends
    await projectionsCaughtUp(context);
    await cluster.stop();
    const held = await invariantsHold(context, load);
    assert.deepEqual(
      granted.map((commandId) => [commandId, held.commands.get(commandId)]),
      granted.map((commandId) => [commandId, 1]),
      'a command over the bus was lost or done twice',
    );
    assert.deepEqual(await holesInHistory(), []);
    t.diagnostic(
      `${load.accepted.length} bets accepted here of ${held.bets}, ${load.repeated} sent again, ${held.blocks} blocks`,
    );
    assert.ok(
      load.accepted.length > 200,
      `${load.accepted.length} bets are no load; refused: ${JSON.stringify([...load.refused])}`,
    );
    await context.close();
    await cluster.remove();
  });

  /** Commands of somebody who does not wait for an answer: money for each bettor once more, one after another. */
  async function sayOverTopic(brokers: string, count: number): Promise<string[]> {
    const bus = new KafkaBus({ brokers });
    const { owner } = await context.keys.createOperator();
    const { ownerId, tenantId } = owner;
    const ids: string[] = [];
    for (let i = 0; i < count; i++) {
      const commandId = makeId('cmd', Date.now(), randomBytes(10));
      const holder = (bettors[i % bettors.length] as Bettor).ownerId;
      const cmd = { type: 'IssueFunds', holder, ownerId: holder, tenantId, amountMinor: 1 + i } as const;
      const actor = { ownerId, tenantId, via: 'operator' } as const;
      const body = encodeEnvelope({ commandId, ledgerId: MAIN_LEDGER, actor, lane: 'people', cmd });
      await bus.publish([{ topic: 'commands', key: '0', id: commandId, type: 'command', v: 1, correlationId: commandId, body }]);
      ids.push(commandId);
      await sleep(DISTURBED_MS / count);
    }
    await bus.close();
    return ids;
  }

  async function deadLetters(): Promise<unknown[]> {
    return (await context.database.pool.query('SELECT topic, "group", reason FROM dead_letters ORDER BY id')).rows;
  }

  /** Every change of a price is stored once and none is left out: the newest number of a market is the number of its rows. */
  async function holesInHistory(): Promise<unknown[]> {
    const { rows } = await context.database.pool.query(
      `SELECT c.market_id, c.source, c.quote_seq, count(h.*) AS stored FROM odds_current c LEFT JOIN odds_history h USING (market_id, source)
       GROUP BY 1, 2, 3 HAVING count(h.*) <> c.quote_seq OR max(h.quote_seq) <> c.quote_seq LIMIT 5`,
    );
    return rows;
  }

  async function back(): Promise<number> {
    try {
      return await load.nextAccepted(BACK_MS_MAX);
    } catch (error) {
      throw new Error(`${String(error)}; refused: ${JSON.stringify([...load.refused])}\n${cluster.troubles()}`, { cause: error });
    }
  }

  /** New prices come in (supplier, ingest, odds), markets open (opener), bots bet (arena), and the read models tell of it (project). */
  async function everyRoleWorks(t: TestContext): Promise<void> {
    const from = Date.now();
    const seen = async (sql: string): Promise<boolean> => (await context.database.pool.query(sql, [from])).rows.length > 0;
    const works = {
      prices: () => seen('SELECT FROM odds_history WHERE observed_at > $1 LIMIT 1'),
      bots: () => seen(`SELECT FROM bets WHERE holder_id LIKE 'bot%' AND placed_at > $1 LIMIT 1`),
      people: () => seen(`SELECT FROM bets WHERE holder_id LIKE 'usr%' AND placed_at > $1 LIMIT 1`),
    };
    const took: string[] = [];
    for (const [what, holds] of Object.entries(works)) {
      while (!(await holds())) {
        assert.ok(Date.now() - from < WORKS_MS_MAX, `no ${what} after ${WORKS_MS_MAX} ms\n${cluster.troubles()}`);
        await sleep(100);
      }
      took.push(`${what} after ${Date.now() - from} ms`);
    }
    t.diagnostic(took.join(', '));
  }

  async function pricesAreShown(): Promise<void> {
    const get = async <T>(path: string): Promise<T> => (await (await fetch(cluster.url + path)).json()) as T;
    const { items } = await get<{ items: { eventId: string }[] }>('/v1/events?limit=10&status=scheduled');
    const odds = await Promise.all(items.map(({ eventId }) => get<{ items: unknown[] }>(`/v1/events/${eventId}/odds`)));
    assert.ok(
      odds.some(({ items: prices }) => prices.length > 0),
      'no fixture has a price',
    );
  }
});

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 20_000; !holds(); await sleep(50)) assert.ok(Date.now() < end, `waited in vain for ${what}`);
}
