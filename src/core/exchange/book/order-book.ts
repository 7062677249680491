// The order book of one selection: price-time priority. A back order takes the highest lay first, a lay order the lowest back; who rests sets
// the price, so that the taker never gets worse than asked. take() only looks: the fills are applied one by one, as events state them.
import { NO_TICK } from '../ladder.ts';
import { BACK, LAY, NO_ORDER, type Orders } from './orders.ts';
import { PriceQueues } from './price-queues.ts';

/** Resting orders that one order may take; what is left of it then is cancelled. Bounds the work of one decision. */
export const FILLS_MAX = 5_000;

/** An order of the same owner is met: the resting one is cancelled and matching goes on, or what is left of the taker is. */
export type SelfTradeRule = 'cancel-oldest' | 'cancel-newest';

export interface Taker {
  readonly side: number;
  /** The worst price it takes. */
  readonly tick: number;
  readonly sizeMinor: number;
  readonly owner: number;
}

/** What an order would take. One object is used again and again: read it before the next take(). */
export class Fills {
  readonly rows = new Int32Array(FILLS_MAX);
  readonly sizes = new Float64Array(FILLS_MAX);
  count = 0;
  takenMinor = 0;
  /** Resting orders of the same owner that stand in the way and are to be cancelled. */
  readonly own = new Int32Array(FILLS_MAX);
  ownCount = 0;
  /** Why matching ended early: the rest of the taker must not rest in the book. */
  stopped: 'self_trade' | 'fills_max' | null = null;
}

export class OrderBook {
  readonly #orders: Orders;
  /** Resting orders by side: backs are taken lowest first, lays highest first. */
  readonly backs: PriceQueues;
  readonly lays: PriceQueues;

  constructor(orders: Orders, ticks: number) {
    this.#orders = orders;
    this.backs = new PriceQueues(orders, { ticks, highestFirst: false });
    this.lays = new PriceQueues(orders, { ticks, highestFirst: true });
  }

  /** Orders on both sides. */
  get count(): number {
    return this.backs.count + this.lays.count;
  }

  queuesOf(side: number): PriceQueues {
    return side === BACK ? this.backs : this.lays;
  }

  /** Fills `into` with what an order would take now, best price first, oldest first within a price. Changes nothing. */
  take(taker: Taker, rule: SelfTradeRule, into: Fills): Fills {
    const { owner, side, tick: limit } = taker;
    const resting = side === BACK ? this.lays : this.backs;
    const orders = this.#orders;
    let left = taker.sizeMinor;
    into.count = 0;
    into.ownCount = 0;
    into.stopped = null;
    for (let tick = resting.best; tick !== NO_TICK; tick = resting.after(tick)) {
      if (side === BACK ? tick < limit : tick > limit) break;
      for (let row = resting.first(tick); row !== NO_ORDER; row = orders.next(row)) {
        if (into.count + into.ownCount === FILLS_MAX) into.stopped = 'fills_max';
        else if (orders.owner(row) === owner) {
          if (rule === 'cancel-newest') into.stopped = 'self_trade';
          else into.own[into.ownCount++] = row;
        } else {
          const size = Math.min(left, orders.sizeMinor(row));
          into.rows[into.count] = row;
          into.sizes[into.count++] = size;
          left -= size;
        }
        if (left === 0 || into.stopped !== null) break;
      }
      if (left === 0 || into.stopped !== null) break;
    }
    into.takenMinor = taker.sizeMinor - left;
    return into;
  }

  /** Puts an order into the queue of its price. */
  rest(row: number): void {
    this.queuesOf(this.#orders.side(row)).append(row);
  }

  /** Takes `byMinor` off a resting order; one of which nothing is left is gone. */
  reduce(row: number, byMinor: number): void {
    const queues = this.queuesOf(this.#orders.side(row));
    if (byMinor < this.#orders.sizeMinor(row)) queues.reduce(row, byMinor);
    else this.remove(row);
  }

  /** Takes an order out of book and table. */
  remove(row: number): void {
    this.queuesOf(this.#orders.side(row)).unlink(row);
    this.#orders.remove(row);
  }

  /** Best price that a taker of this side would get, or NO_TICK. */
  bestFor(side: number): number {
    return side === LAY ? this.backs.best : this.lays.best;
  }
}
