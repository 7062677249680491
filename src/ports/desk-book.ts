// What the desk offers by hand: its fixtures, markets, prices and results, as one numbered list of changes. The newest change of a thing is what
// holds. The list is read to its end again and again by the desk's feed, which brings it into the odds pipeline like any supplier's.
import type { Stated } from '#core/bets/runners/stated-market.ts';
import type { Price } from '#core/catalog/quote.ts';
import type { Result } from '#core/catalog/result.ts';
import type { Margin } from '#core/desk/make-prices.ts';
import type { FixtureCard } from './feed.ts';

/** Name of the desk's feed in aliases, cursors and messages, and of its book where several sources make a line. */
export const DESK_FEED = 'desk';

export interface DeskFixture extends FixtureCard {
  /** The question, or another name for people; may be erased. */
  readonly title: string;
}

/** What a market of its own selections is opened with, as given; without `selections` they are those that are priced. */
export type StatedAsked = { readonly [K in keyof Stated]?: Stated[K] | undefined };

/** One fixture, race or question, with one market of it when that is named. */
export interface DeskRow extends StatedAsked {
  readonly sport: string;
  readonly competition: string;
  /** Of a question or a race: its short name. */
  readonly home: string;
  /** Of a question or a race: `-`. */
  readonly away: string;
  /** Kick-off, or when a question closes, ms: prices that are not in play end there. */
  readonly startAt: number;
  readonly title?: string | undefined;
  /** As in a market id behind its fixture: `1x2`, `ou@2.5`, `yesno`, `win`. */
  readonly market?: string | undefined;
  readonly oddsMilli?: Readonly<Record<string, number>> | undefined;
  readonly probabilities?: Readonly<Record<string, number>> | undefined;
  readonly margin?: Margin | undefined;
  readonly validUntil?: number | undefined;
}

export interface DeskOffer {
  readonly marketId: string;
  readonly eventId: string;
  /** A withdrawn selection has none. */
  readonly prices: readonly Price[];
  /** What the prices were made with. */
  readonly margin: Margin | null;
  readonly inPlay: boolean;
  readonly betDelayMs: number;
  /** The prices end at this time, ms; null: when the desk says so. */
  readonly validUntil: number | null;
  /** Of a market of its own selections. */
  readonly stated?: Stated;
}

export type DeskFact =
  | { readonly kind: 'fixture'; readonly fixture: DeskFixture }
  | { readonly kind: 'offer'; readonly offer: DeskOffer }
  | { readonly kind: 'result'; readonly result: Result };

export type DeskChange = DeskFact & { readonly no: number; readonly at: number; readonly by: string };

export interface DeskBook {
  /** All or nothing, in this order; gives the number of the last. Numbers are seen in their order: none appears behind a later one. */
  append(facts: readonly DeskFact[], said: { readonly at: number; readonly by: string }): Promise<number>;
  changesAfter(no: number, limit: number): Promise<DeskChange[]>;
  /** The newest fixture, offers and result of one event. */
  event(eventId: string): Promise<DeskChange[]>;
  /** The newest offers of all markets of these events. */
  offers(eventIds: readonly string[]): Promise<DeskChange[]>;
  /** Newest offers that end by themselves. */
  expiring(): Promise<DeskChange[]>;
  /** The desk's fixtures from a start on, by start. */
  fixtures(from: number, limit: number): Promise<DeskFixture[]>;
}

/** The event that a fact is about. */
export function eventIdOf(fact: DeskFact): string {
  if (fact.kind === 'fixture') return fact.fixture.eventId;
  return fact.kind === 'offer' ? fact.offer.eventId : fact.result.eventId;
}

/** What a newer fact of the same event replaces: its market's offer, or its card, or its result. */
export function nameOf(fact: DeskFact): string {
  return fact.kind === 'offer' ? fact.offer.marketId : fact.kind;
}
