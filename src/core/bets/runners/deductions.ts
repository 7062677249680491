// Rule 4: what is kept back from the winnings of bets struck before another runner was withdrawn, by the price that runner had.
// The table is data: houses draw the bands differently, so a market may be opened with its own.
import { type Refusal, refuse } from '../../base/refusal.ts';
import { ODDS_MILLI_MAX, ODDS_MILLI_MIN } from '../../base/odds.ts';

export interface DeductionRules {
  /** Shortest prices first: a price up to `oddsMilliMax` costs `deductionPpm` of the winnings; above the last band nothing. */
  readonly bands: readonly (readonly [oddsMilliMax: number, deductionPpm: number])[];
  /** Several withdrawals add up to no more than this. */
  readonly capPpm: number;
  /** A total up to this is not taken at all. */
  readonly waivedPpm: number;
}

export const BANDS_MAX = 64;
const PPM = 1_000_000;

/**
 * Tattersalls Rule 4(c): 90p in the pound up to 1/9, 85p up to 2/11, ... 5p up to 14/1. Upper ends of the bands as decimal odds, rounded to
 * thousandths; a price between two bands (1.19, 2.24) counts in the cheaper one.
 */
export const TATTERSALLS: DeductionRules = {
  bands: [
    [1_111, 900_000], // 1/9
    [1_182, 850_000], // 2/11
    [1_250, 800_000], // 1/4
    [1_300, 750_000], // 3/10
    [1_400, 700_000], // 2/5
    [1_533, 650_000], // 8/15
    [1_615, 600_000], // 8/13
    [1_800, 550_000], // 4/5
    [1_952, 500_000], // 20/21
    [2_200, 450_000], // 6/5
    [2_500, 400_000], // 6/4
    [2_750, 350_000], // 7/4
    [3_250, 300_000], // 9/4
    [4_000, 250_000], // 3/1
    [5_000, 200_000], // 4/1
    [6_500, 150_000], // 11/2
    [10_000, 100_000], // 9/1
    [15_000, 50_000], // 14/1
  ],
  capPpm: 900_000,
  waivedPpm: 50_000,
};

/** Share of the winnings that a withdrawal at this price costs the bets on others, ppm. */
export function deductionAt({ bands }: DeductionRules, oddsMilli: number): number {
  for (const [oddsMilliMax, deductionPpm] of bands) if (oddsMilli <= oddsMilliMax) return deductionPpm;
  return 0;
}

/** What several withdrawals cost together, ppm. */
export function totalDeduction({ capPpm, waivedPpm }: DeductionRules, sumPpm: number): number {
  return sumPpm <= waivedPpm ? 0 : Math.min(sumPpm, capPpm);
}

/** The rules with their members in alphabetical order, or why they are none. */
export function readDeductions(given: unknown, path: string): DeductionRules | Refusal {
  const { bands, capPpm, waivedPpm, ...more } = (given ?? {}) as Partial<DeductionRules>;
  if (typeof given !== 'object' || given === null || Object.keys(more).length > 0) return refuse('malformed', { path });
  if (!isPpm(capPpm)) return refuse('malformed', { path: `${path}/capPpm`, need: PPM });
  if (!isPpm(waivedPpm)) return refuse('malformed', { path: `${path}/waivedPpm`, need: PPM });
  if (!Array.isArray(bands) || bands.length > BANDS_MAX) return refuse('malformed', { path: `${path}/bands`, need: BANDS_MAX });
  let last = ODDS_MILLI_MIN - 1;
  const read: [number, number][] = [];
  for (const [i, band] of (bands as readonly unknown[]).entries()) {
    const [until, ppm] = Array.isArray(band) && band.length === 2 ? (band as [unknown, unknown]) : [0, 0];
    if (!isPpm(ppm) || !Number.isInteger(until) || (until as number) <= last || (until as number) > ODDS_MILLI_MAX)
      return refuse('malformed', { path: `${path}/bands/${i}` });
    last = until as number;
    read.push([last, ppm]);
  }
  return { bands: read, capPpm, waivedPpm };
}

export function isPpm(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= PPM;
}
