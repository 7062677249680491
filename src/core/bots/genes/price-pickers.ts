// Pickers that need nothing but the price list in front of them: odds_range, favourite, underdog, over_25.
// Of equal prices the first in the catalogue's order is taken.
import type { BookPrice } from '../book-price.ts';
import type { Pass } from '../input.ts';
import { missOf, type OddsBand, outOfBand, WITHDRAWN } from './odds-band.ts';

/** The shortest or longest price among those inside the band. */
export class OddsRange {
  readonly #band: OddsBand;
  readonly #longest: boolean;

  constructor(band: OddsBand, longest: boolean) {
    this.#band = band;
    this.#longest = longest;
  }

  pick(price: BookPrice): number | Pass {
    const odds = price.oddsMilli;
    let best = -1;
    let bestOdds = 0;
    let nearest = 0;
    let distance = Infinity;
    for (let i = 0; i < odds.length; i++) {
      const o = odds[i] as number;
      if (o === 0) continue;
      const miss = missOf(this.#band, o);
      if (miss === 0) {
        if (best < 0 || (this.#longest ? o > bestOdds : o < bestOdds)) {
          best = i;
          bestOdds = o;
        }
      } else if (miss < distance) {
        distance = miss;
        nearest = o;
      }
    }
    return best >= 0 ? best : outOfBand(this.#band, nearest);
  }
}

/** The shortest price of the market, when it lies in the band and nothing is withdrawn (or it might not be the shortest). */
export class Favourite {
  readonly #band: OddsBand;

  constructor(band: OddsBand) {
    this.#band = band;
  }

  pick(price: BookPrice): number | Pass {
    const odds = price.oddsMilli;
    let best = 0;
    for (let i = 0; i < odds.length; i++) {
      if (odds[i] === 0) return WITHDRAWN;
      if ((odds[i] as number) < (odds[best] as number)) best = i;
    }
    return inBand(this.#band, odds, best);
  }
}

/** The longest price of the market; in 1x2 that of the weaker team, never the draw. */
export class Underdog {
  readonly #band: OddsBand;

  constructor(band: OddsBand) {
    this.#band = band;
  }

  pick(price: BookPrice): number | Pass {
    const odds = price.oddsMilli;
    const { selections } = price.market;
    let best = 0;
    for (let i = 0; i < odds.length; i++) {
      if (odds[i] === 0) return WITHDRAWN;
      if (selections[i] !== 'draw' && (odds[i] as number) > (odds[best] as number)) best = i;
    }
    return inBand(this.#band, odds, best);
  }
}

/** Over, the first selection of a total. It is asked about over/under 2.5 goals only. */
export class Over25 {
  readonly #band: OddsBand;

  constructor(band: OddsBand) {
    this.#band = band;
  }

  pick(price: BookPrice): number | Pass {
    return inBand(this.#band, price.oddsMilli, 0);
  }
}

function inBand(band: OddsBand, odds: readonly number[], place: number): number | Pass {
  const o = odds[place] as number;
  return o !== 0 && missOf(band, o) === 0 ? place : outOfBand(band, o);
}
