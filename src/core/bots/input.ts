// What bots are told and what they answer. The shapes are structural, so that a feed's items fit without core knowing of feeds.
import type { ReasonCode } from '../base/refusal.ts';
import type { Quote } from '../catalog/quote.ts';
import type { Result } from '../catalog/result.ts';

export interface FixtureFact {
  readonly eventId: string;
  readonly competition: string;
  readonly home: string;
  readonly away: string;
  readonly startAt: number;
}

/** A feed item as far as bots care: prices, results and fixtures; everything else is heard and ignored. */
export type MarketFact = {
  /** The feed that said it. A quote names its bookmaker in `quote.source`. */
  readonly source: string;
  readonly observedAt: number;
  readonly receivedAt: number;
} & (
  | { readonly kind: 'fixture'; readonly fixture: FixtureFact }
  | { readonly kind: 'quote'; readonly quote: Quote; readonly whole: boolean }
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'alive' | 'gap' | 'mark' | 'candle' | 'funding' }
);

/** Why there is no bet: the nearest miss. Odds in thousandths, edges, drops and losses as stated in docs of each gene. */
export interface Pass {
  readonly kind: 'pass';
  readonly code: ReasonCode;
  readonly need?: number;
  readonly have?: number;
}

/** A bet the bot wants. `minOddsMilli` is the price it saw: it takes no worse one. */
export interface Bet {
  readonly kind: 'bet';
  readonly marketId: string;
  readonly selectionId: string;
  readonly stakeMinor: number;
  readonly minOddsMilli: number;
  readonly quoteSeq: number;
  /** Fair probability of the selection by the bot's own provider, when there is one. */
  readonly fairPpm?: number;
}

/** The money side, seen only by staking plans and risk genes. Equity = available + held. */
export interface BotView {
  readonly now: number;
  readonly availableMinor: number;
  readonly equityMinor: number;
}

/** A pass without numbers: one shared frozen object per code, because millions are made per second. */
export function plainPass(code: ReasonCode): Pass {
  return Object.freeze({ kind: 'pass', code });
}

export function pass(code: ReasonCode, need: number, have: number): Pass {
  return { kind: 'pass', code, need, have };
}
