// What the three processes of `bench push` agree on: the fixtures, what a quote looks like, the clock, and what they say to each other.
import type { NumberedQuote } from '#core/catalog/quote.ts';

export const FIXTURES = 200;
export const MARKETS = 10;
/** Fixtures that one socket watches. */
export const WATCHED = 5;

/** All of one length, so that a reader finds the number at a fixed place of each frame. */
export function eventIdOf(fixture: number): string {
  return `fb:B1:20260101T000000:home-${String(fixture).padStart(4, '0')}:away`;
}

/** Where the four digits of the fixture begin in a frame's text, and where its number does. */
export const FIXTURE_AT = '{"eventId":"fb:B1:20260101T000000:home-'.length;
export const NUMBER_AT = `{"eventId":"${eventIdOf(0)}","n":`.length;

export function quoteOf(fixture: number, n: number): NumberedQuote {
  const market = n % MARKETS;
  const at = Date.now();
  const prices = [
    { selectionId: 'away', oddsMilli: 4_200 + (n % 50) },
    { selectionId: 'draw', oddsMilli: 3_400 + (n % 30) },
    { selectionId: 'home', oddsMilli: 1_950 + (n % 20) },
  ];
  const quote = {
    marketId: `${eventIdOf(fixture)}/${market === 0 ? '1x2' : `ou@${market - 0.5}`}`,
    quoteSeq: Math.ceil(n / MARKETS),
    status: 'open' as const,
    inPlay: true,
    betDelayMs: 5_000,
    prices,
    source: 'simA',
    sourceEpoch: 1,
    sourceVersion: n,
    observedAt: at,
    confirmedAt: at,
    score: { home: 1, away: 0 },
  };
  return { n, quote };
}

/** The machine's own clock, the same in every process, ms. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export type Ask =
  | { readonly ask: 'memory' }
  | { readonly ask: 'publish'; readonly perSecond: number }
  | { readonly ask: 'quiet' }
  | { readonly ask: 'published' }
  | { readonly ask: 'connect'; readonly port: number; readonly connections: number; readonly address: string }
  | { readonly ask: 'subscribe' }
  | { readonly ask: 'stall'; readonly port: number }
  | { readonly ask: 'sample'; readonly ms: number }
  | { readonly ask: 'counts' };

/** Age samples of one phase: when, and per socket and watched fixture the last number it had. */
export interface Samples {
  readonly times: readonly number[];
  readonly numbers: readonly Int32Array[];
  readonly frames: number;
  readonly seconds: number;
  /** Cores that the readers kept busy. */
  readonly cpu: number;
}
