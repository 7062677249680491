// Bets that wait for the answer of somebody outside the core before they stand: their commands and the data of their events.
import type { Currency } from '../base/money.ts';
import type { Leg } from '../kernel/command.ts';

/** Who is asked. A bet may be referred to one after the other, to one at a time. */
export const REFEREES = ['desk', 'supplier'] as const;
export type Referee = (typeof REFEREES)[number];
/** Where bets need the supplier's answer: a market, all prices of a source, or the whole ledger. Any of them is enough. */
export const CONFIRMATION_SCOPES = ['ledger', 'market', 'source'] as const;
export type ConfirmationScope = (typeof CONFIRMATION_SCOPES)[number];
export type AnswerStatus = 'confirmed' | 'rejected';

export interface SetConfirmation {
  readonly type: 'SetConfirmation';
  readonly scope: ConfirmationScope;
  /** A market id, a source, or the ledger's own id. */
  readonly target: string;
  readonly confirmation: 'supplier' | 'none';
}
/** The supplier takes the bet. */
export interface ConfirmBet {
  readonly type: 'ConfirmBet';
  readonly betId: string;
  /** When the supplier says that it decided, ms. */
  readonly answeredAt: number;
  /** The supplier's own name for the bet. */
  readonly providerRef?: string;
}
/** The supplier does not take it. */
export interface RejectBet {
  readonly type: 'RejectBet';
  readonly betId: string;
  readonly answeredAt: number;
  readonly providerRef?: string;
  /** One word; other text stays with the supplier. */
  readonly reason: string;
}
export type ConfirmationCommand = SetConfirmation | ConfirmBet | RejectBet;

/** How a referred bet ended: by its answer, without one in time, or by what happened meanwhile. */
export type ReferralEnd = AnswerStatus | 'timed_out' | 'settled' | 'void';

export interface ConfirmationEvents {
  ConfirmationSet: { confirmation: 'supplier' | 'none'; scope: ConfirmationScope; target: string };
  /** Says all that the referee has to know. */
  BetReferred: {
    betId: string;
    by: Referee;
    currency: Currency;
    /** When it is given back if nobody has answered. */
    dueAt: number;
    holder: string;
    /** `lead` as in BetPlaced. */
    legs: readonly (Leg & { lead?: number; oddsMilli: number })[];
    placedAt: number;
    /** Of a bet of several legs that of its first. */
    quoteSeq: number;
    /** All that the bet holds. */
    stakeMinor: number;
  };
  AnswerFlagged: {
    answeredAt: number;
    betId: string;
    by: Referee;
    /** What had become of the bet; `unknown` where that is not remembered. */
    ended: ReferralEnd | 'unknown';
    /** Nobody where the bet is unknown. */
    holder?: string;
    providerRef?: string;
    reason?: string;
    status: AnswerStatus;
  };
}
