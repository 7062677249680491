// Supplier frames into feed items: its codes become our market types and selections, its odds integers; fixture ids stay the supplier's own
// behind a prefix until the alias table has spoken. Anything that is not as agreed makes the whole frame null: never half of it.
import { LINE_QUARTERS_MAX, marketIdOf, type MarketType, MARKET_SELECTIONS } from '#core/catalog/market.ts';
import { isOddsMilli } from '#core/base/odds.ts';
import type { Price, Quote, QuoteStatus } from '#core/catalog/quote.ts';
import type { PeriodScore, Result, ResultStatus } from '#core/catalog/result.ts';
import type { Cursor, FeedFact, FeedItem } from '#ports/feed.ts';
import { isMoment, isPlainText } from '../plausible.ts';
import { MARKET_CODES, type ServerFrame, type WireFixture, type WireMarket, type WirePayload, type WireResult } from './wire.ts';

/** Fixture ids of this supplier inside feed items: `simex:<its id>`. */
export const FOREIGN_PREFIX = 'simex:';
const FOREIGN_ID = /^[0-9]{1,15}$/;
/** Longer than any supplier holds a bet in play. */
const BET_DELAY_MS_MAX = 600_000;

const STATUS: Readonly<Record<string, QuoteStatus>> = { O: 'open', S: 'suspended', C: 'closed' };
const RESULT_STATUS: Readonly<Record<string, ResultStatus>> = {
  FT: 'finished',
  ABD: 'abandoned',
  PPD: 'postponed',
  CAN: 'cancelled',
};

interface Code {
  readonly type: MarketType;
  readonly selections: ReadonlyMap<string, string>;
}
const CODES = new Map<string, Code>(
  MARKET_CODES.map(([code, type, runners]) => [
    code,
    { type, selections: new Map(runners.map((runner, i) => [runner, MARKET_SELECTIONS[type][i] as string])) },
  ]),
);

/** A frame of the supplier; null when it is none. Only its envelope is checked here. */
export function parseFrame(text: string): ServerFrame | null {
  try {
    const frame = JSON.parse(text) as Partial<ServerFrame> | null;
    if (typeof frame !== 'object' || frame === null) return null;
    if (frame.t === 'hello' || frame.t === 'err') return frame as ServerFrame;
    const { ep, sq, ts } = frame as { ep?: unknown; sq?: unknown; ts?: unknown };
    return [ep, sq, ts].every(Number.isSafeInteger) ? (frame as ServerFrame) : null;
  } catch {
    return null;
  }
}

export interface FrameStamp {
  readonly source: string;
  readonly cursor: Cursor;
  readonly receivedAt: number;
  /** An image replaces markets; an update changes them. */
  readonly whole: boolean;
}

/** Feed items of an image or update: fixtures first, results last; null when anything in it is malformed. */
export function itemsOf(payload: WirePayload, stamp: FrameStamp): FeedItem[] | null {
  const { cursor, receivedAt, source, whole } = stamp;
  try {
    const item = (observedAt: number, fact: FeedFact): FeedItem => ({ source, cursor, observedAt, receivedAt, ...fact });
    return [
      ...payload.ev.map((card) => item(receivedAt, fixtureOf(card))),
      ...payload.mk.map((market) => item(market.at, { kind: 'quote', quote: quoteOf(market, stamp), whole })),
      ...payload.rs.map((result) => item(result.at, { kind: 'result', result: resultOf(result, source) })),
    ];
  } catch {
    return null;
  }
}

function fixtureOf(card: WireFixture): FeedFact {
  const startAt = Date.parse(card.ko);
  check(card.sport === 'SOC' && isMoment(startAt) && [card.lg, card.h, card.a].every(isName));
  return {
    kind: 'fixture',
    fixture: { eventId: foreign(card.f), sport: 'fb', competition: card.lg, home: card.h, away: card.a, startAt },
  };
}

function quoteOf(market: WireMarket, { cursor, receivedAt }: FrameStamp): Quote {
  const code = CODES.get(market.m);
  const status = STATUS[market.st];
  check(code && status && isName(market.bk) && isVersion(market.v) && isMoment(market.at));
  check(Number.isSafeInteger(market.bd) && market.bd >= 0 && market.bd <= BET_DELAY_MS_MAX);
  const { ln } = market;
  check(ln === undefined || (Number.isInteger(ln * 4) && Math.abs(ln * 4) <= LINE_QUARTERS_MAX));
  const prices: Price[] = market.rn.map(([runner, odds]) => {
    const selectionId = code.selections.get(runner);
    const oddsMilli = Math.round(odds * 1000);
    check(selectionId !== undefined && isOddsMilli(oddsMilli));
    return { selectionId, oddsMilli };
  });
  const score = market.sc === undefined ? undefined : scoreOf(market.sc);
  const line = ln === undefined ? {} : { lineQuarters: ln * 4 };
  return {
    marketId: marketIdOf({ eventId: foreign(market.f), type: code.type, stat: 'goals', period: 'ft', ...line }),
    quoteSeq: 0,
    status,
    inPlay: market.live === 1,
    betDelayMs: market.bd,
    prices,
    source: market.bk,
    sourceEpoch: cursor.epoch,
    sourceVersion: market.v,
    observedAt: market.at,
    // A price is as fresh as when it reached us at most: a supplier's fast clock must not keep prices alive.
    confirmedAt: Math.min(receivedAt, Math.max(market.at, Number(cursor.token))),
    ...(score ? { score } : {}),
  };
}

function resultOf(result: WireResult, source: string): Result {
  const status = RESULT_STATUS[result.st];
  check(status && isVersion(result.v) && isMoment(result.at));
  const full = scoreOf(result.sc);
  const half = scoreOf(result.ht);
  const scores: PeriodScore[] = [
    { period: 'ft', stat: 'goals', ...full },
    { period: 'h1', stat: 'goals', ...half },
    { period: 'h2', stat: 'goals', home: full.home - half.home, away: full.away - half.away },
  ];
  const finished = status === 'finished';
  check(!finished || (half.home <= full.home && half.away <= full.away));
  return {
    eventId: foreign(result.f),
    source,
    version: result.v,
    observedAt: result.at,
    status,
    completedPeriods: finished ? ['h1', 'h2', 'ft'] : [],
    scores: finished ? scores : [],
  };
}

function scoreOf(text: string): { home: number; away: number } {
  const match = /^(\d{1,2})-(\d{1,2})$/.exec(text);
  check(match);
  return { home: Number(match[1]), away: Number(match[2]) };
}

function foreign(id: unknown): string {
  check(typeof id === 'string' && FOREIGN_ID.test(id));
  return `${FOREIGN_PREFIX}${id}`;
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name.length > 0 && name.length <= 80 && isPlainText(name);
}

function isVersion(version: unknown): boolean {
  return Number.isSafeInteger(version) && (version as number) >= 0;
}

/** Caught in itemsOf: a malformed frame is an expected thing. */
function check(condition: unknown): asserts condition {
  if (!condition) throw new Error('malformed frame');
}
