// What happened in a fixture, as one source tells it. A later version from the same source supersedes an earlier one.

export type ResultStatus = 'live' | 'finished' | 'abandoned' | 'postponed' | 'cancelled' | 'walkover';
export const RESULT_STATUSES: readonly ResultStatus[] = ['live', 'finished', 'abandoned', 'postponed', 'cancelled', 'walkover'];

/** Nothing more is to be expected of the fixture, and no price of it holds: one that is postponed may yet be played. */
export function isFinalStatus(status: ResultStatus): boolean {
  return status !== 'live' && status !== 'postponed';
}

/** Whether a result comes after the one that is known. Versions of two sources are no order: what is played comes after what was postponed. */
export function isLaterResult(known: Result | null | undefined, told: Result): boolean {
  if (!known || told.version > known.version) return true;
  return told.source !== known.source && known.status === 'postponed' && told.status !== 'postponed';
}

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

/** Finishers in their order, those that tied together, and behind them who took part without a place. */
export function placingsOf(places: readonly (readonly string[])[], unplaced: readonly string[] = []): Placing[] {
  let next = 1;
  const placed = places.flatMap((group) => {
    const place = next;
    next += group.length;
    return group.map((participantId) => ({ participantId, place, tied: group.length }));
  });
  return [...placed, ...unplaced.map((participantId) => ({ participantId, place: 0, tied: 0 }))];
}
