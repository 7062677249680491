// Responsible play: what a person may set for himself, what an operator may set for him, and the facts that follow.
// Tightening takes effect at once; loosening waits, and the person may take it back meanwhile.
import type { BanRow } from './bans.ts';
import type { Period } from './calendar.ts';

/** deposit, stake and loss in minor units, time in minutes. */
export const PLAY_KINDS = ['deposit', 'stake', 'loss', 'time'] as const;
export type PlayKind = (typeof PLAY_KINDS)[number];

/** Whose limit it is: the lower of the two binds, and each side changes only its own. */
export const SETTERS = ['person', 'operator'] as const;
export type Setter = (typeof SETTERS)[number];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long raising or removing a limit waits, ms. */
export const RAISE_WAIT_MS: Readonly<Record<Period, number>> = { day: DAY_MS, week: 7 * DAY_MS, month: 7 * DAY_MS };

export const COOL_OFF_HOURS_MIN = 24;
export const COOL_OFF_HOURS_MAX = 6 * 7 * 24;
/** Six months, as no six months are longer; the longest with an end is five years. */
export const EXCLUSION_DAYS_MIN = 184;
export const EXCLUSION_DAYS_MAX = 1_827;
/** The end of an exclusion for good: the last second of the year 9999. */
export const FOR_GOOD = 253_402_300_799_000;

/** Actions of a person further apart than this belong to two sessions, ms. */
export const SESSION_GAP_MS = 15 * 60_000;
/** What a session counts before its second action, ms: many short ones must not be free. */
export const SESSION_START_MS = 60_000;
/** Largest time limit: a whole month, minutes. */
export const TIME_MINUTES_MAX = 31 * 24 * 60;

export interface LimitName {
  readonly kind: PlayKind;
  readonly period: Period;
}

export interface SetPlayLimit extends LimitName {
  readonly type: 'SetPlayLimit';
  readonly ownerId: string;
  /** Null removes it. */
  readonly value: number | null;
}
/** Takes a loosening back that still waits. */
export interface KeepPlayLimit extends LimitName {
  readonly type: 'KeepPlayLimit';
  readonly ownerId: string;
}
export interface CoolOff {
  readonly type: 'CoolOff';
  readonly ownerId: string;
  readonly hours: number;
}
export interface SelfExclude {
  readonly type: 'SelfExclude';
  readonly ownerId: string;
  /** Null for good. */
  readonly days: number | null;
}

/** To the home ledger: another one wants to be told of bans, for ever. */
export interface FollowBans {
  readonly type: 'FollowBans';
  readonly follower: string;
}
/** From the home ledger: all changes up to this number. */
export interface TakeBans {
  readonly type: 'TakeBans';
  readonly bans: readonly BanRow[];
  readonly upTo: number;
}
/** Back at home: that ledger knows. */
export interface NoteBansTold {
  readonly type: 'NoteBansTold';
  readonly follower: string;
  readonly upTo: number;
}

export type BanCommand = FollowBans | TakeBans | NoteBansTold;
export type PlayCommand = SetPlayLimit | KeepPlayLimit | CoolOff | SelfExclude | BanCommand;

export interface PlayEvents {
  /** Binds from now on; null: there is none any more. Whatever waited is void. */
  PlayLimitSet: { by: Setter; kind: PlayKind; ownerId: string; period: Period; value: number | null };
  PlayLimitWaits: { by: Setter; dueAt: number; kind: PlayKind; ownerId: string; period: Period; value: number | null };
  PlayLimitKept: { by: Setter; kind: PlayKind; ownerId: string; period: Period };
  CoolOffSet: { ownerId: string; until: number };
  BansFollowed: { follower: string };
  /** Each person as he stands from now on; home's changes up to this number are known. */
  BansTaken: { bans: readonly BanRow[]; upTo: number };
  BansTold: { follower: string; upTo: number };
}
