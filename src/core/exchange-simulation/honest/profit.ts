// What an order's fills come to once the market is settled: exact products of integers, one rounding per order. A player receives the floor
// and owes the ceiling.
import { divideBig, toSafe } from '../../base/money.ts';
import type { MarketBook } from '../stream/market-book.ts';
import type { HonestOrder } from './honest-order.ts';

export interface MarketResult {
  /** Places that win, and runners that share them. */
  readonly places: number;
  readonly winners: number;
  /** Each-way markets pay a part of the price for a place. */
  readonly eachWayDivisor?: number;
}

/** The result of a closed market; null while it is not closed, and for line markets, which pay by a number that the stream does not carry. */
export function resultOf(book: MarketBook): MarketResult | null {
  const { definition } = book;
  if (book.status !== 'CLOSED' || !definition || definition.bettingType === 'LINE') return null;
  const winners = book.runners.filter(({ status }) => status === 'WINNER').length;
  const places = definition.numberOfWinners ?? 1;
  const divisor = definition.marketType === 'EACH_WAY' ? definition.eachWayDivisor : undefined;
  return { places: places > 0 ? places : winners, winners, ...(divisor === undefined ? {} : { eachWayDivisor: divisor }) };
}

/** Profit of an order in minor units, given what became of its runner; null for a status that decides nothing. */
export function profitMinor(order: HonestOrder, runnerStatus: string, result: MarketResult): number | null {
  const share = shareOf(runnerStatus, result);
  if (share === null) return null;
  const back = order.request.side === 'back';
  const stake = order.matchedMinor * (result.eachWayDivisor === undefined ? 1 : 2);
  let returned = 0n;
  for (const { priceMilli, sizeMinor } of order.fills)
    returned += BigInt(sizeMinor) * returnedPer(priceMilli, runnerStatus, result);
  const paid = toSafe(divideBig(returned * share.part, share.whole * unitOf(result), back ? 'floor' : 'ceil'));
  return back ? paid - stake : stake - paid;
}

/** Fraction of the return that a runner's backers get: whole, none, or the shared places divided by those who share them. */
function shareOf(status: string, { places, winners }: MarketResult): { part: bigint; whole: bigint } | null {
  if (status === 'LOSER' || status === 'REMOVED') return { part: 0n, whole: 1n };
  if (status !== 'WINNER' && status !== 'PLACED') return null;
  const dead = status === 'WINNER' && winners > places;
  return dead ? { part: BigInt(places), whole: BigInt(winners) } : { part: 1n, whole: 1n };
}

/** Divisors are few decimals at most: thousandths of them are exact. */
function unitOf({ eachWayDivisor }: MarketResult): bigint {
  return eachWayDivisor === undefined ? 1_000n : 1_000n * BigInt(Math.round(eachWayDivisor * 1_000));
}

/** What one minor unit of stake gets back, times the unit. An each-way bet is two: to win, and for a place at a part of the odds. */
function returnedPer(priceMilli: number, status: string, result: MarketResult): bigint {
  if (result.eachWayDivisor === undefined) return BigInt(priceMilli);
  const divisor = BigInt(Math.round(result.eachWayDivisor * 1_000));
  const place = 1_000n * divisor + BigInt(priceMilli - 1_000) * 1_000n;
  return status === 'WINNER' ? BigInt(priceMilli) * divisor + place : place;
}
