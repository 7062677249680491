// The bots' DNA, and what the read models remember of their bets.
import type { Dna } from '#core/bots/dna.ts';

export interface StoredBot {
  readonly dna: Dna;
  readonly ownerId: string;
  readonly tenantId: string;
  readonly bornAt: number;
}

export interface PastBet {
  readonly betId: string;
  readonly botId: string;
  readonly marketId: string;
  readonly selectionId: string;
  readonly oddsMilli: number;
  readonly stakeMinor: number;
  readonly quoteSeq: number;
  readonly placedAt: number;
  /** Null while it is open. */
  readonly returnMinor: number | null;
  readonly settledAt: number | null;
}

export interface BotStore {
  load(): Promise<StoredBot[]>;
  /** Adds bots that are not there yet. */
  add(bots: readonly StoredBot[]): Promise<void>;
  /** The newest bets of each bot, oldest first. */
  history(botId: string, limit: number): Promise<PastBet[]>;
}
