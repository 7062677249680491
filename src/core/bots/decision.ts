// The decision log: what a bot answered about one price list, why, and what it saw. Plain data, canonical when hashed.
import { canonical } from '../base/canonical.ts';
import { sha256Hex } from '../base/hash.ts';
import type { ReasonCode } from '../base/refusal.ts';
import type { BookPrice } from './book-price.ts';
import type { DnaStrategy } from './dna-strategy.ts';
import type { Bet, Pass } from './input.ts';

export interface Decision {
  readonly botId: string;
  readonly dnaHash: string;
  readonly at: number;
  readonly marketId: string;
  /** The price list asked about. */
  readonly book: string;
  readonly quoteSeq: number;
  /** 'bet', or why not. */
  readonly outcome: 'bet' | ReasonCode;
  readonly need?: number;
  readonly have?: number;
  readonly selectionId?: string;
  readonly stakeMinor?: number;
  readonly oddsMilli?: number;
  readonly fairPpm?: number;
}

/** The market as the bot saw it. Odds in the catalogue's order of selections, 0 = withdrawn. */
export interface MarketSnapshot {
  readonly at: number;
  readonly marketId: string;
  readonly book: string;
  readonly quoteSeq: number;
  readonly status: string;
  readonly inPlay: boolean;
  readonly observedAt: number;
  readonly confirmedAt: number;
  readonly oddsMilli: readonly number[];
  readonly score: { readonly home: number; readonly away: number } | null;
  /** Price lists of this book seen before and with this one. */
  readonly seen: number;
  /** By the bot's own provider. */
  readonly fairPpm: readonly number[] | null;
}

export function decisionOf(bot: DnaStrategy, price: BookPrice, answer: Bet | Pass, at: number): Decision {
  const where = { botId: bot.botId, dnaHash: bot.dnaHash, at, marketId: price.market.marketId, book: price.book };
  if (answer.kind === 'pass') {
    const { code, have, need } = answer;
    const numbers = need === undefined || have === undefined ? {} : { need, have };
    return { ...where, quoteSeq: price.quoteSeq, outcome: code, ...numbers };
  }
  const { fairPpm, minOddsMilli, quoteSeq, selectionId, stakeMinor } = answer;
  const fair = fairPpm === undefined ? {} : { fairPpm };
  return { ...where, quoteSeq, outcome: 'bet', selectionId, stakeMinor, oddsMilli: minOddsMilli, ...fair };
}

/** To be taken at the moment of the decision: the price list goes on living. */
export function snapshotOf(bot: DnaStrategy, price: BookPrice, at: number): MarketSnapshot {
  const fair = bot.fair.of(price, at);
  const { book, confirmedAt, inPlay, observedAt, quoteSeq, score, seen, status } = price;
  const when = { at, observedAt, confirmedAt };
  const fairPpm = fair && fair.map((p) => Math.round(p * 1_000_000));
  return {
    ...when,
    marketId: price.market.marketId,
    book,
    quoteSeq,
    status,
    inPlay,
    oddsMilli: [...price.oddsMilli],
    score,
    seen,
    fairPpm,
  };
}

export function snapshotHash(snapshot: MarketSnapshot): string {
  return sha256Hex(canonical(snapshot));
}
