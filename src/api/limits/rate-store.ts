// The counters port in the shape that @fastify/rate-limit asks of a store.
import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit';
import type { RateCount, RateCounters } from '#ports/rate-counters.ts';

type Told = (error: Error | null, count?: RateCount) => void;

/** A class, because the plugin makes the store itself. */
export function rateStore(counters: RateCounters): FastifyRateLimitStoreCtor {
  return class implements FastifyRateLimitStore {
    incr(key: string, told: Told, windowMs: number): void {
      tell(counters.add(key, windowMs), told);
    }

    /** Asked for counts that are looked at without counting. */
    read(key: string, told: Told): void {
      tell(counters.read(key), told);
    }

    child(): this {
      return this;
    }
  };
}

function tell(count: Promise<RateCount>, told: Told): void {
  count.then(
    (counted) => told(null, counted),
    (error: unknown) => told(error as Error),
  );
}
