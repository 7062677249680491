// The off is declared at once: the starting price of each selection and how much is matched at it, of those who asked for it and of the limit
// orders that it suits. The orders follow by timer (off-chunk.ts), each with what these sums leave for its place in the priority.
import { BACK, LAY } from '../book/orders.ts';
import type { Exchange, ExchangeMarket } from '../exchange.ts';
import { NO_TICK } from '../ladder.ts';
import { layStakeMinor, Offers } from '../starting-price.ts';
import { AtStart, Takers } from './takers.ts';

/** Stakes of backs and of lays, minor units. */
export type BySide = readonly [backsMinor: number, laysMinor: number];

/** What is declared of a selection. Both sides come to the same sum over takers and limit orders. */
export interface DeclaredPrice {
  /** Matched of limit orders. */
  readonly limitsMinor: BySide;
  /** Lays that end because their owners back as well. */
  readonly ownLays: number;
  /** 0 when there is nothing to match. */
  readonly priceMilli: number;
  readonly selectionId: string;
  /** Matched of orders that take the starting price. */
  readonly takersMinor: BySide;
}

/** The same in state, each number what is still to be done. */
export interface AtOff {
  readonly selection: number;
  readonly priceMilli: number;
  readonly ownLays: number;
  readonly limitsMinor: BySide;
  readonly takersMinor: BySide;
}

export interface Off {
  /** Limit orders that lapse at the off take part: they were not lapsing already when it was declared. */
  readonly withLapsing: boolean;
  /** Selections that are not done, in their order. */
  readonly selections: readonly AtOff[];
}

/** In the order of the selections, those that somebody takes a starting price of. */
export function declareOff(exchange: Exchange, x: ExchangeMarket, selections: readonly string[]): DeclaredPrice[] {
  return selections.map((name, i) => declareSelection(exchange, x, [i, name])).filter((declared) => declared !== null);
}

function declareSelection(
  exchange: Exchange,
  x: ExchangeMarket,
  [selection, selectionId]: [number, string],
): DeclaredPrice | null {
  const takers = new Takers(exchange, x, selection);
  const backs = takers.of(BACK);
  const { lays, own } = takers.lays(backs);
  if (backs.rows.length + lays.rows.length === 0) return null;
  const withLapsing = x.lapse === null;
  // Limits are there for those who take any price: without these, none meets another at the off.
  const limitsOf = (side: number, against: AtStart): AtStart =>
    against.rows.length === 0 ? new AtStart() : takers.limits({ side, withLapsing, against });
  const limitBacks = limitsOf(BACK, lays);
  const limitLays = limitsOf(LAY, backs);
  const offers = new Offers(x.ladder);
  offers.addBacks(backs);
  offers.addBacks(limitBacks);
  offers.addLiabilities(lays);
  offers.addLayStakes(limitLays);
  const tick = offers.bestTick();
  const priceMilli = tick === NO_TICK ? 0 : x.ladder.milliOf(tick);
  const asked: BySide = [backedAt(backs, tick), laidAt(lays, tick, priceMilli)];
  const offered: BySide = [backedAt(limitBacks, tick), laidAt(limitLays, tick, null)];
  // The larger side is cut from its end: who asked for the starting price goes before who only accepts it.
  const total = Math.min(asked[BACK] + offered[BACK], asked[LAY] + offered[LAY]);
  const takersMinor: BySide = [Math.min(asked[BACK], total), Math.min(asked[LAY], total)];
  const limitsMinor: BySide = [total - takersMinor[BACK], total - takersMinor[LAY]];
  return { limitsMinor, ownLays: own.rows.length, priceMilli, selectionId, takersMinor };
}

/** A backer takes his price or a higher one, a layer his or a lower one; nobody takes a price that there is not. */
export function suits(side: number, limitTick: number, tick: number): boolean {
  if (tick === NO_TICK) return false;
  return side === BACK ? limitTick <= tick : limitTick >= tick;
}

/** Stake of the backs that the price suits. */
function backedAt({ sizesMinor, ticks }: AtStart, tick: number): number {
  let total = 0;
  for (let i = 0; i < ticks.length; i++) if (suits(BACK, ticks[i] as number, tick)) total += sizesMinor[i] as number;
  return total;
}

/** Stake of the lays that the price suits: of liabilities what they lay at it, of limit orders (null) their size. */
function laidAt({ sizesMinor, ticks }: AtStart, tick: number, priceMilli: number | null): number {
  let total = 0;
  for (let i = 0; i < ticks.length; i++) {
    if (!suits(LAY, ticks[i] as number, tick)) continue;
    const sizeMinor = sizesMinor[i] as number;
    total += priceMilli === null ? sizeMinor : layStakeMinor(sizeMinor, priceMilli);
  }
  return total;
}
