// What the withdrawal of a runner does to prices and liabilities on the others, by the published rules of the exchange that the recordings are
// from (support.betfair.com answers 406, place markets, and 408, win markets). Shares are ppm, integers throughout.
import { mulDiv } from '../../base/money.ts';

const PPM = 1_000_000;
/** Below this nothing is reduced in win markets; in place markets every factor counts. */
export const REDUCES_MIN_PPM = 25_000;
/** From here on unmatched lays on the others are taken out. */
const CLEARS_LAYS_MIN_PPM = { win: 25_000, place: 40_000 } as const;
const PRICE_MILLI_MIN = 1_010;

export type RunnerMarket = keyof typeof CLEARS_LAYS_MIN_PPM;

/** A matched price after a withdrawal, to the nearest hundredth (half goes up) and never below 1.01: win markets reduce the price, place markets the winnings. */
export function reducedMilli(priceMilli: number, factorPpm: number, kind: RunnerMarket): number {
  if (kind === 'win' && factorPpm < REDUCES_MIN_PPM) return priceMilli;
  const kept = PPM - factorPpm;
  const reduced = kind === 'win' ? priceMilli * kept : 1_000 * PPM + (priceMilli - 1_000) * kept;
  return Math.max(PRICE_MILLI_MIN, Math.floor((reduced + 5 * PPM) / (10 * PPM)) * 10);
}

export function clearsLays(factorPpm: number, kind: RunnerMarket): boolean {
  return factorPpm >= CLEARS_LAYS_MIN_PPM[kind];
}

/**
 * Liability of a lay for the starting price after a withdrawal, rounded up. In win markets by the share of the book that left of what is not the
 * runner's own (`ownPpm`, 0 where it is not known): L x (1 - factor / (1 - own)); in place markets L x (1 - factor).
 */
export function liabilityLeft(
  liabilityMinor: number,
  from: { readonly factorPpm: number; readonly ownPpm: number; readonly kind: RunnerMarket },
): number {
  const { factorPpm, kind, ownPpm } = from;
  const whole = kind === 'place' ? PPM : PPM - ownPpm;
  if (whole <= factorPpm) return liabilityMinor;
  return mulDiv(liabilityMinor, whole - factorPpm, whole, 'ceil');
}
