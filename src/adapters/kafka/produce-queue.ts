// Publishing: what arrives while a request is under way goes out together in the next one, one request at a time, so that order per key
// holds also when one must be repeated. Publishers wait for room and for the brokers, both with a limit.
import { compatibilityPartitioner, Producer, ProduceAcks } from '@platformatic/kafka';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '#ports/log.ts';
import {
  BACK_OFF_MS,
  causeOf,
  clientOptions,
  CLOSE_MS_MAX,
  KafkaError,
  type KafkaSettings,
  MESSAGE_BYTES_MAX,
  PRODUCE_BYTES_MAX,
  PRODUCE_MESSAGES_MAX,
  PUBLISH_MS_MAX,
  QUEUE_MESSAGES_MAX,
  within,
} from './kafka-settings.ts';
import type { KafkaTopics } from './kafka-topics.ts';
import type { SizedRecord } from './kafka-wire.ts';

/**
 * Requests are at least this far apart, ms: the first message after a silence goes out at once, and under load fewer requests carry the same. Each
 * costs the publisher, the broker and every reader about 0.3 ms, whatever is in it.
 */
const LINGER_MS = 10;
/** How often publishers whose time is over are looked for, ms. */
const LATE_CHECK_MS = 250;
/** Smaller requests are not compressed: what is saved on the wire costs every reader a decompressor. */
const COMPRESS_BYTES = 16_384;
/** Left for what a broker adds to a message, bytes. */
const ENVELOPE_BYTES = 65_536;

interface Call {
  readonly deadline: number;
  left: number;
  failed: boolean;
  done(): void;
  fail(error: Error): void;
}

interface Item extends SizedRecord {
  readonly call: Call;
}

type BytesProducer = Producer<Buffer, Buffer, Buffer, Buffer>;

export class ProduceQueue {
  readonly #settings: KafkaSettings;
  readonly #topics: KafkaTopics;
  readonly #log: Log;
  #producer: BytesProducer | null = null;
  #items: Item[] = [];
  #sending: Promise<void> | null = null;
  #roomWaiters: (() => void)[] = [];
  #closed = false;
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(settings: KafkaSettings, topics: KafkaTopics, log: Log) {
    this.#settings = settings;
    this.#topics = topics;
    this.#log = log;
  }

  /** Resolves once all in-sync copies have the records; throws KafkaError when no broker took them in time. */
  async publish(records: readonly SizedRecord[]): Promise<void> {
    const tooLarge = records.find(({ bytes }) => bytes > MESSAGE_BYTES_MAX - ENVELOPE_BYTES);
    if (tooLarge)
      throw new KafkaError(
        `a message for ${tooLarge.record.topic} has ${tooLarge.bytes} bytes; ${MESSAGE_BYTES_MAX - ENVELOPE_BYTES} are allowed: split it`,
      );
    if (records.length === 0) return;
    const deadline = Date.now() + (this.#settings.publishMsMax ?? PUBLISH_MS_MAX);
    while (this.#items.length >= QUEUE_MESSAGES_MAX && !this.#closed)
      await new Promise<void>((wake) => this.#roomWaiters.push(wake));
    if (this.#closed) throw new KafkaError('the bus is closed');
    const { promise, reject, resolve } = Promise.withResolvers<void>();
    const call: Call = { deadline, left: records.length, failed: false, done: resolve, fail: reject };
    for (const sized of records) this.#items.push({ ...sized, call });
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = null));
    await promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wakeWaiters();
    await this.#sending;
    await this.#dropProducer();
  }

  async #sendAll(): Promise<void> {
    await new Promise(setImmediate); // what this turn of the loop still publishes goes along
    while (this.#items.length > 0) {
      const restMs = this.#sentAt + LINGER_MS - performance.now();
      if (restMs > 0 && this.#items.length < PRODUCE_MESSAGES_MAX) await sleep(restMs);
      this.#sentAt = performance.now();
      const batch = this.#nextBatch();
      await this.#sendUntilTaken(batch);
      this.#wakeWaiters();
    }
  }

  #nextBatch(): Item[] {
    let count = 0;
    for (let bytes = 0; count < this.#items.length && count < PRODUCE_MESSAGES_MAX; count++) {
      bytes += (this.#items[count] as Item).bytes;
      if (count > 0 && bytes > PRODUCE_BYTES_MAX) break;
    }
    const batch = this.#items.slice(0, count);
    this.#items = this.#items.slice(count);
    return batch;
  }

  async #sendUntilTaken(batch: Item[]): Promise<void> {
    for (let pause = BACK_OFF_MS.first; ; pause = Math.min(pause * 2, BACK_OFF_MS.max)) {
      // A broker that hangs holds the request longer than publishers wait: they are told in time, and whether it arrives stays open.
      const sent = batch;
      const late = setInterval(() => this.#failLate(sent, 'no answer'), LATE_CHECK_MS);
      const fault = await this.#send(batch).finally(() => clearInterval(late));
      if (fault === null) {
        for (const { call } of batch) if (--call.left === 0 && !call.failed) call.done();
        return;
      }
      this.#log.warn('kafka.publish_failed', { messages: batch.length, error: fault });
      this.#failLate(batch, fault);
      batch = batch.filter(({ call }) => !call.failed);
      if (batch.length === 0) return;
      await sleep(pause);
    }
  }

  /** One request; the fault in words when it did not succeed. */
  async #send(batch: readonly Item[]): Promise<string | null> {
    try {
      await this.#topics.ensure(new Set(batch.map(({ record }) => record.topic)));
      const bytes = batch.reduce((sum, item) => sum + item.bytes, 0);
      const compression = bytes < COMPRESS_BYTES ? 'none' : 'zstd';
      await this.#open().send({ messages: batch.map(({ record }) => record), compression });
      return null;
    } catch (error) {
      // Its sequence numbers may be ahead of the broker's: a new one begins anew. At worst a message comes twice.
      await this.#dropProducer();
      this.#topics.forget();
      return causeOf(error);
    }
  }

  /** Fails the calls of a batch and of what waits behind it whose time is over. */
  #failLate(batch: readonly Item[], fault: string): void {
    const now = Date.now();
    const { brokers, publishMsMax = PUBLISH_MS_MAX } = this.#settings;
    for (const { call } of [...batch, ...this.#items]) {
      if (call.failed || (now < call.deadline && !this.#closed)) continue;
      call.failed = true;
      call.fail(
        new KafkaError(
          `Kafka at ${brokers} took nothing for ${publishMsMax} ms (${fault}): see that the brokers in KAFKA_BROKERS run and are reachable`,
        ),
      );
    }
    this.#items = this.#items.filter(({ call }) => !call.failed);
    this.#wakeWaiters();
  }

  #open(): BytesProducer {
    this.#producer ??= new Producer<Buffer, Buffer, Buffer, Buffer>({
      ...clientOptions(this.#settings, 'producer'),
      idempotent: true,
      acks: ProduceAcks.ALL,
      partitioner: compatibilityPartitioner, // the same partition for a key as other clients choose
    });
    return this.#producer;
  }

  async #dropProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    if (producer) await within(producer.close(), CLOSE_MS_MAX);
  }

  #wakeWaiters(): void {
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const wake of waiters) wake();
  }
}
