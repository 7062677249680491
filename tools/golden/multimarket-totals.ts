// Reference set: a multi-market season file settled twice. Here with plain arithmetic on the raw cells, and through the core; the two must
// agree on every bet's number and on profit to the last minor unit. Nothing here may use the project's settlement or its CSV reader: the
// expected totals come from a library's rows and from the rules below.
import { parse } from 'csv-parse/sync';
import { readRecording } from '#adapters/feeds/recording-reader.ts';
import { tellProblems } from './line-problems.ts';
import { playSeason, priceOf, STAKE_MINOR, type Total, type Wager } from './play-season.ts';
import type { CheckedSet } from './report.ts';

/** What a row says of the match; NaN where it says nothing. */
interface Match {
  readonly ft: readonly [home: number, away: number];
  readonly h1: readonly [home: number, away: number];
  readonly h2: readonly [home: number, away: number];
  readonly corners: readonly [home: number, away: number];
}

type Part = keyof Match;
type Verdict = 'win' | 'lose' | 'back';

interface ColumnRule {
  readonly column: string;
  /** The market and selection by which the core knows it. */
  readonly market: string;
  readonly selectionId: string;
  readonly part: Part;
  readonly judge: (home: number, away: number) => Verdict;
}

const won = (yes: boolean): Verdict => (yes ? 'win' : 'lose');

const DOUBLE_CHANCE: readonly [column: string, selectionId: string, judge: ColumnRule['judge']][] = [
  ['DC_1X', '1x', (home, away) => won(home >= away)],
  ['DC_12', '12', (home, away) => won(home !== away)],
  ['DC_X2', 'x2', (home, away) => won(home <= away)],
];

const WINNER: readonly [selectionId: string, judge: ColumnRule['judge']][] = [
  ['home', (home, away) => won(home > away)],
  ['draw', (home, away) => won(home === away)],
  ['away', (home, away) => won(home < away)],
];

const WINNER_COLUMNS: readonly [part: Part, market: string, columns: readonly string[]][] = [
  ['ft', '1x2', ['B365H', 'B365D', 'B365A']],
  ['h1', '1x2.h1', ['Odd_1_HT', 'Odd_X_HT', 'Odd_2_HT']],
  ['h2', '1x2.h2', ['Odd_1_2H', 'Odd_X_2H', 'Odd_2_2H']],
  ['corners', '1x2.corners', ['odds_corners_1', 'odds_corners_x', 'odds_corners_2']],
];

const FIXED: readonly ColumnRule[] = [
  { column: 'BTTS_Yes', market: 'btts', selectionId: 'yes', part: 'ft', judge: (home, away) => won(home > 0 && away > 0) },
  { column: 'BTTS_No', market: 'btts', selectionId: 'no', part: 'ft', judge: (home, away) => won(home === 0 || away === 0) },
  ...DOUBLE_CHANCE.map(([column, selectionId, judge]): ColumnRule => ({ column, market: 'dc', selectionId, part: 'ft', judge })),
  {
    column: 'DNB_1',
    market: 'dnb',
    selectionId: 'home',
    part: 'ft',
    judge: (home, away) => (home === away ? 'back' : won(home > away)),
  },
  {
    column: 'DNB_2',
    market: 'dnb',
    selectionId: 'away',
    part: 'ft',
    judge: (home, away) => (home === away ? 'back' : won(home < away)),
  },
  ...WINNER_COLUMNS.flatMap(([part, market, columns]) =>
    columns.map((column, i): ColumnRule => {
      const [selectionId, judge] = WINNER[i] as (typeof WINNER)[number];
      return { column, market, selectionId, part, judge };
    }),
  ),
];

/** `Over_FT_1_5`, `Under_2H_0_5`, `odds_corners_over_95`, `B365>2.5`: every line is a half one, so nothing is given back. */
function totalRule(column: string): ColumnRule | null {
  const goals = /^(Over|Under)_(FT|HT|2H)_(\d+)_5$/.exec(column);
  const corners = /^odds_corners_(over|under)_(\d+)5$/.exec(column);
  const plain = /^B365([<>])(\d+)\.5$/.exec(column);
  const whole = Number(goals?.[3] ?? corners?.[2] ?? plain?.[2]);
  if (Number.isNaN(whole)) return null;
  const over = ['Over', 'over', '>'].includes((goals ?? corners ?? plain)?.[1] as string);
  const part: Part = corners ? 'corners' : goals?.[2] === 'HT' ? 'h1' : goals?.[2] === '2H' ? 'h2' : 'ft';
  const market = `ou${part === 'ft' ? '' : `.${part}`}@${whole}.5`;
  return { column, market, selectionId: over ? 'over' : 'under', part, judge: (home, away) => won(home + away > whole === over) };
}

export function rulesFor(header: readonly string[]): ColumnRule[] {
  return header.flatMap((column) => FIXED.find((rule) => rule.column === column) ?? totalRule(column) ?? []);
}

/** Columns without which a file is not worth calling multi-market. */
const MUST_HAVE: readonly string[] = ['BTTS_Yes', 'BTTS_No', 'DC_1X', 'DC_12', 'DC_X2'];

/**
 * True for the beginning of a multi-market file, whatever the file is called. However the names are quoted and parted: a header that names
 * them and cannot be read is then a fault of the check, instead of a file that nobody looks at.
 */
export function isMultimarket(beginning: string): boolean {
  const headerLine = beginning.split(/[\r\n]+/).find((line) => line.trim() !== '') ?? '';
  return /\bBTTS_Yes\b/.test(headerLine) && /\bDC_1X\b/.test(headerLine);
}

/** Rows of cells without blank ones, the header first. Files put together from several mix their line ends. */
function rowsOf(text: string): string[][] {
  const options = { bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, trim: true };
  const rows = parse(text.replaceAll(/\r\n?/g, '\n'), options) as unknown as string[][];
  return rows.filter((cells) => cells.some((cell) => cell !== ''));
}

/** Bets and profit per column, worked out from the text alone. */
export function expectedTotals(text: string): Map<string, Total> {
  const [header = [], ...rows] = rowsOf(text);
  const rules = rulesFor(header);
  const totals = new Map(rules.map(({ column }): [string, Total] => [column, { bets: 0, profitMinor: 0 }]));
  for (const cells of rows) {
    const cell = (name: string): string => cells[header.indexOf(name)] ?? '';
    const match = matchOf(cell);
    for (const rule of rules) addBet(totals.get(rule.column) as Total, rule, { match, odds: cell(rule.column) });
  }
  return totals;
}

function addBet(total: Total, rule: ColumnRule, { match, odds }: { match: Match; odds: string }): void {
  const [home, away] = match[rule.part];
  // Stake 1,000,000: odds with at most three decimals give whole minor units.
  const returned = Math.round(Number(odds) * STAKE_MINOR);
  if (odds === '' || !(returned > STAKE_MINOR) || Number.isNaN(home + away)) return;
  const verdict = rule.judge(home, away);
  total.bets++;
  total.profitMinor += verdict === 'win' ? returned - STAKE_MINOR : verdict === 'back' ? 0 : -STAKE_MINOR;
}

function matchOf(cell: (name: string) => string): Match {
  const count = (name: string): number => (cell(name) === '' ? Number.NaN : Number(cell(name)));
  const ft = [count('FTHG'), count('FTAG')] as const;
  const h1 = [count('HTHG'), count('HTAG')] as const;
  return { ft, h1, h2: [ft[0] - h1[0], ft[1] - h1[1]], corners: [count('HC'), count('AC')] };
}

export function checkMultimarket(set: string, file: { name: string; bytes: Uint8Array }): CheckedSet {
  const started = performance.now();
  const done = (found: Omit<CheckedSet, 'set' | 'seconds'>): CheckedSet => ({
    set,
    ...found,
    seconds: (performance.now() - started) / 1000,
  });
  try {
    return done(compare(file));
  } catch (error) {
    return done({ checks: 0, bets: 0, mismatches: [(error as Error).message], problems: [] });
  }
}

function compare(file: { name: string; bytes: Uint8Array }): Omit<CheckedSet, 'set' | 'seconds'> {
  // First, as it names the line when the file is no CSV.
  const { fixtures, problems } = readRecording([file]);
  const text = new TextDecoder().decode(file.bytes);
  const expected = expectedTotals(text);
  const rules = rulesFor(rowsOf(text)[0] ?? []);
  const wagers: Wager[] = [];
  for (const fixture of fixtures) {
    for (const rule of rules) {
      const wager = wagerOn(fixture, rule);
      if (wager) wagers.push(wager);
    }
  }
  const keys = [...expected.keys()];
  const { faults, totals } = playSeason(keys, wagers);
  const mismatches = [...faults];
  const differing = new Set<string>();
  for (const key of keys) {
    const [want, have] = [expected.get(key) as Total, totals.get(key) as Total];
    if (want.bets !== have.bets || want.profitMinor !== have.profitMinor) {
      differing.add(key);
      mismatches.push(`${key}: ${have.bets} bets ${have.profitMinor}, expected ${want.bets} bets ${want.profitMinor}`);
    }
    if (want.bets === 0 && MUST_HAVE.includes(key)) mismatches.push(`${key}: no row has a price`);
  }
  // A column without a single price is no check.
  const checks = keys.filter((key) => (expected.get(key) as Total).bets > 0).length;
  return { checks, bets: wagers.length, mismatches, problems: tellProblems(problems, differing) };
}

function wagerOn(fixture: Wager['fixture'], rule: ColumnRule): Wager | null {
  const { column, market, part, selectionId } = rule;
  const scores = fixture.result?.status === 'finished' ? fixture.result.scores : [];
  const has = (period: string, stat: string): boolean => scores.some((score) => score.period === period && score.stat === stat);
  const known = part === 'corners' ? has('ft', 'corners') : has('ft', 'goals') && (part === 'ft' || has('h1', 'goals'));
  if (!known) return null;
  for (const capture of fixture.captures) {
    const quote = capture.quotes.find((one) => one.marketId === `${fixture.card.eventId}/${market}`);
    const oddsMilli = quote && priceOf(quote, selectionId);
    if (quote && oddsMilli !== undefined) return { key: column, fixture, capture, quote, selectionId, oddsMilli };
  }
  return null;
}
