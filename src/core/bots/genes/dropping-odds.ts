// dropping_odds: follows a price that fell by a share within a window. It needs a path of prices: an opening and a closing
// price are not one.
import type { BookPrice } from '../book-price.ts';
import { pass, type Pass } from '../input.ts';
import { missOf, type OddsBand, outOfBand, WITHDRAWN } from './odds-band.ts';

/** Fewer prices than this are no path. */
const PATH_PRICES_MIN = 3;

export interface DropCondition {
  readonly dropPpm: number;
  readonly windowMs: number;
  /** Number of the book whose price must fall; null: the one that is bet on. */
  readonly book: number | null;
}

export class DroppingOdds {
  readonly #band: OddsBand;
  readonly #drop: DropCondition;

  constructor(band: OddsBand, drop: DropCondition) {
    this.#band = band;
    this.#drop = drop;
  }

  /**
   * The selection in the band that fell most. no_path: need and have are prices seen (2 and 1: none of the earlier ones is
   * known to have stood in the window). condition_not_met: need and have are falls in ppm of the highest price.
   */
  pick(price: BookPrice, now: number): number | Pass {
    const { book, dropPpm, windowMs } = this.#drop;
    const watched = book === null ? price : price.market.books[book];
    if (watched === undefined || watched.seen < PATH_PRICES_MIN) return pass('no_path', PATH_PRICES_MIN, watched?.seen ?? 0);
    if (watched.inPlay !== price.inPlay) return pass('no_path', PATH_PRICES_MIN, 0);
    const odds = price.oddsMilli;
    let best = -1;
    let bestFall = -1;
    let nearest = 0;
    let distance = Infinity;
    let inBand = false;
    for (let i = 0; i < odds.length; i++) {
      const o = odds[i] as number;
      if (o === 0) continue;
      const miss = missOf(this.#band, o);
      if (miss > 0) {
        if (miss < distance) {
          distance = miss;
          nearest = o;
        }
        continue;
      }
      inBand = true;
      const fall = fallPpm(watched, i, now - windowMs);
      if (fall > bestFall) {
        best = i;
        bestFall = fall;
      }
    }
    if (!inBand) return nearest === 0 ? WITHDRAWN : outOfBand(this.#band, nearest);
    if (best < 0) return pass('no_path', 2, 1);
    return bestFall >= dropPpm ? best : pass('condition_not_met', dropPpm, bestFall);
  }
}

/** Fall from the highest price since `from`, ppm; -1 when no earlier price is known to have stood then. */
function fallPpm(watched: BookPrice, place: number, from: number): number {
  const now = watched.oddsMilli[place] as number;
  const highest = now === 0 ? 0 : watched.highestSince(place, from);
  return highest === 0 ? -1 : Math.round(((highest - now) * 1_000_000) / highest);
}
