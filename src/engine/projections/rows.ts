// The rows that a batch changes, as the store writes them.
import type { Currency } from '#core/base/money.ts';
import type { Posting } from '#core/ledger/accounts.ts';

/** What a batch adds to a wallet, in minor units. */
export interface WalletChange {
  /** Its place among the batch's wallets, from 0. */
  readonly no: number;
  readonly ledgerId: string;
  readonly holderId: string;
  readonly currency: Currency;
  available: number;
  held: number;
  debt: number;
  seq: number;
}

export interface HolderFact {
  readonly ledgerId: string;
  readonly holderId: string;
  readonly ownerId: string;
  readonly tenantId: string;
  readonly dnaHash: string;
  readonly seq: number;
}

export interface BetRow {
  readonly betId: string;
  readonly ledgerId: string;
  readonly seq: number;
  readonly holderId: string;
  readonly marketId: string;
  readonly selectionId: string;
  /** Goals that home was ahead when a handicap was struck in play; null where the whole score counts. */
  readonly lead: number | null;
  readonly oddsMilli: number;
  /** Of an each-way bet, of both parts. */
  readonly stakeMinor: number;
  readonly currency: string;
  readonly quoteSeq: number;
  readonly quoteSource: string;
  readonly quoteAgeMs: number;
  readonly placedAt: number;
  readonly status: string;
  /** The one the stake came from. */
  readonly wallet: WalletChange | null;
}

export interface BetEnd {
  readonly betId: string;
  readonly holderId: string;
  readonly status: string;
  readonly returnMinor: number | null;
  readonly at: number;
  readonly seq: number;
  readonly reason: string | null;
  /** A delayed bet may be accepted at another price than it was placed at. */
  readonly oddsMilli: number | null;
}

export interface EntryRow {
  readonly seq: number;
  readonly n: number;
  readonly ledgerId: string;
  readonly at: number;
  readonly posting: Posting;
  readonly eventType: string;
  /** Whose wallet moved, and what the batch had added to it by then; null when no wallet moved. */
  readonly wallet: WalletChange | null;
  readonly available: number;
  readonly held: number;
  readonly debt: number;
}

export interface MarketChange {
  readonly ledgerId: string;
  readonly marketId: string;
  readonly eventId: string;
  startAt: number | null;
  /** Selections and places that the opening stated, and runners withdrawn since, as JSON. */
  stated: string | null;
  withdrawn: string[];
  status: string | null;
  bets: number;
  stakedMinor: number;
  returnedMinor: number;
  outcomes: string | null;
  settledAt: number | null;
}
