// Finds the prices in a football-data.co.uk header by the pattern of the column names, so that a new book needs no new code:
//   <book>H <book>D <book>A   1x2     <book>><line> <book><<line>   ou@line     <book>AHH <book>AHA   ah, its line in AHh
// A C behind the book's code is its closing price (its handicap line in AHCh): B365H, B365CH, PC>2.5, BFECAHA.
import { bookName } from './team-names.ts';
import type { MarketType } from '#core/catalog/market.ts';

export interface PriceList {
  readonly type: MarketType;
  /** One column per selection, in the order of the market's selections. */
  readonly columns: readonly number[];
  /** Fixed line of a total. */
  readonly lineQuarters?: number;
  /** Column that holds the line of a handicap. */
  readonly lineColumn?: number;
}

export interface BookColumns {
  readonly book: string;
  readonly closing: boolean;
  readonly lists: readonly PriceList[];
}

/** Codes that end in C without meaning a closing price: Victor Chandler. */
const BOOKS_ENDING_IN_C: ReadonlySet<string> = new Set(['VC']);

/** Column groups of a header, opening books first, each in the order of the file. `closingOnly`: the layout has no opening prices. */
export function findPriceColumns(header: readonly string[], closingOnly: boolean): BookColumns[] {
  const places = new Map<string, number>();
  for (const [place, name] of header.entries()) if (name !== '' && !places.has(name)) places.set(name, place);
  const found = new Map<string, { book: string; closing: boolean; lists: PriceList[] }>();
  for (const name of places.keys()) {
    const first = firstColumn(name);
    if (!first) continue;
    const { code, suffixes, type, lineQuarters } = first;
    const columns = suffixes.map((suffix) => places.get(code + suffix) ?? -1);
    if (columns.includes(-1)) continue;
    const { book, closing } = bookOf(code, suffixes[0] as string, closingOnly ? null : places);
    const lineColumn = type === 'ah' ? lineColumnOf(places, code, closing) : undefined;
    if (lineColumn === -1) continue;
    const key = `${book} ${closing}`;
    const group = found.get(key) ?? { book, closing, lists: [] };
    found.set(key, group);
    if (group.lists.some((list) => list.type === type && list.lineQuarters === lineQuarters)) continue; // a second spelling of one book
    group.lists.push({
      type,
      columns,
      ...(lineQuarters === undefined ? {} : { lineQuarters }),
      ...(lineColumn === undefined ? {} : { lineColumn }),
    });
  }
  return [...found.values()].sort((a, b) => Number(a.closing) - Number(b.closing));
}

interface FirstColumn {
  readonly code: string;
  readonly suffixes: readonly string[];
  readonly type: MarketType;
  readonly lineQuarters?: number;
}

/** The code of the book when a column is the first of a list, whose other columns then must exist too. */
function firstColumn(name: string): FirstColumn | null {
  const total = /^(.+)>(\d{1,2}(?:\.\d{1,2})?)$/.exec(name);
  if (total) {
    const lineQuarters = Number(total[2]) * 4;
    if (!Number.isInteger(lineQuarters) || lineQuarters <= 0) return null;
    return { code: total[1] as string, suffixes: [`>${total[2]}`, `<${total[2]}`], type: 'ou', lineQuarters };
  }
  if (name.length > 3 && name.endsWith('AHH')) return { code: name.slice(0, -3), suffixes: ['AHH', 'AHA'], type: 'ah' };
  if (name.length > 1 && name.endsWith('H')) return { code: name.slice(0, -1), suffixes: ['H', 'D', 'A'], type: '1x2' };
  return null;
}

/** `places` null: every column is a closing one, with or without its C. */
function bookOf(code: string, suffix: string, places: ReadonlyMap<string, number> | null): { book: string; closing: boolean } {
  const stem = code.slice(0, -1);
  if (!code.endsWith('C') || stem === '') return { book: bookName(code), closing: places === null };
  const isName = BOOKS_ENDING_IN_C.has(code) && !places?.has(stem + suffix);
  if (isName) return { book: bookName(code), closing: places === null };
  return { book: bookName(stem), closing: true };
}

/** AHh and AHCh serve all books; older files have one line a book (B365AH) or BbAHh. */
function lineColumnOf(places: ReadonlyMap<string, number>, code: string, closing: boolean): number {
  return places.get(`${code}AH`) ?? places.get(closing ? 'AHCh' : 'AHh') ?? (closing ? -1 : (places.get('BbAHh') ?? -1));
}
