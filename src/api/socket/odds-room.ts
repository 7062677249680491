// What a gateway knows of one watched fixture: the newest quote of each market and book, each with the fixture's number. Whoever has everything up
// to `n` lacks exactly the markets above it, so one number says what anybody lacks, and what many lack is encoded once.
import { parseMarketId } from '#core/catalog/market.ts';
import type { NumberedQuote, Quote } from '#core/catalog/quote.ts';
import { textFrame } from './text-frame.ts';

/** What a change of a fixture says: its quotes in the order of their numbers, and where the fixture was before them. */
export interface QuotesUpdate {
  readonly eventId: string;
  readonly after: number;
  readonly quotes: readonly NumberedQuote[];
}

/** Markets and books of one fixture that are kept; what comes above is not shown. */
export const MARKETS_MAX = 1_000;
/** Different places from which readers are behind, whose frames are kept encoded. Nearly all readers are at one or two. */
const TAILS_KEPT = 8;

interface Market {
  n: number;
  quote: Quote;
  text: string | null;
}

/** One market's newest quote, as every reader gets it. */
export interface Change {
  readonly n: number;
  readonly text: string;
}

export interface Tail {
  /** WebSocket frames one after the other, `count` of them. */
  readonly frames: Buffer;
  readonly count: number;
}

export class OddsRoom {
  readonly eventId: string;
  readonly #markets = new Map<string, Market>();
  readonly #tails = new Map<number, Tail>();
  #byNumber: Market[] | null = null;
  #n = 0;

  constructor(eventId: string) {
    this.eventId = eventId;
  }

  /** Number of the newest change that is in here. */
  get n(): number {
    return this.#n;
  }

  /** The newest prices by market and book. */
  quotes(): Quote[] {
    return [...this.#markets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { quote }]) => quote);
  }

  /** Takes quotes in any order: an older one never replaces a newer. True when somebody lacks something now. */
  take(quotes: readonly NumberedQuote[]): boolean {
    let news = false;
    for (const { n, quote } of quotes) news = this.#keep(n, quote) || news;
    if (news) {
      this.#byNumber = null;
      this.#tails.clear();
    }
    return news;
  }

  /** What a reader lacks that has everything up to `has`, oldest first: after each frame it has everything up to that frame's number. */
  after(has: number): Change[] {
    const markets = this.#sorted();
    let from = markets.length;
    while (from > 0 && (markets[from - 1] as Market).n > has) from--;
    return markets.slice(from).map((market) => ({ n: market.n, text: textOf(this.eventId, market) }));
  }

  /** The same as WebSocket frames, encoded once for all who lack the same. */
  tail(has: number): Tail {
    const known = this.#tails.get(has);
    if (known) return known;
    const changes = this.after(has);
    const tail = { frames: Buffer.concat(changes.map(({ text }) => textFrame(text))), count: changes.length };
    if (this.#tails.size < TAILS_KEPT) this.#tails.set(has, tail);
    return tail;
  }

  #keep(n: number, quote: Quote): boolean {
    const key = `${quote.marketId} ${quote.source}`;
    const known = this.#markets.get(key);
    if (!known && (this.#markets.size >= MARKETS_MAX || parseMarketId(quote.marketId) === null)) return false;
    if (known && quote.quoteSeq <= known.quote.quoteSeq) {
      // Said again: no news, but it holds for longer.
      if (quote.quoteSeq === known.quote.quoteSeq && quote.confirmedAt > known.quote.confirmedAt) {
        known.quote = quote;
        known.text = null;
      }
      return false;
    }
    this.#markets.set(key, { n, quote, text: null });
    if (n > this.#n) this.#n = n;
    return true;
  }

  #sorted(): readonly Market[] {
    return (this.#byNumber ??= [...this.#markets.values()].sort((a, b) => a.n - b.n));
  }
}

function textOf(eventId: string, market: Market): string {
  return (market.text ??= JSON.stringify({ eventId, n: market.n, payload: market.quote }));
}
