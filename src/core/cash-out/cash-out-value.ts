// What an open bet is worth at today's price, exactly: integers, and one rounding, down.
import { type Minor, mulDiv, type Ppm } from '../base/money.ts';
import type { OddsMilli } from '../base/odds.ts';

const MILLION = 1_000_000;

/**
 * floor(stake * struck odds / current odds * (1 - margin)). The stake comes back exactly when the price has not moved and there is no margin, and it
 * is always less than the bet could win: current odds are above 1. This is the usual formula of bookmakers.
 */
export function cashOutValueMinor(
  bet: { readonly stakeMinor: Minor; readonly oddsMilli: OddsMilli },
  currentMilli: OddsMilli,
  marginPpm: Ppm,
): Minor {
  const kept = Math.max(0, MILLION - marginPpm);
  // At most 10^6 * 10^6: both factors are exact, and mulDiv takes the product further where it must.
  return mulDiv(bet.stakeMinor, bet.oddsMilli * kept, currentMilli * MILLION, 'floor');
}
