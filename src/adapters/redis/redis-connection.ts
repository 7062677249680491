// One connection to Redis that never makes anybody wait: what cannot be answered at once fails, and after a failure nothing is asked for a while.
import { Redis } from 'ioredis';
import { type Log, silentLog } from '#ports/log.ts';

const CONNECT_MS = 500;
/** How long an answer may take, ms. */
const ANSWER_MS = 100;
/** How long nothing is asked after a failure, ms. */
const REST_MS = 1_000;
const RECONNECT_MS = { step: 100, max: 1_000 };
/** How long the first connection is waited for at a start, ms. */
const START_MS = 1_000;

export class RedisDownError extends Error {
  override readonly name = 'RedisDownError';
}

export class RedisConnection {
  readonly client: Redis;
  readonly #log: Log;
  #restsUntil = 0;
  #wasUp = true;

  constructor(url: string, log: Log = silentLog) {
    this.#log = log;
    this.client = new Redis(url, {
      connectTimeout: CONNECT_MS,
      commandTimeout: ANSWER_MS,
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      retryStrategy: (times) => Math.min(RECONNECT_MS.max, times * RECONNECT_MS.step),
    });
    this.client.on('error', (error: Error) => this.#tell(error.message));
    this.client.on('ready', () => this.#rested());
  }

  /** Waits for the first connection, not for long: without it everything works, more slowly. */
  async started(): Promise<this> {
    if (this.client.status === 'ready') return this;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, START_MS);
      this.client.once('ready', () => {
        clearTimeout(timer);
        done();
      });
    });
    return this;
  }

  /** Rejects at once while Redis rests; otherwise within ANSWER_MS. */
  async ask<T>(what: (client: Redis) => Promise<T>): Promise<T> {
    if (performance.now() < this.#restsUntil || this.client.status !== 'ready') throw new RedisDownError('Redis is not there');
    try {
      return await what(this.client);
    } catch (error) {
      this.#restsUntil = performance.now() + REST_MS;
      this.#tell(String(error));
      throw error;
    }
  }

  close(): void {
    this.client.disconnect();
  }

  #rested(): void {
    this.#restsUntil = 0;
    if (!this.#wasUp) this.#log.info('redis.back', {});
    this.#wasUp = true;
  }

  #tell(error: string): void {
    if (this.#wasUp) this.#log.warn('redis.down', { error });
    this.#wasUp = false;
  }
}
