// The order books that one socket of /ws/live watches: what it asks for, and what it is given.
import type { LedgerPlace } from '../questions/question.ts';
import type { BookHub, BookReader, BookWatch } from './book-hub.ts';
import { channelOf } from './book-room.ts';

/** Books that one socket may watch. */
export const BOOKS_PER_SOCKET = 20;

export interface BookWish {
  readonly marketId: string;
  /** Room and number of the last frame that the reader has. */
  readonly has: { readonly room: string; readonly n: number } | null;
}

/** What the books need of the socket. */
export interface BookOutlet {
  /** Whose markets it watches. */
  readonly ledger: LedgerPlace;
  readonly hasRoom: boolean;
  write(frame: Buffer): void;
  say(frame: object): void;
}

export class LiveBooks implements BookReader {
  readonly #hub: BookHub;
  readonly #outlet: BookOutlet;
  readonly #watches = new Map<string, BookWatch | null>();

  constructor(hub: BookHub, outlet: BookOutlet) {
    this.#hub = hub;
    this.#outlet = outlet;
  }

  get hasRoom(): boolean {
    return this.#outlet.hasRoom;
  }

  give(frame: Buffer): void {
    this.#outlet.write(frame);
  }

  ended(watch: BookWatch): void {
    const { marketId } = watch.room;
    this.#watches.delete(marketId);
    this.#complain(marketId, 'not_found', 'the market has no exchange any longer');
  }

  async subscribe({ has, marketId }: BookWish): Promise<void> {
    if (this.#watches.has(marketId)) return;
    if (this.#watches.size >= BOOKS_PER_SOCKET)
      return this.#complain(marketId, 'rate_limited', `at most ${BOOKS_PER_SOCKET} books`);
    this.#watches.set(marketId, null);
    const watch = await this.#hub.watch({ ...this.#outlet.ledger, marketId }, this, has);
    // It may have left, or left and come again, while the book was read.
    const isWanted = this.#watches.get(marketId) === null;
    if (typeof watch === 'string') return isWanted ? this.#refuse(marketId, watch) : undefined;
    if (!isWanted) return this.#hub.leave(watch);
    this.#watches.set(marketId, watch);
    const { has: n, room } = watch;
    if (n !== null) this.#outlet.say({ type: 'resumed', channel: channelOf(marketId), room: room.id, n });
    this.#hub.serve(watch);
  }

  unsubscribe(marketId: string): void {
    const watch = this.#watches.get(marketId);
    this.#watches.delete(marketId);
    if (watch) this.#hub.leave(watch);
  }

  /** There is room again. */
  serve(): void {
    for (const watch of this.#watches.values()) if (watch) this.#hub.serve(watch);
  }

  close(): void {
    for (const marketId of this.#watches.keys()) this.unsubscribe(marketId);
  }

  #refuse(marketId: string, code: 'not_found' | 'busy'): void {
    this.#watches.delete(marketId);
    this.#complain(marketId, code, code === 'busy' ? 'subscribe again' : 'no such market has an exchange');
  }

  #complain(marketId: string, code: string, detail: string): void {
    this.#outlet.say({ type: 'error', channel: channelOf(marketId), code, detail });
  }
}
