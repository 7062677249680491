// The newest quote per market as this writer knows it. Quotes are inputs: a decision sees only what was put in its context.
import type { Quote } from '#core/catalog/quote.ts';

export class QuoteBoard {
  #quotes = new Map<string, Quote>();

  get size(): number {
    return this.#quotes.size;
  }

  /** Keeps the quote unless a newer one is there; an equal seq renews the confirmation. */
  put(quote: Quote): boolean {
    const known = this.#quotes.get(quote.marketId);
    if (
      known &&
      (quote.quoteSeq < known.quoteSeq || (quote.quoteSeq === known.quoteSeq && quote.confirmedAt <= known.confirmedAt))
    ) {
      return false;
    }
    // A closed market takes no more bets: without a quote they are refused, and the board does not grow with every fixture ever seen.
    if (quote.status === 'closed') return this.#quotes.delete(quote.marketId);
    this.#quotes.set(quote.marketId, quote);
    return true;
  }

  get(marketId: string): Quote | undefined {
    return this.#quotes.get(marketId);
  }

  *all(): Iterable<Quote> {
    yield* this.#quotes.values();
  }
}
