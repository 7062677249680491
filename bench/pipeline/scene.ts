// What the processes of `bench pipeline` agree on: fixtures, markets, the supplier's prices by version, and what they say to each other.
import { COMPETITIONS, TEAMS } from '#core/simulation/world.ts';
import { EXECUTABLE_BOOK } from '#roles/books.ts';
import type { Price } from '#core/catalog/quote.ts';
import type { WireFixture, WireMarket } from '#adapters/feeds/supplier/wire.ts';

export const MARKETS_A_FIXTURE = 10;
/** Markets that one frame moves: half of what a fixture has, as after a goal or a run of bets. */
export const MARKETS_A_FRAME = 5;
export const BASE_FIXTURES = 20;
/** Versions and numbers of frames keep one length, so that a prepared frame has them at a fixed place. */
export const FIRST_VERSION = 1_000_000;
export const FIRST_SEQ = 1_000_000_000;
/** A market's prices repeat after so many versions; neighbours always differ. */
export const VARIANTS = 8;
const AGO_MS = 1_200_000;

/** Code, line and first prices of the ten markets, the two halves of a fixture one after the other. */
const MARKETS: readonly (readonly [code: string, line: number | null, runners: readonly (readonly [string, number])[]])[] = [
  [
    'FTR',
    null,
    [
      ['1', 1.95],
      ['X', 3.4],
      ['2', 4.1],
    ],
  ],
  [
    'TOT',
    1.5,
    [
      ['O', 1.33],
      ['U', 3.3],
    ],
  ],
  [
    'TOT',
    2.5,
    [
      ['O', 1.95],
      ['U', 1.9],
    ],
  ],
  [
    'HCP',
    -0.5,
    [
      ['1', 1.95],
      ['2', 1.92],
    ],
  ],
  [
    'BTS',
    null,
    [
      ['Y', 1.8],
      ['N', 2.02],
    ],
  ],
  [
    'DCH',
    null,
    [
      ['1X', 1.25],
      ['12', 1.31],
      ['X2', 1.86],
    ],
  ],
  [
    'DNB',
    null,
    [
      ['1', 1.4],
      ['2', 2.9],
    ],
  ],
  [
    'TOT',
    3.5,
    [
      ['O', 3.2],
      ['U', 1.35],
    ],
  ],
  [
    'HCP',
    0.5,
    [
      ['1', 1.28],
      ['2', 3.6],
    ],
  ],
  [
    'HCP',
    0,
    [
      ['1', 1.38],
      ['2', 3.05],
    ],
  ],
];

/** In play since a while, each with a second of its own: kick-offs make ids. */
export function cardOf(fixture: number, now: number): WireFixture {
  const league = fixture % COMPETITIONS.length;
  const teams = TEAMS[league] as (typeof TEAMS)[number];
  const [home, away] = [fixture % teams.length, (fixture + 1) % teams.length];
  return {
    f: String(fixture),
    sport: 'SOC',
    lg: COMPETITIONS[league]?.supplierName ?? '',
    h: teams[home]?.supplierName ?? '',
    a: teams[away]?.supplierName ?? '',
    ko: new Date(Math.floor((now - AGO_MS) / 1000) * 1000 - fixture * 1000).toISOString(),
  };
}

/** What the supplier says of a market at a version. */
export function wireOf(fixture: number, market: number, version: number, at: number): WireMarket {
  const [code, line, runners] = MARKETS[market] as (typeof MARKETS)[number];
  return {
    f: String(fixture),
    bk: EXECUTABLE_BOOK,
    m: code,
    ...(line === null ? {} : { ln: line }),
    v: version,
    st: 'O',
    live: 1,
    bd: 5_000,
    at,
    sc: '1-0',
    rn: runners.map(([runner, odds], i) => [runner, centsOf(odds, fixture, version + i) / 100]),
  };
}

/** Cents of an odds above 1; a variant of a version differs from the ones before and after it. */
function centsOf(odds: number, fixture: number, version: number): number {
  return Math.round(odds * 100) + (fixture % 7) + (version % VARIANTS);
}

export type SupplierAsk =
  /** Updates a second; 0: as many as the socket takes. */
  { readonly ask: 'go'; readonly perSecond: number } | { readonly ask: 'halt' } | { readonly ask: 'counts' };

export interface SupplierCounts {
  readonly sent: number;
  readonly seq: number;
  /** Images asked for again, resumptions: none when all goes well. */
  readonly askedAgain: number;
  /** By fixture and market. */
  readonly versions: readonly number[];
  readonly cpu: NodeJS.CpuUsage;
}

export type ServedAsk = { readonly ask: 'cpu' } | { readonly ask: 'hot'; readonly eventIds: readonly string[] };

export interface ServedCounts {
  readonly cpu: NodeJS.CpuUsage;
  readonly rss: number;
}

/** A newest price as it is kept, in the table or in the cache. */
export interface Kept {
  readonly marketId: string;
  readonly prices: readonly Price[];
  readonly sourceVersion: number;
}
