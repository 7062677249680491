// What the reader of recordings says of single lines, told beside the checks of a file.
import { describeProblem, type LineProblem } from '#ports/recording.ts';

/** Real files hold prices of 0 and 1, for none, by the hundred. */
const PLACEHOLDER = /^"[01](?:\.0+)?" is not a price/;

/** Every problem, but prices that stand for none only where they may be behind a difference: in the columns that differ, and last. */
export function tellProblems(problems: readonly LineProblem[], differing: ReadonlySet<string>): string[] {
  const news = problems.filter(({ message }) => !PLACEHOLDER.test(message));
  const behind = problems.filter(
    ({ column, message }) => PLACEHOLDER.test(message) && column !== undefined && differing.has(column),
  );
  return [...news, ...behind].map(describeProblem);
}
