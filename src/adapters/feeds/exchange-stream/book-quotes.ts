// Football markets of an exchange stream as quotes: best back prices with what is offered at them. The stream names runners by id and place in
// the market, not by meaning: home, away, draw; under, over; yes, no; and per line the home and the away side.
import { isOddsMilli } from '#core/base/odds.ts';
import { LINE_QUARTERS_MAX, marketIdOf, type MarketType } from '#core/catalog/market.ts';
import type { Price, Quote, QuoteStatus } from '#core/catalog/quote.ts';
import type { MarketBook, RunnerBook } from '#core/exchange-simulation/stream/market-book.ts';
import type { FixtureCard } from '#ports/feed.ts';
import { isMoment } from '../plausible.ts';

/** Event ids of this supplier inside feed items: `exchange:<its id>`. */
export const FOREIGN_PREFIX = 'exchange:';
const EVENT_ID = /^[0-9]{1,15}$/;

export interface QuoteStamp {
  readonly source: string;
  readonly epoch: number;
  readonly version: number;
  readonly confirmedAt: number;
}

interface Line {
  readonly type: MarketType;
  readonly lineQuarters?: number;
  readonly runners: readonly (readonly [selectionId: string, runner: RunnerBook])[];
}

const STATUS: ReadonlyMap<string, QuoteStatus> = new Map([
  ['OPEN', 'open'],
  ['SUSPENDED', 'suspended'],
  ['CLOSED', 'closed'],
]);
/** Selections in the order of the runners' places. */
const BY_PLACE: ReadonlyMap<string, readonly [MarketType, readonly string[]]> = new Map([
  ['MATCH_ODDS', ['1x2', ['home', 'away', 'draw']]],
  ['BOTH_TEAMS_TO_SCORE', ['btts', ['yes', 'no']]],
  ['DRAW_NO_BET', ['dnb', ['home', 'away']]],
]);

/** Markets whose first two runners are the teams. */
const WITH_TEAMS = new Set(['MATCH_ODDS', 'DRAW_NO_BET', 'ASIAN_HANDICAP']);

/**
 * The fixture that a market is of. The stream has no names: teams are the runners' ids, which are the same in every fixture, and '' where the
 * market does not say; the competition always is ''. Null for other sports.
 */
export function cardOf(book: MarketBook): FixtureCard | null {
  const { definition } = book;
  const eventId = eventOf(book);
  const { marketTime } = definition ?? {};
  const startAt = typeof marketTime === 'string' ? Date.parse(marketTime) : Number.NaN;
  if (eventId === null || !isMoment(startAt)) return null;
  const [home = '', away = ''] = WITH_TEAMS.has(definition?.marketType ?? '')
    ? [...new Set(inPlaces(book).map(({ selectionId }) => String(selectionId)))]
    : [];
  return { eventId: `${FOREIGN_PREFIX}${eventId}`, sport: 'fb', competition: '', home, away, startAt };
}

/** The exchange's number of a football event; null for anything else. */
function eventOf({ definition }: MarketBook): string | null {
  const { eventId = '', eventTypeId } = definition ?? {};
  return eventTypeId === '1' && EVENT_ID.test(eventId) ? eventId : null;
}

/** Quotes of a market, one per line; none for kinds of markets and sports that are not quoted. */
export function quotesOf(book: MarketBook, stamp: QuoteStamp): Quote[] {
  const { definition } = book;
  const eventId = eventOf(book);
  if (!definition || eventId === null) return [];
  return linesOf(book).map(({ lineQuarters, runners, type }) => ({
    marketId: marketIdOf({
      eventId: `${FOREIGN_PREFIX}${eventId}`,
      type,
      stat: 'goals',
      period: 'ft',
      ...(lineQuarters === undefined ? {} : { lineQuarters }),
    }),
    quoteSeq: 0,
    status: STATUS.get(definition.status) ?? 'suspended',
    inPlay: book.inPlay,
    betDelayMs: (definition.betDelay ?? 0) * 1_000,
    prices: runners.flatMap(([selectionId, runner]) => priceOf(selectionId, runner)),
    source: stamp.source,
    sourceEpoch: stamp.epoch,
    sourceVersion: stamp.version,
    observedAt: book.publishedAt,
    confirmedAt: stamp.confirmedAt,
  }));
}

function priceOf(selectionId: string, runner: RunnerBook): Price[] {
  const { prices, sizes } = runner.toBack;
  const [oddsMilli, maxStakeMinor] = [prices[0], sizes[0]];
  if (runner.status !== 'ACTIVE' || maxStakeMinor === undefined || !isOddsMilli(oddsMilli)) return [];
  return [{ selectionId, oddsMilli, maxStakeMinor }];
}

function linesOf(book: MarketBook): Line[] {
  const { bettingType, marketType = '' } = book.definition ?? {};
  if (bettingType === 'ASIAN_HANDICAP_DOUBLE_LINE' && marketType === 'ASIAN_HANDICAP') return handicapLines(book);
  if (bettingType !== 'ODDS') return [];
  const total = /^OVER_UNDER_(\d)5$/.exec(marketType);
  const [type, selections] = total ? (['ou', ['under', 'over']] as const) : (BY_PLACE.get(marketType) ?? []);
  const runners = inPlaces(book);
  if (!type || !selections || runners.length !== selections.length) return [];
  const named = selections.map((selectionId, i) => [selectionId, runners[i] as RunnerBook] as const);
  return [{ type, runners: named, ...(total ? { lineQuarters: Number(total[1]) * 4 + 2 } : {}) }];
}

/** The side that comes first is at home; its handicap is the line, the other side's is the opposite. */
function handicapLines(book: MarketBook): Line[] {
  const runners = inPlaces(book);
  const home = runners[0]?.selectionId;
  const lines: Line[] = [];
  for (const runner of runners) {
    const lineQuarters = runner.handicap * 4;
    if (runner.selectionId !== home || !Number.isInteger(lineQuarters) || Math.abs(lineQuarters) > LINE_QUARTERS_MAX) continue;
    const other = runners.find(({ handicap, selectionId }) => selectionId !== home && handicap === -runner.handicap);
    if (!other) continue;
    const sides = [['home', runner] as const, ['away', other] as const];
    lines.push({ type: 'ah', lineQuarters: lineQuarters === 0 ? 0 : lineQuarters, runners: sides });
  }
  return lines;
}

function inPlaces({ runners }: MarketBook): RunnerBook[] {
  const place = ({ definition }: RunnerBook): number => definition?.sortPriority ?? Infinity;
  return runners.filter(({ definition }) => definition !== null).sort((a, b) => place(a) - place(b));
}
