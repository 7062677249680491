// Somebody who looks at prices all the time, on a socket and in the database, and remembers every price that went back.
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { WebSocket } from 'ws';
import type { Quote } from '#core/catalog/quote.ts';
import { scheduledEvents } from './bettors.ts';

const LOOK_MS = 250;
const EVENTS_WATCHED = 20;
/** Fixtures begin and end: the newest are watched from time to time, ms. */
const CHOOSE_MS = 3_000;

interface Seen {
  readonly quoteSeq: number;
  readonly sourceEpoch: number;
  readonly sourceVersion: number;
}

export class PriceWatch {
  /** What went back, in words. */
  readonly faults: string[] = [];
  frames = 0;
  rows = 0;
  readonly #url: string;
  readonly #pool: pg.Pool;
  readonly #shown = new Map<string, Seen>();
  readonly #stored = new Map<string, Seen>();
  readonly #subscribed = new Set<string>();
  #socket: WebSocket | null = null;
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(url: string, pool: pg.Pool) {
    this.#url = url;
    this.#pool = pool;
  }

  start(): this {
    this.#running = Promise.all([this.#lookAtTable(), this.#lookAtScreen()]);
    return this;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    this.#socket?.terminate();
  }

  async #lookAtTable(): Promise<void> {
    while (!this.#stopped) {
      const { rows } = await this.#pool.query<{ key: string; quote: Quote }>(
        `SELECT market_id || '|' || source AS key, quote FROM odds_current
         WHERE event_id IN (SELECT event_id FROM fixtures WHERE updated_at > now() - interval '5 minutes')`,
      );
      for (const { key, quote } of rows) this.#see('odds_current', this.#stored, { key, quote });
      this.rows += rows.length;
      await sleep(LOOK_MS);
    }
  }

  async #lookAtScreen(): Promise<void> {
    while (!this.#stopped) {
      if (this.#socket?.readyState !== WebSocket.OPEN) await this.#connect().catch(() => undefined);
      for (const eventId of await scheduledEvents(this.#url, EVENTS_WATCHED).catch(() => [])) {
        if (this.#subscribed.has(eventId) || this.#subscribed.size >= 100) continue;
        this.#subscribed.add(eventId);
        this.#socket?.send(JSON.stringify({ type: 'subscribe', eventId }));
      }
      for (const until = Date.now() + CHOOSE_MS; !this.#stopped && Date.now() < until;) await sleep(LOOK_MS);
    }
  }

  async #connect(): Promise<void> {
    const socket = new WebSocket(`${this.#url.replace('http', 'ws')}/ws/odds`);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.on('error', () => undefined);
    socket.on('message', (data) => this.#onFrame(String(data)));
    this.#socket = socket;
    this.#subscribed.clear();
  }

  #onFrame(text: string): void {
    const { payload } = JSON.parse(text) as { payload?: Quote };
    if (!payload) return;
    this.frames++;
    this.#see('the screen', this.#shown, { key: `${payload.marketId}|${payload.source}`, quote: payload });
  }

  #see(where: string, known: Map<string, Seen>, { key, quote }: { key: string; quote: Quote }): void {
    const before = known.get(key);
    const { quoteSeq, sourceEpoch, sourceVersion } = quote;
    known.set(key, { quoteSeq, sourceEpoch, sourceVersion });
    if (!before) return;
    const version = sourceEpoch - before.sourceEpoch || sourceVersion - before.sourceVersion;
    if (quoteSeq >= before.quoteSeq && version >= 0) return;
    const told = (of: Seen): string => `${of.quoteSeq} (${of.sourceEpoch}/${of.sourceVersion})`;
    this.faults.push(`on ${where} ${key} went from ${told(before)} to ${told(quote)}`);
  }
}
