// What may be asked for bets of several legs, and what happens to them.
import type { Command } from '../../kernel/command.ts';
import type { OutcomeNumbers } from '../../kernel/event.ts';
import type { OddsPolicy } from '../odds-policy.ts';
import type { System } from './systems.ts';

export interface LegWanted {
  readonly marketId: string;
  readonly selectionId: string;
  /** The worst price the bettor takes; with `exact` the only one, with `any` it says nothing. */
  readonly minOddsMilli: number;
  /** The quote the bettor saw. */
  readonly quoteSeq: number;
}

export interface PlaceMultiple {
  readonly type: 'PlaceMultiple';
  readonly betId: string;
  readonly holder: string;
  readonly system: System;
  readonly legs: readonly LegWanted[];
  readonly stakePerLineMinor: number;
  readonly oddsPolicy: OddsPolicy;
}

/** Says whether a market's selections may be legs; they may until this says otherwise. Bets that were placed stand. */
export interface SetCombinable {
  readonly type: 'SetCombinable';
  readonly marketId: string;
  readonly combinable: boolean;
}

export type MultipleCommand = PlaceMultiple | SetCombinable;

export function isMultipleCommand(cmd: Command): cmd is MultipleCommand {
  return cmd.type === 'PlaceMultiple' || cmd.type === 'SetCombinable';
}

export interface PlacedLeg {
  /** Of a handicap struck in play when the score was not level: goals that home was ahead; only goals since count. */
  readonly lead?: number;
  readonly marketId: string;
  readonly minOddsMilli: number;
  readonly oddsMilli: number;
  readonly quote: {
    readonly ageMs: number;
    readonly score?: { readonly away: number; readonly home: number };
    readonly seq: number;
    readonly source: string;
  };
  readonly selectionId: string;
}

/** One leg decided as [bet, number of the leg from 0, outcome, deduction if there is one, ppm]. */
export type DecidedLeg = readonly [string, number, OutcomeNumbers] | readonly [string, number, OutcomeNumbers, number];

export interface MultipleEvents {
  MultiplePlaced: {
    betId: string;
    holder: string;
    legs: readonly PlacedLeg[];
    lines: number;
    oddsPolicy: OddsPolicy;
    /** Set on a pending bet: when the longest delay of its legs ends. */
    releaseAt?: number;
    stakePerLineMinor: number;
    status: 'accepted' | 'pending';
    system: System;
  };
  /** `oddsMilli` per leg only where a price is another than at placement. */
  MultipleAccepted: { betId: string; holder: string; oddsMilli?: readonly number[]; quoteSeqs: readonly number[] };
  /** `by` where the desk rejected it. */
  MultipleRejected: { betId: string; by?: 'desk'; holder: string; reason: string };
  MultipleVoided: { betId: string; holder: string; reason: string };
  /** `done` with the last chunk of a market. */
  LegsDecided: { done?: true; legs: readonly DecidedLeg[]; marketId: string };
  /** Each bet as [bet, holder, returned]; the market is the one that decided them. */
  MultiplesSettled: { bets: readonly (readonly [string, string, number])[]; marketId: string };
  /** A correction begins: the legs, each as [bet, number of the leg], are open again. */
  LegsReopened: { legs: readonly (readonly [string, number])[]; marketId: string };
  /** A correction took back what was paid: each bet as [bet, holder, what it had returned]. */
  MultiplesReopened: { bets: readonly (readonly [string, string, number])[]; marketId: string };
  /** The oldest legs of a market whose correction window ended; bets of which nothing can be corrected any more go with them. */
  LegsForgotten: { legs: number; marketId: string };
  MarketCombinableSet: { combinable: boolean; marketId: string };
}
