// Keeps a client within a supplier's fair use: so long between two requests of one kind, so many requests a second in all, and silence for as
// long as the supplier asked for it.
import type { Clock } from '#ports/clock.ts';

const SECOND_MS = 1_000;

export class Pacer {
  readonly #clock: Clock;
  readonly #perSecondMax: number;
  readonly #lastOf = new Map<string, number>();
  readonly #recent: number[] = [];
  #silentUntil = 0;

  constructor(clock: Clock, perSecondMax: number) {
    this.#clock = clock;
    this.#perSecondMax = perSecondMax;
  }

  /** Waits until a request of this kind is allowed, and counts it; rejects when `stop` is aborted. */
  async turn(kind: string, everyMs: number, stop: AbortSignal): Promise<void> {
    stop.throwIfAborted();
    for (let at = this.#allowedAt(kind, everyMs); at > this.#clock.now(); at = this.#allowedAt(kind, everyMs)) {
      await waitUntil(this.#clock, at, stop);
      stop.throwIfAborted();
    }
    const now = this.#clock.now();
    this.#lastOf.set(kind, now);
    this.#recent.push(now);
    if (this.#recent.length > this.#perSecondMax) this.#recent.shift();
  }

  /** Nothing is asked before `at`. */
  silence(at: number): void {
    this.#silentUntil = Math.max(this.#silentUntil, at);
  }

  #allowedAt(kind: string, everyMs: number): number {
    const last = this.#lastOf.get(kind);
    const ofKind = last === undefined ? 0 : last + everyMs;
    const ofAll = this.#recent.length < this.#perSecondMax ? 0 : (this.#recent[0] as number) + SECOND_MS;
    return Math.max(ofKind, ofAll, this.#silentUntil);
  }
}

/** Resolves at `at`, or as soon as `stop` is aborted. */
export function waitUntil(clock: Clock, at: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve();
    const done = (): void => {
      cancel();
      stop.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.schedule(at, done);
    stop.addEventListener('abort', done, { once: true });
  });
}
