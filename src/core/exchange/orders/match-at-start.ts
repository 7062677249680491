// The off: orders for the starting price are matched at it, and limit orders that it suits make up what they leave of each other. One owner's
// orders never meet there: who stands on both sides keeps his backs.
import { event } from '../../kernel/event.ts';
import { BACK, LAY, NO_ORDER, type Order, PERSISTENCES } from '../book/orders.ts';
import type { OrderBook } from '../book/order-book.ts';
import { NO_TICK } from '../ladder.ts';
import { unmatchedOf } from '../money/net-bets.ts';
import { type AtStartingPrice, makeStartingPrice } from '../starting-price.ts';
import { type Matching, ORDERS_PER_EVENT, reduceOrders } from './match-order.ts';

interface Taking extends AtStartingPrice {
  readonly orderId: string;
  readonly order: Order;
}

export function matchAtStartingPrice(of: Matching, selection: number): void {
  const backs = takersOf(of, selection, BACK);
  const lays = withoutOwn(of, backs, takersOf(of, selection, LAY));
  if (backs.length + lays.length === 0) return;
  const limitBacks = limitsOf(of, selection, { side: BACK, against: lays });
  const limitLays = limitsOf(of, selection, { side: LAY, against: backs });
  // In priority: who asked for the starting price goes before who only accepts it.
  const made = makeStartingPrice(of.x.ladder, [...backs, ...limitBacks], [...lays, ...limitLays]);
  const matched = (side: readonly number[] | undefined, from: number, takers: readonly Taking[]): Matched[] =>
    takers.map(({ order, orderId }, i) => ({ order, orderId, sizeMinor: side?.[from + i] ?? 0 }));
  const ended = [...matched(made?.backs, 0, backs), ...matched(made?.lays, 0, lays)];
  const stay = [...matched(made?.backs, backs.length, limitBacks), ...matched(made?.lays, lays.length, limitLays)];
  const priceMilli = made ? of.x.ladder.milliOf(made.tick) : 0;
  const at = { selection, priceMilli };
  for (let from = 0; from < ended.length; from += ORDERS_PER_EVENT) {
    end(of, at, ended.slice(from, from + ORDERS_PER_EVENT));
  }
  const filled = stay.filter(({ sizeMinor }) => sizeMinor > 0);
  for (let from = 0; from < filled.length; from += ORDERS_PER_EVENT) {
    fillLimits(of, at, filled.slice(from, from + ORDERS_PER_EVENT));
  }
}

interface Matched {
  readonly orderId: string;
  readonly order: Order;
  readonly sizeMinor: number;
}

interface At {
  readonly selection: number;
  readonly priceMilli: number;
}

/** Orders that took the starting price end with it. */
function end({ cause, draft, market, x }: Matching, { priceMilli, selection }: At, ended: readonly Matched[]): void {
  for (const { order, sizeMinor } of ended) {
    draft.removeUnmatched(order.holder, unmatchedOf(order, order.sizeMinor, x.ladder.milliOf(order.tick)));
    if (sizeMinor > 0) draft.match(order.holder, { selection, side: order.side, sizeMinor, priceMilli });
  }
  const orders = ended.map(({ orderId, sizeMinor }): [string, number] => [orderId, sizeMinor]);
  const selectionId = market.selections[selection] as string;
  const data = { marketId: market.marketId, orders, priceMilli, selectionId };
  draft.events.push(event(cause, 'StartingPriceMade', data, draft.post()));
}

/** What is left of a limit order stays where it is. */
function fillLimits({ cause, draft, market, x }: Matching, { priceMilli, selection }: At, filled: readonly Matched[]): void {
  for (const { order, sizeMinor } of filled) {
    draft.removeUnmatched(order.holder, unmatchedOf(order, sizeMinor, x.ladder.milliOf(order.tick)));
    draft.match(order.holder, { selection, side: order.side, sizeMinor, priceMilli });
  }
  const limits = filled.map(({ orderId, sizeMinor }): [string, number] => [orderId, sizeMinor]);
  const selectionId = market.selections[selection] as string;
  const data = { limits, marketId: market.marketId, orders: [], priceMilli, selectionId };
  draft.events.push(event(cause, 'StartingPriceMade', data, draft.post()));
}

/** Orders for the starting price, and what is unmatched of those that take it; most eager price first, oldest first within it. */
function takersOf({ ledger, x }: Matching, selection: number, side: number): Taking[] {
  const { orders } = ledger.exchange;
  const found: Taking[] = [];
  for (const row of rowsOf(ledger.exchange.orders, x.atStartingPrice[selection] as OrderBook, side)) {
    const order = orders.get(row);
    found.push({ orderId: orders.idOf(row), order, tick: order.tick, sizeMinor: order.sizeMinor });
  }
  for (const row of rowsOf(orders, x.books[selection] as OrderBook, side)) {
    const order = orders.get(row);
    if (PERSISTENCES[order.persistence] !== 'sp') continue;
    // As an order that takes any starting price: the stake of a back, the liability of a lay, which lapses when it is too small.
    const sizeMinor = side === BACK ? order.sizeMinor : liabilityMinor(order.sizeMinor, x.ladder.milliOf(order.tick));
    if (side === LAY && sizeMinor < x.terms.spLiabilityMinMinor) continue;
    found.push({ orderId: orders.idOf(row), order, tick: side === BACK ? 0 : x.ladder.ticks - 1, sizeMinor });
  }
  const eager = side === BACK ? 1 : -1;
  return found.sort((a, b) => eager * (a.tick - b.tick)); // stable: equal prices keep their order
}

/** Limit orders that may be matched at the starting price, best price first: not those about to lapse, nor an owner's against his own. */
function limitsOf(of: Matching, selection: number, { against, side }: { side: number; against: readonly Taking[] }): Taking[] {
  const { ledger, x } = of;
  const { orders } = ledger.exchange;
  if (against.length === 0) return [];
  const owners = new Set(against.map(({ order }) => order.owner));
  const found: Taking[] = [];
  for (const row of rowsOf(orders, x.books[selection] as OrderBook, side)) {
    const persistence = PERSISTENCES[orders.persistence(row)];
    if (persistence === 'sp' || (persistence === 'lapse' && x.lapse !== null) || owners.has(orders.owner(row))) continue;
    const order = orders.get(row);
    const { sizeMinor, tick } = order;
    const taking = { orderId: orders.idOf(row), order, tick, sizeMinor };
    found.push(side === LAY ? { ...taking, isStake: true } : taking);
  }
  return found;
}

/** The lays of others; those of who backs as well end here. */
function withoutOwn(of: Matching, backs: readonly Taking[], lays: readonly Taking[]): Taking[] {
  const owners = new Set(backs.map(({ order }) => order.owner));
  const own = lays.filter(({ order }) => owners.has(order.owner));
  if (own.length === 0) return [...lays];
  for (let from = 0; from < own.length; from += ORDERS_PER_EVENT) {
    const some = own.slice(from, from + ORDERS_PER_EVENT);
    const all = some.map(({ order, orderId }) => ({ order, orderId, sizeMinor: order.sizeMinor }));
    reduceOrders(of, 'self_trade', all);
  }
  return lays.filter(({ order }) => !owners.has(order.owner));
}

function* rowsOf(orders: Matching['ledger']['exchange']['orders'], book: OrderBook, side: number): Generator<number> {
  const queues = book.queuesOf(side);
  for (let tick = queues.best; tick !== NO_TICK; tick = queues.after(tick)) {
    for (let row = queues.first(tick); row !== NO_ORDER; row = orders.next(row)) yield row;
  }
}

/** What a lay order could lose, rounded down: its hold covers it. */
function liabilityMinor(stakeMinor: number, priceMilli: number): number {
  return Math.floor((stakeMinor * (priceMilli - 1000)) / 1000);
}
