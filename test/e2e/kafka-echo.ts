// Faults that a cluster may meet on its brokers and never sees from a broker that is well: copies of messages that come seconds late and out of
// order, members that join and leave while keys are being worked on, and groups that are set back to the beginning.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Admin,
  Consumer,
  compatibilityPartitioner,
  ListOffsetTimestamps,
  type MessagesStream,
  Producer,
} from '@platformatic/kafka';
import { makeRng, type Rng } from '#core/base/rng.ts';

/** Share of messages that are repeated, and how much later their copies come, ms: each on its own, so that they overtake each other. */
const REPEATED = 0.6;
const LATE_MS_MAX = 6_000;
/** Copies that wait at most, and those sent at once. */
const WAITING_MAX = 5_000;
const SEND_MS = 50;
/** A copy is not copied again. */
const MARK = Buffer.from('copy');
const GROUP_PREFIX = 'palpite.';
/** A member that did not leave in order is a member for its session's time, 6 s. */
const EMPTY_MS_MAX = 10_000;

type Bytes = Buffer;
type Record = Parameters<Producer<Bytes, Bytes, Bytes, Bytes>['send']>[0]['messages'][number];

export class KafkaEcho {
  copies = 0;
  readonly #rng: Rng;
  readonly #consumer: Consumer<Bytes, Bytes, Bytes, Bytes>;
  readonly #producer: Producer<Bytes, Bytes, Bytes, Bytes>;
  #stream: MessagesStream<Bytes, Bytes, Bytes, Bytes> | null = null;
  #waiting: { at: number; record: Record }[] = [];
  #stopped = false;
  #sending: Promise<void> = Promise.resolve();

  constructor(brokers: string, seed: number) {
    this.#rng = makeRng(seed, 'echo');
    const common = { bootstrapBrokers: [brokers], clientId: 'echo' };
    this.#consumer = new Consumer<Bytes, Bytes, Bytes, Bytes>({ ...common, groupId: `echo-${randomUUID()}`, autocommit: true });
    this.#consumer.on('error', () => undefined);
    this.#producer = new Producer<Bytes, Bytes, Bytes, Bytes>({
      ...common,
      compression: 'zstd',
      partitioner: compatibilityPartitioner,
    });
  }

  async start(topics: string[]): Promise<this> {
    this.#stream = await this.#consumer.consume({ topics, mode: 'latest', maxWaitTime: 100 });
    this.#stream.on('data', ({ headers, key, partition, topic, value }) => {
      if ([...headers.keys()].some((name) => name.equals(MARK))) return;
      const again = this.#rng() < REPEATED ? 1 + Math.floor(this.#rng() * 3) : 0;
      for (let i = 0; i < again && this.#waiting.length < WAITING_MAX; i++) {
        const record = { topic, key, value, partition, headers: new Map([...headers, [MARK, MARK]]) };
        this.#waiting.push({ at: Date.now() + this.#rng() * LATE_MS_MAX, record });
      }
    });
    this.#stream.on('error', () => undefined);
    this.#sending = this.#send();
    return this;
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.#sending;
    await this.#consumer.close(true);
    await this.#producer.close();
  }

  async #send(): Promise<void> {
    while (!this.#stopped) {
      await sleep(SEND_MS);
      const now = Date.now();
      const due = this.#waiting.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
      this.#waiting = this.#waiting.filter(({ at }) => at > now);
      if (due.length === 0) continue;
      await this.#producer.send({ messages: due.map(({ record }) => record), acks: 1 });
      this.copies += due.length;
    }
  }
}

export class KafkaGroups {
  readonly #brokers: string;
  readonly #admin: Admin;

  constructor(brokers: string) {
    this.#brokers = brokers;
    this.#admin = new Admin({ bootstrapBrokers: [brokers], clientId: 'groups' });
  }

  /** All groups in which members of the cluster share keys. */
  async list(): Promise<string[]> {
    return [...(await this.#admin.listGroups()).keys()].filter((id) => id.startsWith(GROUP_PREFIX)).sort();
  }

  /** Somebody who handles nothing joins a group and leaves it: twice everybody else stops and shares anew. False when it was not let in. */
  async disturb(groupId: string, forMs: number): Promise<boolean> {
    const consumer = new Consumer({
      bootstrapBrokers: [this.#brokers],
      clientId: 'intruder',
      groupId,
      groupProtocol: 'classic',
      sessionTimeout: 6_000,
      heartbeatInterval: 500,
      rebalanceTimeout: 20_000,
      autocommit: false,
    });
    consumer.on('error', () => undefined); // it may be told to rejoin while it leaves
    consumer.topics.track(topicOf(groupId));
    try {
      await consumer.joinGroup({});
      await sleep(forMs);
      return true;
    } catch {
      return false; // others shared anew while it came
    } finally {
      await consumer.close(true);
    }
  }

  /** Sets groups without members back to the first message that is there; gives the places at which they stood. */
  async setBack(groups: readonly string[]): Promise<Map<string, bigint>> {
    const stood = await this.places(groups);
    for (const groupId of groups) {
      const name = topicOf(groupId);
      const mine = [...stood.keys()].filter((key) => key.startsWith(`${groupId} `)).map((key) => Number(key.split(' ')[1]));
      const first = await this.#offsets(name, mine, ListOffsetTimestamps.EARLIEST);
      const partitionOffsets = mine.map((partition) => ({ partition, offset: first.get(partition) ?? 0n }));
      // Brokers refuse while they still wait for a member that is gone.
      for (const end = Date.now() + EMPTY_MS_MAX; ; await sleep(200)) {
        try {
          await this.#admin.alterConsumerGroupOffsets({ groupId, topics: [{ name, partitionOffsets }] });
          break;
        } catch (error) {
          if (Date.now() > end) throw error;
        }
      }
    }
    return stood;
  }

  /** `group partition` -> next offset, where the group has one. */
  async places(groups: readonly string[]): Promise<Map<string, bigint>> {
    const places = new Map<string, bigint>();
    for (const { groupId, topics } of await this.#admin.listConsumerGroupOffsets({ groups: [...groups] })) {
      for (const { committedOffset, partitionIndex } of topics.flatMap(({ partitions }) => partitions))
        if (committedOffset >= 0n) places.set(`${groupId} ${partitionIndex}`, committedOffset);
    }
    return places;
  }

  async close(): Promise<void> {
    await this.#admin.close();
  }

  async #offsets(name: string, partitions: readonly number[], timestamp: bigint): Promise<Map<number, bigint>> {
    if (partitions.length === 0) return new Map();
    const asked = partitions.map((partitionIndex) => ({ partitionIndex, timestamp }));
    const [topic] = await this.#admin.listOffsets({ topics: [{ name, partitions: asked }] });
    return new Map((topic?.partitions ?? []).map(({ offset, partitionIndex }) => [partitionIndex, offset]));
  }
}

function topicOf(groupId: string): string {
  return groupId.slice(groupId.lastIndexOf('.') + 1);
}
