// odds_raw in; odds_current, odds_history, odds_updates and results out. Each batch is decided in memory, stored in one transaction together
// with the place in the feed, and only then told to everybody. What comes twice changes nothing; what fails is decided again from what is stored.
import type { Bus, Message, Subscription } from '#ports/bus.ts';
import type { Clock } from '#ports/clock.ts';
import type { Cursor } from '#ports/feed.ts';
import type { HotOddsKeeper, HotRow } from '#ports/hot-odds.ts';
import { type Log, silentLog } from '#ports/log.ts';
import { OddsConflictError, type OddsEffect, type OddsStore, type StoredQuote } from '#ports/odds-store.ts';
import { type Metrics, silentMetrics } from '#ports/metrics.ts';
import { failpoint } from '../failpoint.ts';
import { noTraces, type Traces } from '#ports/traces.ts';
import { BatchTrace } from './batch-trace.ts';
import type { LineTerms } from './line.ts';
import { LowWater } from './low-water.ts';
import type { StaleLimits } from './market-entry.ts';
import { type RawBody, readRaw, resultMessage, updateMessage } from './messages.ts';
import { type BookCounts, Draft, isFinal, keyOf, type KnownEvent, OddsBook } from './odds-book.ts';

export interface OddsProcessorOptions {
  readonly bus: Bus;
  readonly store: OddsStore;
  readonly clock: Clock;
  readonly log?: Log;
  readonly metrics?: Metrics;
  readonly traces?: Traces;
  readonly stale?: StaleLimits;
  /** Where gateways find the newest prices before they ask the database. */
  readonly hot?: HotOddsKeeper;
  /** How often the breaker looks, ms. */
  readonly sweepMs?: number;
  /** How often confirmations without a price change are stored, ms. */
  readonly renewMs?: number;
  /** Called with a fixture whose updates have a hole: whoever feeds it should send a whole image. */
  readonly onGap?: (eventId: string, feed: string) => void;
  /** Several sources make one line; without it each book stands for itself. */
  readonly line?: LineTerms;
  /** Price history is kept for this long, ms; 0 keeps all. */
  readonly historyMs?: number;
}

export const STALE_LIMITS: StaleLimits = { preMatchMs: 120_000, inPlayMs: 10_000 };
export const ODDS_GROUP = 'odds-processor';
/** What becomes of a quote; `stale` comes later, when the breaker suspends its market. */
const OUTCOMES: readonly (keyof BookCounts)[] = ['changed', 'renewed', 'old', 'gaps', 'late', 'stale'];
const SWEEP_MS = 1_000;
const RENEW_MS = 5_000;
const RETRY_MS = { first: 50, max: 5_000 };
/** What a database cannot keep however often it is told is given back to the bus after so many repeats, and buried there. */
const DATA_FAILURES_MAX = 2;
/** Events are dropped from memory this long after their last word; they are read again when something comes. */
const FORGET_OVER_MS = 60_000;
const FORGET_SILENT_MS = 6 * 3_600_000;
/** After a start the last results are told again, with the prices they closed: the one before may have been interrupted between storing and telling. */
const RETOLD_RESULTS = 200;
const PRUNE_EVERY_MS = 60_000;
const PRUNE_ROWS = 20_000;

export async function startOddsProcessor(options: OddsProcessorOptions): Promise<OddsProcessor> {
  const processor = new OddsProcessor(options);
  await processor.start();
  return processor;
}

export class OddsProcessor {
  readonly #options: OddsProcessorOptions;
  readonly #log: Log;
  readonly #book = new OddsBook();
  readonly #measured = { ...this.#book.counts };
  readonly #lowWater = new LowWater();
  readonly #outbox: Message[] = [];
  readonly #renewals = new Map<string, StoredQuote>();
  /** Events whose last transaction failed: what is in memory about them is not trusted. */
  readonly #lost = new Set<string>();
  #subscription: Subscription | null = null;
  #turn: Promise<void> = Promise.resolve();
  #stopped = false;
  #cancelSweep = (): void => {};
  #renewedAt = 0;
  #prunedAt = 0;
  #told = 0;

  constructor(options: OddsProcessorOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
  }

  get counts(): OddsBook['counts'] {
    return this.#book.counts;
  }

  async start(): Promise<void> {
    const { bus, clock, store } = this.#options;
    await this.#options.hot?.begin();
    const live = await store.loadLive();
    this.#book.load([], live, clock.now());
    await this.#tellWhatIsStored();
    this.#subscription = await bus.subscribe('odds_raw', ODDS_GROUP, (messages) => this.#inTurn(() => this.#handle(messages)));
    this.#scheduleSweep();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelSweep();
    this.#options.hot?.end();
    await this.#subscription?.close();
    await this.#turn;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #handle(messages: readonly Message[]): Promise<void> {
    const bodies = messages.map(readRaw);
    const cursors = this.#cursorsOf(bodies);
    const ids = [...new Set(bodies.map((body) => body.eventId))];
    const trace = BatchTrace.of(this.#options.traces ?? noTraces, messages);
    const decide = async () => {
      await this.#load(ids);
      const draft = this.#draft();
      for (const body of bodies) draft.apply(body);
      return { draft, cursors };
    };
    try {
      await this.#persist(decide, trace);
    } finally {
      trace?.end();
    }
  }

  #draft(): Draft {
    return new Draft(this.#book, this.#options.clock.now(), this.#options.line ?? null);
  }

  async #load(eventIds: readonly string[]): Promise<void> {
    const missing = eventIds.filter((id) => !this.#book.get(id));
    if (missing.length > 0) this.#book.load(missing, await this.#options.store.loadEvents(missing), this.#options.clock.now());
  }

  /** Decides, stores, adopts, tells. While the store fails nothing is lost: the batch is decided again, and the bus waits; data that no store keeps is thrown back. */
  async #persist(
    decide: () => Promise<{ draft: Draft; cursors: OddsEffect['cursors'] }>,
    trace: BatchTrace | null = null,
  ): Promise<void> {
    const { clock, onGap } = this.#options;
    for (let failures = 0; ; failures++) {
      try {
        await this.#reload();
        const { cursors, draft } = await decide();
        const effect = { ...draft.effect(), cursors };
        if (hasEffect(effect)) {
          await (trace ? trace.during('odds.commit', () => this.#commit(effect)) : this.#commit(effect));
          for (const entry of effect.current) this.#renewals.delete(keyOf(entry.quote));
        }
        this.#address(draft, trace); // before the draft becomes the memory: it knows what the number was
        draft.adopt(clock.now());
        for (const entry of draft.renewed()) this.#renewals.set(keyOf(entry.quote), entry);
        for (const [feed, eventIds] of draft.gaps) for (const eventId of eventIds) onGap?.(eventId, feed);
        this.#measure();
        this.#report(draft);
        break;
      } catch (error) {
        this.#log.warn('odds.store_failed', { failures, error: String(error) });
        if (this.#stopped || (failures >= DATA_FAILURES_MAX && isOfData(error))) throw error;
        await new Promise<void>((done) =>
          clock.schedule(clock.now() + Math.min(RETRY_MS.max, RETRY_MS.first * 2 ** Math.min(failures, 10)), done),
        );
      }
    }
    await this.#flush();
  }

  #measure(): void {
    const { metrics = silentMetrics } = this.#options;
    for (const outcome of OUTCOMES) {
      const by = this.#book.counts[outcome] - this.#measured[outcome];
      if (by > 0) metrics.count('palpite_quotes_total', by, { outcome });
      this.#measured[outcome] += by;
    }
  }

  /** Changes of source are said aloud, one line for each way that markets went. */
  #report({ disputed, switches }: Draft): void {
    const { metrics = silentMetrics } = this.#options;
    for (const [way, list] of Map.groupBy(switches, ({ from, to }) => `${from} ${to}`)) {
      const [from = '', to = ''] = way.split(' ');
      metrics.count('palpite_line_switches_total', list.length, { from, to });
      this.#log.warn('odds.line_switched', { from, to, markets: list.length, first: list[0]?.marketId ?? '' });
    }
    for (const { eventId, source } of disputed) this.#log.warn('odds.result_disputed', { eventId, source });
  }

  async #commit(effect: OddsEffect): Promise<void> {
    try {
      failpoint('before-odds-commit');
      await this.#options.store.commit(effect);
      failpoint('after-odds-commit');
    } catch (error) {
      // An unknown outcome or another owner: what is stored is the truth.
      const ids = new Set(effect.current.map((entry) => entry.eventId));
      for (const { eventId } of [...effect.fixtures, ...effect.results]) ids.add(eventId);
      for (const id of ids) this.#lost.add(id);
      for (const entry of effect.current) this.#renewals.delete(keyOf(entry.quote));
      if (error instanceof OddsConflictError) this.#log.warn('odds.conflict', { events: ids.size });
      throw error;
    }
    // Before anybody is told: who was told must not find an older price here.
    const { hot } = this.#options;
    if (hot) await hot.put(effect.current.map(hotRow));
  }

  /** Takes again what a failed transaction may or may not have changed, and tells it, because nobody has been told. */
  async #reload(): Promise<void> {
    if (this.#lost.size === 0) return;
    const ids = [...this.#lost];
    this.#book.load(ids, await this.#options.store.loadEvents(ids), this.#options.clock.now());
    this.#lost.clear();
    for (const id of ids) this.#tellStored(this.#book.get(id) as KnownEvent);
  }

  #address(draft: Draft, trace: BatchTrace | null): void {
    for (const { after, card, confirmedAt, eventId, feed, quotes: told, result } of draft.updates()) {
      if (card) this.#say({ kind: 'fixture', feed, eventId, fixture: card });
      const [quotes, numbers] = [told.map(({ quote }) => quote), told.map(({ n }) => n)];
      if (quotes.length > 0) this.#say({ kind: 'quotes', feed, eventId, quotes, numbers, after }, trace?.traceparentOf(eventId));
      if (confirmedAt > 0) this.#say({ kind: 'confirmed', feed, eventId, confirmedAt });
      if (result) this.#outbox.push(resultMessage({ feed, eventId, result }));
    }
  }

  #say(body: Parameters<typeof updateMessage>[0], traceparent?: string): void {
    this.#outbox.push(updateMessage(body, `${body.eventId}:${this.#options.clock.now()}:${this.#told++}`, traceparent));
  }

  /** What could not be told stays in the outbox and goes first the next time. */
  async #flush(): Promise<void> {
    if (this.#outbox.length === 0) return;
    const messages = this.#outbox.slice();
    await this.#options.bus.publish(messages);
    this.#outbox.splice(0, messages.length);
  }

  /** Whoever listens gets the state of things first: fixtures, prices, and what may not have been told of fixtures that are over. */
  async #tellWhatIsStored(): Promise<void> {
    for (const event of this.#book.events()) this.#tellStored(event);
    const { clock, store } = this.#options;
    const results = await store.lastResults(RETOLD_RESULTS);
    const over = new OddsBook();
    over.load([], await store.loadEvents(results.reverse().map(({ eventId }) => eventId)), clock.now());
    for (const event of over.events()) if (isFinal(event.result)) this.#tellStored(event);
    await this.#flush();
  }

  #tellStored({ card, entries, eventId, n, result }: KnownEvent): void {
    for (const [feed, list] of Map.groupBy(entries.values(), (entry) => entry.feed)) {
      if (card) this.#say({ kind: 'fixture', feed, eventId, fixture: card });
      this.#say({
        kind: 'quotes',
        feed,
        eventId,
        quotes: list.map((entry) => ({ ...entry.quote, confirmedAt: entry.confirmedAt })),
        numbers: list.map((entry) => entry.n),
        after: n, // all of it is stored: who is not there yet may read it
      });
    }
    if (result) this.#outbox.push(resultMessage({ feed: result.source, eventId, result }));
  }

  #cursorsOf(bodies: readonly RawBody[]): OddsEffect['cursors'] {
    const cursors = new Map<string, { feed: string; cursor: Cursor; aliveAt: number }>();
    for (const body of bodies) {
      const cursor = this.#lowWater.done(body);
      if (cursor) cursors.set(body.feed, { feed: body.feed, cursor, aliveAt: body.receivedAt });
    }
    return [...cursors.values()];
  }

  #scheduleSweep(): void {
    const { clock, sweepMs = SWEEP_MS } = this.#options;
    if (this.#stopped) return;
    this.#cancelSweep = clock.schedule(clock.now() + sweepMs, () => {
      this.#inTurn(() => this.#sweep())
        .catch((error: unknown) => this.#log.error('odds.sweep_failed', { error: String(error) }))
        .finally(() => this.#scheduleSweep());
    });
  }

  async #sweep(): Promise<void> {
    const { clock, historyMs = 0, onGap, renewMs = RENEW_MS, stale = STALE_LIMITS, store } = this.#options;
    const now = clock.now();
    await this.#persist(() => {
      const draft = this.#draft();
      for (const event of this.#book.events()) draft.sweep(event, stale);
      return Promise.resolve({ draft, cursors: [] });
    });
    if (now - this.#renewedAt >= renewMs) {
      this.#renewedAt = now;
      await this.#renew();
    }
    this.#forget(now);
    for (const event of this.#book.events()) {
      const feeds = new Set(event.entries.values().flatMap((entry) => (entry.held === 'gap' ? [entry.feed] : [])));
      for (const feed of feeds) onGap?.(event.eventId, feed);
    }
    if (historyMs > 0 && now - this.#prunedAt >= PRUNE_EVERY_MS) {
      this.#prunedAt = now;
      await store.pruneHistory(now - historyMs, PRUNE_ROWS);
    }
  }

  async #renew(): Promise<void> {
    const current = [...this.#renewals.values()].map((entry) => ({ ...entry, after: entry.quote.quoteSeq }));
    if (current.length === 0) return;
    await this.#commit({ current, history: [], fixtures: [], results: [], cursors: [] });
    this.#renewals.clear();
  }

  #forget(now: number): void {
    const old: string[] = [];
    for (const event of this.#book.events()) {
      if (now - event.heardAt > (isFinal(event.result) ? FORGET_OVER_MS : FORGET_SILENT_MS)) old.push(event.eventId);
    }
    this.#book.forget(old);
  }
}

function hotRow({ confirmedAt, eventId, n, quote }: StoredQuote): HotRow {
  return { eventId, n, quote: confirmedAt > quote.confirmedAt ? { ...quote, confirmedAt } : quote };
}

function hasEffect({ current, cursors, fixtures, history, results }: OddsEffect): boolean {
  return current.length + history.length + fixtures.length + results.length + cursors.length > 0;
}

/** SQLSTATE class 22: the fault is in what was to be stored, not in the store. */
function isOfData(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code);
}
