// A net in parts by weight. Each is rounded down by itself, so that equal weights have equal parts and a smaller weight never the larger one.
import { mulDiv } from '../../base/money.ts';

export interface Parts {
  /** One per weight, in order. */
  readonly partsMinor: readonly number[];
  /** What all of them leave over: less than one minor unit for each. */
  readonly restMinor: number;
}

/** Weights are whole and positive. Odd cents that go to the earliest begin with the first part: nobody ranks before it. */
export function partsOf(netMinor: number, weights: readonly number[], rest: 'first-part' | 'apart'): Parts {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const partsMinor = weights.map((weight) => mulDiv(netMinor, weight, all, 'floor'));
  const restMinor = netMinor - partsMinor.reduce((sum, part) => sum + part, 0);
  if (rest === 'apart' || partsMinor.length === 0) return { partsMinor, restMinor };
  partsMinor[0] = (partsMinor[0] as number) + restMinor;
  return { partsMinor, restMinor: 0 };
}
