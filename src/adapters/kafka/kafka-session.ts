// One consumer with one stream of one topic, from joining to leaving. It hands out what it owns in order and commits what was handled; any
// fault ends it, and its member opens another.
import { Consumer, ListOffsetTimestamps, type MessagesStream } from '@platformatic/kafka';
import type { Log } from '#ports/log.ts';
import {
  BATCH_CHARS_MAX,
  causeOf,
  clientOptions,
  CLOSE_MS_MAX,
  FETCH_BYTES_MAX,
  FETCH_WAIT_MS,
  HEARTBEAT_MS,
  HELD_MESSAGES_MAX,
  KafkaError,
  type KafkaSettings,
  REBALANCE_MS,
  SESSION_MS,
  STALL_MS,
  within,
} from './kafka-settings.ts';
import type { Received } from './kafka-wire.ts';

type Text = string | undefined;
type TextConsumer = Consumer<Text, Text, string, string>;
type TextStream = MessagesStream<Text, Text, string, string>;

export interface SessionOptions {
  readonly settings: KafkaSettings;
  readonly topic: string;
  readonly groupId: string;
  readonly log: Log;
  /** Next offset per partition: everybody gets everything from there and nothing is committed. Without it the group's own places count. */
  readonly from?: ReadonlyMap<number, bigint>;
}

const STREAM = { autocommit: false, maxBytes: FETCH_BYTES_MAX, maxWaitTime: FETCH_WAIT_MS, highWaterMark: HELD_MESSAGES_MAX };

export class KafkaSession {
  readonly #options: SessionOptions;
  readonly #consumer: TextConsumer;
  readonly #stream: TextStream;
  /** Per partition the last record that was handled. */
  readonly #handled = new Map<number, Received>();
  readonly #committed = new Map<number, bigint>();
  #committing: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  #fault: Error | null = null;
  #interrupted = false;

  private constructor(options: SessionOptions, consumer: TextConsumer, stream: TextStream) {
    this.#options = options;
    this.#consumer = consumer;
    this.#stream = stream;
    stream.on('readable', () => this.#wake?.());
    stream.on('error', (error) => this.#fail(error));
    stream.on('close', () => this.#fail(new KafkaError('the stream ended')));
    consumer.on('error', (error) => this.#fail(error));
    consumer.on('consumer:heartbeat:stalled', ({ lastError, stalledFor }) =>
      this.#fail(new KafkaError(`no heartbeat for ${stalledFor} ms: ${causeOf(lastError)}`)),
    );
  }

  /** Joins and finds its place. */
  static async open(options: SessionOptions): Promise<KafkaSession> {
    const consumer = makeConsumer(options);
    try {
      const stream = await (options.from ? readFrom(consumer, options, options.from) : joinGroup(consumer, options));
      return new KafkaSession(options, consumer, stream);
    } catch (error) {
      await leaveAndClose(consumer, options);
      throw error;
    }
  }

  /** Up to `max` records, or what their bodies may be together, that belong to this member; none once it was interrupted. Throws what ended the stream. */
  async take(max: number): Promise<Received[]> {
    for (;;) {
      if (this.#fault) throw this.#fault;
      if (this.#interrupted) return [];
      const taken: Received[] = [];
      let chars = 0;
      for (let one: Received | null; taken.length < max && chars < BATCH_CHARS_MAX && (one = this.#stream.read()) !== null;) {
        if (!this.#isMine(one)) continue;
        taken.push(one);
        chars += one.value?.length ?? 0;
      }
      if (taken.length > 0) return taken;
      if (this.#fault === null) await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  /** These are handled, in the order in which they were taken: the group goes on behind them. */
  done(records: readonly Received[]): void {
    for (const record of records) this.#handled.set(record.partition, record);
    if (!this.#options.from) this.#commitSoon();
  }

  /** Messages that are there and not handled, in the partitions of this member. */
  async behind(): Promise<number> {
    const { from, topic } = this.#options;
    const ends = (await this.#consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.LATEST })).get(topic) ?? [];
    const partitions = [...ends.keys()].filter((partition) => this.#owns(partition));
    if (partitions.length === 0) return 0;
    const places = from ? null : (await this.#consumer.listCommittedOffsets({ topics: [{ topic, partitions }] })).get(topic);
    return partitions.reduce((total, partition) => {
      const handled = this.#handled.get(partition);
      const place = handled ? handled.offset + 1n : ((from ? from.get(partition) : places?.[partition]) ?? 0n);
      return total + Math.max(0, Number((ends[partition] ?? 0n) - place));
    }, 0);
  }

  interrupt(): void {
    this.#interrupted = true;
    this.#wake?.();
  }

  async close(): Promise<void> {
    if (!this.#fault) await within(this.#committing ?? Promise.resolve(), CLOSE_MS_MAX);
    this.#fault ??= new KafkaError('the session is closed');
    await leaveAndClose(this.#consumer, this.#options);
  }

  /** Not of a partition that went to another member meanwhile, and not what was handled here already. */
  #isMine({ offset, partition }: Received): boolean {
    const last = this.#handled.get(partition);
    if (last && offset <= last.offset) return false;
    return this.#owns(partition);
  }

  #owns(partition: number): boolean {
    return (
      this.#consumer.assignments?.find(({ topic }) => topic === this.#options.topic)?.partitions.includes(partition) ?? false
    );
  }

  /** One commit at a time; what is handled meanwhile goes into the next one. */
  #commitSoon(): void {
    this.#committing ??= this.#commitAll().finally(() => (this.#committing = null));
  }

  async #commitAll(): Promise<void> {
    for (let offsets = this.#uncommitted(); offsets.length > 0; offsets = this.#uncommitted()) {
      try {
        await this.#consumer.commit({ offsets });
      } catch (error) {
        // What is not committed is delivered again: the session ends, and the next one begins where the group stands.
        this.#fail(new KafkaError(`cannot commit: ${causeOf(error)}`));
        return;
      }
      for (const { offset, partition } of offsets) this.#committed.set(partition, offset);
    }
  }

  #uncommitted(): { topic: string; partition: number; offset: bigint; leaderEpoch: number }[] {
    const { topic } = this.#options;
    return [...this.#handled.values()]
      .filter(({ offset, partition }) => this.#committed.get(partition) !== offset + 1n && this.#owns(partition))
      .map(({ leaderEpoch, offset, partition }) => ({ topic, partition, offset: offset + 1n, leaderEpoch }));
  }

  #fail(error: Error): void {
    this.#fault ??= error;
    this.#wake?.();
  }
}

/** Left first, as the client forgets its membership only then: closed in the middle of a rejoin, it goes on with its heartbeat for ever. */
async function leaveAndClose(consumer: TextConsumer, { from }: SessionOptions): Promise<void> {
  if (!from) await within(Promise.resolve(consumer.leaveGroup(true)), CLOSE_MS_MAX);
  await within(consumer.close(true), CLOSE_MS_MAX);
}

/** The end of every partition: where a broadcast begins. */
export async function endOf(options: SessionOptions): Promise<Map<number, bigint>> {
  const consumer = makeConsumer(options);
  try {
    const offsets = await consumer.listOffsets({ topics: [options.topic], timestamp: ListOffsetTimestamps.LATEST });
    return new Map((offsets.get(options.topic) ?? []).map((offset, partition) => [partition, offset]));
  } finally {
    await within(consumer.close(true), CLOSE_MS_MAX);
  }
}

function makeConsumer({ groupId, settings }: SessionOptions): TextConsumer {
  const text = (data?: Buffer): Text => data?.toString();
  const headerText = (data?: Buffer): string => data?.toString() ?? '';
  const consumer = new Consumer<Text, Text, string, string>({
    ...clientOptions(settings, 'consumer'),
    groupId,
    groupProtocol: 'classic', // its session time is ours to choose; with the newer protocol it is the cluster's, 45 s by default
    sessionTimeout: SESSION_MS,
    heartbeatInterval: HEARTBEAT_MS,
    rebalanceTimeout: REBALANCE_MS,
    heartbeatStallTimeout: STALL_MS,
    autocommit: false,
    deserializers: { key: text, value: text, headerKey: headerText, headerValue: headerText },
  });
  // Also of one that is closing: it may try to rejoin meanwhile, and an error that nobody hears ends the process.
  consumer.on('error', () => {});
  return consumer;
}

async function joinGroup(consumer: TextConsumer, options: SessionOptions): Promise<TextStream> {
  const { topic } = options;
  consumer.topics.track(topic);
  await consumer.joinGroup({});
  await settlePlaces(consumer, topic);
  return consumer.consume({ ...STREAM, topics: [topic], mode: 'committed', fallbackMode: 'earliest' });
}

/** A group that is new to a partition commits its beginning, so that a member that goes before its first commit leaves nothing behind unread. */
async function settlePlaces(consumer: TextConsumer, topic: string): Promise<void> {
  const partitions = consumer.assignments?.find((assignment) => assignment.topic === topic)?.partitions ?? [];
  if (partitions.length === 0) return;
  const known = (await consumer.listCommittedOffsets({ topics: [{ topic, partitions }] })).get(topic) ?? [];
  const fresh = partitions.filter((partition) => (known[partition] ?? -1n) < 0n);
  if (fresh.length === 0) return;
  const first = (await consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.EARLIEST })).get(topic) ?? [];
  const offsets = fresh.map((partition) => ({ topic, partition, offset: first[partition] ?? 0n, leaderEpoch: -1 }));
  await consumer.commit({ offsets });
}

/** Reads all partitions without being in a group: the client would join one, were its member and its partitions not set here. */
async function readFrom(
  consumer: TextConsumer,
  { topic }: SessionOptions,
  from: ReadonlyMap<number, bigint>,
): Promise<TextStream> {
  consumer.topics.track(topic);
  consumer.memberId = 'alone';
  consumer.assignments = [{ topic, partitions: [...from.keys()] }];
  const offsets = [...from].map(([partition, offset]) => ({ topic, partition, offset }));
  return consumer.consume({ ...STREAM, topics: [topic], mode: 'manual', fallbackMode: 'latest', offsets });
}
