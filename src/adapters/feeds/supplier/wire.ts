// The simulated supplier's own wire format: its names, its ids, decimal odds as numbers, one version per market. Nothing here is ours.
// Server frames carry (ep, sq): sq rises by one per `upd`; a heartbeat says up to which sq all its prices hold.
import type { FixedType } from '#core/catalog/market.ts';

export interface WireFixture {
  readonly f: string;
  readonly sport: 'SOC';
  readonly lg: string;
  readonly h: string;
  readonly a: string;
  /** Kick-off, ISO 8601 UTC. */
  readonly ko: string;
}

export type WireStatus = 'O' | 'S' | 'C';

export interface WireMarket {
  readonly f: string;
  readonly bk: string;
  readonly m: string;
  /** Line in goals from the home side. */
  readonly ln?: number;
  readonly v: number;
  readonly st: WireStatus;
  readonly live: 0 | 1;
  /** Bet delay, ms. */
  readonly bd: number;
  /** When the price was made, ms. */
  readonly at: number;
  /** Score so far, in play. */
  readonly sc?: string;
  /** Runners: in an update those that changed, in an image all. */
  readonly rn: readonly (readonly [runner: string, odds: number])[];
}

export interface WireResult {
  readonly f: string;
  readonly v: number;
  readonly st: 'FT' | 'ABD' | 'PPD' | 'CAN';
  readonly sc: string;
  readonly ht: string;
  readonly at: number;
}

export interface WirePayload {
  readonly ev: readonly WireFixture[];
  readonly mk: readonly WireMarket[];
  readonly rs: readonly WireResult[];
}

interface Stamp {
  readonly ep: number;
  readonly sq: number;
  /** When it was sent, ms. */
  readonly ts: number;
}

export type ServerFrame =
  | { readonly t: 'hello'; readonly sup: string; readonly ep: number; readonly hb: number }
  | ({ readonly t: 'img'; readonly scope: string } & Stamp & WirePayload)
  | ({ readonly t: 'upd' } & Stamp & WirePayload)
  | ({ readonly t: 'hb' } & Stamp)
  | ({ readonly t: 'gap' } & Stamp)
  | { readonly t: 'err'; readonly why: string };

export type ClientFrame =
  | { readonly op: 'sub'; readonly from?: { readonly ep: number; readonly sq: number }; readonly since?: number }
  /** `since`: results are told from this time on, ms. */
  | { readonly op: 'image'; readonly scope: string; readonly since?: number };

/** Everything: the scope of a whole image. */
export const ALL = '*';
export const SUPPLIER_NAME = 'SIMEX';

/** The supplier's market codes and runner names beside ours; runners in the catalogue's order of selections. */
export const MARKET_CODES: readonly (readonly [code: string, type: FixedType, runners: readonly string[]])[] = [
  ['FTR', '1x2', ['1', 'X', '2']],
  ['DCH', 'dc', ['1X', '12', 'X2']],
  ['DNB', 'dnb', ['1', '2']],
  ['BTS', 'btts', ['Y', 'N']],
  ['TOT', 'ou', ['O', 'U']],
  ['HCP', 'ah', ['1', '2']],
];
