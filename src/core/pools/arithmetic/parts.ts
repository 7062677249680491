// A net in parts by weight. Each is rounded down by itself, so that equal weights have equal parts and a smaller weight never the larger one,
// but for a minor unit where what is left over is handed out.
import { mulDiv } from '../../base/money.ts';
import type { PoolRules } from '../state/pool-rules.ts';

export interface Parts {
  /** One per weight, in order. */
  readonly partsMinor: readonly number[];
  readonly breakageMinor: number;
  readonly roundingMinor: number;
}

/**
 * Weights are whole and positive. What all parts leave over is less than one minor unit for each: breakage with a step of more than one, else one more
 * for each of the first parts or `rounding`, as odd cents go.
 */
export function partsOf(
  netMinor: number,
  weights: readonly number[],
  { breakage, oddCents }: Pick<PoolRules, 'breakage' | 'oddCents'>,
): Parts {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const partsMinor = weights.map((weight) => mulDiv(netMinor, weight, all, 'floor'));
  const restMinor = netMinor - partsMinor.reduce((sum, part) => sum + part, 0);
  if (breakage.stepMinor > 1) return { partsMinor, breakageMinor: restMinor, roundingMinor: 0 };
  if (oddCents === 'rounding') return { partsMinor, breakageMinor: 0, roundingMinor: restMinor };
  return { partsMinor: partsMinor.map((part, i) => (i < restMinor ? part + 1 : part)), breakageMinor: 0, roundingMinor: 0 };
}
