// What a gateway knows of one watched order book: each price with the number of its last change, prices that are gone as size 0. Whoever has everything
// up to `n` lacks exactly what is above it, so one frame says it, however many changes were skipped. Numbers are of this room only: `id` tells rooms apart.
import type { Book, BookLevel } from '../questions/market-questions.ts';
import type { LedgerPlace } from '../questions/question.ts';
import { textFrame } from '../socket/text-frame.ts';

/** Prices of one side that are shown, as GET /v1/markets/{id}/book shows unless told otherwise. */
export const BOOK_DEPTH = 10;
/** Prices of one room that are gone and remembered; above it nobody goes on from before. */
export const GONE_MAX = 2_000;
/** Different places from which readers are behind, whose frames are kept encoded. */
const FRAMES_KEPT = 8;
const SIDES = ['availableToBack', 'availableToLay'] as const;

/** One market of one ledger. */
export interface BookPlace extends LedgerPlace {
  readonly marketId: string;
}

export interface BookAnswer {
  /** What the writer had committed, at least. */
  readonly seq: number;
  /** Null when the market has no exchange. */
  readonly book: Book | null;
}

interface LevelRow {
  readonly n: number;
  readonly selectionId: string;
  readonly side: (typeof SIDES)[number];
  readonly level: BookLevel;
}

export class BookRoom {
  readonly place: BookPlace;
  readonly id: string;
  readonly #levels = new Map<string, LevelRow>();
  readonly #frames = new Map<number | null, Buffer>();
  #book: Book | null = null;
  #seq = 0;
  #n = 0;
  /** Least number from which a reader can go on. */
  #first = 1;
  #headText = '';
  #headN = 0;

  constructor(place: BookPlace, id: string) {
    this.place = place;
    this.id = id;
  }

  get marketId(): string {
    return this.place.marketId;
  }

  /** Number of the newest change; 0 before the first reading. */
  get n(): number {
    return this.#n;
  }

  knows(id: string, n: number): boolean {
    return id === this.id && n >= this.#first && n <= this.#n;
  }

  /** Takes a reading. True when somebody lacks something now. */
  take({ book, seq }: BookAnswer & { readonly book: Book }): boolean {
    const n = this.#n + 1;
    const headText = JSON.stringify(headOf(book));
    let news = headText !== this.#headText;
    if (news) [this.#headText, this.#headN] = [headText, n];
    const here = new Set<string>();
    for (const { selectionId, ...sides } of book.selections)
      for (const side of SIDES)
        for (const level of sides[side]) {
          const key = `${selectionId} ${side} ${level.priceMilli}`;
          here.add(key);
          news = this.#keep(key, { n, selectionId, side, level }) || news;
        }
    news = this.#end(here, n) || news;
    this.#book = book;
    this.#seq = seq;
    if (!news) return false;
    this.#n = n;
    this.#frames.clear();
    return true;
  }

  /** What a reader lacks that has everything up to `has`; the whole book when that is null, or no longer known. */
  frame(has: number | null): Buffer {
    const from = has === null || has < this.#first ? null : has;
    const known = this.#frames.get(from);
    if (known) return known;
    const frame = textFrame(JSON.stringify(from === null ? this.#whole() : this.#changes(from)));
    if (this.#frames.size < FRAMES_KEPT) this.#frames.set(from, frame);
    return frame;
  }

  #keep(key: string, row: LevelRow): boolean {
    const known = this.#levels.get(key)?.level;
    if (known && known.sizeMinor === row.level.sizeMinor && known.orders === row.level.orders) return false;
    this.#levels.set(key, row);
    return true;
  }

  /** Marks what is not here any longer, and forgets all that is gone when it is too much. */
  #end(here: ReadonlySet<string>, n: number): boolean {
    let news = false;
    for (const [key, row] of this.#levels) {
      if (here.has(key) || row.level.sizeMinor === 0) continue;
      this.#levels.set(key, { ...row, n, level: { priceMilli: row.level.priceMilli, sizeMinor: 0, orders: 0 } });
      news = true;
    }
    if (this.#levels.size - here.size <= GONE_MAX) return news;
    for (const key of this.#levels.keys()) if (!here.has(key)) this.#levels.delete(key);
    this.#first = n;
    return true;
  }

  #whole(): object {
    return { type: 'book', channel: channelOf(this.marketId), room: this.id, n: this.#n, seq: this.#seq, book: this.#book };
  }

  #changes(after: number): object {
    const rows = [...this.#levels.values()].filter((row) => row.n > after);
    return {
      type: 'book_changes',
      channel: channelOf(this.marketId),
      room: this.id,
      after,
      n: this.#n,
      seq: this.#seq,
      ...(this.#headN > after && this.#book ? { market: headOf(this.#book) } : {}),
      levels: rows.map(({ level, selectionId, side }) => ({ selectionId, side, ...level })),
    };
  }
}

export function channelOf(marketId: string): string {
  return `book:${marketId}`;
}

/** What is not a price, but changes. */
function headOf({ betDelayMs, inPlay, selections, status, version }: Book): object {
  const startingPricesMilli = Object.fromEntries(selections.map((s) => [s.selectionId, s.startingPriceMilli]));
  return { status, version, inPlay, betDelayMs, startingPricesMilli };
}
