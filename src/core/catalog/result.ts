// What happened in a fixture, as one source tells it. A later version from the same source supersedes an earlier one.

export type ResultStatus = 'live' | 'finished' | 'abandoned' | 'postponed' | 'cancelled' | 'walkover';
export const RESULT_STATUSES: readonly ResultStatus[] = ['live', 'finished', 'abandoned', 'postponed', 'cancelled', 'walkover'];

export interface PeriodScore {
  readonly period: string;
  readonly stat: string;
  readonly home: number;
  readonly away: number;
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
}
