// Orders matched at the starting price once the market has reconciled it. Sizes of lays come from the liability, rounded down: a layer never
// owes more than it said.
import { mulDiv } from '../../base/money.ts';
import { PRICE_MILLI_MIN } from '../classic-ladder.ts';
import type { RunnerBook } from '../stream/market-book.ts';
import { isWithin } from './honest-matching.ts';
import type { HonestOrder } from './honest-order.ts';

/** The runner's starting price in thousandths, to the nearest; null when there is none. */
export function startingPriceOf({ definition }: RunnerBook): number | null {
  const price = definition?.bsp;
  if (typeof price !== 'number') return null;
  const milli = Math.round(price * 1000);
  return milli >= PRICE_MILLI_MIN ? milli : null;
}

/** True for an order whose rest is matched at the starting price. */
export function takesStartingPrice({ request: { terms } }: HonestOrder): boolean {
  return terms.kind === 'on-close' || terms.persistence === 'sp';
}

/** Matches what is open of an order at the starting price, or ends it with the reason why not. */
export function fillAtStartingPrice(order: HonestOrder, priceMilli: number | null, at: number, liabilityMinMinor: number): void {
  const { side, terms } = order.request;
  if (priceMilli === null) return order.end('lapsedMinor', 'no_starting_price');
  const limit = terms.kind === 'on-close' ? terms.limitMilli : undefined;
  if (limit !== undefined && !isWithin(side, priceMilli, limit)) return order.end('lapsedMinor', 'starting_price_beyond_limit');
  const backed = terms.kind === 'on-close' ? order.liabilityMinor : order.remainingMinor;
  if (side === 'back') return finish(order, priceMilli, backed, at);
  const liabilityMinor =
    terms.kind === 'on-close' ? order.liabilityMinor : mulDiv(order.remainingMinor, terms.priceMilli - 1_000, 1_000, 'floor');
  if (terms.kind === 'limit' && liabilityMinor < liabilityMinMinor) return order.end('lapsedMinor', 'liability_below_min');
  finish(order, priceMilli, mulDiv(liabilityMinor, 1_000, priceMilli - 1_000, 'floor'), at);
}

/** The whole size goes at the starting price: a lay's may be more or less than was asked, its liability never more. */
function finish(order: HonestOrder, priceMilli: number, sizeMinor: number, at: number): void {
  if (order.request.terms.kind === 'limit') order.cancelledMinor += Math.max(0, order.remainingMinor - sizeMinor);
  if (sizeMinor > 0) order.addFill({ at, priceMilli, sizeMinor, liquidity: 'starting-price' });
  order.status = 'done';
}
