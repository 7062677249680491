// Chooses and states the terms of a replay: whose prices are bet at, whose close is the yardstick, how late a bet arrives.
import type { DevigMethod } from '#core/signals/devig.ts';
import type { RecordedFixture } from '#ports/recording.ts';

export interface ReplayTerms {
  readonly execBook: string;
  readonly closeBooks: readonly string[];
  readonly consensusBook: string;
  readonly referenceBook: string;
  readonly devig: DevigMethod;
  readonly latencyMs: number;
  /** How long after its stated time a recorded price can be had, ms. */
  readonly windowMs: number;
  readonly fundsMinor: number;
  readonly liquidity: 'shared';
}

/** Averages and best-of lists: nobody can bet at them. */
const AGGREGATES: ReadonlySet<string> = new Set(['Avg', 'Max', 'best']);
/** Books held to be sharp: kept as the yardstick when another book can be bet at. */
const SHARP = ['PS', 'pinnacle'];
export const WINDOW_MS = 120_000;
export const FUNDS_MINOR = 1_000_000;
export const LATENCY_MS = 1_000;

export interface TermsWanted {
  readonly book?: string | undefined;
  readonly devig?: DevigMethod | undefined;
  readonly latencyMs?: number | undefined;
}

export class NoSuchBookError extends Error {
  override readonly name = 'NoSuchBookError';
}

export function chooseTerms(fixtures: readonly RecordedFixture[], wanted: TermsWanted = {}): ReplayTerms {
  const counts = countQuotes(fixtures);
  const books = [...counts.keys()].sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || (a < b ? -1 : 1));
  if (wanted.book !== undefined && !counts.has(wanted.book)) {
    throw new NoSuchBookError(`no prices of book "${wanted.book}" in this recording; it has: ${books.join(', ')}`);
  }
  const real = books.filter((book) => !AGGREGATES.has(book));
  const execBook = wanted.book ?? preferred(real, counts) ?? books[0] ?? 'none';
  const sharp = SHARP.find((book) => counts.has(book));
  // A book's own close says little about bets made at its prices: others come first.
  const yardsticks = [...new Set([sharp, 'Avg', ...books])].filter(
    (b): b is string => b !== undefined && counts.has(b) && b !== execBook,
  );
  const closeBooks = yardsticks.length > 0 ? yardsticks.slice(0, 3) : [execBook];
  return {
    execBook,
    closeBooks,
    consensusBook: 'Avg',
    referenceBook: sharp ?? 'PS',
    devig: wanted.devig ?? 'power',
    latencyMs: wanted.latencyMs ?? LATENCY_MS,
    windowMs: WINDOW_MS,
    fundsMinor: FUNDS_MINOR,
    liquidity: 'shared',
  };
}

/** The best-covered book that is not the sharp yardstick, B365 first: it is in every season. */
function preferred(real: readonly string[], counts: ReadonlyMap<string, number>): string | undefined {
  const soft = real.filter((book) => !SHARP.includes(book));
  const most = counts.get(real[0] ?? '') ?? 0;
  const good = soft.filter((book) => (counts.get(book) ?? 0) >= most * 0.9);
  return good.includes('B365') ? 'B365' : (good[0] ?? real[0]);
}

function countQuotes(fixtures: readonly RecordedFixture[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { captures } of fixtures) {
    for (const { book, inPlay, quotes } of captures) if (!inPlay) counts.set(book, (counts.get(book) ?? 0) + quotes.length);
  }
  return counts;
}
