// Carries out a declared off, so many orders at a time, selection by selection: lays of owners who back as well end; limit orders that the
// price suits get their part and keep their rest; then whoever took the starting price ends with what he got. Until that is done the orders of
// the market are nobody's to change, so what was declared of them stays true.
import { assert } from '../../base/assert.ts';
import { event, type NewEvent } from '../../kernel/event.ts';
import type { LedgerState } from '../../kernel/state.ts';
import { BACK, LAY, type Order } from '../book/orders.ts';
import type { ExchangeMarket } from '../exchange.ts';
import { NO_TICK } from '../ladder.ts';
import { unmatchedOf } from '../money/net-bets.ts';
import { type Matching, reduceOrders } from '../orders/match-order.ts';
import { layStakeMinor } from '../starting-price.ts';
import { type AtOff, type BySide, type Off, suits } from './declare-off.ts';
import { Takers } from './takers.ts';

/** Orders in one decision: about 4 ms of the writer's time. */
export const OFF_CHUNK_ORDERS = 500;

interface Matched {
  readonly orderId: string;
  readonly order: Order;
  readonly sizeMinor: number;
}

/** Adds the events of the next orders, `most` of them at most. */
export function offChunk(of: Matching, off: Off, most: number): void {
  let left = most;
  for (const at of off.selections) {
    const step = { of, at, takers: new Takers(of.ledger.exchange, of.x, at.selection), withLapsing: off.withLapsing };
    left -= endOwn(step, left);
    if (left > 0) left -= fillLimits(step, left);
    if (left > 0) left -= endTakers(step, left);
    if (left === 0) return;
  }
}

interface Step {
  readonly of: Matching;
  readonly at: AtOff;
  readonly takers: Takers;
  readonly withLapsing: boolean;
}

/** Lays of owners who back as well. */
function endOwn({ at, of, takers }: Step, most: number): number {
  if (at.ownLays === 0) return 0;
  const { orders } = of.ledger.exchange;
  const { own } = takers.lays(takers.of(BACK));
  const ended = own.rows.slice(0, most).map((row) => {
    const order = orders.get(row);
    return { orderId: orders.idOf(row), order, sizeMinor: order.sizeMinor };
  });
  reduceOrders(of, 'self_trade', ended);
  return ended.length;
}

/** What is left of a limit order stays where it is. */
function fillLimits({ at, of, takers, withLapsing }: Step, most: number): number {
  if (at.limitsMinor[BACK] + at.limitsMinor[LAY] === 0) return 0;
  const { cause, draft, market, x } = of;
  const { orders } = of.ledger.exchange;
  const tick = tickOf(x, at);
  const backs = takers.of(BACK);
  const filled: Matched[] = [];
  for (const side of [BACK, LAY] as const) {
    let leftMinor = at.limitsMinor[side];
    if (leftMinor === 0) continue;
    const against = side === LAY ? backs : takers.lays(backs).lays;
    for (const row of takers.limits({ side, withLapsing, against, most: most - filled.length }).rows) {
      if (leftMinor === 0 || !suits(side, orders.tick(row), tick)) break;
      const order = orders.get(row);
      const sizeMinor = Math.min(order.sizeMinor, leftMinor);
      filled.push({ orderId: orders.idOf(row), order, sizeMinor });
      leftMinor -= sizeMinor;
    }
  }
  if (filled.length === 0) return 0;
  const { priceMilli, selection } = at;
  for (const { order, sizeMinor } of filled) {
    draft.removeUnmatched(order.holder, unmatchedOf(order, sizeMinor, x.ladder.milliOf(order.tick)));
    draft.match(order.holder, { selection, side: order.side, sizeMinor, priceMilli });
  }
  const limits = filled.map(({ orderId, sizeMinor }): [string, number] => [orderId, sizeMinor]);
  const selectionId = market.selections[selection] as string;
  const data = { limits, marketId: market.marketId, orders: [], priceMilli, selectionId };
  draft.events.push(event(cause, 'StartingPriceMade', data, draft.post()));
  return filled.length;
}

/** Orders that took the starting price end with it; `done` with the last of them. */
function endTakers({ at, of, takers }: Step, most: number): number {
  const { cause, draft, market, x } = of;
  const { orders } = of.ledger.exchange;
  const { priceMilli, selection } = at;
  const tick = tickOf(x, at);
  const ended: Matched[] = [];
  let done = true;
  for (const side of [BACK, LAY] as const) {
    let leftMinor = at.takersMinor[side];
    // One more than fits, to see whether it is the last; lays that ended in this decision are still in the book.
    const wanted = most - ended.length + 1;
    const { rows, sizesMinor, ticks } =
      side === LAY && at.ownLays > 0 ? takers.lays(takers.of(BACK)).lays : takers.of(side, wanted);
    for (const [i, row] of rows.entries()) {
      if (ended.length === most) {
        done = false;
        break;
      }
      const bringsMinor = side === BACK ? (sizesMinor[i] as number) : layStakeMinor(sizesMinor[i] as number, priceMilli);
      const sizeMinor = suits(side, ticks[i] as number, tick) ? Math.min(bringsMinor, leftMinor) : 0;
      ended.push({ orderId: orders.idOf(row), order: orders.get(row), sizeMinor });
      leftMinor -= sizeMinor;
    }
  }
  for (const { order, sizeMinor } of ended) {
    draft.removeUnmatched(order.holder, unmatchedOf(order, order.sizeMinor, x.ladder.milliOf(order.tick)));
    if (sizeMinor > 0) draft.match(order.holder, { selection, side: order.side, sizeMinor, priceMilli });
  }
  const all = ended.map(({ orderId, sizeMinor }): [string, number] => [orderId, sizeMinor]);
  const selectionId = market.selections[selection] as string;
  const data = { marketId: market.marketId, orders: all, priceMilli, selectionId };
  draft.events.push(event(cause, 'StartingPriceMade', done ? { done, ...data } : data, draft.post()));
  return ended.length;
}

function tickOf({ ladder }: ExchangeMarket, { priceMilli }: AtOff): number {
  return priceMilli === 0 ? NO_TICK : ladder.tickOf(priceMilli);
}

/** What an event of the off leaves of what was declared; to be called before its orders change. */
export function onOffStep(
  { exchange, marketRows }: LedgerState,
  e: NewEvent<'StartingPriceMade'> | NewEvent<'OrdersReduced'>,
): void {
  const x = exchange.market(marketRows.get(e.data.marketId) as number);
  const at = x.off?.selections[0];
  if (!x.off || !at) return; // also where the journal is of a time when the off was one decision
  const sideOf = (orderId: string): number => exchange.orders.side(exchange.orders.find(orderId));
  const { withLapsing } = x.off;
  const others = x.off.selections.slice(1);
  if (e.type === 'OrdersReduced') {
    const ownLays = at.ownLays - (e.data.reason === 'self_trade' ? e.data.orders.length : 0);
    x.off = { withLapsing, selections: [{ ...at, ownLays }, ...others] };
    return;
  }
  const limitsMinor = less(at.limitsMinor, e.data.limits ?? [], sideOf);
  const takersMinor = less(at.takersMinor, e.data.orders, sideOf);
  if (!e.data.done) {
    x.off = { withLapsing, selections: [{ ...at, limitsMinor, takersMinor }, ...others] };
    return;
  }
  const left = [...limitsMinor, ...takersMinor, at.ownLays].some((minor) => minor !== 0);
  assert(!left, () => `${e.data.marketId}: the off of ${e.data.selectionId} ends with something left to match`);
  x.off = others.length > 0 ? { withLapsing, selections: others } : null;
}

function less([back, lay]: BySide, orders: readonly (readonly [string, number])[], sideOf: (orderId: string) => number): BySide {
  const given: [number, number] = [0, 0];
  for (const [orderId, sizeMinor] of orders) given[sideOf(orderId) === BACK ? BACK : LAY] += sizeMinor;
  return [back - given[BACK], lay - given[LAY]];
}
