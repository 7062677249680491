// A file of fixtures, questions and prices as rows for the desk: CSV with a header, or a JSON array of the rows of POST /v1/desk/fixtures. Every
// cell that cannot be read is told with its line and column; then there are no rows at all.
import { readEachWayText } from '#core/bets/runners/stated-market.ts';
import type { DeskRow, StatedAsked } from '#ports/desk-book.ts';
import { readTable } from '../csv.ts';

export interface ImportFault {
  /** In a CSV its line; in JSON the place of the row, from 1. */
  readonly line: number;
  readonly column: string;
  readonly message: string;
}

export interface ImportedRow {
  readonly line: number;
  readonly row: DeskRow;
}

export interface Imported {
  readonly rows: readonly ImportedRow[];
  readonly faults: readonly ImportFault[];
}

export const IMPORT_COLUMNS = [
  'sport',
  'competition',
  'home',
  'away',
  'startAt',
  'title',
  'market',
  'odds',
  'probabilities',
  'marginPpm',
  'method',
  'validUntil',
  'selections',
  'places',
  'eachWay',
] as const;
type Column = (typeof IMPORT_COLUMNS)[number];
const NEEDED: readonly Column[] = ['sport', 'competition', 'home', 'startAt'];
const METHODS = ['multiplicative', 'power'] as const;
/** Faults told of one file. */
const FAULTS_MAX = 200;

/** Reads the text of a file whose name ends in .json, or else is CSV. Throws a RecordingError for what is no CSV at all. */
export function readImport(text: string, file: string): Imported {
  return file.toLowerCase().endsWith('.json') ? readJson(text) : readCsv(text, file);
}

function readCsv(text: string, file: string): Imported {
  const { header, rows: lines } = readTable(text, file);
  const faults: ImportFault[] = [];
  for (const name of header)
    if (!isColumn(name))
      faults.push({ line: 1, column: name, message: `there is no such column; there are: ${IMPORT_COLUMNS.join(', ')}` });
  for (const name of NEEDED) if (!header.includes(name)) faults.push({ line: 1, column: name, message: 'this column is needed' });
  if (faults.length > 0) return { rows: [], faults };
  const rows = lines.map(({ cells, line }) => {
    const cell = Object.fromEntries(header.map((name, i) => [name, cells[i] ?? ''])) as Partial<Record<Column, string>>;
    if (cells.length > header.length)
      faults.push({ line, column: `${header.length + 1}`, message: 'the line has more cells than the header' });
    return { line, row: rowOf(cell, (column, message) => faults.push({ line, column, message })) };
  });
  return faults.length > 0 ? { rows: [], faults: faults.slice(0, FAULTS_MAX) } : { rows, faults };
}

type Tell = (column: string, message: string) => void;

function rowOf(cell: Partial<Record<Column, string>>, tell: Tell): DeskRow {
  const { away = '', competition = '', home = '', market = '', sport = '', title = '' } = cell;
  const startAt = timeOf(cell.startAt ?? '', 'startAt', tell) ?? 0;
  const validUntil = timeOf(cell.validUntil ?? '', 'validUntil', tell);
  if ((cell.startAt ?? '') === '') tell('startAt', 'is needed');
  const oddsMilli = pairsOf(cell.odds ?? '', { column: 'odds', scale: 1_000 }, tell);
  const probabilities = pairsOf(cell.probabilities ?? '', { column: 'probabilities', scale: 1 }, tell);
  const margin = marginOf(cell, tell);
  return {
    sport,
    competition,
    home,
    away: away === '' ? '-' : away,
    startAt,
    ...(title === '' ? {} : { title }),
    ...(market === '' ? {} : { market }),
    ...(oddsMilli ? { oddsMilli } : {}),
    ...(probabilities ? { probabilities } : {}),
    ...(margin ? { margin } : {}),
    ...(validUntil === undefined ? {} : { validUntil }),
    ...statedOf(cell, tell),
  };
}

function statedOf({ eachWay = '', places = '', selections = '' }: Partial<Record<Column, string>>, tell: Tell): StatedAsked {
  if (places !== '' && !/^\d{1,2}$/.test(places)) tell('places', `${shown(places)} is not a number of places`);
  const terms = eachWay === '' ? null : readEachWayText(eachWay);
  if (eachWay !== '' && !terms) tell('eachWay', `${shown(eachWay)} is not a part of the odds for places, such as 1/4 3`);
  return {
    ...(selections === '' ? {} : { selections: selections.split(/\s+/) }),
    ...(places === '' ? {} : { places: Number(places) }),
    ...(terms ? { eachWay: terms } : {}),
  };
}

function marginOf({ marginPpm = '', method = '' }: Partial<Record<Column, string>>, tell: Tell): DeskRow['margin'] {
  if (marginPpm === '') {
    if (method !== '') tell('method', 'says how a margin is made, but marginPpm is empty');
    return undefined;
  }
  if (!/^\d{1,7}$/.test(marginPpm)) tell('marginPpm', `${shown(marginPpm)} is not a whole number of millionths`);
  const known = METHODS.find((name) => name === (method === '' ? 'multiplicative' : method));
  if (!known) tell('method', `${shown(method)} is none of ${METHODS.join(', ')}`);
  return { method: known ?? 'multiplicative', ppm: Number(marginPpm) };
}

/** `yes=1.90 no=1.95` */
function pairsOf(
  text: string,
  { column, scale }: { column: string; scale: number },
  tell: Tell,
): Record<string, number> | undefined {
  if (text === '') return undefined;
  const pairs = new Map<string, number>();
  for (const pair of text.split(/\s+/)) {
    const [, name, value] = /^([^=\s]{1,64})=(\d{1,4}(?:\.\d{1,9})?)$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) tell(column, `${shown(pair)} is not selection=number, such as yes=1.90`);
    else if (pairs.has(name)) tell(column, `${shown(name)} is named twice`);
    else pairs.set(name, scale === 1 ? Number(value) : Math.round(Number(value) * scale));
  }
  return Object.fromEntries(pairs);
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z$/;
function timeOf(text: string, column: string, tell: Tell): number | undefined {
  if (text === '') return undefined;
  const at = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  tell(column, `${shown(text)} is not a time in UTC such as 2026-12-31T18:00:00Z`);
  return undefined;
}

function readJson(text: string): Imported {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = (error as Error).message;
    const line = Number(/line (\d+)/.exec(message)?.[1] ?? 1);
    return { rows: [], faults: [{ line, column: '', message: `is no JSON: ${message}` }] };
  }
  if (!Array.isArray(value)) return { rows: [], faults: [{ line: 1, column: '', message: 'must be an array of rows' }] };
  const faults: ImportFault[] = [];
  const rows = value.map((item: unknown, i) => ({
    line: i + 1,
    row: jsonRow(item, (column, message) => faults.push({ line: i + 1, column, message })),
  }));
  return faults.length > 0 ? { rows: [], faults: faults.slice(0, FAULTS_MAX) } : { rows, faults };
}

const TEXTS = ['sport', 'competition', 'home', 'away', 'title', 'market'] as const;
/** Taken as they are: the desk judges them as it judges those of a request. */
const VALUES = ['oddsMilli', 'probabilities', 'margin', 'selections', 'places', 'eachWay', 'deductions'] as const;
const JSON_MEMBERS = new Set<string>([...TEXTS, 'startAt', 'validUntil', ...VALUES]);

function jsonRow(item: unknown, tell: Tell): DeskRow {
  if (typeof item !== 'object' || item === null) tell('', 'must be an object');
  const given = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
  for (const name of Object.keys(given))
    if (!JSON_MEMBERS.has(name)) tell(name, `there is no such member; there are: ${[...JSON_MEMBERS].join(', ')}`);
  for (const name of TEXTS) if (given[name] !== undefined && typeof given[name] !== 'string') tell(name, 'must be text');
  for (const name of ['startAt', 'validUntil'])
    if (given[name] !== undefined && typeof given[name] !== 'string') tell(name, 'must be a time');
  for (const name of ['oddsMilli', 'probabilities'])
    if (given[name] !== undefined && !isNumbers(given[name])) tell(name, 'must be numbers by selection');
  const margin = given['margin'] as { method?: unknown; ppm?: unknown } | undefined;
  if (margin !== undefined && !(METHODS.some((name) => name === margin?.method) && typeof margin?.ppm === 'number'))
    tell('margin', 'must be {method, ppm}');
  const texts = Object.fromEntries(TEXTS.flatMap((name) => (typeof given[name] === 'string' ? [[name, given[name]]] : [])));
  const times = { startAt: String(given['startAt'] ?? ''), validUntil: String(given['validUntil'] ?? '') };
  const row = rowOf({ ...texts, ...times }, tell);
  const rest = Object.fromEntries(VALUES.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
  return { ...row, ...rest };
}

function isNumbers(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((n) => typeof n === 'number')
  );
}

function isColumn(name: string): name is Column {
  return (IMPORT_COLUMNS as readonly string[]).includes(name);
}

function shown(text: string): string {
  return `"${text.slice(0, 40)}"`;
}

/** The column that a refusal of a row speaks of: its path names members of the row. */
export function columnOf(path: string | undefined, row: DeskRow): string {
  const name = path?.split('/')[1] ?? '';
  if (name === 'prices') return row.probabilities ? 'probabilities' : 'odds';
  return name === 'margin' ? 'marginPpm' : name;
}
