// Where the odds processor keeps what it knows. The place in the feed is stored in the transaction of the effect, never apart from it.
import type { Quote, QuoteStatus } from '#core/catalog/quote.ts';
import type { Result } from '#core/catalog/result.ts';
import type { Cursor, FixtureCard } from './feed.ts';

/** Why a market is suspended although its source did not say so: `stale` = not confirmed in time, `gap` = updates are missing. */
export type Held = 'stale' | 'gap';

/** The newest price list of one book for one market. Its key is (marketId, book), the book being quote.source. */
export interface StoredQuote {
  readonly feed: string;
  readonly eventId: string;
  /** As published: held markets are suspended here. */
  readonly quote: Quote;
  readonly confirmedAt: number;
  readonly held: Held | null;
  /** What the source itself last said. */
  readonly feedStatus: QuoteStatus;
  /** Place of this quote among all changes of its fixture, 1, 2, 3...: the same for everybody who reads it. Raised with each new quote. */
  readonly n: number;
}

/** A new row, and the quoteSeq of the row that it replaces; 0: there is none. Where another one is stored, nothing of the batch is. */
export interface ChangedQuote extends StoredQuote {
  readonly after: number;
}

export interface StoredEvent {
  readonly eventId: string;
  readonly card: FixtureCard | null;
  readonly result: Result | null;
  readonly quotes: readonly StoredQuote[];
}

export interface OddsEffect {
  /** At most one per (marketId, book). */
  readonly current: readonly ChangedQuote[];
  readonly history: readonly Quote[];
  readonly fixtures: readonly FixtureCard[];
  readonly results: readonly Result[];
  readonly cursors: readonly { readonly feed: string; readonly cursor: Cursor; readonly aliveAt: number }[];
}

/** Another process has written newer rows: what was kept in memory about these markets is void. */
export class OddsConflictError extends Error {
  override readonly name = 'OddsConflictError';
}

export interface OddsStore {
  /** Events without a final result, with all their quotes. */
  loadLive(): Promise<StoredEvent[]>;
  /** Those of the named events that are known. */
  loadEvents(eventIds: readonly string[]): Promise<StoredEvent[]>;
  /** The results stored last, newest first. */
  lastResults(limit: number): Promise<Result[]>;
  cursor(feed: string): Promise<Cursor | null>;
  /**
   * All or nothing; throws OddsConflictError unless each row of `current` follows the one it was made from and takes neither confirmation nor
   * version of the source back. A card or result that was said before the stored one is left out.
   */
  commit(effect: OddsEffect): Promise<void>;
  /** Deletes history observed before `before`, at most `limit` rows; gives how many. */
  pruneHistory(before: number, limit: number): Promise<number>;
}
