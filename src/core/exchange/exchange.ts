// The exchange of a ledger as state: open orders in one table, and for each market that has one its books and net bets.
import { assert } from '../base/assert.ts';
import type { Market } from '../bets/market.ts';
import type { MarketType } from '../catalog/market.ts';
import { CLASSIC, type Ladder, ladderNamed } from './ladder.ts';
import { OrderBook } from './book/order-book.ts';
import { NO_ORDER, type Order, Orders } from './book/orders.ts';
import { type Field, NetBets } from './money/net-bets.ts';
import type { Off } from './off/declare-off.ts';
import type { Leaving } from './runners/withdraw.ts';
import type { ExchangeTerms } from './terms.ts';

/** Why orders of a market are being lapsed, chunk by chunk; nothing is matched meanwhile. Each lapses all that the one before does. */
export const LAPSES = ['suspended', 'in-play', 'closed'] as const;
export type Lapse = (typeof LAPSES)[number];

export interface ExchangeMarket {
  readonly market: number;
  readonly terms: ExchangeTerms;
  readonly ladder: Ladder;
  /** Moves with each suspension, reopening and close, and at the off. */
  version: number;
  inPlay: boolean;
  betDelayMs: number;
  lapse: Lapse | null;
  /** Declared and not carried out yet; the lapsing waits for it. */
  off: Off | null;
  /** Per selection: what may be matched, what waits for the starting price, and what waits for the end of its delay. */
  readonly books: readonly OrderBook[];
  readonly atStartingPrice: readonly OrderBook[];
  readonly delayed: readonly OrderBook[];
  /** Per selection: set at the off, 0 before and where there was none. */
  readonly startingPrices: number[];
  readonly netBets: NetBets;
  /** Runners that are out, before the exchange has followed: until then nothing is matched. */
  readonly leaving: Leaving[];
  /** NetBets settled so far, and the commission on them. */
  settled: number;
  commissionMinor: number;
  /** What roundings left over once all were settled. */
  roundedMinor: number;
}

/** What is stated of a market in a dump; books and rows are built again from orders and net bets. */
export interface ExchangeMarketFacts {
  readonly market: number;
  readonly terms: ExchangeTerms;
  readonly version: number;
  readonly inPlay: boolean;
  readonly betDelayMs: number;
  readonly lapse: Lapse | null;
  readonly startingPrices: readonly number[];
  readonly settled: number;
  readonly commissionMinor: number;
  readonly roundedMinor: number;
  /** Only where there are any. */
  readonly off?: Off;
  readonly leaving?: Leaving[];
  readonly out?: readonly number[];
}

export class Exchange {
  orders = new Orders();
  /** By market row. */
  readonly markets = new Map<number, ExchangeMarket>();
  /** Owners by the order of their first order: what self-trade prevention compares. */
  readonly #owners = new Map<string, number>();
  /** Open orders by holder row. */
  readonly #open = new Map<number, number>();

  /** Owners that have a number. */
  get owners(): number {
    return this.#owners.size;
  }

  /** Number of an owner; a new one gets the next. */
  ownerNumber(ownerId: string): number {
    const known = this.#owners.get(ownerId);
    if (known !== undefined) return known;
    this.#owners.set(ownerId, this.#owners.size);
    return this.#owners.size - 1;
  }

  /** The number that an owner has or would get. */
  ownerNumberOf(ownerId: string): number {
    return this.#owners.get(ownerId) ?? this.#owners.size;
  }

  openOrdersOf(holder: number): number {
    return this.#open.get(holder) ?? 0;
  }

  /** Rows of the holders that have open orders. */
  holdersWithOrders(): number[] {
    return [...this.#open.keys()];
  }

  market(row: number): ExchangeMarket {
    const market = this.markets.get(row);
    assert(market, () => `market ${row} has no exchange`);
    return market;
  }

  /** The book that an order stands in. */
  bookOf(x: ExchangeMarket, order: Pick<Order, 'selection' | 'kind' | 'pending'>): OrderBook {
    const books = order.pending ? x.delayed : order.kind === 0 ? x.books : x.atStartingPrice;
    return books[order.selection] as OrderBook;
  }

  /** Adds an order to table and book. */
  add(orderId: string, order: Order): void {
    const row = this.orders.add(orderId, order);
    this.bookOf(this.market(order.market), order).rest(row);
    this.#count(order.holder, 1);
  }

  /** Takes `byMinor` off an order, all of it when nothing would be left. */
  reduce(row: number, byMinor: number): void {
    const order = this.orders.get(row);
    this.bookOf(this.market(order.market), order).reduce(row, byMinor);
    if (byMinor >= order.sizeMinor) this.#count(order.holder, -1);
  }

  /** Its delay is over: it goes to where it can be matched. */
  release(row: number): void {
    const order = this.orders.get(row);
    const x = this.market(order.market);
    this.bookOf(x, order).queuesOf(order.side).unlink(row);
    this.orders.release(row);
    this.bookOf(x, { ...order, pending: false }).rest(row);
  }

  dump(): { owners: string[]; markets: ExchangeMarketFacts[] } {
    return { owners: [...this.#owners.keys()], markets: [...this.markets.values()].map(factsOf) };
  }

  /** Fills an empty exchange: orders and net bets are there, books and counts follow from them. */
  load(owners: readonly string[], orders: Orders): void {
    for (const owner of owners) this.ownerNumber(owner);
    this.orders = orders;
    for (const row of orders.openRows()) {
      const order = orders.get(row);
      this.#count(order.holder, 1);
      if (orders.previous(row) !== NO_ORDER) continue;
      this.bookOf(this.market(order.market), order).queuesOf(order.side).restore(row);
    }
  }

  #count(holder: number, by: number): void {
    const open = (this.#open.get(holder) ?? 0) + by;
    if (open === 0) this.#open.delete(holder);
    else this.#open.set(holder, open);
  }
}

/** Selections that win together: the places of a race, two of a double chance, one of everything else. */
export function winnersOf(market: Pick<Market, 'terms' | 'runners'>): number {
  return market.runners?.places ?? winnersOfType(market.terms.type);
}

function winnersOfType(type: MarketType): number {
  return type === 'dc' ? 2 : 1;
}

export function makeExchangeMarket(market: Market, terms: ExchangeTerms, orders: Orders): ExchangeMarket {
  const ladder = ladderNamed(terms.ladder) ?? CLASSIC;
  const books = (): OrderBook[] => market.selections.map(() => new OrderBook(orders, ladder.ticks));
  return {
    market: market.row,
    terms,
    ladder,
    version: 0,
    inPlay: false,
    betDelayMs: 0,
    lapse: null,
    off: null,
    books: books(),
    atStartingPrice: books(),
    delayed: books(),
    startingPrices: market.selections.map(() => 0),
    netBets: new NetBets(market.selections.length, winnersOf(market), market.runners !== undefined),
    leaving: [],
    settled: 0,
    commissionMinor: 0,
    roundedMinor: 0,
  };
}

/** Who may win for a holder: while the exchange follows a withdrawal, nobody of those it has come to already has the runner any more. */
export function fieldOf({ leaving: [first], netBets }: Pick<ExchangeMarket, 'leaving' | 'netBets'>, holder: number): Field {
  if (!first?.followed || netBets.placeOf(holder) >= first.followed) return netBets;
  return without(netBets, first.selection);
}

/** The field when one more is out. */
export function without({ out, winners }: Field, selection: number): Field {
  return { winners, out: new Set([...(out ?? []), selection]) };
}

function factsOf(x: ExchangeMarket): ExchangeMarketFacts {
  const { betDelayMs, commissionMinor, inPlay, lapse, leaving, market, netBets, off, roundedMinor, settled, terms, version } = x;
  const facts = { betDelayMs, commissionMinor, inPlay, lapse, market, roundedMinor, settled, terms, version };
  return {
    ...facts,
    startingPrices: [...x.startingPrices],
    ...(off ? { off } : {}),
    ...(leaving.length > 0 ? { leaving: [...leaving] } : {}),
    ...(netBets.out ? { out: [...netBets.out] } : {}),
  };
}
