// The open connections of one process, sockets and event streams alike: how many there may be, and the looks that find the dead and the stalled.
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  /** Connections of this process. */
  readonly connections: number;
  readonly perAddress: number;
  /** How often each reader is asked whether it lives, ms; it is cut off when it was silent for two of these. */
  readonly heartbeatMs: number;
  /** How long a reader may take nothing of what waits for it, ms. */
  readonly stalledMs: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  connections: 10_000,
  perAddress: 100,
  heartbeatMs: 30_000,
  stalledMs: 10_000,
};

/** How often stalled readers are looked for, ms. */
const LOOK_MS = 1_000;
/** How long a client may take to say goodbye when the server stops, ms. */
const GOODBYE_MS = 500;

/** What the table needs of a connection. */
export interface Peer {
  readonly wire: Socket;
  readonly address: string;
  /** False where the protocol has no answer to a beat: such a reader is missed only when it takes nothing. */
  readonly answers: boolean;
  /** Asks for a sign of life. */
  beat(): void;
  /** Says that the server stops. */
  goodbye(): void;
}

interface Row {
  heardAt: number;
  /** Bytes the system had taken at the last look, and since when it has not taken more. */
  taken: number;
  takenAt: number;
}

export class Connections {
  readonly limits: ConnectionLimits;
  readonly #rows = new Map<Peer, Row>();
  readonly #byAddress = new Map<string, number>();
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(limits: ConnectionLimits = CONNECTION_LIMITS) {
    this.limits = limits;
    this.#timers = [
      setInterval(() => this.#look(), Math.min(LOOK_MS, limits.stalledMs / 2)).unref(),
      setInterval(() => this.#beat(), limits.heartbeatMs).unref(),
    ];
  }

  get size(): number {
    return this.#rows.size;
  }

  hasRoomFor(address: string): boolean {
    return this.#rows.size < this.limits.connections && (this.#byAddress.get(address) ?? 0) < this.limits.perAddress;
  }

  add(peer: Peer): void {
    const now = performance.now();
    this.#rows.set(peer, { heardAt: now, taken: 0, takenAt: now });
    this.#byAddress.set(peer.address, (this.#byAddress.get(peer.address) ?? 0) + 1);
  }

  heard(peer: Peer): void {
    const row = this.#rows.get(peer);
    if (row) row.heardAt = performance.now();
  }

  remove(peer: Peer): void {
    if (!this.#rows.delete(peer)) return;
    const left = (this.#byAddress.get(peer.address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(peer.address, left);
    else this.#byAddress.delete(peer.address);
  }

  /** Says goodbye to everybody, and cuts off who does not answer. */
  goodbye(): void {
    for (const peer of this.#rows.keys()) peer.goodbye();
    setTimeout(() => {
      for (const peer of this.#rows.keys()) peer.wire.destroy();
    }, GOODBYE_MS).unref();
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** A stalled reader cannot take a closing frame either: the connection is cut. */
  #look(): void {
    const now = performance.now();
    for (const [{ wire }, row] of this.#rows) {
      const taken = wire.bytesWritten - wire.writableLength;
      if (wire.writableLength === 0 || taken !== row.taken) [row.taken, row.takenAt] = [taken, now];
      else if (now - row.takenAt > this.limits.stalledMs) wire.destroy();
    }
  }

  #beat(): void {
    const now = performance.now();
    for (const [peer, { heardAt }] of this.#rows) {
      if (peer.answers && now - heardAt > 2 * this.limits.heartbeatMs + LOOK_MS) peer.wire.destroy();
      else peer.beat();
    }
  }
}
