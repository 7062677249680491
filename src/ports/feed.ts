// Where prices, results and candles come from: a supplier, an exchange stream or a recording. All look the same from inside.
import type { Mark, Quote } from '#core/catalog/quote.ts';
import type { Result } from '#core/catalog/result.ts';

export interface Cursor {
  readonly epoch: number;
  readonly seq: number;
  readonly token?: string;
}

export interface FixtureCard {
  readonly eventId: string;
  readonly sport: string;
  readonly competition: string;
  readonly home: string;
  readonly away: string;
  readonly startAt: number;
  /** When its feed was heard saying so, ms: what was said earlier never replaces what was said later, however late it comes. */
  readonly saidAt?: number;
}

export type FeedFact =
  | { readonly kind: 'fixture'; readonly fixture: FixtureCard }
  | { readonly kind: 'quote'; readonly quote: Quote; readonly whole: boolean }
  | { readonly kind: 'result'; readonly result: Result }
  /** All markets that the source offers: others of it are withdrawn, whenever they were told of. */
  | { readonly kind: 'offer'; readonly marketIds: readonly string[] }
  | { readonly kind: 'mark'; readonly mark: Mark }
  | {
      readonly kind: 'candle';
      readonly symbol: string;
      readonly tf: string;
      readonly openAt: number;
      readonly ohlcv: readonly number[];
      readonly closed: boolean;
    }
  | { readonly kind: 'funding'; readonly symbol: string; readonly stampAt: number; readonly rateE8: number }
  | { readonly kind: 'alive' }
  | { readonly kind: 'gap'; readonly from: Cursor };

/** One thing a feed said. `observedAt` is when it became known to the world: nothing may use it earlier. */
export type FeedItem = {
  readonly source: string;
  readonly cursor: Cursor;
  readonly observedAt: number;
  readonly receivedAt: number;
} & FeedFact;

export interface Feed {
  read(from: Cursor | null, stop: AbortSignal): AsyncIterable<FeedItem[]>;
  snapshot(scope: string): Promise<FeedItem[]>;
}
