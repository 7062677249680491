// The way of prices to whoever decides on them: follows odds_updates and results, keeps the newest quote of every market and book, and hands
// on only what is newer. A confirmation becomes the same quote with a later confirmedAt.
import type { Quote } from '#core/catalog/quote.ts';
import { isFinalStatus, type Result } from '#core/catalog/result.ts';
import type { Bus, Subscription } from '#ports/bus.ts';
import type { FixtureCard } from '#ports/feed.ts';
import type { OddsStore, StoredEvent } from '#ports/odds-store.ts';
import { CardOrder } from './card-order.ts';
import { readResult, readUpdate, type UpdateBody } from './messages.ts';

export interface QuoteListener {
  /** `changed` is false when only the confirmation is newer. */
  onQuote?(quote: Quote, feed: string, changed: boolean): void;
  onFixture?(fixture: FixtureCard, feed: string): void;
  /** A fixture that was going on when this began. */
  onStored?(event: Pick<StoredEvent, 'eventId' | 'result'>): void;
  /** Until it resolves the message is not done with: a member that goes before leaves it to the next. */
  onResult?(result: Result, feed: string): void | Promise<void>;
}

export interface QuoteStreamOptions extends QuoteListener {
  readonly bus: Bus;
  /** Each group gets everything; members of one group share the fixtures. */
  readonly group: string;
  /** Every member of the group gets everything. */
  readonly broadcast?: boolean;
  /** Read at the start, so that nothing waits for the next change. */
  readonly store?: Pick<OddsStore, 'loadLive'>;
  /** Books to hand on; all without it. */
  readonly books?: ReadonlySet<string>;
}

/** Fixtures that are over and remembered as such. */
const OVER_MAX = 20_000;

interface Known {
  readonly feed: string;
  quote: Quote;
}

export async function startQuoteStream(options: QuoteStreamOptions): Promise<QuoteStream> {
  const stream = new QuoteStream(options);
  await stream.start();
  return stream;
}

export class QuoteStream {
  readonly #options: QuoteStreamOptions;
  readonly #events = new Map<string, Map<string, Known>>();
  readonly #over = new Set<string>();
  readonly #cards = new CardOrder();
  #subscriptions: Subscription[] = [];

  constructor(options: QuoteStreamOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { broadcast = false, bus, group, store } = this.#options;
    // Subscribed first: what is told meanwhile is newer than what is read.
    this.#subscriptions = await Promise.all([
      bus.subscribe(
        'odds_updates',
        group,
        async (messages) => {
          for (const message of messages) this.#take(readUpdate(message));
        },
        { broadcast },
      ),
      bus.subscribe(
        'results',
        group,
        async (messages) => {
          await Promise.all(messages.map((message) => this.#result(readResult(message))));
        },
        { broadcast },
      ),
    ]);
    for (const { card, eventId, quotes, result } of (await store?.loadLive()) ?? []) {
      this.#options.onStored?.({ eventId, result });
      const feed = quotes[0]?.feed ?? '';
      if (card) this.#meet(card, feed);
      for (const stored of quotes) this.#put(stored.feed, eventId, { ...stored.quote, confirmedAt: stored.confirmedAt });
    }
  }

  /** Newest quotes of a fixture. */
  quotesOf(eventId: string): Quote[] {
    return [...(this.#events.get(eventId)?.values() ?? [])].map((known) => known.quote);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
  }

  #take(body: UpdateBody): void {
    if (body.kind === 'fixture') this.#meet(body.fixture, body.feed);
    else if (body.kind === 'quotes') for (const quote of body.quotes) this.#put(body.feed, body.eventId, quote);
    else this.#confirm(body.feed, body.eventId, body.confirmedAt);
  }

  #meet(card: FixtureCard, feed: string): void {
    if (this.#cards.isNewest(card)) this.#options.onFixture?.(card, feed);
  }

  #put(feed: string, eventId: string, quote: Quote): void {
    if (this.#options.books && !this.#options.books.has(quote.source)) return;
    if (this.#over.has(eventId)) {
      // Its closing may come after its result: other topics keep other orders. A price that is told again opens nothing.
      if (quote.status === 'closed') this.#options.onQuote?.(quote, feed, true);
      return;
    }
    let event = this.#events.get(eventId);
    if (!event) this.#events.set(eventId, (event = new Map()));
    const key = `${quote.marketId}|${quote.source}`;
    const known = event.get(key);
    const newer = known ? quote.quoteSeq - known.quote.quoteSeq : 1;
    if (newer < 0 || (newer === 0 && quote.confirmedAt <= (known?.quote.confirmedAt ?? 0))) return;
    event.set(key, { feed, quote });
    this.#options.onQuote?.(quote, feed, newer > 0);
  }

  #confirm(feed: string, eventId: string, at: number): void {
    for (const known of this.#events.get(eventId)?.values() ?? []) {
      const { confirmedAt, status } = known.quote;
      if (known.feed !== feed || at <= confirmedAt || status === 'closed') continue;
      known.quote = { ...known.quote, confirmedAt: at };
      this.#options.onQuote?.(known.quote, feed, false);
    }
  }

  async #result({ eventId, feed, result }: { eventId: string; feed: string; result: Result }): Promise<void> {
    if (isFinalStatus(result.status)) {
      this.#events.delete(eventId);
      this.#over.add(eventId);
      if (this.#over.size > OVER_MAX) this.#over.delete(this.#over.values().next().value as string);
    }
    await this.#options.onResult?.(result, feed);
  }
}
