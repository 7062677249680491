// The range of odds that a picker takes, and the miss when a price lies outside it.
import { pass, type Pass, plainPass } from '../input.ts';

/** Thousandths, both ends included. */
export interface OddsBand {
  readonly min: number;
  readonly max: number;
}

export const WITHDRAWN = plainPass('selection_withdrawn');

/** Distance of odds from the band in thousandths; 0 inside. */
export function missOf(band: OddsBand, odds: number): number {
  if (odds < band.min) return band.min - odds;
  return odds > band.max ? odds - band.max : 0;
}

/** need = the end of the band that was missed, have = the odds (0: there was no price at all). */
export function outOfBand(band: OddsBand, odds: number): Pass {
  if (odds === 0) return WITHDRAWN;
  return pass('odds_out_of_range', odds < band.min ? band.min : band.max, odds);
}
