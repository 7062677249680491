// Who has to take a bet before it stands. Asking about the same bet again must give the same answer: an answer that was lost is asked for again.
import type { StruckLeg } from '#core/bets/live-handicap.ts';

/** A bet as the supplier hears of it: the body of `bet_placed`. */
export interface PlacedBet {
  readonly betId: string;
  readonly ledgerId: string;
  readonly holder: string;
  /** With a `lead`, only goals since count: what stood was home ahead by so many. */
  readonly legs: readonly StruckLeg[];
  readonly stakeMinor: number;
  readonly currency: string;
  readonly quoteSeq: number;
  readonly placedAt: number;
  /** An answer after this is too late, ms. */
  readonly answerBy: number;
}

export interface SupplierAnswer {
  readonly status: 'confirmed' | 'rejected';
  readonly reason?: string;
  /** The supplier's own name for the bet. */
  readonly providerRef?: string;
  /** When the supplier decided, ms. */
  readonly at: number;
}

/** The supplier gave no answer: whether it knows of the bet is unknown. It is asked again. */
export class SupplierAwayError extends Error {
  override readonly name = 'SupplierAwayError';
}

export interface BetSupplier {
  /** Fails with SupplierAwayError, or with another error when the supplier cannot read the bet. */
  place(bet: PlacedBet): Promise<SupplierAnswer>;
  /** What it answered about a bet, or null when it was never asked; asking this places nothing. */
  find(betId: string): Promise<SupplierAnswer | null>;
}
