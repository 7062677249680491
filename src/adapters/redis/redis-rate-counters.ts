// Request counts that all gateways share. A caller that is known here is counted here, and the counts are told to Redis and heard from it together,
// ten times a second: what calls elsewhere meanwhile can be too much, but no request waits for Redis twice. (Asked twice for every bet, it took a
// quarter of a gateway's time.) While Redis does not answer, each gateway counts by itself: nobody is locked out for it, and nobody is unlimited.
import type { RateCount, RateCounters } from '#ports/rate-counters.ts';
import type { RedisConnection } from './redis-connection.ts';

/** How late a gateway may hear what others counted, ms. */
export const SHARE_MS = 100;
/** Callers remembered here; beyond it the one that came first is asked for again. */
const CALLERS_MAX = 20_000;
const PREFIX = 'palpite:rate:';
/** Adds and gives what is counted in the window and how long that lasts. Nothing is left behind when nothing was added. */
const ADD = `
local by = tonumber(ARGV[1])
if by == 0 then return { tonumber(redis.call('GET', KEYS[1]) or 0), redis.call('PTTL', KEYS[1]) } end
local current = redis.call('INCRBY', KEYS[1], by)
if current == by then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return { current, redis.call('PTTL', KEYS[1]) }`;

interface Caller {
  readonly key: string;
  /** What Redis said last, and when. */
  told: number;
  toldAt: number;
  /** Counted here since, what is on its way to Redis included. */
  more: number;
  /** End of the window, by this process's own clock; 0 while nothing was counted. */
  until: number;
  /** Which window of this caller it is: what was told of one says nothing about the next. */
  window: number;
}

export class RedisRateCounters implements RateCounters {
  readonly #redis: RedisConnection;
  readonly #local: RateCounters;
  readonly #callers = new Map<string, Caller>();
  readonly #due = new Set<Caller>();
  #sharing: NodeJS.Timeout | null = null;

  constructor(redis: RedisConnection, local: RateCounters) {
    this.#redis = redis;
    this.#local = local;
  }

  async add(key: string, windowMs: number): Promise<RateCount> {
    const now = performance.now();
    const known = this.#callers.get(key);
    if (known && known.until > now) {
      known.more++;
      this.#due.add(known);
      if (this.#sharing === null) this.#sharing = setTimeout(() => void this.#share(), SHARE_MS).unref();
      return { current: known.told + known.more, ttl: Math.ceil(known.until - now) };
    }
    try {
      return this.#hear(this.#caller(key), await this.#ask(key, 1, windowMs));
    } catch {
      return this.#local.add(key, windowMs);
    }
  }

  async read(key: string): Promise<RateCount> {
    const now = performance.now();
    const known = this.#callers.get(key);
    if (known && now - known.toldAt < SHARE_MS) {
      const ttl = Math.max(0, Math.ceil(known.until - now));
      return ttl > 0 ? { current: known.told + known.more, ttl } : { current: 0, ttl: 0 };
    }
    try {
      const caller = this.#caller(key);
      const count = this.#hear(caller, await this.#ask(key, 0, 0));
      return { ...count, current: count.current + caller.more };
    } catch {
      return this.#local.read(key);
    }
  }

  /** Tells what was counted here since the last time. What Redis does not take is told with the next; told twice after a timeout, it counts twice. */
  async #share(): Promise<void> {
    const due = [...this.#due];
    this.#due.clear();
    this.#sharing = null;
    await Promise.all(due.map((caller) => this.#tell(caller)));
  }

  async #tell(caller: Caller): Promise<void> {
    const { more: by, window } = caller;
    // Where Redis has forgotten the window, it opens one for what is left of it: a late word never counts into the next.
    const leftMs = Math.ceil(caller.until - performance.now());
    if (by <= 0 || leftMs <= 0) return;
    try {
      const count = await this.#ask(caller.key, by, leftMs);
      if (caller.window !== window) return;
      caller.more -= by;
      this.#hear(caller, count);
    } catch {
      // Counted here all the same; the next call of this caller tells it again.
    }
  }

  async #ask(key: string, by: number, windowMs: number): Promise<RateCount> {
    const [current, ttl] = (await this.#redis.ask((client) => client.eval(ADD, 1, PREFIX + key, by, windowMs))) as [
      number,
      number,
    ];
    return { current, ttl: Math.max(0, ttl) };
  }

  #hear(caller: Caller, count: RateCount): RateCount {
    const now = performance.now();
    caller.told = count.current;
    caller.toldAt = now;
    caller.until = count.ttl > 0 ? now + count.ttl : 0;
    return count;
  }

  #caller(key: string): Caller {
    const known = this.#callers.get(key);
    if (known) {
      if (known.until <= performance.now()) this.#begin(known);
      return known;
    }
    const caller = { key, told: 0, toldAt: Number.NEGATIVE_INFINITY, more: 0, until: 0, window: 0 };
    this.#callers.set(key, caller);
    if (this.#callers.size > CALLERS_MAX) this.#callers.delete(this.#callers.keys().next().value as string);
    return caller;
  }

  #begin(caller: Caller): void {
    caller.window++;
    caller.more = 0;
  }
}
