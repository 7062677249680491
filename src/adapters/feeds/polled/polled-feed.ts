// A supplier that is polled over HTTP, as a Feed: a snapshot at the start, then changes from the supplier's own cursor. When it fails it is
// asked again after growing pauses; after failures in a row, or when it has lost our place, everything is asked for anew.
import { makeRng, type Rng } from '#core/base/rng.ts';
import type { Clock } from '#ports/clock.ts';
import type { Cursor, Feed, FeedItem } from '#ports/feed.ts';
import { type Log, silentLog } from '#ports/log.ts';
import { type Metrics, silentMetrics } from '#ports/metrics.ts';
import { rootOfForeign } from './offer.ts';
import { Pacer, waitUntil } from './pacer.ts';
import { type FairUse, PolledReading } from './polled-reading.ts';
import { type Login, RequestError } from './requests.ts';

export interface PolledFeedOptions {
  /** Asked again at each request: a supplier that started anew may be elsewhere. */
  readonly url: () => string | Promise<string>;
  /** Name of this feed in items, aliases and cursors. */
  readonly source: string;
  /** Name of the supplier's book in quotes. */
  readonly book: string;
  readonly login?: Login | undefined;
  readonly clock: Clock;
  readonly log?: Log;
  readonly metrics?: Metrics;
  /** For the jitter of pauses. */
  readonly seed?: number;
  readonly fairUse?: Partial<FairUse>;
  readonly perSecondMax?: number;
  readonly timeoutMs?: number;
  readonly bodyBytesMax?: number;
  readonly backOffMs?: { readonly first: number; readonly max: number };
}

export const FAIR_USE: FairUse = {
  pollMs: 5_000,
  snapshotMs: 60_000,
  settledMs: 60_000,
  leaguesMs: 3_600_000,
  refreshMs: 3_600_000,
};
const PER_SECOND_MAX = 4;
const TIMEOUT_MS = 10_000;
/** All of soccer is some 10 MB. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;
const BACK_OFF_MS = { first: 500, max: 30_000 };
/** After so many failures in a row everything is asked for anew. */
const FAILURES_MAX = 3;
/** The whole offer: the scope of an image. */
const ALL = '*';

export class PolledFeed implements Feed {
  readonly #options: PolledFeedOptions;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #rng: Rng;
  readonly #pacer: Pacer;
  #reading: PolledReading | null = null;

  constructor(options: PolledFeedOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#metrics = options.metrics ?? silentMetrics;
    this.#rng = makeRng(options.seed ?? 1, 'polled-feed');
    this.#pacer = new Pacer(options.clock, options.perSecondMax ?? PER_SECOND_MAX);
  }

  async *read(from: Cursor | null, stop: AbortSignal): AsyncGenerator<FeedItem[]> {
    const { bodyBytesMax = BODY_BYTES_MAX, book, clock, fairUse, login, source, timeoutMs = TIMEOUT_MS, url } = this.#options;
    const terms = { ...FAIR_USE, ...fairUse };
    const onUnsettled = (error: RequestError): void => this.#refused(error, 0);
    const options = { url, login, clock, timeoutMs, bodyBytesMax, source, book, fairUse: terms, pacer: this.#pacer, onUnsettled };
    const reading = new PolledReading(options, from, stop);
    this.#reading = reading;
    for (let failures = 0; !stop.aborted;) {
      let items: FeedItem[];
      try {
        items = await reading.round();
        failures = 0;
        this.#count('answered');
      } catch (error) {
        if (stop.aborted) return;
        if (!(error instanceof RequestError)) throw error;
        failures++;
        items = this.#failed(reading, error, failures);
        if (items.length > 0) yield items;
        await this.#pause(failures, error, stop);
        continue;
      }
      yield items;
    }
  }

  /** One fixture (a feed's event id) or everything (`*`), as it was told last: the supplier is not asked for it. */
  snapshot(scope: string): Promise<FeedItem[]> {
    const reading = this.#reading;
    if (!reading) return Promise.reject(new Error('the supplier has not answered yet'));
    if (scope === ALL) return Promise.resolve(reading.fixtures().flatMap((root) => reading.image(root)));
    const root = rootOfForeign(scope);
    return Promise.resolve(root === null ? [] : reading.image(root));
  }

  /** Says aloud what went wrong; gives a gap when it is time to begin anew. */
  #failed(reading: PolledReading, error: RequestError, failures: number): FeedItem[] {
    const { clock, source } = this.#options;
    this.#refused(error, failures);
    if (error.why !== 'lost' && failures % FAILURES_MAX !== 0) return [];
    reading.lose();
    this.#log.warn('feed.begins_anew', { source, failures });
    const now = clock.now();
    const { cursor } = reading;
    return [{ source, cursor, observedAt: now, receivedAt: now, kind: 'gap', from: cursor }];
  }

  #refused({ message, why }: RequestError, failures: number): void {
    this.#count(why);
    this.#log.warn('feed.refused', { source: this.#options.source, why, message, failures });
  }

  async #pause(failures: number, error: RequestError, stop: AbortSignal): Promise<void> {
    const { backOffMs: { first, max } = BACK_OFF_MS, clock } = this.#options;
    const backOffMs = Math.min(max, first * 2 ** Math.min(failures - 1, 20)) * (0.5 + this.#rng() / 2);
    await waitUntil(clock, clock.now() + Math.max(backOffMs, error.retryAfterMs), stop);
  }

  #count(outcome: string): void {
    this.#metrics.count('palpite_feed_polls_total', 1, { feed: this.#options.source, outcome });
  }
}
