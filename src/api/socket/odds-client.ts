// One socket of /ws/odds. It is given the newest of each market it lacks while the system takes what it was given before; one that takes
// nothing for too long is cut off by its route.
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { isEventId } from '#core/catalog/market.ts';
import { zOddsMessage } from '../contract.ts';
import { type Begun, type OddsRooms, OddsWatcher, type Watch } from './odds-watcher.ts';
import { POLICY, TalkLimit } from './talk-limit.ts';
import { textFrame } from './text-frame.ts';

/** Fixtures that one socket may watch. */
export const SUBSCRIPTIONS_MAX = 100;

export class OddsClient extends OddsWatcher {
  readonly #socket: WebSocket;
  readonly #wire: Socket;
  readonly #hub: OddsRooms;
  readonly #watches = new Map<string, Watch | null>();
  readonly #talk = new TalkLimit();

  /** `wire` is the connection below the socket: frames are written to it as they are, many readers sharing one buffer. */
  constructor(socket: WebSocket, wire: Socket, hub: OddsRooms) {
    super();
    this.#socket = socket;
    this.#wire = wire;
    this.#hub = hub;
  }

  listen(): void {
    this.#wire.on('drain', () => this.#hub.owe(this));
    this.#socket.on('message', (data, binary) => this.#onMessage(binary ? '' : String(data)));
    this.#socket.on('close', () => this.#onClose());
  }

  get hasRoom(): boolean {
    return !this.#wire.writableNeedDrain;
  }

  begin({ room }: Watch, begun: Begun): void {
    if (begun !== 'whole') this.#say({ type: begun, eventId: room.eventId, n: room.n });
  }

  protected give({ has, room }: Watch): number {
    if (this.#socket.readyState !== this.#socket.OPEN) return 0;
    const { count, frames } = room.tail(has);
    this.#wire.write(frames);
    return count;
  }

  protected together(gifts: () => void): void {
    this.#wire.cork();
    gifts();
    this.#wire.uncork();
  }

  #onMessage(text: string): void {
    if (!this.#talk.mayTalk()) return this.#socket.close(POLICY, 'too many messages');
    const message = zOddsMessage.safeParse(jsonOrNull(text));
    if (!message.success) return this.#complain('malformed', 'say {"type":"subscribe"|"unsubscribe"|"ping","eventId":"..."}');
    const { data } = message;
    if (data.type === 'ping') return this.#say({ type: 'pong' });
    if (!isEventId(data.eventId)) return this.#complain('not_found', 'no fixture has such an id');
    if (data.type === 'unsubscribe') return this.#unsubscribe(data.eventId);
    void this.#subscribe(data.eventId, data.after ?? null);
  }

  async #subscribe(eventId: string, after: number | null): Promise<void> {
    if (this.#watches.has(eventId)) return;
    if (this.#watches.size >= SUBSCRIPTIONS_MAX)
      return this.#complain('rate_limited', `at most ${SUBSCRIPTIONS_MAX} subscriptions`);
    this.#watches.set(eventId, null);
    try {
      const watch = await this.#hub.watch(eventId, this, after);
      // It may have left, or left and come again, while the prices were read.
      if (this.#watches.get(eventId) === null) this.#watches.set(eventId, watch);
      else this.#hub.leave(watch);
    } catch {
      this.#watches.delete(eventId);
      this.#complain('busy', 'the prices could not be read; subscribe again');
    }
  }

  #unsubscribe(eventId: string): void {
    const watch = this.#watches.get(eventId);
    this.#watches.delete(eventId);
    if (watch) this.#hub.leave(watch);
  }

  #complain(code: string, detail: string): void {
    this.#say({ type: 'error', code, detail });
  }

  #say(message: object): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#wire.write(textFrame(JSON.stringify(message)));
  }

  #onClose(): void {
    for (const watch of this.#watches.values()) if (watch) this.#hub.leave(watch);
    this.#watches.clear();
  }
}

export function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
