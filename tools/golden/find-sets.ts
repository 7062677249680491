// Finds the reference sets below a folder by what they contain, never by a list of names, and checks each with the checker for its shape.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkExchangeOrders, isExchangeOrders, RECORDINGS } from './exchange-orders.ts';
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
  if (!existsSync(folder)) return { folder, ...found, faults: [`${folder} does not exist`] };
  for (const name of filesIn(folder, GOLDEN)) checkGolden(folder, name, found);
  for (const name of filesIn(folder, FOOTBALL)) checkSeason(folder, name, found);
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!entry.isDirectory() || KNOWN.has(entry.name) || entry.name.startsWith('.')) continue;
    found.unchecked.push({ set: `${entry.name}/`, note: 'found, no checker yet' });
  }
  return { folder, ...found };
}

function filesIn(folder: string, below: string): string[] {
  const path = join(folder, below);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.') && !entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Everything in golden/ is a reference set: one that nobody can check is a fault, not a note. */
function checkGolden(folder: string, name: string, found: Found): void {
  const set = `${GOLDEN}/${name}`;
  const data = readJson(join(folder, GOLDEN, name));
  if (isFootballTotals(data)) found.checked.push(checkFootballTotals(set, data, join(folder, FOOTBALL)));
  else if (isExchangeOrders(data)) found.checked.push(checkExchangeOrders(set, data, folder));
  else found.faults.push(`${set}: there is no checker for this set`);
}

function checkSeason(folder: string, name: string, found: Found): void {
  if (!name.toLowerCase().endsWith('.csv')) return;
  const bytes = readFileSync(join(folder, FOOTBALL, name));
  const headerLine = new TextDecoder().decode(bytes.subarray(0, 16_384)).split(/\r?\n/)[0] ?? '';
  if (isMultimarket(headerLine)) found.checked.push(checkMultimarket(`${FOOTBALL}/${name}`, { name, bytes }));
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
