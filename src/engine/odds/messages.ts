// The messages of the odds pipeline as text. `odds_raw`: what a feed said, in our ids, in its order per fixture, numbered so that the reader
// knows how far it has come. `odds_updates` and `results`: what everybody else gets.
import type { Quote } from '#core/catalog/quote.ts';
import type { Result } from '#core/catalog/result.ts';
import type { Message } from '#ports/bus.ts';
import type { Cursor, FixtureCard } from '#ports/feed.ts';

export type RawFact =
  | { readonly kind: 'fixture'; readonly fixture: FixtureCard }
  | { readonly kind: 'quote'; readonly quote: Quote; readonly whole: boolean }
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'alive'; readonly at: number };

export interface RawBody {
  readonly feed: string;
  readonly eventId: string;
  /** One life of one ingest, later ones greater: its messages are numbered 1, 2, 3... */
  readonly run: number;
  readonly n: number;
  /** Where the feed was when everything up to this number was said; null: as before. */
  readonly cursor: Cursor | null;
  readonly receivedAt: number;
  readonly facts: readonly RawFact[];
}

export type UpdateBody =
  | { readonly kind: 'quotes'; readonly feed: string; readonly eventId: string; readonly quotes: readonly Quote[] }
  | { readonly kind: 'confirmed'; readonly feed: string; readonly eventId: string; readonly confirmedAt: number }
  | { readonly kind: 'fixture'; readonly feed: string; readonly eventId: string; readonly fixture: FixtureCard };

export interface ResultBody {
  readonly feed: string;
  readonly eventId: string;
  readonly result: Result;
}

export function rawMessage(body: RawBody): Message {
  const id = `${body.feed}:${body.run}:${body.n}`;
  return { topic: 'odds_raw', key: body.eventId, id, type: 'facts', v: 1, correlationId: id, body: JSON.stringify(body) };
}

/** Throws when the message is not one of ours: it then becomes a dead letter. */
export function readRaw(message: Message): RawBody {
  if (message.type !== 'facts' || message.v !== 1) throw new Error(`odds_raw carries no ${message.type} v${message.v}`);
  const body = JSON.parse(message.body) as Partial<RawBody>;
  if (typeof body.feed !== 'string' || typeof body.eventId !== 'string' || !Array.isArray(body.facts))
    throw new Error('malformed odds_raw');
  return body as RawBody;
}

export function updateMessage(body: UpdateBody, id: string): Message {
  return { topic: 'odds_updates', key: body.eventId, id, type: body.kind, v: 1, correlationId: id, body: JSON.stringify(body) };
}

export function readUpdate(message: Message): UpdateBody {
  return readKnown<UpdateBody>(message, ['quotes', 'confirmed', 'fixture']);
}

export function resultMessage(body: ResultBody): Message {
  const { result } = body;
  const id = `${result.source}:${result.eventId}:${result.version}`;
  return { topic: 'results', key: body.eventId, id, type: 'result', v: 1, correlationId: id, body: JSON.stringify(body) };
}

export function readResult(message: Message): ResultBody {
  return readKnown<ResultBody>(message, ['result']);
}

/** Asks whoever reads the feeds for a whole image of a fixture: prices of it were missed. */
export function snapshotRequest(eventId: string, id: string): Message {
  return {
    topic: 'snapshot_requests',
    key: eventId,
    id,
    type: 'snapshot',
    v: 1,
    correlationId: id,
    body: JSON.stringify({ eventId }),
  };
}

export function readSnapshotRequest(message: Message): { eventId: string } {
  return readKnown<{ eventId: string }>(message, ['snapshot']);
}

function readKnown<T extends { eventId: string }>(message: Message, types: readonly string[]): T {
  if (!types.includes(message.type) || message.v !== 1)
    throw new Error(`${message.topic} carries no ${message.type} v${message.v}`);
  const body = JSON.parse(message.body) as Partial<T>;
  if (typeof body.eventId !== 'string') throw new Error(`malformed ${message.topic}`);
  return body as T;
}
