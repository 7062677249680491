// A price list for one market at one moment, with its place in the market's sequence (quoteSeq) and its source's own cursor.
import type { Stated } from '../bets/runners/stated-market.ts';

export interface Price {
  readonly selectionId: string;
  readonly oddsMilli: number;
  readonly maxStakeMinor?: number;
}

export type QuoteStatus = 'open' | 'suspended' | 'closed';

export interface Quote {
  readonly marketId: string;
  readonly quoteSeq: number;
  readonly status: QuoteStatus;
  readonly inPlay: boolean;
  readonly betDelayMs: number;
  readonly prices: readonly Price[];
  /** The book. */
  readonly source: string;
  /** In a line that several sources make: the book that this price is of. */
  readonly from?: string;
  readonly sourceEpoch: number;
  readonly sourceVersion: number;
  /** When the price was made, ms. */
  readonly observedAt: number;
  /** When the source last said that the price still holds, ms. Staleness counts from here. */
  readonly confirmedAt: number;
  readonly score?: { readonly home: number; readonly away: number };
  /** Of a market that states its own selections: what it is opened with. Said once, it holds for the quotes after it. */
  readonly stated?: Stated;
}

/** A quote with its place among all changes of its fixture, whatever the market: what a reader has can be said in one number. */
export interface NumberedQuote {
  readonly n: number;
  readonly quote: Quote;
}

export interface Mark {
  readonly symbol: string;
  readonly mark: number;
  readonly index?: number;
  readonly at: number;
  readonly source: string;
}
