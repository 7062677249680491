// Finds the reference sets below a folder by what they contain, never by a list of names, and checks each with the checker for its shape.
// What cannot be read is a fault in the report; the other sets are checked all the same.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { checkExchangeOrders, isExchangeOrders, RECORDINGS } from './exchange-orders.ts';
import { bytesOf, jsonOf, namesIn, oneLine } from './files.ts';
import { checkFootballTotals, isFootballTotals } from './football-totals.ts';
import { checkMultimarket, isMultimarket } from './multimarket-totals.ts';
import type { CheckedSet, GoldenReport, UncheckedSet } from './report.ts';

const GOLDEN = 'golden';
const FOOTBALL = 'football';
const KNOWN: ReadonlySet<string> = new Set([GOLDEN, FOOTBALL, RECORDINGS]);

interface Found {
  readonly checked: CheckedSet[];
  readonly unchecked: UncheckedSet[];
  readonly faults: string[];
}

export function checkFolder(folder: string): GoldenReport {
  const found: Found = { checked: [], unchecked: [], faults: [] };
  const report = { folder, ...found };
  if (!isThere(folder)) return { ...report, faults: [`${folder} does not exist`] };
  if (!isFolder(folder)) return { ...report, faults: [`${folder} is no folder`] };
  for (const name of entriesOf(folder, GOLDEN, found))
    orFault(`${GOLDEN}/${name}`, found, (set) => checkGolden(folder, set, found));
  for (const name of entriesOf(folder, FOOTBALL, found))
    orFault(`${FOOTBALL}/${name}`, found, () => checkSeason(folder, name, found));
  for (const name of entriesOf(folder, '.', found)) {
    if (isFolder(join(folder, name)) && !KNOWN.has(name))
      found.unchecked.push({ set: `${name}/`, note: 'found, no checker yet' });
  }
  return report;
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Does one thing; what it throws is a fault of `what`, and the run goes on. */
function orFault(what: string, found: Found, act: (what: string) => void): void {
  try {
    act(what);
  } catch (error) {
    found.faults.push(`${what}: ${oneLine(error)}`);
  }
}

function entriesOf(folder: string, below: string, found: Found): string[] {
  const names: string[] = [];
  orFault(below, found, () => names.push(...namesIn(join(folder, below))));
  return names;
}

/** Everything in golden/ is a reference set: one that nobody can check is a fault, not a note. */
function checkGolden(folder: string, set: string, found: Found): void {
  const data = jsonOf(join(folder, set));
  if (isFootballTotals(data)) found.checked.push(checkFootballTotals(set, data, join(folder, FOOTBALL)));
  else if (isExchangeOrders(data)) found.checked.push(checkExchangeOrders(set, data, folder));
  else throw new Error('there is no checker for this set');
}

function checkSeason(folder: string, name: string, found: Found): void {
  if (!name.toLowerCase().endsWith('.csv')) return;
  const bytes = bytesOf(join(folder, FOOTBALL, name));
  if (isMultimarket(new TextDecoder().decode(bytes.subarray(0, 16_384))))
    found.checked.push(checkMultimarket(`${FOOTBALL}/${name}`, { name, bytes }));
}
