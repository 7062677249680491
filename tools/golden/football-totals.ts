// Reference set: flat-stake profit per season file x market x book, as exact fractions (`{files: {FILE: {KEY: {n, profit_exact}}}}`).
// Every key is bet through the core at the file's own prices; the wallet's change must equal the fraction exactly.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMarketId } from '#core/catalog/market.ts';
import { decodeText, readTable } from '#adapters/feeds/csv.ts';
import { type BookColumns, findPriceColumns } from '#adapters/feeds/price-columns.ts';
import { readRecording } from '#adapters/feeds/recording-reader.ts';
import { playSeason, priceOf, STAKE_MINOR, type Total, type Wager } from './play-season.ts';
import type { CheckedSet } from './report.ts';

interface Expected {
  readonly n: number;
  readonly profit_exact: string;
}

export interface FootballTotals {
  readonly files: Readonly<Record<string, Readonly<Record<string, Expected>>>>;
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
  const keys = Object.values(files).flatMap((file) => (isRecord(file) ? Object.values(file) : [null]));
  return (
    keys.length > 0 &&
    keys.every((key) => isRecord(key) && typeof key['n'] === 'number' && typeof key['profit_exact'] === 'string')
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks the whole set against the season files in `folder`. */
export function checkFootballTotals(set: string, { files }: FootballTotals, folder: string): CheckedSet {
  const started = performance.now();
  const mismatches: string[] = [];
  let checks = 0;
  let bets = 0;
  for (const [file, keys] of Object.entries(files)) {
    try {
      const checked = checkFile({ name: file, bytes: readFileSync(join(folder, file)) }, keys);
      mismatches.push(...checked.mismatches.map((text) => `${file}: ${text}`));
      checks += checked.checks;
      bets += checked.bets;
    } catch (error) {
      mismatches.push(`${file}: ${(error as Error).message}`);
    }
  }
  return { set, checks, bets, mismatches, seconds: (performance.now() - started) / 1000 };
}

function checkFile(
  file: { name: string; bytes: Uint8Array },
  keys: Readonly<Record<string, Expected>>,
): Omit<CheckedSet, 'set' | 'seconds'> {
  const { header } = readTable(decodeText(file.bytes, file.name), file.name);
  const books = findPriceColumns(header, header.includes('Country'));
  const { fixtures } = readRecording([file]);
  const wagers: Wager[] = [];
  const mismatches: string[] = [];
  const readable: string[] = [];
  for (const key of Object.keys(keys)) {
    const found = findPrices(header, books, key);
    if (typeof found === 'string') {
      mismatches.push(`${key}: ${found}`);
      continue;
    }
    readable.push(key);
    for (const fixture of fixtures) {
      const wager = wagerOn(fixture, found);
      if (wager) wagers.push({ key, ...wager });
    }
  }
  const played = playSeason(readable, wagers);
  mismatches.push(...played.faults);
  for (const key of readable) {
    const fault = difference(played.totals.get(key) as Total, keys[key] as Expected);
    if (fault) mismatches.push(`${key}: ${fault}`);
  }
  return { checks: readable.length, bets: wagers.length, mismatches };
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

/** Exact comparison: profit of a stake of one, times the stake, against the wallet. */
function difference(total: Total, expected: Expected): string | null {
  if (total.bets !== expected.n) return `${total.bets} bets, expected ${expected.n}`;
  const fraction = /^(-?\d+)(?:\/([1-9]\d*))?$/.exec(expected.profit_exact);
  if (!fraction) return `${expected.profit_exact} is not a fraction`;
  const denominator = BigInt(fraction[2] ?? '1');
  const wanted = BigInt(fraction[1] as string) * BigInt(STAKE_MINOR);
  if (BigInt(total.profitMinor) * denominator === wanted) return null;
  return `wallet ${total.profitMinor >= 0 ? '+' : ''}${total.profitMinor}, expected ${expected.profit_exact} x ${STAKE_MINOR}`;
}
