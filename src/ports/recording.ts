// The shapes of a recorded season or price history, and the two ways in which reading one can go wrong:
// a LineProblem names a fault in one line and reading goes on; a RecordingError means that the file as a whole is no recording.
import type { Price } from '#core/catalog/quote.ts';
import type { Result } from '#core/catalog/result.ts';
import type { FixtureCard } from '#ports/feed.ts';

/** opening, closing: one of two prices a season file has; path: one of many captures of a price history. */
export type CaptureLabel = 'opening' | 'closing' | 'path';

/** Prices of one market. A price that the recording lacks or that could not be read is missing from the list. */
export interface RecordedQuote {
  readonly marketId: string;
  readonly prices: readonly Price[];
}

/** What one book offered at one moment. */
export interface Capture {
  readonly label: CaptureLabel;
  /** Stated or captured time, UTC ms. Season files give no time of their own: see capture-times.ts. */
  readonly at: number;
  readonly book: string;
  /** Captured at or after kick-off: the goals are in the price. */
  readonly inPlay: boolean;
  readonly quotes: readonly RecordedQuote[];
}

export interface RecordedFixture {
  readonly card: FixtureCard;
  /** Kick-off, UTC ms; the same as card.startAt. */
  readonly startAt: number;
  /** The recording gives no time of day and an early one was assumed. */
  readonly startAssumed: boolean;
  /** In order of time. Back prices only. */
  readonly captures: readonly Capture[];
  /** Exchange lay prices: what a backer would owe, never a price to bet at. Their book ends in `_lay`. */
  readonly lays: readonly Capture[];
  /** Missing when the score is unknown or contradicts itself. */
  readonly result?: Result;
  readonly file: string;
  readonly line: number;
}

export interface RecordedSeason {
  readonly file: string;
  readonly layout: string;
  /** In the order of the file. */
  readonly fixtures: readonly RecordedFixture[];
}

export interface LineProblem {
  readonly file: string;
  /** Line of the file, the header being 1. */
  readonly line: number;
  readonly column?: string;
  readonly message: string;
}

/** Problems kept per reading; the rest is only counted. */
export const PROBLEMS_MAX = 10_000;
/** Problems that an error message spells out. */
const SHOWN_MAX = 20;

/** Collects problems up to a limit. */
export class Problems {
  readonly list: LineProblem[] = [];

  add(problem: LineProblem): void {
    if (this.list.length < PROBLEMS_MAX) this.list.push(problem);
  }

  addAll(problems: readonly LineProblem[]): void {
    for (const problem of problems) this.add(problem);
  }
}

export class RecordingError extends Error {
  override readonly name = 'RecordingError';
  readonly problems: readonly LineProblem[];

  constructor(message: string, problems: readonly LineProblem[] = []) {
    super(message);
    this.problems = problems;
  }
}

export function describeProblem({ file, line, column, message }: LineProblem): string {
  return `${file}:${line}${column === undefined ? '' : ` [${column}]`}: ${message}`;
}

/** For callers that take a recording only when it is faultless: throws a RecordingError that lists the first problems. */
export function requireNoProblems(problems: readonly LineProblem[]): void {
  if (problems.length > 0) throw refusalOf(`${problems.length} problems in the recording`, problems);
}

/** A RecordingError that says why, with the first problems below it. */
export function refusalOf(why: string, problems: readonly LineProblem[]): RecordingError {
  const shown = problems.slice(0, SHOWN_MAX).map(describeProblem);
  const more = problems.length > SHOWN_MAX ? [`and ${problems.length - SHOWN_MAX} more`] : [];
  return new RecordingError([why, ...shown, ...more].join('\n  '), problems);
}
