// The honest simulator: one market, one pool of liquidity for all orders given to it. An order reaches the market when its latency is over and
// meets the book of that moment. The caller says when a message arrives and when the book has taken it in; the book must be this simulator's
// own, because reading what was traded uses it up.
import { keyOf, type MarketBook, type RunnerBook } from '../stream/market-book.ts';
import { isOnLadder } from '../classic-ladder.ts';
import type { MarketDefinition } from '../stream/wire.ts';
import { fillFromCrossing, fillOrKill, fillResting, joinQueue, takeOffers } from './honest-matching.ts';
import { HonestOrder, type HonestRequest } from './honest-order.ts';
import { Liquidity } from './liquidity.ts';
import { fillAtStartingPrice, startingPriceOf, takesStartingPrice } from './starting-price.ts';
import { withdraw } from './withdrawal.ts';

export interface HonestSettings {
  /** From the wish to the market, ms; the market's bet delay comes on top for orders. */
  readonly latencyMs: number;
  readonly cancelLatencyMs: number;
  /** Smallest liability of a lay that is carried to the starting price. */
  readonly liabilityAtCloseMinMinor: number;
}

export const HONEST_SETTINGS: HonestSettings = { latencyMs: 120, cancelLatencyMs: 170, liabilityAtCloseMinMinor: 1_000 };

/** Size of one order, minor units; products with prices stay exact. */
export const ORDER_SIZE_MINOR_MAX = 1_000_000_000;
/** Orders that may be open at once in one market. */
export const OPEN_ORDERS_MAX = 10_000;
/** Orders of one market in all, and wishes on their way to it. */
export const ORDERS_MAX = 1_000_000;
export const WISHES_MAX = 20_000;

export type PlacingFault = 'market_not_open' | 'price_not_on_ladder' | 'size_invalid' | 'order_id_taken' | 'too_many_orders';

interface Wish {
  readonly order: HonestOrder;
  readonly at: number;
  readonly cancelMinor: number | null;
}

interface RunnerOrders {
  readonly runner: RunnerBook;
  readonly liquidity: Liquidity;
  /** The runner's revision at the last look. */
  seen: number;
  /** Resting limit orders: lays from the highest price, backs from the lowest, equals in the order of arrival. */
  resting: HonestOrder[];
}

export class HonestSimulator {
  readonly orders = new Map<string, HonestOrder>();
  readonly #book: MarketBook;
  readonly #settings: HonestSettings;
  readonly #runners = new Map<number | string, RunnerOrders>();
  readonly #withdrawn = new Set<number | string>();
  /** In the order of arrival. */
  #wishes: Wish[] = [];
  #open: HonestOrder[] = [];
  /** When the market was last seen not to be open. */
  #shutAt = -1;
  /** The definition at the last update. */
  #definition: MarketDefinition | null = null;

  constructor(book: MarketBook, settings: HonestSettings = HONEST_SETTINGS) {
    this.#book = book;
    this.#settings = settings;
  }

  /** Sends an order on its way at `now`; a fault means that nothing was sent. */
  place(request: HonestRequest, now: number): HonestOrder | PlacingFault {
    const fault = this.#faultOf(request);
    if (fault !== null) return fault;
    const delayMs = (this.#book.definition?.betDelay ?? 0) * 1_000;
    const order = new HonestOrder(request, now, now + this.#settings.latencyMs + delayMs);
    this.orders.set(request.orderId, order);
    this.#open.push(order);
    this.#wish({ order, at: order.arrivesAt, cancelMinor: null });
    return order;
  }

  /** Asks to take back what is open of an order, or a part of it. False when it cannot be asked: it is done, or too much is on its way. */
  cancel(order: HonestOrder, now: number, sizeMinor: number = ORDER_SIZE_MINOR_MAX): boolean {
    if (order.status === 'done' || !isSize(sizeMinor) || this.#wishes.length >= WISHES_MAX) return false;
    this.#wish({ order, at: now + this.#settings.cancelLatencyMs, cancelMinor: sizeMinor });
    return true;
  }

  /** A message published at `at` is there, the book is still the one before: what reached the market earlier happens now. */
  arrive(at: number): void {
    this.#execute((wish) => wish.at < at);
  }

  /** The book has taken the message in. */
  updated(): void {
    const book = this.#book;
    const wasOpen = this.#definition?.status === 'OPEN';
    for (const own of this.#runners.values()) if (own.runner.revision !== own.seen) this.#fillRunner(own, wasOpen);
    if (book.definition !== this.#definition) this.#changeOfMarket();
    if (book.status === 'OPEN') this.#cross();
    else this.#shutAt = book.publishedAt;
    for (const own of this.#runners.values()) own.seen = own.runner.revision;
    this.#execute((wish) => wish.at <= book.publishedAt);
    if (this.#open.some(({ status }) => status === 'done')) this.#sweep();
  }

  /** Orders in the market at this moment. */
  get restingCount(): number {
    return this.#open.reduce((count, { status }) => (status === 'resting' ? count + 1 : count), 0);
  }

  #faultOf({ orderId, terms }: HonestRequest): PlacingFault | null {
    const ladder = this.#book.definition?.priceLadderDefinition?.type ?? 'CLASSIC';
    const price = terms.kind === 'limit' ? terms.priceMilli : terms.limitMilli;
    const size = terms.kind === 'limit' ? terms.sizeMinor : terms.liabilityMinor;
    const least = terms.kind === 'limit' ? (terms.fillOrKill?.minFillMinor ?? 1) : 1;
    if (this.#book.status !== 'OPEN') return 'market_not_open';
    if (price !== undefined && !isOnLadder(price, ladder)) return 'price_not_on_ladder';
    if (!isSize(size) || !isSize(least) || least > size) return 'size_invalid';
    if (this.orders.has(orderId)) return 'order_id_taken';
    const full = this.#open.length >= OPEN_ORDERS_MAX || this.orders.size >= ORDERS_MAX || this.#wishes.length >= WISHES_MAX;
    return full ? 'too_many_orders' : null;
  }

  #wish(wish: Wish): void {
    let place = this.#wishes.length;
    while (place > 0 && (this.#wishes[place - 1] as Wish).at > wish.at) place--;
    this.#wishes.splice(place, 0, wish);
  }

  #execute(due: (wish: Wish) => boolean): void {
    while (this.#wishes.length > 0 && due(this.#wishes[0] as Wish)) {
      const { at, cancelMinor, order } = this.#wishes.shift() as Wish;
      if (cancelMinor !== null) this.#cancelNow(order, cancelMinor);
      else if (order.status === 'waiting') this.#take(order, at);
    }
  }

  #cancelNow(order: HonestOrder, sizeMinor: number): void {
    if (this.#book.status !== 'OPEN' || order.status !== 'resting' || order.request.terms.kind !== 'limit') return;
    if (sizeMinor >= order.remainingMinor) order.end('cancelledMinor', 'cancelled');
    else order.cancelledMinor += sizeMinor;
  }

  /** An order reaches the market. */
  #take(order: HonestOrder, at: number): void {
    const book = this.#book;
    const { handicap, marketVersion, selectionId, terms } = order.request;
    const runner = book.runner(selectionId, handicap);
    if (book.status !== 'OPEN') return order.end('voidedMinor', 'market_not_open');
    if (book.inPlay && this.#shutAt >= order.submittedAt) return order.end('voidedMinor', 'suspended_while_delayed');
    if (marketVersion !== undefined && marketVersion !== book.definition?.version)
      return order.end('lapsedMinor', 'version_changed');
    if (!runner || runner.status !== 'ACTIVE') return order.end('voidedMinor', 'runner_not_active');
    if (takesStartingPrice(order) && !this.#hasStartingPrice()) return order.end('voidedMinor', 'no_starting_price');
    order.status = 'resting';
    order.marketVersion = book.definition?.version;
    if (terms.kind !== 'limit') return;
    const own = this.#ordersOn(runner);
    const place = { runner, liquidity: own.liquidity, at };
    if (terms.fillOrKill) return fillOrKill(order, terms, place);
    takeOffers(order, terms, place);
    if (order.remainingMinor === 0) return;
    joinQueue(order, terms, place);
    let behind = own.resting.length;
    while (behind > 0 && byPriority(own.resting[behind - 1] as HonestOrder, order) > 0) behind--;
    own.resting.splice(behind, 0, order);
  }

  #hasStartingPrice(): boolean {
    const { definition } = this.#book;
    return definition?.bspMarket === true && definition.bspReconciled !== true && !this.#book.inPlay;
  }

  /** Volumes that change while the market is shut are no trades: after a withdrawal the exchange restates them at the reduced prices. */
  #fillRunner({ liquidity, resting, runner }: RunnerOrders, wasOpen: boolean): void {
    const trades = runner.traded.takeTrades();
    const volumes = liquidity.explain(wasOpen ? trades : []);
    if (resting.length > 0) fillResting(resting, volumes, { runner, liquidity, at: this.#book.publishedAt });
    if (!liquidity.empty) liquidity.cap(runner);
  }

  #withdrawals(): void {
    for (const runner of this.#book.runners) {
      if (runner.status !== 'REMOVED') continue;
      const key = keyOf(runner.selectionId, runner.handicap);
      if (this.#withdrawn.has(key)) continue;
      this.#withdrawn.add(key);
      for (const order of this.orders.values()) withdraw(order, runner, this.#book);
    }
  }

  /** The definition is another one: withdrawals, then starting prices, turning in play, suspension and the close for what is open. */
  #changeOfMarket(): void {
    this.#withdrawals();
    const { definition, inPlay, publishedAt, status } = this.#book;
    const turned = inPlay && this.#definition?.inPlay !== true;
    this.#definition = definition;
    // A market that opens again may cross what rests without another change of the runner.
    for (const own of this.#runners.values()) own.seen = -1;
    for (const order of this.#open) {
      if (order.status === 'done') continue;
      const { terms } = order.request;
      if (order.status === 'resting' && definition?.bspReconciled === true && takesStartingPrice(order)) {
        const runner = this.#book.runner(order.request.selectionId, order.request.handicap);
        const price = runner ? startingPriceOf(runner) : null;
        fillAtStartingPrice(order, price, publishedAt, this.#settings.liabilityAtCloseMinMinor);
      } else if (status === 'CLOSED') order.end('lapsedMinor', 'market_closed');
      else if (order.status === 'resting' && terms.kind === 'limit' && terms.persistence === 'lapse') {
        const shut = status === 'SUSPENDED' && definition?.version !== order.marketVersion;
        if (shut || turned) order.end('lapsedMinor', shut ? 'market_suspended' : 'turned_in_play');
      }
      order.marketVersion = definition?.version;
    }
  }

  #cross(): void {
    for (const { liquidity, resting, runner, seen } of this.#runners.values()) {
      if (runner.revision === seen) continue;
      for (const order of resting) {
        const { terms } = order.request;
        if (order.status !== 'resting' || terms.kind !== 'limit') continue;
        fillFromCrossing(order, terms, { runner, liquidity, at: this.#book.publishedAt });
      }
    }
  }

  #sweep(): void {
    this.#open = this.#open.filter(({ status }) => status !== 'done');
    for (const own of this.#runners.values()) own.resting = own.resting.filter(({ status }) => status !== 'done');
  }

  #ordersOn(runner: RunnerBook): RunnerOrders {
    const key = keyOf(runner.selectionId, runner.handicap);
    let own = this.#runners.get(key);
    if (!own) {
      runner.traded.takeTrades(); // what was traded before is nobody's
      own = { runner, liquidity: new Liquidity(), seen: runner.revision, resting: [] };
      this.#runners.set(key, own);
    }
    return own;
  }
}

function isSize(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= ORDER_SIZE_MINOR_MAX;
}

/** Above 0 when `b` is filled before `a`; equals stay in the order of arrival. */
function byPriority(a: HonestOrder, b: HonestOrder): number {
  const [one, other] = [a.request, b.request];
  if (one.terms.kind !== 'limit' || other.terms.kind !== 'limit') return 0;
  if (one.side !== other.side) return one.side === 'lay' ? -1 : 1;
  const difference = one.terms.priceMilli - other.terms.priceMilli;
  return one.side === 'lay' ? -difference : difference;
}
