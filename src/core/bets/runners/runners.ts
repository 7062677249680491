// What a market with runners keeps besides any market: how many win, who was withdrawn, and what its each-way bets can cost.
import { assert } from '../../base/assert.ts';
import { type DeductionRules, TATTERSALLS, totalDeduction } from './deductions.ts';
import { leadNames } from '../live-handicap.ts';
import type { EachWayTerms, Stated } from './stated-market.ts';

export interface Withdrawal {
  readonly selection: number;
  readonly deductionPpm: number;
  readonly withdrawnAt: number;
  /** The market's count of suspensions from which bets are struck without this runner; null when only a result told of it: then time decides. */
  readonly suspensions: number | null;
  /** When the ledger heard of it, where that was later; markets folded by older versions do not say. */
  readonly toldAt?: number;
}

export interface Runners {
  /** How many win. */
  readonly places: number;
  readonly eachWay: EachWayTerms | null;
  /** Null where Tattersalls' table is meant. */
  readonly deductions: DeductionRules | null;
  readonly withdrawals: Withdrawal[];
  /** Stakes of accepted open bets by selection: those on a withdrawn one cover nothing. */
  readonly stakesMinor: number[];
  /** What the place parts of open each-way bets pay by selection. */
  readonly placePayoutsMinor: number[];
}

/** Name of the place part of a selection among a market's outcomes. */
export function placePart(selectionId: string): string {
  return `place:${selectionId}`;
}

interface Declarable {
  readonly selections: readonly string[];
  readonly runners?: Runners | undefined;
  readonly payoutsMinor?: readonly number[];
}

/**
 * All that a declaration of the market names: its selections, where each-way bets are taken their place parts, and of a handicap that was backed
 * in play its sides at the leads at which they were.
 */
export function outcomeNames(market: Declarable): readonly string[] {
  const { payoutsMinor, runners, selections } = market;
  if (payoutsMinor && payoutsMinor.length > selections.length) return [...selections, ...leadNames({ payoutsMinor, selections })];
  return runners?.eachWay ? [...selections, ...selections.map(placePart)] : selections;
}

/** outcomeNames() in alphabetical order, as events spell them. */
export function declaredNames(market: Declarable): string[] {
  return [...outcomeNames(market)].sort();
}

/** Null for a market that names no places: it has no runners. */
export function makeRunners(stated: Stated): Runners | undefined {
  const { deductions = null, eachWay = null, places, selections } = stated;
  if (places === undefined || selections === undefined) return undefined;
  const zeros = (): number[] => selections.map(() => 0);
  return { places, eachWay, deductions, withdrawals: [], stakesMinor: zeros(), placePayoutsMinor: zeros() };
}

export function isWithdrawn(runners: Runners, selection: number): boolean {
  return runners.withdrawals.some((withdrawal) => withdrawal.selection === selection);
}

export interface Struck {
  readonly placedAt: number;
  /** The market's count of suspensions at placement. */
  readonly suspensions: number;
}

/** Share of its winnings that a bet on another runner loses to the withdrawals after it was struck, ppm. */
export function deductionOf(runners: Runners, bet: Struck): number {
  let sum = 0;
  for (const { deductionPpm, suspensions, withdrawnAt } of runners.withdrawals) {
    const before = suspensions === null ? bet.placedAt < withdrawnAt : bet.suspensions < suspensions;
    if (before) sum += deductionPpm;
  }
  return totalDeduction(runners.deductions ?? TATTERSALLS, sum);
}

interface AtStake {
  readonly payoutsMinor: readonly number[];
  readonly placePayoutsMinor: readonly number[];
  readonly stakedMinor: number;
}

/**
 * Worst case for the house over all orders of finish: the dearest set of winners, with each-way the dearest winner and placed together, less
 * the stakes of runners that are still in it. A dead heat pays the mean of its orders and a deduction less than that, so both lie below.
 */
export function runnersWorstLossMinor(runners: Runners, { payoutsMinor, placePayoutsMinor, stakedMinor }: AtStake): number {
  let covering = stakedMinor;
  const out = new Set<number>();
  for (const { selection } of runners.withdrawals) {
    out.add(selection);
    covering -= runners.stakesMinor[selection] as number;
  }
  const field = payoutsMinor.map((_, selection) => selection).filter((selection) => !out.has(selection));
  const dearest =
    runners.eachWay === null
      ? sumOfDearest(field, payoutsMinor, runners.places)
      : dearestEachWay(field, { payoutsMinor, placePayoutsMinor, places: runners.eachWay.places });
  return Math.max(0, dearest - covering);
}

function sumOfDearest(field: readonly number[], payoutsMinor: readonly number[], places: number): number {
  return field
    .map((selection) => payoutsMinor[selection] as number)
    .sort((a, b) => b - a)
    .slice(0, places)
    .reduce((sum, payout) => sum + payout, 0);
}

/** The winner is one of the placed: of all others the dearest fill the remaining places. */
function dearestEachWay(
  field: readonly number[],
  at: { payoutsMinor: readonly number[]; placePayoutsMinor: readonly number[]; places: number },
): number {
  const { payoutsMinor, placePayoutsMinor, places } = at;
  const placed = (selection: number): number => placePayoutsMinor[selection] as number;
  const ranked = [...field].sort((a, b) => placed(b) - placed(a));
  const full = ranked.slice(0, places).reduce((sum, selection) => sum + placed(selection), 0);
  const last = ranked[places - 1];
  let dearest = 0;
  for (const [rank, selection] of ranked.entries()) {
    const others = rank < places ? full : full - placed(last as number) + placed(selection);
    dearest = Math.max(dearest, (payoutsMinor[selection] as number) + others);
  }
  return dearest;
}

/** The runners of a market that must have some. */
export function runnersOf(market: { readonly marketId: string; readonly runners: Runners | undefined }): Runners {
  assert(market.runners, () => `${market.marketId} has no runners`);
  return market.runners;
}
