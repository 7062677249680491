// From the supplier's socket to committed history and cache: a supplier that never pauses, the real roles behind it, a real PostgreSQL. An update
// counts when the transaction that holds its row of history has committed: the feed's place, which is part of it, says how far that is.
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { SUPPLIER_FEED } from '#roles/books.ts';
import { startKafka } from '../tools/servers/kafka-server.ts';
import { startRedis } from '../tools/servers/redis-server.ts';
import { type BenchChild, startChild } from './child.ts';
import { assertDurable, median, note, withBenchDatabase } from './bench-database.ts';
import { checkEnd } from './pipeline/check.ts';
import {
  BASE_FIXTURES,
  type Kept,
  MARKETS_A_FIXTURE,
  MARKETS_A_FRAME,
  type ServedAsk,
  type ServedCounts,
  type SupplierAsk,
  type SupplierCounts,
} from './pipeline/scene.ts';
import { type Shape, shapesIn } from './shapes.ts';

const SCALES = [1, 10, 100];
const WARM_MS = 6_000;
const WINDOWS = 5;
const WINDOW_MS = 4_000;
/** A place that does not move for so long is a fault, ms. */
const STALL_MS = 30_000;
/** Offered over Kafka, a second: a broker takes whatever comes, so an ingest that is never held up only shows how far the rest falls behind. */
const KAFKA_OFFERED = 12_000;
const POLL_MS = 5;

/** Options: `--shape=one|kafka`, `--scale=<n>` of markets only, `--seconds=<n>` a window, `--updates=<n>` a second offered, `--profile=<folder>`. */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const option = (name: string): string | undefined => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const scales = SCALES.filter((scale) => option('scale') === undefined || Number(option('scale')) === scale);
  const terms = {
    perSecond: option('updates') === undefined ? undefined : Number(option('updates')),
    windowMs: Number(option('seconds') ?? WINDOW_MS / 1000) * 1000,
    profile: option('profile'),
  };
  const shapes = shapesIn(args);
  const one = shapes.includes('one') ? await measureAll('one', scales, terms) : [];
  const kafka = shapes.includes('kafka') ? await measureAll('kafka', scales.slice(0, 1), terms) : [];
  return {
    ...(one[0] ? { updatesPerSecond: one[0].updatesPerSecond } : {}),
    ...(kafka[0] ? { kafkaUpdatesPerSecond: kafka[0].updatesPerSecond } : {}),
    marketsAFrame: MARKETS_A_FRAME,
    // By number of markets, against the fewest: what an update costs the served process, and the whole machine.
    costGrowth: one.map(({ machineMicros, markets, servedMicros }) => ({
      markets,
      served: tenths((100 * servedMicros) / (one[0]?.servedMicros ?? 0)) / 100,
      machine: tenths((100 * machineMicros) / (one[0]?.machineMicros ?? 0)) / 100,
    })),
    one,
    kafka,
  };
}

interface Terms {
  readonly perSecond: number | undefined;
  readonly windowMs: number;
  readonly profile: string | undefined;
}

interface Figures {
  readonly updatesPerSecond: number;
  readonly windows: readonly number[];
  /** CPU time for each update: of the served processes, of the supplier, and of everything on this machine, PostgreSQL and strangers too. */
  readonly servedMicros: number;
  readonly supplierMicros: number;
  readonly machineMicros: number;
  readonly rssMb: number;
}

interface Measured extends Figures {
  readonly markets: number;
  /** A second; 0: as many as the socket takes. */
  readonly offered: number;
  readonly received: number;
  readonly historyRows: number;
  readonly fsync: string;
}

async function measureAll(shape: Shape, scales: readonly number[], terms: Terms): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const scale of scales) measured.push(await measure(shape, scale, terms));
  return measured;
}

/** A database of its own for each, so that none starts with the tables of another. */
async function measure(shape: Shape, scale: number, terms: Terms): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'palpite-pipeline-'));
  return withBenchDatabase(async (database) => {
    const stops: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
    try {
      const { fsync } = await assertDurable(database);
      const env: Record<string, string> = { DATABASE_URL: database.url, PALPITE_DATA: folder, LOG_LEVEL: 'warn' };
      if (shape === 'kafka') {
        const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
        stops.push(
          () => kafka.close(),
          () => redis.close(),
        );
        Object.assign(env, { KAFKA_BROKERS: kafka.brokers, REDIS_URL: redis.url });
      }
      const fixtures = BASE_FIXTURES * scale;
      const supplier = await start<SupplierAsk, { url: string; epoch: number }>('supplier.ts', [String(fixtures)]);
      stops.push(() => supplier.stop());
      env['SUPPLIER_URL'] = supplier.first.url;
      const served: Child<ServedAsk>[] = [];
      for (const roles of shape === 'one' ? [['odds', 'ingest']] : [['odds'], ['ingest']]) {
        const child = await start<ServedAsk>('served.ts', roles, { env, profile: terms.profile });
        stops.push(() => child.stop());
        served.push(child);
      }
      const perSecond = terms.perSecond ?? (shape === 'kafka' ? KAFKA_OFFERED : 0);
      await supplier.ask({ ask: 'go', perSecond });
      const look = (): Promise<Look> => lookAt(database.pool, supplier, served);
      const looks = await measureWindows(look, terms.windowMs);
      const sent = await drained(database.pool, supplier);
      const hot = (eventIds: readonly string[]): Promise<Kept[]> =>
        (served[0] as Child<ServedAsk>).ask<Kept[]>({ ask: 'hot', eventIds });
      const { historyRows } = await checkEnd(database.pool, { supplier: sent, epoch: supplier.first.epoch, hot });
      const figures = {
        ...figuresOf(looks),
        markets: fixtures * MARKETS_A_FIXTURE,
        offered: perSecond,
        received: sent.sent,
        historyRows,
        fsync,
      };
      note(`${shape}, ${figures.markets} markets: ${JSON.stringify(figures)}`);
      return figures;
    } finally {
      for (const stop of stops.reverse()) await stop();
    }
  });
}

interface Look {
  readonly at: number;
  readonly seq: number;
  readonly servedMicros: number;
  readonly supplierMicros: number;
  readonly machineMs: number;
  readonly rss: number;
}

/** Waits for the next commit, so that a window begins and ends with one. */
async function lookAt(pool: pg.Pool, supplier: Child<SupplierAsk>, served: readonly Child<ServedAsk>[]): Promise<Look> {
  const before = await committedSeq(pool);
  const end = performance.now() + STALL_MS;
  for (;;) {
    const seq = await committedSeq(pool);
    const at = performance.now();
    if (seq !== before) {
      const all = await Promise.all(served.map((child) => child.ask<ServedCounts>({ ask: 'cpu' })));
      const { cpu } = await supplier.ask<SupplierCounts>({ ask: 'counts' });
      const servedMicros = all.reduce((sum, one) => sum + microsOf(one.cpu), 0);
      const rss = all.reduce((sum, one) => sum + one.rss, 0);
      return { at, seq, servedMicros, supplierMicros: microsOf(cpu), machineMs: machineMs(), rss };
    }
    if (at > end) throw new Error(`nothing was committed for ${STALL_MS} ms`);
    await sleep(POLL_MS);
  }
}

async function measureWindows(look: () => Promise<Look>, windowMs: number): Promise<Look[]> {
  await sleep(WARM_MS);
  const looks = [await look()];
  for (let i = 0; i < WINDOWS; i++) {
    await sleep(windowMs);
    looks.push(await look());
  }
  return looks;
}

function figuresOf(looks: readonly Look[]): Figures {
  const windows = looks.slice(1).map((after, i) => {
    const before = looks[i] as Look;
    const updates = (after.seq - before.seq) * MARKETS_A_FRAME;
    const ms = after.at - before.at;
    return {
      perSecond: (updates / ms) * 1000,
      micros: (after.servedMicros - before.servedMicros) / updates,
      machineMicros: ((after.machineMs - before.machineMs) * 1000) / updates,
      supplierMicros: (after.supplierMicros - before.supplierMicros) / updates,
    };
  });
  const of = (key: keyof (typeof windows)[number]): number => median(windows.map((window) => window[key]));
  return {
    updatesPerSecond: Math.round(of('perSecond')),
    windows: windows.map(({ perSecond }) => Math.round(perSecond)),
    servedMicros: tenths(of('micros')),
    supplierMicros: tenths(of('supplierMicros')),
    machineMicros: tenths(of('machineMicros')),
    rssMb: Math.round((looks.at(-1)?.rss ?? 0) / 1_048_576),
  };
}

/** The supplier sends no more; waits until all it has sent is committed. */
async function drained(pool: pg.Pool, supplier: Child<SupplierAsk>): Promise<SupplierCounts> {
  const counts = await supplier.ask<SupplierCounts>({ ask: 'halt' });
  const end = performance.now() + 2 * STALL_MS;
  while ((await committedSeq(pool)) < counts.seq) {
    if (performance.now() > end) throw new Error('what the supplier sent is not committed');
    await sleep(100);
  }
  return supplier.ask<SupplierCounts>({ ask: 'counts' });
}

async function committedSeq(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ version: string }>('SELECT version FROM source_cursors WHERE source = $1', [SUPPLIER_FEED]);
  return Number(rows[0]?.version ?? 0);
}

type Child<Ask, T = unknown> = BenchChild<Ask, T>;

interface Started {
  readonly env?: Readonly<Record<string, string>>;
  /** Folder for CPU profiles. */
  readonly profile?: string | undefined;
}

/** With the flags of `npm start`. */
function start<Ask, T = unknown>(
  file: string,
  args: readonly string[],
  { env = {}, profile }: Started = {},
): Promise<Child<Ask, T>> {
  const path = new URL(`./pipeline/${file}`, import.meta.url).pathname;
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  return startChild(file, {
    command: process.execPath,
    args: ['--max-semi-space-size=16', '--v8-pool-size=1', ...profiling, path, ...args],
    env,
  });
}

function microsOf({ system, user }: NodeJS.CpuUsage): number {
  return system + user;
}

/** What all cores of the machine have worked so far, ms. */
function machineMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
