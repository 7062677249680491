// The pause between two rounds of a loop, which can be cut short: by news, and for good by the end of the loop. Not a port, but what loops on both
// sides of the ports need.
import type { Clock } from './clock.ts';

export class Rest {
  readonly #clock: Clock | null;
  readonly #resting = new Set<() => void>();
  #woken = false;
  #ended = false;

  /** Without a clock it is the machine's time that passes. */
  constructor(clock: Clock | null = null) {
    this.#clock = clock;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves after `ms`, or as soon as it is woken; at once when that happened since the last rest, or after the end. */
  for(ms: number): Promise<void> {
    if (this.#woken || this.#ended) {
      this.#woken = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        this.#resting.delete(wake);
        resolve();
      };
      const cancel = this.#after(ms, wake);
      this.#resting.add(wake);
    });
  }

  /** There is something to do. Nobody rests just now: then the next rest is left out, so that no news waits for a whole one. */
  wake(): void {
    if (this.#resting.size === 0) this.#woken = true;
    else for (const wake of this.#resting) wake();
  }

  /** Nothing rests from now on. */
  end(): void {
    this.#ended = true;
    this.wake();
  }

  #after(ms: number, fire: () => void): () => void {
    if (this.#clock) return this.#clock.schedule(this.#clock.now() + ms, fire);
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  }
}
