// Live prices: one room per fixture that somebody watches, with the newest quote of each market and book. Quotes of unwatched fixtures are dropped at once.
import { parseMarketId } from '#core/catalog/market.ts';
import type { Quote } from '#core/catalog/quote.ts';

/** Loads the newest stored prices of a fixture. */
export type LoadOdds = (eventId: string) => Promise<readonly Quote[]>;

export interface Watcher {
  /** One frame for one market of one book; the text is the same object for every watcher. */
  quote(key: string, frame: string): void;
}

interface Room {
  readonly quotes: Map<string, { readonly quote: Quote; readonly frame: string }>;
  readonly watchers: Set<Watcher>;
  loaded: Promise<void>;
}

export class OddsHub {
  readonly #load: LoadOdds;
  readonly #rooms = new Map<string, Room>();

  constructor(load: LoadOdds) {
    this.#load = load;
  }

  get rooms(): number {
    return this.#rooms.size;
  }

  /** Every quote of the odds processor goes through here, in any order: an older one never replaces a newer. */
  publishQuote(quote: Quote): void {
    if (this.#rooms.size === 0) return;
    const eventId = quote.marketId.slice(0, quote.marketId.lastIndexOf('/'));
    const room = this.#rooms.get(eventId);
    if (!room) return;
    const frame = keep(room, eventId, quote);
    if (frame === null) return;
    for (const watcher of room.watchers) watcher.quote(keyOf(quote), frame);
  }

  /** Begins to watch; the current prices arrive at once, and nothing older after something newer. */
  async watch(eventId: string, watcher: Watcher): Promise<void> {
    const room = this.#rooms.get(eventId) ?? this.#open(eventId);
    room.watchers.add(watcher);
    // Until the stored prices are here, this watcher gets what is published anyway; afterwards each market's newest once more.
    await room.loaded;
    if (!room.watchers.has(watcher)) return;
    for (const [key, { frame }] of room.quotes) watcher.quote(key, frame);
  }

  leave(eventId: string, watcher: Watcher): void {
    const room = this.#rooms.get(eventId);
    if (!room) return;
    room.watchers.delete(watcher);
    if (room.watchers.size === 0) this.#rooms.delete(eventId);
  }

  /** The newest prices of a fixture: from its room when it is watched, otherwise stored. */
  async current(eventId: string): Promise<Quote[]> {
    const room = this.#rooms.get(eventId);
    if (!room) return [...(await this.#load(eventId))];
    await room.loaded;
    return [...room.quotes.values()].map(({ quote }) => quote).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  #open(eventId: string): Room {
    const room: Room = { quotes: new Map(), watchers: new Set(), loaded: Promise.resolve() };
    this.#rooms.set(eventId, room);
    room.loaded = this.#load(eventId).then(
      (quotes) => {
        for (const quote of quotes) keep(room, eventId, quote);
      },
      (error: unknown) => {
        // The next watcher opens the room again.
        if (this.#rooms.get(eventId) === room) this.#rooms.delete(eventId);
        throw error;
      },
    );
    room.loaded.catch(() => undefined); // told to the watchers that wait for it
    return room;
  }
}

/** Keeps the newer of two quotes and returns its frame; null when the quote is no news. */
function keep(room: Room, eventId: string, quote: Quote): string | null {
  const key = keyOf(quote);
  const known = room.quotes.get(key)?.quote;
  if (known && (quote.quoteSeq < known.quoteSeq || (quote.quoteSeq === known.quoteSeq && quote.confirmedAt <= known.confirmedAt)))
    return null;
  if (!known && parseMarketId(quote.marketId) === null) return null;
  const frame = JSON.stringify({ eventId, payload: quote });
  room.quotes.set(key, { quote, frame });
  return frame;
}

/** Begins with the fixture's id: what waits for a fixture can be found by it. */
function keyOf(quote: Quote): string {
  return `${quote.marketId} ${quote.source}`;
}
