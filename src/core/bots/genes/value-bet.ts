// value_bet_model_v1: bets when the fair probability says that the price pays too much.
import type { BookPrice } from '../book-price.ts';
import type { FairSource } from '../fair-price.ts';
import { pass, type Pass, plainPass } from '../input.ts';
import { missOf, type OddsBand, outOfBand } from './odds-band.ts';

const NO_FAIR_PRICE = plainPass('no_fair_price');

export class ValueBet {
  readonly #band: OddsBand;
  readonly #edgePpm: number;
  readonly #fair: FairSource;

  constructor(band: OddsBand, edgePpm: number, fair: FairSource) {
    this.#band = band;
    this.#edgePpm = edgePpm;
    this.#fair = fair;
  }

  /** The selection of the largest edge, probability x odds - 1, among those in the band. Numbers of a miss are ppm. */
  pick(price: BookPrice, now: number): number | Pass {
    const fair = this.#fair.of(price, now);
    if (fair === null) return NO_FAIR_PRICE;
    const odds = price.oddsMilli;
    const band = this.#band;
    let best = -1;
    let bestEdge = -Infinity;
    let nearest = 0;
    let distance = Infinity;
    for (let i = 0; i < odds.length; i++) {
      const o = odds[i] as number;
      if (o === 0) continue;
      const miss = missOf(band, o);
      if (miss === 0) {
        const edge = edgePpm(fair[i] as number, o);
        if (edge > bestEdge) {
          best = i;
          bestEdge = edge;
        }
      } else if (miss < distance) {
        distance = miss;
        nearest = o;
      }
    }
    if (best < 0) return outOfBand(band, nearest);
    return bestEdge >= this.#edgePpm ? best : pass('edge_too_small', this.#edgePpm, bestEdge);
  }
}

/** Expected profit per unit staked, ppm, rounded: the number that is compared is the number that is told. */
export function edgePpm(probability: number, oddsMilli: number): number {
  return Math.round((probability * oddsMilli - 1000) * 1000);
}
