// The starting price of a selection: made at the off from the orders that take it and from the limit orders that it suits. It is the price of
// the ladder at which most is matched: backers bring stakes, layers liabilities, and a liability L lays L / (price - 1); a limit lay brings
// its stake. Among prices that match equally much the one with the smaller surplus is taken, and of those the highest: the price of the limit
// lay that backers meet, not one below it.
import { NO_TICK, type Ladder } from './ladder.ts';

/** Stake that a liability lays at a price: rounded down, the layer never risks more than stated. */
export function layStakeMinor(liabilityMinor: number, priceMilli: number): number {
  return Math.floor((liabilityMinor * 1000) / (priceMilli - 1000));
}

/** Orders of one side, a column for the limit of each and one for what it brings. */
export interface Offered {
  readonly ticks: readonly number[];
  readonly sizesMinor: readonly number[];
}

/** What both sides offer, by the limit of each order: the price is made of sums, so that a hundred thousand orders are no lists. */
export class Offers {
  readonly #ladder: Ladder;
  readonly #backAt: Float64Array;
  readonly #liabilityAt: Float64Array;
  readonly #layStakeAt: Float64Array;
  #lowestBack: number;
  #highestLay = NO_TICK;

  constructor(ladder: Ladder) {
    this.#ladder = ladder;
    this.#backAt = new Float64Array(ladder.ticks);
    this.#liabilityAt = new Float64Array(ladder.ticks);
    this.#layStakeAt = new Float64Array(ladder.ticks);
    this.#lowestBack = ladder.ticks;
  }

  addBacks({ sizesMinor, ticks }: Offered): void {
    for (let i = 0; i < ticks.length; i++) {
      const tick = ticks[i] as number;
      this.#backAt[tick]! += sizesMinor[i] as number;
      if (tick < this.#lowestBack) this.#lowestBack = tick;
    }
  }

  addLiabilities(offered: Offered): void {
    this.#addLays(this.#liabilityAt, offered);
  }

  addLayStakes(offered: Offered): void {
    this.#addLays(this.#layStakeAt, offered);
  }

  /** The tick of the starting price, or NO_TICK. */
  bestTick(): number {
    let best = NO_TICK;
    let most = 0;
    let least = Number.POSITIVE_INFINITY;
    let back = 0;
    let liability = sumFrom(this.#liabilityAt, this.#lowestBack);
    let layStake = sumFrom(this.#layStakeAt, this.#lowestBack);
    // Between two limits only the worth of the liabilities changes, and that falls as the price rises: the best price is at a limit or where
    // the sides cross, so that looking at every tick between the lowest backer and the highest layer finds it.
    for (let tick = this.#lowestBack; tick <= this.#highestLay; tick++) {
      back += this.#backAt[tick] as number;
      const lay = layStake + layStakeMinor(liability, this.#ladder.milliOf(tick));
      liability -= this.#liabilityAt[tick] as number;
      layStake -= this.#layStakeAt[tick] as number;
      const matched = Math.min(back, lay);
      const surplus = Math.abs(back - lay);
      if (matched < most || (matched === most && surplus > least)) continue;
      best = tick;
      most = matched;
      least = surplus;
    }
    return most === 0 ? NO_TICK : best;
  }

  #addLays(into: Float64Array, { sizesMinor, ticks }: Offered): void {
    for (let i = 0; i < ticks.length; i++) {
      const tick = ticks[i] as number;
      into[tick]! += sizesMinor[i] as number;
      if (tick > this.#highestLay) this.#highestLay = tick;
    }
  }
}

function sumFrom(amounts: Float64Array, tick: number): number {
  let total = 0;
  for (let at = tick; at < amounts.length; at++) total += amounts[at] as number;
  return total;
}
