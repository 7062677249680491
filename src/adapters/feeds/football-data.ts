// Reads football-data.co.uk season files: the main leagues (opening and closing prices) and the extra leagues such as BRA.csv
// (closing prices only). Times are UK wall-clock. When the prices were known is stated in capture-times.ts.
import { type MarketName, marketIdOf, selectionsOf } from '#core/catalog/market.ts';
import type { Price } from '#core/catalog/quote.ts';
import { closingAt, openingAt } from './capture-times.ts';
import { Cells, type CsvTable, readTable, shown } from './csv.ts';
import { type BookColumns, findPriceColumns, type PriceList } from './price-columns.ts';
import {
  type Capture,
  type LineProblem,
  Problems,
  type RecordedFixture,
  type RecordedQuote,
  type RecordedSeason,
} from '#ports/recording.ts';
import { readMatch, type SeasonLayout } from './season-row.ts';
import { clubSlug, extraLeagueCode } from './team-names.ts';
import { ukToUtc } from './uk-time.ts';

export const MAIN_LAYOUT_NEEDS: readonly string[] = ['Div', 'Date', 'HomeTeam', 'AwayTeam', 'FTHG', 'FTAG'];
export const EXTRA_LAYOUT_NEEDS: readonly string[] = ['Country', 'League', 'Season', 'Date', 'Home', 'Away', 'HG', 'AG'];

export interface SeasonReading {
  readonly season: RecordedSeason;
  readonly problems: readonly LineProblem[];
}

/** Fixtures of a season in the order of the file. Rows that cannot name a fixture are left out and reported. */
export function readFootballData(text: string, file: string): SeasonReading {
  return readFootballTable(readTable(text, file));
}

export function readFootballTable(table: CsvTable): SeasonReading {
  const problems = new Problems();
  const cells = new Cells(table, problems);
  const extra = table.header.includes('Country');
  const layout = layoutOf(cells, extra);
  const books = findPriceColumns(table.header, extra);
  const lastPrice = Math.max(-1, ...books.flatMap(({ lists }) => lists.flatMap(({ columns }) => columns)));
  if (lastPrice < 0)
    problems.add({ file: table.file, line: 1, message: `no price column is known in ${shown(table.header.join(','))}` });
  const fixtures: RecordedFixture[] = [];
  for (const row of table.rows) {
    if (!cells.use(row)) continue;
    const match = readMatch(cells, layout);
    if (!match) continue;
    cells.reportShort(lastPrice, 'the last price');
    const { startAt, eventId } = match.card;
    const captures = readCaptures(cells, books, { eventId, startAt });
    fixtures.push({ ...match, startAt, captures, lays: [], file: table.file, line: row.line });
  }
  const name = extra ? 'football-data extra league' : 'football-data';
  return { season: { file: table.file, layout: name, fixtures }, problems: problems.list };
}

function layoutOf(cells: Cells, extra: boolean): SeasonLayout {
  const league = cells.column(extra ? 'Country' : 'Div');
  return {
    columns: {
      date: cells.column('Date'),
      time: cells.column('Time'),
      home: cells.column('HomeTeam', 'Home'),
      away: cells.column('AwayTeam', 'Away'),
      homeGoals: cells.column('FTHG', 'HG'),
      awayGoals: cells.column('FTAG', 'AG'),
      winner: cells.column('FTR', 'Res'),
      homeGoalsH1: cells.column('HTHG'),
      awayGoalsH1: cells.column('HTAG'),
      homeCorners: cells.column('HC'),
      awayCorners: cells.column('AC'),
    },
    source: 'football-data',
    competitionOf: (row) => (extra ? extraLeagueCode(row.text(league)) : row.text(league)),
    slugOf: clubSlug,
    toUtc: ukToUtc,
  };
}

interface CaptureOf {
  readonly eventId: string;
  readonly startAt: number;
}

function readCaptures(cells: Cells, books: readonly BookColumns[], { eventId, startAt }: CaptureOf): Capture[] {
  const lines = new Map<number, number | undefined>(); // a line column is read, and reported, once for all its books
  const ids = new Map<string, string>();
  const captures: Capture[] = [];
  const [opening, closing] = [openingAt(startAt), closingAt(startAt)];
  for (const { book, closing: isClosing, lists } of books) {
    const quotes: RecordedQuote[] = [];
    for (const list of lists) {
      const prices = readPrices(cells, list);
      if (prices.length === 0) continue;
      const lineQuarters = lineOf(cells, list, lines);
      if (list.type === 'ah' && lineQuarters === undefined) continue;
      quotes.push({ marketId: marketId(ids, { eventId, type: list.type, stat: 'goals', period: 'ft' }, lineQuarters), prices });
    }
    if (quotes.length > 0)
      captures.push({ label: isClosing ? 'closing' : 'opening', at: isClosing ? closing : opening, book, inPlay: false, quotes });
  }
  return captures;
}

function readPrices(cells: Cells, list: PriceList): Price[] {
  const selections = selectionsOf(list.type);
  const prices: Price[] = [];
  for (let i = 0; i < selections.length; i++) {
    const oddsMilli = cells.odds(list.columns[i] as number);
    if (oddsMilli !== undefined) prices.push({ selectionId: selections[i] as string, oddsMilli });
  }
  return prices;
}

function lineOf(cells: Cells, list: PriceList, lines: Map<number, number | undefined>): number | undefined {
  const { lineColumn, lineQuarters } = list;
  if (lineColumn === undefined) return lineQuarters;
  if (!lines.has(lineColumn)) {
    lines.set(lineColumn, cells.lineQuarters(lineColumn));
    if (cells.text(lineColumn) === '') cells.report(lineColumn, 'handicap prices without a line; dropped');
  }
  return lines.get(lineColumn);
}

/** Most books share a market: its id is spelled once a fixture. */
function marketId(ids: Map<string, string>, market: MarketName, lineQuarters: number | undefined): string {
  const key = `${market.type}${lineQuarters ?? ''}`;
  const known = ids.get(key);
  if (known !== undefined) return known;
  const id = marketIdOf(lineQuarters === undefined ? market : { ...market, lineQuarters });
  ids.set(key, id);
  return id;
}
