// The processor's memory: per fixture the newest entry of every market and book, with a draft on top that holds what one batch changed.
// The draft becomes the memory only after its effect is stored; otherwise it is thrown away as if the batch had never come.
import type { NumberedQuote, Quote } from '#core/catalog/quote.ts';
import { isFinalStatus, isLaterResult, type Result } from '#core/catalog/result.ts';
import type { FixtureCard } from '#ports/feed.ts';
import type { ChangedQuote, OddsEffect, StoredEvent, StoredQuote } from '#ports/odds-store.ts';
import { breakIfStale, close, confirm, type Entry, type Heard, hear, type StaleLimits, withdraw } from './market-entry.ts';
import { DESK_FEED } from '#ports/desk-book.ts';
import { bookKept, firstSupplier, follow, lineAfter, type LineState, type LineTerms, recalled } from './line.ts';
import type { RawBody } from './messages.ts';

export interface KnownEvent {
  readonly eventId: string;
  card: FixtureCard | null;
  result: Result | null;
  readonly entries: Map<string, Entry>;
  /** By market: which source its line follows. */
  readonly lines: Map<string, LineState>;
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
      this.#events.set(eventId, { eventId, card: null, result: null, entries: new Map(), lines: new Map(), heardAt: now, n: 0 });
    for (const { card, eventId, quotes, result } of stored) {
      this.#events.set(eventId, {
        eventId,
        card,
        result,
        entries: new Map(quotes.map((entry) => [keyOf(entry.quote), entry])),
        lines: new Map(),
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
  readonly told: Map<string, Told[]>;
  readonly lines: Map<string, LineState>;
  /** By feed: until when it has confirmed its prices. */
  readonly confirmed: Map<string, number>;
  n: number;
}

interface Told extends NumberedQuote {
  readonly feed: string;
}

/** A market whose line went from one source to another. */
export interface Switch {
  readonly marketId: string;
  readonly from: string;
  readonly to: string;
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
  /** Events of which a change could not be merged, by feed. */
  readonly gaps = new Map<string, Set<string>>();
  readonly history: Quote[] = [];
  readonly switches: Switch[] = [];
  /** Results that contradict the one that stands. */
  readonly disputed: Result[] = [];
  readonly #book: OddsBook;
  readonly #now: number;
  readonly #line: LineTerms | null;
  readonly #events = new Map<string, DraftEvent>();

  /** `now` is the stamped time of the batch. Without `line` each book stands for itself. */
  constructor(book: OddsBook, now: number, line: LineTerms | null = null) {
    this.#book = book;
    this.#now = now;
    this.#line = line;
  }

  apply({ eventId, facts, feed, receivedAt }: Pick<RawBody, 'eventId' | 'facts' | 'feed' | 'receivedAt'>): void {
    const draft = this.#of(feed, eventId);
    for (const fact of facts) {
      if (fact.kind === 'quote') this.#quote(draft, feed, fact.quote, fact.whole);
      else if (fact.kind === 'alive') this.#alive(draft, feed, fact.at);
      else if (fact.kind === 'offer') this.#offer(draft, feed, new Set(fact.marketIds));
      else if (fact.kind === 'fixture') this.#fixture(draft, feed, { ...fact.fixture, saidAt: receivedAt });
      else this.#result(draft, fact.result);
    }
  }

  /** Suspends what was not confirmed in time, and lets lines go where they belong by now. */
  sweep(event: KnownEvent, limits: StaleLimits): void {
    for (const [key, entry] of event.entries) {
      if (this.#isLine(entry)) continue; // it follows its source
      const broken = breakIfStale(entry, this.#now, limits);
      if (!broken) continue;
      this.#book.counts.stale++;
      this.#keep(this.#of(entry.feed, event.eventId), key, { verdict: 'changed', entry: broken });
    }
    if (!this.#line || isFinal(event.result)) return;
    for (const entry of event.entries.values())
      if (this.#isLine(entry)) this.#follow(this.#of(entry.feed, event.eventId), entry.quote.marketId);
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
    return [...this.#events.values()].flatMap(updatesOf);
  }

  /** The effect is stored: the draft becomes the memory. */
  adopt(now: number): void {
    for (const { card, entries, event, lines, n, result } of this.#events.values()) {
      for (const [key, entry] of entries) event.entries.set(key, entry);
      for (const [marketId, state] of lines) event.lines.set(marketId, state);
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
      const maps = { entries: new Map(), changed: new Map(), told: new Map(), lines: new Map(), confirmed: new Map() };
      draft = { event, feed, n: event.n, card: null, result: null, ...maps };
      this.#events.set(eventId, draft);
    }
    return draft;
  }

  #quote(draft: DraftEvent, feed: string, told: Quote, whole: boolean): void {
    const { counts } = this.#book;
    counts.quotes++;
    if (isFinal(draft.result ?? draft.event.result)) {
      counts.late++;
      return;
    }
    const source = this.#line ? bookKept(this.#line, feed, told.source) : told.source;
    const quote = source === told.source ? told : { ...told, source };
    const key = keyOf(quote);
    const known = this.#entry(draft, key);
    // What the desk prices by hand is the desk's, until it gives it back.
    if (feed !== DESK_FEED && known?.feed === DESK_FEED && known.quote.source === quote.source && isOffered(known)) {
      counts.old++;
      return;
    }
    const heard = hear(known, { feed, eventId: draft.event.eventId, quote, whole });
    if (heard.verdict === 'gap') {
      counts.gaps++;
      const ids = this.gaps.get(feed);
      if (ids) ids.add(draft.event.eventId);
      else this.gaps.set(feed, new Set([draft.event.eventId]));
    } else counts[heard.verdict]++;
    this.#keep(draft, key, heard);
    this.#follow(draft, quote.marketId);
  }

  #alive(draft: DraftEvent, feed: string, at: number): void {
    draft.confirmed.set(feed, Math.max(draft.confirmed.get(feed) ?? 0, at));
    for (const [key, known] of this.#ofFeed(draft, feed)) {
      if (known.quote.status !== 'closed') this.#keep(draft, key, confirm(known, at));
    }
    this.#followAll(draft, feed);
  }

  #offer(draft: DraftEvent, feed: string, marketIds: ReadonlySet<string>): void {
    for (const [key, known] of this.#ofFeed(draft, feed)) {
      const gone = marketIds.has(known.quote.marketId) ? null : withdraw(known);
      if (gone) this.#keep(draft, key, { verdict: 'changed', entry: gone });
    }
    this.#followAll(draft, feed);
  }

  /** What a feed itself has told of an event. */
  #ofFeed(draft: DraftEvent, feed: string): [string, Entry][] {
    const keys = new Set([...draft.event.entries.keys(), ...draft.entries.keys()]);
    return [...keys].flatMap((key): [string, Entry][] => {
      const known = this.#entry(draft, key) as Entry;
      return known.feed === feed && !this.#isLine(known) ? [[key, known]] : [];
    });
  }

  #entry(draft: DraftEvent, key: string): Entry | null {
    return draft.entries.get(key) ?? draft.event.entries.get(key) ?? null;
  }

  #isLine(entry: Entry): boolean {
    return this.#line !== null && entry.quote.source === this.#line.book;
  }

  #followAll(draft: DraftEvent, feed: string): void {
    if (!this.#line) return;
    const markets = new Set(this.#ofFeed(draft, feed).map(([, entry]) => entry.quote.marketId));
    for (const marketId of markets) this.#follow(draft, marketId);
  }

  /** The line of a market after something about it changed, or time passed. */
  #follow(draft: DraftEvent, marketId: string): void {
    const terms = this.#line;
    if (!terms) return;
    const entries = terms.sources.map(({ book, feed }) =>
      this.#entry(draft, keyOf({ marketId, source: bookKept(terms, feed, book) })),
    );
    const key = keyOf({ marketId, source: terms.book });
    const line = this.#entry(draft, key);
    const before = draft.lines.get(marketId) ?? draft.event.lines.get(marketId) ?? recalled(terms, line, this.#now);
    const startAt = (draft.card ?? draft.event.card)?.startAt ?? Number.POSITIVE_INFINITY;
    const state = follow(terms, before, entries, { now: this.#now, startAt });
    draft.lines.set(marketId, state);
    const source = entries[state.active];
    if (!source) return;
    if (before.active >= 0 && before.active !== state.active)
      this.switches.push({ marketId, from: terms.sources[before.active]?.feed ?? '', to: source.feed });
    this.#keep(draft, key, lineAfter(line, source, terms.book));
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
    const news = { n: entry.n, quote: entry.quote, feed: entry.feed };
    draft.entries.set(key, entry);
    draft.changed.set(key, entry);
    this.history.push(entry.quote);
    const told = draft.told.get(key);
    if (!told) draft.told.set(key, [news]);
    else if (told.at(-1)?.quote.status === entry.quote.status && told.at(-1)?.feed === news.feed) told[told.length - 1] = news;
    else told.push(news); // a suspension is news even when it is over already
  }

  #fixture(draft: DraftEvent, feed: string, card: FixtureCard): void {
    const known = draft.card ?? draft.event.card;
    // What a feed said once may come again after it said something else: a kick-off that was moved stays moved.
    if (known && (card.saidAt ?? 0) < (known.saidAt ?? 0)) return;
    if (known && this.#line && feed !== DESK_FEED && firstSupplier(this.#line) !== feed) return; // two suppliers' kick-offs would move it to and fro
    if (known && known.startAt === card.startAt && known.home === card.home && known.away === card.away) return;
    draft.card = card;
  }

  #result(draft: DraftEvent, result: Result): void {
    const known = draft.result ?? draft.event.result;
    if (known && known.source !== result.source && isFinal(known)) {
      // Only who told it may correct it; versions of another source are no order.
      if (JSON.stringify(known.scores) !== JSON.stringify(result.scores)) this.disputed.push(result);
      return;
    }
    if (!isLaterResult(known, result)) return;
    draft.result = result;
    if (!isFinal(result)) return;
    for (const key of new Set([...draft.event.entries.keys(), ...draft.entries.keys()])) {
      const closed = close((draft.entries.get(key) ?? draft.event.entries.get(key)) as Entry);
      if (closed) this.#keep(draft, key, { verdict: 'changed', entry: closed });
    }
  }
}

function isOffered({ held, quote }: Entry): boolean {
  return held === null && quote.status !== 'closed' && quote.prices.length > 0;
}

function changeOf(entry: Entry, stored: Entry | undefined): ChangedQuote {
  return { ...entry, after: stored?.quote.quoteSeq ?? 0 };
}

/** One update a feed, in the order of the numbers: a reader takes one after the other and misses nothing. */
function updatesOf({ card, confirmed, event, feed, result, told }: DraftEvent): DraftUpdate[] {
  const { eventId } = event;
  const blank = { eventId, card: null, result: null, confirmedAt: 0 };
  const updates: (Omit<DraftUpdate, 'quotes' | 'confirmedAt'> & { readonly quotes: NumberedQuote[]; confirmedAt: number })[] = [];
  let after = event.n;
  for (const { n, quote, feed: of } of [...told.values()].flat().sort((a, b) => a.n - b.n)) {
    const last = updates.at(-1);
    if (last?.feed === of) last.quotes.push({ n, quote });
    else updates.push({ ...blank, feed: of, quotes: [{ n, quote }], after });
    after = n;
  }
  for (const [of, confirmedAt] of confirmed) {
    const last = updates.findLast((update) => update.feed === of);
    if (last && last === updates.at(-1)) last.confirmedAt = confirmedAt;
    else updates.push({ ...blank, feed: of, quotes: [], after, confirmedAt });
  }
  if (updates.length === 0) updates.push({ ...blank, feed, quotes: [], after });
  Object.assign(updates[0] as DraftUpdate, { card });
  Object.assign(updates.at(-1) as DraftUpdate, { result });
  return updates;
}

export function isFinal(result: Result | null): boolean {
  return result !== null && isFinalStatus(result.status);
}

export function keyOf(quote: Pick<Quote, 'marketId' | 'source'>): string {
  return `${quote.marketId}|${quote.source}`;
}
