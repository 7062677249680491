// What an open bet is worth at today's price, exactly: integers, and one rounding, down.
import { type Minor, mulDiv, type Ppm, toSafe } from '../base/money.ts';
import type { OddsMilli } from '../base/odds.ts';
import { type Factor, type Lines, multiplePayout } from '../bets/multiples/multiple-payout.ts';

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

/** What an open leg multiplies a line's stake by while it is worth something and nothing is certain: struck odds / current odds. */
export function openFactor(oddsMilli: OddsMilli, currentMilli: OddsMilli): Factor {
  return { num: BigInt(oddsMilli), den: BigInt(currentMilli) };
}

/**
 * cashOutValueMinor() of several legs, summed over all lines: open legs with openFactor(), decided ones with what they came to. Of two open legs it is
 * stake * product of struck odds / product of current odds.
 */
export function multipleValueMinor(lines: Lines & { readonly stakePerLineMinor: Minor }, marginPpm: Ppm): Minor {
  const kept = BigInt(Math.max(0, MILLION - marginPpm));
  const scaled = multiplePayout({ ...lines, stakePerLineMinor: BigInt(lines.stakePerLineMinor) * kept }, 'floor');
  // A whole number divides a floor as it divides what was rounded: together this is one rounding.
  return toSafe(scaled / BigInt(MILLION));
}

/** The part of a stake nearest to the one wanted that takes the same whole amount from every line. */
export function nearestPart(lines: number, stakeMinor: Minor): Minor {
  return lines * Math.max(1, Math.round(stakeMinor / lines));
}
