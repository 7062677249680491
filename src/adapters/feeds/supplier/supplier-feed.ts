// The supplier's stream as a Feed. It reconnects with growing pauses, resumes from the last cursor, and never passes over a hole: a jump in
// the sequence becomes a `gap` item and nothing but a whole image follows it.
import { WebSocket } from 'ws';
import { makeRng, type Rng } from '#core/base/rng.ts';
import type { Clock } from '#ports/clock.ts';
import type { Cursor, Feed, FeedItem } from '#ports/feed.ts';
import { type Log, silentLog } from '#ports/log.ts';
import { pause } from '../pause.ts';
import { FOREIGN_PREFIX, itemsOf, parseFrame } from './decode-frame.ts';
import { Inbox } from './inbox.ts';
import { ALL, type ClientFrame, type ServerFrame } from './wire.ts';

export interface SupplierFeedOptions {
  /** Asked again at each connection: a supplier that started anew may be elsewhere. */
  readonly url: () => string | Promise<string>;
  /** Name of this feed in items, aliases and cursors. */
  readonly source: string;
  readonly clock: Clock;
  readonly log?: Log;
  /** For the jitter of reconnection pauses. */
  readonly seed?: number;
  /** Silence longer than this ends the connection, ms. */
  readonly silenceMs?: number;
  readonly backOffMs?: { readonly first: number; readonly max: number };
}

const SILENCE_MS = 7_000;
const BACK_OFF_MS = { first: 250, max: 15_000 };
const SNAPSHOT_MS_MAX = 10_000;
/** An image of everything is a few MB at most. */
const FRAME_BYTES_MAX = 64 * 1024 * 1024;
/** Results this much before the last thing heard are told again, ms. */
const RESULTS_OVERLAP_MS = 60_000;

type Stamped = Extract<ServerFrame, { ep: number; sq: number }>;

export class SupplierFeed implements Feed {
  readonly #options: SupplierFeedOptions;
  readonly #log: Log;
  readonly #rng: Rng;

  constructor(options: SupplierFeedOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#rng = makeRng(options.seed ?? 1, 'supplier-feed');
  }

  async *read(from: Cursor | null, stop: AbortSignal): AsyncGenerator<FeedItem[]> {
    let socket: WebSocket | null = null;
    const inbox = new Inbox((full) => (full ? socket?.pause() : socket?.resume()));
    const ended = new AbortController();
    const signal = AbortSignal.any([stop, ended.signal]);
    const end = (): void => {
      socket?.terminate();
      inbox.end();
    };
    signal.addEventListener('abort', end);
    const running = this.#keepConnected({ from, inbox, signal, opened: (s) => (socket = s) });
    try {
      if (signal.aborted) end();
      for (let items = await inbox.take(); items && !signal.aborted; items = await inbox.take()) yield items;
    } finally {
      ended.abort();
      await running;
    }
  }

  /** A fresh image of one fixture (a feed's event id) or of everything (`*`), over a connection of its own. */
  async snapshot(scope: string): Promise<FeedItem[]> {
    const { clock, source, url } = this.#options;
    const foreign = scope === ALL ? ALL : scope.slice(FOREIGN_PREFIX.length);
    const socket = new WebSocket(await url(), { maxPayload: FRAME_BYTES_MAX });
    const { promise, reject, resolve } = Promise.withResolvers<FeedItem[]>();
    const cancel = clock.schedule(clock.now() + SNAPSHOT_MS_MAX, () => reject(new Error('the supplier sent no image in time')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the supplier closed the connection')));
    socket.on('open', () => socket.send(JSON.stringify({ op: 'image', scope: foreign } satisfies ClientFrame)));
    socket.on('message', (data) => {
      const frame = parseFrame(String(data));
      if (frame?.t !== 'img') return;
      const items = itemsOf(frame, { source, cursor: cursorOf(frame), receivedAt: clock.now(), whole: true });
      if (items) resolve(items);
      else reject(new Error('the supplier sent a malformed image'));
    });
    try {
      return await promise;
    } finally {
      cancel();
      socket.terminate();
    }
  }

  async #keepConnected(reading: {
    from: Cursor | null;
    inbox: Inbox;
    signal: AbortSignal;
    opened: (socket: WebSocket) => void;
  }): Promise<void> {
    const { first, max } = this.#options.backOffMs ?? BACK_OFF_MS;
    const place = { cursor: reading.from };
    for (let failures = 0; !reading.signal.aborted; failures++) {
      const before = place.cursor;
      // An address that is not known yet is like a supplier that does not answer.
      const why = await this.#connection(place, reading).catch((error: unknown) => String(error));
      if (reading.signal.aborted) return;
      if (place.cursor !== before) failures = 0;
      const pauseMs = Math.min(max, first * 2 ** Math.min(failures, 20)) * (0.5 + this.#rng() / 2);
      this.#log.warn('feed.disconnected', { source: this.#options.source, why, pauseMs: Math.round(pauseMs) });
      await pause(this.#options.clock, pauseMs, reading.signal);
    }
  }

  /** One connection from open to close; resolves with why it ended. */
  async #connection(
    place: { cursor: Cursor | null },
    reading: { inbox: Inbox; signal: AbortSignal; opened: (socket: WebSocket) => void },
  ): Promise<string> {
    const { clock, url } = this.#options;
    const silenceMs = this.#options.silenceMs ?? SILENCE_MS;
    const socket = new WebSocket(await url(), { maxPayload: FRAME_BYTES_MAX, handshakeTimeout: silenceMs });
    reading.opened(socket);
    const { promise, resolve } = Promise.withResolvers<string>();
    let why = 'closed by the supplier';
    let heardAt = clock.now();
    let cancel = (): void => {};
    const watch = (): void => {
      if (clock.now() - heardAt > silenceMs && !socket.isPaused) {
        why = 'silence';
        socket.terminate();
      } else cancel = clock.schedule(clock.now() + silenceMs / 4, watch);
    };
    watch();
    const listener = new FrameListener({ source: this.#options.source, clock, place, inbox: reading.inbox, log: this.#log });
    socket.on('open', () => socket.send(JSON.stringify(subscriptionOf(place.cursor))));
    socket.on('message', (data) => {
      heardAt = clock.now();
      const ask = listener.hear(String(data));
      if (ask) socket.send(JSON.stringify(ask));
    });
    socket.on('error', (error) => (why = String(error)));
    socket.on('close', () => {
      cancel();
      resolve(why);
    });
    return promise;
  }
}

interface Listening {
  readonly source: string;
  readonly clock: Clock;
  readonly place: { cursor: Cursor | null };
  readonly inbox: Inbox;
  readonly log: Log;
}

/** Follows the sequence of one connection. */
class FrameListener {
  readonly #listening: Listening;
  #waitsForImage: boolean;

  constructor(listening: Listening) {
    this.#listening = listening;
    this.#waitsForImage = listening.place.cursor === null;
  }

  /** Takes a frame; gives back what has to be asked because of it. */
  hear(text: string): ClientFrame | null {
    const frame = parseFrame(text);
    if (!frame) return this.#gap('malformed');
    switch (frame.t) {
      case 'img':
        return this.#image(frame);
      case 'upd':
        return this.#update(frame);
      case 'hb':
        return this.#beat(frame);
      case 'gap':
        this.#gap('cannot resume'); // the image comes unasked
        return null;
      default:
        return null;
    }
  }

  #image(frame: ServerFrame & { t: 'img' }): ClientFrame | null {
    if (frame.scope !== ALL) return null;
    if (!this.#deliver(frame, true)) return null; // asked again after the next frame that shows the hole
    this.#waitsForImage = false;
    return null;
  }

  #update(frame: ServerFrame & { t: 'upd' }): ClientFrame | null {
    const { cursor } = this.#listening.place;
    if (this.#waitsForImage || !cursor) return null;
    if (frame.ep !== cursor.epoch || frame.sq > cursor.seq + 1) return this.#gap('hole in the sequence');
    if (frame.sq <= cursor.seq) return null; // said before
    return this.#deliver(frame, false) ? null : this.#gap('malformed');
  }

  #beat(frame: ServerFrame & { t: 'hb' }): ClientFrame | null {
    const { clock, inbox, place, source } = this.#listening;
    if (!place.cursor) return null;
    if (this.#waitsForImage) return { op: 'image', scope: ALL, since: sinceOf(place.cursor) };
    if (frame.ep !== place.cursor.epoch || frame.sq > place.cursor.seq) return this.#gap('missed the last updates');
    if (frame.sq < place.cursor.seq) return null;
    place.cursor = cursorOf(frame);
    inbox.put([{ source, cursor: place.cursor, observedAt: frame.ts, receivedAt: clock.now(), kind: 'alive' }]);
    return null;
  }

  #deliver(frame: ServerFrame & { t: 'img' | 'upd' }, whole: boolean): boolean {
    const { clock, inbox, place, source } = this.#listening;
    const cursor = cursorOf(frame);
    const items = itemsOf(frame, { source, cursor, receivedAt: clock.now(), whole });
    if (!items) return false;
    place.cursor = cursor;
    inbox.put(items);
    return true;
  }

  #gap(why: string): ClientFrame {
    const { clock, inbox, log, place, source } = this.#listening;
    const from = place.cursor ?? { epoch: 0, seq: 0 };
    log.warn('feed.gap', { source, why, epoch: from.epoch, seq: from.seq });
    if (!this.#waitsForImage) {
      const now = clock.now();
      inbox.put([{ source, cursor: from, observedAt: now, receivedAt: now, kind: 'gap', from }]);
    }
    this.#waitsForImage = true;
    return { op: 'image', scope: ALL, since: sinceOf(place.cursor) };
  }
}

/** The token is when the supplier said it: after a long absence results are asked for from there. */
function cursorOf(frame: Stamped & { ts: number }): Cursor {
  return { epoch: frame.ep, seq: frame.sq, token: String(frame.ts) };
}

function subscriptionOf(cursor: Cursor | null): ClientFrame {
  return cursor ? { op: 'sub', from: { ep: cursor.epoch, sq: cursor.seq }, since: sinceOf(cursor) } : { op: 'sub' };
}

function sinceOf(cursor: Cursor | null): number {
  return Math.max(0, Number(cursor?.token ?? 0) - RESULTS_OVERLAP_MS) || 0;
}
