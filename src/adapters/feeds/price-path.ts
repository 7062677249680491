// Price histories before they are fixtures: matches with prices at many moments, from one or several files. join() brings the same
// match of several files together, completes kick-offs and results, and turns what the suppliers call home into one home side.
import { type MarketType, type MarketName, marketIdOf, selectionsOf } from '#core/catalog/market.ts';
import { aroundDay, dayStart, type MatchScore, sameMatchTime, type ScheduledMatch } from './match-results.ts';
import type { Capture, Problems, RecordedFixture, RecordedQuote } from '#ports/recording.ts';
import { finishedResult, makeCard } from './season-row.ts';
import { type CalendarDay, HOUR_MS } from './uk-time.ts';

/** Where no file gives the kick-off: noon UTC of the stadium's date, earlier than any. Later captures then count as in play. */
const KICKOFF_ASSUMED_AFTER_MIDNIGHT_MS = 12 * HOUR_MS;

/** One price, as a line of a file gives it. */
export interface PathPrice {
  readonly at: number;
  readonly book: string;
  readonly lay: boolean;
  readonly type: MarketType;
  readonly lineQuarters?: number;
  readonly selectionId: string;
  readonly oddsMilli: number;
  /** Kick-off as stated on this line. */
  readonly startAt?: number;
}

/** A match and its prices. `home` is home in this file. */
export interface PathMatch {
  readonly file: string;
  readonly line: number;
  readonly competition: string;
  readonly home: string;
  readonly away: string;
  /** The stadium's date, where no line gives a kick-off. */
  readonly day?: CalendarDay;
  readonly prices: PathPrice[];
}

export interface Completion {
  readonly scores: readonly MatchScore[];
  readonly schedule: readonly ScheduledMatch[];
}

/** Fixtures in no particular order. Without any score the results stay open; with some, a match that none fits is reported. */
export function joinPaths(matches: readonly PathMatch[], completion: Completion, problems: Problems): RecordedFixture[] {
  const joined: Joined[] = [];
  const index = new Map<string, Joined[]>();
  for (const match of matches) {
    const startAt = statedStart(match.prices);
    const around = startAt ?? (match.day ? aroundDay(match.day) : Number.NaN);
    const key = [match.home, match.away].sort().join(' ');
    const bucket = index.get(key) ?? [];
    index.set(key, bucket);
    const same = bucket.find((other) => sameMatchTime(other.around, around));
    if (same) absorb(same, match, startAt);
    else {
      const fresh = { match, around, startAt, prices: [...match.prices] };
      bucket.push(fresh);
      joined.push(fresh);
    }
  }
  return joined.map((one) => toFixture(one, completion, problems));
}

interface Joined {
  readonly match: PathMatch;
  readonly around: number;
  startAt: number | undefined;
  readonly prices: PathPrice[];
}

function absorb(into: Joined, match: PathMatch, startAt: number | undefined): void {
  into.startAt ??= startAt;
  const swapped = into.match.home !== match.home;
  for (const price of match.prices) into.prices.push(swapped ? { ...price, selectionId: otherSide(price.selectionId) } : price);
}

function otherSide(selectionId: string): string {
  if (selectionId === 'home') return 'away';
  return selectionId === 'away' ? 'home' : selectionId;
}

/** A kick-off is stated anew at each capture; the latest statement holds. */
function statedStart(prices: readonly PathPrice[]): number | undefined {
  let last = -Infinity;
  let startAt: number | undefined;
  for (const price of prices) {
    if (price.startAt === undefined || price.at < last) continue;
    last = price.at;
    startAt = price.startAt;
  }
  return startAt;
}

function toFixture(one: Joined, completion: Completion, problems: Problems): RecordedFixture {
  const { match, around } = one;
  const { file, line, competition, home, away } = match;
  const isThis = (other: { home: string; away: string }, at: number): boolean =>
    ((other.home === home && other.away === away) || (other.home === away && other.away === home)) && sameMatchTime(at, around);
  const known = one.startAt ?? completion.schedule.find((other) => isThis(other, other.startAt))?.startAt;
  const startAt = known ?? (match.day ? dayStart(match.day) : around) + KICKOFF_ASSUMED_AFTER_MIDNIGHT_MS;
  const card = makeCard({ competition, home, away, startAt });
  const season = { card, startAssumed: known === undefined };
  const score = completion.scores.find((other) => isThis(other, other.around));
  if (!score && completion.scores.length > 0) problems.add({ file, line, message: `no result is given for ${home} v ${away}` });
  const goals = score?.goals && (score.home === home ? score.goals : { home: score.goals.away, away: score.goals.home });
  const result = goals && finishedResult(season, 'match-results', [{ period: 'ft', stat: 'goals', ...goals }]);
  const captures = (lay: boolean): Capture[] => capturesOf(one.prices, { eventId: card.eventId, startAt, lay });
  return { ...season, startAt, captures: captures(false), lays: captures(true), ...(result ? { result } : {}), file, line };
}

interface CapturesOf {
  readonly eventId: string;
  readonly startAt: number;
  readonly lay: boolean;
}

interface OpenCapture {
  readonly at: number;
  readonly book: string;
  inPlay: boolean;
  readonly markets: Map<string, { readonly type: MarketType; readonly odds: Map<string, number> }>;
}

/** Groups prices by moment and book. Of two prices for one selection in the same moment the later line stands. */
function capturesOf(prices: readonly PathPrice[], { eventId, startAt, lay }: CapturesOf): Capture[] {
  const open = new Map<string, OpenCapture>();
  for (const price of prices) {
    if (price.lay !== lay) continue;
    const key = `${price.at} ${price.book}`;
    const capture = open.get(key) ?? {
      at: price.at,
      book: lay ? `${price.book}_lay` : price.book,
      inPlay: false,
      markets: new Map(),
    };
    open.set(key, capture);
    // A kick-off brought forward or put back later: whichever statement is earlier decides, so that no in-play price passes for one before.
    if (price.at >= Math.min(startAt, price.startAt ?? startAt)) capture.inPlay = true;
    const { type, lineQuarters } = price;
    const name: MarketName = {
      eventId,
      type,
      stat: 'goals',
      period: 'ft',
      ...(lineQuarters === undefined ? {} : { lineQuarters }),
    };
    const marketId = marketIdOf(name);
    const market = capture.markets.get(marketId) ?? { type, odds: new Map<string, number>() };
    capture.markets.set(marketId, market);
    market.odds.set(price.selectionId, price.oddsMilli);
  }
  const captures = [...open.values()].map(({ at, book, inPlay, markets }): Capture => ({
    label: 'path',
    at,
    book,
    inPlay,
    quotes: quotesOf(markets),
  }));
  return captures.sort((a, b) => a.at - b.at || (a.book < b.book ? -1 : 1));
}

function quotesOf(markets: OpenCapture['markets']): RecordedQuote[] {
  return [...markets].map(([marketId, { type, odds }]) => ({
    marketId,
    prices: selectionsOf(type).flatMap((selectionId) => {
      const oddsMilli = odds.get(selectionId);
      return oddsMilli === undefined ? [] : [{ selectionId, oddsMilli }];
    }),
  }));
}
