// Builders of facts for the tests of this folder, and a made-up season: three books, an early price and a path before the start, results.
import { parseMarketId, selectionsOf } from '../catalog/market.ts';
import { makeRng, randomPoisson } from '../base/rng.ts';
import type { QuoteStatus } from '../catalog/quote.ts';
import type { ResultStatus } from '../catalog/result.ts';
import { type Dna, parseDna } from './dna.ts';
import type { MarketFact } from './input.ts';

export const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
export const DAY_MS = 24 * HOUR_MS;
export const EVENT_ID = 'fb:E0:20240816:alpha:beta';
export const BOT_ID = 'bot_00000000000000000000000000';

let version = 0;

export interface QuoteWords {
  readonly at: number;
  readonly book?: string;
  readonly market?: string;
  readonly odds: readonly number[];
  readonly status?: QuoteStatus;
  readonly inPlay?: boolean;
  readonly maxStakeMinor?: number;
}

/** odds in thousandths in the catalogue's order, 0 = not offered. */
export function quoteFact({ at, book = 'B365', market = `${EVENT_ID}/1x2`, odds, ...rest }: QuoteWords): MarketFact {
  const type = parseMarketId(market)?.type ?? '1x2';
  const limit = rest.maxStakeMinor === undefined ? {} : { maxStakeMinor: rest.maxStakeMinor };
  const prices = selectionsOf(type).map((selectionId, i) => ({ selectionId, oddsMilli: odds[i] ?? 0, ...limit }));
  version++;
  const words = { status: rest.status ?? 'open', inPlay: rest.inPlay ?? false, betDelayMs: 0, observedAt: at, confirmedAt: at };
  const place = { marketId: market, quoteSeq: version, source: book, sourceEpoch: 1, sourceVersion: version };
  const quote = { ...place, ...words, prices: prices.filter((price) => price.oddsMilli > 0) };
  return { kind: 'quote', source: 'recording', observedAt: at, receivedAt: at, quote, whole: true };
}

export function fixtureFact(
  at: number,
  fixture: { eventId?: string; home?: string; away?: string; startAt?: number } = {},
): MarketFact {
  const { eventId = EVENT_ID, home = 'alpha', away = 'beta', startAt = at + DAY_MS } = fixture;
  const card = { eventId, competition: 'E0', home, away, startAt };
  return { kind: 'fixture', source: 'recording', observedAt: at, receivedAt: at, fixture: card };
}

interface ResultWords {
  readonly eventId?: string;
  readonly version?: number;
  readonly status?: ResultStatus;
}

export function resultFact(at: number, goals: readonly [number, number], options: ResultWords = {}): MarketFact {
  const { eventId = EVENT_ID, status = 'finished', version = 1 } = options;
  const scores = [{ period: 'ft', stat: 'goals', home: goals[0], away: goals[1] }];
  const result = { eventId, source: 'recording', version, observedAt: at, status, completedPeriods: ['ft'], scores };
  return { kind: 'result', source: 'recording', observedAt: at, receivedAt: at, result };
}

/** A bot with the given betting and math genes; everything else at its default. */
export function dnaWith(betting: object, math: object = { type: 'flat', params: {} }, risk: object = {}): Dna {
  const metadata = { generation: 0, parents: [], born: 'seed', seed: 0 };
  const parsed = parseDna({ schema: 1, id: BOT_ID, genes: { betting, math, risk }, metadata });
  if ('fault' in parsed) throw new Error(`${parsed.fault.path} ${parsed.fault.message}`);
  return parsed.dna;
}

/** A double round of ten teams, one round a week, in time order. Prices drift towards the home side, with margins around 5 %. */
export function madeUpSeason(seed: number): MarketFact[] {
  const rng = makeRng(seed, 'season');
  const facts: MarketFact[] = [];
  const margin = () => 1.05 + 0.08 * (rng() - 0.5);
  for (let round = 0; round < 18; round++) {
    for (let match = 0; match < 5; match++) {
      const [home, away] = [`t${(round + match) % 10}`, `t${(round + 9 - match) % 10}`];
      const startAt = (20_000 + 7 * round) * DAY_MS + (14 + match) * HOUR_MS;
      const eventId = `fb:E0:${round}:${home}:${away}`;
      facts.push(fixtureFact(startAt - 3 * DAY_MS, { eventId, home, away, startAt }));
      let home1 = 0.2 + 0.3 * rng();
      for (const beforeMs of [2 * DAY_MS, 10 * MINUTE_MS, 6 * MINUTE_MS, 3 * MINUTE_MS, MINUTE_MS]) {
        home1 += 0.06 * rng();
        const markets = { '1x2': [home1, 0.27, 0.73 - home1], 'ou@2.5': [home1 + 0.1, 0.9 - home1], 'ah@-0.25': [0.5, 0.5] };
        for (const [market, chances] of Object.entries(markets)) {
          for (const book of ['Avg', 'PS', 'B365']) {
            const odds = chances.map((p) => Math.round(1000 / (p * margin())));
            facts.push(quoteFact({ at: startAt - beforeMs, book, market: `${eventId}/${market}`, odds }));
          }
        }
      }
      facts.push(resultFact(startAt + 2 * HOUR_MS, [randomPoisson(rng, 1.6), randomPoisson(rng, 1.2)], { eventId }));
    }
  }
  return facts.sort((a, b) => a.observedAt - b.observedAt);
}
