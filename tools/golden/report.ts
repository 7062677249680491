// What a golden run found: the sets it checked, those it cannot check yet, and how both are told to people and programs.

export interface CheckedSet {
  readonly set: string;
  /** Comparisons made. */
  readonly checks: number;
  /** Bets behind them. */
  readonly bets: number;
  /** What differed or could not be compared; empty when all agree. */
  readonly mismatches: readonly string[];
  /** What the reader says of single lines: they may lie behind the mismatches, and are no fault alone. */
  readonly problems: readonly string[];
  readonly seconds: number;
}

export interface UncheckedSet {
  readonly set: string;
  readonly note: string;
}

export interface GoldenReport {
  readonly folder: string;
  readonly checked: readonly CheckedSet[];
  readonly unchecked: readonly UncheckedSet[];
  /** Sets found for which there must be a checker and is none, and what could not be read. */
  readonly faults: readonly string[];
}

/** Mismatches, and lines that the reader speaks of, that are spelled out per set. */
const SHOWN_MAX = 10;

/** True when something was checked and all of it agrees. */
export function isSound({ checked, faults }: GoldenReport): boolean {
  return (
    faults.length === 0 && checked.length > 0 && checked.every(({ checks, mismatches }) => checks > 0 && mismatches.length === 0)
  );
}

/** Why the run fails, for the last line; null when it does not. */
export function verdict(report: GoldenReport): string | null {
  if (isSound(report)) return null;
  if (report.checked.length === 0 && report.faults.length === 0)
    return `no reference set that can be checked lies in ${report.folder}`;
  const differ = report.checked.filter(({ checks, mismatches }) => checks === 0 || mismatches.length > 0).map(({ set }) => set);
  return [...(differ.length > 0 ? [`differing: ${differ.join(', ')}`] : []), ...report.faults].join('; ');
}

export function asJson(report: GoldenReport): string {
  return JSON.stringify({ ok: isSound(report), verdict: verdict(report), ...report }, null, 2);
}

export function asTable({ checked, faults, unchecked }: GoldenReport): string {
  const rows = checked.map((c) => [c.set, `${c.checks}`, `${c.mismatches.length}`, `${c.bets}`, c.seconds.toFixed(2)]);
  const head = ['set', 'checks', 'mismatches', 'bets', 'seconds'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] as string).length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join('  ');
  const differing = checked.flatMap(({ mismatches, problems, set }) => [
    ...shown(set, mismatches),
    ...shown(`${set}: reader`, problems),
  ]);
  const notes = unchecked.map(({ note, set }) => `${set}: ${note}`);
  return [line(head), ...rows.map(line), ...differing, ...notes, ...faults.map((fault) => `FAULT ${fault}`)].join('\n');
}

function shown(whose: string, texts: readonly string[]): string[] {
  const lines = texts.slice(0, SHOWN_MAX).map((text) => `  ${whose}: ${text}`);
  const more = texts.length - SHOWN_MAX;
  return more > 0 ? [...lines, `  ${whose}: and ${more} more`] : lines;
}
