// One socket of /ws/live: the caller's own bets, orders and money with the public state, numbered by the journal, and the order books that it asks for.
// What it owns is read from the read models, which know tenants.
import type { WebSocket } from 'ws';
import type { Viewer } from '#ports/read-models.ts';
import { zLiveMessage } from '../contract.ts';
import type { ApiDeps } from '../deps.ts';
import type { LedgerPlace } from '../questions/question.ts';
import type { Peer } from '../socket/connections.ts';
import { jsonOrNull } from '../socket/odds-client.ts';
import { TRY_LATER } from '../socket/odds-socket.ts';
import { POLICY, TalkLimit } from '../socket/talk-limit.ts';
import { textFrame } from '../socket/text-frame.ts';
import { walletWire } from '../wire.ts';
import type { BookHub } from './book-hub.ts';
import { type BookOutlet, LiveBooks } from './live-books.ts';
import { liveFrame, newHolder } from './live-frames.ts';
import type { LiveEvent, LiveReader, LiveTail } from './live-hub.ts';
import { OwnOrders } from './own-orders.ts';

/** People and bots of one reader; those above are not shown. */
export const HOLDERS_MAX = 1_000;
/** The read models may be behind what this gateway has heard, or ahead of it: how often and how long they are waited for, ms. */
const WAIT_MS = { step: 100, max: 5_000 };
const HELP = 'say {"type":"subscribe"|"unsubscribe","channel":"book:..."} or {"type":"ping"}';

export interface LiveClientParts {
  /** The edge over the ledger that it listens to. */
  readonly deps: ApiDeps;
  readonly books: BookHub;
  readonly viewer: Viewer;
}

export class LiveClient implements LiveReader, BookOutlet {
  readonly ledger: LedgerPlace;
  readonly #socket: WebSocket;
  readonly #peer: Peer;
  readonly #deps: ApiDeps;
  readonly #hub: LiveTail;
  readonly #viewer: Viewer;
  readonly #books: LiveBooks;
  readonly #holders = new Set<string>();
  readonly #talk = new TalkLimit();
  #orders: OwnOrders | null = null;
  /** Null until it knows what it owns. */
  #has: number | null = null;

  constructor(socket: WebSocket, peer: Peer, { books, deps, viewer }: LiveClientParts) {
    this.#socket = socket;
    this.#peer = peer;
    this.#deps = deps;
    this.ledger = { ledgerId: deps.ledgerId, shard: deps.readModels.shard };
    this.#hub = deps.events.of(this.ledger);
    this.#viewer = viewer;
    this.#books = new LiveBooks(books, this);
    this.#holders.add(viewer.ownerId);
  }

  get hasRoom(): boolean {
    return !this.#peer.wire.writableNeedDrain;
  }

  async start(after: number | null): Promise<void> {
    this.#peer.wire.on('drain', () => {
      this.news();
      this.#books.serve();
    });
    this.#socket.on('message', (data, binary) => this.#onMessage(binary ? '' : String(data)));
    this.#socket.on('close', () => {
      this.#hub.leave(this);
      this.#books.close();
    });
    try {
      await this.#begin(after);
      this.#hub.join(this);
      if (this.#socket.readyState !== this.#socket.OPEN) this.#hub.leave(this);
      this.news();
    } catch {
      this.#socket.close(TRY_LATER, 'busy');
    }
  }

  news(): void {
    if (this.#has === null || !this.hasRoom) return;
    const events = this.#hub.after(this.#has);
    // Too slow, or the gateway itself has missed something: it comes back and gets a snapshot.
    if (events === null) return this.#socket.close(TRY_LATER, 'come back');
    this.#peer.wire.cork();
    this.#has = this.#tell(events);
    this.#peer.wire.uncork();
  }

  say(frame: object): void {
    this.write(textFrame(JSON.stringify(frame)));
  }

  write(frame: Buffer): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#peer.wire.write(frame);
  }

  /** Reads what it owns, and says whether it goes on or begins anew. */
  async #begin(after: number | null): Promise<void> {
    const { ledgerId, readModels } = this.#deps;
    const ledger = await readModels.ledger(ledgerId);
    if (!ledger) throw new Error(`${ledgerId} is not there yet`);
    const { items, seq } = await this.#wallets();
    for (const { holder } of items) this.#holders.add(holder);
    const orders = new OwnOrders(readModels, this.#viewer, ledger.currency);
    const known = await orders.load();
    const resumed = after !== null && this.#knows(after, seq) && (await this.#recall(orders, after, known));
    const n = resumed ? after : seq;
    if (resumed) this.say({ type: 'resumed', n });
    else this.say({ type: 'snapshot', n, wallets: items.map(walletWire), orders: orders.all() });
    this.#orders = orders;
    this.#has = n;
  }

  /**
   * Adds the orders that ended between the reader's number and `known`, how far the read models were: only what this gateway has heard says which
   * these are. False when they were too many.
   */
  async #recall(orders: OwnOrders, after: number, known: number): Promise<boolean> {
    for (let waited = 0; this.#hub.last < known && after < known; waited += WAIT_MS.step) {
      if (waited >= WAIT_MS.max) return false;
      await new Promise((done) => setTimeout(done, WAIT_MS.step));
    }
    const events = this.#hub.after(after);
    return events !== null && orders.recall(events);
  }

  /** Gives the last seq that it has now: of the last event there was room for, or of all that was heard. */
  #tell(events: readonly LiveEvent[]): number {
    const sees = (holder: string): boolean => this.#holders.has(holder);
    for (const event of events) {
      this.#meet(event.event);
      const frame = liveFrame(event, sees, this.#orders?.changed(event, sees));
      if (frame) this.say(frame);
      if (!this.hasRoom) return event.n;
    }
    return Math.max(this.#hub.last, this.#has ?? 0);
  }

  /** True when everything after this seq is here or still to come; `seq` is how far the read models are. */
  #knows(after: number, seq: number): boolean {
    const { last } = this.#hub;
    return after < last ? this.#hub.after(after) !== null : after >= seq && after <= Math.max(seq, last);
  }

  /** What it owns and what is on it; not older than what this gateway can still tell. */
  async #wallets(): ReturnType<ApiDeps['readModels']['wallets']> {
    for (let waited = 0; ; waited += WAIT_MS.step) {
      const page = await this.#deps.readModels.wallets(this.#viewer, undefined, { limit: HOLDERS_MAX, after: null });
      if (this.#hub.after(page.seq) !== null) return page;
      if (waited >= WAIT_MS.max) throw new Error('the read models are too far behind');
      await new Promise((done) => setTimeout(done, WAIT_MS.step));
    }
  }

  #meet(event: Parameters<typeof newHolder>[0]): void {
    const born = newHolder(event);
    const { ownerId, tenantId, wholeTenant } = this.#viewer;
    if (born?.tenantId !== tenantId || !(wholeTenant || born.ownerId === ownerId)) return;
    if (this.#holders.size < HOLDERS_MAX) this.#holders.add(born.holder);
  }

  #onMessage(text: string): void {
    if (!this.#talk.mayTalk()) return this.#socket.close(POLICY, 'too many messages');
    const message = zLiveMessage.safeParse(jsonOrNull(text));
    if (!message.success) return this.say({ type: 'error', code: 'malformed', detail: HELP });
    const { data } = message;
    if (data.type === 'ping') return this.say({ type: 'pong' });
    const marketId = data.channel.slice('book:'.length);
    if (data.type === 'unsubscribe') return this.#books.unsubscribe(marketId);
    const { after: n, room } = data;
    void this.#books.subscribe({ marketId, has: n === undefined || room === undefined ? null : { room, n } });
  }
}
