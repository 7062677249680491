// The one entrance for recorded football: any set of known files in, one list of fixtures out, ordered by kick-off and id.
// A file's layout is known by its header, never by its name. Throws RecordingError for a file that is no recording; faults inside
// lines are problems, and whether they stop the run is the caller's choice (requireNoProblems).
import { BESTPRICE_NEEDS, readBestPrices } from './bestprice.ts';
import { type CsvTable, decodeText, readTable, shown } from './csv.ts';
import { EXTRA_LAYOUT_NEEDS, MAIN_LAYOUT_NEEDS, readFootballTable, type SeasonReading } from './football-data.ts';
import {
  type MatchScore,
  readResults,
  readSchedule,
  RESULTS_NEEDS,
  SCHEDULE_NEEDS,
  type ScheduledMatch,
} from './match-results.ts';
import { MULTIMARKET_NEEDS, readMultimarketTable } from './multimarket.ts';
import { type PathReading, readOddsSnapshots, SNAPSHOTS_NEEDS } from './odds-snapshots.ts';
import { joinPaths, type PathMatch } from './price-path.ts';
import { type LineProblem, Problems, type RecordedFixture, RecordingError } from '#ports/recording.ts';

export interface RecordingFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface RecordedFile {
  readonly name: string;
  readonly layout: string;
  /** Lines with data. */
  readonly rows: number;
}

export interface Recording {
  /** Ordered by startAt, then eventId; each eventId once. */
  readonly fixtures: readonly RecordedFixture[];
  /** In the order of the files. */
  readonly problems: readonly LineProblem[];
  readonly files: readonly RecordedFile[];
}

/** What all files together have said so far. */
interface Gathered {
  readonly fixtures: RecordedFixture[];
  readonly paths: PathMatch[];
  readonly scores: MatchScore[];
  readonly schedule: ScheduledMatch[];
  readonly problems: Problems;
}

interface Layout {
  readonly name: string;
  readonly needs: readonly string[];
  read(table: CsvTable, into: Gathered): void;
}

const LAYOUTS: readonly Layout[] = [
  { name: 'football-data', needs: MAIN_LAYOUT_NEEDS, read: season(readFootballTable) },
  { name: 'football-data extra league', needs: EXTRA_LAYOUT_NEEDS, read: season(readFootballTable) },
  { name: 'multimarket', needs: MULTIMARKET_NEEDS, read: season(readMultimarketTable) },
  { name: 'odds snapshots', needs: SNAPSHOTS_NEEDS, read: path(readOddsSnapshots) },
  { name: 'best prices', needs: BESTPRICE_NEEDS, read: path(readBestPrices) },
  { name: 'results', needs: RESULTS_NEEDS, read: readScores },
  { name: 'schedule', needs: SCHEDULE_NEEDS, read: readKickOffs },
];

/** Files that complete others. */
const COMPLETING: ReadonlySet<string> = new Set(['results', 'schedule']);

export function readRecording(files: readonly RecordingFile[]): Recording {
  if (files.length === 0) throw new RecordingError('no file to read');
  const gathered: Gathered = { fixtures: [], paths: [], scores: [], schedule: [], problems: new Problems() };
  const read: RecordedFile[] = [];
  for (const { name, bytes } of files) {
    const table = readTable(decodeText(bytes, name), name);
    const layout = layoutOf(table);
    layout.read(table, gathered);
    read.push({ name, layout: layout.name, rows: table.rows.length });
  }
  const { fixtures, paths, problems } = gathered;
  const all = [...fixtures, ...joinPaths(paths, gathered, problems)];
  if (all.length === 0) noFixtures(read, problems);
  return { fixtures: inOrder(withoutRepeats(all, problems)), problems: problems.list, files: read };
}

function layoutOf(table: CsvTable): Layout {
  const layout = LAYOUTS.find(({ needs }) => needs.every((column) => table.header.includes(column)));
  if (layout) return layout;
  const known = LAYOUTS.map(({ name, needs }) => `${name} (${needs.join(', ')})`);
  throw new RecordingError(
    `${table.file}: the header ${shown(table.header.join(','))} is no known layout; known are:\n  ${known.join('\n  ')}`,
  );
}

function season(read: (table: CsvTable) => SeasonReading): Layout['read'] {
  return (table, into) => {
    const { season: found, problems } = read(table);
    for (const fixture of found.fixtures) into.fixtures.push(fixture);
    into.problems.addAll(problems);
  };
}

function path(read: (table: CsvTable) => PathReading): Layout['read'] {
  return (table, into) => {
    const { matches, problems } = read(table);
    for (const match of matches) into.paths.push(match);
    into.problems.addAll(problems);
  };
}

function readScores(table: CsvTable, into: Gathered): void {
  const { scores, problems } = readResults(table);
  for (const score of scores) into.scores.push(score);
  into.problems.addAll(problems);
}

function readKickOffs(table: CsvTable, into: Gathered): void {
  const { matches, problems } = readSchedule(table);
  for (const match of matches) into.schedule.push(match);
  into.problems.addAll(problems);
}

function noFixtures(files: readonly RecordedFile[], problems: Problems): void {
  for (const { layout, name, rows } of files) {
    const why = COMPLETING.has(layout) ? 'which has no fixture with prices' : 'no row of it gives a fixture';
    problems.add({ file: name, line: 1, message: `read as ${layout}, ${rows === 0 ? 'no row is below the header' : why}` });
  }
}

function withoutRepeats(fixtures: readonly RecordedFixture[], problems: Problems): RecordedFixture[] {
  const first = new Map<string, RecordedFixture>();
  for (const fixture of fixtures) {
    const { eventId } = fixture.card;
    const known = first.get(eventId);
    if (known)
      problems.add({
        file: fixture.file,
        line: fixture.line,
        message: `${eventId} is already in ${known.file}:${known.line}; left out`,
      });
    else first.set(eventId, fixture);
  }
  return [...first.values()];
}

function inOrder(fixtures: RecordedFixture[]): RecordedFixture[] {
  return fixtures.sort((a, b) => a.startAt - b.startAt || (a.card.eventId < b.card.eventId ? -1 : 1));
}
