// GET /v1/stream/odds: the same prices as /ws/odds for whoever cannot open a socket, as Server-Sent Events. The id of each event says what the reader has
// of each fixture, in the order of the query, so a browser that comes back by itself goes on where it was.
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isEventId } from '#core/catalog/market.ts';
import { STREAM_EVENTS_MAX, zStreamHeaders, zStreamQuery } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { refused } from '../problem.ts';
import type { Connections, Peer } from './connections.ts';
import { type Begun, type OddsRooms, OddsWatcher, type Watch } from './odds-watcher.ts';
import { mustBeOwnPage } from './own-page.ts';

const PLACES = /^\d{1,16}(?:,\d{1,16})*$/;
/** How long a browser waits before it comes back, ms. */
const RETRY_MS = 1_000;

export function addOddsStream(app: Api, deps: ApiDeps, connections: Connections): void {
  const schema = {
    tags: ['events'],
    summary: 'Prices as Server-Sent Events, for up to 20 fixtures',
    querystring: zStreamQuery,
    headers: zStreamHeaders,
    produces: ['text/event-stream'],
  };
  const preHandler = mustBeOwnPage(deps);
  app.get('/v1/stream/odds', { schema, preHandler }, async (request, reply) => {
    const eventIds = [...new Set([request.query.event].flat())];
    if (!eventIds.every(isEventId)) throw refused('not_found', { path: '/query/event' });
    if (eventIds.length > STREAM_EVENTS_MAX) throw refused('malformed', { path: '/query/event' });
    if (!connections.hasRoomFor(request.ip) || deps.draining()) throw refused('busy', { retryAfterMs: RETRY_MS });
    const stream = new OddsStream(open(request, reply), deps.odds, eventIds);
    stream.join(connections, request);
    await stream.start(placesOf(request.headers['last-event-id'], eventIds.length));
    return reply;
  });
}

/** From here on the answer is ours; the headers that were set so far go with it. */
function open(request: FastifyRequest, reply: FastifyReply): ServerResponse {
  reply.hijack();
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
  reply.raw.writeHead(200, headers);
  reply.raw.write(`retry: ${RETRY_MS}\n\n`);
  request.raw.socket.setNoDelay(true);
  return reply.raw;
}

/** What the reader has of each fixture; null when it has nothing, or says something that we did not. */
function placesOf(id: string | undefined, count: number): readonly number[] | null {
  if (id === undefined || !PLACES.test(id)) return null;
  const places = id.split(',').map(Number);
  return places.length === count && places.every(Number.isSafeInteger) ? places : null;
}

class OddsStream extends OddsWatcher {
  readonly #out: ServerResponse;
  readonly #hub: OddsRooms;
  readonly #eventIds: readonly string[];
  readonly #watches = new Map<string, Watch>();
  /** What the reader has of each fixture, in the order of the query. */
  readonly #places: number[];
  #open = true;

  constructor(out: ServerResponse, hub: OddsRooms, eventIds: readonly string[]) {
    super();
    this.#out = out;
    this.#hub = hub;
    this.#eventIds = eventIds;
    this.#places = eventIds.map(() => 0);
  }

  get hasRoom(): boolean {
    return this.#open && !this.#out.writableNeedDrain;
  }

  join(connections: Connections, request: FastifyRequest): void {
    const out = this.#out;
    const peer: Peer = {
      wire: request.raw.socket,
      address: request.ip,
      answers: false,
      beat: () => void out.write(': alive\n\n'),
      goodbye: () => void out.end(),
    };
    connections.add(peer);
    out.on('drain', () => this.#hub.owe(this));
    out.on('close', () => {
      connections.remove(peer);
      this.#close();
    });
  }

  /** Begins with all fixtures; ends the stream when one cannot be read, so that the reader comes back. */
  async start(places: readonly number[] | null): Promise<void> {
    if (places) this.#places.splice(0, places.length, ...places);
    try {
      for (const [at, eventId] of this.#eventIds.entries()) {
        const watch = await this.#hub.watch(eventId, this, places?.[at] ?? null);
        if (this.#open) this.#watches.set(eventId, watch);
        else return this.#hub.leave(watch);
      }
    } catch {
      this.#out.end();
    }
  }

  begin({ has, room }: Watch, begun: Begun): void {
    this.#places[this.#eventIds.indexOf(room.eventId)] = has;
    if (begun === 'whole') return;
    const data = JSON.stringify({ type: begun, eventId: room.eventId, n: room.n });
    this.#out.write(`event: ${begun}\nid: ${this.#places.join(',')}\ndata: ${data}\n\n`);
  }

  protected give({ has, room }: Watch): number {
    if (!this.#open) return 0;
    const at = this.#eventIds.indexOf(room.eventId);
    const changes = room.after(has);
    let text = '';
    for (const change of changes) {
      this.#places[at] = change.n;
      text += `id: ${this.#places.join(',')}\ndata: ${change.text}\n\n`;
    }
    this.#out.write(text);
    return changes.length;
  }

  protected together(gifts: () => void): void {
    this.#out.cork();
    gifts();
    this.#out.uncork();
  }

  #close(): void {
    this.#open = false;
    for (const watch of this.#watches.values()) this.#hub.leave(watch);
    this.#watches.clear();
  }
}
