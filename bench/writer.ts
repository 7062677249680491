// The writer bench: bets through the real engine on a durable PostgreSQL, beside SQL baselines on the same server in the same run.
import { stateHash } from '#engine/state/snapshot.ts';
import { foldFrom } from '#engine/state/restore.ts';
import { CHAIN_START } from '#engine/journal/chain-reader.ts';
import { initialShard } from '#core/kernel/state.ts';
import { OPEN_BET_BYTES } from '#core/bets/open-bets.ts';
import { GATHER_MS } from '#engine/gather-pause.ts';
import { Writer } from '#engine/writer.ts';
import { silentLog } from '#ports/log.ts';
import type { Block } from '#ports/journal.ts';
import type { Database } from '#adapters/postgres/database.ts';
import { PostgresJournal } from '#adapters/postgres/journal/postgres-journal.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import { ProjectorThread } from '#roles/start/projector-thread.ts';
import { assertDurable, note, quantile, withBenchDatabase } from './bench-database.ts';
import { isDone, measureOpenLoop } from './open-loop.ts';
import { bareBlocks, baselineConserved, batchedSql, oneStatement, prepareBaselines, rowLocking } from './sql-baselines.ts';
import { EncodedBets, makeUsers, prepareArena, putQuotes, selfCheck } from './writer-load.ts';

const USERS = 100_000;
const BURST_BETS = 600_000;
const BURST_ROUNDS = 5;
const IN_FLIGHT = 4_096;
const SUSTAINED_TARGET = 30_000;
const SUSTAINED_MS = 180_000;
const LAG_MS_MAX = 2_000;
/** Callers hold back from this lag on. */
const HOLD_BACK_MS = 750;

interface Bench {
  readonly database: Database;
  readonly writer: Writer;
  readonly users: readonly string[];
  readonly clock: SystemClock;
  projector: ProjectorThread | null;
  journalBytes: number;
  bets: number;
}

export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const quick = args.includes('--quick');
  return withBenchDatabase(async (database) => {
    const durability = await assertDurable(database);
    const bench = await makeBench(database);
    note('burst ...');
    const burst = await runBurst(bench);
    const blockBets = 1_024;
    const bytesPerBetJournal = Math.round(bench.journalBytes / bench.bets);
    note(`burst ${burst}/s, ${bytesPerBetJournal} journal bytes a bet; baselines ...`);
    const baselines = await runBaselines(database, {
      bytes: bytesPerBetJournal * blockBets,
      bets: blockBets,
      ms: quick ? 1_500 : 5_000,
    });
    note(`${JSON.stringify(baselines.perSecond)}; open loop ...`);
    const openLoop = await runOpenLoop(bench);
    note(`${JSON.stringify(openLoop)}; catching up ...`);
    await startProjector(bench);
    note('open loop with projections ...');
    const openLoopWithProjections = await runOpenLoop(bench);
    note(`${JSON.stringify(openLoopWithProjections)}; sustained ...`);
    const sustained = await runSustained(bench, quick ? 15_000 : SUSTAINED_MS);
    note(`${JSON.stringify(sustained)}; verifying ...`);
    const conservation = await verify(bench);
    await bench.projector?.stop();
    await bench.writer.stop();
    const { perSecond } = baselines;
    return {
      ratio: round(burst / perSecond.rowLocking),
      ratios: {
        overRowLocking: round(burst / perSecond.rowLocking),
        overOneStatement: round(burst / perSecond.oneStatement),
        overBatchedSql: round(burst / perSecond.batchedSql),
        shareOfBareBlockInsert: round(burst / perSecond.bareBlocks),
      },
      burstPerSecond: burst,
      sustainedPerSecond: sustained.perSecond,
      sustained,
      openLoop,
      openLoopWithProjections,
      bytesPerBet: OPEN_BET_BYTES,
      journalBytesPerBet: bytesPerBetJournal,
      baselinesPerSecond: perSecond,
      errors: 0,
      conservation,
      durability,
    };
  });
}

async function makeBench(database: Database): Promise<Bench> {
  const users = makeUsers(USERS);
  selfCheck(users);
  const clock = new SystemClock();
  const journal = new PostgresJournal(await database.connect(), database.pool);
  const bench: Bench = {
    database,
    users,
    clock,
    projector: null,
    journalBytes: 0,
    bets: 0,
    writer: new Writer(
      {
        shard: 0,
        lease: { holder: 'bench', address: '', ttlMs: 3_600_000 },
        gatherMs: GATHER_MS,
        onCommit: (block: Block) => {
          bench.journalBytes += block.body.length;
          bench.projector?.committed(block);
        },
      },
      { journal, snapshots: null, clock, log: { ...silentLog, error: console.error, warn: console.warn } },
    ),
  };
  await bench.writer.start();
  await prepareArena(bench.writer, users);
  putQuotes(bench.writer);
  bench.journalBytes = 0;
  return bench;
}

/** As many bets as it takes, a fixed number in flight; encoded before the clock starts. Best of five: the first round compiles, and money accounts are opened in it. */
async function runBurst(bench: Bench): Promise<number> {
  const rates: number[] = [];
  for (let round = 0; round < BURST_ROUNDS; round++) {
    const bets = new EncodedBets(bench.users, bench.bets, BURST_BETS / BURST_ROUNDS);
    bench.bets += bets.count;
    const started = performance.now();
    await inFlight(bets, bench.writer);
    rates.push((bets.count / (performance.now() - started)) * 1000);
    bets.close();
  }
  return Math.round(Math.max(...rates));
}

async function inFlight(bets: EncodedBets, writer: Writer): Promise<void> {
  let next = 0;
  let failure: Error | null = null;
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = bets.count;
  const send = (): void => {
    if (next === bets.count) return;
    void writer.submit(bets.at(next++)).then((answer) => {
      if (!isDone(answer)) failure ??= new Error(answer);
      if (--left === 0) resolve();
      else send();
    });
  };
  for (let i = 0; i < IN_FLIGHT; i++) send();
  await promise;
  if (failure) throw failure;
}

async function runBaselines(database: Database, of: { bytes: number; bets: number; ms: number }) {
  const { ms } = of;
  await prepareBaselines(database.pool, USERS);
  const errors: number[] = [];
  const best = async (runs: (() => Promise<{ perSecond: number; errors: number }>)[]): Promise<number> => {
    const results = [];
    for (const run of runs) results.push(await run());
    errors.push(...results.map((r) => r.errors));
    return Math.max(...results.map((r) => r.perSecond));
  };
  const clients = [1, 4, 16];
  const rowLockingRate = await best(clients.map((n) => () => rowLocking(database.pool, { clients: n, ms, users: USERS })));
  const oneStatementRate = await best(clients.map((n) => () => oneStatement(database.pool, { clients: n, ms, users: USERS })));
  const batchedRate = await best(
    [100, 1_000].map((batch) => () => batchedSql(database.pool, { batch, ms, users: USERS, drive: batch })),
  );
  const bareRate = await best([async () => bareBlocks(await database.connect(), of)]);
  if (errors.some((n) => n > 0)) throw new Error(`baselines had errors: ${errors.join(' ')}`);
  if (!(await baselineConserved(database.pool, USERS))) throw new Error('a baseline lost money');
  const perSecond = { rowLocking: rowLockingRate, oneStatement: oneStatementRate, batchedSql: batchedRate, bareBlocks: bareRate };
  await database.pool.query('DROP TABLE base_accounts, base_house, base_bets, base_entries, base_blocks');
  return { perSecond };
}

async function startProjector(bench: Bench): Promise<void> {
  const { database, writer } = bench;
  bench.projector = new ProjectorThread(
    { url: database.url, shards: [0], followed: [] },
    { log: { ...silentLog, error: console.error } },
  );
  if (!(await bench.projector.reached(0, writer.place?.seq ?? 0, 120_000))) throw new Error('the projector does not catch up');
}

/** Bets at a fixed rate by the clock. */
function runOpenLoop(bench: Bench) {
  return measureOpenLoop({ database: bench.database, writer: bench.writer, next: (count) => encodeNext(bench, count) });
}

/** Callers encode elsewhere: what the load costs to make is not the arena's. */
function encodeNext(bench: Bench, count: number): EncodedBets {
  const bets = new EncodedBets(bench.users, bench.bets, count);
  bench.bets += count;
  return bets;
}

/** What is accepted for minutes while the read models follow: callers hold back when those are late, and offer the target rate otherwise. */
async function runSustained(bench: Bench, ms: number) {
  const { clock, projector, writer } = bench;
  const lags: number[] = [];
  const load = new EncodedBets(bench.users, bench.bets, Math.floor((SUSTAINED_TARGET * ms) / 1000));
  const timer = setInterval(() => lags.push(projector?.lagMs(0, clock.now()) ?? 0), 100);
  const { sent, tookMs } = await offer(bench, load, ms);
  bench.bets += sent;
  load.close();
  const lagAtEnd = projector?.lagMs(0, clock.now()) ?? 0;
  clearInterval(timer);
  if (!(await projector?.reached(0, writer.place?.seq ?? 0, 300_000))) throw new Error('the read models never caught up');
  lags.sort((a, b) => a - b);
  return {
    perSecond: Math.round((sent / tookMs) * 1000),
    seconds: Math.round(tookMs / 1000),
    lagMsMax: Math.round(lags.at(-1) ?? 0),
    lagMsP99: Math.round(quantile(lags, 0.99)),
    lagMsAtEnd: Math.round(lagAtEnd),
    lagWithin: (lags.at(-1) ?? 0) <= LAG_MS_MAX,
  };
}

/** Sends at the target rate, but nothing while the read models lag or too much waits; returns when all is answered. */
async function offer(bench: Bench, load: EncodedBets, ms: number): Promise<{ sent: number; tookMs: number }> {
  const { clock, projector, writer } = bench;
  const started = performance.now();
  let waiting = 0;
  let sent = 0;
  let failure: string | null = null;
  const answered = (answer: string): void => {
    waiting--;
    if (!isDone(answer)) failure ??= answer;
  };
  for (let last = started; performance.now() - started < ms;) {
    const now = performance.now();
    const holdBack = (projector?.lagMs(0, clock.now()) ?? 0) > HOLD_BACK_MS || waiting > IN_FLIGHT;
    const due = holdBack ? 0 : Math.min(1_000, load.count - sent, ((now - last) * SUSTAINED_TARGET) / 1000);
    last = now;
    for (let i = 0; i < due; i++, sent++, waiting++) void writer.submit(load.at(sent)).then(answered);
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (failure) throw new Error(failure);
  }
  while (waiting > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  return { sent, tookMs: performance.now() - started };
}

/** Money: sums in memory, in the read models, and in a state folded again from the journal. */
async function verify(bench: Bench) {
  const { database, writer } = bench;
  const sums = writer.state?.ledgers.get('main')?.accounts.sums();
  const memory = [...(sums?.values() ?? [])].every((sum) => sum === 0n);
  const { rows } = await database.pool.query(
    `SELECT (SELECT sum(available_minor + held_minor) FROM wallets) + (SELECT sum(balance_minor) FROM ledger_accounts) = 0 AS balanced,
       (SELECT sum(held_minor) FROM wallets) = (SELECT sum(stake_minor) FROM bets) AS held, (SELECT count(*) FROM bets) AS bets`,
  );
  const { balanced, bets, held } = rows[0];
  const state = initialShard();
  const journal = new PostgresJournal(await database.connect(), database.pool);
  await foldFrom(journal, 0, { state, place: CHAIN_START });
  const rebuilt = stateHash(state) === stateHash(writer.state as Parameters<typeof stateHash>[0]);
  if (!memory || !balanced || !held || Number(bets) !== bench.bets || !rebuilt) {
    throw new Error(`conservation fails: ${JSON.stringify({ memory, balanced, held, bets, expected: bench.bets, rebuilt })}`);
  }
  return { memory, readModels: true, rebuiltEqual: rebuilt, bets: bench.bets };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
