// At the end of a window, with a Redis that answers late: what is on its way belongs to the window in which it was counted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RateCounters } from '#ports/rate-counters.ts';
import type { RedisConnection } from './redis-connection.ts';
import { RedisRateCounters } from './redis-rate-counters.ts';

const WINDOW_MS = 250;
const LATENCY_MS = 60;

/** The script's rules over a map, each answer late. */
class LateRedis {
  readonly told: { by: number; windowMs: number }[] = [];
  #count = { current: 0, until: 0 };

  async ask(what: (client: unknown) => Promise<unknown>): Promise<unknown> {
    return what({
      eval: async (...[, , , by, windowMs]: [string, number, string, number, number]) => {
        await new Promise((done) => setTimeout(done, LATENCY_MS / 2));
        const now = performance.now();
        if (this.#count.until <= now) this.#count = { current: 0, until: by > 0 ? now + windowMs : 0 };
        this.#count.current += by;
        this.told.push({ by, windowMs });
        const answer = [this.#count.current, Math.max(0, Math.floor(this.#count.until - now))]; // whole ms, as PTTL
        await new Promise((done) => setTimeout(done, LATENCY_MS / 2));
        return answer;
      },
    });
  }
}

const none: RateCounters = { add: () => Promise.reject(new Error('local')), read: () => Promise.reject(new Error('local')) };

test('a window that ends while counts are on their way takes nothing from the next and gives it nothing', async () => {
  const redis = new LateRedis();
  const rates = new RedisRateCounters(redis as unknown as RedisConnection, none);
  let [before, lowest] = [0, Number.POSITIVE_INFINITY];
  let windows = 0;
  for (const end = performance.now() + 2_500; performance.now() < end;) {
    const { current, ttl } = await rates.add('anna', WINDOW_MS);
    lowest = Math.min(lowest, current);
    assert.ok(ttl <= WINDOW_MS, `${ttl} ms are left`);
    if (current < before / 2) windows++;
    before = current;
    await new Promise((done) => setTimeout(done, 2));
  }
  assert.ok(windows >= 4, `${windows} windows`);
  assert.ok(lowest >= 1, `counted ${lowest}`);
  assert.deepEqual(
    redis.told.filter(({ by, windowMs }) => by < 1 || windowMs > WINDOW_MS || windowMs < 1),
    [],
  );
});
