// The figures of the Kafka bus, what all its clients share, and its errors in words. Limits carry their unit in their name.
import type { BaseOptions } from '@platformatic/kafka';

export interface KafkaSettings {
  /** host:port, several separated by commas. */
  readonly brokers: string;
  /** Before every topic name, for installations that share a cluster. */
  readonly topicPrefix?: string;
  /** How long a publisher waits for brokers that do not answer, ms. */
  readonly publishMsMax?: number;
  /** How long subscribe() waits for them, ms. */
  readonly subscribeMsMax?: number;
  /** Deliveries of a message before it goes to the dead letters. */
  readonly attemptsMax?: number;
  readonly retryMs?: number;
  /** How often members look how far they are behind, ms. */
  readonly lagLookMs?: number;
}

/** Partitions of a new topic: at most so many members of a group share its keys. */
export const PARTITIONS = 16;
/** Dead letters are few, and one reader is enough. */
export const DEAD_LETTER_PARTITIONS = 1;
/** What a topic keeps, ms: longer than any consumer may be away. */
export const RETENTION_MS = 3 * 86_400_000;
/** The largest message, bytes: a block of the journal is the largest there is. */
export const MESSAGE_BYTES_MAX = 16 * 1_048_576;

/** What one produce request carries, messages and bytes before compression. */
export const PRODUCE_MESSAGES_MAX = 4_000;
export const PRODUCE_BYTES_MAX = 4 * 1_048_576;
/** Messages that may wait to be sent before publishers wait for room. */
export const QUEUE_MESSAGES_MAX = 20_000;
export const PUBLISH_MS_MAX = 15_000;

export const SUBSCRIBE_MS_MAX = 30_000;
/** What one fetch brings at most, bytes. A single message that is larger still comes. */
export const FETCH_BYTES_MAX = 4 * 1_048_576;
/** How long a broker may hold a fetch that finds nothing, ms: a rebalance waits no longer than this for new keys. */
export const FETCH_WAIT_MS = 500;
/** Messages a member holds beside those being handled, and those handed over at once. */
export const HELD_MESSAGES_MAX = 1_024;
export const BATCH_MAX = 512;
/** What their bodies are together before no more is added, characters: a message may hold one price or hundreds. */
export const BATCH_CHARS_MAX = 1_000_000;
export const ATTEMPTS_MAX = 5;
export const RETRY_MS = 50;

/** A member that died gives its keys up after this, ms: the shortest that brokers allow by default. */
export const SESSION_MS = 6_000;
export const HEARTBEAT_MS = 1_000;
export const REBALANCE_MS = 20_000;
/** Without a heartbeat that succeeded for so long a member starts afresh, ms. */
export const STALL_MS = 15_000;
/** Pauses between attempts to come back, ms. */
export const BACK_OFF_MS = { first: 250, max: 2_000 };
/** Leaving, and closing, must not hold up a shutdown when no broker answers, ms each. */
export const CLOSE_MS_MAX = 3_000;

/** How often a member looks how far it is behind, ms. */
export const LAG_LOOK_MS = 15_000;

const REQUEST_MS_MAX = 10_000;
const CONNECT_MS_MAX = 3_000;
const RETRIES = 2;
const RETRY_DELAY_MS = 200;

export class KafkaError extends Error {
  override readonly name = 'KafkaError';
}

/** What producer, consumers and admin have in common. Retries are few: who calls them tries again, with a limit of its own. */
export function clientOptions(settings: KafkaSettings, role: string): BaseOptions {
  return {
    clientId: `palpite-${role}`,
    bootstrapBrokers: settings.brokers.split(','),
    retries: RETRIES,
    retryDelay: RETRY_DELAY_MS,
    timeout: REQUEST_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    connectTimeout: CONNECT_MS_MAX,
  };
}

/** The innermost reasons of an error of the client, each once. */
export function causeOf(error: unknown): string {
  const reasons = new Set<string>();
  const collect = (inner: unknown): void => {
    if (inner instanceof AggregateError && inner.errors.length > 0) for (const one of inner.errors) collect(one);
    else if (inner instanceof Error && inner.cause !== undefined) collect(inner.cause);
    else reasons.add(inner instanceof Error ? inner.message : String(inner));
  };
  collect(error);
  return [...reasons].join('; ');
}

/** Waits for what is being closed, but not for ever. */
export async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}
