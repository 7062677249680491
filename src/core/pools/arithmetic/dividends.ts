// Parimutuel arithmetic: a net pool and who finished where, to dividends per unit. All integer; what is paid and what is left is the net again.
import type { PoolRules } from '../state/pool-rules.ts';
import { partsOf } from './parts.ts';

/** Selections that are paid from one part of the net, each unit alike. */
export interface Share {
  readonly selections: readonly number[];
  readonly weight: number;
}

export interface Dividend {
  readonly selections: readonly number[];
  readonly units: number;
  readonly dividendMinor: number;
  /** Left of this part when the step is one minor unit: paid to the earliest entries, one minor unit for each of their units. */
  readonly oddMinor: number;
}

export interface Dividends {
  readonly dividends: readonly Dividend[];
  readonly breakageMinor: number;
  readonly roundingMinor: number;
  /** What the house adds so that the minimum dividend is paid. */
  readonly topUpMinor: number;
}

interface Asked {
  readonly netMinor: number;
  /** Those that somebody backed, in order. */
  readonly shares: readonly Share[];
  readonly unitsOf: (selection: number) => number;
  readonly rules: Pick<PoolRules, 'breakage' | 'minDividendMinor' | 'minusPool' | 'oddCents'>;
  /** The most that the house adds: beyond it is paid what is there. */
  readonly topUpMaxMinor: number;
}

/**
 * A dividend is rounded down to the step: with a step of more than one minor unit what is left is breakage, with a step of one it is odd cents.
 * A dividend below the minimum is raised when the house pays.
 */
export function dividendsOf({ netMinor, rules, shares, topUpMaxMinor, unitsOf }: Asked): Dividends {
  const step = rules.breakage.stepMinor;
  const weights = shares.map(({ weight }) => weight);
  const { partsMinor, ...rest } = partsOf(netMinor, weights, rules);
  let { breakageMinor, roundingMinor } = rest;
  let topUpMinor = 0;
  const dividends: Dividend[] = [];
  for (const [i, { selections }] of shares.entries()) {
    const partMinor = partsMinor[i] as number;
    const units = selections.reduce((sum, selection) => sum + unitsOf(selection), 0);
    const floored = Math.floor(Math.floor(partMinor / units) / step) * step;
    const missing = rules.minDividendMinor * units - partMinor;
    const raised =
      floored < rules.minDividendMinor &&
      (missing <= 0 || (rules.minusPool === 'house-pays' && topUpMinor + missing <= topUpMaxMinor));
    const dividendMinor = raised ? rules.minDividendMinor : floored;
    const left = partMinor - dividendMinor * units;
    let oddMinor = 0;
    if (left < 0) topUpMinor -= left;
    else if (step > 1) breakageMinor += left;
    else if (rules.oddCents === 'rounding') roundingMinor += left;
    else oddMinor = left;
    dividends.push({ selections, units, dividendMinor, oddMinor });
  }
  return { dividends, breakageMinor, roundingMinor, topUpMinor };
}

/**
 * Weights of the first `places` places when runners tie: k that share places p to p + k - 1 share those of them that are paid. Groups are in
 * order of finish; weights are whole numbers over a common denominator.
 */
export function placeWeights(groups: readonly (readonly number[])[], places: number): Share[] {
  const shares: Share[] = [];
  const common = groups.reduce((all, { length }) => (length > 1 ? leastCommonMultiple(all, length) : all), 1);
  let taken = 0;
  for (const group of groups) {
    if (taken >= places) break;
    const paid = Math.min(group.length, places - taken);
    for (const runner of group) shares.push({ selections: [runner], weight: (paid * common) / group.length });
    taken += group.length;
  }
  return shares;
}

/** Orders of the first two that count, of `runners` that are numbered from 0: a tie for first makes each order right, one for second several. */
export function exactaWeights(groups: readonly (readonly number[])[], runners: number): Share[] {
  const [first = [], second = []] = groups;
  const [firsts, seconds] = first.length > 1 ? [first, first] : [first, second];
  const shares: Share[] = [];
  for (const a of firsts) {
    for (const b of seconds) if (a !== b) shares.push({ selections: [a * runners + b], weight: 1 });
  }
  return shares;
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
