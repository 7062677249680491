// Whether the servers that this process needs answer it: what an operator looks at first.
import type { Running, Runtime } from '../runtime.ts';

const ASK_MS = 5_000;
/** A server that takes longer than this does not answer, ms. */
const ANSWER_MS_MAX = 3_000;

export function watchServers({ caches, context, metrics }: Runtime): Running {
  const { database, log } = context;
  const stops: (() => void)[] = [];
  const watch = (name: 'palpite_database_up' | 'palpite_redis_up', ask: () => Promise<unknown>): void => {
    let up = Number.NaN;
    let asking = false;
    const look = async (): Promise<void> => {
      if (asking) return;
      asking = true;
      const answered = await inTime(ask);
      if (!answered && up !== 0) log.warn('server.away', { metric: name });
      up = answered ? 1 : 0;
      asking = false;
    };
    metrics.gauge(name, () => up);
    void look();
    const timer = setInterval(() => void look(), ASK_MS);
    timer.unref();
    stops.push(() => clearInterval(timer));
  };
  watch('palpite_database_up', () => database.pool.query('SELECT 1'));
  if (caches.ping) watch('palpite_redis_up', caches.ping);
  return { stop: () => Promise.resolve(stops.forEach((stop) => stop())) };
}

async function inTime(ask: () => Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ANSWER_MS_MAX);
  const answered = await Promise.race([
    ask().then(
      () => true,
      () => false,
    ),
    promise,
  ]);
  clearTimeout(timer);
  return answered;
}
