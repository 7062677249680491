// How the reference simulator fills one order: on arrival against what is visible, at rest by what is traded, at the close at the starting
// price. Faithful to flumine 2.13.9 with all its simplifications; docs/exchange-simulation.md says which of them honest mode does not share.
import type { MarketBook, RunnerBook } from '../stream/market-book.ts';
import type { Levels, Trade } from '../stream/price-ladder.ts';
import { averageOf, type Match, round2 } from './reference-float.ts';
import type { LimitTerms, ReferenceOrder } from './reference-order.ts';

/** Smallest liability of a lay that is carried to the starting price. */
const LIABILITY_AT_CLOSE_MIN = 10;
const PRICE_MIN = 1.01;
const PRICE_MAX = 1000;

/** Volume per price that is left for orders of one owner, floats; it shrinks as they take from it. */
export type TradedLeft = { price: number; size: number }[];

export function tradedLeft(trades: readonly Trade[]): TradedLeft {
  return trades.map(({ price, volume }) => ({ price: price / 1000, size: volume / 100 }));
}

/** Takes an order that has arrived. True when the market accepted it. */
export function arrive(order: ReferenceOrder, book: MarketBook, expectedVersion: number | undefined): boolean {
  const { definition } = book;
  if (book.status !== 'OPEN') return refuse(order, 'sizeVoided');
  order.marketVersion = definition?.version;
  if (expectedVersion !== undefined && expectedVersion !== order.marketVersion) return refuse(order, 'sizeLapsed');
  const runner = book.runner(order.selectionId, order.handicap);
  if (!runner || runner.status === 'REMOVED') return refuse(order, 'sizeVoided');
  const noStartingPrice = definition?.bspMarket === false || definition?.bspReconciled === true || book.inPlay;
  const { terms } = order;
  if (terms.type !== 'LIMIT') return noStartingPrice ? refuse(order, 'sizeVoided') : true;
  if (terms.persistence === 'MARKET_ON_CLOSE' && noStartingPrice) return refuse(order, 'sizeVoided');
  return arriveWithLimit(order, terms, runner, book.publishedAt);
}

function refuse(order: ReferenceOrder, into: 'sizeVoided' | 'sizeLapsed' | 'sizeCancelled'): boolean {
  order[into] += order.sizeRemaining;
  return false;
}

function arriveWithLimit(order: ReferenceOrder, terms: LimitTerms, runner: RunnerBook, at: number): boolean {
  const back = order.side === 'BACK';
  const offers = back ? runner.toBack : runner.toLay;
  const best = offers.prices.length > 0 ? (offers.prices[0] as number) / 1000 : back ? PRICE_MIN : PRICE_MAX;
  const crosses = back ? best >= terms.price : best <= terms.price;
  if (terms.fillOrKill) return fillOrKill(order, terms, { offers, best, crosses, at });
  if (crosses) {
    takeAtPrice(order, terms, offers, at);
    return true;
  }
  const queue = back ? runner.toLay : runner.toBack;
  const place = queue.prices.indexOf(Math.round(terms.price * 1000));
  if (place >= 0) order.queueAhead = (queue.sizes[place] as number) / 100;
  return true;
}

interface Offer {
  readonly offers: Levels;
  readonly best: number;
  readonly crosses: boolean;
  readonly at: number;
}

function fillOrKill(order: ReferenceOrder, terms: LimitTerms, { at, best, crosses, offers }: Offer): boolean {
  const minFillSize = terms.fillOrKill?.minFillSize || terms.size;
  if (minFillSize > terms.size) return refuse(order, 'sizeCancelled');
  if (crosses && best === terms.price) {
    const visible = offers.sizes.length > 0 ? (offers.sizes[0] as number) / 100 : 0;
    if (visible >= minFillSize) takeAtPrice(order, terms, offers, at);
  } else if (crosses) takeAtAverage(order, terms, { offers, at, minFillSize });
  order.sizeCancelled += order.sizeRemaining;
  return true;
}

/** Walks the offers that are no worse than the limit, each at its own price. */
function takeAtPrice(order: ReferenceOrder, terms: LimitTerms, offers: Levels, at: number): void {
  let left = terms.size;
  for (let i = 0; i < offers.prices.length && left !== 0; i++) {
    const price = (offers.prices[i] as number) / 1000;
    if (order.side === 'BACK' ? terms.price > price : terms.price < price) break;
    const visible = (offers.sizes[i] as number) / 100;
    const before = left;
    left = Math.max(left - visible, 0);
    order.match(at, price, round2(left === 0 ? before : visible));
  }
}

/** Walks whole offers as long as the average stays within the limit; below the minimum nothing happened. */
function takeAtAverage(
  order: ReferenceOrder,
  terms: LimitTerms,
  { at, minFillSize, offers }: { offers: Levels; at: number; minFillSize: number },
): void {
  let left = terms.size;
  for (let i = 0; i < offers.prices.length && left !== 0; i++) {
    const visible = (offers.sizes[i] as number) / 100;
    const before = left;
    left = Math.max(left - visible, 0);
    const match: Match = [at, (offers.prices[i] as number) / 1000, round2(left === 0 ? before : visible)];
    const { price } = averageOf([...order.matched, match]);
    if (order.side === 'BACK' ? price < terms.price : price > terms.price) break;
    order.match(...match);
  }
  if (order.sizeMatched >= minFillSize) return;
  order.matched = [];
  order.average();
  order.sizeCancelled += order.sizeRemaining;
}

/** What one update of the book does to an order that rests in it. */
export function onUpdate(order: ReferenceOrder, book: MarketBook, traded: TradedLeft, fillOnCross: boolean): void {
  if (!order.reconciled && book.definition?.bspReconciled === true) {
    if (order.takesStartingPrice) return atStartingPrice(order, book);
    order.reconciled = true;
  }
  const { terms } = order;
  if (terms.type !== 'LIMIT') return;
  if (traded.length > 0) fillFromTrades(order, terms, traded, book.publishedAt);
  if (fillOnCross) fillFromOffers(order, terms, book);
  const version = book.definition?.version;
  if (version === order.marketVersion) return;
  order.marketVersion = version;
  if (book.status === 'SUSPENDED' && terms.persistence === 'LAPSE') order.sizeLapsed += order.sizeRemaining;
}

/** Only half of a traded volume is one side's; the queue ahead goes first. What is used up is not there for the owner's next order. */
function fillFromTrades(order: ReferenceOrder, terms: LimitTerms, traded: TradedLeft, at: number): void {
  for (const trade of traded) {
    if (order.side === 'BACK' ? trade.price < terms.price : trade.price > terms.price) continue;
    const used = useTrade(order, terms, trade.size, at);
    if (used !== 0) trade.size = Math.max(trade.size - used, 0);
  }
}

function useTrade(order: ReferenceOrder, terms: LimitTerms, volume: number, at: number): number {
  const half = volume / 2;
  if (order.queueAhead - half >= 0) {
    order.queueAhead -= half;
    return volume;
  }
  const size = round2(Math.min(order.sizeRemaining, half - order.queueAhead));
  if (size !== 0) order.match(at, terms.price, size);
  const used = (order.queueAhead + size) * 2;
  order.queueAhead = 0;
  return used;
}

/** The reference's optional filling by offers that cross the order: it counts the same offer at every update. */
function fillFromOffers(order: ReferenceOrder, terms: LimitTerms, book: MarketBook): void {
  const runner = book.runner(order.selectionId, order.handicap);
  if (!runner) return;
  const { prices, sizes } = order.side === 'BACK' ? runner.toBack : runner.toLay;
  for (let i = 0; i < prices.length; i++) {
    const price = (prices[i] as number) / 1000;
    if (order.side === 'BACK' ? price < terms.price : price > terms.price) continue;
    const size = round2(Math.min(order.sizeRemaining, (sizes[i] as number) / 100));
    if (size !== 0) order.match(book.publishedAt, terms.price, size);
    order.queueAhead = 0;
  }
}

function atStartingPrice(order: ReferenceOrder, book: MarketBook): void {
  const price = book.runner(order.selectionId, order.handicap)?.definition?.bsp;
  if (typeof price !== 'number' || price === 0) return; // asked again at the next update
  order.reconciled = true;
  const size = sizeAtStartingPrice(order, price);
  if (size !== null) order.match(book.publishedAt, price, size);
  order.status = 'Execution complete';
}

/** Size taken at the starting price; null when none is. */
function sizeAtStartingPrice(order: ReferenceOrder, startingPrice: number): number | null {
  const { side, terms } = order;
  const back = side === 'BACK';
  if (terms.type === 'ON_CLOSE') {
    const { liability, price } = terms;
    if (price !== undefined && (back ? startingPrice < price : startingPrice > price)) return null;
    return back ? liability : round2(liability / (startingPrice - 1));
  }
  const remaining = order.sizeRemaining;
  if (back) return remaining;
  const risk = (terms.price - 1) * remaining;
  if (risk < LIABILITY_AT_CLOSE_MIN) {
    order.sizeLapsed += remaining;
    return null;
  }
  const size = round2(risk / (startingPrice - 1));
  order.sizeCancelled += round2(remaining - size);
  return size;
}
