// The exchange stream as a Feed: TLS, one JSON message a line. It reconnects with growing pauses and goes on where it was with the stream's two
// tokens while it still holds the markets; whatever cannot be followed becomes a `gap`, after which a whole image comes.
import { connect, type TLSSocket } from 'node:tls';
import { makeRng, type Rng } from '#core/base/rng.ts';
import { MarketCache } from '#core/exchange-simulation/stream/market-cache.ts';
import type { Clock } from '#ports/clock.ts';
import type { Cursor, Feed, FeedItem } from '#ports/feed.ts';
import { type Log, silentLog } from '#ports/log.ts';
import { type Metrics, silentMetrics } from '#ports/metrics.ts';
import { pause } from '../pause.ts';
import { Inbox } from '../supplier/inbox.ts';
import { cardOf } from './book-quotes.ts';
import { LineSplitter } from './line-splitter.ts';
import { type Credentials, type Step, StreamSession, type Subscription } from './session.ts';
import { StreamItems } from './stream-items.ts';

export interface ExchangeStreamOptions {
  readonly host: string;
  readonly port: number;
  /** Asked again at each connection: sessions end and are renewed. */
  readonly credentials: () => Credentials | Promise<Credentials>;
  readonly subscription: Subscription;
  /** Name of this feed in items, aliases and cursors. */
  readonly source: string;
  readonly clock: Clock;
  readonly log?: Log;
  readonly metrics?: Metrics;
  /** For the jitter of reconnection pauses. */
  readonly seed?: number;
  readonly backOffMs?: { readonly first: number; readonly max: number };
  /** Certificates to trust instead of the machine's, PEM. */
  readonly ca?: string;
  readonly lineCharsMax?: number;
}

const BACK_OFF_MS = { first: 500, max: 30_000 };
/** Heartbeats that may be missed before the connection is given up, and what the network may add, ms. */
const HEARTBEATS_MISSED = 2;
const GRACE_MS = 1_000;
/** An image of a thousand markets is a few MB. */
const LINE_CHARS_MAX = 64 * 1024 * 1024;
const EVERYTHING = '*';

interface Reading {
  readonly cache: MarketCache;
  readonly told: StreamItems;
  readonly inbox: Inbox;
  readonly signal: AbortSignal;
  opened(socket: TLSSocket): void;
}

export class ExchangeStreamFeed implements Feed {
  readonly #options: ExchangeStreamOptions;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #rng: Rng;
  #reading: Reading | null = null;
  /** Messages that confirmed prices, and up to when the last of them did. */
  #confirmations = 0;
  #confirmedAt = Number.NaN;

  constructor(options: ExchangeStreamOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#metrics = options.metrics ?? silentMetrics;
    const { clock, source } = options;
    this.#metrics.gauge('palpite_feed_age_seconds', () => (clock.now() - this.#confirmedAt) / 1_000, { feed: source });
    this.#rng = makeRng(options.seed ?? 1, 'exchange-stream');
  }

  /** A cursor from before cannot be gone on from: its markets are not here any more, so reading begins with an image. */
  async *read(from: Cursor | null, stop: AbortSignal): AsyncGenerator<FeedItem[]> {
    let socket: TLSSocket | null = null;
    const inbox = new Inbox((full) => (full ? socket?.pause() : socket?.resume()));
    const ended = new AbortController();
    const signal = AbortSignal.any([stop, ended.signal]);
    const end = (): void => {
      socket?.destroy();
      inbox.end();
    };
    signal.addEventListener('abort', end);
    const told = new StreamItems(this.#options, from);
    const reading = { cache: new MarketCache(), told, inbox, signal, opened: (s: TLSSocket) => (socket = s) };
    this.#reading = reading;
    const running = this.#keepConnected(reading);
    try {
      if (signal.aborted) end();
      for (let items = await inbox.take(); items && !signal.aborted; items = await inbox.take()) yield items;
    } finally {
      ended.abort();
      await running;
    }
  }

  /** One event (a feed's event id) or everything (`*`) as it was told last: another connection would count places of its own. */
  snapshot(scope: string): Promise<FeedItem[]> {
    const reading = this.#reading;
    if (!reading?.cache.resume) return Promise.reject(new Error('the exchange stream has sent no image yet'));
    const markets = [...reading.cache.markets];
    return Promise.resolve(
      reading.told.image(scope === EVERYTHING ? markets : markets.filter((book) => cardOf(book)?.eventId === scope)),
    );
  }

  async #keepConnected(reading: Reading): Promise<void> {
    const { backOffMs = BACK_OFF_MS, clock, source } = this.#options;
    for (let failures = 0; !reading.signal.aborted; failures++) {
      const before = this.#confirmations;
      const why = await this.#connection(reading).catch((error: unknown) => String(error));
      if (reading.signal.aborted) return;
      if (this.#confirmations !== before) failures = 0;
      this.#count('broken');
      const pauseMs = Math.min(backOffMs.max, backOffMs.first * 2 ** Math.min(failures, 20)) * (0.5 + this.#rng() / 2);
      this.#log.warn('feed.disconnected', { source, why, pauseMs: Math.round(pauseMs) });
      await pause(clock, pauseMs, reading.signal);
    }
  }

  /** One connection from open to close; resolves with why it ended. */
  async #connection(reading: Reading): Promise<string> {
    const { ca, clock, host, port, subscription } = this.#options;
    const credentials = await this.#options.credentials();
    if (reading.signal.aborted) return 'stopped';
    const { cache } = reading;
    const session = new StreamSession({ cache, credentials, subscription });
    const socket = connect({ host, port, servername: host, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) });
    reading.opened(socket);
    const { promise, resolve } = Promise.withResolvers<string>();
    let why = 'closed by the exchange';
    const give = (reason: string): void => {
      why = reason;
      socket.destroy();
    };
    const watch = new SilenceWatch(clock, () => session.heartbeatMs * HEARTBEATS_MISSED + GRACE_MS, {
      paused: () => socket.isPaused(),
      silent: () => give('silence'),
    });
    const splitter = new LineSplitter(this.#options.lineCharsMax ?? LINE_CHARS_MAX);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      watch.heard();
      const lines = splitter.push(text);
      for (const line of lines ?? []) {
        if (socket.destroyed) return;
        try {
          this.#act(session.hear(line), { socket, reading, give });
        } catch (error) {
          // A fault of ours: what the line said is half taken in.
          this.#log.error('feed.failed', { source: this.#options.source, error: String(error) });
          cache.clear();
          give('a line that could not be worked on');
        }
      }
      if (lines === null) {
        cache.clear();
        give('a line that is too long');
      }
    });
    socket.on('error', (error) => (why = String(error)));
    socket.on('close', () => {
      watch.stop();
      resolve(why);
    });
    return promise;
  }

  #act(step: Step, { give, reading, socket }: { socket: TLSSocket; reading: Reading; give: (why: string) => void }): void {
    const { cache, inbox, told } = reading;
    if (step.kind === 'send') socket.write(step.line);
    else if (step.kind === 'end') {
      if (step.forget) cache.clear();
      give(step.why);
    } else if (step.kind !== 'wait') this.#heard(step, cache.late);
    inbox.put(told.tell(step, cache.late));
  }

  #heard(step: Step, late: boolean): void {
    if (step.kind === 'changed' && step.image) this.#count('image');
    if (late) this.#count('late');
    else if (step.kind === 'changed' || step.kind === 'alive') {
      this.#confirmations++;
      this.#confirmedAt = step.wholeTo;
    }
  }

  #count(outcome: 'image' | 'late' | 'broken'): void {
    this.#metrics.count('palpite_feed_streams_total', 1, { feed: this.#options.source, outcome });
  }
}

/** Calls when nothing has been heard for too long; a socket that is held back on purpose is not silent. */
class SilenceWatch {
  readonly #clock: Clock;
  readonly #limitMs: () => number;
  readonly #calls: { paused(): boolean; silent(): void };
  #heardAt: number;
  #cancel: () => void = () => {};

  constructor(clock: Clock, limitMs: () => number, calls: { paused(): boolean; silent(): void }) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#calls = calls;
    this.#heardAt = clock.now();
    this.#look();
  }

  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  stop(): void {
    this.#cancel();
  }

  #look(): void {
    if (this.#calls.paused()) this.#heardAt = this.#clock.now();
    if (this.#clock.now() - this.#heardAt > this.#limitMs()) this.#calls.silent();
    else this.#cancel = this.#clock.schedule(this.#clock.now() + this.#limitMs() / 4, () => this.#look());
  }
}
