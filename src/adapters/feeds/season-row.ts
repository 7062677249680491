// What every season file has in each row: the fixture and its score. Which columns hold them differs by layout.
import type { PeriodScore, Result } from '#core/catalog/result.ts';
import { isEventId } from '#core/catalog/market.ts';
import type { FixtureCard } from '#ports/feed.ts';
import { KICKOFF_MISSING_UK_MINUTES, POSTPONED_AFTER_KICKOFF_MS, resultAt } from './capture-times.ts';
import { type Cells, shown } from './csv.ts';
import { type CalendarDay, compactDate, parseDay, parseMinutes, ukDayOf } from './uk-time.ts';

export const ALL_PERIODS: readonly string[] = ['h1', 'h2', 'ft'];

/** Places of the columns; -1 where the file lacks one. */
export interface SeasonColumns {
  readonly date: number;
  readonly time: number;
  readonly home: number;
  readonly away: number;
  readonly homeGoals: number;
  readonly awayGoals: number;
  readonly winner: number;
  readonly homeGoalsH1: number;
  readonly awayGoalsH1: number;
  readonly homeCorners: number;
  readonly awayCorners: number;
}

export interface SeasonLayout {
  readonly columns: SeasonColumns;
  readonly source: string;
  competitionOf(cells: Cells): string;
  slugOf(competition: string, name: string): string;
  /** UTC of the file's wall-clock time. */
  toUtc(day: CalendarDay, minutes: number): number;
}

export interface SeasonMatch {
  readonly card: FixtureCard;
  readonly startAssumed: boolean;
  readonly result?: Result;
}

/** The fixture of the current row, or null with a problem reported when the row cannot name one. */
export function readMatch(cells: Cells, layout: SeasonLayout): SeasonMatch | null {
  const { columns } = layout;
  const widthNeeded = Math.max(columns.date, columns.home, columns.away, columns.homeGoals, columns.awayGoals) + 1;
  if (cells.width < widthNeeded) return refuseRow(cells, -1, `the row ends after ${cells.width} cells, before its score`);
  const day = parseDay(cells.text(columns.date));
  if (!day) return refuseRow(cells, columns.date, `${shown(cells.text(columns.date))} is not a date`);
  const competition = layout.competitionOf(cells);
  if (competition === '') return refuseRow(cells, -1, 'the competition has no name');
  const home = layout.slugOf(competition, cells.text(columns.home));
  const away = layout.slugOf(competition, cells.text(columns.away));
  if (home === '' || away === '') return refuseRow(cells, home === '' ? columns.home : columns.away, 'a team has no name');
  if (home === away) return refuseRow(cells, columns.away, 'a team plays against itself');
  const minutes = readMinutes(cells, columns.time);
  const startAt = layout.toUtc(day, minutes ?? KICKOFF_MISSING_UK_MINUTES);
  const card = makeCard({ competition, home, away, startAt });
  if (!isEventId(card.eventId)) return refuseRow(cells, -1, `${shown(card.eventId)} is not a fixture id`);
  const startAssumed = minutes === null;
  const result = readResult(cells, layout, { card, startAssumed });
  return { card, startAssumed, ...(result ? { result } : {}) };
}

export function makeCard(match: { competition: string; home: string; away: string; startAt: number }): FixtureCard {
  const { competition, home, away, startAt } = match;
  const eventId = `fb:${competition}:${compactDate(ukDayOf(startAt))}:${home}:${away}`;
  return { eventId, sport: 'football', competition, home, away, startAt };
}

export function finishedResult(match: SeasonMatch, source: string, scores: readonly PeriodScore[]): Result {
  const { card, startAssumed } = match;
  const observedAt = resultAt(card.startAt, startAssumed);
  return { eventId: card.eventId, source, version: 1, observedAt, status: 'finished', completedPeriods: ALL_PERIODS, scores };
}

function refuseRow(cells: Cells, column: number, message: string): null {
  cells.report(column, `${message}; row left out`);
  return null;
}

function readMinutes(cells: Cells, column: number): number | null {
  const text = cells.text(column);
  if (text === '') return null;
  const minutes = parseMinutes(text);
  if (minutes === null) cells.report(column, `${shown(text)} is not a time of day; 15:00 assumed`);
  return minutes;
}

function readResult(cells: Cells, layout: SeasonLayout, match: SeasonMatch): Result | null {
  const { columns, source } = layout;
  const { eventId, startAt } = match.card;
  if (cells.text(columns.homeGoals) === '' && cells.text(columns.awayGoals) === '') {
    const observedAt = startAt + POSTPONED_AFTER_KICKOFF_MS;
    return { eventId, source, version: 1, observedAt, status: 'postponed', completedPeriods: [], scores: [] };
  }
  const full = readPair(cells, { columns: [columns.homeGoals, columns.awayGoals], period: 'ft', stat: 'goals' });
  if (!full || contradictsWinner(cells, columns.winner, full)) return null;
  const scores = [full];
  const half = readPair(cells, { columns: [columns.homeGoalsH1, columns.awayGoalsH1], period: 'h1', stat: 'goals' });
  if (half && (half.home > full.home || half.away > full.away))
    cells.report(columns.homeGoalsH1, 'more goals at half time than in the end; half time left out');
  else if (half) scores.push(half);
  const corners = readPair(cells, { columns: [columns.homeCorners, columns.awayCorners], period: 'ft', stat: 'corners' });
  if (corners) scores.push(corners);
  return finishedResult(match, source, scores);
}

interface PairWanted {
  readonly columns: readonly [home: number, away: number];
  readonly period: string;
  readonly stat: string;
}

function readPair(cells: Cells, { columns, period, stat }: PairWanted): PeriodScore | null {
  const home = cells.count(columns[0]);
  const away = cells.count(columns[1]);
  if (home !== undefined && away !== undefined) return { period, stat, home, away };
  for (const column of columns) {
    const other = columns[0] === column ? columns[1] : columns[0];
    if (cells.text(column) === '' && cells.text(other) !== '')
      cells.report(column, 'only one side of the score is given; left out');
  }
  return null;
}

function contradictsWinner(cells: Cells, column: number, { home, away }: PeriodScore): boolean {
  const stated = cells.text(column);
  const winner = home === away ? 'D' : home > away ? 'H' : 'A';
  if (stated === '' || stated === winner) return false;
  cells.report(column, `${shown(stated)} contradicts the score ${home}-${away}; result left out`);
  return true;
}
