// The processor's memory: per fixture the newest entry of every market and book, with a draft on top that holds what one batch changed.
// The draft becomes the memory only after its effect is stored; otherwise it is thrown away as if the batch had never come.
import type { NumberedQuote, Quote } from '#core/catalog/quote.ts';
import type { Result } from '#core/catalog/result.ts';
import type { FixtureCard } from '#ports/feed.ts';
import type { ChangedQuote, OddsEffect, StoredEvent, StoredQuote } from '#ports/odds-store.ts';
import { breakIfStale, close, confirm, type Entry, type Heard, hear, type StaleLimits } from './market-entry.ts';
import type { RawBody } from './messages.ts';

export interface KnownEvent {
  readonly eventId: string;
  card: FixtureCard | null;
  result: Result | null;
  readonly entries: Map<string, Entry>;
  heardAt: number;
  /** Number of its newest change. */
  n: number;
}

export interface BookCounts {
  quotes: number;
  changed: number;
  renewed: number;
  old: number;
  gaps: number;
  stale: number;
  /** Quotes of fixtures that are over. */
  late: number;
}

export class OddsBook {
  readonly counts: BookCounts = { quotes: 0, changed: 0, renewed: 0, old: 0, gaps: 0, stale: 0, late: 0 };
  readonly #events = new Map<string, KnownEvent>();

  get(eventId: string): KnownEvent | undefined {
    return this.#events.get(eventId);
  }

  events(): Iterable<KnownEvent> {
    return this.#events.values();
  }

  forget(eventIds: Iterable<string>): void {
    for (const eventId of eventIds) this.#events.delete(eventId);
  }

  /** Takes what is stored; an event that is not stored begins empty. */
  load(eventIds: readonly string[], stored: readonly StoredEvent[], now: number): void {
    for (const eventId of eventIds)
      this.#events.set(eventId, { eventId, card: null, result: null, entries: new Map(), heardAt: now, n: 0 });
    for (const { card, eventId, quotes, result } of stored) {
      this.#events.set(eventId, {
        eventId,
        card,
        result,
        entries: new Map(quotes.map((entry) => [keyOf(entry.quote), entry])),
        heardAt: now,
        n: Math.max(0, ...quotes.map((entry) => entry.n)),
      });
    }
  }
}

/** What one event's batch changed. */
interface DraftEvent {
  readonly event: KnownEvent;
  readonly feed: string;
  card: FixtureCard | null;
  result: Result | null;
  readonly entries: Map<string, Entry>;
  /** Entries whose published quote changed. */
  readonly changed: Map<string, Entry>;
  /** What everybody gets of each: the last quote, and before it one of each status it went through. */
  readonly told: Map<string, NumberedQuote[]>;
  confirmedAt: number;
  n: number;
}

export interface DraftUpdate {
  readonly feed: string;
  readonly eventId: string;
  readonly card: FixtureCard | null;
  readonly result: Result | null;
  /** In the order of their numbers, all of them above `after`. */
  readonly quotes: readonly NumberedQuote[];
  readonly after: number;
  readonly confirmedAt: number;
}

export class Draft {
  /** Events of which a change could not be merged. */
  readonly gaps = new Set<string>();
  readonly history: Quote[] = [];
  readonly #book: OddsBook;
  readonly #events = new Map<string, DraftEvent>();

  constructor(book: OddsBook) {
    this.#book = book;
  }

  apply({ eventId, facts, feed, receivedAt }: Pick<RawBody, 'eventId' | 'facts' | 'feed' | 'receivedAt'>): void {
    const draft = this.#of(feed, eventId);
    for (const fact of facts) {
      if (fact.kind === 'quote') this.#quote(draft, fact.quote, fact.whole);
      else if (fact.kind === 'alive') this.#alive(draft, fact.at);
      else if (fact.kind === 'fixture') this.#fixture(draft, { ...fact.fixture, saidAt: receivedAt });
      else this.#result(draft, fact.result);
    }
  }

  /** Suspends what was not confirmed in time. */
  breakStale(event: KnownEvent, now: number, limits: StaleLimits): void {
    for (const [key, entry] of event.entries) {
      const broken = breakIfStale(entry, now, limits);
      if (!broken) continue;
      this.#book.counts.stale++;
      this.#keep(this.#of(entry.feed, event.eventId), key, { verdict: 'changed', entry: broken });
    }
  }

  /** What has to be stored; cursors are not known here. */
  effect(): Omit<OddsEffect, 'cursors'> {
    const drafts = [...this.#events.values()];
    return {
      current: drafts.flatMap(({ changed, event }) =>
        [...changed].map(([key, entry]) => changeOf(entry, event.entries.get(key))),
      ),
      history: this.history,
      fixtures: drafts.flatMap((draft) => draft.card ?? []),
      results: drafts.flatMap((draft) => draft.result ?? []),
    };
  }

  updates(): DraftUpdate[] {
    return [...this.#events.values()].map(({ card, confirmedAt, event, feed, result, told }) => {
      const quotes = [...told.values()].flat().sort((a, b) => a.n - b.n);
      return { feed, eventId: event.eventId, card, result, quotes, after: event.n, confirmedAt };
    });
  }

  /** The effect is stored: the draft becomes the memory. */
  adopt(now: number): void {
    for (const { card, entries, event, n, result } of this.#events.values()) {
      for (const [key, entry] of entries) event.entries.set(key, entry);
      if (card) event.card = card;
      if (result) event.result = result;
      event.heardAt = now;
      event.n = n;
    }
  }

  /** Entries that moved without a new quote: only their version or confirmation is newer. */
  renewed(): StoredQuote[] {
    return [...this.#events.values()].flatMap(({ changed, entries }) =>
      [...entries].flatMap(([key, entry]) => (changed.has(key) ? [] : [entry])),
    );
  }

  #of(feed: string, eventId: string): DraftEvent {
    let draft = this.#events.get(eventId);
    if (!draft) {
      const event = this.#book.get(eventId) as KnownEvent;
      const empty = { card: null, result: null, entries: new Map(), changed: new Map(), told: new Map(), confirmedAt: 0 };
      draft = { event, feed, n: event.n, ...empty };
      this.#events.set(eventId, draft);
    }
    return draft;
  }

  #quote(draft: DraftEvent, quote: Quote, whole: boolean): void {
    const { counts } = this.#book;
    counts.quotes++;
    if (isFinal(draft.result ?? draft.event.result)) {
      counts.late++;
      return;
    }
    const key = keyOf(quote);
    const known = draft.entries.get(key) ?? draft.event.entries.get(key) ?? null;
    const heard = hear(known, { feed: draft.feed, eventId: draft.event.eventId, quote, whole });
    if (heard.verdict === 'gap') {
      counts.gaps++;
      this.gaps.add(draft.event.eventId);
    } else counts[heard.verdict]++;
    this.#keep(draft, key, heard);
  }

  #alive(draft: DraftEvent, at: number): void {
    draft.confirmedAt = Math.max(draft.confirmedAt, at);
    for (const key of new Set([...draft.event.entries.keys(), ...draft.entries.keys()])) {
      const known = (draft.entries.get(key) ?? draft.event.entries.get(key)) as Entry;
      if (known.feed === draft.feed && known.quote.status !== 'closed') this.#keep(draft, key, confirm(known, at));
    }
  }

  #keep(draft: DraftEvent, key: string, { entry: heard, verdict }: Heard): void {
    if (!heard) return;
    if (verdict === 'renewed') {
      draft.entries.set(key, heard);
      // A market that changed earlier in this batch is stored once, as it stands at the end.
      if (draft.changed.has(key)) draft.changed.set(key, heard);
      return;
    }
    const entry = { ...heard, n: ++draft.n };
    const news = { n: entry.n, quote: entry.quote };
    draft.entries.set(key, entry);
    draft.changed.set(key, entry);
    this.history.push(entry.quote);
    const told = draft.told.get(key);
    if (!told) draft.told.set(key, [news]);
    else if (told.at(-1)?.quote.status === entry.quote.status) told[told.length - 1] = news;
    else told.push(news); // a suspension is news even when it is over already
  }

  #fixture(draft: DraftEvent, card: FixtureCard): void {
    const known = draft.card ?? draft.event.card;
    // What a feed said once may come again after it said something else: a kick-off that was moved stays moved.
    if (known && (card.saidAt ?? 0) < (known.saidAt ?? 0)) return;
    if (known && known.startAt === card.startAt && known.home === card.home && known.away === card.away) return;
    draft.card = card;
  }

  #result(draft: DraftEvent, result: Result): void {
    const known = draft.result ?? draft.event.result;
    if (known && result.version <= known.version) return;
    draft.result = result;
    if (!isFinal(result)) return;
    for (const key of new Set([...draft.event.entries.keys(), ...draft.entries.keys()])) {
      const closed = close((draft.entries.get(key) ?? draft.event.entries.get(key)) as Entry);
      if (closed) this.#keep(draft, key, { verdict: 'changed', entry: closed });
    }
  }
}

function changeOf(entry: Entry, stored: Entry | undefined): ChangedQuote {
  return { ...entry, after: stored?.quote.quoteSeq ?? 0 };
}

export function isFinal(result: Result | null): boolean {
  return result !== null && result.status !== 'live';
}

export function keyOf(quote: Pick<Quote, 'marketId' | 'source'>): string {
  return `${quote.marketId}|${quote.source}`;
}
