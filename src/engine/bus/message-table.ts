// THE table of messages: topic -> type -> version -> what its body must be. Whoever adds a message adds its row; what is in no row, or is not
// what its row says, is a dead letter. A version that was ever sent stays as long as a topic may still hold it.
import { RESULT_STATUSES } from '#core/catalog/result.ts';
import { type Message, type Topic, TOPICS } from '#ports/bus.ts';
import { type Check, flag, kinds, listOf, number, oneOf, optional, orNull, shape, text, whole } from './shape.ts';

type Versions = Readonly<Record<number, Check>>;

const fixture = shape({
  eventId: text,
  sport: text,
  competition: text,
  home: text,
  away: text,
  startAt: whole,
  saidAt: optional(whole),
});
const quote = shape({
  marketId: text,
  quoteSeq: whole,
  status: oneOf('open', 'suspended', 'closed'),
  inPlay: flag,
  betDelayMs: whole,
  prices: listOf(shape({ selectionId: text, oddsMilli: whole })),
  source: text,
  from: optional(text),
  sourceEpoch: whole,
  sourceVersion: whole,
  observedAt: whole,
  confirmedAt: whole,
});
const result = shape({
  eventId: text,
  source: text,
  version: whole,
  observedAt: whole,
  status: oneOf(...RESULT_STATUSES),
  completedPeriods: listOf(text),
  scores: listOf(shape({ period: text, stat: text, home: number, away: number })),
});
const fact = kinds('kind', {
  fixture: shape({ fixture }),
  quote: shape({ quote, whole: flag }),
  result: shape({ result }),
  offer: shape({ marketIds: listOf(text) }),
  alive: shape({ at: whole }),
});
const cursor = shape({ epoch: whole, seq: whole, token: optional(text) });

const TABLE: Readonly<Record<Topic, Readonly<Record<string, Versions>>>> = {
  odds_raw: {
    facts: {
      1: shape({
        feed: text,
        eventId: text,
        run: whole,
        n: whole,
        cursor: orNull(cursor),
        receivedAt: whole,
        facts: listOf(fact),
      }),
    },
  },
  odds_updates: {
    quotes: {
      1: shape({ kind: oneOf('quotes'), feed: text, eventId: text, quotes: listOf(quote), numbers: listOf(whole), after: whole }),
    },
    confirmed: { 1: shape({ kind: oneOf('confirmed'), feed: text, eventId: text, confirmedAt: whole }) },
    fixture: { 1: shape({ kind: oneOf('fixture'), feed: text, eventId: text, fixture }) },
  },
  results: { result: { 1: shape({ feed: text, eventId: text, result }) } },
  snapshot_requests: { snapshot: { 1: shape({ eventId: text, feed: optional(text) }) } },
  events: { EventBatch: { 1: shape({ shard: whole, firstSeq: whole, events: text }) } },
  commands: {
    command: { 1: shape({ commandId: text, ledgerId: text, cmd: shape({ type: text }) }) },
    batch: { 1: shape({ at: whole, quotes: listOf(quote), commands: listOf(text) }) },
  },
  bet_placed: {
    bet: {
      1: shape({
        betId: text,
        ledgerId: text,
        holder: text,
        legs: listOf(shape({ marketId: text, selectionId: text, oddsMilli: whole, lead: optional(whole) })),
        stakeMinor: whole,
        currency: text,
        quoteSeq: whole,
        placedAt: whole,
        answerBy: whole,
      }),
    },
  },
  bet_confirmed: {
    answer: {
      1: shape({
        betId: text,
        ledgerId: text,
        status: oneOf('confirmed', 'rejected'),
        reason: optional(text),
        providerRef: optional(text),
        at: whole,
      }),
    },
  },
  // Nobody sends these yet.
  candles: {},
  stream_events: {},
};

/** Topics that carry messages. */
export const TOPICS_SENT: readonly Topic[] = TOPICS.filter((topic) => Object.keys(TABLE[topic]).length > 0);

/** Bodies that were parsed for their check, until the handler asks for them. */
const parsed = new WeakMap<Message, unknown>();

/** Why a message cannot be read, or null. */
export function faultOf(message: Message): string | null {
  const { body, topic, type, v } = message;
  const types: Readonly<Record<string, Versions>> = Object.hasOwn(TABLE, topic) ? TABLE[topic as Topic] : {};
  const versions = Object.hasOwn(types, type) ? types[type] : undefined;
  const check = versions && Object.hasOwn(versions, v) ? versions[v] : undefined;
  if (!check) return `${topic} carries no ${type} v${v}`;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    return `malformed ${topic} ${type} v${v}: ${(error as Error).message}`;
  }
  const fault = check(value, 'body');
  if (fault !== null) return `malformed ${topic} ${type} v${v}: ${fault} is missing or not what it must be`;
  parsed.set(message, value);
  return null;
}

/** The body of a message that its row in the table describes; throws when it is not. */
export function bodyOf<T>(message: Message): T {
  if (!parsed.has(message)) {
    const fault = faultOf(message);
    if (fault !== null) throw new Error(fault);
  }
  const body = parsed.get(message) as T;
  parsed.delete(message); // the next reader gets an object of its own
  return body;
}
