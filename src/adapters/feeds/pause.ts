// Waiting by the given clock, until it is over or nobody waits any more.
import type { Clock } from '#ports/clock.ts';

export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done); // it outlives thousands of pauses
      resolve();
    };
    const cancel = clock.schedule(clock.now() + ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
