// Reads a history of bookmaker prices: one line per capture time, match, bookmaker, market and outcome. Times are UTC to the minute.
import { Cells, type CsvTable, shown } from './csv.ts';
import { type LineProblem, Problems } from '#ports/recording.ts';
import { sameMatchTime } from './match-results.ts';
import type { PathMatch, PathPrice } from './price-path.ts';
import { competitionOfFile, nationSlug } from './team-names.ts';
import { parseUtc } from './uk-time.ts';

export const SNAPSHOTS_NEEDS: readonly string[] = [
  'ts_utc',
  'match',
  'kickoff_utc',
  'bookmaker',
  'market',
  'outcome',
  'point',
  'price',
];

export interface PathReading {
  readonly matches: readonly PathMatch[];
  readonly problems: readonly LineProblem[];
}

interface Pairing {
  readonly key: string;
  readonly homeName: string;
  readonly awayName: string;
  readonly home: string;
  readonly away: string;
}

/** Matches in the order of their first line. */
export function readOddsSnapshots(table: CsvTable): PathReading {
  const problems = new Problems();
  const cells = new Cells(table, problems);
  const [ts, match, kickoff] = [cells.column('ts_utc'), cells.column('match'), cells.column('kickoff_utc')];
  const competition = competitionOfFile(table.file);
  const pairings = new Map<string, Pairing | null>();
  const times = new Map<string, number | null>();
  const known = new Map<string, { startAt: number; path: PathMatch }[]>();
  const matches: PathMatch[] = [];
  for (const row of table.rows) {
    if (!cells.use(row)) continue;
    const pairing = remember(pairings, cells.text(match), readPairing);
    const at = remember(times, cells.text(ts), parseUtc);
    const startAt = remember(times, cells.text(kickoff), parseUtc);
    if (!pairing) cells.report(match, `${shown(cells.text(match))} does not name two teams as "A v B"; row left out`);
    else if (at === null) cells.report(ts, `${shown(cells.text(ts))} is not a UTC time; row left out`);
    else if (startAt === null) cells.report(kickoff, `${shown(cells.text(kickoff))} is not a UTC time; row left out`);
    else {
      const price = readPrice(cells, pairing, { at, startAt });
      if (!price) continue;
      const rounds = remember(known, pairing.key, () => []);
      let round = rounds.find((other) => sameMatchTime(other.startAt, startAt));
      if (!round) {
        const { home, away } = pairing;
        round = { startAt, path: { file: table.file, line: row.line, competition, home, away, prices: [] } };
        rounds.push(round);
        matches.push(round.path);
      }
      round.path.prices.push(price);
    }
  }
  return { matches, problems: problems.list };
}

function readPairing(text: string): Pairing | null {
  const [homeName = '', awayName = '', ...rest] = text.split(' v ').map((name) => name.trim());
  const [home, away] = [nationSlug(homeName), nationSlug(awayName)];
  if (rest.length > 0 || home === '' || away === '' || home === away) return null;
  return { key: `${home} ${away}`, homeName, awayName, home, away };
}

function readPrice(cells: Cells, pairing: Pairing, times: { at: number; startAt: number }): PathPrice | null {
  const [marketColumn, outcomeColumn] = [cells.column('market'), cells.column('outcome')];
  const market = cells.text(marketColumn);
  const book = cells.text(cells.column('bookmaker'));
  const selection = readSelection(market, cells.text(outcomeColumn), pairing);
  if (!selection || book === '') {
    cells.report(
      outcomeColumn,
      `${shown(market)} ${shown(cells.text(outcomeColumn))} of ${shown(book)} is not a known price; row left out`,
    );
    return null;
  }
  const oddsMilli = cells.odds(cells.column('price'));
  if (oddsMilli === undefined) return null;
  const price = { ...times, book, oddsMilli, lay: market === 'h2h_lay', ...selection };
  if (selection.type !== 'ou') return price;
  const point = cells.column('point');
  const lineQuarters = cells.lineQuarters(point);
  if (lineQuarters !== undefined && lineQuarters > 0) return { ...price, lineQuarters };
  if (lineQuarters !== undefined || cells.text(point) === '') cells.report(point, `a total needs a line above 0; row left out`);
  return null;
}

function readSelection(
  market: string,
  outcome: string,
  pairing: Pairing,
): { type: '1x2' | 'ou' | 'btts'; selectionId: string } | null {
  if (market === 'h2h' || market === 'h2h_lay') {
    if (outcome === pairing.homeName) return { type: '1x2', selectionId: 'home' };
    if (outcome === pairing.awayName) return { type: '1x2', selectionId: 'away' };
    return outcome === 'Draw' ? { type: '1x2', selectionId: 'draw' } : null;
  }
  if (market === 'totals' && (outcome === 'Over' || outcome === 'Under'))
    return { type: 'ou', selectionId: outcome.toLowerCase() };
  if (market === 'btts' && (outcome === 'Yes' || outcome === 'No')) return { type: 'btts', selectionId: outcome.toLowerCase() };
  return null;
}

function remember<K, V>(memory: Map<K, V>, key: K, make: (key: K) => V): V {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const made = make(key);
  memory.set(key, made);
  return made;
}
