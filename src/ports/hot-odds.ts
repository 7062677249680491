// The newest prices in memory, in front of the database. A cache may say that it does not know; it may never say something that was
// replaced: what a keeper has stored before it tells anybody is what a reader finds, for as long as the keeper vouches for it.
import type { NumberedQuote } from '#core/catalog/quote.ts';

export interface HotRow extends NumberedQuote {
  readonly eventId: string;
}

export interface HotRead {
  /** All prices of the fixture, or null: ask the database. */
  readonly quotes: readonly NumberedQuote[] | null;
  /** Given back with what the database said; null when nothing can be kept now. */
  readonly place: string | null;
}

/** What gateways do. Neither call ever rejects. */
export interface HotOdds {
  read(eventId: string): Promise<HotRead>;
  /** Keeps all prices of a fixture, read from the database after `read` gave this place. Newer ones stay. */
  fill(eventId: string, quotes: readonly NumberedQuote[], place: string): Promise<void>;
}

/** What the odds processor does. There is one keeper at a time; the last that began is it. */
export interface HotOddsKeeper {
  begin(): Promise<void>;
  /** After the commit and before anybody is told. Never rejects: what could not be kept makes the cache void. */
  put(rows: readonly HotRow[]): Promise<void>;
  end(): void;
}
