// Reads a feed, turns its ids into ours and puts what it said on the bus, in order per fixture. It stores nothing: the processor stores the
// place in the feed with the effect, and from there this starts again.
import { isFinalStatus } from '#core/catalog/result.ts';
import type { Aliases } from '#ports/aliases.ts';
import type { Bus, Message } from '#ports/bus.ts';
import type { Clock } from '#ports/clock.ts';
import type { Cursor, Feed, FeedItem, FixtureCard } from '#ports/feed.ts';
import { type Log, silentLog } from '#ports/log.ts';
import type { OddsStore } from '#ports/odds-store.ts';
import { noTraces, type Span, type Traces } from '#ports/traces.ts';
import { beginWithPrices, TRACED_FIXTURES_MAX } from './batch-trace.ts';
import { FixtureMap } from './fixture-map.ts';
import { rawMessage, type RawFact } from './messages.ts';
import { type IdStampRule, type Mapping, ourMarketId, ourQuote, ourResult } from './normalise.ts';

export interface IngestOptions {
  readonly feed: Feed;
  /** Name of the feed in aliases and cursors; its items carry the same. */
  readonly source: string;
  readonly idStamp: IdStampRule;
  readonly aliases: Aliases;
  readonly store: Pick<OddsStore, 'cursor' | 'loadLive'>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log?: Log;
  readonly traces?: Traces;
  /** How often fixtures that wait for a person are looked up again, ms. */
  readonly recheckMs?: number;
}

export interface IngestCounts {
  items: number;
  messages: number;
  gaps: number;
  /** Items of fixtures that wait for a person. */
  withheld: number;
  snapshots: number;
  malformed: number;
}

const RECHECK_MS = 2_000;
/** A snapshot of one fixture is asked for at most this often, ms. */
const SNAPSHOT_EVERY_MS = 1_000;
/** Each is a connection of its own; whatever comes beyond waits, and what cannot wait is asked for when it is next heard of. */
const SNAPSHOTS_AT_ONCE_MAX = 8;
const SNAPSHOTS_WAITING_MAX = 10_000;
const PUBLISH_MAX = 500;

/** Starts reading where the processor's effects end. */
export async function startIngest(options: IngestOptions): Promise<Ingest> {
  const ingest = new Ingest(options);
  const known = await options.store.loadLive();
  await ingest.start(
    await options.store.cursor(options.source),
    known.flatMap(({ card }) => card ?? []),
  );
  return ingest;
}

export class Ingest {
  readonly counts: IngestCounts = { items: 0, messages: 0, gaps: 0, withheld: 0, snapshots: 0, malformed: 0 };
  readonly #options: IngestOptions;
  readonly #log: Log;
  readonly #fixtures: FixtureMap;
  readonly #stop = new AbortController();
  readonly #snapshotAt = new Map<string, number>();
  #asking = 0;
  readonly #toAsk = new Set<string>();
  #run = 0;
  #n = 0;
  #cursor: Cursor | null = null;
  #turn: Promise<void> = Promise.resolve();
  #reading: Promise<void> = Promise.resolve();
  #cancelRecheck = (): void => {};

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#fixtures = new FixtureMap(options);
  }

  /** `known` are the fixtures of ours that are going on: updates of them are understood at once. */
  async start(from: Cursor | null, known: readonly FixtureCard[]): Promise<void> {
    await this.#fixtures.recall(known);
    this.#startRun();
    this.#cursor = from;
    this.#reading = this.#read(from);
    this.#scheduleRecheck();
  }

  /** Asks the feed for a whole image of a fixture of ours; soon after, or never if it knows none. */
  requestSnapshot(eventId: string): void {
    const foreignId = this.#fixtures.foreignOf(eventId);
    if (foreignId !== undefined) this.#snapshot(foreignId);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancelRecheck();
    await this.#reading;
    await this.#turn;
  }

  async #read(from: Cursor | null): Promise<void> {
    const { clock, feed, source } = this.#options;
    for (let failures = 0; !this.#stop.signal.aborted; failures++) {
      try {
        for await (const items of feed.read(this.#cursor ?? from, this.#stop.signal)) {
          await this.#inTurn(() => this.#take(items, items.at(-1)?.cursor ?? null));
          failures = 0;
        }
      } catch (error) {
        // What was read and not published is read again from the last cursor.
        this.#log.error('ingest.failed', { source, failures, error: String(error) });
      }
      if (this.#stop.signal.aborted) return;
      await new Promise<void>((done) => {
        clock.schedule(clock.now() + Math.min(10_000, 200 * 2 ** Math.min(failures, 10)), done);
        this.#stop.signal.addEventListener('abort', () => done(), { once: true });
      });
    }
  }

  /** The stream and snapshots take turns, so that ordinals and order per fixture stay whole. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #take(items: readonly FeedItem[], cursor: Cursor | null): Promise<void> {
    try {
      await this.#publish(items, cursor);
    } catch (error) {
      this.#startRun(); // numbers were given to messages that never left
      throw error;
    }
  }

  #startRun(): void {
    this.#run = Math.max(this.#run + 1, this.#options.clock.now());
    this.#n = 0;
  }

  async #publish(items: readonly FeedItem[], cursor: Cursor | null): Promise<void> {
    const span = beginWithPrices(this.#options.traces ?? noTraces, items);
    this.counts.items += items.length;
    const fresh = items.flatMap((item) => (item.kind === 'fixture' ? [item.fixture] : []));
    const { unknown } = await this.#fixtures.learn(fresh, foreignIdsOf(items));
    for (const foreignId of unknown) this.#snapshot(foreignId);
    const facts = this.#factsOf(items);
    const messages: Message[] = [];
    let left = facts.size;
    for (const [eventId, list] of facts) {
      const last = --left === 0;
      const receivedAt = items.at(-1)?.receivedAt ?? 0;
      // Only the last message of a batch carries its cursor: with it, all of the batch has been worked through.
      messages.push(
        this.#message({ eventId, receivedAt, facts: list, cursor: last ? cursor : null }, traceparentFor(span, list, messages)),
      );
    }
    for (let i = 0; i < messages.length; i += PUBLISH_MAX) await this.#options.bus.publish(messages.slice(i, i + PUBLISH_MAX));
    this.counts.messages += messages.length;
    span?.end({ 'palpite.items': items.length, 'palpite.messages': messages.length });
    if (cursor) this.#cursor = cursor;
  }

  #message(
    body: { eventId: string; receivedAt: number; facts: readonly RawFact[]; cursor: Cursor | null },
    traceparent: string | undefined,
  ): Message {
    return rawMessage({ feed: this.#options.source, run: this.#run, n: ++this.#n, ...body }, traceparent);
  }

  #factsOf(items: readonly FeedItem[]): Map<string, RawFact[]> {
    const facts = new Map<string, RawFact[]>();
    const say = (eventId: string, fact: RawFact): void => {
      const list = facts.get(eventId);
      if (list) list.push(fact);
      else facts.set(eventId, [fact]);
    };
    for (const item of items) {
      if (item.kind === 'alive') {
        // Per fixture, behind everything said of it before: an `alive` that overtook a price would confirm the one it replaces.
        const at = Math.min(item.observedAt, item.receivedAt);
        for (const eventId of this.#fixtures.live()) say(eventId, { kind: 'alive', at });
      } else if (item.kind === 'offer') this.#sayOffer(item.marketIds, say);
      else if (item.kind === 'gap') this.counts.gaps++;
      else this.#translate(item, say);
    }
    return facts;
  }

  /** To every fixture that is going on, also those that are not named: whatever was told of them is withdrawn. */
  #sayOffer(foreignIds: readonly string[], say: (eventId: string, fact: RawFact) => void): void {
    const offered = new Map<string, string[]>();
    for (const eventId of this.#fixtures.live()) offered.set(eventId, []);
    for (const foreign of foreignIds) {
      const mapping = this.#fixtures.get(eventOf(foreign));
      const marketId = mapping && ourMarketId(foreign, mapping);
      if (marketId) offered.get(mapping.eventId)?.push(marketId);
    }
    for (const [eventId, marketIds] of offered) say(eventId, { kind: 'offer', marketIds });
  }

  #translate(item: FeedItem, say: (eventId: string, fact: RawFact) => void): void {
    if (item.kind !== 'fixture' && item.kind !== 'quote' && item.kind !== 'result') return;
    const mapping = this.#fixtures.get(foreignIdOf(item));
    if (!mapping) {
      this.counts.withheld++;
      return;
    }
    const fact = factOf(item, mapping);
    if (!fact) this.counts.malformed++;
    else say(mapping.eventId, fact);
    if (item.kind === 'result' && isFinalStatus(item.result.status)) this.#fixtures.over(mapping);
  }

  #snapshot(foreignId: string): void {
    const { clock, feed, source } = this.#options;
    const now = clock.now();
    if (this.#stop.signal.aborted || now - (this.#snapshotAt.get(foreignId) ?? -SNAPSHOT_EVERY_MS) < SNAPSHOT_EVERY_MS) return;
    if (this.#asking >= SNAPSHOTS_AT_ONCE_MAX) {
      if (this.#toAsk.size < SNAPSHOTS_WAITING_MAX) this.#toAsk.add(foreignId);
      return;
    }
    for (const [id, at] of this.#snapshotAt) if (now - at >= SNAPSHOT_EVERY_MS) this.#snapshotAt.delete(id);
    this.#snapshotAt.set(foreignId, now);
    this.counts.snapshots++;
    this.#asking++;
    feed
      .snapshot(foreignId)
      .then((items) => this.#inTurn(() => this.#take(items, null)))
      .catch((error: unknown) => this.#log.warn('ingest.no_snapshot', { source, foreignId, error: String(error) }))
      .finally(() => {
        this.#asking--;
        this.#askWaiting();
      });
  }

  #askWaiting(): void {
    for (const foreignId of this.#toAsk) {
      if (this.#asking >= SNAPSHOTS_AT_ONCE_MAX) return;
      this.#toAsk.delete(foreignId);
      this.#snapshot(foreignId);
    }
  }

  #scheduleRecheck(): void {
    const { clock, recheckMs = RECHECK_MS, source } = this.#options;
    this.#cancelRecheck = clock.schedule(clock.now() + recheckMs, () => {
      const checked = this.#inTurn(async () => {
        for (const foreignId of await this.#fixtures.recheck()) this.#snapshot(foreignId);
      });
      checked
        .catch((error: unknown) => this.#log.warn('ingest.recheck_failed', { source, error: String(error) }))
        .finally(() => {
          if (!this.#stop.signal.aborted) this.#scheduleRecheck();
        });
    });
  }
}

/** The first few messages with prices carry the trace of their batch. */
function traceparentFor(span: Span | null, facts: readonly RawFact[], before: readonly Message[]): string | undefined {
  if (!span || !facts.some(({ kind }) => kind === 'quote')) return undefined;
  return before.filter(({ traceparent }) => traceparent).length < TRACED_FIXTURES_MAX ? span.traceparent : undefined;
}

function factOf(item: FeedItem, mapping: Mapping): RawFact | null {
  if (item.kind === 'fixture') return { kind: 'fixture', fixture: mapping.card };
  if (item.kind === 'result') return { kind: 'result', result: ourResult(item.result, mapping) };
  if (item.kind !== 'quote') return null;
  const quote = ourQuote(item.quote, mapping);
  return quote && { kind: 'quote', quote, whole: item.whole };
}

function foreignIdsOf(items: readonly FeedItem[]): Set<string> {
  const ids = new Set<string>();
  for (const item of items) {
    if (item.kind === 'quote' || item.kind === 'result') ids.add(foreignIdOf(item));
  }
  return ids;
}

function foreignIdOf(item: Extract<FeedItem, { kind: 'fixture' | 'quote' | 'result' }>): string {
  if (item.kind === 'fixture') return item.fixture.eventId;
  if (item.kind === 'result') return item.result.eventId;
  return eventOf(item.quote.marketId);
}

function eventOf(marketId: string): string {
  return marketId.slice(0, marketId.lastIndexOf('/'));
}
