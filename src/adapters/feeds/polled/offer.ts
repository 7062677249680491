// What a polled supplier offers, as its answers tell it, in our market names. A period in an answer replaces that period whole: a market that
// it no longer names is withdrawn; a period that is not in the answer is as it was.
import { type MarketTerms, marketIdOf } from '#core/catalog/market.ts';
import type { Price } from '#core/catalog/quote.ts';
import type { FixtureCard } from '#ports/feed.ts';
import type { AnswerOf, WireEvent, WireOdds, WirePeriod } from './wire.ts';

/** Fixture ids inside feed items: `poll:<the supplier's id of the pre-match fixture>`. */
export const FOREIGN_PREFIX = 'poll:';
/** Bets in play wait this long, ms: the supplier's own delay. */
export const LIVE_DELAY_MS = 6_000;

const PERIODS: Readonly<Record<number, MarketTerms['period']>> = { 0: 'ft', 1: 'h1', 2: 'h2' };
const OPEN = 1;

export interface Offered {
  readonly marketId: string;
  readonly open: boolean;
  readonly inPlay: boolean;
  readonly betDelayMs: number;
  readonly prices: readonly Price[];
  readonly score?: { readonly home: number; readonly away: number };
}

interface Event extends WireEvent {
  readonly competition: string;
}

interface EventOdds {
  readonly score: { readonly home: number; readonly away: number };
  readonly periods: ReadonlyMap<number, WirePeriod>;
}

export class Offer {
  readonly #events = new Map<number, Event>();
  readonly #odds = new Map<number, EventOdds>();
  /** Event -> the fixture that it is about, and back. */
  readonly #roots = new Map<number, number>();
  readonly #members = new Map<number, Set<number>>();
  /** Pre-match event -> events that name it as their parent. */
  readonly #children = new Map<number, Set<number>>();
  readonly #touched = new Set<number>();

  takeFixtures(answer: AnswerOf<'fixtures'>): void {
    const told: number[] = [];
    for (const { events, name } of answer.league) {
      for (const event of events) {
        if ((event.resultingUnit ?? 'Regular') !== 'Regular') continue; // corners and cards by another name
        this.#events.set(event.id, { ...event, competition: name });
        told.push(event.id);
        if (event.parentId !== undefined) entryOf(this.#children, event.parentId).add(event.id);
      }
    }
    // Only now: a live fixture may stand before the one that it belongs to, or have come in an answer before.
    for (const id of told) for (const one of [id, ...(this.#children.get(id) ?? [])]) this.#join(one);
  }

  takeOdds(answer: AnswerOf<'odds'>): void {
    for (const { events } of answer.leagues) {
      for (const odds of events) {
        this.#odds.set(odds.id, replaced(this.#odds.get(odds.id), odds));
        this.#touched.add(this.#roots.get(odds.id) ?? odds.id);
      }
    }
  }

  /** Fixtures about which something was said since the last call. */
  takeTouched(): Set<number> {
    const touched = new Set(this.#touched);
    this.#touched.clear();
    return touched;
  }

  fixtures(): Iterable<number> {
    return this.#members.keys();
  }

  /** The fixture that an event is about. */
  rootOf(eventId: number): number {
    return this.#roots.get(eventId) ?? eventId;
  }

  card(root: number): FixtureCard | null {
    const event = this.#events.get(root);
    if (!event) return null;
    const { away, competition, home, starts } = event;
    return { eventId: foreignId(root), sport: 'fb', competition, home, away, startAt: starts };
  }

  /** What can be bet on, and what is only shown, by market. No market is open on two events of one fixture; if one is, the later event counts. */
  markets(root: number, now: number): Map<string, Offered> {
    const all = new Map<string, Offered>();
    for (const id of [...(this.#members.get(root) ?? [])].sort((a, b) => a - b)) {
      const [event, odds] = [this.#events.get(id), this.#odds.get(id)];
      if (!event || !odds) continue;
      for (const period of odds.periods.values()) {
        for (const offered of marketsOf({ root, event, score: odds.score, period, now })) {
          if (offered.open || !all.get(offered.marketId)?.open) all.set(offered.marketId, offered);
        }
      }
    }
    return all;
  }

  /** When the first of its periods closes by itself, ms. */
  nextCutoff(root: number, now: number): number {
    let at = Number.POSITIVE_INFINITY;
    for (const id of this.#members.get(root) ?? []) {
      for (const { cutoff } of this.#odds.get(id)?.periods.values() ?? []) if (cutoff > now) at = Math.min(at, cutoff);
    }
    return at;
  }

  /** The fixture is over. */
  forget(root: number): void {
    for (const id of this.#members.get(root) ?? []) {
      this.#events.delete(id);
      this.#odds.delete(id);
      this.#roots.delete(id);
    }
    this.#members.delete(root);
    this.#children.delete(root);
  }

  /** The pre-match fixture of the same pairing, otherwise itself: an event about something else, such as corners, has other names. */
  #join(id: number): void {
    const event = this.#events.get(id);
    if (!event) return;
    const parent = event.parentId === undefined ? undefined : this.#events.get(event.parentId);
    const root = parent && parent.home === event.home && parent.away === event.away ? parent.id : id;
    const before = this.#roots.get(id);
    if (before !== undefined && before !== root) {
      this.#members.get(before)?.delete(id);
      this.#touched.add(before);
    }
    this.#roots.set(id, root);
    entryOf(this.#members, root).add(id);
    this.#touched.add(root);
  }
}

function entryOf(map: Map<number, Set<number>>, key: number): Set<number> {
  let set = map.get(key);
  if (!set) map.set(key, (set = new Set()));
  return set;
}

export function foreignId(root: number): string {
  return `${FOREIGN_PREFIX}${root}`;
}

/** The supplier's id in one of ours; null when it is none. */
export function rootOfForeign(id: string): number | null {
  const match = /^poll:(\d{1,15})$/.exec(id);
  return match ? Number(match[1]) : null;
}

function replaced(known: EventOdds | undefined, { awayScore = 0, homeScore = 0, periods }: WireOdds): EventOdds {
  const next = new Map(known?.periods);
  for (const period of periods) next.set(period.number, period);
  return { score: { home: homeScore, away: awayScore }, periods: next };
}

interface About {
  readonly root: number;
  readonly event: Event;
  readonly score: { readonly home: number; readonly away: number };
  readonly period: WirePeriod;
  readonly now: number;
}

function marketsOf({ event, now, period, root, score }: About): Offered[] {
  const name = PERIODS[period.number];
  if (name === undefined) return [];
  const inPlay = event.liveStatus === 1;
  const terms = {
    open: period.status === OPEN && period.cutoff > now && event.status !== 'H',
    inPlay,
    betDelayMs: inPlay ? LIVE_DELAY_MS : 0,
    ...(inPlay ? { score } : {}),
  };
  const market = (type: MarketTerms['type'], goals: number | null, prices: readonly Price[]): Offered => ({
    ...terms,
    marketId: marketIdOf({
      eventId: foreignId(root),
      type,
      stat: 'goals',
      period: name,
      ...(goals === null ? {} : { lineQuarters: goals * 4 + 0 }),
    }),
    prices,
  });
  const { moneyline, spreads = [], totals = [] } = period;
  const list: Offered[] = [];
  // A moneyline without a draw is another market, and which one it does not say.
  if (moneyline?.draw !== undefined)
    list.push(market('1x2', null, [price('home', moneyline.home), price('draw', moneyline.draw), price('away', moneyline.away)]));
  for (const { away, hdp, home } of spreads) list.push(market('ah', hdp, [price('home', home), price('away', away)]));
  for (const { over, points, under } of totals) list.push(market('ou', points, [price('over', over), price('under', under)]));
  return list;
}

/** Rounded down: what the supplier would pay, never more. */
function price(selectionId: string, odds: number): Price {
  return { selectionId, oddsMilli: Math.floor(odds * 1000 + 1e-6) };
}
