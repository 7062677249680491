// Request counts that all gateways share. While Redis does not answer, each gateway counts by itself: nobody is locked out for it, and nobody is unlimited.
import type { RateCount, RateCounters } from '#ports/rate-counters.ts';
import type { RedisConnection } from './redis-connection.ts';

const PREFIX = 'palpite:rate:';
const ADD = `
local current = redis.call('INCR', KEYS[1])
if current == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return { current, redis.call('PTTL', KEYS[1]) }`;
const READ = `return { tonumber(redis.call('GET', KEYS[1]) or 0), redis.call('PTTL', KEYS[1]) }`;

export class RedisRateCounters implements RateCounters {
  readonly #redis: RedisConnection;
  readonly #local: RateCounters;

  constructor(redis: RedisConnection, local: RateCounters) {
    this.#redis = redis;
    this.#local = local;
  }

  async add(key: string, windowMs: number): Promise<RateCount> {
    try {
      return countOf(await this.#redis.ask((client) => client.eval(ADD, 1, PREFIX + key, windowMs)));
    } catch {
      return this.#local.add(key, windowMs);
    }
  }

  async read(key: string): Promise<RateCount> {
    try {
      return countOf(await this.#redis.ask((client) => client.eval(READ, 1, PREFIX + key)));
    } catch {
      return this.#local.read(key);
    }
  }
}

function countOf(answer: unknown): RateCount {
  const [current, ttl] = answer as [number, number];
  return { current, ttl: Math.max(0, ttl) };
}
