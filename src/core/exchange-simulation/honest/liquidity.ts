// What our orders have taken from one runner's recorded offers. A recorded offer that we took stays in the recording; here it counts once:
// it cannot be taken again, and when the recording later trades it, that trade fills nobody of ours.
import type { RunnerBook } from '../stream/market-book.ts';
import type { Levels, Trade } from '../stream/price-ladder.ts';
import type { Side } from './honest-order.ts';

/** Volume at a price that can still fill orders of ours; both sides' stakes are counted as one. */
export interface MatchedVolume {
  readonly priceMilli: number;
  /** What changed hands in the recording. */
  readonly recordedMinor: number;
  leftMinor: number;
}

export class Liquidity {
  /** Price -> taken from what a back, or a lay, takes. */
  readonly #taken: Readonly<Record<Side, Map<number, number>>> = { back: new Map(), lay: new Map() };
  /** Price -> taken by us and not yet seen to trade in the recording. */
  readonly #owed = new Map<number, number>();

  /** What is left of the offer at a place of the levels. */
  available(side: Side, levels: Levels, place: number): number {
    const taken = this.#taken[side].get(levels.prices[place] as number) ?? 0;
    return Math.max(0, (levels.sizes[place] as number) - taken);
  }

  take(side: Side, priceMilli: number, sizeMinor: number): void {
    const taken = this.#taken[side];
    taken.set(priceMilli, (taken.get(priceMilli) ?? 0) + sizeMinor);
    this.#owed.set(priceMilli, (this.#owed.get(priceMilli) ?? 0) + sizeMinor);
  }

  /** Matched volumes of the recording less what is explained by offers that we had taken. */
  explain(trades: readonly Trade[]): MatchedVolume[] {
    const volumes: MatchedVolume[] = [];
    for (const { before, price, volume } of trades) {
      // Cumulative volume counts backers and layers: halves of the totals, so that no odd hundredth is lost or counted twice.
      const recordedMinor = Math.floor((before + volume) / 2) - Math.floor(before / 2);
      const owed = Math.min(this.#owed.get(price) ?? 0, recordedMinor);
      if (owed > 0) this.#owed.set(price, (this.#owed.get(price) as number) - owed);
      volumes.push({ priceMilli: price, recordedMinor, leftMinor: recordedMinor - owed });
    }
    return volumes;
  }

  /** After an update: of a level that shrank no more can be ours than there is. */
  cap(runner: RunnerBook): void {
    capAt(this.#taken.back, runner.toBack);
    capAt(this.#taken.lay, runner.toLay);
  }

  get empty(): boolean {
    return this.#taken.back.size === 0 && this.#taken.lay.size === 0;
  }
}

function capAt(taken: Map<number, number>, { prices, sizes }: Levels): void {
  for (const [price, size] of taken) {
    const place = prices.indexOf(price);
    const there = place < 0 ? 0 : (sizes[place] as number);
    if (there === 0) taken.delete(price);
    else if (size > there) taken.set(price, there);
  }
}
