// The starting price of a selection: made at the off from the orders that take it and from the limit orders that it suits. It is the price of
// the ladder at which most is matched: backers bring stakes, layers liabilities, and a liability L lays L / (price - 1); a limit lay brings
// its stake. A pure function of the orders.
import { NO_TICK, type Ladder } from './ladder.ts';

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
 * Among prices that match equally much the one with the smaller surplus is taken, and of those the highest: the price of the limit lay that
 * backers meet, not one below it.
 */
export function makeStartingPrice(
  ladder: Ladder,
  backs: readonly AtStartingPrice[],
  lays: readonly AtStartingPrice[],
): StartingPrice | null {
  let best = NO_TICK;
  let most = 0;
  let least = Number.POSITIVE_INFINITY;
  // Between two limits only the worth of the liabilities changes, and that falls as the price rises: the best price is at a limit or where
  // the sides cross, so that looking at every tick between the lowest backer and the highest layer finds it.
  const from = backs.reduce((low, { tick }) => Math.min(low, tick), ladder.ticks);
  const to = lays.reduce((high, { tick }) => Math.max(high, tick), NO_TICK);
  const volumes = new Volumes(ladder, { backs, lays, from, to });
  for (let tick = from; tick <= to; tick++) {
    const { back, lay } = volumes.at(tick);
    const matched = Math.min(back, lay);
    const surplus = Math.abs(back - lay);
    if (matched < most || (matched === most && surplus > least)) continue;
    best = tick;
    most = matched;
    least = surplus;
  }
  if (best === NO_TICK || most === 0) return null;
  const stakes = backs.map(({ sizeMinor, tick }) => (tick <= best ? sizeMinor : 0));
  const priceMilli = ladder.milliOf(best);
  const layStakes = lays.map((lay) => {
    if (lay.tick < best) return 0;
    return lay.isStake ? lay.sizeMinor : layStakeMinor(lay.sizeMinor, priceMilli);
  });
  const total = Math.min(sum(stakes), sum(layStakes));
  return { tick: best, backs: cut(stakes, total), lays: cut(layStakes, total) };
}

/** Stake that a liability lays at a price: rounded down, the layer never risks more than stated. */
export function layStakeMinor(liabilityMinor: number, priceMilli: number): number {
  return Math.floor((liabilityMinor * 1000) / (priceMilli - 1000));
}

/** What could be matched on each side at a price; asked for rising ticks. */
class Volumes {
  readonly #ladder: Ladder;
  readonly #backAt: Float64Array;
  readonly #layAt: Float64Array;
  readonly #layStakeAt: Float64Array;
  readonly #from: number;
  #back = 0;
  #liability: number;
  #layStake: number;

  constructor(
    ladder: Ladder,
    of: { backs: readonly AtStartingPrice[]; lays: readonly AtStartingPrice[]; from: number; to: number },
  ) {
    const { backs, from, lays, to } = of;
    this.#ladder = ladder;
    this.#from = from;
    this.#backAt = new Float64Array(Math.max(0, to - from + 1));
    this.#layAt = new Float64Array(Math.max(0, to - from + 1));
    for (const { sizeMinor, tick } of backs) if (tick <= to) this.#backAt[tick - from]! += sizeMinor;
    this.#layStakeAt = new Float64Array(this.#layAt.length);
    for (const { isStake, sizeMinor, tick } of lays) {
      if (tick >= from) (isStake ? this.#layStakeAt : this.#layAt)[tick - from]! += sizeMinor;
    }
    this.#liability = sum(this.#layAt);
    this.#layStake = sum(this.#layStakeAt);
  }

  at(tick: number): { back: number; lay: number } {
    this.#back += this.#backAt[tick - this.#from] as number;
    if (tick > this.#from) {
      this.#liability -= this.#layAt[tick - 1 - this.#from] as number;
      this.#layStake -= this.#layStakeAt[tick - 1 - this.#from] as number;
    }
    return { back: this.#back, lay: this.#layStake + layStakeMinor(this.#liability, this.#ladder.milliOf(tick)) };
  }
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
