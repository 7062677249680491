// The short pause before a block under load: each block costs a transaction, so that fewer and larger ones leave room for everyone.
import type { Clock } from '#ports/clock.ts';

/** What a service sets as `gatherMs`: halves the number of transactions at 10,000 bets/s and costs a bettor less than he can notice. */
export const GATHER_MS = 2;
/** After a smaller block nothing is gathered: a lone bettor is answered at once. */
const GATHER_FROM = 4;

export class GatherPause {
  readonly #clock: Clock;
  readonly #gatherMs: number;
  #last = { at: 0, commands: 0 };
  #end: (() => void) | null = null;

  constructor(clock: Clock, gatherMs: number) {
    this.#clock = clock;
    this.#gatherMs = gatherMs;
  }

  /** A block of so many commands was decided. */
  decided(commands: number): void {
    this.#last = { at: this.#clock.now(), commands };
  }

  /** Resolves when `gatherMs` have passed since the last block, at once when that was small, or when the pause is ended. */
  async wait(): Promise<void> {
    const { at, commands } = this.#last;
    const since = this.#clock.now() - at; // negative when the clock was set back
    if (commands < GATHER_FROM || since < 0 || since >= this.#gatherMs) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#end = resolve;
    const cancel = this.#clock.schedule(at + this.#gatherMs, resolve);
    await promise;
    cancel();
    this.#end = null;
  }

  /** For what must not wait: a control command, a stop. */
  end(): void {
    this.#end?.();
  }
}
