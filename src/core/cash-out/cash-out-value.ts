// What an open bet is worth at today's price, exactly: integers, and one rounding, down.
import { divideBig, type Minor, type Ppm, toSafe } from '../base/money.ts';
import type { OddsMilli } from '../base/odds.ts';
import { type Factor, type Lines, legFactor, multiplePayout } from '../bets/multiples/multiple-payout.ts';
import { WON } from '../settlement/outcome.ts';

const MILLION = 1_000_000;

/** A single, and what withdrawals since it was struck take from its winnings (Rule 4). */
export interface StruckBet {
  readonly stakeMinor: Minor;
  readonly oddsMilli: OddsMilli;
  readonly deductionPpm?: Ppm;
}

/**
 * floor(stake * struck odds / current odds * (1 - margin)). The stake comes back exactly when the price has not moved and there is no margin, and it
 * is always less than the bet could win: current odds are above 1. This is the usual formula of bookmakers.
 */
export function cashOutValueMinor(bet: StruckBet, currentMilli: OddsMilli, marginPpm: Ppm): Minor {
  return partsValueMinor(bet.stakeMinor, [openFactor(bet.oddsMilli, currentMilli, bet.deductionPpm)], marginPpm);
}

export interface EachWayStruck extends StruckBet {
  /** The place part wins 1 / divisor of the odds. */
  readonly divisor: number;
}

/** cashOutValueMinor() of both parts of an each-way bet together, each at its own current odds. `stakeMinor` is the stake of one part. */
export function eachWayValueMinor(
  { deductionPpm = 0, divisor, oddsMilli, stakeMinor }: EachWayStruck,
  current: { readonly winMilli: OddsMilli; readonly placeMilli: OddsMilli },
  marginPpm: Ppm,
): Minor {
  const unit = BigInt(MILLION) * BigInt(divisor);
  const placeOdds = 1_000n * unit + BigInt(oddsMilli - 1_000) * BigInt(MILLION - deductionPpm);
  const place = { num: placeOdds, den: unit * BigInt(current.placeMilli) };
  return partsValueMinor(stakeMinor, [openFactor(oddsMilli, current.winMilli, deductionPpm), place], marginPpm);
}

/** Bets of one stake each, rounded once. */
function partsValueMinor(stakeMinor: Minor, parts: readonly Factor[], marginPpm: Ppm): Minor {
  let [num, den] = [0n, 1n];
  for (const part of parts) [num, den] = [num * part.den + part.num * den, den * part.den];
  return toSafe(divideBig(BigInt(stakeMinor) * num * keptOf(marginPpm), den * BigInt(MILLION), 'floor'));
}

function keptOf(marginPpm: Ppm): bigint {
  return BigInt(Math.max(0, MILLION - marginPpm));
}

/** What an open leg multiplies a line's stake by while it is worth something and nothing is certain: struck odds / current odds. */
export function openFactor(oddsMilli: OddsMilli, currentMilli: OddsMilli, deductionPpm: Ppm = 0): Factor {
  const { den, num } = legFactor(oddsMilli, WON, deductionPpm);
  return { num: num * 1_000n, den: den * BigInt(currentMilli) };
}

/**
 * cashOutValueMinor() of several legs, summed over all lines: open legs with openFactor(), decided ones with what they came to. Of two open legs it is
 * stake * product of struck odds / product of current odds.
 */
export function multipleValueMinor(lines: Lines & { readonly stakePerLineMinor: Minor }, marginPpm: Ppm): Minor {
  const scaled = multiplePayout({ ...lines, stakePerLineMinor: BigInt(lines.stakePerLineMinor) * keptOf(marginPpm) }, 'floor');
  // A whole number divides a floor as it divides what was rounded: together this is one rounding.
  return toSafe(scaled / BigInt(MILLION));
}

/** The part of a stake nearest to the one wanted that takes the same whole amount from every line. */
export function nearestPart(lines: number, stakeMinor: Minor): Minor {
  return lines * Math.max(1, Math.round(stakeMinor / lines));
}
