// The simulated supplier: a real WebSocket server on this machine. Snapshot on subscription, then updates with a rising sequence,
// heartbeats, results at full time; a subscriber that was away resumes from (ep, sq) or is told that it has a gap.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { BOOKS, type BookTerms } from '#core/simulation/book-price.ts';
import { DEFAULT_PACE, type Pace, type World } from '#core/simulation/world.ts';
import type { Clock } from '#ports/clock.ts';
import { type Log, silentLog } from '#ports/log.ts';
import { FaultyWire, type WireFaults } from './faults.ts';
import { SupplierStory, type Update } from './supplier-story.ts';
import { ALL, type ClientFrame, type ServerFrame, SUPPLIER_NAME } from './wire.ts';

export interface SupplierOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly host?: string;
  readonly seed: number;
  /** Kick-off of the first fixture of this world, ms: keep it fixed, or the world is another one. */
  readonly epochAt?: number;
  readonly pace?: Partial<Pace>;
  readonly books?: readonly BookTerms[];
  readonly heartbeatMs?: number;
  /** Updates kept for subscribers that come back. */
  readonly keptMax?: number;
  readonly clock: Clock;
  readonly log?: Log;
  readonly faults?: WireFaults;
  /** Answers plain HTTP requests on the same port. */
  readonly http?: RequestListener;
}

export interface Supplier {
  readonly url: string;
  readonly epoch: number;
  readonly world: World;
  readonly seq: number;
  /** For tests: says nothing more, not even heartbeats, but keeps its connections. */
  silence(on: boolean): void;
  disconnectAll(): void;
  close(): Promise<void>;
}

/** 2026-01-01: the default start of the simulated world. */
export const WORLD_EPOCH_AT = 1_767_225_600_000;
const HEARTBEAT_MS = 2_000;
const KEPT_MAX = 4_096;
/** A subscriber that leaves this much unread is cut off. */
const UNREAD_BYTES_MAX = 16 * 1024 * 1024;
const CLIENT_FRAME_BYTES_MAX = 4_096;

/** Starts the simulated supplier and resolves once it listens. */
export async function startSupplier(options: SupplierOptions): Promise<Supplier> {
  const supplier = new SupplierServer(options);
  await supplier.listen(options.port, options.host ?? '127.0.0.1');
  return supplier;
}

class SupplierServer implements Supplier {
  readonly epoch: number;
  readonly world: World;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #options: SupplierOptions;
  readonly #story: SupplierStory;
  readonly #subscribers = new Map<WebSocket, FaultyWire>();
  readonly #kept: string[] = [];
  #server: WebSocketServer | null = null;
  #http: Server | null = null;
  #seq = 0;
  #silent = false;
  #cancelTick: () => void = () => {};
  #cancelBeat: () => void = () => {};

  constructor(options: SupplierOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#log = options.log ?? silentLog;
    this.epoch = options.clock.now();
    this.world = { seed: options.seed, epochAt: options.epochAt ?? WORLD_EPOCH_AT, pace: { ...DEFAULT_PACE, ...options.pace } };
    this.#story = new SupplierStory(this.world, options.books ?? BOOKS, this.epoch);
  }

  get seq(): number {
    return this.#seq;
  }

  get url(): string {
    const at = this.#server?.address() as AddressInfo;
    return `ws://${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}`;
  }

  async listen(port: number, host: string): Promise<void> {
    const http = createServer(this.#options.http ?? ((_, response) => void response.writeHead(426).end()));
    const server = new WebSocketServer({ server: http, maxPayload: CLIENT_FRAME_BYTES_MAX });
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve);
      server.once('error', reject);
      http.listen(port, host);
    });
    this.#server = server;
    this.#http = http;
    server.on('error', (error) => this.#log.error('supplier.server_error', { error: String(error) }));
    server.on('connection', (socket) => this.#welcome(socket));
    this.#tick();
    this.#beat();
  }

  silence(on: boolean): void {
    this.#silent = on;
  }

  disconnectAll(): void {
    for (const socket of this.#server?.clients ?? []) socket.terminate();
  }

  async close(): Promise<void> {
    this.#cancelTick();
    this.#cancelBeat();
    this.disconnectAll();
    this.#http?.closeAllConnections();
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()));
    await new Promise<void>((resolve) => (this.#http ? this.#http.close(() => resolve()) : resolve()));
  }

  #welcome(socket: WebSocket): void {
    socket.on('error', (error) => this.#log.warn('supplier.socket_error', { error: String(error) }));
    socket.on('close', () => this.#subscribers.delete(socket));
    socket.on('message', (data) => this.#hear(socket, String(data)));
    this.#send(socket, { t: 'hello', sup: SUPPLIER_NAME, ep: this.epoch, hb: this.#options.heartbeatMs ?? HEARTBEAT_MS });
  }

  #hear(socket: WebSocket, text: string): void {
    let ask: Partial<ClientFrame> | null;
    try {
      ask = JSON.parse(text) as Partial<ClientFrame> | null;
    } catch {
      ask = null;
    }
    this.#tell();
    if (ask?.op === 'sub') this.#subscribe(socket, ask as ClientFrame & { op: 'sub' });
    else if (ask?.op === 'image' && typeof ask.scope === 'string')
      this.#sendImage(socket, ask.scope, sinceOf(ask.since, this.#clock.now()));
    else this.#send(socket, { t: 'err', why: 'unknown request' });
  }

  #subscribe(socket: WebSocket, { from, since }: ClientFrame & { op: 'sub' }): void {
    this.#subscribers.set(socket, new FaultyWire(this.#options.faults ?? {}));
    if (from) {
      const firstKept = this.#seq - this.#kept.length + 1;
      if (from.ep === this.epoch && from.sq <= this.#seq && from.sq >= firstKept - 1) {
        for (const frame of this.#kept.slice(from.sq - firstKept + 1)) this.#sendText(socket, frame);
        return;
      }
      this.#send(socket, { t: 'gap', ...this.#stamp() });
    }
    this.#sendImage(socket, ALL, sinceOf(since, this.#clock.now()));
  }

  #sendImage(socket: WebSocket, scope: string, since: number): void {
    this.#send(socket, { t: 'img', scope, ...this.#stamp(), ...this.#story.image(scope, since) });
  }

  #stamp(): { ep: number; sq: number; ts: number } {
    return { ep: this.epoch, sq: this.#seq, ts: this.#clock.now() };
  }

  #tick(): void {
    this.#tell();
    this.#cancelTick = this.#clock.schedule(this.#story.nextAt(), () => this.#tick());
  }

  #tell(): void {
    for (const update of this.#story.advance(this.#clock.now())) this.#broadcast(update);
  }

  #broadcast({ ev, mk, rs }: Update): void {
    this.#seq++;
    const every = this.#options.faults?.emptyEvery;
    const left = every !== undefined && this.#seq % every === 0 ? [] : mk;
    const frame = JSON.stringify({ t: 'upd', ...this.#stamp(), ev, mk: left, rs } satisfies ServerFrame);
    this.#kept.push(frame);
    if (this.#kept.length > 2 * (this.#options.keptMax ?? KEPT_MAX))
      this.#kept.splice(0, this.#kept.length - (this.#options.keptMax ?? KEPT_MAX));
    for (const [socket, wire] of this.#subscribers) {
      for (const text of wire.pass(frame)) this.#sendText(socket, text);
    }
  }

  #beat(): void {
    this.#tell();
    for (const socket of this.#subscribers.keys()) this.#send(socket, { t: 'hb', ...this.#stamp() });
    const every = this.#options.heartbeatMs ?? HEARTBEAT_MS;
    this.#cancelBeat = this.#clock.schedule(this.#clock.now() + every, () => this.#beat());
  }

  #send(socket: WebSocket, frame: ServerFrame): void {
    this.#sendText(socket, JSON.stringify(frame));
  }

  #sendText(socket: WebSocket, text: string): void {
    if (this.#silent || socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > UNREAD_BYTES_MAX) socket.terminate();
    else socket.send(text);
  }
}

function sinceOf(since: unknown, now: number): number {
  return typeof since === 'number' && Number.isFinite(since) ? since : now;
}
