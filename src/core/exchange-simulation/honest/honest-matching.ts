// How the honest simulator fills orders: what arrives takes what is left of the offers, what rests is filled in the order of price and then
// time, behind the recorded size that was there before it. Every hundredth of recorded liquidity is given out at most once.
import type { RunnerBook } from '../stream/market-book.ts';
import type { Levels } from '../stream/price-ladder.ts';
import type { HonestOrder, LimitTerms, Side } from './honest-order.ts';
import type { Liquidity, MatchedVolume } from './liquidity.ts';

export interface Place {
  readonly runner: RunnerBook;
  readonly liquidity: Liquidity;
  readonly at: number;
}

/** Offers that an order of this side takes, best first. */
export function offersFor(side: Side, runner: RunnerBook): Levels {
  return side === 'back' ? runner.toBack : runner.toLay;
}

/** Recorded orders that an order of this side queues among. */
export function queueFor(side: Side, runner: RunnerBook): Levels {
  return side === 'back' ? runner.toLay : runner.toBack;
}

/** True when the price is as good as the limit for that side. */
export function isWithin(side: Side, priceMilli: number, limitMilli: number): boolean {
  return side === 'back' ? priceMilli >= limitMilli : priceMilli <= limitMilli;
}

/** Takes every offer within the limit, each at its own price. */
export function takeOffers(order: HonestOrder, terms: LimitTerms, place: Place): void {
  meetOffers(order, terms, place, 'taker');
}

/** Offers that came to cross a resting order: a taker would have met it first, at its own price. */
export function fillFromCrossing(order: HonestOrder, terms: LimitTerms, place: Place): void {
  meetOffers(order, terms, place, 'maker');
}

function meetOffers(order: HonestOrder, terms: LimitTerms, { at, liquidity, runner }: Place, as: 'taker' | 'maker'): void {
  const { side } = order.request;
  const offers = offersFor(side, runner);
  for (let i = 0; i < offers.prices.length && order.remainingMinor > 0; i++) {
    const priceMilli = offers.prices[i] as number;
    if (!isWithin(side, priceMilli, terms.priceMilli)) return;
    const sizeMinor = Math.min(order.remainingMinor, liquidity.available(side, offers, i));
    if (sizeMinor === 0) continue;
    liquidity.take(side, priceMilli, sizeMinor);
    order.addFill({ at, priceMilli: as === 'taker' ? priceMilli : terms.priceMilli, sizeMinor, liquidity: as });
  }
}

/**
 * Fill or kill: offers are taken from the best as long as the average price stays within the limit, the last one in part if need be;
 * below the minimum nothing is taken at all.
 */
export function fillOrKill(order: HonestOrder, terms: LimitTerms, place: Place): void {
  const parts = averageWithin(order, terms, place);
  const total = parts.reduce((sum, part) => sum + part.sizeMinor, 0);
  if (total > 0 && total >= (terms.fillOrKill?.minFillMinor ?? terms.sizeMinor)) {
    for (const { priceMilli, sizeMinor } of parts) {
      place.liquidity.take(order.request.side, priceMilli, sizeMinor);
      order.addFill({ at: place.at, priceMilli, sizeMinor, liquidity: 'taker' });
    }
  }
  if (order.remainingMinor > 0) order.end('cancelledMinor', 'killed');
}

function averageWithin(
  order: HonestOrder,
  terms: LimitTerms,
  { liquidity, runner }: Place,
): { priceMilli: number; sizeMinor: number }[] {
  const { side } = order.request;
  const offers = offersFor(side, runner);
  const parts: { priceMilli: number; sizeMinor: number }[] = [];
  let left = terms.sizeMinor;
  /** How much better than the limit the parts are so far: the sum of size x difference, never below 0. */
  let slack = 0;
  for (let i = 0; i < offers.prices.length && left > 0; i++) {
    const priceMilli = offers.prices[i] as number;
    const better = side === 'back' ? priceMilli - terms.priceMilli : terms.priceMilli - priceMilli;
    const affordable = better >= 0 ? left : Math.floor(slack / -better);
    const sizeMinor = Math.min(left, affordable, liquidity.available(side, offers, i));
    if (sizeMinor > 0) parts.push({ priceMilli, sizeMinor });
    slack += sizeMinor * better;
    left -= sizeMinor;
    if (better < 0 && sizeMinor === affordable) break;
  }
  return parts;
}

/** Joins the end of the queue at its price. */
export function joinQueue(order: HonestOrder, terms: LimitTerms, { liquidity, runner }: Place): void {
  const opposite: Side = order.request.side === 'back' ? 'lay' : 'back';
  const queue = queueFor(order.request.side, runner);
  const place = queue.prices.indexOf(terms.priceMilli);
  order.levelMinor = place < 0 ? 0 : (queue.sizes[place] as number);
  order.aheadMinor = place < 0 ? 0 : liquidity.available(opposite, queue, place);
}

/** What an update did to the orders that rest on one runner, in the order of their priority. */
export function fillResting(orders: readonly HonestOrder[], volumes: readonly MatchedVolume[], place: Place): void {
  for (const order of orders) {
    const { terms } = order.request;
    if (terms.kind !== 'limit') continue;
    const own = volumes.find(({ priceMilli }) => priceMilli === terms.priceMilli);
    if (own) useVolume(order, terms, own, place.at);
    advanceQueue(order, terms, own?.recordedMinor ?? 0, place.runner);
    for (const volume of volumes) {
      if (volume !== own && isWithin(order.request.side, volume.priceMilli, terms.priceMilli))
        useVolume(order, terms, volume, place.at);
    }
  }
}

/** The queue ahead goes first; what fills this order is not there for the next. */
function useVolume(order: HonestOrder, terms: LimitTerms, volume: MatchedVolume, at: number): void {
  if (order.remainingMinor === 0) return;
  const passed = Math.min(order.aheadMinor, volume.leftMinor);
  order.aheadMinor -= passed;
  const sizeMinor = Math.min(order.remainingMinor, volume.leftMinor - passed);
  if (sizeMinor === 0) return;
  volume.leftMinor -= sizeMinor;
  order.addFill({ at, priceMilli: terms.priceMilli, sizeMinor, liquidity: 'maker' });
}

/**
 * What left the level without trading was cancelled, ahead and behind in proportion (rounded so that the queue ahead stays the longer),
 * and no more can be ahead than is there.
 */
function advanceQueue(order: HonestOrder, terms: LimitTerms, tradedMinor: number, runner: RunnerBook): void {
  const queue = queueFor(order.request.side, runner);
  const place = queue.prices.indexOf(terms.priceMilli);
  const now = place < 0 ? 0 : (queue.sizes[place] as number);
  const kept = Math.max(0, order.levelMinor - tradedMinor);
  const ahead = Math.min(order.aheadMinor, kept);
  const cancelled = Math.max(0, kept - now);
  order.aheadMinor = Math.min(kept === 0 ? 0 : ahead - shareOf(cancelled, ahead, kept), now);
  order.levelMinor = now;
}

/** floor(part * of / whole), exact. */
function shareOf(part: number, of: number, whole: number): number {
  const product = part * of;
  return product <= Number.MAX_SAFE_INTEGER ? Math.floor(product / whole) : Number((BigInt(part) * BigInt(of)) / BigInt(whole));
}
