// Live order books: one room per market that somebody watches, read a few times a second from wherever the writer is, whatever happens in the market
// and however many watch. A slow reader is passed over and gets what it lacks, in one frame, when it has room.
import { randomBytes } from 'node:crypto';
import { type BookAnswer, type BookPlace, BookRoom } from './book-room.ts';

/** A watched book is read this often, ms: a reader gets at most five frames of it a second. */
export const BOOK_READ_MS = 200;
/** A round may be this part of it early, as timers are, and reads no book that was read for a newcomer a moment ago. */
const EARLY = 0.9;
/** Markets that are read at once by one gateway. */
export const BOOKS_WATCHED_MAX = 200;
/** Markets whose rooms are kept, watched or not, so that a reader who comes back goes on. */
export const BOOKS_KEPT_MAX = 400;

export interface BookReader {
  /** False while it has not taken what it was given. */
  readonly hasRoom: boolean;
  give(frame: Buffer): void;
  /** The market has no exchange any longer; it is not watched from now on. */
  ended(watch: BookWatch): void;
}

/** One reader's place in one book. */
export interface BookWatch {
  readonly room: BookRoom;
  readonly reader: BookReader;
  /** The reader has everything up to this number; null when it has nothing. */
  has: number | null;
}

export interface BookHubLimits {
  readonly readMs: number;
  readonly watched: number;
  readonly kept: number;
}

interface Open {
  readonly room: BookRoom;
  readonly watches: Set<BookWatch>;
  reading: Promise<BookAnswer | null> | null;
  readAt: number;
}

const LIMITS: BookHubLimits = { readMs: BOOK_READ_MS, watched: BOOKS_WATCHED_MAX, kept: BOOKS_KEPT_MAX };

export class BookHub {
  readonly #ask: (place: BookPlace) => Promise<BookAnswer | null>;
  readonly #limits: BookHubLimits;
  readonly #rooms = new Map<string, Open>();
  #timer: NodeJS.Timeout | null = null;

  /** `ask` gives null while no writer answers. */
  constructor(ask: (place: BookPlace) => Promise<BookAnswer | null>, limits: BookHubLimits = LIMITS) {
    this.#ask = ask;
    this.#limits = limits;
  }

  get kept(): number {
    return this.#rooms.size;
  }

  get watched(): number {
    let count = 0;
    for (const { watches } of this.#rooms.values()) if (watches.size > 0) count++;
    return count;
  }

  /** Begins to watch and gives nothing yet: see serve(). `has` is what the reader says it has of which room. */
  async watch(
    place: BookPlace,
    reader: BookReader,
    has: { readonly room: string; readonly n: number } | null,
  ): Promise<BookWatch | 'not_found' | 'busy'> {
    const open = this.#open(place);
    if (!open) return 'busy';
    const watch: BookWatch = { room: open.room, reader, has: null };
    open.watches.add(watch);
    const isFresh = open.room.n > 0 && performance.now() - open.readAt < this.#limits.readMs;
    const answer = isFresh ? null : await this.#read(open);
    if (!isFresh && !answer?.book) {
      this.leave(watch);
      return answer ? 'not_found' : 'busy';
    }
    if (has && open.room.knows(has.room, has.n)) watch.has = has.n;
    this.#timer ??= setInterval(() => this.#round(), this.#limits.readMs).unref();
    return watch;
  }

  /** Gives a reader what it lacks, if it has room. */
  serve(watch: BookWatch): void {
    const { has, reader, room } = watch;
    if (has === room.n || room.n === 0 || !reader.hasRoom) return;
    reader.give(room.frame(has));
    watch.has = room.n;
  }

  leave(watch: BookWatch): void {
    const open = this.#rooms.get(keyOf(watch.room.place));
    open?.watches.delete(watch);
    if (open?.watches.size === 0 && open.room.n === 0) this.#rooms.delete(keyOf(watch.room.place));
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Null when too many are watched. Makes room by forgetting the book that was opened first of those that nobody watches. */
  #open(place: BookPlace): Open | null {
    const key = keyOf(place);
    const known = this.#rooms.get(key);
    if (known && known.watches.size > 0) return known;
    if (this.watched >= this.#limits.watched) return null;
    if (known) return known;
    if (this.#rooms.size >= this.#limits.kept) {
      for (const [old, { watches }] of this.#rooms) {
        if (watches.size > 0) continue;
        this.#rooms.delete(old);
        break;
      }
    }
    const room = new BookRoom(place, randomBytes(6).toString('base64url'));
    const open: Open = { room, watches: new Set(), reading: null, readAt: Number.NEGATIVE_INFINITY };
    this.#rooms.set(key, open);
    return open;
  }

  #round(): void {
    if (this.watched === 0) return this.stop();
    const due = performance.now() - EARLY * this.#limits.readMs;
    for (const open of this.#rooms.values()) {
      // One question at a time: an answer that is late delays its own book only.
      if (open.watches.size > 0 && !open.reading && open.readAt <= due) void this.#read(open);
    }
  }

  /** Who asks meanwhile waits for the same. */
  #read(open: Open): Promise<BookAnswer | null> {
    open.reading ??= this.#take(open).finally(() => (open.reading = null));
    return open.reading;
  }

  async #take(open: Open): Promise<BookAnswer | null> {
    open.readAt = performance.now();
    const answer = await this.#ask(open.room.place).catch(() => null);
    if (!answer) return null; // nobody writes at the moment: what was told stands
    const { book, seq } = answer;
    if (!book) {
      this.#end(open);
      return answer;
    }
    if (open.room.take({ book, seq })) for (const watch of open.watches) if (watch.has !== null) this.serve(watch);
    return answer;
  }

  #end(open: Open): void {
    if (open.room.n === 0) return;
    this.#rooms.delete(keyOf(open.room.place));
    for (const watch of open.watches) watch.reader.ended(watch);
    open.watches.clear();
  }
}

function keyOf({ ledgerId, marketId }: BookPlace): string {
  return `${ledgerId} ${marketId}`;
}
