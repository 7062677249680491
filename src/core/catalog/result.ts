// What happened in a fixture, as one source tells it. A later version from the same source supersedes an earlier one.

export type ResultStatus = 'live' | 'finished' | 'abandoned' | 'postponed' | 'cancelled' | 'walkover';
export const RESULT_STATUSES: readonly ResultStatus[] = ['live', 'finished', 'abandoned', 'postponed', 'cancelled', 'walkover'];

export interface PeriodScore {
  readonly period: string;
  readonly stat: string;
  readonly home: number;
  readonly away: number;
}

/** Where a participant came. */
export interface Placing {
  readonly participantId: string;
  /** From 1; 0 for one that took part and got no place: it fell, gave up or was disqualified. */
  readonly place: number;
  /** How many share the place, with this one; 0 without a place. */
  readonly tied: number;
}

/** A participant that did not take part. */
export interface Withdrawn {
  readonly participantId: string;
  /** Bets struck before this moment are paid with the deduction, ms. */
  readonly at: number;
  /** Share of the winnings of bets on others that is kept back. */
  readonly deductionPpm: number;
}

export interface Result {
  readonly eventId: string;
  readonly source: string;
  readonly version: number;
  readonly supersedes?: number;
  readonly observedAt: number;
  readonly by?: string;
  readonly status: ResultStatus;
  readonly completedPeriods: readonly string[];
  readonly scores: readonly PeriodScore[];
  readonly places?: readonly Placing[];
  readonly withdrawn?: readonly Withdrawn[];
}
