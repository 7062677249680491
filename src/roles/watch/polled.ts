// Figures that must be asked for: a question every few seconds, its last answer for whoever reads the metrics, and nothing where it failed.
import type { Log } from '#ports/log.ts';
import type { Running } from '../runtime.ts';

export interface Polled<T> extends Running {
  /** Null before the first answer and after a failure. */
  readonly last: T | null;
}

export interface PollOptions {
  /** For the log. */
  readonly what: string;
  readonly everyMs: number;
  readonly log: Log;
}

/** Never asks while an answer is still awaited. */
export function poll<T>(ask: () => Promise<T>, { everyMs, log, what }: PollOptions): Polled<T> {
  let last: T | null = null;
  let asking: Promise<void> | null = null;
  const look = (): void => {
    asking ??= ask()
      .then((answer) => void (last = answer))
      .catch((error: unknown) => {
        last = null;
        log.warn('watch.not_known', { what, error: String(error) });
      })
      .finally(() => (asking = null));
  };
  look();
  const timer = setInterval(look, everyMs);
  timer.unref();
  return {
    get last() {
      return last;
    },
    async stop() {
      clearInterval(timer);
      await asking;
    },
  };
}
