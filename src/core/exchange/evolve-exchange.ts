// Folds the exchange's events into state: amounts are applied as stated, nothing is decided here.
import { assert, unreachable } from '../base/assert.ts';
import type { Market } from '../bets/market.ts';
import type { NewEvent } from '../kernel/event.ts';
import { type LedgerState, marketAt, marketOf } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { type ExchangeMarket, type Lapse, LAPSES, makeExchangeMarket } from './exchange.ts';
import { lapseKey } from './orders/lapse-orders.ts';
import { BACK, LAY, NO_ORDER, ORDER_KINDS, PERSISTENCES, SIDES } from './book/orders.ts';
import { orderKey } from './orders/place-order.ts';
import { addUnmatched, riskOf, unmatchedOf } from './money/net-bets.ts';
import { onOffStep } from './off/off-chunk.ts';
import { onMatchedBetsReduced } from './runners/withdraw.ts';
import { onNetBetsReversed } from './money/reverse-exchange.ts';
import { settleExchangeKey } from './money/settle-exchange.ts';

/** What is the exchange's alone. */
export type ExchangeEvent = NewEvent<
  | 'OrderPlaced'
  | 'OrdersMatched'
  | 'OrdersReduced'
  | 'OrderReleased'
  | 'ExchangeOpened'
  | 'MarketTurnedInPlay'
  | 'StartingPriceMade'
  | 'MatchedBetsReduced'
  | 'NetBetsReversed'
  | 'NetBetsSettled'
  | 'CommissionCharged'
  | 'ExchangeSettled'
>;

export function evolveExchange(ledger: LedgerState, e: ExchangeEvent): void {
  switch (e.type) {
    case 'OrderPlaced':
      return onOrderPlaced(ledger, e);
    case 'OrdersMatched':
      return onOrdersMatched(ledger, e);
    case 'OrdersReduced':
      return onOrdersReduced(ledger, e);
    case 'OrderReleased':
      return onOrderReleased(ledger, e);
    case 'ExchangeOpened':
      return onExchangeOpened(ledger, e);
    case 'MarketTurnedInPlay':
      return onMarketTurnedInPlay(ledger, e);
    case 'StartingPriceMade':
      return onStartingPriceMade(ledger, e);
    case 'MatchedBetsReduced':
      return onMatchedBetsReduced(ledger, e);
    case 'NetBetsReversed':
      return onNetBetsReversed(ledger, e);
    case 'NetBetsSettled':
      return onNetBetsSettled(ledger, e);
    case 'CommissionCharged':
      return onCommissionCharged(ledger, e);
    case 'ExchangeSettled':
      return onExchangeSettled(ledger, e);
    default:
      return unreachable(e, 'event');
  }
}

function onExchangeOpened(ledger: LedgerState, e: NewEvent<'ExchangeOpened'>): void {
  const market = known(ledger, e.data.marketId);
  const x = makeExchangeMarket(market, e.data.terms, ledger.exchange.orders);
  for (const { selection } of market.runners?.withdrawals ?? []) x.netBets.withdraw(selection);
  ledger.exchange.markets.set(market.row, x);
}

function onOrderPlaced(ledger: LedgerState, e: NewEvent<'OrderPlaced'>): void {
  const { data } = e;
  const { exchange } = ledger;
  const market = known(ledger, data.marketId);
  const x = exchange.market(market.row);
  const holder = ledger.holderRows.get(data.holder);
  const person = holder === undefined ? undefined : ledger.holders[holder];
  assert(holder !== undefined && person, () => `${data.orderId}: unknown holder`);
  const side = SIDES.indexOf(data.side);
  const anyPrice = side === LAY ? x.ladder.ticks - 1 : 0;
  const tick = data.priceMilli === null ? anyPrice : x.ladder.tickOf(data.priceMilli);
  const order = {
    holder,
    owner: exchange.ownerNumber(person.ownerId),
    market: market.row,
    selection: market.selections.indexOf(data.selectionId),
    side,
    kind: ORDER_KINDS.indexOf(data.kind ?? 'limit'),
    persistence: PERSISTENCES.indexOf(data.persistence),
    tick,
    sizeMinor: data.sizeMinor,
    pending: data.releaseAt !== undefined,
    fillOrKill: data.fillOrKillMinor !== undefined,
    minFillMinor: data.fillOrKillMinor ?? 0,
    version: data.onlyVersion ?? x.version,
    onlyVersion: data.onlyVersion !== undefined,
  };
  exchange.add(data.orderId, order);
  const unmatched = unmatchedOf(order, data.sizeMinor, x.ladder.milliOf(tick));
  addUnmatched(x.netBets.of(holder), unmatched, 1);
  const { days } = ledger.desk;
  if (days.counts) days.addItem(data.orderId, { ownerId: person.ownerId, stakeMinor: riskOf(unmatched), at: e.at });
  if (data.releaseAt !== undefined) ledger.timers.set(orderKey(data.orderId), data.releaseAt);
}

function onOrderReleased(ledger: LedgerState, e: NewEvent<'OrderReleased'>): void {
  ledger.exchange.release(rowOf(ledger, e.data.orderId));
  ledger.timers.delete(orderKey(e.data.orderId));
}

function onOrdersMatched(ledger: LedgerState, e: NewEvent<'OrdersMatched'>): void {
  const { orders } = ledger.exchange;
  const taker = rowOf(ledger, e.data.orderId);
  const side = orders.side(taker);
  for (const [makerId, priceMilli, sizeMinor] of e.data.fills) {
    fill(ledger, rowOf(ledger, makerId), { priceMilli, sizeMinor, side: side === BACK ? LAY : BACK });
    fill(ledger, taker, { priceMilli, sizeMinor, side });
    forgetGone(ledger, makerId);
  }
  forgetGone(ledger, e.data.orderId);
}

function fill(ledger: LedgerState, row: number, part: { priceMilli: number; sizeMinor: number; side: number }): void {
  const { orders } = ledger.exchange;
  const x = ledger.exchange.market(orders.market(row));
  const holder = orders.holder(row);
  const selection = orders.selection(row);
  const { priceMilli, side, sizeMinor } = part;
  addUnmatched(x.netBets.of(holder), { selection, side, sizeMinor, priceMilli: x.ladder.milliOf(orders.tick(row)) }, -1);
  x.netBets.match(holder, { selection, side, sizeMinor, priceMilli });
  ledger.exchange.reduce(row, sizeMinor);
}

function onOrdersReduced(ledger: LedgerState, e: NewEvent<'OrdersReduced'>): void {
  onOffStep(ledger, e);
  for (const [orderId, sizeMinor] of e.data.orders) {
    giveDayBack(ledger, orderId, { sizeMinor });
    endUnmatched(ledger, rowOf(ledger, orderId), sizeMinor);
    // One that was only made smaller still waits for its release.
    if (ledger.exchange.orders.find(orderId) === NO_ORDER) ledger.timers.delete(orderKey(orderId));
    forgetGone(ledger, orderId);
  }
  if (!e.data.done) return;
  const market = known(ledger, e.data.marketId);
  ledger.exchange.market(market.row).lapse = null;
  ledger.timers.delete(lapseKey(market.marketId));
}

function onStartingPriceMade(ledger: LedgerState, e: NewEvent<'StartingPriceMade'>): void {
  const { limits = [], marketId, orders: ended, priceMilli, selectionId } = e.data;
  const { orders } = ledger.exchange;
  const market = known(ledger, marketId);
  const x = ledger.exchange.market(market.row);
  const selection = market.selections.indexOf(selectionId);
  x.startingPrices[selection] = priceMilli;
  onOffStep(ledger, e);
  for (const [orderId, sizeMinor] of ended) {
    const row = rowOf(ledger, orderId);
    const side = orders.side(row);
    const holder = orders.holder(row);
    const matched = { selection, side, sizeMinor, priceMilli };
    giveDayBack(ledger, orderId, { sizeMinor: orders.sizeMinor(row), lessMinor: sizeMinor > 0 ? riskOf(matched) : 0 });
    endUnmatched(ledger, row, orders.sizeMinor(row));
    if (sizeMinor > 0) x.netBets.match(holder, matched);
    forgetGone(ledger, orderId);
  }
  for (const [orderId, sizeMinor] of limits) {
    const row = rowOf(ledger, orderId);
    fill(ledger, row, { priceMilli, sizeMinor, side: orders.side(row) });
    forgetGone(ledger, orderId);
  }
}

function onMarketTurnedInPlay(ledger: LedgerState, e: NewEvent<'MarketTurnedInPlay'>): void {
  const market = known(ledger, e.data.marketId);
  const x = ledger.exchange.market(market.row);
  x.inPlay = true;
  x.betDelayMs = e.data.betDelayMs;
  x.version++;
  const selections = (e.data.startingPrices ?? []).map(({ selectionId, ...declared }) => ({
    ...declared,
    selection: market.selections.indexOf(selectionId),
  }));
  for (const { priceMilli, selection } of selections) x.startingPrices[selection] = priceMilli;
  if (selections.length > 0) x.off = { selections, withLapsing: x.lapse === null };
  lapse(ledger, { market, x, as: 'in-play', at: e.at });
}

/** The market's own events: what they mean for its exchange, if it has one. */
export function onMarketEvent(
  ledger: LedgerState,
  e: NewEvent<'MarketSuspended' | 'MarketReopened' | 'MarketClosed' | 'SettlementStarted'>,
): void {
  const market = known(ledger, e.data.marketId);
  const x = ledger.exchange.markets.get(market.row);
  if (!x) return;
  x.version++;
  if (e.type === 'MarketSuspended' && x.terms.onSuspend === 'lapse') lapse(ledger, { market, x, as: 'suspended', at: e.at });
  if (e.type === 'MarketClosed' || e.type === 'SettlementStarted') lapse(ledger, { market, x, as: 'closed', at: e.at });
  if (e.type === 'SettlementStarted') ledger.timers.set(settleExchangeKey(market.marketId), e.at);
}

/** To be called while the market is still there. */
export function onExchangeArchived(ledger: LedgerState, marketId: string): void {
  ledger.exchange.markets.delete(known(ledger, marketId).row);
}

function onNetBetsSettled(ledger: LedgerState, e: NewEvent<'NetBetsSettled'>): void {
  const x = ledger.exchange.market(known(ledger, e.data.marketId).row);
  x.settled = e.data.next ?? x.settled + e.data.holders.length;
}

function onCommissionCharged(ledger: LedgerState, e: NewEvent<'CommissionCharged'>): void {
  const x = ledger.exchange.market(known(ledger, e.data.marketId).row);
  for (const [, commissionMinor] of e.data.charges) x.commissionMinor += commissionMinor;
}

function onExchangeSettled(ledger: LedgerState, e: NewEvent<'ExchangeSettled'>): void {
  ledger.timers.delete(settleExchangeKey(e.data.marketId));
  ledger.exchange.market(known(ledger, e.data.marketId).row).roundedMinor = e.postings?.[0]?.amountMinor ?? 0;
}

function lapse(ledger: LedgerState, of: { market: Market; x: ExchangeMarket; as: Lapse; at: number }): void {
  const { as, at, market, x } = of;
  // What lapses more stays: a suspension does not undo a close that is still lapsing.
  if (x.lapse === null || LAPSES.indexOf(as) > LAPSES.indexOf(x.lapse)) x.lapse = as;
  ledger.timers.set(lapseKey(market.marketId), at);
}

function endUnmatched(ledger: LedgerState, row: number, sizeMinor: number): void {
  const { exchange } = ledger;
  const order = exchange.orders.get(row);
  const x = exchange.market(order.market);
  addUnmatched(x.netBets.of(order.holder), unmatchedOf(order, sizeMinor, x.ladder.milliOf(order.tick)), -1);
  exchange.reduce(row, sizeMinor);
}

/** So much of an order ends, less what a starting price matched of it: the person's day is given back what that took. Before the order changes. */
function giveDayBack(
  { desk, exchange, holders }: LedgerState,
  orderId: string,
  { lessMinor = 0, sizeMinor }: { readonly sizeMinor: number; readonly lessMinor?: number },
): void {
  if (!desk.days.has(orderId)) return;
  const order = exchange.orders.get(exchange.orders.find(orderId));
  const priceMilli = exchange.market(order.market).ladder.milliOf(order.tick);
  const riskMinor = (size: number): number => riskOf(unmatchedOf(order, size, priceMilli));
  const back = riskMinor(order.sizeMinor) - riskMinor(order.sizeMinor - sizeMinor) - lessMinor;
  if (back > 0) desk.days.giveBack(orderId, (holders[order.holder] as Holder).ownerId, back);
}

/** Of an order that is no longer open nothing comes back. */
function forgetGone({ desk, exchange }: LedgerState, orderId: string): void {
  if (desk.days.has(orderId) && exchange.orders.find(orderId) === NO_ORDER) desk.days.forget(orderId);
}

function rowOf(ledger: LedgerState, orderId: string): number {
  const row = ledger.exchange.orders.find(orderId);
  assert(row !== NO_ORDER, () => `${orderId} is not open`);
  return row;
}

function known(ledger: LedgerState, marketId: string): Market {
  const market = marketOf(ledger, marketId);
  assert(market, () => `${marketId} is unknown`);
  return marketAt(ledger, market.row);
}
