// The settlement bench: one market with 100,000 open bets is settled through the durable writer, with read models following, while others go on
// betting; and a market is suspended behind a full queue of bets on it.
import { GATHER_MS } from '#engine/gather-pause.ts';
import { DEFAULT_LANES } from '#engine/lanes.ts';
import { Writer } from '#engine/writer.ts';
import { marketOf } from '#core/kernel/state.ts';
import type { Command, Lane } from '#core/kernel/command.ts';
import { silentLog } from '#ports/log.ts';
import type { Database } from '#adapters/postgres/database.ts';
import { PostgresJournal } from '#adapters/postgres/journal/postgres-journal.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import { ProjectorThread } from '#roles/start/projector-thread.ts';
import { assertDurable, median, note, quantile, withBenchDatabase } from './bench-database.ts';
import {
  encode,
  encodeBet,
  EncodedBets,
  LEDGER,
  makeUsers,
  marketName,
  MARKETS,
  prepareArena,
  putQuotes,
} from './writer-load.ts';

const USERS = 20_000;
const BETS = 100_000;
const SETTLEMENTS = 5;
/** Bets a second on other markets, before and during a settlement. */
const MEANWHILE_PER_SECOND = 1_000;
const BEFORE_MS = 2_000;
const SUSPENSIONS = 10;
const IN_FLIGHT = 4_000;
/** Markets that are settled come first; bets on the others go on. */
const OTHERS = MARKETS - SETTLEMENTS;

interface Bench {
  readonly projector: ProjectorThread;
  readonly writer: Writer;
  readonly users: readonly string[];
  bets: number;
}

interface Answered {
  readonly seq: number;
  readonly result: 'done' | { readonly code: string };
  readonly ms: number;
}

export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const quick = args.includes('--quick');
  return withBenchDatabase(async (database) => {
    const durability = await assertDurable(database);
    const { bench, stop } = await start(database);
    const settlements = [];
    for (let market = 0; market < (quick ? 2 : SETTLEMENTS); market++) {
      settlements.push(await settle(bench, market));
      note(JSON.stringify(settlements.at(-1)));
    }
    note('suspensions behind a full queue ...');
    const suspensions = [];
    for (let i = 0; i < (quick ? 3 : SUSPENSIONS); i++) suspensions.push(await suspend(bench));
    note(JSON.stringify(suspensions));
    const sums = [...(bench.writer.state?.ledgers.get(LEDGER)?.accounts.sums().values() ?? [])];
    if (sums.some((sum) => sum !== 0n)) throw new Error('money was made or lost');
    await stop();
    return {
      bets: BETS,
      settleMs: round(median(settlements.map((s) => s.settleMs))),
      settleMsMax: Math.max(...settlements.map((s) => s.settleMs)),
      meanwhilePerSecond: MEANWHILE_PER_SECOND,
      p99Ms: round(median(settlements.map((s) => s.p99Ms))),
      p99MsBefore: round(median(settlements.map((s) => s.p99MsBefore))),
      suspendMs: round(median(suspensions.map((s) => s.ms))),
      suspendMsMax: Math.max(...suspensions.map((s) => s.ms)),
      settlements,
      suspensions,
      durability,
    };
  });
}

async function start(database: Database): Promise<{ bench: Bench; stop: () => Promise<void> }> {
  const clock = new SystemClock();
  const users = makeUsers(USERS);
  const journal = new PostgresJournal(await database.connect(), database.pool);
  const projector = new ProjectorThread(
    { url: database.url, shards: [0], followed: [] },
    { log: { ...silentLog, error: console.error, warn: console.warn } },
  );
  const writer = new Writer(
    {
      shard: 0,
      lease: { holder: 'bench', address: '', ttlMs: 3_600_000 },
      gatherMs: GATHER_MS,
      waitMsMax: 60_000, // the full queue is the point here
      onCommit: (block) => projector.committed(block),
    },
    { journal, snapshots: null, clock, log: { ...silentLog, error: console.error, warn: console.warn } },
  );
  await writer.start();
  await prepareArena(writer, users);
  putQuotes(writer);
  const stop = async (): Promise<void> => {
    await projector.stop();
    await writer.stop();
  };
  return { bench: { projector, writer, users, bets: 0 }, stop };
}

/** Fills a market, then settles it while bets on other markets come by the clock. */
async function settle(bench: Bench, market: number) {
  const { writer } = bench;
  note(`market ${market}: ${BETS} bets ...`);
  await fill(bench, market);
  await caughtUp(bench);
  const before = openLoop(bench);
  await sleep(BEFORE_MS);
  const p99MsBefore = await before.end();
  const meanwhile = openLoop(bench);
  const started = performance.now();
  const eventId = marketName(market).slice(0, -'/1x2'.length);
  const result = {
    eventId,
    source: 'bench',
    version: 1,
    observedAt: Date.now(),
    status: 'finished' as const,
    completedPeriods: ['ft'],
    scores: [{ period: 'ft', stat: 'goals', home: 1, away: 0 }],
  };
  await done(bench, 'facts', { type: 'RecordResult', result });
  const declaredMs = performance.now() - started;
  while (marketOf(writer.state!.ledgers.get(LEDGER)!, marketName(market))?.status !== 'settled') await sleep(1);
  const { decidedSeq } = writer;
  while ((writer.place?.seq ?? 0) < decidedSeq) await sleep(1); // settled means: on disk
  const settleMs = performance.now() - started;
  const p99Ms = await meanwhile.end();
  return { settleMs: round(settleMs), declaredMs: round(declaredMs), p99MsBefore, p99Ms, samples: meanwhile.samples.length };
}

async function fill(bench: Bench, market: number): Promise<void> {
  let left = BETS;
  let failure: string | null = null;
  const caller = async (): Promise<void> => {
    for (; left > 0 && failure === null;) {
      left--;
      const answer = await submit(bench, market);
      if (answer.result !== 'done') failure = JSON.stringify(answer);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  if (failure) throw new Error(failure);
}

/** Bets at a fixed rate by the clock: latency counts from the moment a bet was meant to leave. */
function openLoop(bench: Bench) {
  const samples: number[] = [];
  const started = performance.now();
  let sent = 0;
  let failure: string | null = null;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - started) * MEANWHILE_PER_SECOND) / 1000);
    for (; sent < due; sent++) {
      const intended = started + (sent * 1000) / MEANWHILE_PER_SECOND;
      void submit(bench, SETTLEMENTS + (sent % OTHERS)).then((answer) => {
        if (answer.result !== 'done') failure ??= JSON.stringify(answer);
        samples.push(performance.now() - intended);
      });
    }
  }, 1);
  const end = async (): Promise<number> => {
    clearInterval(timer);
    while (samples.length < sent) await sleep(1);
    if (failure) throw new Error(failure);
    return round(
      quantile(
        [...samples].sort((a, b) => a - b),
        0.99,
      ),
    );
  };
  return { samples, end };
}

/** A full queue of bets on one market, and then its suspension: when it answers, and that no bet after it was taken. */
async function suspend(bench: Bench): Promise<{ ms: number; queued: number; accepted: number; refused: number }> {
  const market = MARKETS - 1;
  const { writer } = bench;
  await caughtUp(bench);
  const count = DEFAULT_LANES.capacity.people;
  const bets = new EncodedBets(bench.users, bench.bets, count, (users, n) => encodeBet(users, n * MARKETS + market));
  bench.bets += count;
  const answers = Array.from({ length: count }, (_, i) => writer.submit(bets.at(i)));
  await new Promise(setImmediate); // the writer is at work on the first of them
  const queued = writer.waiting;
  const suspended = await ask(bench, operator('control', { type: 'SuspendMarket', target: marketName(market), reason: 'bench' }));
  if (suspended.result !== 'done') throw new Error(JSON.stringify(suspended));
  const all = (await Promise.all(answers)).map((answer) => JSON.parse(answer) as Omit<Answered, 'ms'>);
  bets.close();
  const accepted = all.filter(({ result }) => result === 'done');
  const refused = all.filter(({ result }) => result !== 'done' && result.code === 'market_suspended');
  if (accepted.length + refused.length !== all.length)
    throw new Error('a queued bet was neither taken nor refused for the suspension');
  if (accepted.some(({ seq }) => seq > suspended.seq)) throw new Error('a bet was taken after the suspension');
  await done(bench, 'control', { type: 'ReopenMarket', target: marketName(market), reason: 'bench' });
  return { ms: round(suspended.ms), queued, accepted: accepted.length, refused: refused.length };
}

/** The read models are where the writer is: what was left to them is nobody's latency. */
async function caughtUp({ projector, writer }: Bench): Promise<void> {
  if (!(await projector.reached(0, writer.place?.seq ?? 0, 120_000))) throw new Error('the read models do not catch up');
}

async function done(bench: Bench, lane: Lane, cmd: Command): Promise<void> {
  const answer = await ask(bench, operator(lane, cmd));
  if (answer.result !== 'done') throw new Error(`${cmd.type}: ${JSON.stringify(answer.result)}`);
}

function operator(lane: Lane, cmd: Command): string {
  return encode({ via: 'operator', lane, ownerId: 'usr_bench', cmd });
}

function submit(bench: Bench, market: number): Promise<Answered> {
  return ask(bench, betText(bench, market));
}

/** A bet on one market: the load's bets go round all of them. */
function betText(bench: Bench, market: number): string {
  return encodeBet(bench.users, bench.bets++ * MARKETS + market);
}

async function ask({ writer }: Bench, text: string): Promise<Answered> {
  const started = performance.now();
  const { result, seq } = JSON.parse(await writer.submit(text)) as Omit<Answered, 'ms'>;
  return { result, seq, ms: performance.now() - started };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
