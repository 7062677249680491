// What the bots have been told so far, and nothing later: the latest prices of every book with their short paths, fixtures,
// and goal averages from results. One memory serves all bots of a runner, so what one bot computes the others reuse.
import { isFixedType, parseMarketId, selectionsOf } from '../catalog/market.ts';
import type { Quote } from '../catalog/quote.ts';
import type { Result } from '../catalog/result.ts';
import { BookPrice, type EventRow, type FeedPulse, marketBits, type MarketRow } from './book-price.ts';
import { GoalAverages } from './goal-averages.ts';
import type { FixtureFact, MarketFact } from './input.ts';

const DAY_MS = 86_400_000;
/** A fixture of which nothing was told for this long is forgotten, ms. */
const FORGET_AFTER_MS = 14 * DAY_MS;

export interface MemoryTerms {
  /** Book that carries the market's consensus; where it has no price, the mean of at least `consensusBooksMin` books stands in. */
  readonly consensus: string;
  readonly consensusBooksMin: number;
  /** Book that is held to be the sharpest. */
  readonly reference: string;
  /** A price confirmed longer ago than this says nothing about what is fair, ms. */
  readonly fairMaxAgeMs: number;
  /** A price confirmed longer ago than this is not bet on, ms. */
  readonly stalePreMatchMs: number;
  readonly staleInPlayMs: number;
}

export const DEFAULT_MEMORY_TERMS: MemoryTerms = {
  consensus: 'Avg',
  consensusBooksMin: 3,
  reference: 'PS',
  fairMaxAgeMs: 3_600_000,
  stalePreMatchMs: 120_000,
  staleInPlayMs: 10_000,
};

export class MarketMemory {
  readonly terms: MemoryTerms;
  readonly goals = new GoalAverages();
  /** Time of the latest fact told, ms. */
  now = 0;
  readonly #books = new Map<string, number>();
  readonly #pulses = new Map<string, FeedPulse>();
  readonly #events = new Map<string, EventRow>();
  readonly #markets = new Map<string, MarketRow>();
  #day = 0;

  constructor(terms: Partial<MemoryTerms> = {}) {
    this.terms = { ...DEFAULT_MEMORY_TERMS, ...terms };
  }

  /**
   * Takes one fact in the order of its feed. A quote that is news gives its price list, to be put before the bots once every
   * fact of the same moment is told; null otherwise. A fact observed after `now` belongs to the future and is not taken.
   */
  tell(fact: MarketFact, now: number = fact.receivedAt): BookPrice | null {
    if (fact.observedAt > now) return null;
    if (now > this.now) this.now = now;
    this.#forgetOld();
    switch (fact.kind) {
      case 'quote':
        return this.#takeQuote(fact.source, fact.quote, fact.whole);
      case 'fixture':
        this.#takeFixture(fact.fixture);
        return null;
      case 'result':
        this.#takeResult(fact.result);
        return null;
      case 'alive': {
        const pulse = this.#pulse(fact.source);
        if (fact.observedAt > pulse.aliveAt) pulse.aliveAt = fact.observedAt;
        return null;
      }
      case 'gap':
        this.#pulse(fact.source).era++;
        return null;
      default:
        return null;
    }
  }

  priceOf(book: string, marketId: string): BookPrice | undefined {
    const number = this.#books.get(book);
    return number === undefined ? undefined : this.#markets.get(marketId)?.books[number];
  }

  /** The memory's own number of a bookmaker: its place in `MarketRow.books`. */
  bookNumber(book: string): number {
    let number = this.#books.get(book);
    if (number === undefined) this.#books.set(book, (number = this.#books.size));
    return number;
  }

  /** Price lists that a book has given and that are remembered. */
  *pricesOf(book: string): Iterable<BookPrice> {
    const number = this.bookNumber(book);
    for (const market of this.#markets.values()) {
      const price = market.books[number];
      if (price) yield price;
    }
  }

  #takeQuote(source: string, quote: Quote, whole: boolean): BookPrice | null {
    if (quote.observedAt > this.now) return null;
    const market = this.#market(quote.marketId);
    if (!market) return null;
    const number = this.bookNumber(quote.source);
    const pulse = this.#pulse(source);
    let price = market.books[number];
    if (!price) {
      while (market.books.length <= number) market.books.push(undefined);
      price = market.books[number] = new BookPrice(market, quote.source, pulse);
    }
    market.event.heardAt = this.now;
    return price.take(quote, whole, pulse) ? price : null;
  }

  /** Told again, a fixture may have moved: the latest card counts. */
  #takeFixture(fixture: FixtureFact): void {
    const event = this.#event(fixture.eventId);
    event.fixture = fixture;
    event.heardAt = this.now;
    for (const market of event.markets) market.shared.clear();
  }

  #takeResult(result: Result): void {
    const event = this.#events.get(result.eventId);
    if (!event || result.observedAt > this.now) return;
    event.heardAt = this.now;
    if (event.fixture) this.goals.take(event.fixture, result);
  }

  #event(eventId: string): EventRow {
    let event = this.#events.get(eventId);
    if (!event) this.#events.set(eventId, (event = { eventId, fixture: null, markets: [], heardAt: this.now }));
    return event;
  }

  #market(marketId: string): MarketRow | null {
    const known = this.#markets.get(marketId);
    if (known) return known;
    const name = parseMarketId(marketId);
    if (!name || !isFixedType(name.type)) return null; // no gene knows a market whose selections are its own
    const event = this.#event(name.eventId);
    const matchOdds = name.type === 'dc' || name.type === 'dnb' ? this.#market(`${name.eventId}/1x2`) : null;
    const selections = selectionsOf(name.type);
    const bits = marketBits(name);
    const market: MarketRow = { marketId, name, selections, bits, event, matchOdds, books: [], version: 0, shared: new Map() };
    this.#markets.set(marketId, market);
    event.markets.push(market);
    return market;
  }

  #pulse(source: string): FeedPulse {
    let pulse = this.#pulses.get(source);
    if (!pulse) this.#pulses.set(source, (pulse = { aliveAt: 0, era: 0 }));
    return pulse;
  }

  /** Once a UTC day. */
  #forgetOld(): void {
    const day = Math.floor(this.now / DAY_MS);
    if (day === this.#day) return;
    this.#day = day;
    for (const event of this.#events.values()) {
      const lastAt = Math.max(event.heardAt, event.fixture?.startAt ?? 0);
      if (this.now - lastAt < FORGET_AFTER_MS) continue;
      for (const market of event.markets) this.#markets.delete(market.marketId);
      this.#events.delete(event.eventId);
      this.goals.settle(event.eventId);
    }
  }
}
