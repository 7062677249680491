// Reads a history of the best price on offer: one line per capture time, match and side. It has dates but no kick-offs, and a capture
// may hold some sides of a market only.
import { Cells, type CsvTable, shown } from './csv.ts';
import { Problems } from '#ports/recording.ts';
import { aroundDay, sameMatchTime } from './match-results.ts';
import type { PathReading } from './odds-snapshots.ts';
import type { PathMatch } from './price-path.ts';
import { competitionOfFile, nationSlug } from './team-names.ts';
import { parseDay, parseUtc } from './uk-time.ts';

export const BESTPRICE_NEEDS: readonly string[] = ['snapshot_time', 'match_date', 'home', 'away', 'side', 'odds'];
const BOOK = 'best';

/** Matches in the order of their first line. */
export function readBestPrices(table: CsvTable): PathReading {
  const problems = new Problems();
  const cells = new Cells(table, problems);
  const columns = {
    at: cells.column('snapshot_time'),
    day: cells.column('match_date'),
    home: cells.column('home'),
    away: cells.column('away'),
    side: cells.column('side'),
    odds: cells.column('odds'),
  };
  const competition = competitionOfFile(table.file);
  const matches: PathMatch[] = [];
  const pairs = new Map<string, PathMatch[]>();
  for (const row of table.rows) {
    if (!cells.use(row)) continue;
    const at = parseUtc(cells.text(columns.at));
    const day = parseDay(cells.text(columns.day));
    const [home, away] = [nationSlug(cells.text(columns.home)), nationSlug(cells.text(columns.away))];
    const selection = readSide(cells.text(columns.side));
    if (at === null) cells.report(columns.at, `${shown(cells.text(columns.at))} is not a UTC time; row left out`);
    else if (!day) cells.report(columns.day, `${shown(cells.text(columns.day))} is not a date; row left out`);
    else if (home === '' || away === '' || home === away) cells.report(columns.home, 'the row does not name two teams; left out');
    else if (!selection) cells.report(columns.side, `${shown(cells.text(columns.side))} is no side of a market; row left out`);
    else {
      const oddsMilli = cells.odds(columns.odds);
      if (oddsMilli === undefined) continue;
      const key = `${home} ${away}`;
      const rounds = pairs.get(key) ?? [];
      pairs.set(key, rounds);
      let match = rounds.find((other) => other.day && sameMatchTime(aroundDay(other.day), aroundDay(day)));
      if (!match) {
        match = { file: table.file, line: row.line, competition, home, away, day, prices: [] };
        rounds.push(match);
        matches.push(match);
      }
      match.prices.push({ at, book: BOOK, lay: false, oddsMilli, ...selection });
    }
  }
  return { matches, problems: problems.list };
}

function readSide(side: string): { type: '1x2' | 'ou'; selectionId: string; lineQuarters?: number } | null {
  if (side === 'home' || side === 'draw' || side === 'away') return { type: '1x2', selectionId: side };
  const total = /^(over|under)(\d{2})$/.exec(side); // over25 is over 2.5
  if (!total) return null;
  const lineQuarters = (Number(total[2]) / 10) * 4;
  return Number.isInteger(lineQuarters) && lineQuarters > 0
    ? { type: 'ou', selectionId: total[1] as string, lineQuarters }
    : null;
}
