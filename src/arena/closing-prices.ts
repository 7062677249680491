// What the market thought at the close: fair probabilities per market and selection, used to score bets and never shown to a bot.
import { isFixedType, parseMarketId, selectionsOf } from '#core/catalog/market.ts';
import { type DevigMethod, fairProbabilities } from '#core/signals/devig.ts';
import type { Capture, RecordedFixture } from '#ports/recording.ts';

export interface ClosingTerms {
  /** Books in order of preference; the first that has a complete closing price for a market is used. */
  readonly books: readonly string[];
  readonly devig: DevigMethod;
}

/** Fair closing probability by `marketId selectionId`. */
export type ClosingFair = ReadonlyMap<string, number>;

export function closingKey(marketId: string, selectionId: string): string {
  return `${marketId} ${selectionId}`;
}

export function closingFair(fixtures: readonly RecordedFixture[], terms: ClosingTerms): ClosingFair {
  const fair = new Map<string, number>();
  for (const fixture of fixtures) {
    for (const book of terms.books) {
      for (const capture of lastCaptures(fixture, book)) addCapture(fair, capture, terms.devig);
    }
  }
  return fair;
}

/** The closing capture of a season file, or every pre-match capture of a price history, newest first (the first one found counts). */
function lastCaptures(fixture: RecordedFixture, book: string): Capture[] {
  return fixture.captures
    .filter((c) => c.book === book && !c.inPlay && c.at < fixture.startAt && c.label !== 'opening')
    .sort((a, b) => b.at - a.at);
}

function addCapture(fair: Map<string, number>, capture: Capture, devig: DevigMethod): void {
  for (const { marketId, prices } of capture.quotes) {
    const market = parseMarketId(marketId);
    if (!market || !isFixedType(market.type)) continue;
    const selections = selectionsOf(market.type);
    if (fair.has(closingKey(marketId, selections[0] as string)) || market.type === 'dc') continue;
    const odds = selections.map((id) => prices.find((p) => p.selectionId === id)?.oddsMilli ?? 0);
    if (odds.includes(0)) continue;
    const probabilities = fairProbabilities(odds, devig);
    probabilities?.forEach((p, i) => fair.set(closingKey(marketId, selections[i] as string), p));
  }
}
