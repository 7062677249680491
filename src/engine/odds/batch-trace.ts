// The traced fixtures of one batch of prices, which are decided and stored together: one span each, and one each for what all of them wait for.
import type { Message } from '#ports/bus.ts';
import type { FeedItem } from '#ports/feed.ts';
import type { Span, SpanName, Traces } from '#ports/traces.ts';

/** Fixtures of one batch whose way is followed; a supplier's whole image would else be a trace of a thousand spans. */
export const TRACED_FIXTURES_MAX = 4;

/** A trace of what a feed said, when it said a price and chance will have it. */
export function beginWithPrices(traces: Traces, items: readonly FeedItem[]): Span | null {
  if (!traces.on) return null;
  const price = items.find((item) => item.kind === 'quote');
  return price ? traces.begin('ingest.receive', { since: price.receivedAt }) : null;
}

export class BatchTrace {
  readonly #traces: Traces;
  readonly #spans: ReadonlyMap<string, Span>;

  private constructor(traces: Traces, spans: ReadonlyMap<string, Span>) {
    this.#traces = traces;
    this.#spans = spans;
  }

  /** Null unless a message is traced. Messages are keyed by fixture; of several of one fixture the first counts. */
  static of(traces: Traces, messages: readonly Message[]): BatchTrace | null {
    if (!traces.on) return null;
    const spans = new Map<string, Span>();
    for (const { key, traceparent } of messages) {
      if (traceparent === undefined || spans.has(key) || spans.size >= TRACED_FIXTURES_MAX) continue;
      const span = traces.follow(traceparent, 'odds.process');
      if (span) spans.set(key, span);
    }
    return spans.size > 0 ? new BatchTrace(traces, spans) : null;
  }

  /** What messages about a fixture carry on. */
  traceparentOf(eventId: string): string | undefined {
    return this.#spans.get(eventId)?.traceparent;
  }

  /** Measures a part of the work as part of each fixture's; one that fails is not told. */
  async during<T>(name: SpanName, work: () => Promise<T>): Promise<T> {
    const parts = [...this.#spans.values()].map((span) => this.#traces.follow(span.traceparent, name));
    const done = await work();
    for (const part of parts) part?.end();
    return done;
  }

  end(): void {
    for (const [eventId, span] of this.#spans) span.end({ 'palpite.event_id': eventId });
  }
}
