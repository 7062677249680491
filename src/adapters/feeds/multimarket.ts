// Reads the multi-market season files (72 columns: both teams to score, double chance, draw no bet, totals per half, corners).
// One price list a fixture, of unstated origin and moment: it is taken as book `multi`, label `opening`, known 30 minutes before
// kick-off, the latest a pre-match price can be. Dates and times are Brasilia wall-clock, which has been UTC-3 all year since 2019
// (360 of 360 comparable E0 kick-offs then equal football-data's). No column names the competition: the file's name does.
import { type MarketName, marketIdOf, selectionsOf } from '#core/catalog/market.ts';
import type { Price } from '#core/catalog/quote.ts';
import { OPENING_BEFORE_KICKOFF_MS } from './capture-times.ts';
import { Cells, type CsvTable, readTable } from './csv.ts';
import type { SeasonReading } from './football-data.ts';
import { Problems, type RecordedFixture, type RecordedQuote } from '#ports/recording.ts';
import { readMatch, type SeasonLayout } from './season-row.ts';
import { clubSlug, competitionOfFile } from './team-names.ts';
import { HOUR_MS, MINUTE_MS } from './uk-time.ts';

export const MULTIMARKET_NEEDS: readonly string[] = ['Date', 'HomeTeam', 'AwayTeam', 'FTHG', 'FTAG', 'BTTS_Yes', 'DC_1X'];
const BRASILIA_BEHIND_UTC_MS = 3 * HOUR_MS;
const BOOK = 'multi';

type Terms = Omit<MarketName, 'eventId'>;
type Columns = readonly [terms: Terms, ...names: string[]];

const GOALS_FT = { stat: 'goals', period: 'ft' } as const;
const GOALS_H1 = { stat: 'goals', period: 'h1' } as const;
const GOALS_H2 = { stat: 'goals', period: 'h2' } as const;
const CORNERS_FT = { stat: 'corners', period: 'ft' } as const;

/** Market and its columns in the order of its selections. */
const MARKETS: readonly Columns[] = [
  [{ type: '1x2', ...GOALS_FT }, 'B365H', 'B365D', 'B365A'],
  [{ type: '1x2', ...GOALS_H1 }, 'Odd_1_HT', 'Odd_X_HT', 'Odd_2_HT'],
  [{ type: '1x2', ...GOALS_H2 }, 'Odd_1_2H', 'Odd_X_2H', 'Odd_2_2H'],
  [{ type: '1x2', ...CORNERS_FT }, 'odds_corners_1', 'odds_corners_x', 'odds_corners_2'],
  [{ type: 'btts', ...GOALS_FT }, 'BTTS_Yes', 'BTTS_No'],
  [{ type: 'dc', ...GOALS_FT }, 'DC_1X', 'DC_12', 'DC_X2'],
  [{ type: 'dnb', ...GOALS_FT }, 'DNB_1', 'DNB_2'],
  [{ type: 'ou', ...GOALS_FT, lineQuarters: 10 }, 'B365>2.5', 'B365<2.5'],
];

/** Prefixes of the totals: `Over_HT_1_5`, `odds_corners_over_95`. */
const TOTALS: readonly {
  readonly name: RegExp;
  readonly terms: Omit<Terms, 'type'>;
  readonly under: readonly [from: string, to: string];
}[] = [
  { name: /^Over_FT_(\d+)_(\d)$/, terms: GOALS_FT, under: ['Over', 'Under'] },
  { name: /^Over_HT_(\d+)_(\d)$/, terms: GOALS_H1, under: ['Over', 'Under'] },
  { name: /^Over_2H_(\d+)_(\d)$/, terms: GOALS_H2, under: ['Over', 'Under'] },
  { name: /^odds_corners_over_(\d+)(\d)$/, terms: CORNERS_FT, under: ['_over_', '_under_'] },
];

/** Fixtures of a multi-market file in the order of the file. */
export function readMultimarket(text: string, file: string): SeasonReading {
  return readMultimarketTable(readTable(text, file));
}

export function readMultimarketTable(table: CsvTable): SeasonReading {
  const problems = new Problems();
  const cells = new Cells(table, problems);
  const layout = layoutOf(cells);
  const lists = priceLists(table.header);
  const lastPrice = Math.max(...lists.flatMap(({ places }) => places)); // the layout is known by two of them
  const fixtures: RecordedFixture[] = [];
  for (const row of table.rows) {
    if (!cells.use(row)) continue;
    const match = readMatch(cells, layout);
    if (!match) continue;
    cells.reportShort(lastPrice, 'the last price');
    const { startAt, eventId } = match.card;
    const quotes = readQuotes(cells, lists, eventId);
    const capture = { label: 'opening', at: startAt - OPENING_BEFORE_KICKOFF_MS, book: BOOK, inPlay: false, quotes } as const;
    fixtures.push({
      ...match,
      startAt,
      captures: quotes.length > 0 ? [capture] : [],
      lays: [],
      file: table.file,
      line: row.line,
    });
  }
  return { season: { file: table.file, layout: 'multimarket', fixtures }, problems: problems.list };
}

function layoutOf(cells: Cells): SeasonLayout {
  const competition = competitionOfFile(cells.table.file);
  return {
    columns: {
      date: cells.column('Date'),
      time: cells.column('Time'),
      home: cells.column('HomeTeam'),
      away: cells.column('AwayTeam'),
      homeGoals: cells.column('FTHG'),
      awayGoals: cells.column('FTAG'),
      winner: cells.column('FTR'),
      homeGoalsH1: cells.column('HTHG'),
      awayGoalsH1: cells.column('HTAG'),
      homeCorners: cells.column('HC'),
      awayCorners: cells.column('AC'),
    },
    source: 'multimarket',
    competitionOf: () => competition,
    slugOf: clubSlug,
    toUtc: ({ year, month, day }, minutes) => Date.UTC(year, month - 1, day) + minutes * MINUTE_MS + BRASILIA_BEHIND_UTC_MS,
  };
}

interface PricePlaces {
  readonly terms: Terms;
  readonly places: readonly number[];
}

function priceLists(header: readonly string[]): PricePlaces[] {
  const lists: PricePlaces[] = [];
  for (const [terms, ...names] of [...MARKETS, ...totalsIn(header)]) {
    const places = names.map((name) => header.indexOf(name));
    if (places.some((place) => place >= 0)) lists.push({ terms, places });
  }
  return lists;
}

function totalsIn(header: readonly string[]): Columns[] {
  const found: Columns[] = [];
  for (const over of header) {
    for (const { name, terms, under } of TOTALS) {
      const match = name.exec(over);
      if (!match) continue;
      const lineQuarters = Number(`${match[1]}.${match[2]}`) * 4;
      if (Number.isInteger(lineQuarters) && lineQuarters > 0)
        found.push([{ type: 'ou', ...terms, lineQuarters }, over, over.replace(...under)]);
    }
  }
  return found;
}

function readQuotes(cells: Cells, lists: readonly PricePlaces[], eventId: string): RecordedQuote[] {
  const quotes: RecordedQuote[] = [];
  for (const { terms, places } of lists) {
    const prices: Price[] = [];
    for (const [i, selectionId] of selectionsOf(terms.type).entries()) {
      const oddsMilli = cells.odds(places[i] as number);
      if (oddsMilli !== undefined) prices.push({ selectionId, oddsMilli });
    }
    if (prices.length > 0) quotes.push({ marketId: marketIdOf({ eventId, ...terms }), prices });
  }
  return quotes;
}
