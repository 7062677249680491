// Bets over REST, through the whole program: gateway, gate, journal, read models. The load comes from a process of its own.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { makeBettors, openPrices, scheduledEvents } from '../test/e2e/bettors.ts';
import { median, note } from './bench-database.ts';
import { type Shape, shapesIn, startShape } from './shapes.ts';
import type { LoadOrders, LoadResult } from './http-load.ts';

/** One may make 3,000 requests a minute and have 1,000 bets open: enough for 17,000 a second. */
const PLAYERS = 600;
const CONNECTIONS = 64;
const ROUND_MS = 5_000;
const ROUNDS = 5;
const WARM_ROUNDS = 2;
const OPEN_LOOP_RATE = 2_000;

type Bet = LoadOrders['bet'];

/** Options: `--shape=one|kafka`. */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const measured: Partial<Record<Shape, Measured>> = {};
  for (const shape of shapesIn(args)) measured[shape] = await measure(shape);
  const { kafka, one } = measured;
  return { ...one, ...(kafka ? { kafka } : {}) };
}

interface Measured {
  readonly betsPerSecond: number;
  readonly p99Ms: number;
  readonly [more: string]: unknown;
}

async function measure(shape: Shape): Promise<Measured> {
  const { close, cluster } = await startShape(shape, { BOTS: '0', LOG_LEVEL: 'error' });
  const context = await cluster.context();
  try {
    note(`${shape}: making players ...`);
    const keys = (await makeBettors(context, PLAYERS)).map(({ apiKey }) => apiKey);
    const { hostname: host, port } = new URL(cluster.url);
    const load = async (more: Pick<LoadOrders, 'ms' | 'perSecond'>): Promise<LoadResult> =>
      loaded({ host, port: Number(port), keys, bet: await openBet(cluster.url), connections: CONNECTIONS, ...more });
    for (let i = 0; i < WARM_ROUNDS; i++) await load({ ms: ROUND_MS, perSecond: 0 }); // compiles
    const closed: LoadResult[] = [];
    for (let i = 0; i < ROUNDS; i++) closed.push(await load({ ms: ROUND_MS, perSecond: 0 }));
    note(`${shape}, closed loop: ${closed.map((r) => Math.round(r.sent / r.seconds)).join(' ')} bets/s`);
    const open: LoadResult[] = [];
    for (let i = 0; i < ROUNDS; i++) open.push(await load({ ms: ROUND_MS, perSecond: OPEN_LOOP_RATE }));
    note(`${shape}, ${OPEN_LOOP_RATE}/s: p99 ${open.map((r) => r.p99Ms).join(' ')} ms`);
    const all = [...closed, ...open];
    const refused = all.find(({ firstRefusal }) => firstRefusal !== null)?.firstRefusal ?? null;
    if (refused !== null) throw new Error(`not every bet was accepted: ${refused}`);
    return {
      betsPerSecond: Math.round(median(closed.map((r) => r.sent / r.seconds))),
      p99Ms: median(open.map((r) => r.p99Ms)),
      openLoop: {
        perSecond: OPEN_LOOP_RATE,
        p50Ms: open.map((r) => r.p50Ms),
        p99Ms: open.map((r) => r.p99Ms),
        maxMs: open.map((r) => r.maxMs),
      },
      closedLoop: { connections: CONNECTIONS, p99Ms: median(closed.map((r) => r.p99Ms)) },
      bets: all.reduce((sum, { sent }) => sum + sent, 0),
      errors: 0,
    };
  } finally {
    await context.close();
    await close();
  }
}

/** A price that stands for a while: of the fixture that starts last. */
async function openBet(url: string): Promise<Bet> {
  for (const eventId of (await scheduledEvents(url, 200)).toReversed()) {
    const [price] = await openPrices(url, eventId);
    if (price) return price;
  }
  throw new Error('no market takes bets');
}

function loaded(orders: LoadOrders): Promise<LoadResult> {
  const child = fork(join(import.meta.dirname, 'http-load.ts'));
  return new Promise((resolve, reject) => {
    child.once('message', (result: LoadResult) => {
      child.kill();
      resolve(result);
    });
    child.once('exit', (code) => reject(new Error(`the load ended with ${code}`)));
    child.send(orders);
  });
}
