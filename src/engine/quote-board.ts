// The newest quote per market as this writer knows it. Quotes are inputs: a decision sees only what was put in its context.
import type { Quote } from '#core/catalog/quote.ts';

export class QuoteBoard {
  #quotes = new Map<string, Quote>();
  #aliveAt = new Map<string, number>();

  get size(): number {
    return this.#quotes.size;
  }

  /** Keeps the quote unless a newer one is there; an equal seq renews the confirmation. */
  put(quote: Quote): boolean {
    const known = this.#quotes.get(quote.marketId);
    if (known && (quote.quoteSeq < known.quoteSeq || (quote.quoteSeq === known.quoteSeq && quote.confirmedAt <= known.confirmedAt))) {
      return false;
    }
    this.#quotes.set(quote.marketId, quote);
    return true;
  }

  /** The source said that all its prices still hold. */
  alive(source: string, at: number): void {
    this.#aliveAt.set(source, Math.max(at, this.#aliveAt.get(source) ?? 0));
  }

  get(marketId: string): Quote | undefined {
    const quote = this.#quotes.get(marketId);
    if (!quote) return undefined;
    const aliveAt = this.#aliveAt.get(quote.source) ?? 0;
    return aliveAt > quote.confirmedAt ? { ...quote, confirmedAt: aliveAt } : quote;
  }

  delete(marketId: string): void {
    this.#quotes.delete(marketId);
  }

  *all(): Iterable<Quote> {
    for (const marketId of this.#quotes.keys()) yield this.get(marketId) as Quote;
  }
}
