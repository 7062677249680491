// Topics are made on first use. Their number of copies is the cluster's default: who runs the cluster decides it.
import { Admin, UserError } from '@platformatic/kafka';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  causeOf,
  clientOptions,
  CLOSE_MS_MAX,
  DEAD_LETTER_PARTITIONS,
  KafkaError,
  type KafkaSettings,
  MESSAGE_BYTES_MAX,
  PARTITIONS,
  RETENTION_MS,
  within,
} from './kafka-settings.ts';

const DEAD_LETTERS = /_dlq$/;
/** A new topic is known to its brokers a moment after it was made, ms. */
const KNOWN_MS_MAX = 10_000;
const POLL_MS = 20;

export class KafkaTopics {
  readonly #admin: Admin;
  readonly #ready = new Map<string, Promise<void>>();

  constructor(settings: KafkaSettings) {
    this.#admin = new Admin(clientOptions(settings, 'topics'));
  }

  /** Resolves once every topic exists and has leaders. A failure is not remembered. */
  async ensure(topics: Iterable<string>): Promise<void> {
    for (const topic of topics) {
      let ready = this.#ready.get(topic);
      if (!ready) {
        ready = this.#make(topic);
        ready.catch(() => this.#ready.delete(topic));
        this.#ready.set(topic, ready);
      }
      await ready;
    }
  }

  /** The brokers may have lost their data, or a topic was deleted: look again before the next use. */
  forget(): void {
    this.#ready.clear();
  }

  async close(): Promise<void> {
    await within(this.#admin.close(), CLOSE_MS_MAX);
  }

  async #make(topic: string): Promise<void> {
    if (await this.#isLed(topic)) return;
    const partitions = DEAD_LETTERS.test(topic) ? DEAD_LETTER_PARTITIONS : PARTITIONS;
    const configs = [
      { name: 'retention.ms', value: String(RETENTION_MS) },
      { name: 'max.message.bytes', value: String(MESSAGE_BYTES_MAX) },
    ];
    try {
      await this.#admin.createTopics({ topics: [topic], partitions, configs });
    } catch (error) {
      if (!hasCode(error, 'TOPIC_ALREADY_EXISTS')) throw new KafkaError(`cannot make the topic ${topic}: ${causeOf(error)}`);
    }
    for (const end = Date.now() + KNOWN_MS_MAX; !(await this.#isLed(topic)); await sleep(POLL_MS))
      if (Date.now() > end) throw new KafkaError(`the topic ${topic} has no leader ${KNOWN_MS_MAX} ms after it was made`);
  }

  async #isLed(topic: string): Promise<boolean> {
    try {
      const { topics } = await this.#admin.metadata({ topics: [topic], forceUpdate: true, retries: 0 });
      const partitions = topics.get(topic)?.partitions ?? [];
      return partitions.length > 0 && partitions.every(({ leader }) => leader >= 0);
    } catch (error) {
      // The client keeps no code of this one.
      if (error instanceof UserError && error.message.startsWith('Unknown topic')) return false;
      if (hasCode(error, 'LEADER_NOT_AVAILABLE')) return false;
      throw new KafkaError(`cannot look up the topic ${topic}: ${causeOf(error)}`);
    }
  }
}

function hasCode(error: unknown, apiId: string): boolean {
  if (error instanceof AggregateError && error.errors.some((inner) => hasCode(inner, apiId))) return true;
  if (!(error instanceof Error)) return false;
  return (error as { apiId?: unknown }).apiId === apiId || hasCode(error.cause, apiId);
}
