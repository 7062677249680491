// What gateways share so that each need not ask the database: hot prices and request counts. In Redis when there is one, else in this process.
import type { HotOdds, HotOddsKeeper } from '#ports/hot-odds.ts';
import type { Log } from '#ports/log.ts';
import type { RateCounters } from '#ports/rate-counters.ts';
import { MemoryHotOdds } from '#adapters/memory/memory-hot-odds.ts';
import { MemoryRateCounters } from '#adapters/memory/memory-rate-counters.ts';
import { RedisConnection } from '#adapters/redis/redis-connection.ts';
import { RedisHotOdds } from '#adapters/redis/redis-hot-odds.ts';
import { RedisRateCounters } from '#adapters/redis/redis-rate-counters.ts';
import type { Environment } from './environment.ts';

export interface Caches {
  readonly hot: HotOdds & HotOddsKeeper;
  readonly rates: RateCounters;
  /** Rejects while Redis does not answer; null without one. */
  readonly ping: (() => Promise<unknown>) | null;
  close(): void;
}

export async function openCaches(environment: Environment, log: Log): Promise<Caches> {
  const local = new MemoryRateCounters();
  if (environment.REDIS_URL === undefined) return { hot: new MemoryHotOdds(), rates: local, ping: null, close() {} };
  const redis = await new RedisConnection(environment.REDIS_URL, log).started();
  return {
    hot: new RedisHotOdds(redis),
    rates: new RedisRateCounters(redis, local),
    ping: () => redis.client.ping(),
    close: () => redis.close(),
  };
}
