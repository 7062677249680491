// Cash-out: a bet, or part of it, is given up for an amount that was offered. Its command and the data of its events.

/** Takes up a signed offer; the edge that made it has checked its signature. What it says is judged again. */
export interface CashOutBet {
  readonly type: 'CashOutBet';
  readonly betId: string;
  readonly holder: string;
  readonly offerId: string;
  /** The stake of the bet, of both parts each way, when the offer was made: another cash-out since then ends the offer. */
  readonly ofMinor: number;
  /** How much of it is given up. */
  readonly stakeMinor: number;
  /** What is offered for it. */
  readonly amountMinor: number;
  /** Of several legs: of the first that is open. */
  readonly quoteSeq: number;
  readonly expiresAt: number;
}

export interface CashOutEvents {
  CashOutRequested: {
    amountMinor: number;
    betId: string;
    holder: string;
    offerId: string;
    /** When its delay ends. */
    releaseAt: number;
    stakeMinor: number;
  };
  BetCashedOut: {
    amountMinor: number;
    betId: string;
    holder: string;
    /** Of several legs: those still open, each as [number of the leg from 0, price that it was judged at, quote]. */
    legs?: readonly (readonly [number, number, number])[];
    /** Of a single: the price that it was judged at, and its quote. */
    oddsMilli?: number;
    offerId: string;
    /** Of an each-way bet: the price that its place part was judged at, and its quote. */
    place?: { oddsMilli: number; quoteSeq: number };
    quoteSeq?: number;
    /** Stake of the bet that goes on; 0 when all of it was given up. */
    remainingMinor: number;
    stakeMinor: number;
  };
  CashOutRejected: { betId: string; holder: string; offerId: string; reason: string };
}
