// The operation file played through the order book of the exchange, and through the npm package `nodejs-order-book`.
import { OrderBook as PackageBook, Side } from 'nodejs-order-book';
import { CLASSIC, NO_TICK } from '#core/exchange/ladder.ts';
import { Fills, OrderBook } from '#core/exchange/book/order-book.ts';
import { BACK, LAY, NO_ORDER, type Order, Orders } from '#core/exchange/book/orders.ts';
import { CANCEL, type Operations } from './book-operations.ts';

/** Played as the kernel plays it: find by id, look what an order would take, apply each fill, rest what is left. */
export class BookRun {
  readonly orders = new Orders(2 ** 18);
  readonly book = new OrderBook(this.orders, CLASSIC.ticks);
  readonly #operations: Operations;
  readonly #fills = new Fills();
  readonly #id = { w0: 0, w1: 0, w2: 0, w3: 0 };
  /** One object for all: what an order is made of is copied into its record. */
  readonly #order: { -readonly [K in keyof Order]: Order[K] } = {
    holder: 0,
    owner: 0,
    market: 0,
    selection: 0,
    side: 0,
    kind: 0,
    persistence: 0,
    tick: 0,
    sizeMinor: 0,
    pending: false,
    fillOrKill: false,
    minFillMinor: 0,
    version: 0,
    onlyVersion: false,
  };
  /** When given, every fill is noted as [taker, maker, tick, size, ...]; holder numbers are order numbers. */
  readonly #seen: number[] | null;

  constructor(operations: Operations, seen: number[] | null = null) {
    this.#operations = operations;
    this.#seen = seen;
  }

  play(from: number, to: number): void {
    for (let i = from; i < to; i++) this.step(i);
  }

  step(i: number): void {
    const { ids, kind } = this.#operations;
    const at = i * 4;
    const id = this.#id;
    id.w0 = ids[at] as number;
    id.w1 = ids[at + 1] as number;
    id.w2 = ids[at + 2] as number;
    id.w3 = ids[at + 3] as number;
    if (kind[i] === CANCEL) this.book.remove(this.orders.findWords(id));
    else this.#place(i);
  }

  #place(i: number): void {
    const { side, size, tick } = this.#operations;
    const order = this.#order;
    order.holder = order.owner = i;
    order.side = side[i] as number;
    order.tick = tick[i] as number;
    order.sizeMinor = size[i] as number;
    const fills = this.book.take(order, 'cancel-oldest', this.#fills);
    for (let n = 0; n < fills.count; n++) {
      const row = fills.rows[n] as number;
      this.#seen?.push(i, this.orders.holder(row), this.orders.tick(row), fills.sizes[n] as number);
      this.book.reduce(row, fills.sizes[n] as number);
    }
    if (fills.takenMinor === order.sizeMinor) return;
    order.sizeMinor -= fills.takenMinor;
    this.book.rest(this.orders.addWords(this.#id, order));
  }
}

/** Throws unless every fill and every queue is what the naive book has. */
export function checkAgainstNaive(operations: Operations): { fills: number; open: number } {
  const { fills, kind, naive } = operations;
  const seen: number[] = [];
  const run = new BookRun(operations, seen);
  run.play(0, kind.length);
  if (seen.length !== fills.length || seen.some((value, i) => value !== fills[i]))
    throw new Error('the fills differ from the naive book');
  if (run.orders.size !== naive.open.size) throw new Error('the number of open orders differs from the naive book');
  for (const side of [BACK, LAY]) {
    const queues = run.book.queuesOf(side);
    const ticks: number[] = [];
    for (let tick = queues.best; tick !== NO_TICK; tick = queues.after(tick)) {
      ticks.push(tick);
      const wanted = naive.queue(side, tick);
      let n = 0;
      for (let row = queues.first(tick); row !== NO_ORDER; row = run.orders.next(row), n++) {
        const same = wanted[n]?.id === run.orders.holder(row) && wanted[n]?.size === run.orders.sizeMinor(row);
        if (!same) throw new Error(`queue of ${side} at ${tick} differs from the naive book`);
      }
      if (n !== wanted.length) throw new Error(`queue of ${side} at ${tick} has ${n} orders, the naive book ${wanted.length}`);
    }
    if (ticks.length !== naive.ticks(side).length) throw new Error('the prices differ from the naive book');
  }
  return { fills: fills.length / 4, open: run.orders.size };
}

/** A buyer is a layer here: who bids the highest price is taken first. */
export class PackageRun {
  readonly #book = new PackageBook();
  readonly #operations: Operations;
  /** Made beforehand: making them is not the package's work. */
  readonly #ids: readonly string[];

  constructor(operations: Operations) {
    this.#operations = operations;
    this.#ids = Array.from(operations.order, (n) => `ord_${n.toString(36).padStart(26, '0')}`);
  }

  play(from: number, to: number): void {
    const { kind, side, size, tick } = this.#operations;
    for (let i = from; i < to; i++) {
      const id = this.#ids[i] as string;
      if (kind[i] === CANCEL) this.#book.cancel(id);
      else {
        const order = { id, side: side[i] === LAY ? Side.BUY : Side.SELL, price: tick[i] as number, size: size[i] as number };
        const { err } = this.#book.limit(order);
        if (err) throw err;
      }
    }
  }

  /** Throws unless the depth at every price is the naive book's. */
  check(): void {
    const { naive } = this.#operations;
    const [asks, bids] = this.#book.depth();
    for (const [side, depth] of [
      [BACK, asks],
      [LAY, bids],
    ] as const) {
      if (depth.length !== naive.ticks(side).length) throw new Error('the package has other prices than the naive book');
      for (const [price, size] of depth) {
        const wanted = naive.queue(side, price).reduce((sum, order) => sum + order.size, 0);
        if (wanted !== size) throw new Error(`the package has ${size} at ${price}, the naive book ${wanted}`);
      }
    }
  }
}
