// What the desk allows a person on a market, beside the limits that hold for everybody. Singles, multiples and orders all ask here.
import { AMOUNT_MINOR_MAX, mulDiv } from '../base/money.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import type { Market } from '../bets/market.ts';
import { PPM } from '../desk/desk-commands.ts';
import type { LedgerState } from '../kernel/state.ts';

export interface BettorAsks {
  readonly ownerId: string;
  /** One, or each leg's. */
  readonly markets: readonly Market[];
  readonly stakeMinor: number;
  /** What the person can lose where that is another: the liability of a lay. It is what counts for the day. */
  readonly riskMinor?: number;
  readonly now: number;
  readonly path: string;
}

/**
 * Refusal when the desk does not let this person stake so much on one of these markets, or today. Largest bet = the market's own, or the
 * ledger's, times the person's factor. To be asked only where `ledger.desk.hasRules`: elsewhere overLimit() says all.
 */
export function gateBettor(ledger: LedgerState, asks: BettorAsks): Refusal | null {
  const { desk, limits } = ledger;
  const { markets, now, ownerId, path, stakeMinor } = asks;
  const factor = desk.factorOf(ownerId);
  for (const { row } of markets) {
    const own = desk.of(row);
    const base = own?.stakeMaxMinor ?? limits.stakeMaxMinor;
    const need = atMost(base, factor);
    if (stakeMinor > need) return refuse(factor === PPM ? 'limit_market' : 'limit_user', { need, have: stakeMinor, path });
    if (own?.ownerStakeMaxMinor === undefined) continue;
    const have = desk.stakesOf(row, ownerId) + stakeMinor;
    if (have > own.ownerStakeMaxMinor) return refuse('limit_user', { need: own.ownerStakeMaxMinor, have });
  }
  return overDay(ledger, { ownerId, riskMinor: asks.riskMinor ?? stakeMinor, now });
}

/** What the desk lets a person stake in a day, over all products. */
export function overDay(
  { desk, limits }: LedgerState,
  { now, ownerId, riskMinor }: { readonly ownerId: string; readonly riskMinor: number; readonly now: number },
): Refusal | null {
  if (!desk.days.counts || riskMinor <= 0) return null;
  const have = desk.days.of(ownerId, now) + riskMinor;
  const need = limits.ownerDayStakeMaxMinor;
  return have > need ? refuse('limit_user', { need, have }) : null;
}

/** Where a factor scales nothing (pools, an order that takes the place of one) 0 still says that this person takes no risk at all. */
export function shutOut(ledger: LedgerState, ownerId: string, path: string): Refusal | null {
  return ledger.desk.factorOf(ownerId) === 0 ? refuse('limit_user', { need: 0, path }) : null;
}

/** The largest stake that a price names, for this person: a factor above one does not reach beyond what the price stands for. */
export function priceMaxMinor(ledger: LedgerState, ownerId: string, maxStakeMinor: number): number {
  return atMost(maxStakeMinor, Math.min(PPM, ledger.desk.factorOf(ownerId)));
}

function atMost(maxMinor: number, factorPpm: number): number {
  if (factorPpm === PPM) return maxMinor;
  // Compared as a float first: ten times the largest amount is beyond exact integers.
  return (maxMinor / PPM) * factorPpm >= AMOUNT_MINOR_MAX ? AMOUNT_MINOR_MAX : mulDiv(maxMinor, factorPpm, PPM, 'floor');
}
