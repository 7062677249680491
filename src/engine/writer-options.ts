// What a writer is given, and what it says of itself.
import type { Refusal } from '#core/base/refusal.ts';
import type { Envelope, Lane } from '#core/kernel/command.ts';
import type { ShardState } from '#core/kernel/state.ts';
import type { Clock } from '#ports/clock.ts';
import type { Block, Journal, Lease } from '#ports/journal.ts';
import type { Log } from '#ports/log.ts';
import type { Snapshots } from '#ports/snapshots.ts';
import type { LaneLimits } from './lanes.ts';
import type { QuoteBoard } from './quote-board.ts';

export interface WriterOptions {
  readonly shard: number;
  readonly lease: Lease;
  readonly lanes?: LaneLimits;
  readonly keysMax?: number;
  readonly board?: QuoteBoard; // shared by the writers of a process
  readonly anyBetId?: boolean; // bets of a recording keep the names that they had
  /** New commands get `busy` when the oldest waiting one is older than this, ms. */
  readonly waitMsMax?: number;
  /** How long a bet waits for a quote this writer has not seen, ms. */
  readonly quoteWaitMs?: number;
  /** Shortest time between two blocks under load, ms: each costs a transaction, so that fewer and larger ones leave room for everyone. */
  readonly gatherMs?: number;
  /** Why new commands of a lane to a ledger are refused for now, or null: read models that lag, a disk that fills. Control is never asked about. */
  readonly holdBack?: (lane: Lane, ledgerId: string) => Refusal | null;
  /** Reads what a command's decision needs and state does not hold; null when that is nothing. The command waits outside the lanes meanwhile. */
  readonly load?: (envelope: Envelope, state: Readonly<ShardState> | null) => Promise<unknown> | null;
  /** Called after each commit, in order. */
  readonly onCommit?: (block: Block) => void;
}

export interface WriterPorts {
  readonly journal: Journal;
  readonly snapshots: Snapshots | null;
  readonly clock: Clock;
  readonly log: Log;
}

export type WriterStatus = 'starting' | 'standby' | 'writing' | 'recovering' | 'read_only' | 'fenced' | 'stopped';
