// A recording as what a supplier would have said, moment by moment. A price can be had in its stated window and never at or after the
// kick-off; between two recorded prices there is none. Prices captured in play are left out: the recording gives no score with them.
import type { Price } from '#core/catalog/quote.ts';
import type { Result } from '#core/catalog/result.ts';
import type { FixtureCard } from '#ports/feed.ts';
import type { RecordedFixture } from '#ports/recording.ts';

interface At {
  /** Recorded time, UTC ms. */
  readonly at: number;
  readonly eventId: string;
}

export type RecordedFact = At &
  (
    | { readonly kind: 'fixture'; readonly card: FixtureCard }
    | {
        readonly kind: 'quote';
        readonly book: string;
        readonly marketId: string;
        readonly prices: readonly Price[];
        /** When the price was captured. */
        readonly madeAt: number;
        /** Recorded time up to which the price can be had; null: this says that it cannot any more. */
        readonly until: number | null;
      }
    | { readonly kind: 'result'; readonly result: Result }
  );

/** Everything in order of time; at one moment fixtures come first, then what ends, then new prices, then results. */
export function recordedFacts(fixtures: readonly RecordedFixture[], windowMs: number): RecordedFact[] {
  const facts = fixtures.flatMap((fixture) => factsOf(fixture, windowMs));
  return facts
    .map((fact, i) => ({ fact, i }))
    .sort((a, b) => a.fact.at - b.fact.at || rank(a.fact) - rank(b.fact) || a.i - b.i)
    .map(({ fact }) => fact);
}

function rank(fact: RecordedFact): number {
  if (fact.kind === 'fixture') return 0;
  if (fact.kind === 'result') return 3;
  return fact.until === null ? 1 : 2;
}

function factsOf(fixture: RecordedFixture, windowMs: number): RecordedFact[] {
  const { card, result, startAt } = fixture;
  const { eventId } = card;
  const quotes = quotesOf(fixture, windowMs);
  if (quotes.length === 0) return [];
  const first = quotes.reduce((at, quote) => Math.min(at, quote.at), startAt);
  return [
    { kind: 'fixture', at: first, eventId, card },
    ...quotes,
    ...(result ? [{ kind: 'result', at: Math.max(result.observedAt, startAt), eventId, result } as const] : []),
  ];
}

type RecordedQuoteFact = Extract<RecordedFact, { kind: 'quote' }>;

function quotesOf({ captures, card, startAt }: RecordedFixture, windowMs: number): RecordedQuoteFact[] {
  const { eventId } = card;
  const opened = new Map<string, RecordedQuoteFact[]>();
  for (const { at, book, inPlay, quotes } of captures) {
    if (inPlay || at >= startAt) continue;
    for (const { marketId, prices } of quotes) {
      const key = `${book}|${marketId}`;
      const until = Math.min(at + windowMs, startAt);
      opened.set(key, [...(opened.get(key) ?? []), { kind: 'quote', at, eventId, book, marketId, prices, madeAt: at, until }]);
    }
  }
  return [...opened.values()].flatMap((list) =>
    list.flatMap((quote, i): RecordedQuoteFact[] => {
      const next = list[i + 1]?.at ?? Number.POSITIVE_INFINITY;
      const until = quote.until as number;
      // The next price takes its place; otherwise its window ends.
      return next <= until ? [quote] : [quote, { ...quote, at: until, until: null }];
    }),
  );
}
