// The bus over Kafka: order per key, delivery at least once, groups that share keys, dead letters. Brokers may come and go: consumers resume
// by themselves, publishers wait a bounded time and then fail.
import { randomUUID } from 'node:crypto';
import { assert } from '#core/base/assert.ts';
import {
  type Bus,
  type Handler,
  isDeadLetterTopic,
  deadLetter,
  type Message,
  type SubscribeOptions,
  type Subscription,
} from '#ports/bus.ts';
import { type Log, silentLog } from '#ports/log.ts';
import { KafkaMember } from './kafka-member.ts';
import type { KafkaSettings } from './kafka-settings.ts';
import { KafkaTopics } from './kafka-topics.ts';
import { recordOf } from './kafka-wire.ts';
import { ProduceQueue } from './produce-queue.ts';

const GROUP_PREFIX = 'palpite.';

export interface KafkaBusOptions extends KafkaSettings {
  readonly log?: Log;
  /** Told now and then how many messages wait for a group in the partitions of this member; NaN when it is not known. */
  readonly onLag?: (topic: string, group: string, messages: number) => void;
}

export class KafkaBus implements Bus {
  readonly #options: KafkaBusOptions;
  readonly #log: Log;
  readonly #topics: KafkaTopics;
  readonly #queue: ProduceQueue;
  readonly #members = new Set<KafkaMember>();
  #closed = false;

  constructor(options: KafkaBusOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#topics = new KafkaTopics(options);
    this.#queue = new ProduceQueue(options, this.#topics, this.#log);
  }

  /** Resolves once the brokers have the messages. One that was not acknowledged may come all the same. */
  async publish(messages: readonly Message[]): Promise<void> {
    assert(!this.#closed, 'the bus is closed');
    await this.#queue.publish(messages.map((message) => recordOf(message, this.#kafkaTopic(message.topic))));
  }

  async subscribe(topic: string, group: string, handler: Handler, options: SubscribeOptions = {}): Promise<Subscription> {
    assert(!this.#closed, 'the bus is closed');
    const { broadcast = false } = options;
    const kafkaTopic = this.#kafkaTopic(topic);
    const member = new KafkaMember({
      settings: this.#options,
      log: this.#log,
      topic,
      kafkaTopic,
      // One group a topic: who comes to one topic does not make the readers of another stop and share anew.
      groupId: `${GROUP_PREFIX}${group}.${kafkaTopic}${broadcast ? `.${randomUUID()}` : ''}`,
      handler,
      broadcast,
      onLag: (messages) => this.#options.onLag?.(topic, group, messages),
      prepare: () => this.#topics.ensure([kafkaTopic]),
      bury: (message, reason) => this.#bury(message, group, reason),
    });
    this.#members.add(member);
    try {
      await member.start();
    } catch (error) {
      this.#members.delete(member);
      throw error;
    }
    return {
      close: async () => {
        await member.close();
        this.#members.delete(member);
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#members].map((member) => member.close()));
    await this.#queue.close();
    await this.#topics.close();
  }

  /** Not through publish(): a member that is closing may still have to put a message aside. */
  async #bury(message: Message, group: string, reason: string): Promise<void> {
    this.#log.error('bus.dead_letter', { topic: message.topic, group, reason, id: message.id });
    if (isDeadLetterTopic(message.topic)) return; // a dead letter that cannot be handled stays where it is
    const letter = deadLetter(message, group, reason);
    await this.#queue.publish([recordOf(letter, this.#kafkaTopic(letter.topic))]);
  }

  #kafkaTopic(topic: string): string {
    return `${this.#options.topicPrefix ?? ''}${topic}`;
  }
}
