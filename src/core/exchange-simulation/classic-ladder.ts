// The price ladders of betting exchanges in thousandths: CLASSIC widens its steps as prices grow, FINEST is hundredths throughout.

export const PRICE_MILLI_MIN = 1_010;
export const PRICE_MILLI_MAX = 1_000_000;

/** Up to this price (exclusive), this step. */
const CLASSIC_STEPS: readonly (readonly [below: number, step: number])[] = [
  [2_000, 10],
  [3_000, 20],
  [4_000, 50],
  [6_000, 100],
  [10_000, 200],
  [20_000, 500],
  [30_000, 1_000],
  [50_000, 2_000],
  [100_000, 5_000],
  [Infinity, 10_000],
];

/** True for a price that an order may have on the ladder of that name; an unknown ladder has no prices. */
export function isOnLadder(priceMilli: number, ladder: string): boolean {
  if (!Number.isInteger(priceMilli) || priceMilli < PRICE_MILLI_MIN || priceMilli > PRICE_MILLI_MAX) return false;
  if (ladder === 'FINEST') return priceMilli % 10 === 0;
  if (ladder !== 'CLASSIC') return false;
  const [, step] = CLASSIC_STEPS.find(([below]) => priceMilli < below) as readonly [number, number];
  return priceMilli % step === 0;
}
