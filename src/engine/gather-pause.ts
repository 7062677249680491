// The short pause before a block under load: each block costs a transaction, so that fewer and larger ones leave room for everyone.
import type { Clock } from '#ports/clock.ts';

/** What a service sets as `gatherMs`: halves the number of transactions at 10,000 bets/s and costs a bettor less than he can notice. */
export const GATHER_MS = 2;
/** After a smaller block nothing is gathered: a lone bettor is answered at once. */
const GATHER_FROM = 3;
/**
 * As long as it takes for about so many commands to come, but no longer than twice `gatherMs`: 2 ms at 10,000 bets/s, 4 at 2,000 to 5,000. There
 * a third of the blocks falls away, and bets over REST went from 3,200-4,800/s to 4,600-6,000/s in alternating runs; at 10,000/s, 4 ms only made orders wait.
 */
const GATHER_COMMANDS = 24;

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
    const at = this.#clock.now();
    const wantedMs = (GATHER_COMMANDS * Math.max(1, at - this.#last.at)) / commands;
    const pauseMs = Math.min(2 * this.#gatherMs, Math.max(this.#gatherMs, wantedMs));
    this.#last = { at, pauseMs: commands >= GATHER_FROM ? pauseMs : 0 };
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
