// The price ladders of a recorded market, by the names that its definition has for them.
import { CLASSIC, FINEST, type Ladder, NO_TICK } from '../exchange/ladder.ts';

const LADDERS: ReadonlyMap<string, Ladder> = new Map([
  ['CLASSIC', CLASSIC],
  ['FINEST', FINEST],
]);

/** The first price of both. */
export const PRICE_MILLI_MIN = CLASSIC.milliOf(0);

/** True for a price that an order may have on the ladder of that name; an unknown ladder has no prices. */
export function isOnLadder(priceMilli: number, ladder: string): boolean {
  const tick = LADDERS.get(ladder)?.tickOf(priceMilli) ?? NO_TICK;
  return tick !== NO_TICK;
}
