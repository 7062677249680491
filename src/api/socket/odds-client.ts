// One socket of /ws/odds. What a slow reader has not taken is replaced by the newest quote of each market, so its memory is bounded;
// one that takes nothing for too long is closed.
import type { WebSocket } from 'ws';
import { isEventId } from '#core/catalog/market.ts';
import { zOddsMessage } from '../contract.ts';
import type { OddsHub, Watcher } from './odds-hub.ts';

export interface ClientLimits {
  readonly subscriptions: number;
  /** Bytes given to the system and not yet taken, from which on quotes are conflated. */
  readonly bufferedBytes: number;
  /** How long a reader may take nothing, ms. */
  readonly stalledMs: number;
  /** Messages of a client per second, on average over ten. */
  readonly messagesPerSecond: number;
}

export const CLIENT_LIMITS: ClientLimits = {
  subscriptions: 100,
  bufferedBytes: 65_536,
  stalledMs: 10_000,
  messagesPerSecond: 20,
};

/** WebSocket close codes (RFC 6455). */
export const POLICY = 1008;
export const TRY_LATER = 1013;

export type FrameOutcome = 'sent' | 'conflated';

export class OddsClient implements Watcher {
  readonly #socket: WebSocket;
  readonly #hub: OddsHub;
  readonly #limits: ClientLimits;
  readonly #counted: (outcome: FrameOutcome) => void;
  readonly #events = new Set<string>();
  /** Newest frame per market and book that waits for room. */
  readonly #pending = new Map<string, string>();
  #takenAt: number;
  #inFlight = 0;
  #tokens: number;
  #tokensAt: number;

  constructor(socket: WebSocket, hub: OddsHub, options: { limits: ClientLimits; counted: (outcome: FrameOutcome) => void }) {
    this.#socket = socket;
    this.#hub = hub;
    this.#limits = options.limits;
    this.#counted = options.counted;
    this.#takenAt = performance.now();
    this.#tokens = options.limits.messagesPerSecond * 10;
    this.#tokensAt = this.#takenAt;
    socket.on('message', (data, binary) => this.#onMessage(binary ? '' : String(data)));
    socket.on('close', () => this.#onClose());
  }

  get pending(): number {
    return this.#pending.size;
  }

  quote(key: string, frame: string): void {
    if (this.#hasRoom()) return this.#send(frame);
    // A market that waits keeps its place: a busy one must not starve for being busy.
    if (this.#pending.has(key)) this.#counted('conflated');
    this.#pending.set(key, frame);
  }

  /** True when this reader has taken nothing for too long. */
  isStalled(now: number): boolean {
    return this.#inFlight > 0 && now - this.#takenAt > this.#limits.stalledMs;
  }

  #hasRoom(): boolean {
    return this.#socket.bufferedAmount < this.#limits.bufferedBytes && this.#pending.size === 0;
  }

  #send(frame: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#inFlight++ === 0) this.#takenAt = performance.now();
    this.#counted('sent');
    this.#socket.send(frame, () => this.#onTaken());
  }

  #onTaken(): void {
    this.#inFlight--;
    this.#takenAt = performance.now();
    for (const [key, frame] of this.#pending) {
      if (this.#socket.bufferedAmount >= this.#limits.bufferedBytes) return;
      this.#pending.delete(key);
      this.#send(frame);
    }
  }

  #onMessage(text: string): void {
    if (!this.#mayTalk()) return this.#socket.close(POLICY, 'too many messages');
    const message = zOddsMessage.safeParse(jsonOrNull(text));
    if (!message.success) return this.#complain('malformed', 'say {"type":"subscribe"|"unsubscribe"|"ping","eventId":"..."}');
    const { eventId, type } = message.data;
    if (type === 'ping') return this.#send('{"type":"pong"}');
    if (!isEventId(eventId)) return this.#complain('not_found', 'no fixture has such an id');
    if (type === 'unsubscribe') return this.#unsubscribe(eventId);
    void this.#subscribe(eventId);
  }

  async #subscribe(eventId: string): Promise<void> {
    if (this.#events.has(eventId)) return;
    if (this.#events.size >= this.#limits.subscriptions)
      return this.#complain('rate_limited', `at most ${this.#limits.subscriptions} subscriptions`);
    this.#events.add(eventId);
    try {
      await this.#hub.watch(eventId, this);
    } catch {
      this.#unsubscribe(eventId);
      this.#complain('busy', 'the prices could not be read; subscribe again');
    }
  }

  #unsubscribe(eventId: string): void {
    if (!this.#events.delete(eventId)) return;
    this.#hub.leave(eventId, this);
    for (const key of this.#pending.keys()) if (key.startsWith(`${eventId}/`)) this.#pending.delete(key);
  }

  #complain(code: string, detail: string): void {
    this.#send(JSON.stringify({ type: 'error', code, detail }));
  }

  #onClose(): void {
    for (const eventId of this.#events) this.#hub.leave(eventId, this);
    this.#events.clear();
    this.#pending.clear();
  }

  /** A token bucket of ten seconds' worth. */
  #mayTalk(): boolean {
    const now = performance.now();
    const { messagesPerSecond } = this.#limits;
    this.#tokens = Math.min(messagesPerSecond * 10, this.#tokens + ((now - this.#tokensAt) / 1000) * messagesPerSecond);
    this.#tokensAt = now;
    return --this.#tokens >= 0;
  }
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
