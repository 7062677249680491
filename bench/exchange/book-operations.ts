// The seeded operation file of the order book bench: 70 % orders that rest, 20 % cancels of open orders, 10 % orders that match, made with the
// naive book beside, so that each cancel names an order that is open and what each operation must do is known.
import { createHash } from 'node:crypto';
import { makeRng, randomInt, type Rng } from '#core/base/rng.ts';
import { NaiveBook } from '#core/exchange/book/naive-book-for-tests.ts';
import { BACK, LAY } from '#core/exchange/book/orders.ts';

export const REST = 0;
export const CANCEL = 1;
export const MATCH = 2;

export interface BookLoad {
  readonly seed: number;
  /** Orders resting before the first operation, and operations. */
  readonly resting: number;
  readonly operations: number;
  /** Prices on each side. */
  readonly levels: number;
}

/** Parallel columns: an operation an index. The first `resting` only build the book up. */
export interface Operations {
  readonly load: BookLoad;
  readonly kind: Uint8Array;
  readonly side: Uint8Array;
  readonly tick: Int32Array;
  readonly size: Int32Array;
  /** The order that is placed or cancelled, by number; and its id, four words an operation. */
  readonly order: Int32Array;
  readonly ids: Int32Array;
  /** Of the naive book: fills in order as [taker, maker, tick, size, ...]. */
  readonly fills: Int32Array;
  readonly naive: NaiveBook;
  readonly sha256: string;
  readonly shares: { readonly rest: number; readonly cancel: number; readonly match: number };
}

/** Prices meet between these two: backs rest from the upper one up, lays from the lower one down. */
const LOWEST_BACK = 151;
const HIGHEST_LAY = 150;
const SIZE_MAX = 100;

export function makeOperations(load: BookLoad): Operations {
  const count = load.resting + load.operations;
  const made = {
    load,
    kind: new Uint8Array(count),
    side: new Uint8Array(count),
    tick: new Int32Array(count),
    size: new Int32Array(count),
    order: new Int32Array(count),
    ids: new Int32Array(count * 4),
  };
  const rng = makeRng(load.seed, 'order book bench');
  const naive = new NaiveBook();
  const open = new OpenNumbers();
  const fills: number[] = [];
  const counts = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const kind = i < load.resting ? REST : kindOf(rng());
    if (i >= load.resting) counts[kind]!++;
    const order = kind === CANCEL ? open.pick(rng) : i;
    for (let word = 0; word < 4; word++)
      made.ids[i * 4 + word] = kind === CANCEL ? made.ids[order * 4 + word]! : randomWord(rng, word);
    const side = randomInt(rng, BACK, LAY);
    made.kind[i] = kind;
    made.order[i] = order;
    if (kind === CANCEL) {
      naive.cancel(order);
      open.delete(order);
      continue;
    }
    const deep = kind === MATCH ? -randomInt(rng, 1, load.levels) : randomInt(rng, 0, load.levels - 1);
    made.side[i] = side;
    made.tick[i] = side === BACK ? LOWEST_BACK + deep : HIGHEST_LAY - deep;
    made.size[i] = randomInt(rng, 1, SIZE_MAX);
    const placed = { id: order, side, tick: made.tick[i] as number, owner: order, size: made.size[i] as number };
    for (const fill of naive.place(placed)) {
      fills.push(...fill);
      if (!naive.open.has(fill[1])) open.delete(fill[1]);
    }
    if (placed.size > 0) open.add(order);
  }
  const sha256 = createHash('sha256');
  for (const column of [made.kind, made.side, made.tick, made.size, made.order, made.ids]) sha256.update(column);
  const [rest, cancel, match] = counts.map((n) => n / load.operations) as [number, number, number];
  return { ...made, fills: Int32Array.from(fills), naive, sha256: sha256.digest('hex'), shares: { rest, cancel, match } };
}

/** The first word of an id is mostly time. */
function randomWord(rng: Rng, word: number): number {
  return word === 0 ? 0x0190_0000 : Math.floor(rng() * 2 ** 32) | 0;
}

function kindOf(draw: number): number {
  if (draw < 0.7) return REST;
  return draw < 0.9 ? CANCEL : MATCH;
}

/** Numbers of open orders from which any can be drawn. */
class OpenNumbers {
  readonly #numbers: number[] = [];
  readonly #places = new Map<number, number>();

  add(number: number): void {
    this.#places.set(number, this.#numbers.push(number) - 1);
  }

  delete(number: number): void {
    const place = this.#places.get(number) as number;
    const last = this.#numbers.pop() as number;
    this.#places.delete(number);
    if (last === number) return;
    this.#numbers[place] = last;
    this.#places.set(last, place);
  }

  pick(rng: Rng): number {
    return this.#numbers[randomInt(rng, 0, this.#numbers.length - 1)] as number;
  }
}
