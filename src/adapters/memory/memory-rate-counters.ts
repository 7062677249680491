// Request counts of this process. Bounded: the caller that was counted longest ago is forgotten first.
import type { RateCount, RateCounters } from '#ports/rate-counters.ts';

const CALLERS_MAX = 20_000;

export class MemoryRateCounters implements RateCounters {
  readonly #counts = new Map<string, { current: number; readonly until: number }>();

  add(key: string, windowMs: number): Promise<RateCount> {
    const now = performance.now();
    const known = this.#counts.get(key);
    const count = known && known.until > now ? known : { current: 0, until: now + windowMs };
    count.current++;
    this.#counts.delete(key);
    this.#counts.set(key, count);
    const oldest = this.#counts.keys().next().value;
    if (this.#counts.size > CALLERS_MAX && oldest !== undefined) this.#counts.delete(oldest);
    return Promise.resolve({ current: count.current, ttl: Math.ceil(count.until - now) });
  }

  read(key: string): Promise<RateCount> {
    const left = (this.#counts.get(key)?.until ?? 0) - performance.now();
    return Promise.resolve(
      left > 0 ? { current: this.#counts.get(key)?.current ?? 0, ttl: Math.ceil(left) } : { current: 0, ttl: 0 },
    );
  }
}
