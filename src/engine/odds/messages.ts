// The messages of the odds pipeline as text. `odds_raw`: what a feed said, in our ids, in its order per fixture, numbered so that the reader
// knows how far it has come. `odds_updates` and `results`: what everybody else gets.
import type { NumberedQuote, Quote } from '#core/catalog/quote.ts';
import type { Result } from '#core/catalog/result.ts';
import type { Message } from '#ports/bus.ts';
import type { Cursor, FixtureCard } from '#ports/feed.ts';
import { bodyOf } from '../bus/message-table.ts';

export type RawFact =
  | { readonly kind: 'fixture'; readonly fixture: FixtureCard }
  | { readonly kind: 'quote'; readonly quote: Quote; readonly whole: boolean }
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'offer'; readonly marketIds: readonly string[] }
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

export interface QuotesBody {
  readonly kind: 'quotes';
  readonly feed: string;
  readonly eventId: string;
  readonly quotes: readonly Quote[];
  /** The fixture's number of each quote, in the same order. */
  readonly numbers: readonly number[];
  /** Number of the fixture's last change before these. A reader that is not there yet has missed something and reads what is stored. */
  readonly after: number;
}

export type UpdateBody =
  | QuotesBody
  | { readonly kind: 'confirmed'; readonly feed: string; readonly eventId: string; readonly confirmedAt: number }
  | { readonly kind: 'fixture'; readonly feed: string; readonly eventId: string; readonly fixture: FixtureCard };

export interface ResultBody {
  readonly feed: string;
  readonly eventId: string;
  readonly result: Result;
}

export function rawMessage(body: RawBody, traceparent?: string): Message {
  const id = `${body.feed}:${body.run}:${body.n}`;
  const message = {
    topic: 'odds_raw',
    key: body.eventId,
    id,
    type: 'facts',
    v: 1,
    correlationId: id,
    body: JSON.stringify(body),
  };
  return traceparent === undefined ? message : { ...message, traceparent };
}

/** Throws when the message is not one of ours: it then becomes a dead letter. */
export function readRaw(message: Message): RawBody {
  return bodyOf<RawBody>(message);
}

export function updateMessage(body: UpdateBody, id: string, traceparent?: string): Message {
  const message = {
    topic: 'odds_updates',
    key: body.eventId,
    id,
    type: body.kind,
    v: 1,
    correlationId: id,
    body: JSON.stringify(body),
  };
  return traceparent === undefined ? message : { ...message, traceparent };
}

export function readUpdate(message: Message): UpdateBody {
  return bodyOf<UpdateBody>(message);
}

export function resultMessage(body: ResultBody): Message {
  const { result } = body;
  const id = `${result.source}:${result.eventId}:${result.version}`;
  return { topic: 'results', key: body.eventId, id, type: 'result', v: 1, correlationId: id, body: JSON.stringify(body) };
}

export function readResult(message: Message): ResultBody {
  return bodyOf<ResultBody>(message);
}

export interface SnapshotRequest {
  readonly eventId: string;
  /** The feed that has the gap; every one without it. */
  readonly feed?: string;
}

/** Asks whoever reads the feed for a whole image of a fixture: prices of it were missed. */
export function snapshotRequest(body: SnapshotRequest, id: string): Message {
  return {
    topic: 'snapshot_requests',
    key: body.eventId,
    id,
    type: 'snapshot',
    v: 1,
    correlationId: id,
    body: JSON.stringify(body),
  };
}

export function readSnapshotRequest(message: Message): SnapshotRequest {
  return bodyOf<SnapshotRequest>(message);
}

/** The quotes of an update with the fixture's numbers. */
export function numbered({ numbers, quotes }: QuotesBody): NumberedQuote[] {
  return quotes.map((quote, at) => ({ n: numbers[at] as number, quote }));
}
