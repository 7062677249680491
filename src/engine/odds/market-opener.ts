// Opens a market in a ledger when its first executable price comes, and records results. Command ids follow from what happened, so that saying
// it again is harmless; per fixture everything goes in order: no result overtakes the opening of a market. A result is done with only when the
// writer has answered: nobody else would say it again. An opening that was lost is found in what is stored, at the next start.
import { deriveId } from '#core/base/ids.ts';
import type { Refusal } from '#core/base/refusal.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { isFinalStatus, type Result } from '#core/catalog/result.ts';
import type { Command } from '#core/kernel/command.ts';
import type { Bus } from '#ports/bus.ts';
import type { Clock } from '#ports/clock.ts';
import type { FixtureCard } from '#ports/feed.ts';
import { type Log, silentLog } from '#ports/log.ts';
import type { OddsStore } from '#ports/odds-store.ts';
import { OutageError } from '#ports/outage.ts';
import { type Answer, encodeEnvelope } from '../envelope.ts';
import { type QuoteStream, startQuoteStream } from './quote-stream.ts';

export interface MarketOpenerOptions {
  readonly bus: Bus;
  readonly store?: Pick<OddsStore, 'loadLive'>;
  readonly clock: Clock;
  readonly log?: Log;
  readonly ledgerId: string;
  readonly tenantId: string;
  /** Books whose prices can be bet on. */
  readonly books: ReadonlySet<string>;
  /** The writer's entrance. A rejection means that the outcome is unknown. */
  readonly submit: (encoded: string) => Promise<string>;
  readonly group?: string;
}

export interface OpenerCounts {
  opened: number;
  results: number;
  refused: number;
  retried: number;
}

const RETRY_MS = { first: 50, max: 5_000 };
/** Fixtures remembered; one forgotten costs only a refusal that says so. */
const FIXTURES_MAX = 20_000;
const OWNER = 'feed';

interface Fixture {
  card: FixtureCard | null;
  readonly opened: Set<string>;
  over: boolean;
  /** It is waited for: that it is played after all is news. */
  postponed: boolean;
  /** First quotes that wait for the fixture's card: without a start there is no market. */
  waiting: Map<string, Quote>;
  /** Commands of one fixture go one after another. */
  last: Promise<void>;
}

export async function startMarketOpener(options: MarketOpenerOptions): Promise<MarketOpener> {
  const opener = new MarketOpener(options);
  await opener.start();
  return opener;
}

export class MarketOpener {
  readonly counts: OpenerCounts = { opened: 0, results: 0, refused: 0, retried: 0 };
  readonly #options: MarketOpenerOptions;
  readonly #log: Log;
  readonly #fixtures = new Map<string, Fixture>();
  #stream: QuoteStream | null = null;
  #stopped = false;

  constructor(options: MarketOpenerOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
  }

  async start(): Promise<void> {
    const { books, bus, group, ledgerId, store } = this.#options;
    this.#stream = await startQuoteStream({
      bus,
      books,
      group: group ?? `market-opener:${ledgerId}`,
      ...(store ? { store } : {}),
      onQuote: (quote, _feed, changed) => {
        if (changed) this.#see(quote);
      },
      onFixture: (card) => this.#meet(card),
      onStored: ({ eventId, result }) => {
        if (result?.status === 'postponed') this.#fixture(eventId).postponed = true;
      },
      onResult: (result) => this.#record(result),
    });
  }

  /** Resolves when everything that was begun has been answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#stream?.stop();
    await Promise.all([...this.#fixtures.values()].map((fixture) => fixture.last));
  }

  #see(quote: Quote): void {
    const fixture = this.#fixture(quote.marketId.slice(0, quote.marketId.lastIndexOf('/')));
    if (quote.status === 'closed' || fixture.over || fixture.opened.has(quote.marketId)) return;
    if (fixture.card) this.#open(fixture, fixture.card, quote);
    else if (!fixture.waiting.has(quote.marketId)) fixture.waiting.set(quote.marketId, quote);
  }

  #meet(card: FixtureCard): void {
    const fixture = this.#fixture(card.eventId);
    fixture.card = card;
    for (const quote of fixture.waiting.values()) this.#open(fixture, card, quote);
    fixture.waiting.clear();
  }

  #open(fixture: Fixture, { startAt }: FixtureCard, quote: Quote): void {
    const { marketId, observedAt, stated = {} } = quote;
    fixture.opened.add(marketId);
    const opened = this.#inOrder(fixture, async () => {
      const commandId = this.#idOf(observedAt, `open:${marketId}:${startAt}`);
      const refusal = await this.#send(commandId, { type: 'OpenMarket', marketId, startAt, ...stated });
      if (refusal === null) this.counts.opened++;
      else if (refusal.code !== 'already_resolved') this.#refused('open', marketId, refusal);
    });
    opened.catch((error: unknown) => this.#log.warn('opener.not_opened', { marketId, error: String(error) }));
  }

  /** Resolves once the writer has it; rejects when this stops first, and the bus keeps the message. */
  #record(result: Result): Promise<void> {
    const fixture = this.#fixture(result.eventId);
    const isAwaited = fixture.postponed;
    fixture.postponed = result.status === 'postponed';
    if (result.status === 'live' && !isAwaited) return Promise.resolve();
    if (isFinalStatus(result.status)) {
      fixture.over = true; // other topics keep other orders: a price told late must not open a market that nothing will settle
      fixture.waiting.clear();
    }
    return this.#inOrder(fixture, async () => {
      const name = `result:${result.source}:${result.version}:${result.eventId}`;
      const refusal = await this.#send(this.#idOf(result.observedAt, name), { type: 'RecordResult', result });
      if (refusal === null) this.counts.results++;
      // not_found: no market of it was ever opened here, so there is nothing to settle.
      else if (refusal.code !== 'already_resolved' && refusal.code !== 'not_found')
        this.#refused('result', result.eventId, refusal);
    });
  }

  #fixture(eventId: string): Fixture {
    let fixture = this.#fixtures.get(eventId);
    if (!fixture) {
      this.#fixtures.set(
        eventId,
        (fixture = { card: null, opened: new Set(), over: false, postponed: false, waiting: new Map(), last: Promise.resolve() }),
      );
      if (this.#fixtures.size > FIXTURES_MAX) this.#fixtures.delete(this.#fixtures.keys().next().value as string);
    }
    return fixture;
  }

  #inOrder(fixture: Fixture, work: () => Promise<void>): Promise<void> {
    const done = fixture.last.then(work);
    fixture.last = done.catch(() => undefined); // told to whoever waits for it
    return done;
  }

  /** Ids carry the time of what happened, but never one that the writer would call the future. */
  #idOf(at: number, name: string): string {
    return deriveId('cmd', Math.min(at, this.#options.clock.now()), `${this.#options.ledgerId}:${name}`);
  }

  /** Null when done. Asks again, with the same key, while the writer is busy, moving or did not answer; throws OutageError when stopped meanwhile. */
  async #send(commandId: string, cmd: Command): Promise<Refusal | null> {
    const { clock, ledgerId, submit, tenantId } = this.#options;
    const actor = { ownerId: OWNER, tenantId, via: 'feed' } as const;
    const encoded = encodeEnvelope({ commandId, ledgerId, actor, lane: 'facts', cmd });
    for (let attempt = 0; ; attempt++) {
      const answer = await submit(encoded).then(
        (text) => JSON.parse(text) as Answer,
        () => null,
      );
      if (answer?.result === 'done') return null;
      const refusal = answer?.result ?? null;
      if (refusal && refusal.next !== 'retry') {
        if (refusal.code !== 'key_expired' || attempt > 0) return refusal;
        // Told again after more than the life of a key: what the ledger knows of the fixture decides.
        return this.#send(deriveId('cmd', clock.now(), `late:${commandId}`), cmd);
      }
      if (this.#stopped) throw new OutageError(`stopped before the writer answered to ${cmd.type}`);
      this.counts.retried++;
      const pauseMs = Math.min(RETRY_MS.max, refusal?.retryAfterMs ?? RETRY_MS.first * 2 ** Math.min(attempt, 10));
      await new Promise<void>((done) => clock.schedule(clock.now() + pauseMs, done));
    }
  }

  #refused(what: string, target: string, refusal: Refusal): void {
    this.counts.refused++;
    this.#log.warn('opener.refused', { what, target, code: refusal.code });
  }
}
