// Who takes part in the starting price of a selection, read from its books in priority: orders that asked for it, limit orders that take it at
// the off, and limit orders that it suits. They are gathered into columns in plain loops over the records: an off comes
// seldom, so that its code runs before the machine has compiled it well, and a call or an object for each of a hundred thousand orders counts.
import type { OrderBook } from '../book/order-book.ts';
import {
  BACK,
  FLAGS,
  LAY,
  NEXT,
  NO_ORDER,
  type Orders,
  OWNER,
  PERSISTENCES,
  persistenceOf,
  RECORD_FLOATS,
  RECORD_WORDS,
  SIZE,
} from '../book/orders.ts';
import type { PriceQueues } from '../book/price-queues.ts';
import type { Exchange, ExchangeMarket } from '../exchange.ts';
import { NO_TICK } from '../ladder.ts';

const LAPSE = PERSISTENCES.indexOf('lapse');
const SP = PERSISTENCES.indexOf('sp');

/** Orders at the off, a column for each thing that is asked of them. */
export class AtStart {
  readonly rows: number[] = [];
  readonly owners: number[] = [];
  /** The worst price that each takes. */
  readonly ticks: number[] = [];
  /** The stake of a back or of a limit lay, the liability of another lay, minor units. */
  readonly sizesMinor: number[] = [];
}

/** Which limit orders may meet the takers of the other side. */
export interface LimitsWanted {
  readonly side: number;
  /** Those that lapse at the off as well. */
  readonly withLapsing: boolean;
  /** Whose own limits stay out of it. */
  readonly against: AtStart;
  readonly most?: number;
}

/** One selection's books at the off. */
export class Takers {
  readonly #exchange: Exchange;
  readonly #orders: Orders;
  readonly #x: ExchangeMarket;
  readonly #selection: number;

  constructor(exchange: Exchange, x: ExchangeMarket, selection: number) {
    this.#exchange = exchange;
    this.#orders = exchange.orders;
    this.#x = x;
    this.#selection = selection;
  }

  /** Those that take the starting price, most eager price first, oldest first within it. */
  of(side: number, most = Number.POSITIVE_INFINITY): AtStart {
    const found = new AtStart();
    const any = side === BACK ? 0 : this.#x.ladder.ticks - 1;
    const queues = (this.#x.atStartingPrice[this.#selection] as OrderBook).queuesOf(side);
    // A price that nobody stands at has no first order.
    if (queues.countAt(any) > 0) this.#gather(queues, { tick: any, most, into: found });
    this.#gatherConverted(side, { any, most, into: found });
    for (let tick = queues.best; tick !== NO_TICK; tick = queues.after(tick))
      if (tick !== any) this.#gather(queues, { tick, most, into: found });
    return found;
  }

  /** Lays, apart from those of owners who back as well: these never meet, and their lays end. */
  lays(backs: AtStart): { lays: AtStart; own: AtStart } {
    const all = this.of(LAY);
    const backers = this.#marked(backs);
    if (!all.owners.some((owner) => backers[owner] === 1)) return { lays: all, own: new AtStart() };
    const lays = new AtStart();
    const own = new AtStart();
    for (let i = 0; i < all.rows.length; i++) {
      const into = backers[all.owners[i] as number] === 1 ? own : lays;
      into.rows.push(all.rows[i] as number);
      into.owners.push(all.owners[i] as number);
      into.ticks.push(all.ticks[i] as number);
      into.sizesMinor.push(all.sizesMinor[i] as number);
    }
    return { lays, own };
  }

  /** Limit orders, best price first: not those that take the starting price themselves. */
  limits({ against, most = Number.POSITIVE_INFINITY, side, withLapsing }: LimitsWanted): AtStart {
    const { floats, words } = this.#orders;
    const found = new AtStart();
    const { owners, rows, sizesMinor, ticks } = found;
    const excluded = this.#marked(against);
    const queues = (this.#x.books[this.#selection] as OrderBook).queuesOf(side);
    for (let tick = queues.best; tick !== NO_TICK; tick = queues.after(tick)) {
      for (let row = queues.first(tick); row !== NO_ORDER; row = words[row * RECORD_WORDS + NEXT] as number) {
        const owner = words[row * RECORD_WORDS + OWNER] as number;
        const persistence = persistenceOf(words[row * RECORD_WORDS + FLAGS] as number);
        if (persistence === SP || (persistence === LAPSE && !withLapsing) || excluded[owner] === 1) continue;
        if (rows.length === most) return found;
        rows.push(row);
        owners.push(owner);
        ticks.push(tick);
        sizesMinor.push(floats[row * RECORD_FLOATS + SIZE] as number);
      }
    }
    return found;
  }

  #gather(queues: PriceQueues, { into, most, tick }: { tick: number; most: number; into: AtStart }): void {
    const { floats, words } = this.#orders;
    const { owners, rows, sizesMinor, ticks } = into;
    for (let row = queues.first(tick); row !== NO_ORDER && rows.length < most;) {
      rows.push(row);
      owners.push(words[row * RECORD_WORDS + OWNER] as number);
      ticks.push(tick);
      sizesMinor.push(floats[row * RECORD_FLOATS + SIZE] as number);
      row = words[row * RECORD_WORDS + NEXT] as number;
    }
  }

  /** Limit orders that take any starting price at the off. A lay with too small a liability lapses instead. */
  #gatherConverted(side: number, { any, into, most }: { any: number; most: number; into: AtStart }): void {
    const { floats, words } = this.#orders;
    const { owners, rows, sizesMinor, ticks } = into;
    const { ladder, terms } = this.#x;
    const queues = (this.#x.books[this.#selection] as OrderBook).queuesOf(side);
    for (let tick = queues.best; tick !== NO_TICK && rows.length < most; tick = queues.after(tick)) {
      const priceMilli = ladder.milliOf(tick);
      for (
        let row = queues.first(tick);
        row !== NO_ORDER && rows.length < most;
        row = words[row * RECORD_WORDS + NEXT] as number
      ) {
        if (persistenceOf(words[row * RECORD_WORDS + FLAGS] as number) !== SP) continue;
        const standsMinor = floats[row * RECORD_FLOATS + SIZE] as number;
        const sizeMinor = side === BACK ? standsMinor : liabilityMinor(standsMinor, priceMilli);
        if (side === LAY && sizeMinor < terms.spLiabilityMinMinor) continue;
        rows.push(row);
        owners.push(words[row * RECORD_WORDS + OWNER] as number);
        ticks.push(any);
        sizesMinor.push(sizeMinor);
      }
    }
  }

  /** By number of an owner: 1 where one of these orders is his. */
  #marked({ owners }: AtStart): Uint8Array {
    const marked = new Uint8Array(this.#exchange.owners);
    for (let i = 0; i < owners.length; i++) marked[owners[i] as number] = 1;
    return marked;
  }
}

/** What a lay order could lose, rounded down: its hold covers it. */
function liabilityMinor(stakeMinor: number, priceMilli: number): number {
  return Math.floor((stakeMinor * (priceMilli - 1000)) / 1000);
}
