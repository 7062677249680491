// Non-runners, by the published rules of the exchange that the recordings are from: bets on them are void, matched prices on the others are
// reduced, unmatched lays are taken out. Sources: support.betfair.com answers 406 (place markets) and 408 (win markets).
import { mulDiv } from '../../base/money.ts';
import type { MarketBook, RunnerBook } from '../stream/market-book.ts';
import { PRICE_MILLI_MIN } from '../classic-ladder.ts';
import type { HonestOrder } from './honest-order.ts';

/** Reduction factors are percents with up to three decimals: thousandths of a percent are exact. */
const WHOLE = 100_000;
/** Below this nothing is reduced in win markets; in place markets everything counts. */
const REDUCES_MIN = 2_500;
/** From here on unmatched lays are taken out. */
const CLEARS_LAYS_MIN = { win: 2_500, place: 4_000 } as const;

type MarketKind = keyof typeof CLEARS_LAYS_MIN;

export function marketKind(book: MarketBook): MarketKind {
  const type = book.definition?.marketType ?? '';
  return type === 'PLACE' || type === 'OTHER_PLACE' ? 'place' : 'win';
}

export function factorOf({ definition }: RunnerBook): number {
  return Math.round((definition?.adjustmentFactor ?? 0) * 1000);
}

/** A matched price after a withdrawal: to two decimals, never below the ladder's lowest. */
export function reducedPrice(priceMilli: number, factor: number, kind: MarketKind): number {
  if (kind === 'win' && factor < REDUCES_MIN) return priceMilli;
  const reduced = kind === 'win' ? priceMilli * (WHOLE - factor) : 1_000 * WHOLE + (priceMilli - 1_000) * (WHOLE - factor);
  const hundredths = Math.floor((reduced + 5 * WHOLE) / (10 * WHOLE));
  return Math.max(PRICE_MILLI_MIN, hundredths * 10);
}

/** What the withdrawal of a runner does to an order. */
export function withdraw(order: HonestOrder, runner: RunnerBook, book: MarketBook): void {
  const { handicap, selectionId, side, terms } = order.request;
  if (selectionId === runner.selectionId && handicap === runner.handicap) {
    voidAll(order);
    return;
  }
  const factor = factorOf(runner);
  const kind = marketKind(book);
  for (const fill of order.fills) fill.priceMilli = reducedPrice(fill.priceMilli, factor, kind);
  if (order.status !== 'resting' || side !== 'lay') return;
  if (terms.kind === 'on-close') {
    if (terms.limitMilli === undefined) order.liabilityMinor = liabilityLeft(order, { factor, kind, book });
  } else if (factor >= CLEARS_LAYS_MIN[kind]) order.end('lapsedMinor', 'runner_withdrawn');
}

function voidAll(order: HonestOrder): void {
  const matched = order.matchedMinor;
  if (order.status !== 'done') order.end('voidedMinor', 'runner_withdrawn');
  if (order.request.terms.kind === 'limit') order.voidedMinor += matched;
  else order.voidedMinor = order.liabilityMinor;
  order.fills = [];
  order.reason = 'runner_withdrawn';
}

/** A lay at starting price carries less by the share of the book that left: the layer owes no more than that, rounded up. */
function liabilityLeft(order: HonestOrder, from: { factor: number; kind: MarketKind; book: MarketBook }): number {
  if (from.kind === 'place') return mulDiv(order.liabilityMinor, WHOLE - from.factor, WHOLE, 'ceil');
  const own = from.book.runner(order.request.selectionId, order.request.handicap);
  const rest = WHOLE - (own ? factorOf(own) : 0);
  return rest <= from.factor ? order.liabilityMinor : mulDiv(order.liabilityMinor, rest - from.factor, rest, 'ceil');
}
