// Limits that the operator may change, per ledger. They reach decisions only as LimitsChanged events; these are the starting values.
import { AMOUNT_MINOR_MAX } from '../base/money.ts';

export interface Limits {
  /** Smallest and largest stake of one bet, minor units. */
  readonly stakeMinMinor: number;
  readonly stakeMaxMinor: number;
  /** Largest payout of one bet, minor units. */
  readonly payoutMaxMinor: number;
  /** How far house:main may go below zero with all open bets at their worst, minor units. */
  readonly houseCapitalMinor: number;
  /** Worst loss the house takes on one market and on one fixture, minor units. */
  readonly marketLossMaxMinor: number;
  readonly eventLossMaxMinor: number;
  /** Open bets one holder may have. */
  readonly openBetsMax: number;
  /** What one person, bots included, may stake in a day (UTC) with bets, orders and pool entries, minor units; counted while below the largest amount. */
  readonly ownerDayStakeMaxMinor: number;
  /** A bet with a larger stake waits for a person, minor units; none does while it is the largest amount. */
  readonly reviewAboveMinor: number;
  /** How long it waits before it is given back, ms. */
  readonly reviewMs: number;
  /** Open exchange orders one holder may have. */
  readonly openOrdersMax: number;
  /** A price older than this (since it was last confirmed) is stale, ms. */
  readonly staleMsPreMatch: number;
  readonly staleMsInPlay: number;
  /** A pending in-play bet later than this past its release time is void, ms. */
  readonly releaseGraceMs: number;
  /** How long a bet waits for the supplier's answer before it is given back, ms. */
  readonly supplierAnswerMs: number;
  /** What the house keeps of a bet's value when it is cashed out, millionths, and how long its offer lives, ms. */
  readonly cashOutMarginPpm: number;
  readonly cashOutOfferMs: number;
  /** How long a settled market stays in memory for corrections, ms. */
  readonly correctionWindowMs: number;
  /** Settling by hand and correcting: what moves more needs a second person, minor units, and how long a proposal waits for one, ms. */
  readonly approvalAboveMinor: number;
  readonly proposalLifeMs: number;
  /** How long a dispute waits for somebody to take it up, and then for its decision, ms; and how many one person may have open. */
  readonly disputeLifeMs: number;
  readonly disputesOpenMax: number;
}

export const DEFAULT_LIMITS: Limits = {
  stakeMinMinor: 1,
  stakeMaxMinor: 10_000_000,
  payoutMaxMinor: 1_000_000_000,
  houseCapitalMinor: 10_000_000_000,
  marketLossMaxMinor: 1_000_000_000,
  eventLossMaxMinor: 2_000_000_000,
  openBetsMax: 1_000,
  ownerDayStakeMaxMinor: AMOUNT_MINOR_MAX,
  reviewAboveMinor: AMOUNT_MINOR_MAX,
  reviewMs: 600_000,
  openOrdersMax: 1_000,
  staleMsPreMatch: 120_000,
  staleMsInPlay: 10_000,
  releaseGraceMs: 5_000,
  supplierAnswerMs: 15_000,
  cashOutMarginPpm: 50_000,
  cashOutOfferMs: 10_000,
  correctionWindowMs: 172_800_000,
  approvalAboveMinor: 10_000_000,
  proposalLifeMs: 86_400_000,
  disputeLifeMs: 172_800_000,
  disputesOpenMax: 5,
};

export const LIMIT_NAMES = Object.keys(DEFAULT_LIMITS).sort() as (keyof Limits)[];
