// The bus of one process. It promises what Kafka promises and no more: order per key, delivery at least once, groups that share keys.
// From a seed it delays, repeats and reorders across keys, so that nothing comes to depend on more. Queues are bounded: publishers wait.
import { assert } from '#core/base/assert.ts';
import { makeRng, type Rng } from '#core/base/rng.ts';
import {
  type Bus,
  deadLetter,
  type Handler,
  isDeadLetterTopic,
  type Message,
  type SubscribeOptions,
  type Subscription,
} from '#ports/bus.ts';
import type { Clock } from '#ports/clock.ts';
import { type Log, silentLog } from '#ports/log.ts';
import { isOutage } from '#ports/outage.ts';
import { KeyQueues } from './key-queues.ts';

export interface MemoryBusOptions {
  readonly clock: Clock;
  readonly log?: Log;
  /** Messages one group may have waiting on one topic before publishers wait. */
  readonly queueMax?: number;
  /** The same by the characters of their bodies: a message may hold one price or hundreds. */
  readonly queueCharsMax?: number;
  /** Messages handed over at once. */
  readonly batchMax?: number;
  /** Deliveries of a message before it goes to the dead letters. */
  readonly attemptsMax?: number;
  readonly retryMs?: number;
  readonly chaos?: Chaos;
}

/** Misbehaviour that the contract allows, drawn from `seed`. */
export interface Chaos {
  readonly seed: number;
  readonly delayMsMax?: number;
  /** Share of batches delivered once more, in millionths. */
  readonly repeatPpm?: number;
  /** Lanes are served in random order and batches cut at random. */
  readonly reorder?: boolean;
}

const QUEUE_MAX = 10_000;
const QUEUE_CHARS_MAX = 4_000_000;
const BATCH_MAX = 512;
/** About what 2,500 prices are: a handler that stores a batch in one transaction is then done within a tenth of a second. */
const BATCH_CHARS_MAX = 1_000_000;
const ATTEMPTS_MAX = 5;
const RETRY_MS = 50;
/** Longest pause while what a handler needs is away. */
const OUTAGE_RETRY_MS_MAX = 1_000;
/** Dead letters kept for a group that subscribes later. */
const DEAD_LETTERS_KEPT = 1_000;

export class MemoryBus implements Bus {
  readonly #options: MemoryBusOptions;
  readonly #groups = new Map<string, Map<string, Group>>();
  readonly #deadLetters = new Map<string, Message[]>();
  #broadcasts = 0;
  #closed = false;

  constructor(options: MemoryBusOptions) {
    this.#options = options;
  }

  /** Resolves once every group has taken the messages into its queue; waits while a group that is being served is full. */
  async publish(messages: readonly Message[]): Promise<void> {
    assert(!this.#closed, 'the bus is closed');
    const byTopic = new Map<string, Message[]>();
    for (const message of messages) {
      const plain = plainMessage(message);
      const list = byTopic.get(plain.topic);
      if (list) list.push(plain);
      else byTopic.set(plain.topic, [plain]);
    }
    const waits: Promise<void>[] = [];
    for (const [topic, list] of byTopic) {
      if (isDeadLetterTopic(topic)) this.#keep(topic, list);
      for (const group of this.#groups.get(topic)?.values() ?? []) waits.push(group.put(list));
    }
    await Promise.all(waits);
  }

  subscribe(topic: string, group: string, handler: Handler, options: SubscribeOptions = {}): Promise<Subscription> {
    assert(!this.#closed, 'the bus is closed');
    if (!options.broadcast) return Promise.resolve(this.#group(topic, group).join(handler));
    // A group of its own that goes with its one member.
    const name = `${group}#${this.#broadcasts++}`;
    const own = this.#group(topic, name, false);
    const subscription = own.join(handler);
    return Promise.resolve({
      close: async () => {
        this.#groups.get(topic)?.delete(name);
        await subscription.close();
        await own.close();
      },
    });
  }

  #group(topic: string, name: string, remembers = true): Group {
    let groups = this.#groups.get(topic);
    if (!groups) this.#groups.set(topic, (groups = new Map()));
    let group = groups.get(name);
    if (!group) {
      const dead = (messages: Message[], reason: string): Promise<void> => this.#bury(topic, name, { messages, reason });
      groups.set(name, (group = new Group(`${topic}/${name}`, this.#options, dead)));
      if (remembers) void group.put(this.#deadLetters.get(topic) ?? []);
    }
    return group;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#groups.values()].flatMap((groups) => [...groups.values()].map((group) => group.close())));
  }

  async #bury(topic: string, group: string, { messages, reason }: { messages: Message[]; reason: string }): Promise<void> {
    const log = this.#options.log ?? silentLog;
    log.error('bus.dead_letter', { topic, group, reason, count: messages.length });
    if (isDeadLetterTopic(topic)) return; // a dead letter that cannot be handled stays where it is
    const letters = messages.map((message) => deadLetter(message, group, reason));
    if (!this.#closed) await this.publish(letters);
  }

  #keep(topic: string, letters: readonly Message[]): void {
    const kept = [...(this.#deadLetters.get(topic) ?? []), ...letters];
    this.#deadLetters.set(topic, kept.slice(-DEAD_LETTERS_KEPT));
  }
}

interface Member {
  readonly handler: Handler;
  readonly rng: Rng;
  open: boolean;
  running: Promise<void> | null;
}

/** One consumer group of one topic: its waiting messages and the members that share them by key. */
class Group {
  readonly #name: string;
  readonly #options: MemoryBusOptions;
  readonly #bury: (messages: Message[], reason: string) => Promise<void>;
  readonly #queues: KeyQueues;
  readonly #members: Member[] = [];
  #joined = 0;
  #waiting: (() => void)[] = [];
  #lastTurn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(name: string, options: MemoryBusOptions, bury: (messages: Message[], reason: string) => Promise<void>) {
    this.#name = name;
    this.#options = options;
    this.#bury = bury;
    this.#queues = new KeyQueues();
  }

  async put(messages: readonly Message[]): Promise<void> {
    const turn = this.#lastTurn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#lastTurn = promise;
    await turn; // publishers that wait keep their order
    try {
      while (this.#isFull() && this.#members.length > 0 && !this.#closed) {
        await new Promise<void>((wake) => this.#waiting.push(wake));
      }
      for (const message of messages) this.#queues.push(message);
      if (this.#members.length === 0) this.#dropOldest(this.#options.queueMax ?? QUEUE_MAX);
      this.#wakeMembers();
    } finally {
      resolve();
    }
  }

  join(handler: Handler): Subscription {
    const { chaos } = this.#options;
    const member: Member = {
      handler,
      rng: makeRng(chaos?.seed ?? 0, `${this.#name}:${this.#joined++}`),
      open: true,
      running: null,
    };
    this.#members.push(member);
    this.#wakeMembers();
    return { close: () => this.#leave(member) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wakePublishers();
    await Promise.all([...this.#members].map((member) => this.#leave(member)));
  }

  async #leave(member: Member): Promise<void> {
    member.open = false;
    await member.running;
    const place = this.#members.indexOf(member);
    if (place >= 0) this.#members.splice(place, 1);
    if (this.#members.length === 0) this.#wakePublishers();
    else this.#wakeMembers();
  }

  #wakeMembers(): void {
    for (const member of this.#members) {
      if (member.open && !member.running && this.#hasWork(member)) {
        member.running = this.#serve(member).finally(() => {
          member.running = null;
          if (!this.#closed) this.#wakeMembers();
        });
      }
    }
  }

  #hasWork(member: Member): boolean {
    return this.#queues.hasFree((lane) => this.#ownerOf(lane) === member);
  }

  #ownerOf(lane: number): Member | undefined {
    return this.#members[lane % this.#members.length];
  }

  async #serve(member: Member): Promise<void> {
    const { batchMax = BATCH_MAX, chaos, clock } = this.#options;
    while (member.open) {
      await new Promise(setImmediate);
      if (chaos?.delayMsMax) await sleep(clock, member.rng() * chaos.delayMsMax);
      const max = chaos?.reorder ? 1 + Math.floor(member.rng() * batchMax) : batchMax;
      const batch = this.#queues.take(
        { messages: max, chars: BATCH_CHARS_MAX },
        (lane) => this.#ownerOf(lane) === member,
        chaos?.reorder ? member.rng : null,
      );
      if (batch.messages.length === 0) return;
      const repeated = chaos?.repeatPpm !== undefined && member.rng() * 1e6 < chaos.repeatPpm;
      const undone = await this.#deliver(member, batch.messages);
      if (repeated && undone.length === 0) await this.#deliver(member, batch.messages);
      this.#queues.release(batch, undone);
      this.#wakeMembers(); // a lane may have changed hands meanwhile
      if (!this.#isFull()) this.#wakePublishers();
    }
  }

  /** Retries the batch, then message by message so that one bad message does not bury its neighbours. Gives what a leaving member left undone. */
  async #deliver(member: Member, batch: readonly Message[]): Promise<readonly Message[]> {
    const { attemptsMax = ATTEMPTS_MAX, clock, retryMs = RETRY_MS } = this.#options;
    for (let attempt = 1, waits = 0; ; attempt++) {
      try {
        await member.handler(batch);
        return [];
      } catch (error) {
        if (isOutage(error)) {
          if (!member.open) return batch;
          if (waits === 0) (this.#options.log ?? silentLog).warn('bus.waits', { group: this.#name, error: String(error) });
          await sleep(clock, Math.min(retryMs * ++waits, OUTAGE_RETRY_MS_MAX));
          attempt--; // not the message's fault
          continue;
        }
        if (attempt >= attemptsMax && batch.length === 1) {
          await this.#bury([...batch], String(error));
          return [];
        }
        if (!member.open) return batch;
        await sleep(clock, retryMs * attempt);
        if (attempt < 2 || batch.length === 1) continue;
        for (const [i, message] of batch.entries()) {
          const undone = await this.#deliver(member, [message]);
          if (undone.length > 0) return batch.slice(i);
        }
        return [];
      }
    }
  }

  #isFull(): boolean {
    const { queueCharsMax = QUEUE_CHARS_MAX, queueMax = QUEUE_MAX } = this.#options;
    return this.#queues.size >= queueMax || this.#queues.chars >= queueCharsMax;
  }

  #dropOldest(max: number): void {
    const dropped = this.#queues.dropOldest(max);
    if (dropped > 0) (this.#options.log ?? silentLog).warn('bus.unserved_group_full', { group: this.#name, dropped });
  }

  #wakePublishers(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** A copy with nothing but text and the version: what would not survive a wire does not survive here. */
function plainMessage(message: Message): Message {
  const { body, correlationId, id, key, topic, traceparent, type, v } = message;
  for (const text of [topic, key, id, type, correlationId, body]) assert(typeof text === 'string', 'a message carries text only');
  assert(Number.isSafeInteger(v), 'a message has an integer version');
  assert(traceparent === undefined || typeof traceparent === 'string', 'a message carries text only');
  return { topic, key, id, type, v, correlationId, ...(traceparent === undefined ? {} : { traceparent }), body };
}

function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(clock.now() + ms, resolve));
}
