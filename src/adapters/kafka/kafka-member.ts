// One subscription: keeps a session open, opens another when it ends, and hands what comes to the handler, one batch at a time. A place is
// remembered only after the handler is done, so that a member that dies leaves nothing unhandled.
import type { Handler, Message, Subscription } from '#ports/bus.ts';
import type { Log } from '#ports/log.ts';
import { Rest } from '#ports/rest.ts';
import { deliver } from './delivery.ts';
import { endOf, KafkaSession, type SessionOptions } from './kafka-session.ts';
import {
  ATTEMPTS_MAX,
  BACK_OFF_MS,
  BATCH_MAX,
  causeOf,
  KafkaError,
  LAG_LOOK_MS,
  type KafkaSettings,
  RETRY_MS,
  SUBSCRIBE_MS_MAX,
} from './kafka-settings.ts';
import { messageOf, type Received, remainsOf } from './kafka-wire.ts';

export interface MemberOptions {
  readonly settings: KafkaSettings;
  readonly log: Log;
  readonly topic: string;
  readonly kafkaTopic: string;
  readonly groupId: string;
  readonly handler: Handler;
  readonly broadcast: boolean;
  /** Makes sure that the topic exists. */
  readonly prepare: () => Promise<void>;
  readonly bury: (message: Message, reason: string) => Promise<void>;
  readonly onLag: (messages: number) => void;
}

export class KafkaMember implements Subscription {
  readonly #options: MemberOptions;
  readonly #established = Promise.withResolvers<void>();
  /** Of a broadcast: where each partition goes on. */
  #places: Map<number, bigint> | null = null;
  #session: KafkaSession | null = null;
  #running: Promise<void> | null = null;
  readonly #rest = new Rest();
  #lastFault = '';
  #looking: NodeJS.Timeout | undefined;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#established.promise.catch(() => {});
  }

  /** Resolves once it has its place; throws KafkaError when the brokers do not answer in time. */
  async start(): Promise<void> {
    const { settings, topic } = this.#options;
    const waitMs = settings.subscribeMsMax ?? SUBSCRIBE_MS_MAX;
    this.#running = this.#run();
    this.#looking = setInterval(() => void this.#lookBehind(), settings.lagLookMs ?? LAG_LOOK_MS);
    this.#looking.unref();
    const late = setTimeout(() => {
      const hint = 'see that the brokers in KAFKA_BROKERS run and are reachable';
      this.#established.reject(
        new KafkaError(
          `cannot subscribe to ${topic} at Kafka ${settings.brokers} within ${waitMs} ms (${this.#lastFault}): ${hint}`,
        ),
      );
    }, waitMs);
    try {
      await this.#established.promise;
    } catch (error) {
      void this.close();
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  /** Lets the handler finish what it has, commits that, and leaves the group. */
  async close(): Promise<void> {
    this.#rest.end();
    clearInterval(this.#looking);
    this.#options.onLag(Number.NaN);
    this.#session?.interrupt();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { groupId, log, topic } = this.#options;
    for (let pause = BACK_OFF_MS.first; !this.#rest.ended; pause = Math.min(pause * 2, BACK_OFF_MS.max)) {
      try {
        this.#session = await this.#openSession();
        this.#established.resolve();
        pause = BACK_OFF_MS.first;
        if (!this.#rest.ended) await this.#serve(this.#session);
      } catch (error) {
        this.#lastFault = causeOf(error);
        if (!this.#rest.ended)
          log.warn('kafka.consumer_failed', { topic, group: groupId, error: this.#lastFault, pauseMs: pause });
      }
      await this.#session?.close();
      this.#session = null;
      await this.#rest.for(pause);
    }
    this.#established.reject(new KafkaError(`the subscription to ${topic} was closed before it began`));
  }

  async #lookBehind(): Promise<void> {
    const behind = (await this.#session?.behind().catch(() => Number.NaN)) ?? Number.NaN;
    if (!this.#rest.ended) this.#options.onLag(behind);
  }

  async #openSession(): Promise<KafkaSession> {
    const { broadcast, groupId, kafkaTopic, log, prepare, settings } = this.#options;
    await prepare();
    const options: SessionOptions = { settings, topic: kafkaTopic, groupId, log };
    if (!broadcast) return KafkaSession.open(options);
    this.#places ??= await endOf(options);
    return KafkaSession.open({ ...options, from: this.#places });
  }

  async #serve(session: KafkaSession): Promise<void> {
    for (;;) {
      const records = await session.take(BATCH_MAX);
      if (records.length === 0) return;
      const handled = await this.#handle(records);
      session.done(handled);
      if (this.#places) for (const { offset, partition } of handled) this.#places.set(partition, offset + 1n);
    }
  }

  /** Gives the records that are done with: handled, or put aside. */
  async #handle(records: readonly Received[]): Promise<readonly Received[]> {
    const { bury, groupId, handler, log, settings, topic } = this.#options;
    const messages: Message[] = [];
    const places: number[] = [];
    for (const [i, record] of records.entries()) {
      const message = messageOf(record, topic);
      if (typeof message === 'string') await bury(remainsOf(record, topic), message);
      else {
        messages.push(message);
        places.push(i);
      }
    }
    const { attemptsMax = ATTEMPTS_MAX, retryMs = RETRY_MS } = settings;
    const undone = await deliver(messages, {
      attemptsMax,
      retryMs,
      handler,
      open: () => !this.#rest.ended,
      onOutage: (error) => log.warn('bus.waits', { group: groupId, error }),
      bury,
    });
    return undone.length === 0 ? records : records.slice(0, places[messages.length - undone.length]);
  }
}
