// What a session hears as feed items, each with its place in the stream. An image after something had been said is a gap: what lies between is
// not known, and what the image leaves out is not offered any more. Prices are confirmed by whatever the stream says, unless it says that it is late.
import type { MarketBook } from '#core/exchange-simulation/stream/market-book.ts';
import type { Clock } from '#ports/clock.ts';
import type { Cursor, FeedFact, FeedItem, FixtureCard } from '#ports/feed.ts';
import { cardOf, quotesOf } from './book-quotes.ts';
import type { Step } from './session.ts';

/** There are no heartbeats while markets change: the others are confirmed so often, ms. */
const ALIVE_EVERY_MS = 1_000;
/** Fixtures whose card is remembered; a forgotten one is told again. */
const CARDS_MAX = 20_000;

type Changed = Extract<Step, { kind: 'changed' }>;

/** Turns what a session hears into feed items with their place in the stream. */
export class StreamItems {
  readonly #source: string;
  readonly #clock: Clock;
  readonly #cards = new Map<string, FixtureCard>();
  #cursor: Cursor;
  #begun: boolean;
  /** Up to when all prices are confirmed, and what was last said of it. */
  #confirmedAt = 0;
  #aliveAt = 0;

  constructor(options: { source: string; clock: Clock }, from: Cursor | null) {
    this.#source = options.source;
    this.#clock = options.clock;
    this.#begun = from !== null;
    this.#cursor = from ?? { epoch: 0, seq: 0 };
  }

  tell(step: Step, late: boolean): FeedItem[] {
    if (step.kind !== 'alive' && step.kind !== 'changed') return [];
    if (!late) this.#confirmedAt = Math.max(this.#confirmedAt, step.wholeTo);
    if (step.kind === 'alive') return this.#alive();
    const items = step.image ? this.#begin(step.pt) : [];
    this.#cursor = { epoch: this.#cursor.epoch, seq: this.#cursor.seq + 1 };
    items.push(...this.#newCards(step), ...this.#quotes(step.markets));
    if (step.image) items.push(this.#offer(items, step.pt));
    if (this.#confirmedAt >= this.#aliveAt + ALIVE_EVERY_MS) items.push(...this.#alive());
    return items;
  }

  /** Markets as they stand, at the place that has been reached, with the cards of their fixtures. */
  image(markets: readonly MarketBook[]): FeedItem[] {
    const ids = new Set(markets.map((book) => cardOf(book)?.eventId));
    const cards = [...ids].flatMap((id) => this.#cards.get(id ?? '') ?? []);
    const at = Math.max(0, ...markets.map(({ publishedAt }) => publishedAt));
    return [...cards.map((fixture) => this.#item({ kind: 'fixture', fixture }, at)), ...this.#quotes(markets)];
  }

  #quotes(markets: readonly MarketBook[]): FeedItem[] {
    const { epoch, seq: version } = this.#cursor;
    return markets.flatMap((book) => {
      const confirmedAt = Math.min(book.publishedAt, this.#confirmedAt);
      const quotes = quotesOf(book, { source: this.#source, epoch, version, confirmedAt });
      return quotes.map((quote) => this.#item({ kind: 'quote', quote, whole: true }, book.publishedAt));
    });
  }

  #begin(pt: number): FeedItem[] {
    const gap = this.#begun ? [this.#item({ kind: 'gap', from: this.#cursor }, pt)] : [];
    this.#cursor = { epoch: Math.max(pt, this.#cursor.epoch + 1), seq: 0 };
    this.#begun = true;
    return gap;
  }

  /** An image is all there is. */
  #offer(items: readonly FeedItem[], pt: number): FeedItem {
    const marketIds = items.flatMap((item) => (item.kind === 'quote' ? item.quote.marketId : []));
    return this.#item({ kind: 'offer', marketIds }, pt);
  }

  #alive(): FeedItem[] {
    this.#aliveAt = this.#confirmedAt;
    return [this.#item({ kind: 'alive' }, this.#confirmedAt)];
  }

  /** Cards that are new or say something else than before; a market that names no teams adds nothing to one that does. */
  #newCards({ markets, pt }: Changed): FeedItem[] {
    const fresh = new Map<string, FixtureCard>();
    for (const book of markets) {
      const card = cardOf(book);
      const known = card && this.#cards.get(card.eventId);
      if (!card || (known && (card.home === '' || sayTheSame(card, known)))) continue;
      this.#cards.delete(card.eventId);
      this.#cards.set(card.eventId, card);
      fresh.set(card.eventId, card);
      if (this.#cards.size > CARDS_MAX) this.#cards.delete(this.#cards.keys().next().value as string);
    }
    return [...fresh.values()].map((fixture) => this.#item({ kind: 'fixture', fixture }, pt));
  }

  #item(fact: FeedFact, observedAt: number): FeedItem {
    return { source: this.#source, cursor: this.#cursor, observedAt, receivedAt: this.#clock.now(), ...fact };
  }
}

function sayTheSame(a: FixtureCard, b: FixtureCard): boolean {
  return a.home === b.home && a.away === b.away && a.startAt === b.startAt;
}
