// The short pause before a block under load: each block costs a transaction, so that fewer and larger ones leave room for everyone.
import type { Clock } from '#ports/clock.ts';

/** What a service sets as `gatherMs`: halves the number of transactions at 10,000 bets/s and costs a bettor less than he can notice. */
export const GATHER_MS = 2;
/** After a smaller block nothing is gathered: a lone bettor is answered at once. */
const GATHER_FROM = 4;

export class GatherPause {
  readonly #clock: Clock;
  readonly #gatherMs: number;
  #last = { at: 0, pauseMs: 0 };
  #end: (() => void) | null = null;

  constructor(clock: Clock, gatherMs: number) {
    this.#clock = clock;
    this.#gatherMs = gatherMs;
  }

  /** A block of so many commands was decided. */
  decided(commands: number): void {
    this.#last = { at: this.#clock.now(), pauseMs: commands >= GATHER_FROM ? this.#gatherMs : 0 };
  }

  /** Resolves when the last block is as long ago as it asks for, at once when that was small, or when the pause is ended. */
  async wait(): Promise<void> {
    const { at, pauseMs } = this.#last;
    const since = this.#clock.now() - at; // negative when the clock was set back
    if (since < 0 || since >= pauseMs) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#end = resolve;
    const cancel = this.#clock.schedule(at + pauseMs, resolve);
    await promise;
    cancel();
    this.#end = null;
  }

  /** For what must not wait: a control command, a stop. */
  end(): void {
    this.#end?.();
  }
}
