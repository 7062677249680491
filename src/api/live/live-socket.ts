// The route /ws/live: an authenticated caller's own bets and money as they happen, with the state of markets and results. Who it is comes from its key alone;
// what it owns from the read models, which know tenants. A number is a seq of the journal.
import type { WebSocket } from 'ws';
import type { Viewer } from '#ports/read-models.ts';
import { keyOf, viewerOf } from '../authentication.ts';
import { zLiveMessage, zLiveQuery } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { walletWire } from '../wire.ts';
import type { Connections, Peer } from '../socket/connections.ts';
import { liveFrame, newHolder } from './live-frames.ts';
import type { LiveEvent, LiveHub, LiveReader } from './live-hub.ts';
import { accept, TRY_LATER } from '../socket/odds-socket.ts';
import { mustBeOwnPage } from '../socket/own-page.ts';
import { POLICY, TalkLimit } from '../socket/talk-limit.ts';
import { textFrame } from '../socket/text-frame.ts';

/** People and bots of one reader; those above are not shown. */
export const HOLDERS_MAX = 1_000;
/** How often a key is looked at again, ms: a revoked one ends its sockets. */
const RECHECK_MS = 30_000;
/** The read models may be behind what this gateway has heard: how often and how long they are waited for, ms. */
const WAIT_MS = { step: 100, max: 5_000 };

export function addLiveSocket(app: Api, deps: ApiDeps, connections: Connections): void {
  const options = {
    websocket: true as const,
    schema: { querystring: zLiveQuery, hide: true },
    config: { scope: 'read' as const },
    preValidation: mustBeOwnPage(deps),
  };
  app.get('/ws/live', options, (socket, request) => {
    const peer = accept(socket, request, { connections, deps });
    if (!peer) return;
    const key = keyOf(request) as string;
    const client = new LiveClient(socket, peer, { deps, viewer: viewerOf(request) });
    const checking = setInterval(() => {
      deps.identity.authenticate(key).then(
        (principal) => principal?.scopes.includes('read') || socket.close(POLICY, 'the key is no longer good'),
        () => undefined, // not known now; asked again
      );
    }, RECHECK_MS).unref();
    socket.on('close', () => clearInterval(checking));
    void client.start(request.query.after ?? null);
  });
}

class LiveClient implements LiveReader {
  readonly #socket: WebSocket;
  readonly #peer: Peer;
  readonly #deps: ApiDeps;
  readonly #hub: LiveHub;
  readonly #viewer: Viewer;
  readonly #holders = new Set<string>();
  readonly #talk = new TalkLimit();
  /** Null until it knows what it owns. */
  #has: number | null = null;

  constructor(socket: WebSocket, peer: Peer, of: { readonly deps: ApiDeps; readonly viewer: Viewer }) {
    this.#socket = socket;
    this.#peer = peer;
    this.#deps = of.deps;
    this.#hub = of.deps.events;
    this.#viewer = of.viewer;
    this.#holders.add(of.viewer.ownerId);
  }

  async start(after: number | null): Promise<void> {
    const { wire } = this.#peer;
    wire.on('drain', () => this.news());
    this.#socket.on('message', (data, binary) => this.#onMessage(binary ? '' : String(data)));
    this.#socket.on('close', () => this.#hub.leave(this));
    try {
      const { items, seq } = await this.#wallets();
      for (const { holder } of items) this.#holders.add(holder);
      const resumed = after !== null && this.#knows(after, seq);
      const n = resumed ? after : seq;
      this.#say(resumed ? { type: 'resumed', n } : { type: 'snapshot', n, wallets: items.map(walletWire) });
      this.#has = n;
      this.#hub.join(this);
      if (this.#socket.readyState !== this.#socket.OPEN) this.#hub.leave(this);
      this.news();
    } catch {
      this.#socket.close(TRY_LATER, 'busy');
    }
  }

  news(): void {
    if (this.#has === null || this.#peer.wire.writableNeedDrain) return;
    const events = this.#hub.after(this.#has);
    // Too slow, or the gateway itself has missed something: it comes back and gets a snapshot.
    if (events === null) return this.#socket.close(TRY_LATER, 'come back');
    this.#peer.wire.cork();
    this.#has = this.#tell(events);
    this.#peer.wire.uncork();
  }

  /** Gives the last seq that it has now: of the last event there was room for, or of all that was heard. */
  #tell(events: readonly LiveEvent[]): number {
    for (const { event, n } of events) {
      this.#meet(event);
      const frame = liveFrame(event, n, (holder) => this.#holders.has(holder));
      if (frame) this.#say(frame);
      if (this.#peer.wire.writableNeedDrain) return n;
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
    const message = zLiveMessage.safeParse(text);
    this.#say(message.success ? { type: 'pong' } : { type: 'error', code: 'malformed', detail: 'say {"type":"ping"}' });
  }

  #say(frame: object): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#peer.wire.write(textFrame(JSON.stringify(frame)));
  }
}
