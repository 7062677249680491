// CSV bytes to rows with line numbers, and cells to numbers. A cell that cannot be read becomes a problem and `undefined`, never a guess.
import { CsvError, parse } from 'csv-parse/sync';
import { parseOdds } from '#core/base/odds.ts';
import { LINE_QUARTERS_MAX } from '#core/catalog/market.ts';
import { type Problems, RecordingError } from '#ports/recording.ts';

/** Largest recording read: the real ones are below 5 MB. */
export const RECORDING_BYTES_MAX = 64 * 2 ** 20;
/** Longest single record, in bytes: longer means an unclosed quote or no CSV. */
const RECORD_BYTES_MAX = 64 * 1024;
const MESSAGE_TEXT_MAX = 40;

export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvTable {
  readonly file: string;
  readonly header: readonly string[];
  readonly rows: readonly CsvRow[];
}

/** UTF-8 with or without a byte order mark; what is not UTF-8 is read as Windows-1252, which older files are written in. */
export function decodeText(bytes: Uint8Array, file: string): string {
  if (bytes.length > RECORDING_BYTES_MAX)
    throw new RecordingError(`${file}: ${bytes.length} bytes are more than ${RECORDING_BYTES_MAX}`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** Rows of a CSV text without its blank ones. Throws a RecordingError when it is no CSV or is empty. */
export function readTable(text: string, file: string): CsvTable {
  const rows: CsvRow[] = [];
  for (const { record, info } of parseRecords(text, file)) {
    if (record.some((cell) => cell !== '')) rows.push({ line: info.lines, cells: record });
  }
  const [head, ...body] = rows;
  if (!head) throw new RecordingError(`${file}: the file is empty`);
  return { file, header: head.cells, rows: body };
}

interface ParsedRecord {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

/** No file read here needs a line break inside a cell, and a stray quote would take whole rows into one: a record is one line, or an error. */
function parseRecords(given: string, file: string): ParsedRecord[] {
  const text = given.replaceAll(/\r\n?/g, '\n'); // appended files mix line ends; the parser would then miscount lines
  let ended = 0; // line of the last whole record
  const oneLine = (parsed: string[], { lines }: { readonly lines: number }): string[] => {
    const { record } = parsed as unknown as ParsedRecord; // what `info` makes of it
    if (record.some((cell) => cell.includes('\n'))) throw unreadable(file, contentAfter(text, ended), QUOTE_LEFT_OPEN);
    ended = lines;
    return parsed;
  };
  const options = { bom: true, info: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, trim: true };
  try {
    return parse(text, { ...options, max_record_size: RECORD_BYTES_MAX, on_record: oneLine }) as unknown as ParsedRecord[];
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const begun = contentAfter(text, ended);
    const line = Number((cause as { lines?: unknown }).lines) || 1;
    if (line > begun || cause.code === 'CSV_QUOTE_NOT_CLOSED') throw unreadable(file, begun, QUOTE_LEFT_OPEN);
    throw unreadable(file, line, cause.message);
  }
}

const QUOTE_LEFT_OPEN = 'a quote opens in this line and is not closed in it; a cell cannot go on in the next line';

function unreadable(file: string, line: number, message: string): RecordingError {
  return new RecordingError(`${file}:${line}: not readable as CSV: ${message}`, [{ file, line, message }]);
}

/** The first line after `line` that holds anything: there the next record begins, and with it whatever it takes in. */
function contentAfter(text: string, line: number): number {
  const lines = text.split('\n');
  const found = lines.findIndex((content, i) => i >= line && content.trim() !== '');
  return (found < 0 ? line : found) + 1;
}

/** Reads the cells of one row after another. Columns are given by place; -1 is a column that the file does not have. */
export class Cells {
  readonly table: CsvTable;
  readonly #problems: Problems;
  readonly #named: number;
  /** Prices read before: a season repeats a few hundred of them. */
  readonly #odds = new Map<string, number>();
  #row: CsvRow = { line: 1, cells: [] };

  constructor(table: CsvTable, problems: Problems) {
    this.table = table;
    this.#problems = problems;
    this.#named = filledOf(table.header);
  }

  get line(): number {
    return this.#row.line;
  }

  get width(): number {
    return this.#row.cells.length;
  }

  /** Takes the row up. False, with a problem reported, when it is wider than the header and holds more than that names: which of its cells are in excess nobody knows. */
  use(row: CsvRow): boolean {
    this.#row = row;
    const [filled, named] = [filledOf(row.cells), this.#named];
    // A row as wide as the header may hold notes in columns without a name.
    if (filled <= named || row.cells.length <= this.table.header.length) return true;
    this.report(-1, `${filled} cells, the header has ${named}; row left out`);
    return false;
  }

  column(...names: string[]): number {
    for (const name of names) {
      const place = this.table.header.indexOf(name);
      if (place >= 0) return place;
    }
    return -1;
  }

  text(column: number): string {
    return this.#row.cells[column] ?? '';
  }

  report(column: number, message: string): void {
    const name = this.table.header[column];
    const { file } = this.table;
    this.#problems.add({ file, line: this.line, ...(name === undefined ? {} : { column: name }), message });
  }

  /** Says so when the row ends before a column of the file: what is missing there reads as empty. */
  reportShort(column: number, what: string): void {
    if (this.width > column) return;
    this.report(column, `the row ends after ${this.width} cells, before ${what}`);
  }

  /** A count of goals or corners: a whole number, also written 2.0. */
  count(column: number): number | undefined {
    const text = this.text(column);
    if (text === '') return undefined;
    if (/^\d{1,3}(?:\.0+)?$/.test(text)) return Number(text);
    this.report(column, `${shown(text)} is not a whole number from 0 to 999`);
    return undefined;
  }

  /** A decimal price in thousandths. */
  odds(column: number): number | undefined {
    const text = this.text(column);
    if (text === '') return undefined;
    const known = this.#odds.get(text);
    if (known !== undefined) return known;
    const odds = parseOdds(text);
    if (odds !== null) {
      this.#odds.set(text, odds);
      return odds;
    }
    this.report(column, `${shown(text)} is not a price from 1.001 to 1000 with at most three decimals; dropped`);
    return undefined;
  }

  /** A handicap or total in quarters. */
  lineQuarters(column: number): number | undefined {
    const text = this.text(column);
    if (text === '') return undefined;
    const quarters = /^[+-]?\d{1,2}(?:\.\d{1,4})?$/.test(text) ? Number(text) * 4 : Number.NaN;
    if (Number.isInteger(quarters) && Math.abs(quarters) <= LINE_QUARTERS_MAX) return quarters + 0; // + 0 makes -0 a plain 0
    this.report(column, `${shown(text)} is not a line in quarters; its prices are dropped`);
    return undefined;
  }
}

/** Cells up to the last that holds anything: real files end lines with any number of commas. */
function filledOf(cells: readonly string[]): number {
  return cells.findLastIndex((cell) => cell !== '') + 1;
}

/** A cell's text as a message may show it: quoted, and never long. */
export function shown(text: string): string {
  return JSON.stringify(text.length > MESSAGE_TEXT_MAX ? `${text.slice(0, MESSAGE_TEXT_MAX)}...` : text);
}
