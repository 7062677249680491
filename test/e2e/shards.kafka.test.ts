// Two writer processes share four shards in the scaled-out shape, under bets and transfers; one of them is killed. Nothing may be lost or doubled,
// on any shard and between them, and every ledger takes commands again soon.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NewEvent } from '#core/kernel/event.ts';
import { shardOf } from '#core/ledger/shard.ts';
import { transitOf } from '#core/ledger/transfer-money.ts';
import { eventsOf } from '#engine/journal/chain-reader.ts';
import { verifyChain } from '#engine/journal/journal-verify.ts';
import type { PlatformContext } from '#roles/context.ts';
import { sendCommand } from '#roles/operator-commands.ts';
import { missingForKafka } from '../../tools/servers/kafka-jars.ts';
import { type KafkaServer, startKafka } from '../../tools/servers/kafka-server.ts';
import { type PostgresServer, startPostgres } from '../../tools/servers/postgres-server.ts';
import { skipWhenMissing } from '../../tools/servers/programs.ts';
import { missingForRedis, type RedisServer, startRedis } from '../../tools/servers/redis-server.ts';
import { NaiveFold } from '../engine/naive-fold.ts';
import { projectionFaults } from '../engine/projection-check.ts';
import { type Bettor, Load, makeBettors } from './bettors.ts';
import { Cluster } from './cluster.ts';
import type { Member } from './member.ts';
import { TransferLoad } from './transfers.ts';

const LEDGERS = ['main', 'arena-1', 'arena-2', 'arena-3'];
/** The writer with the main shard, and another; who else there must be. */
const WRITERS = [['writer'], ['writer']];
const OTHERS = [['supplier', 'ingest', 'odds'], ['opener'], ['project'], ['gateway']];
const BACK_MS_MAX = 10_000;
const FUNDS_MINOR = 1_000_000;

const skip = skipWhenMissing((await missingForKafka()) ?? (await missingForRedis()));

describe('shards shared by two writer processes', { skip, timeout: 400_000 }, () => {
  let servers: [KafkaServer, RedisServer, PostgresServer];
  let cluster: Cluster;
  let context: PlatformContext;
  let people: Bettor[];
  let bets: Load;
  let transfers: TransferLoad;

  before(async () => {
    servers = await Promise.all([startKafka(), startRedis(), startPostgres()]);
  });
  after(async () => {
    await context?.close();
    await cluster?.remove();
    await Promise.all((servers ?? []).map((server) => server.close()));
  });

  /** Shards by the process that holds them. */
  async function holders(): Promise<Map<string, number[]>> {
    const { shards } = await context.shards.view();
    const byHolder = new Map<string, number[]>();
    for (const { holder, shard } of shards) byHolder.set(holder ?? '', [...(byHolder.get(holder ?? '') ?? []), shard]);
    return byHolder;
  }

  async function until(holds: () => Promise<boolean>, what: string, withinMs = 30_000): Promise<number> {
    const from = performance.now();
    for (; !(await holds()); await sleep(50))
      assert.ok(performance.now() - from < withinMs, `waited in vain for ${what}\n${cluster.troubles()}`);
    return performance.now() - from;
  }

  it('two processes share four ledgers, each on a shard of its own', async () => {
    const [kafka, redis, postgres] = servers;
    const env = { DATABASE_URL: postgres.url, KAFKA_BROKERS: kafka.brokers, REDIS_URL: redis.url, BOTS: '0' };
    cluster = await Cluster.start({ members: [...WRITERS, ...OTHERS], env });
    context = await cluster.context();
    people = await makeBettors(context, 10);
    const { owner } = await context.keys.createOperator();
    const { ownerId, tenantId } = owner;
    for (const ledgerId of LEDGERS.slice(1)) {
      const open = { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play', markets: ledgerId === 'arena-1' } as const;
      const opened = await sendCommand(context, { cmd: open, lane: 'people', ledgerId, ownerId, tenantId });
      assert.equal(opened.result, 'done');
      for (const { ownerId: holder } of people) {
        const cmd = { type: 'IssueFunds', holder, ownerId: holder, tenantId, amountMinor: FUNDS_MINOR } as const;
        const answer = await sendCommand(context, { cmd, lane: 'people', ledgerId, ownerId, tenantId });
        assert.equal(answer.result, 'done', `${ledgerId}: ${JSON.stringify(answer)}`);
      }
    }
    await until(async () => [...(await holders()).values()].every(({ length }) => length === 2), 'an even share');
    assert.equal((await holders()).size, 2);
  });

  it('takes bets in a ledger of another shard, on the same fixtures', async () => {
    bets = new Load(cluster.url, 5);
    const elsewhere = new Load(cluster.url, 6, 'arena-1');
    elsewhere.start(people.slice(0, 3));
    await elsewhere.nextAccepted(30_000);
    await elsewhere.stop();
    const { betId } = elsewhere.accepted[0] as { betId: string };
    await until(async () => {
      const { rows } = await context.database.pool.query('SELECT shard, ledger_id FROM bets WHERE bet_id = $1', [betId]);
      return rows[0]?.shard === shardOf('arena-1') && rows[0].ledger_id === 'arena-1';
    }, 'the bet');
  });

  it('goes on in every ledger when one of the two is killed under load', async (t) => {
    bets.start(people);
    transfers = new TransferLoad(cluster.url, LEDGERS, 7);
    transfers.start(people);
    await bets.nextAccepted(30_000);
    await sleep(3_000);
    const killed = await withMainShard();
    await killed.end('SIGKILL');
    const took = await Promise.all([
      bets.nextAccepted(BACK_MS_MAX),
      ...LEDGERS.map((ledger) => transfers.nextFrom(ledger, BACK_MS_MAX)),
    ]);
    t.diagnostic(`after the kill: a bet ${Math.round(took[0] ?? 0)} ms; transfers ${took.slice(1).map(Math.round).join(' ')} ms`);
    assert.equal((await holders()).size, 1, 'one process has them all');
    await sleep(2_000);
    killed.start();
    t.diagnostic(
      `an even share again ${Math.round(await until(async () => (await holders()).size === 2, 'the hand-over'))} ms after a start`,
    );
    await bets.nextAccepted(BACK_MS_MAX);
    await Promise.all(LEDGERS.map((ledger) => transfers.nextFrom(ledger, BACK_MS_MAX)));
  });

  it('lost and doubled nothing, on any shard and between them', async (t) => {
    await Promise.all([bets.stop(), transfers.stop()]);
    await until(async () => {
      const { rows } = await context.database.pool.query<{ open: string }>(
        `SELECT count(*) AS open FROM transfers WHERE status = 'sent'`,
      );
      return Number(rows[0]?.open) === 0 && (await context.projectionLags()).size === 0;
    }, 'the end of every transfer');
    await cluster.stop('project');
    await until(async () => (await context.projectionLags()).size === 0, 'the read models');
    await cluster.stop();
    const count = new Map<string, number>();
    const ended = new Map<string, string[]>();
    let transit = 0n;
    let placed = 0;
    const journal = await context.journal();
    for (const ledgerId of LEDGERS) {
      const shard = shardOf(ledgerId);
      const fold = new NaiveFold(ledgerId);
      for (let from = 1; ;) {
        const blocks = await journal.read(shard, from, 500);
        if (blocks.length === 0) break;
        for (const event of blocks.flatMap((block) => eventsOf(block))) {
          fold.add(event);
          count.set(event.type, (count.get(event.type) ?? 0) + 1);
          noteTransfer(event, ended);
          if (event.type === 'BetPlaced') placed++;
        }
        from = (blocks.at(-1)?.blockNo ?? 0) + 1;
      }
      assert.deepEqual(fold.check(), [], ledgerId);
      for (const other of LEDGERS) transit += fold.balance(transitOf(other), ledgerId);
      assert.deepEqual((await verifyChain(journal, shard, { decideAgain: true })).fault, null, ledgerId);
      assert.deepEqual((await projectionFaults(context.database.pool, shard, fold)).slice(0, 5), [], ledgerId);
      if (ledgerId === 'main')
        for (const { betId } of bets.accepted) assert.ok(fold.bets.has(betId), `${betId} was accepted and is not there`);
    }
    assert.equal(transit, 0n, 'nothing is on its way, and still transit accounts hold money');
    for (const { transferId } of transfers.accepted)
      assert.deepEqual(ended.get(transferId)?.toSorted(), ['TransferConfirmed', 'TransferReceived', 'TransferSent'], transferId);
    assert.equal(count.get('TransferSent'), transfers.accepted.length, 'a transfer was sent that nobody was told of, or twice');
    assert.ok(transfers.accepted.length > 100 && bets.accepted.length > 50, 'no load');
    t.diagnostic(
      `${placed} bets, ${transfers.accepted.length} transfers (${transfers.repeated} sent again; refused ${JSON.stringify([...transfers.refused])})`,
    );
  });

  async function withMainShard(): Promise<Member> {
    const writers = cluster.members.filter(({ roles }) => roles.includes('writer'));
    const main = writers.find((member) => member.log.some((line) => line.includes('"shard.held"') && /"shard":0\b/.test(line)));
    assert.ok(main, writers.flatMap((member) => member.log).join('\n'));
    return main;
  }
});

function noteTransfer(event: NewEvent, ended: Map<string, string[]>): void {
  if (!event.type.startsWith('Transfer')) return;
  const { transferId } = event.data as { transferId: string };
  ended.set(transferId, [...(ended.get(transferId) ?? []), event.type]);
}
