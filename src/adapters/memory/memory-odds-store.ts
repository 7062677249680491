// The odds store in memory: the same rules as the SQL one, for tests and runs without a database.
import type { Quote } from '#core/catalog/quote.ts';
import { isFinalStatus, isLaterResult, type Result } from '#core/catalog/result.ts';
import type { Cursor, FixtureCard } from '#ports/feed.ts';
import { OddsConflictError, type OddsEffect, type OddsStore, type StoredEvent, type StoredQuote } from '#ports/odds-store.ts';

export class MemoryOddsStore implements OddsStore {
  readonly current = new Map<string, StoredQuote>();
  readonly history = new Map<string, Quote>();
  readonly fixtures = new Map<string, FixtureCard>();
  readonly results = new Map<string, Result>();
  readonly cursors = new Map<string, Cursor>();
  commits = 0;

  loadLive(): Promise<StoredEvent[]> {
    return this.loadEvents([...this.fixtures.keys()].filter((id) => !isFinalStatus(this.results.get(id)?.status ?? 'live')));
  }

  loadEvents(eventIds: readonly string[]): Promise<StoredEvent[]> {
    const events = eventIds.map((eventId): StoredEvent => {
      const quotes = [...this.current.values()].filter((row) => row.eventId === eventId);
      return { eventId, card: this.fixtures.get(eventId) ?? null, result: this.results.get(eventId) ?? null, quotes };
    });
    return Promise.resolve(events.filter(({ card, quotes, result }) => card || result || quotes.length > 0));
  }

  lastResults(limit: number): Promise<Result[]> {
    return Promise.resolve([...this.results.values()].reverse().slice(0, limit));
  }

  cursor(feed: string): Promise<Cursor | null> {
    return Promise.resolve(this.cursors.get(feed) ?? null);
  }

  commit(effect: OddsEffect): Promise<void> {
    for (const row of effect.current) {
      const known = this.current.get(keyOf(row.quote));
      if (row.after !== (known?.quote.quoteSeq ?? 0))
        return Promise.reject(new OddsConflictError(`${row.quote.marketId} has changed`));
      if (!known || known.feed !== row.feed) continue; // versions of two feeds are no order
      const { sourceEpoch, sourceVersion } = known.quote;
      const ahead = row.quote.sourceEpoch - sourceEpoch || row.quote.sourceVersion - sourceVersion;
      if (ahead < 0 || row.quote.quoteSeq < row.after || row.confirmedAt < known.confirmedAt)
        return Promise.reject(new OddsConflictError(`${row.quote.marketId} would go back`));
    }
    this.commits++;
    for (const { after: _, ...row } of effect.current) this.current.set(keyOf(row.quote), row);
    for (const quote of effect.history) this.history.set(`${keyOf(quote)}|${quote.quoteSeq}`, quote);
    for (const card of effect.fixtures) {
      if ((card.saidAt ?? 0) >= (this.fixtures.get(card.eventId)?.saidAt ?? 0)) this.fixtures.set(card.eventId, card);
    }
    for (const result of effect.results) {
      if (isLaterResult(this.results.get(result.eventId), result)) this.results.set(result.eventId, result);
    }
    for (const { cursor, feed } of effect.cursors) this.cursors.set(feed, cursor);
    return Promise.resolve();
  }

  pruneHistory(before: number, limit: number): Promise<number> {
    const old = [...this.history].filter(([, quote]) => quote.observedAt < before).slice(0, limit);
    for (const [key] of old) this.history.delete(key);
    return Promise.resolve(old.length);
  }
}

function keyOf(quote: Quote): string {
  return `${quote.marketId}|${quote.source}`;
}
