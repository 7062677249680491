// One connection of the exchange stream protocol, without its socket: what is said when, and what an answer means. The order is fixed:
// connection -> authentication -> subscription -> changes. Anything out of order ends the connection.
import type { MarketBook } from '#core/exchange-simulation/stream/market-book.ts';
import type { MarketCache } from '#core/exchange-simulation/stream/market-cache.ts';
import { type ChangeMessage, readStreamMessage, type StatusMessage } from '#core/exchange-simulation/stream/wire.ts';

export interface Credentials {
  readonly appKey: string;
  readonly session: string;
}

/** What is subscribed to: a market filter of the protocol, as data. */
export interface Subscription {
  readonly marketFilter: Readonly<Record<string, unknown>>;
  /** Kinds of prices; the more, the more bytes. */
  readonly fields?: readonly string[];
  readonly ladderLevels?: number;
  readonly heartbeatMs?: number;
  readonly conflateMs?: number;
}

/** What a line has led to. `wholeTo` is up to when everything has been said: what is being conflated may be older than the message. */
export type Step =
  | { readonly kind: 'wait' }
  | { readonly kind: 'send'; readonly line: string }
  | {
      readonly kind: 'changed';
      readonly markets: readonly MarketBook[];
      readonly image: boolean;
      readonly pt: number;
      readonly wholeTo: number;
    }
  /** Nothing has changed, all prices still hold. */
  | { readonly kind: 'alive'; readonly pt: number; readonly wholeTo: number }
  /** What is sent is late: no price is confirmed. */
  | { readonly kind: 'late' }
  /** The connection is of no use any more; `forget` when the tokens and the markets are not either. */
  | { readonly kind: 'end'; readonly why: string; readonly forget: boolean };

const AUTHENTICATION_ID = 1;
const SUBSCRIPTION_ID = 2;
const FIELDS = ['EX_BEST_OFFERS', 'EX_LTP', 'EX_MARKET_DEF'];
/** What the protocol allows. */
const HEARTBEAT_MS = { default: 5_000, min: 500, max: 5_000 };
/** What the exchange may confirm instead of what was asked for. */
const HEARTBEAT_CONFIRMED_MS_MAX = 30_000;
const CONFLATE_MS_MAX = 120_000;
/** With a delayed key it is minutes, whatever was asked for. */
const CONFLATE_TOLD_MS_MAX = 3_600_000;

export class StreamSession {
  readonly #credentials: Credentials;
  readonly #subscription: Subscription;
  readonly #cache: MarketCache;
  #state: 'connecting' | 'authenticating' | 'subscribing' | 'streaming' = 'connecting';
  #resumed = false;
  #heartbeatMs: number;
  #conflateMs = 0;

  constructor({
    cache,
    credentials,
    subscription,
  }: {
    cache: MarketCache;
    credentials: Credentials;
    subscription: Subscription;
  }) {
    this.#cache = cache;
    this.#credentials = credentials;
    this.#subscription = subscription;
    this.#heartbeatMs = clamp(subscription.heartbeatMs ?? HEARTBEAT_MS.default, HEARTBEAT_MS.min, HEARTBEAT_MS.max);
    cache.connected();
  }

  /** The longest time that the stream says nothing, as it has confirmed it. */
  get heartbeatMs(): number {
    return this.#heartbeatMs;
  }

  hear(line: string): Step {
    const message = readStreamMessage(line);
    switch (message.op) {
      case 'malformed':
        return end(`a line ${message.fault}`, true);
      case 'connection':
        return this.#state === 'connecting' ? this.#authenticate() : end('a second greeting');
      case 'status':
        return this.#status(message);
      case 'mcm':
        return this.#change(message);
      default:
        return { kind: 'wait' };
    }
  }

  #authenticate(): Step {
    this.#state = 'authenticating';
    return send({ op: 'authentication', id: AUTHENTICATION_ID, ...this.#credentials });
  }

  #status({ connectionClosed, errorCode, id, statusCode }: StatusMessage): Step {
    if (statusCode === 'FAILURE' || connectionClosed === true) {
      // The tokens are too old: only an image helps.
      return end(errorCode ?? 'the connection was closed', errorCode === 'INVALID_CLOCK');
    }
    if (this.#state === 'authenticating' && id === AUTHENTICATION_ID) return this.#subscribe();
    if (this.#state === 'subscribing' && id === SUBSCRIPTION_ID) {
      this.#state = 'streaming';
      return { kind: 'wait' };
    }
    return end('an answer that nothing asked for');
  }

  #subscribe(): Step {
    this.#state = 'subscribing';
    const { resume } = this.#cache;
    this.#resumed = resume !== null;
    const { conflateMs, fields, ladderLevels, marketFilter } = this.#subscription;
    return send({
      op: 'marketSubscription',
      id: SUBSCRIPTION_ID,
      marketFilter,
      marketDataFilter: { fields: fields ?? FIELDS, ...(ladderLevels === undefined ? {} : { ladderLevels }) },
      heartbeatMs: this.#heartbeatMs,
      conflateMs: clamp(conflateMs ?? 0, 0, CONFLATE_MS_MAX),
      segmentationEnabled: true,
      ...resume,
    });
  }

  #change(message: ChangeMessage): Step {
    // A subscription replaces the one before it, whose last changes may still be on their way.
    if (message.id !== undefined && message.id !== SUBSCRIPTION_ID) return { kind: 'wait' };
    if (this.#state !== 'streaming' && this.#state !== 'subscribing') return end('changes before the subscription', true);
    if (message.ct === 'RESUB_DELTA' && !this.#resumed) return end('a continuation that was not asked for', true);
    if (typeof message.heartbeatMs === 'number')
      this.#heartbeatMs = clamp(message.heartbeatMs, HEARTBEAT_MS.min, HEARTBEAT_CONFIRMED_MS_MAX);
    if (typeof message.conflateMs === 'number') this.#conflateMs = clamp(message.conflateMs, 0, CONFLATE_TOLD_MS_MAX);
    const applied = this.#cache.apply(message);
    if (applied.kind === 'hole') return end(applied.why, true);
    if (applied.kind === 'partial') return { kind: 'wait' };
    const { image, markets } = applied;
    const { pt = 0 } = message;
    const wholeTo = pt - this.#conflateMs;
    if (markets.length > 0 || image) return { kind: 'changed', markets, image, pt, wholeTo };
    return this.#cache.late || pt === 0 ? { kind: 'late' } : { kind: 'alive', pt, wholeTo };
  }
}

function send(message: object): Step {
  return { kind: 'send', line: `${JSON.stringify(message)}\r\n` };
}

function end(why: string, forget = false): Step {
  return { kind: 'end', why, forget };
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, Math.round(value)));
}
