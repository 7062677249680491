// What happens in pools. Picks are numbers, and who may read them is decided where they are read: a hash would keep them from being decided again.
import type { PeriodScore, ResultStatus } from '../catalog/result.ts';
import type { PoolRules } from './state/pool-rules.ts';

export interface PoolFixtureOpened {
  eventId: string;
  stage?: string;
  startAt: number;
}
export interface PoolMarketOpened {
  bet: 'catalogue' | 'win' | 'place' | 'exacta';
  /** Of the catalogue only. */
  marketId?: string;
  places: number;
  /** Selections of the catalogue, or who runs. */
  runners: readonly string[];
}
export type PoolOutcome = 'dividends' | 'prizes' | 'refund' | 'carry';

export interface PoolEvents {
  PoolOpened: {
    bots: boolean;
    carryFrom?: string;
    fixtures: readonly PoolFixtureOpened[];
    holder: string;
    market?: PoolMarketOpened;
    ownerId: string;
    poolId: string;
    rules: PoolRules;
    tenantId: string;
  };
  /** `row` is its place in the order of entering, from 0. */
  PoolEntered: {
    entryId: string;
    holder: string;
    invitation?: string;
    poolId: string;
    row: number;
    selectionId?: string;
    units: number;
  };
  PoolLeft: { entryId: string; holder: string; poolId: string };
  /** Each pick as [number of the fixture in the pool, home goals, away goals]. */
  PicksSet: { entryId: string; holder: string; picks: readonly (readonly [number, number, number])[]; poolId: string };
  PoolInvited: { invitation: string; poolId: string; until: number; usesMax: number };
  PoolInvitationRevoked: { invitation: string; poolId: string };
  PoolLocked: { entries: number; grossMinor: number; poolId: string };
  /** A running score of a fixture that pools follow. */
  FixtureScored: { eventId: string; scores: readonly PeriodScore[]; source: string; status: ResultStatus; version: number };
  /** What the entries from row `from` on gain or lose with this score of a fixture; null: it counts no more. `done` with the last of them. */
  PoolScored: {
    done: boolean;
    fixture: number;
    from: number;
    points: readonly number[];
    poolId: string;
    score: readonly [home: number, away: number] | null;
  };
  PoolScratched: { poolId: string; runner: string };
  PoolResulted: { places: readonly (readonly string[])[]; poolId: string };
  PoolDeclared: {
    breakageMinor: number;
    carriedMinor: number;
    carryInMinor: number;
    creatorFeeMinor: number;
    /** Each as [selections paid alike, units, dividend of a unit, odd cents]. */
    dividends: readonly (readonly [readonly string[], number, number, number])[];
    grossMinor: number;
    netMinor: number;
    outcome: PoolOutcome;
    poolId: string;
    /** Each as [points, entries, amount of an entry, odd cents]. */
    prizes: readonly (readonly [number, number, number, number])[];
    reason: string;
    refundMinor: number;
    roundingMinor: number;
    takeoutMinor: number;
    topUpMinor: number;
    version: number;
    /** Runners that the result said took no part, beside those scratched by hand. */
    withdrawn?: readonly string[];
  };
  /** Each entry as [entry, holder, amount]. The next chunk begins at row `next`. */
  PoolPaid: { entries: readonly (readonly [string, string, number])[]; next: number; poolId: string };
  PoolClosed: { entries: number; paidMinor: number; poolId: string };
  /** A corrected result: everything is taken back, or after the window the house pays the difference. */
  PoolReversing: { mode: 'reverse' | 'difference'; poolId: string };
  /** Each entry as [entry, holder, amount]. The next chunk begins at row `next`. */
  PoolReclaimed: { entries: readonly (readonly [string, string, number])[]; next: number; poolId: string };
  PoolReversed: { poolId: string };
  PoolUncorrected: { poolId: string; reason: string };
  PoolArchived: { poolId: string };
}
