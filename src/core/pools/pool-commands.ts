// What may be asked of pools. A pool and an entry carry the 26 characters of the command that made them, so that no two share a name.
import type { PoolRules } from './state/pool-rules.ts';

/** A fixture to pick. Who is no operator states no start: it is that of the fixture's markets. */
export interface FixtureToPick {
  readonly eventId: string;
  readonly startAt?: number;
  readonly stage?: string;
}
/** What a parimutuel pool is on: a market of the catalogue, or the finish of named runners. */
export type PoolMarket =
  | { readonly marketId: string; readonly startAt?: number }
  | {
      readonly bet: 'win' | 'place' | 'exacta';
      readonly eventId: string;
      /** Of a place bet: how many places are paid. */
      readonly places?: number;
      readonly runners: readonly string[];
      readonly startAt?: number;
    };

export interface OpenPool {
  readonly type: 'OpenPool';
  /** Whose wallet gets the creator's fee. */
  readonly holder: string;
  readonly rules: PoolRules;
  /** May bots enter? They may not when it is not stated. */
  readonly bots?: boolean;
  readonly fixtures?: readonly FixtureToPick[];
  readonly market?: PoolMarket;
  /** A closed pool of the same creator with the same rules, whose money was carried. */
  readonly carryFrom?: string;
}
export type Pick = readonly [eventId: string, home: number, away: number];
export interface EnterPool {
  readonly type: 'EnterPool';
  readonly poolId: string;
  readonly holder: string;
  readonly units: number;
  readonly selectionId?: string;
  readonly picks?: readonly Pick[];
  /** sha256 of an invitation's token, hex: the journal never has the token itself. */
  readonly invitation?: string;
}
export interface LeavePool {
  readonly type: 'LeavePool';
  readonly poolId: string;
  readonly entryId: string;
}
export interface SetPicks {
  readonly type: 'SetPicks';
  readonly poolId: string;
  readonly entryId: string;
  readonly picks: readonly Pick[];
}
export interface InviteToPool {
  readonly type: 'InviteToPool';
  readonly poolId: string;
  readonly invitation: string;
  readonly usesMax: number;
  /** Its end, ms. */
  readonly until: number;
}
export interface RevokePoolInvitation {
  readonly type: 'RevokePoolInvitation';
  readonly poolId: string;
  readonly invitation: string;
}
/** Gives every stake back, whatever happened so far, unless the pool is declared already. */
export interface VoidPool {
  readonly type: 'VoidPool';
  readonly poolId: string;
  readonly reason: string;
}
/** Takes a runner out: what stands on it goes back when the pool is declared. */
export interface ScratchRunner {
  readonly type: 'ScratchRunner';
  readonly poolId: string;
  readonly runner: string;
}
/** Says by hand who finished where, those that tied together: for races, and for questions that no result decides. */
export interface ResolvePool {
  readonly type: 'ResolvePool';
  readonly poolId: string;
  readonly places: readonly (readonly string[])[];
}

export type PoolCommand =
  | OpenPool
  | EnterPool
  | LeavePool
  | SetPicks
  | InviteToPool
  | RevokePoolInvitation
  | VoidPool
  | ScratchRunner
  | ResolvePool;

const BODY_AT = 'cmd_'.length;

/** Name of the pool that a command opens. */
export function poolIdOf(commandId: string): string {
  return `pool_${commandId.slice(BODY_AT)}`;
}

/** Name of the entry that a command makes. */
export function entryIdOf(commandId: string): string {
  return `ent_${commandId.slice(BODY_AT)}`;
}
