// The order book bench: operations per second and per-operation latency of the book alone, equal to a naive one; the ratio to the npm package
// `nodejs-order-book` on the same operations in the same run; and orders through the durable writer at a fixed rate.
import { note, median, quantile } from './bench-database.ts';
import { BookRun, checkAgainstNaive, PackageRun } from './exchange/book-runs.ts';
import { makeOperations, type Operations } from './exchange/book-operations.ts';
import { ordersThroughWriter, selfCheck } from './exchange/orders-through-writer.ts';

const SEED = 20_260_821;
const RESTING = 100_000;
const OPERATIONS = 200_000;
const LEVELS = 30;
const ROUNDS = 15;
const WINDOWS = 10;
/** Depth is orders queued at one price: what a cancel has to get through. Four prices a side. */
const DEPTHS = { '1k': { depth: 1_000, count: 20_000 }, '50k': { depth: 50_000, count: 2_000 } } as const;
const DEPTH_LEVELS = 4;

export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  selfCheck();
  const operations = makeOperations({ seed: SEED, resting: RESTING, operations: OPERATIONS, levels: LEVELS });
  const equal = checkAgainstNaive(operations);
  note(`${equal.fills} fills and ${equal.open} open orders equal to the naive book; rate ...`);
  const rates = Array.from({ length: ROUNDS }, () => rateOf(operations));
  note(`${rates.map(Math.round).join(' ')} operations/s; latency ...`);
  const latencies = Array.from({ length: ROUNDS }, () => latencyOf(operations));
  const book = {
    opsPerSecond: Math.round(median(rates)),
    p50Us: round(median(latencies.map((l) => l.p50))),
    p99Us: round(median(latencies.map((l) => l.p99))),
    p999Us: round(median(latencies.map((l) => l.p999))),
    maxUs: round(median(latencies.map((l) => l.max))),
  };
  note(`${JSON.stringify(book)}; against nodejs-order-book ...`);
  const depths: Record<string, unknown> = {};
  const ratios: Record<string, number> = {};
  for (const [name, { count, depth }] of Object.entries(DEPTHS)) {
    const compared = compare(depth, count);
    depths[name] = compared;
    ratios[name] = compared.ratio;
    note(`depth ${name}: ${JSON.stringify(compared)}`);
  }
  note('orders through the durable writer ...');
  const durable = await ordersThroughWriter(args.includes('--quick') ? 3 : WINDOWS);
  note(JSON.stringify(durable));
  const { sha256, shares } = operations;
  const mix = { seed: SEED, resting: RESTING, operations: OPERATIONS, shares, sha256 };
  return { ...book, ratios, opsPerSecondPerRound: rates.map(Math.round), depths, mix, equalToNaive: equal, durable };
}

function rateOf(operations: Operations): number {
  const { operations: count, resting } = operations.load;
  const run = new BookRun(operations);
  run.play(0, resting);
  globalThis.gc?.();
  const started = performance.now();
  run.play(resting, resting + count);
  return count / ((performance.now() - started) / 1000);
}

/** Every operation timed alone, the clock's own cost included. */
function latencyOf(operations: Operations): { p50: number; p99: number; p999: number; max: number } {
  const { operations: count, resting } = operations.load;
  const run = new BookRun(operations);
  run.play(0, resting);
  const took = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    run.step(resting + i);
    took[i] = (performance.now() - started) * 1000;
  }
  const sorted = [...took.sort()];
  return {
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    p999: quantile(sorted, 0.999),
    max: sorted.at(-1) ?? 0,
  };
}

/** The package needs milliseconds for a cancel in a deep queue: it gets fewer operations there. Ours plays the same ones. */
function compare(depth: number, count: number) {
  const resting = depth * DEPTH_LEVELS * 2;
  const operations = makeOperations({ seed: SEED + depth, resting, operations: count, levels: DEPTH_LEVELS });
  checkAgainstNaive(operations);
  const theirs = new PackageRun(operations);
  theirs.play(0, resting);
  const started = performance.now();
  theirs.play(resting, resting + count);
  const packagePerSecond = Math.round(count / ((performance.now() - started) / 1000));
  theirs.check();
  const opsPerSecond = Math.round(median(Array.from({ length: ROUNDS }, () => rateOf(operations))));
  return {
    ordersPerPrice: depth,
    resting,
    operations: count,
    opsPerSecond,
    packagePerSecond,
    ratio: round(opsPerSecond / packagePerSecond),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
