// The starting price of short lists of orders, and what each of them gets: what the off does order by order in the books, seen at once.
import { type Ladder, NO_TICK } from './ladder.ts';
import { layStakeMinor, type Offered, Offers } from './starting-price.ts';

/** Takes the price of its tick or better: backers a higher one, layers a lower one. */
export interface AtStartingPrice {
  readonly tick: number;
  /** A backer's stake, a layer's liability, minor units. */
  readonly sizeMinor: number;
  /** A limit order of a layer, whose size is the stake. */
  readonly isStake?: true;
}

export interface StartingPrice {
  readonly tick: number;
  /** Stake matched of each order, in the order given. */
  readonly backs: readonly number[];
  readonly lays: readonly number[];
}

/**
 * `backs` and `lays` in priority: who is cut when the sides are uneven is at the end. Null when no price suits both sides.
 */
export function makeStartingPrice(
  ladder: Ladder,
  backs: readonly AtStartingPrice[],
  lays: readonly AtStartingPrice[],
): StartingPrice | null {
  const offers = new Offers(ladder);
  offers.addBacks(columnsOf(backs));
  offers.addLiabilities(columnsOf(lays.filter(({ isStake }) => !isStake)));
  offers.addLayStakes(columnsOf(lays.filter(({ isStake }) => isStake)));
  const best = offers.bestTick();
  if (best === NO_TICK) return null;
  const stakes = backs.map(({ sizeMinor, tick }) => (tick <= best ? sizeMinor : 0));
  const priceMilli = ladder.milliOf(best);
  const layStakes = lays.map((lay) => {
    if (lay.tick < best) return 0;
    return lay.isStake ? lay.sizeMinor : layStakeMinor(lay.sizeMinor, priceMilli);
  });
  const total = Math.min(sum(stakes), sum(layStakes));
  return { tick: best, backs: cut(stakes, total), lays: cut(layStakes, total) };
}

function columnsOf(orders: readonly AtStartingPrice[]): Offered {
  return { ticks: orders.map(({ tick }) => tick), sizesMinor: orders.map(({ sizeMinor }) => sizeMinor) };
}

/** Gives each what it asks, in order, until the total is reached. */
function cut(wanted: readonly number[], total: number): number[] {
  let left = total;
  return wanted.map((size) => {
    const given = Math.min(size, left);
    left -= given;
    return given;
  });
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
