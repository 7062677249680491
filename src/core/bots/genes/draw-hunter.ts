// draw_hunter: backs the draw of two even teams, when it pays enough.
import type { BookPrice } from '../book-price.ts';
import { pass, type Pass } from '../input.ts';
import { missOf, type OddsBand, outOfBand, WITHDRAWN } from './odds-band.ts';

const [HOME, DRAW, AWAY] = [0, 1, 2];

export class DrawHunter {
  readonly #band: OddsBand;
  readonly #maxGap: number;

  constructor(band: OddsBand, maxGapMilli: number) {
    this.#band = band;
    this.#maxGap = maxGapMilli;
  }

  /** condition_not_met: need = largest gap between home and away odds, have = the gap, thousandths. */
  pick(price: BookPrice): number | Pass {
    const odds = price.oddsMilli;
    const home = odds[HOME] as number;
    const draw = odds[DRAW] as number;
    const away = odds[AWAY] as number;
    if (home === 0 || draw === 0 || away === 0) return WITHDRAWN;
    if (missOf(this.#band, draw) > 0) return outOfBand(this.#band, draw);
    const gap = Math.abs(home - away);
    return gap <= this.#maxGap ? DRAW : pass('condition_not_met', this.#maxGap, gap);
  }
}
