// The reference simulator: orders wait out their latency, meet the book as it was before the update that wakes them, rest, and are filled by
// what is traded afterwards. One market; the caller says when a message arrives and when the book has taken it in.
import { assert } from '../../base/assert.ts';
import type { MarketBook, RunnerBook } from '../stream/market-book.ts';
import { keyOf } from '../stream/market-book.ts';
import type { MarketDefinition } from '../stream/wire.ts';
import type { Trade } from '../stream/price-ladder.ts';
import { arrive, onUpdate, type TradedLeft, tradedLeft } from './reference-matching.ts';
import { type LimitTerms, type OrderRequest, type Persistence, ReferenceOrder } from './reference-order.ts';
import { Withdrawals } from './withdrawals.ts';

export interface ReferenceSettings {
  /** Seconds, as the reference has them. A place or replace also waits the market's bet delay. */
  readonly placeLatency: number;
  readonly cancelLatency: number;
  readonly updateLatency: number;
  readonly replaceLatency: number;
  /** Orders of different owners do not compete for what is traded. */
  readonly isolated: boolean;
  /** Resting orders are also filled by offers that cross them. */
  readonly fillOnCross: boolean;
}

export const REFERENCE_SETTINGS: ReferenceSettings = {
  placeLatency: 0.12,
  cancelLatency: 0.17,
  updateLatency: 0.15,
  replaceLatency: 0.28,
  isolated: true,
  fillOnCross: false,
};

type Wish =
  | { readonly kind: 'place' }
  | { readonly kind: 'cancel'; readonly size: number | undefined }
  | { readonly kind: 'update'; readonly persistence: Persistence }
  | { readonly kind: 'replace'; readonly price: number };

interface Waiting {
  readonly order: ReferenceOrder;
  readonly wish: Wish;
  readonly madeAt: number;
  /** Seconds. */
  readonly delay: number;
  readonly marketVersion: number | undefined;
}

const NO_TRADES: readonly Trade[] = [];

export class ReferenceSimulator {
  /** Every order, in the order of placing. */
  readonly orders: ReferenceOrder[] = [];
  readonly #settings: ReferenceSettings;
  readonly #withdrawals = new Withdrawals();
  /** Runner -> what was traded at its last active update; undefined until it has been seen active. */
  readonly #trades = new Map<number | string, readonly Trade[]>();
  /** Runners of which there are trades at the moment. */
  readonly #trading = new Set<number | string>();
  /** Revision of each runner at the last look, by its place in the market. */
  readonly #seen: number[] = [];
  #definition: MarketDefinition | null = null;
  /** Something has happened to an order since the last update. */
  #arrived = false;
  #waiting: Waiting[] = [];
  /** Orders that are not complete. */
  #open: ReferenceOrder[] = [];
  #now = 0;

  constructor(settings: ReferenceSettings = REFERENCE_SETTINGS) {
    this.#settings = settings;
  }

  get now(): number {
    return this.#now;
  }

  /** Orders that are not complete. */
  get openCount(): number {
    return this.#open.length;
  }

  place(request: OrderRequest, book: MarketBook): ReferenceOrder {
    const order = new ReferenceOrder(request, this.#now);
    this.orders.push(order);
    this.#open.push(order);
    const delay = this.#settings.placeLatency + (book.definition?.betDelay ?? 0);
    this.#wait(order, { kind: 'place' }, { delay, marketVersion: request.marketVersion });
    return order;
  }

  /** Asks to take back an order, or a part of it. False when it cannot be asked now. */
  cancel(order: ReferenceOrder, book: MarketBook, size?: number): boolean {
    if (!this.#mayChange(order, book)) return false;
    order.status = 'Cancelling';
    return this.#wait(order, { kind: 'cancel', size }, { delay: this.#settings.cancelLatency });
  }

  update(order: ReferenceOrder, book: MarketBook, persistence: Persistence): boolean {
    if (!this.#mayChange(order, book) || order.terms.type !== 'LIMIT') return false;
    order.terms.persistence = persistence;
    order.status = 'Updating';
    return this.#wait(order, { kind: 'update', persistence }, { delay: this.#settings.updateLatency });
  }

  /** Cancels what is left and places it anew at another price; the new order is the last of `orders` when it is accepted. */
  replace(order: ReferenceOrder, book: MarketBook, price: number): boolean {
    if (!this.#mayChange(order, book)) return false;
    order.status = 'Replacing';
    const delay = this.#settings.replaceLatency + (book.definition?.betDelay ?? 0);
    return this.#wait(order, { kind: 'replace', price }, { delay });
  }

  /** A message published at `at` is there: what has waited long enough happens, against the book as it still is. */
  arrive(book: MarketBook, at: number): void {
    this.#now = at;
    if (this.#waiting.length === 0) return;
    const due = this.#waiting.filter((one) => (at - one.madeAt) / 1000 > one.delay);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => !due.includes(one));
    for (const one of due) this.#execute(one, book);
    this.#arrived = true;
  }

  /** The book has taken the message in. */
  updated(book: MarketBook): void {
    if (book.status === 'CLOSED') return this.#close(book);
    const redefined = book.definition !== this.#definition;
    this.#definition = book.definition;
    this.#lookAtRunners(book, redefined);
    if (redefined) this.#withdrawals.apply(book, this.orders);
    const all = redefined || this.#arrived || this.#settings.fillOnCross;
    this.#arrived = false;
    // An update without trades and with the definition of before does nothing to what rests.
    if (this.#open.length === 0 || !(all || this.#trading.size > 0)) return;
    this.#matchOpen(book, all);
    this.#completeOpen();
  }

  #wait(
    order: ReferenceOrder,
    wish: Wish,
    { delay, marketVersion }: { delay: number; marketVersion?: number | undefined },
  ): true {
    this.#waiting.push({ order, wish, madeAt: this.#now, delay, marketVersion });
    return true;
  }

  #mayChange(order: ReferenceOrder, book: MarketBook): boolean {
    return book.status === 'OPEN' && order.status === 'Executable' && order.terms.type === 'LIMIT';
  }

  #lookAtRunners(book: MarketBook, redefined: boolean): void {
    if (redefined) this.#seen.length = 0;
    for (let i = 0; i < book.runners.length; i++) {
      const runner = book.runners[i] as RunnerBook;
      if (this.#seen[i] === runner.revision && this.#trading.size === 0) continue;
      this.#seen[i] = runner.revision;
      if (runner.status === 'ACTIVE') this.#countTrades(runner);
      else if (redefined && runner.status === 'REMOVED') this.#withdrawals.note(runner);
    }
  }

  #countTrades(runner: RunnerBook): void {
    const key = keyOf(runner.selectionId, runner.handicap);
    const { traded } = runner;
    const known = this.#trades.get(key);
    // What had been traded before the runner was first seen is nobody's.
    if (known === undefined) traded.takeTrades();
    if (known !== undefined && known.length === 0 && !traded.moved) return;
    const trades = traded.moved ? traded.takeTrades() : NO_TRADES;
    this.#trades.set(key, trades);
    if (trades.length > 0) this.#trading.add(key);
    else this.#trading.delete(key);
  }

  #matchOpen(book: MarketBook, all: boolean): void {
    const live = this.#open.filter((order) => order.live && (all || this.#trading.has(keyOf(order.selectionId, order.handicap))));
    if (live.length === 0) return;
    const owners = this.#settings.isolated ? new Set(live.map(({ owner }) => owner)) : [null];
    for (const owner of owners) {
      const own = owner === null ? live : live.filter((order) => order.owner === owner);
      const left = new Map<number | string, TradedLeft>();
      for (const order of inTurn(own)) {
        const key = keyOf(order.selectionId, order.handicap);
        let trades = left.get(key);
        if (!trades) left.set(key, (trades = tradedLeft(this.#trades.get(key) ?? NO_TRADES)));
        onUpdate(order, book, trades, this.#settings.fillOnCross);
      }
    }
  }

  #completeOpen(): void {
    let done = 0;
    for (const order of this.#open) {
      if (order.terms.type === 'LIMIT' ? order.sizeRemaining === 0 : order.reconciled) order.status = 'Execution complete';
      if (order.complete) done++;
    }
    if (done > 0) this.#open = this.#open.filter((order) => !order.complete);
  }

  #execute({ madeAt, marketVersion, order, wish }: Waiting, book: MarketBook): void {
    switch (wish.kind) {
      case 'place':
        order.status = arrive(order, book, marketVersion) ? 'Executable' : 'Execution complete';
        order.placedAt = this.#now;
        return;
      case 'cancel':
        if (cancelNow(order, book, wish.size) !== null && order.sizeRemaining === 0) order.status = 'Execution complete';
        else order.status = 'Executable';
        return;
      case 'update':
        order.status = 'Executable';
        return;
      case 'replace':
        if (!order.complete) this.#replaceNow(order, book, { price: wish.price, madeAt });
    }
  }

  #replaceNow(order: ReferenceOrder, book: MarketBook, { madeAt, price }: { madeAt: number; price: number }): void {
    const size = cancelNow(order, book, undefined);
    order.status = size === null ? 'Executable' : 'Execution complete';
    if (size === null) return;
    const { terms } = order;
    assert(terms.type === 'LIMIT', 'only a limit order is replaced');
    const { handicap, owner, selectionId, side } = order;
    const replaced: LimitTerms = { type: 'LIMIT', price, size, persistence: terms.persistence };
    const next = new ReferenceOrder({ selectionId, handicap, side, owner, terms: replaced }, madeAt);
    if (!arrive(next, book, undefined)) {
      order.status = 'Executable';
      return;
    }
    next.status = 'Executable';
    next.placedAt = this.#now;
    this.orders.push(next);
    this.#open.push(next);
  }

  #close(book: MarketBook): void {
    const winners = book.runners.filter(({ status }) => status === 'WINNER').length;
    const places = book.definition?.numberOfWinners;
    for (const order of this.orders) {
      const runner = book.runner(order.selectionId, order.handicap);
      if (!runner) continue;
      order.runnerStatus = runner.status;
      order.marketType = book.definition?.marketType;
      order.eachWayDivisor = book.definition?.eachWayDivisor;
      order.deadHeatWinners = places === 1 && winners > 1 ? winners : 1;
    }
  }
}

/** What was taken back; null when the market does not allow it. */
function cancelNow(order: ReferenceOrder, book: MarketBook, size: number | undefined): number | null {
  if (book.status !== 'OPEN' || order.terms.type !== 'LIMIT') return null;
  const cancelled = Math.min(size || order.sizeRemaining, order.sizeRemaining);
  order.sizeCancelled += cancelled;
  return cancelled;
}

/** Lays from the highest price, backs from the lowest, then what waits for the close; equals in the order of placing. */
function inTurn(orders: readonly ReferenceOrder[]): ReferenceOrder[] {
  if (orders.length < 2) return [...orders];
  const rank = ({ side, terms }: ReferenceOrder): number => (terms.price === undefined ? 2 : side === 'LAY' ? 0 : 1);
  const price = ({ side, terms }: ReferenceOrder): number => (side === 'LAY' ? -(terms.price ?? 0) : (terms.price ?? 0));
  return [...orders].sort((a, b) => rank(a) - rank(b) || (rank(a) === 2 ? 0 : price(a) - price(b)));
}
