// The order book as anybody would write it first: arrays and loops, no cleverness. What the real one is compared with.
import { BACK } from './orders.ts';

export interface NaiveOrder {
  readonly id: number;
  readonly side: number;
  readonly tick: number;
  readonly owner: number;
  size: number;
}

export type NaiveFill = readonly [takerId: number, makerId: number, tick: number, size: number];

export class NaiveBook {
  readonly open = new Map<number, NaiveOrder>();
  readonly #queues: [Map<number, NaiveOrder[]>, Map<number, NaiveOrder[]>] = [new Map(), new Map()];

  /** Matches an order and rests what is left of it. */
  place(order: NaiveOrder, rule: 'cancel-oldest' | 'cancel-newest' = 'cancel-oldest'): NaiveFill[] {
    const fills: NaiveFill[] = [];
    for (let maker = this.#bestFor(order); maker && order.size > 0; maker = this.#bestFor(order)) {
      if (maker.owner === order.owner) {
        if (rule === 'cancel-newest') return fills;
        this.cancel(maker.id);
        continue;
      }
      const size = Math.min(maker.size, order.size);
      fills.push([order.id, maker.id, maker.tick, size]);
      order.size -= size;
      maker.size -= size;
      if (maker.size === 0) this.cancel(maker.id);
    }
    if (order.size > 0) this.#rest(order);
    return fills;
  }

  cancel(id: number): boolean {
    const order = this.open.get(id);
    if (!order) return false;
    this.open.delete(id);
    const queue = this.queue(order.side, order.tick);
    queue.splice(queue.indexOf(order), 1);
    if (queue.length === 0) this.#side(order.side).delete(order.tick);
    return true;
  }

  /** Orders at a price, oldest first. */
  queue(side: number, tick: number): NaiveOrder[] {
    return this.#side(side).get(tick) ?? [];
  }

  /** Prices of a side, lowest first. */
  ticks(side: number): number[] {
    return [...this.#side(side).keys()].sort((a, b) => a - b);
  }

  #rest(order: NaiveOrder): void {
    this.open.set(order.id, order);
    const queues = this.#side(order.side);
    const queue = queues.get(order.tick);
    if (queue) queue.push(order);
    else queues.set(order.tick, [order]);
  }

  /** Backers want the highest lay at or above their price, layers the lowest back at or below theirs. */
  #bestFor(order: NaiveOrder): NaiveOrder | undefined {
    let best: number | undefined;
    for (const tick of this.#side(1 - order.side).keys()) {
      if (order.side === BACK ? tick < order.tick : tick > order.tick) continue;
      if (best === undefined || (order.side === BACK ? tick > best : tick < best)) best = tick;
    }
    return best === undefined ? undefined : this.#side(1 - order.side).get(best)?.[0];
  }

  #side(side: number): Map<number, NaiveOrder[]> {
    return this.#queues[side] as Map<number, NaiveOrder[]>;
  }
}
