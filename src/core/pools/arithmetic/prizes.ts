// Prizes of a bolão: a net pool and how many entries have how many points, to an amount per entry. All integer; entries with the same points
// share the places they hold together.
import type { PoolRules } from '../state/pool-rules.ts';
import { partsOf } from './parts.ts';

export interface Prize {
  readonly points: number;
  readonly entries: number;
  readonly eachMinor: number;
  /** Left of what they share: one minor unit each to the earliest of them. */
  readonly oddMinor: number;
}

export interface Prizes {
  readonly prizes: readonly Prize[];
  readonly breakageMinor: number;
  readonly roundingMinor: number;
}

/** Points and how many entries have them, most points first. */
export type Standing = readonly (readonly [points: number, entries: number])[];

interface Asked {
  readonly netMinor: number;
  readonly standing: Standing;
  readonly rules: Pick<PoolRules, 'breakage' | 'noWinner' | 'oddCents' | 'prize'>;
}

/** Null when nobody won: nobody has a point, or none has enough, and the rules do not pay the nearest. */
export function prizesOf({ netMinor, rules, standing }: Asked): Prizes | null {
  const weighed = weighedBy(rules.prize, standing);
  const nearest = standing[0];
  if (weighed.length > 0) return split(netMinor, weighed, rules);
  if (rules.noWinner !== 'nearest' || !nearest) return null;
  return split(netMinor, [{ points: nearest[0], entries: nearest[1], weight: 1 }], rules);
}

interface Weighed {
  readonly points: number;
  readonly entries: number;
  readonly weight: number;
}

function weighedBy(prize: PoolRules['prize'], standing: Standing): Weighed[] {
  const scored = standing.filter(([points]) => points > 0);
  if (prize.kind === 'proportional') {
    return scored
      .filter(([points]) => points >= prize.minPoints)
      .map(([points, entries]) => ({ points, entries, weight: points * entries }));
  }
  const shares = prize.kind === 'winner' ? [1] : prize.sharesPpm;
  const weighed: Weighed[] = [];
  let place = 0;
  for (const [points, entries] of scored) {
    if (place >= shares.length) break;
    const joined = shares.slice(place, place + entries).reduce((sum, share) => sum + share, 0);
    weighed.push({ points, entries, weight: joined });
    place += entries;
  }
  return weighed;
}

/** Shares of places that nobody holds go to those that are held, in proportion: the weights in use are the whole. */
function split(netMinor: number, weighed: readonly Weighed[], rules: Asked['rules']): Prizes {
  const step = rules.breakage.stepMinor;
  const weights = weighed.map(({ weight }) => weight);
  const { partsMinor, ...rest } = partsOf(netMinor, weights, rules);
  let { breakageMinor, roundingMinor } = rest;
  const prizes: Prize[] = [];
  for (const [i, { entries, points }] of weighed.entries()) {
    const partMinor = partsMinor[i] as number;
    const eachMinor = Math.floor(Math.floor(partMinor / entries) / step) * step;
    const left = partMinor - eachMinor * entries;
    let oddMinor = 0;
    if (step > 1) breakageMinor += left;
    else if (rules.oddCents === 'rounding') roundingMinor += left;
    else oddMinor = left;
    prizes.push({ points, entries, eachMinor, oddMinor });
  }
  return { prizes, breakageMinor, roundingMinor };
}
