// Messages between roles: text, never objects, so that one process cannot cheat. Order holds per key only; delivery is at least once.

export interface Message {
  readonly topic: string;
  readonly key: string;
  readonly id: string;
  readonly type: string;
  readonly v: number;
  readonly correlationId: string;
  readonly traceparent?: string;
  readonly body: string;
}

export const TOPICS = [
  'odds_raw',
  'odds_updates',
  'results',
  'candles',
  'stream_events',
  'commands',
  'events',
  'bet_placed',
  'bet_confirmed',
  'snapshot_requests',
] as const;
export type Topic = (typeof TOPICS)[number];

const DEAD_LETTER_SUFFIX = '_dlq';

export function deadLetterTopic(topic: string): string {
  return `${topic}${DEAD_LETTER_SUFFIX}`;
}

export function isDeadLetterTopic(topic: string): boolean {
  return topic.endsWith(DEAD_LETTER_SUFFIX);
}

/** Body of a dead letter: a message that a group could not handle, and why. */
export interface DeadLetterBody {
  readonly group: string;
  readonly message: Message;
  readonly reason: string;
}

/** The letter about a message, for the dead letters of its topic. */
export function deadLetter(message: Message, group: string, reason: string): Message {
  const body: DeadLetterBody = { group, message, reason };
  return { ...message, topic: deadLetterTopic(message.topic), type: 'dead_letter', v: 1, body: JSON.stringify(body) };
}

/**
 * Fails with what isOutage() knows: the batch waits and is tried until the dependency is back. Fails otherwise: it is tried a few times, then
 * message by message, and what still fails becomes a dead letter.
 */
export type Handler = (messages: readonly Message[]) => Promise<void>;

export interface Subscription {
  close(): Promise<void>;
}

export interface SubscribeOptions {
  /**
   * Every member gets every message from now on and nothing is remembered of it: for processes that each need all prices. When this
   * resolves, what is published afterwards will arrive. Without it members share the keys, and a group goes on where it stopped.
   */
  readonly broadcast?: boolean;
}

export interface Bus {
  publish(messages: readonly Message[]): Promise<void>;
  /** Members of one group share the keys of a topic; each group sees every message. */
  subscribe(topic: string, group: string, handler: Handler, options?: SubscribeOptions): Promise<Subscription>;
  close(): Promise<void>;
}
