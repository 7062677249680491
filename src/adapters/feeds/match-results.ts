// Reads the two kinds of file that complete a price history: results (date, teams, score) and a schedule (date, UK kick-off, teams).
// Their dates are local to the stadium, and home and away may be the other way round than at the bookmakers.
import { Cells, type CsvTable, shown } from './csv.ts';
import { type LineProblem, Problems } from '#ports/recording.ts';
import { nationSlug } from './team-names.ts';
import { type CalendarDay, DAY_MS, MINUTE_MS, parseDay, parseMinutes, ukToUtc } from './uk-time.ts';

export const RESULTS_NEEDS: readonly string[] = ['date', 'home_team', 'away_team', 'home_score', 'away_score'];
export const SCHEDULE_NEEDS: readonly string[] = ['date', 'kickoff_uk', 'home_team', 'away_team'];

/** Group matches a team plays per tournament; later ones are knock-out ties, whose listed score includes extra time. */
const GROUP_MATCHES: Readonly<Record<string, number>> = { 'FIFA World Cup': 3, 'UEFA Euro': 3, 'Copa América': 3 };
/** A local date stands for its late afternoon: kick-offs of that date lie within a day of it anywhere on earth. */
const LOCAL_DATE_STANDS_FOR_MS = 21 * 60 * MINUTE_MS;

export interface MatchScore {
  readonly home: string;
  readonly away: string;
  /** About when it was played, UTC ms. */
  readonly around: number;
  /** null: not played yet, or no score of 90 minutes is known. */
  readonly goals: { readonly home: number; readonly away: number } | null;
}

export interface ScheduledMatch {
  readonly home: string;
  readonly away: string;
  readonly startAt: number;
}

export function readResults(table: CsvTable): { scores: MatchScore[]; problems: readonly LineProblem[] } {
  const problems = new Problems();
  const cells = new Cells(table, problems);
  const columns = {
    home: cells.column('home_team'),
    away: cells.column('away_team'),
    homeGoals: cells.column('home_score'),
    awayGoals: cells.column('away_score'),
    tournament: cells.column('tournament'),
  };
  const played = new Map<string, number>();
  const scores: MatchScore[] = [];
  for (const row of table.rows) {
    if (!cells.use(row)) continue;
    const match = readTeams(cells, columns.home, columns.away);
    if (!match) continue;
    const { day, home, away } = match;
    const tournament = cells.text(columns.tournament);
    const knockOut = countMatch(played, `${tournament} ${day.year}`, [home, away]) > (GROUP_MATCHES[tournament] ?? Infinity);
    const goals = readGoals(cells, columns.homeGoals, columns.awayGoals);
    if (goals && knockOut) cells.report(columns.homeGoals, 'a knock-out score may include extra time; result left out');
    scores.push({ home, away, around: dayStart(day) + LOCAL_DATE_STANDS_FOR_MS, goals: knockOut ? null : goals });
  }
  return { scores, problems: problems.list };
}

export function readSchedule(table: CsvTable): { matches: ScheduledMatch[]; problems: readonly LineProblem[] } {
  const problems = new Problems();
  const cells = new Cells(table, problems);
  const [home, away, time] = [cells.column('home_team'), cells.column('away_team'), cells.column('kickoff_uk')];
  const matches: ScheduledMatch[] = [];
  for (const row of table.rows) {
    if (!cells.use(row)) continue;
    const match = readTeams(cells, home, away);
    if (!match) continue;
    const minutes = parseMinutes(cells.text(time));
    if (minutes === null) cells.report(time, `${shown(cells.text(time))} is not a time of day; row left out`);
    else matches.push({ home: match.home, away: match.away, startAt: ukToUtc(match.day, minutes) });
  }
  return { matches, problems: problems.list };
}

/** About when a match of a local date was played, UTC ms. */
export function aroundDay(day: CalendarDay): number {
  return dayStart(day) + LOCAL_DATE_STANDS_FOR_MS;
}

export function dayStart({ year, month, day }: CalendarDay): number {
  return Date.UTC(year, month - 1, day);
}

/** True when two moments, each about a match between the same teams, can be the same match. */
export function sameMatchTime(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1.5 * DAY_MS;
}

interface Teams {
  readonly day: CalendarDay;
  readonly home: string;
  readonly away: string;
}

function readTeams(cells: Cells, homeColumn: number, awayColumn: number): Teams | null {
  const dateColumn = cells.column('date');
  const day = parseDay(cells.text(dateColumn));
  const [home, away] = [nationSlug(cells.text(homeColumn)), nationSlug(cells.text(awayColumn))];
  if (day && home !== '' && away !== '' && home !== away) return { day, home, away };
  if (day) cells.report(homeColumn, 'the row does not name two teams; left out');
  else cells.report(dateColumn, `${shown(cells.text(dateColumn))} is not a date; row left out`);
  return null;
}

function readGoals(cells: Cells, homeColumn: number, awayColumn: number): { home: number; away: number } | null {
  const pending = (text: string): boolean => text === '' || text === 'NA';
  if (pending(cells.text(homeColumn)) && pending(cells.text(awayColumn))) return null;
  const [home, away] = [cells.count(homeColumn), cells.count(awayColumn)];
  return home === undefined || away === undefined ? null : { home, away };
}

/** Counts a match for both teams and tells the larger count. Files list matches in order of date. */
function countMatch(played: Map<string, number>, season: string, teams: readonly string[]): number {
  let most = 0;
  for (const team of teams) {
    const count = (played.get(`${season} ${team}`) ?? 0) + 1;
    played.set(`${season} ${team}`, count);
    most = Math.max(most, count);
  }
  return most;
}
