// Updates per second of a recorded exchange market replayed with matching on: every line is read, checked and applied to the order book, and
// resting orders are kept on every runner, so that each update is matched against them. Unpacked bytes are in memory before the clock starts.
//
// An update is one market change (an element of `mc`; one a line in recordings of one market). `runnerChanges` (elements of `rc`) and
// `levelChanges` are counted beside it, because suppliers' and other programs' figures mix the three.
import { existsSync, readFileSync } from 'node:fs';
import { HonestSimulator } from '#core/exchange-simulation/honest/honest-simulator.ts';
import type { ReferenceOrder } from '#core/exchange-simulation/reference/reference-order.ts';
import { ReferenceSimulator } from '#core/exchange-simulation/reference/reference-simulator.ts';
import { MarketBook, type RunnerBook } from '#core/exchange-simulation/stream/market-book.ts';
import type { MarketChange } from '#core/exchange-simulation/stream/wire.ts';
import { messagesOf } from '#adapters/feeds/exchange-stream/recording-lines.ts';
import { unpack } from '#adapters/feeds/exchange-stream/unpack.ts';
import { median, note } from './bench-database.ts';

const FILE = '../shared/data/betfair/1.206064380.bz2';
const ROUNDS = 15;
const WARM_UP = 3;
/** Size of each order, hundredths, and how far from the best price it rests, in levels of the recorded book. */
const SIZE_MINOR = 1_000_000;
const DEPTH = 3;

interface Counted {
  updates: number;
  runnerChanges: number;
  levelChanges: number;
  /** Sum over updates of the orders that were open to matching. */
  ordersLooked: number;
  fills: number;
}

/** What a fill model does around each update. */
interface Matching {
  arrive(book: MarketBook, at: number): void;
  updated(book: MarketBook): void;
  resting(): number;
  fills(): number;
}

/** Options: `--file=<recording>`, `--rounds=<n>`. */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const file = valueOf(args, 'file') ?? FILE;
  if (!existsSync(file)) throw new Error(`there is no recording ${file}; name one with --file=`);
  const rounds = Number(valueOf(args, 'rounds') ?? ROUNDS);
  const bytes = unpack(readFileSync(file), file);
  const honest = measure(bytes, rounds, (book) => new HonestMatching(book));
  note(`honest: ${Math.round(honest.updatesPerSecond)} updates/s`);
  const reference = measure(bytes, rounds, () => new ReferenceMatching());
  note(`reference: ${Math.round(reference.updatesPerSecond)} updates/s`);
  return {
    updatesPerSecond: Math.round(Math.min(honest.updatesPerSecond, reference.updatesPerSecond)),
    update: 'one market change (element of mc), read, checked, applied and matched against the resting orders',
    file,
    bytes: bytes.length,
    rounds,
    models: { honest: rounded(honest), reference: rounded(reference) },
  };
}

interface Measured extends Counted {
  updatesPerSecond: number;
  runnerChangesPerSecond: number;
  levelChangesPerSecond: number;
  ordersPerUpdate: number;
}

function measure(bytes: Uint8Array, rounds: number, make: (book: MarketBook) => Matching): Measured {
  const seconds: number[] = [];
  let counted: Counted | null = null;
  for (let round = -WARM_UP; round < rounds; round++) {
    const started = performance.now();
    const now = replay(bytes, make);
    if (round >= 0) seconds.push((performance.now() - started) / 1000);
    if (counted && JSON.stringify(counted) !== JSON.stringify(now)) throw new Error('two replays of one recording differ');
    counted = now;
  }
  const all = counted as Counted;
  if (all.updates === 0 || all.ordersLooked === 0) throw new Error('nothing was matched: the recording has no open prices');
  const middle = median(seconds);
  return {
    ...all,
    updatesPerSecond: all.updates / middle,
    runnerChangesPerSecond: all.runnerChanges / middle,
    levelChangesPerSecond: all.levelChanges / middle,
    ordersPerUpdate: all.ordersLooked / all.updates,
  };
}

function replay(bytes: Uint8Array, make: (book: MarketBook) => Matching): Counted {
  const counted: Counted = { updates: 0, runnerChanges: 0, levelChanges: 0, ordersLooked: 0, fills: 0 };
  const markets = new Map<string, { book: MarketBook; matching: Matching }>();
  const marketOf = (id: string): { book: MarketBook; matching: Matching } => {
    const known = markets.get(id);
    if (known) return known;
    const book = new MarketBook(id);
    const made = { book, matching: make(book) };
    markets.set(id, made);
    return made;
  };
  for (const { message, number } of messagesOf(bytes)) {
    if (message.op === 'malformed') throw new Error(`line ${number} ${message.fault}`);
    if (message.op === 'delta') {
      const { book, matching } = marketOf(message.marketId);
      matching.arrive(book, message.pt);
      message.apply(book);
      matching.updated(book);
      counted.updates++;
      counted.runnerChanges += message.runnerChanges;
      counted.levelChanges += message.levelChanges;
      counted.ordersLooked += matching.resting();
    } else if (message.op === 'mcm') {
      for (const change of message.mc ?? []) {
        const { book, matching } = marketOf(change.id);
        matching.arrive(book, message.pt as number);
        book.apply(change, message.pt as number);
        matching.updated(book);
        counted.updates++;
        counted.runnerChanges += change.rc?.length ?? 0;
        counted.levelChanges += levelsIn(change);
        counted.ordersLooked += matching.resting();
      }
    }
  }
  for (const { matching } of markets.values()) counted.fills += matching.fills();
  return counted;
}

function levelsIn({ rc }: MarketChange): number {
  let levels = 0;
  for (const runner of rc ?? []) for (const value of Object.values(runner)) if (Array.isArray(value)) levels += value.length;
  return levels;
}

/** Prices at which a back and a lay of ours rest: some levels behind the best of the side that they queue on; null while there are none. */
function restingPrices({ toBack, toLay }: RunnerBook): { back: number; lay: number } | null {
  const [back, lay] = [toLay.prices[DEPTH], toBack.prices[DEPTH]];
  return back === undefined || lay === undefined ? null : { back, lay };
}

/** Keeps one back and one lay on every active runner. */
class HonestMatching implements Matching {
  readonly #simulator: HonestSimulator;
  readonly #placed = new Set<RunnerBook>();
  #orders = 0;

  constructor(book: MarketBook) {
    this.#simulator = new HonestSimulator(book);
  }

  arrive(_book: MarketBook, at: number): void {
    this.#simulator.arrive(at);
  }

  updated(book: MarketBook): void {
    this.#simulator.updated();
    if (book.status !== 'OPEN' || this.#placed.size === book.runners.length) return;
    for (const runner of book.runners) {
      const prices = runner.status === 'ACTIVE' && !this.#placed.has(runner) ? restingPrices(runner) : null;
      if (!prices) continue;
      this.#placed.add(runner);
      for (const side of ['back', 'lay'] as const) {
        const terms = { kind: 'limit', priceMilli: prices[side], sizeMinor: SIZE_MINOR, persistence: 'persist' } as const;
        const { handicap, selectionId } = runner;
        const placed = this.#simulator.place(
          { orderId: `${++this.#orders}`, selectionId, handicap, side, terms },
          book.publishedAt,
        );
        if (typeof placed === 'string') throw new Error(`an order was refused: ${placed}`);
      }
    }
  }

  resting(): number {
    return this.#simulator.restingCount;
  }

  fills(): number {
    let fills = 0;
    for (const order of this.#simulator.orders.values()) fills += order.fills.length;
    return fills;
  }
}

class ReferenceMatching implements Matching {
  readonly #simulator = new ReferenceSimulator();
  readonly #placed = new Set<RunnerBook>();

  arrive(book: MarketBook, at: number): void {
    this.#simulator.arrive(book, at);
  }

  updated(book: MarketBook): void {
    this.#simulator.updated(book);
    if (book.status !== 'OPEN' || this.#placed.size === book.runners.length) return;
    for (const runner of book.runners) {
      const prices = runner.status === 'ACTIVE' && !this.#placed.has(runner) ? restingPrices(runner) : null;
      if (!prices) continue;
      this.#placed.add(runner);
      for (const side of ['BACK', 'LAY'] as const) {
        const price = prices[side === 'BACK' ? 'back' : 'lay'] / 1000;
        const terms = { type: 'LIMIT', price, size: SIZE_MINOR / 100, persistence: 'PERSIST' } as const;
        this.#simulator.place({ selectionId: runner.selectionId, handicap: runner.handicap, side, terms }, book);
      }
    }
  }

  resting(): number {
    return this.#simulator.openCount;
  }

  fills(): number {
    return this.#simulator.orders.reduce((sum: number, { matched }: ReferenceOrder) => sum + matched.length, 0);
  }
}

function rounded(measured: Measured): Record<string, number> {
  return Object.fromEntries(Object.entries(measured).map(([name, value]) => [name, Math.round(value * 10) / 10]));
}

function valueOf(args: readonly string[], name: string): string | undefined {
  return args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
}
