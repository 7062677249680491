import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deriveId } from '../../base/ids.ts';
import { CLASSIC, FINEST, NO_TICK } from '../ladder.ts';
import { NaiveBook } from './naive-book-for-tests.ts';
import { Fills, FILLS_MAX, OrderBook, type SelfTradeRule } from './order-book.ts';
import { BACK, LAY, NO_ORDER, type Order, Orders } from './orders.ts';
import { TickSet } from './tick-set.ts';

const id = (n: number): string => deriveId('ord', 1, `order ${n}`);

function order(side: number, tick: number, sizeMinor: number, owner = 1): Order {
  const rest = { holder: owner, market: 0, selection: 0, kind: 0, persistence: 0, pending: false, fillOrKill: false };
  return { ...rest, owner, side, tick, sizeMinor, minFillMinor: 0, version: 0, onlyVersion: false };
}

/** Places as the kernel does: look, apply the fills one by one, rest what is left. */
class Exchange {
  orders = new Orders();
  book: OrderBook;
  readonly numbers = new Map<string, number>();
  readonly #ticks: number;
  readonly #fills = new Fills();

  constructor(ticks = CLASSIC.ticks) {
    this.#ticks = ticks;
    this.book = new OrderBook(this.orders, ticks);
  }

  place(n: number, o: Order, rule: SelfTradeRule = 'cancel-oldest'): (readonly [number, number, number, number])[] {
    const fills = this.book.take(o, rule, this.#fills);
    const seen: [number, number, number, number][] = [];
    this.numbers.set(id(n), n);
    for (let i = 0; i < fills.ownCount; i++) this.book.remove(fills.own[i] as number);
    for (let i = 0; i < fills.count; i++) {
      const row = fills.rows[i] as number;
      const size = fills.sizes[i] as number;
      seen.push([n, this.numbers.get(this.orders.idOf(row)) as number, this.orders.tick(row), size]);
      this.book.reduce(row, size);
    }
    const left = o.sizeMinor - fills.takenMinor;
    if (left > 0 && fills.stopped === null) this.book.rest(this.orders.add(id(n), { ...o, sizeMinor: left }));
    return seen;
  }

  cancel(n: number): boolean {
    const row = this.orders.find(id(n));
    if (row === NO_ORDER) return false;
    this.book.remove(row);
    return true;
  }

  /** Orders of a price, oldest first, as [number, size]. */
  queue(side: number, tick: number): [number, number][] {
    const found: [number, number][] = [];
    for (let row = this.book.queuesOf(side).first(tick); row !== NO_ORDER; row = this.orders.next(row)) {
      found.push([this.numbers.get(this.orders.idOf(row)) as number, this.orders.sizeMinor(row)]);
    }
    return found;
  }

  /** Dumps and loads, as a snapshot does. */
  reload(): void {
    const dump = this.orders.dump();
    this.orders = Orders.load(dump);
    this.book = new OrderBook(this.orders, this.#ticks);
    for (const row of this.orders.openRows()) {
      if (this.orders.previous(row) === NO_ORDER) this.book.queuesOf(this.orders.side(row)).restore(row);
    }
  }
}

test('take() gives the taker the best resting price first, the oldest order first within it', () => {
  const x = new Exchange();
  x.place(1, order(LAY, 100, 500, 1));
  x.place(2, order(LAY, 102, 300, 2));
  x.place(3, order(LAY, 102, 400, 3));
  // A backer content with tick 100 takes 102 first, order 2 before 3, then 100 at 100: never worse than asked, and each at the maker's price.
  assert.deepEqual(x.place(4, order(BACK, 100, 900, 4)), [
    [4, 2, 102, 300],
    [4, 3, 102, 400],
    [4, 1, 100, 200],
  ]);
  assert.deepEqual(x.queue(LAY, 100), [[1, 300]]);
  assert.equal(x.book.lays.best, 100);
  assert.equal(x.book.backs.best, NO_TICK);
});

test('take() leaves the rest of a lay order in the book at its own price', () => {
  const x = new Exchange();
  x.place(1, order(BACK, 50, 100, 1));
  x.place(2, order(BACK, 52, 100, 2));
  assert.deepEqual(x.place(3, order(LAY, 51, 250, 3)), [[3, 1, 50, 100]]);
  assert.deepEqual(x.queue(LAY, 51), [[3, 150]]);
  assert.equal(x.book.bestFor(LAY), 52);
  assert.equal(x.book.bestFor(BACK), 51);
});

test('reduce() keeps the place in the queue', () => {
  const x = new Exchange();
  x.place(1, order(BACK, 50, 100, 1));
  x.place(2, order(BACK, 50, 100, 2));
  x.book.reduce(x.orders.find(id(1)), 40);
  assert.deepEqual(x.queue(BACK, 50), [
    [1, 60],
    [2, 100],
  ]);
  assert.equal(x.book.backs.sizeAt(50), 160);
  assert.equal(x.book.backs.countAt(50), 2);
});

test('take() cancels the own resting order or what is left of the taker, by the rule', () => {
  for (const [rule, fills, backs, lays] of [
    ['cancel-oldest', [[3, 2, 50, 60]], [], []],
    [
      'cancel-newest',
      [],
      [
        [1, 100],
        [2, 100],
      ],
      [],
    ],
  ] as [SelfTradeRule, number[][], number[][], number[][]][]) {
    const x = new Exchange();
    x.place(1, order(BACK, 50, 100, 7));
    x.place(2, order(BACK, 50, 100, 8));
    assert.deepEqual(x.place(3, order(LAY, 50, 60, 7), rule), fills);
    assert.deepEqual(x.queue(BACK, 50), rule === 'cancel-oldest' ? [[2, 40]] : backs);
    assert.deepEqual(x.queue(LAY, 50), lays);
  }
});

test('take() stops at FILLS_MAX orders', () => {
  const x = new Exchange();
  for (let n = 0; n <= FILLS_MAX; n++) x.place(n, order(LAY, 10, 1, n));
  const fills = x.book.take(order(BACK, 10, FILLS_MAX + 1, FILLS_MAX + 1), 'cancel-oldest', new Fills());
  assert.equal(fills.count, FILLS_MAX);
  assert.equal(fills.stopped, 'fills_max');
});

const operation = fc.record({
  kind: fc.constantFrom('place', 'place', 'place', 'cancel', 'reload'),
  side: fc.constantFrom(BACK, LAY),
  tick: fc.oneof(fc.integer({ min: 95, max: 105 }), fc.integer({ min: 0, max: CLASSIC.ticks - 1 })),
  size: fc.integer({ min: 1, max: 50 }),
  owner: fc.integer({ min: 0, max: 3 }),
  pick: fc.nat(),
});

test('a book equals the naive one after any operations, dumps included', () => {
  for (const ladder of [CLASSIC, FINEST]) {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120 }), fc.boolean(), (operations, oldest) => {
        const rule = oldest ? 'cancel-oldest' : 'cancel-newest';
        const x = new Exchange(ladder.ticks);
        const naive = new NaiveBook();
        const shift = ladder === FINEST ? 40_000 : 0; // over the edge of several words and pages
        for (const [n, { kind, owner, pick, side, size, tick }] of operations.entries()) {
          if (kind === 'reload') x.reload();
          else if (kind === 'cancel') assert.equal(x.cancel(pick % (n + 1)), naive.cancel(pick % (n + 1)));
          else {
            const at = tick * (shift ? 100 : 1) + shift;
            const got = x.place(n, order(side, at, size, owner), rule);
            const taken = { id: n, side, tick: at, size, owner };
            const wanted = naive.place(taken, rule);
            // The naive one rests what a self-trade stopped; by the rule it is cancelled.
            if (naive.open.has(n) && crossesOwn(naive, taken)) naive.cancel(n);
            assert.deepEqual(got, wanted);
          }
        }
        assert.equal(x.orders.size, naive.open.size);
        for (const side of [BACK, LAY]) {
          const ticks = naive.ticks(side);
          const queues = x.book.queuesOf(side);
          assert.equal(queues.best, (side === BACK ? ticks[0] : ticks.at(-1)) ?? NO_TICK);
          const walked = [];
          for (let tick = queues.best; tick !== NO_TICK; tick = queues.after(tick)) walked.push(tick);
          assert.deepEqual(walked, side === BACK ? ticks : ticks.reverse());
          for (const tick of ticks) {
            const queue = naive.queue(side, tick).map(({ id: n, size }): [number, number] => [n, size]);
            assert.deepEqual(x.queue(side, tick), queue);
            assert.equal(queues.countAt(tick), queue.length);
            assert.equal(
              queues.sizeAt(tick),
              queue.reduce((sum, [, size]) => sum + size, 0),
            );
          }
        }
      }),
    );
  }
});

function crossesOwn(naive: NaiveBook, taken: { side: number; tick: number }): boolean {
  const other = naive.ticks(1 - taken.side);
  return other.some((tick) => (taken.side === BACK ? tick >= taken.tick : tick <= taken.tick));
}

test('ids that differ in their time alone are found as fast as others', () => {
  const orders = new Orders();
  const ids = Array.from({ length: 20_000 }, (_, n) => deriveId('ord', 1_800_000_000_000 + n, 'same'));
  // Were they all to begin at one place, this would take 200 million steps and the test a minute.
  const started = performance.now();
  for (const one of ids) orders.add(one, order(BACK, 10, 1));
  for (const [row, one] of ids.entries()) assert.equal(orders.find(one), row);
  assert.ok(performance.now() - started < 5_000);
});

test('equal histories give equal dumps', () => {
  const build = (): Exchange => {
    const x = new Exchange();
    for (let n = 0; n < 300; n++) x.place(n, order(n % 2, 100 + ((n * 7) % 11) * (n % 2 === BACK ? 1 : -1), 1 + (n % 5), n));
    for (let n = 0; n < 300; n += 3) x.cancel(n);
    return x;
  };
  const reloaded = build();
  reloaded.reload();
  assert.deepEqual(reloaded.orders.dump(), build().orders.dump());
});

test('TickSet finds neighbours as a sorted list does', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(9_999), { maxLength: 60 }),
      fc.array(fc.integer({ min: -1, max: 10_000 })),
      (ticks, asked) => {
        const set = new TickSet(10_000);
        const extra = ticks.map((tick) => 9_999 - tick).filter((tick) => !ticks.includes(tick));
        for (const tick of [...ticks, ...extra]) set.add(tick);
        for (const tick of extra) set.delete(tick);
        for (const at of [...asked, ...ticks]) {
          assert.equal(set.above(at), above(ticks, at));
          assert.equal(
            set.below(at),
            ticks.filter((t) => t < at).reduce((a, b) => Math.max(a, b), NO_TICK),
          );
        }
      },
    ),
  );
});

function above(ticks: readonly number[], at: number): number {
  const higher = ticks.filter((t) => t > at).sort((a, b) => a - b);
  return higher[0] ?? NO_TICK;
}
