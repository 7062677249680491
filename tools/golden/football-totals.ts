// Reference set: flat-stake profit per season file x market x book, as exact fractions (`{files: {FILE: {KEY: {n, profit,
// profit_exact}}}}`). Every key is bet through the core at the file's own prices; the wallet's change must equal the fraction exactly.
import { join } from 'node:path';
import { parseMarketId } from '#core/catalog/market.ts';
import { decodeText, readTable } from '#adapters/feeds/csv.ts';
import { type BookColumns, findPriceColumns } from '#adapters/feeds/price-columns.ts';
import { readRecording } from '#adapters/feeds/recording-reader.ts';
import { bytesOf } from './files.ts';
import { tellProblems } from './line-problems.ts';
import { playSeason, priceOf, STAKE_MINOR, type Total, type Wager } from './play-season.ts';
import type { CheckedSet } from './report.ts';

interface Expected {
  readonly n: number;
  /** The fraction as a number. A set may leave it out: the fraction says the same more exactly. */
  readonly profit?: unknown;
  readonly profit_exact: string;
}

/** References write their numbers out to the last digit or round them to six decimals; doubles themselves are far finer. */
const PROFIT_TOLERANCE = 1e-6;

export interface FootballTotals {
  /** Entries are looked at one by one when they are checked. */
  readonly files: Readonly<Record<string, unknown>>;
}

interface KeyMeaning {
  readonly column: string;
  readonly selectionId: string;
}

const WINNER = { H: 'home', D: 'draw', A: 'away' } as const;

/** True for data of this shape, whatever its file is called. */
export function isFootballTotals(data: unknown): data is FootballTotals {
  const files = isRecord(data) ? data['files'] : undefined;
  if (!isRecord(files)) return false;
  return Object.values(files).some((file) => isRecord(file) && Object.values(file).some(isExpected));
}

function isExpected(entry: unknown): entry is Expected {
  return isRecord(entry) && typeof entry['n'] === 'number' && typeof entry['profit_exact'] === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks the whole set against the season files in `folder`. */
export function checkFootballTotals(set: string, { files }: FootballTotals, folder: string): CheckedSet {
  const started = performance.now();
  const mismatches: string[] = [];
  const problems: string[] = [];
  let checks = 0;
  let bets = 0;
  for (const [file, keys] of Object.entries(files)) {
    try {
      if (!isRecord(keys)) throw new Error('the reference has no entries for it');
      const checked = checkFile({ name: file, bytes: bytesOf(join(folder, file)) }, keys);
      mismatches.push(...checked.mismatches.map((text) => `${file}: ${text}`));
      problems.push(...checked.problems);
      checks += checked.checks;
      bets += checked.bets;
    } catch (error) {
      mismatches.push(`${file}: ${(error as Error).message}`);
    }
  }
  return { set, checks, bets, mismatches, problems, seconds: (performance.now() - started) / 1000 };
}

function checkFile(
  file: { name: string; bytes: Uint8Array },
  keys: Readonly<Record<string, unknown>>,
): Omit<CheckedSet, 'set' | 'seconds'> {
  const { header } = readTable(decodeText(file.bytes, file.name), file.name);
  const books = findPriceColumns(header, header.includes('Country'));
  const { fixtures, problems } = readRecording([file]);
  const wagers: Wager[] = [];
  const mismatches: string[] = [];
  const readable = new Map<string, Expected>();
  for (const [key, expected] of Object.entries(keys)) {
    const found = isExpected(expected) ? findPrices(header, books, key) : 'the reference lacks n or profit_exact';
    if (!isExpected(expected) || typeof found === 'string') {
      mismatches.push(`${key}: ${String(found)}`);
      continue;
    }
    readable.set(key, expected);
    for (const fixture of fixtures) {
      const wager = wagerOn(fixture, found);
      if (wager) wagers.push({ key, ...wager });
    }
  }
  const played = playSeason([...readable.keys()], wagers);
  mismatches.push(...played.faults);
  const differing = new Set<string>();
  for (const [key, expected] of readable) {
    const fault = difference(played.totals.get(key) as Total, expected);
    if (fault === null) continue;
    mismatches.push(`${key}: ${fault}`);
    differing.add((meaningOf(key) as KeyMeaning).column);
  }
  const told = tellProblems(problems, differing);
  return { checks: readable.size, bets: wagers.length, mismatches, problems: told };
}

/** `1x2 B365C H`, `ah AvgC away`, `ou Max<2.5` -> the column that holds its prices; null for a key of another shape. */
export function meaningOf(key: string): KeyMeaning | null {
  const winner = /^1x2 (\S+) ([HDA])$/.exec(key);
  if (winner) return { column: `${winner[1]}${winner[2]}`, selectionId: WINNER[winner[2] as keyof typeof WINNER] };
  const handicap = /^ah (\S+) (home|away)$/.exec(key);
  if (handicap) return { column: `${handicap[1]}${handicap[2] === 'home' ? 'AHH' : 'AHA'}`, selectionId: handicap[2] as string };
  const total = /^ou ([^\s<>]+)([<>])(\d{1,2}(?:\.\d{1,2})?)$/.exec(key);
  if (total) return { column: `${total[1]}${total[2]}${total[3]}`, selectionId: total[2] === '>' ? 'over' : 'under' };
  return null;
}

interface FoundPrices {
  readonly book: string;
  readonly closing: boolean;
  readonly type: string;
  readonly lineQuarters: number | undefined;
  readonly selectionId: string;
}

/** The reader's own name for a key's book and list, or why there is none. */
function findPrices(header: readonly string[], books: readonly BookColumns[], key: string): FoundPrices | string {
  const meaning = meaningOf(key);
  if (!meaning) return 'a key of unknown shape';
  const place = header.indexOf(meaning.column);
  if (place < 0) return `the file has no column ${meaning.column}`;
  for (const { book, closing, lists } of books) {
    const list = lists.find(({ columns }) => columns.includes(place));
    if (list) return { book, closing, type: list.type, lineQuarters: list.lineQuarters, selectionId: meaning.selectionId };
  }
  return `the reader takes no prices from column ${meaning.column}`;
}

/** The bet of one key on one fixture: only where it has a price and was played. */
function wagerOn(fixture: Wager['fixture'], wanted: FoundPrices): Omit<Wager, 'key'> | null {
  if (fixture.result?.status !== 'finished') return null;
  const label = wanted.closing ? 'closing' : 'opening';
  const capture = fixture.captures.find((one) => one.book === wanted.book && one.label === label);
  for (const quote of capture?.quotes ?? []) {
    const market = parseMarketId(quote.marketId);
    if (market?.type !== wanted.type || (wanted.lineQuarters !== undefined && market.lineQuarters !== wanted.lineQuarters))
      continue;
    const oddsMilli = priceOf(quote, wanted.selectionId);
    if (capture && oddsMilli !== undefined) return { fixture, capture, quote, selectionId: wanted.selectionId, oddsMilli };
  }
  return null;
}

/** Exact comparison: profit of a stake of one, times the stake, against the wallet; then the same profit as the number beside it. */
function difference(total: Total, expected: Expected): string | null {
  if (total.bets !== expected.n) return `${total.bets} bets, expected ${expected.n}`;
  const fraction = /^(-?\d+)(?:\/([1-9]\d*))?$/.exec(expected.profit_exact);
  if (!fraction) return `${expected.profit_exact} is not a fraction`;
  const [numerator, denominator] = [BigInt(fraction[1] as string), BigInt(fraction[2] ?? '1')];
  if (BigInt(total.profitMinor) * denominator === numerator * BigInt(STAKE_MINOR))
    return profitFault(Number(numerator) / Number(denominator), expected.profit);
  return `wallet ${total.profitMinor >= 0 ? '+' : ''}${total.profitMinor}, expected ${expected.profit_exact} x ${STAKE_MINOR}`;
}

function profitFault(exact: number, stated: unknown): string | null {
  if (stated === undefined) return null;
  if (typeof stated === 'number' && Math.abs(stated - exact) <= PROFIT_TOLERANCE) return null;
  return `profit ${exact}, expected ${JSON.stringify(stated)}`;
}
