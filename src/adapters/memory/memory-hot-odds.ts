// The hot prices of one process: the same promises as Redis, for when there is none. In a process without a keeper it knows nothing.
import type { NumberedQuote } from '#core/catalog/quote.ts';
import type { HotOdds, HotOddsKeeper, HotRead, HotRow } from '#ports/hot-odds.ts';

/** Fixtures that are kept; the one that was written longest ago goes first. */
const FIXTURES_MAX = 5_000;

interface Fixture {
  readonly rows: Map<string, NumberedQuote>;
  whole: boolean;
}

export class MemoryHotOdds implements HotOdds, HotOddsKeeper {
  readonly #fixtures = new Map<string, Fixture>();
  #place: string | null = null;
  #places = 0;

  begin(): Promise<void> {
    this.#fixtures.clear();
    this.#place = String(++this.#places);
    return Promise.resolve();
  }

  end(): void {
    this.#place = null;
    this.#fixtures.clear();
  }

  put(rows: readonly HotRow[]): Promise<void> {
    if (this.#place !== null) for (const { eventId, ...row } of rows) keep(this.#of(eventId), row);
    return Promise.resolve();
  }

  read(eventId: string): Promise<HotRead> {
    const fixture = this.#fixtures.get(eventId);
    return Promise.resolve({ quotes: fixture?.whole ? [...fixture.rows.values()] : null, place: this.#place });
  }

  fill(eventId: string, quotes: readonly NumberedQuote[], place: string): Promise<void> {
    if (place !== this.#place) return Promise.resolve();
    const fixture = this.#of(eventId);
    for (const row of quotes) keep(fixture, row);
    fixture.whole = true;
    return Promise.resolve();
  }

  #of(eventId: string): Fixture {
    const fixture = this.#fixtures.get(eventId) ?? { rows: new Map<string, NumberedQuote>(), whole: false };
    this.#fixtures.delete(eventId);
    this.#fixtures.set(eventId, fixture);
    const oldest = this.#fixtures.keys().next().value;
    if (this.#fixtures.size > FIXTURES_MAX && oldest !== undefined) this.#fixtures.delete(oldest);
    return fixture;
  }
}

function keep({ rows }: Fixture, row: NumberedQuote): void {
  const key = `${row.quote.marketId} ${row.quote.source}`;
  const known = rows.get(key)?.quote;
  if (known && (known.quoteSeq - row.quote.quoteSeq || known.confirmedAt - row.quote.confirmedAt) >= 0) return;
  rows.set(key, row);
}
