// The machine's clock, made non-decreasing.
import type { Clock } from '#ports/clock.ts';

const TIMEOUT_MS_MAX = 2 ** 31 - 1;

export class SystemClock implements Clock {
  #last = 0;

  now(): number {
    this.#last = Math.max(this.#last, Date.now());
    return this.#last;
  }

  schedule(at: number, fire: () => void): () => void {
    const timer = setTimeout(fire, Math.min(TIMEOUT_MS_MAX, Math.max(0, at - this.now())));
    timer.unref();
    return () => clearTimeout(timer);
  }
}
