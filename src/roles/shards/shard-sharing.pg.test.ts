// Several writer processes over one database, each with a runtime of its own in this process: they share, hand over, take over and fence.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withTestDatabase } from '#adapters/postgres/embedded/test-database.ts';
import { PostgresShards } from '#adapters/postgres/journal/postgres-shards.ts';
import { shardOf } from '#core/ledger/shard.ts';
import { transitOf } from '#core/ledger/transfer-money.ts';
import { silentLog } from '#ports/log.ts';
import { type Answer, encodeEnvelope } from '#engine/envelope.ts';
import { verifyChain } from '#engine/journal/journal-verify.ts';
import { deriveId } from '#core/base/ids.ts';
import type { Command } from '#core/kernel/command.ts';
import { openContext, type PlatformContext } from '../context.ts';
import { readEnvironment } from '../environment.ts';
import { LEASE_TTL_MS } from '../ledgers.ts';
import { makeRuntime, type Running, type Runtime } from '../runtime.ts';
import { startProjectRole } from '../start/project-role.ts';
import { startWriterRole } from '../start/writer-role.ts';

const TENANT = deriveId('ten', 1, 'tenant');
const ANA = deriveId('usr', 1, 'ana');
const LEDGERS = ['main', 'arena-1', 'arena-2', 'arena-3'];
const SHARDS = LEDGERS.map(shardOf);
/** A killed writer's shards have another one within this, ms. */
const TAKE_OVER_MS_MAX = 10_000;

interface Process {
  readonly context: PlatformContext;
  readonly runtime: Runtime;
  readonly writer: Running;
  /** What was last given to be read of open transfers, by shard. */
  readonly readings: Map<unknown, () => number>;
  failed: string | null;
}

describe('writer processes that share shards', { timeout: 240_000 }, () => {
  let database: Awaited<ReturnType<typeof withTestDatabase>>;
  let dir: string;
  const processes: Process[] = [];
  let ids = 0;
  const woken = Promise.withResolvers<never>();

  before(async () => {
    database = await withTestDatabase();
    woken.promise.catch(() => undefined);
    dir = await mkdtemp(join(tmpdir(), 'palpite-shards-'));
  });
  after(async () => {
    woken.reject(new Error('awake'));
    await Promise.all(processes.map(({ writer }) => writer.stop()));
    await Promise.all(processes.map(close));
    await database.close();
    await rm(dir, { recursive: true, force: true });
  });

  async function start(): Promise<Process> {
    const environment = readEnvironment({ DATABASE_URL: database.url, PALPITE_DATA: dir });
    const context = await openContext({ environment, log: silentLog });
    const process: { failed: string | null } = { failed: null };
    const runtime = await makeRuntime(context, (reason) => (process.failed = reason));
    const readings = new Map<unknown, () => number>();
    const gauge = runtime.metrics.gauge.bind(runtime.metrics);
    Object.assign(runtime.metrics, {
      gauge(...of: Parameters<typeof gauge>) {
        if (of[0] === 'palpite_transfers_open') readings.set(of[2]?.['shard'], of[1]);
        gauge(...of);
      },
    });
    const started = Object.assign(process, { context, runtime, readings, writer: await startWriterRole(runtime) });
    processes.push(started);
    return started;
  }

  async function close({ context, runtime }: Process): Promise<void> {
    runtime.commands.close();
    await runtime.bus.close();
    await context.close();
  }

  async function ask(of: Process, ledgerId: string, cmd: Command): Promise<Answer> {
    const commandId = deriveId('cmd', Date.now(), `shards ${ids++}`);
    const via = cmd.type === 'ReceiveTransfer' ? 'worker' : 'operator';
    const actor = { ownerId: ANA, tenantId: TENANT, via } as const;
    const encoded = encodeEnvelope({ commandId, ledgerId, actor, lane: 'people', cmd });
    for (;;) {
      const answer = await of.runtime.commands.submit(encoded).then(
        (text) => JSON.parse(text) as Answer,
        () => null,
      );
      if (answer && (answer.result === 'done' || answer.result.next !== 'retry')) return answer;
      await sleep(20);
    }
  }

  async function done(of: Process, ledgerId: string, cmd: Command): Promise<Answer> {
    const answer = await ask(of, ledgerId, cmd);
    assert.equal(answer.result, 'done', JSON.stringify(answer));
    return answer;
  }

  const held = (of: Process): number[] => [...of.runtime.writers.keys()].toSorted((a, b) => a - b);
  const grant = (amountMinor: number): Command => ({
    type: 'IssueFunds',
    holder: ANA,
    ownerId: ANA,
    tenantId: TENANT,
    amountMinor,
  });
  const send = (toLedger: string, amountMinor: number): Command => ({
    type: 'SendTransfer',
    holder: ANA,
    toLedger,
    toHolder: ANA,
    amountMinor,
    currency: 'PLAY',
  });

  async function until(holds: () => boolean | Promise<boolean>, what: string, withinMs = 15_000): Promise<number> {
    const from = performance.now();
    while (!(await holds())) {
      assert.ok(performance.now() - from < withinMs, `waited in vain for ${what}`);
      await sleep(20);
    }
    return performance.now() - from;
  }

  it('one process writes every shard in use, and a shard comes into use while it runs', async () => {
    assert.equal(new Set(SHARDS).size, 4, 'the ledgers of this test need shards of their own');
    const first = await start();
    assert.deepEqual(held(first), [0]);
    for (const ledgerId of LEDGERS.slice(1)) {
      await first.context.shards.use(shardOf(ledgerId));
      await done(first, ledgerId, { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' });
    }
    for (const ledgerId of LEDGERS) await done(first, ledgerId, grant(10_000));
    assert.deepEqual(
      held(first),
      SHARDS.toSorted((a, b) => a - b),
    );
  });

  it('a second one gets half of them, by draining, and both reach every ledger', async () => {
    const [first] = processes as [Process];
    let stop = false;
    let answered = 0;
    const load = (async () => {
      for (let i = 0; !stop; i++) {
        await done(first, LEDGERS[i % 4] as string, grant(1));
        answered++;
      }
    })();
    const second = await start();
    await until(() => held(first).length === 2 && held(second).length === 2, 'an even share');
    stop = true;
    await load;
    assert.ok(answered > 0);
    assert.equal(held(first)[0], 0, 'the main shard stays');
    for (const process of [first, second]) for (const ledgerId of LEDGERS) await done(process, ledgerId, grant(1));
    const [one, other] = held(second).map((shard) => first.readings.get(shard));
    assert.ok(one && one === other, 'what is read of a shard given away holds on to that shard');
    const { shards } = await first.context.shards.view();
    assert.ok(shards.every(({ holder }) => holder !== null));
    const epochs = await Promise.all(SHARDS.map(async (shard) => (await (await first.context.journal()).head(shard))?.epoch));
    assert.deepEqual(
      epochs.map((epoch) => (epoch ?? 0) <= 2),
      [true, true, true, true],
      `shards moved to and fro: ${epochs.join(' ')}`,
    );
  });

  it('money goes between ledgers that different processes write', async () => {
    const [first, second] = processes as [Process, Process];
    await done(first, 'main', send('arena-3', 500));
    await done(second, 'arena-3', send('main', 200));
    await done(second, 'arena-1', send('not-there', 100));
    const open = (): number =>
      [first, second]
        .flatMap(({ runtime }) => [...runtime.writers.values()])
        .flatMap((writer) => [...(writer.state?.ledgers.values() ?? [])])
        .reduce((sum, ledger) => sum + ledger.transfers.openCount, 0);
    await until(() => open() === 0, 'the end of every transfer');
    const ledgers = new Map(
      [first, second]
        .flatMap(({ runtime }) => [...runtime.writers.values()])
        .flatMap((writer) => [...(writer.state?.ledgers ?? [])]),
    );
    const transit = (a: string, b: string): number => ledgers.get(a)?.accounts.balance(transitOf(b), 'PLAY') ?? Number.NaN;
    assert.deepEqual([transit('main', 'arena-3'), transit('arena-3', 'main'), transit('arena-1', 'not-there')], [300, -300, 0]);
    assert.ok(
      shardOf('not-there') in Object.fromEntries((await first.context.shards.view()).shards.map(({ shard }) => [shard, true])),
    );
  });

  it('takes over from one that went silent within the bar, and that one is fenced when it wakes', async (t) => {
    const [first, second] = processes as [Process, Process];
    const lost = held(second);
    // Silent: it renews nothing and looks at nothing, but believes that it writes.
    const shards = second.context.shards as PostgresShards;
    const silent = (): Promise<never> => woken.promise;
    Object.assign(shards, { present: silent, view: silent });
    const took = await until(() => lost.every((shard) => first.runtime.writers.has(shard)), 'the take-over', TAKE_OVER_MS_MAX);
    t.diagnostic(`${lost.length} shards after ${Math.round(took)} ms, of which a lease lives ${LEASE_TTL_MS}`);
    for (const ledgerId of LEDGERS) await done(first, ledgerId, grant(1));
    const [shard = 0] = lost;
    const ledgerId = LEDGERS[SHARDS.indexOf(shard)] ?? '';
    const commandId = deriveId('cmd', Date.now(), 'stale');
    const actor = { ownerId: ANA, tenantId: TENANT, via: 'operator' } as const;
    const encoded = encodeEnvelope({ commandId, ledgerId, actor, lane: 'people', cmd: grant(1) });
    const stale = JSON.parse((await second.runtime.writers.get(shard)?.submit(encoded)) ?? 'null') as Answer;
    assert.ok(stale.result !== 'done' && stale.result.code === 'outcome_unknown', JSON.stringify(stale));
    await until(() => second.failed !== null, 'the end of the fenced process');
    assert.match(second.failed ?? '', /fenced/);
  });

  it('a process that does not share is none of the writers, whether it was or not, and keeps what it holds', async () => {
    const [first] = processes as [Process];
    const { shards } = first.context;
    const isWriter = async (): Promise<boolean> => (await shards.view()).writers.includes('other');
    assert.deepEqual(await shards.present('other', [0], LEASE_TTL_MS, true), [0]);
    assert.ok(await isWriter());
    for (let n = 0; n < 2; n++) {
      assert.deepEqual(await shards.present('other', [0], LEASE_TTL_MS, false), [0]);
      assert.ok(!(await isWriter()));
    }
    await first.context.database.pool.query(
      "INSERT INTO chains (shard, lease_holder, lease_until) VALUES (62, 'other', clock_timestamp() + interval '5 s')",
    );
    assert.deepEqual(await shards.present('other', [62], LEASE_TTL_MS, false), []);
    assert.equal((await shards.view()).shards.find(({ shard }) => shard === 62)?.holder, 'other');
    await first.context.database.pool.query('DELETE FROM chains WHERE shard = 62');
  });

  it('every chain holds, decided again, and the read models know every ledger and transfer', async () => {
    const [first] = processes as [Process];
    const project = await startProjectRole(first.runtime);
    const journal = await first.context.journal();
    for (const shard of SHARDS) {
      const report = await verifyChain(journal, shard, { decideAgain: true });
      assert.deepEqual(report.fault, null);
      assert.ok(report.events > 5);
    }
    await until(async () => (await first.context.projectionLags()).size === 0, 'the read models');
    assert.deepEqual(
      (await first.context.ledgers()).map((row) => [row.ledgerId, row.shard]),
      LEDGERS.toSorted().map((name) => [name, shardOf(name)]),
    );
    const { rows } = await first.context.database.pool.query(
      `SELECT ledger_id, direction, other_ledger, amount_minor::int AS minor, status, reason FROM transfers ORDER BY ledger_id, direction, other_ledger`,
    );
    assert.deepEqual(
      rows.map((row) => Object.values(row).join(' ')),
      [
        'arena-1 out not-there 100 returned not_found',
        'arena-3 in main 500 received ',
        'arena-3 out main 200 received ',
        'main in arena-3 200 received ',
        'main out arena-3 500 received ',
      ],
    );
    await project.stop();
  });
});
