// Matching one order against the book of its selection: fills become events of at most a thousand, each with the postings that it needs.
import { event } from '../../kernel/event.ts';
import type { Context, Envelope } from '../../kernel/command.ts';
import type { LedgerState } from '../../kernel/state.ts';
import type { Market } from '../../bets/market.ts';
import type { Draft } from '../money/draft.ts';
import type { ExchangeMarket } from '../exchange.ts';
import { Fills, type OrderBook } from '../book/order-book.ts';
import type { ReducedReason } from '../order-commands.ts';
import { BACK, LAY, type Order } from '../book/orders.ts';
import { unmatchedOf } from '../money/net-bets.ts';

/** Orders in one event at most. */
export const ORDERS_PER_EVENT = 1_000;

export interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

export interface Matching {
  readonly ledger: LedgerState;
  readonly cause: Cause;
  readonly market: Market;
  readonly x: ExchangeMarket;
  readonly draft: Draft;
}

const scratch = new Fills();

/** What an order would get at this moment. Read it before the next look. */
export function look(of: Pick<Matching, 'x'>, order: Order): Fills {
  return bookOf(of.x, order).take(order, of.x.terms.selfTrade, scratch);
}

/** Why a fill-or-kill order dies with nothing done, or null. */
export function unfilled(order: Order, fills: Fills): { need: number; have: number } | null {
  // One that was made smaller while it waited can match no more than is left of it.
  const need = Math.min(order.minFillMinor, order.sizeMinor);
  return !order.fillOrKill || fills.takenMinor >= need ? null : { need, have: fills.takenMinor };
}

/** Adds the events of an order that takes what look() found, and of the end of what must not rest. The order counts as unmatched in the draft. */
export function matchOrder(of: Matching, orderId: string, order: Order, fills: Fills): void {
  if (fills.ownCount > 0) cancelOwn(of, fills);
  for (let from = 0; from < fills.count; from += ORDERS_PER_EVENT) {
    matchSome(of, { orderId, order, fills, from, to: Math.min(fills.count, from + ORDERS_PER_EVENT) });
  }
  const left = order.sizeMinor - fills.takenMinor;
  const ends: ReducedReason | null = fills.stopped ?? (order.fillOrKill ? 'fill_or_kill' : null);
  if (left === 0 || ends === null) return;
  reduceOrders(of, ends, [{ orderId, order, sizeMinor: left }]);
}

export interface Reduction {
  readonly orderId: string;
  readonly order: Order;
  readonly sizeMinor: number;
}

/** Adds the event that takes orders, or parts of them, out of the book unmatched. */
export function reduceOrders(of: Matching, reason: ReducedReason, reductions: readonly Reduction[], done = false): void {
  const { cause, draft, market, x } = of;
  for (const { order, sizeMinor } of reductions) {
    draft.removeUnmatched(order.holder, unmatchedOf(order, sizeMinor, x.ladder.milliOf(order.tick)));
  }
  const orders = reductions.map(({ orderId, sizeMinor }): [string, number] => [orderId, sizeMinor]);
  const { marketId } = market;
  const data = done ? { done: true as const, marketId, orders, reason } : { marketId, orders, reason };
  draft.events.push(event(cause, 'OrdersReduced', data, draft.post()));
}

interface Part {
  readonly orderId: string;
  readonly order: Order;
  readonly fills: Fills;
  readonly from: number;
  readonly to: number;
}

function matchSome(of: Matching, { fills, from, order, orderId, to }: Part): void {
  const { cause, draft, ledger, market, x } = of;
  const { orders } = ledger.exchange;
  const { selection, side } = order;
  const takerMilli = x.ladder.milliOf(order.tick);
  const stated: [string, number, number][] = [];
  for (let i = from; i < to; i++) {
    const row = fills.rows[i] as number;
    const sizeMinor = fills.sizes[i] as number;
    const priceMilli = x.ladder.milliOf(orders.tick(row));
    const maker = orders.holder(row);
    stated.push([orders.idOf(row), priceMilli, sizeMinor]);
    const makerSide = side === BACK ? LAY : BACK;
    draft.removeUnmatched(maker, { selection, side: makerSide, sizeMinor, priceMilli });
    draft.match(maker, { selection, side: makerSide, sizeMinor, priceMilli });
    draft.removeUnmatched(order.holder, { selection, side, sizeMinor, priceMilli: takerMilli });
    draft.match(order.holder, { selection, side, sizeMinor, priceMilli });
  }
  const data = { fills: stated, marketId: market.marketId, orderId };
  draft.events.push(event(cause, 'OrdersMatched', data, draft.post()));
}

function cancelOwn(of: Matching, fills: Fills): void {
  const { orders } = of.ledger.exchange;
  const own: Reduction[] = [];
  for (let i = 0; i < fills.ownCount; i++) {
    const row = fills.own[i] as number;
    const order = orders.get(row);
    own.push({ orderId: orders.idOf(row), order, sizeMinor: order.sizeMinor });
  }
  for (let from = 0; from < own.length; from += ORDERS_PER_EVENT) {
    reduceOrders(of, 'self_trade', own.slice(from, from + ORDERS_PER_EVENT));
  }
}

function bookOf(x: ExchangeMarket, order: Order): OrderBook {
  return x.books[order.selection] as OrderBook;
}
