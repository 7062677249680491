// One side of a book: a queue of orders for each price, oldest first, and the best price. Adding, removing and the best price take constant
// time, whatever the depth. Queues are kept in pages that come when a price is first used: most of a fine ladder never is.
import { assert } from '../../base/assert.ts';
import { NO_TICK } from '../ladder.ts';
import { NEXT, NO_ORDER, type Orders, PREVIOUS, RECORD_FLOATS, RECORD_WORDS, SIZE as ORDER_SIZE, TICK } from './orders.ts';
import { TickSet } from './tick-set.ts';

const PAGE_BITS = 6;
const PAGE = 1 << PAGE_BITS;
/** Words of a queue: first and last order, their number, one unused, and their size as a float64. */
const WORDS = 6;
const FIRST = 0;
const LAST = 1;
const COUNT = 2;
const SIZE = 2; // of the queue's three float64 places

export class PriceQueues {
  readonly #orders: Orders;
  readonly #highestFirst: boolean;
  readonly #ticks: number;
  readonly #used: TickSet;
  /** Page number + 1 of each run of PAGE ticks; 0 while it has none. */
  readonly #pages: Int16Array;
  #pageCount = 0;
  #words = new Int32Array(0);
  #sizes = new Float64Array(0);
  #best = NO_TICK;
  #count = 0;

  constructor(orders: Orders, of: { readonly ticks: number; readonly highestFirst: boolean }) {
    this.#orders = orders;
    this.#ticks = of.ticks;
    this.#highestFirst = of.highestFirst;
    this.#used = new TickSet(of.ticks);
    this.#pages = new Int16Array((of.ticks + PAGE - 1) >> PAGE_BITS);
  }

  /** The price that is taken first, or NO_TICK when there is no order. */
  get best(): number {
    return this.#best;
  }

  /** Orders in all queues. */
  get count(): number {
    return this.#count;
  }

  /** The next price after `tick` in the order in which they are taken, or NO_TICK. */
  after(tick: number): number {
    return this.#highestFirst ? this.#used.below(tick) : this.#used.above(tick);
  }

  /** Oldest order at a price, or NO_ORDER. */
  first(tick: number): number {
    const queue = this.#find(tick);
    return queue < 0 ? NO_ORDER : (this.#words[queue * WORDS + FIRST] as number);
  }

  countAt(tick: number): number {
    const queue = this.#find(tick);
    return queue < 0 ? 0 : (this.#words[queue * WORDS + COUNT] as number);
  }

  sizeAt(tick: number): number {
    const queue = this.#find(tick);
    return queue < 0 ? 0 : (this.#sizes[queue * 3 + SIZE] as number);
  }

  /** Puts an order behind all others of its price. */
  append(row: number): void {
    const records = this.#orders.words;
    const tick = records[row * RECORD_WORDS + TICK] as number;
    const queue = this.#open(tick);
    const at = queue * WORDS;
    const words = this.#words;
    const count = words[at + COUNT] as number;
    if (count === 0) {
      words[at + FIRST] = row;
      this.#used.add(tick);
      if (this.#best === NO_TICK || (this.#highestFirst ? tick > this.#best : tick < this.#best)) this.#best = tick;
    } else {
      const last = words[at + LAST] as number;
      records[last * RECORD_WORDS + NEXT] = row;
      records[row * RECORD_WORDS + PREVIOUS] = last;
    }
    words[at + LAST] = row;
    words[at + COUNT] = count + 1;
    this.#sizes[queue * 3 + SIZE] =
      (this.#sizes[queue * 3 + SIZE] as number) + (this.#orders.floats[row * RECORD_FLOATS + ORDER_SIZE] as number);
    this.#count++;
  }

  /** Takes an order out of its queue, wherever it stands. */
  unlink(row: number): void {
    const records = this.#orders.words;
    const tick = records[row * RECORD_WORDS + TICK] as number;
    const queue = this.#find(tick);
    const at = queue * WORDS;
    const words = this.#words;
    const next = records[row * RECORD_WORDS + NEXT] as number;
    const previous = records[row * RECORD_WORDS + PREVIOUS] as number;
    if (previous === NO_ORDER) words[at + FIRST] = next;
    else records[previous * RECORD_WORDS + NEXT] = next;
    if (next === NO_ORDER) words[at + LAST] = previous;
    else records[next * RECORD_WORDS + PREVIOUS] = previous;
    this.#sizes[queue * 3 + SIZE] =
      (this.#sizes[queue * 3 + SIZE] as number) - (this.#orders.floats[row * RECORD_FLOATS + ORDER_SIZE] as number);
    this.#count--;
    const left = (words[at + COUNT] as number) - 1;
    words[at + COUNT] = left;
    if (left > 0) return;
    this.#used.delete(tick);
    if (tick === this.#best) this.#best = this.after(tick);
  }

  /** Makes an order smaller; it keeps its place. */
  reduce(row: number, byMinor: number): void {
    const at = this.#find(this.#orders.tick(row)) * 3 + SIZE;
    const left = this.#orders.sizeMinor(row) - byMinor;
    assert(left > 0, 'nothing would be left');
    this.#orders.setSize(row, left);
    this.#sizes[at] = (this.#sizes[at] as number) - byMinor;
  }

  /** Puts a run of orders that are linked already, as a dump holds them, under their price. */
  restore(first: number): void {
    const tick = this.#orders.tick(first);
    const queue = this.#open(tick);
    assert(this.#words[queue * WORDS + COUNT] === 0, 'one price has two queues');
    let last = first;
    let count = 0;
    let size = 0;
    for (let row = first; row !== NO_ORDER; row = this.#orders.next(row)) {
      last = row;
      count++;
      size += this.#orders.sizeMinor(row);
    }
    this.#words[queue * WORDS + FIRST] = first;
    this.#words[queue * WORDS + LAST] = last;
    this.#words[queue * WORDS + COUNT] = count;
    this.#sizes[queue * 3 + SIZE] = size;
    this.#count += count;
    this.#used.add(tick);
    if (this.#best === NO_TICK || (this.#highestFirst ? tick > this.#best : tick < this.#best)) this.#best = tick;
  }

  /** Number of the queue of a price, or -1 while the price was never used. */
  #find(tick: number): number {
    const page = this.#pages[tick >> PAGE_BITS] as number;
    return page === 0 ? -1 : ((page - 1) << PAGE_BITS) | (tick & (PAGE - 1));
  }

  #open(tick: number): number {
    assert(tick >= 0 && tick < this.#ticks, 'no such price');
    const queue = this.#find(tick);
    return queue >= 0 ? queue : this.#addPage(tick);
  }

  #addPage(tick: number): number {
    const needed = (this.#pageCount + 1) * PAGE * WORDS;
    if (needed > this.#words.length) {
      const bytes = new ArrayBuffer(Math.max(needed, this.#words.length * 2) * 4);
      const words = new Int32Array(bytes);
      words.set(this.#words);
      this.#words = words;
      this.#sizes = new Float64Array(bytes);
    }
    this.#pages[tick >> PAGE_BITS] = ++this.#pageCount;
    return this.#find(tick);
  }
}
