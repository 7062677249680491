// What may be asked about a settled bet that its bettor thinks is settled wrongly.
import type { OutcomeNumbers } from '../kernel/event.ts';

/** Why a bettor disputes: one of these words; whatever else there is to say is outside the journal, under its hash. */
export const DISPUTE_REASONS = ['wrong_result', 'wrong_odds', 'wrong_market', 'should_be_void', 'not_mine', 'other'] as const;
export type DisputeReason = (typeof DISPUTE_REASONS)[number];

/** The dispute is named after the command. */
export interface OpenDispute {
  readonly type: 'OpenDispute';
  readonly betId: string;
  /** What the bet was on; of a bet of several legs, the one that was decided wrongly. */
  readonly marketId: string;
  readonly reason: DisputeReason;
  /** sha256 of the evidence, hex. */
  readonly evidenceHash: string;
}
/** An operator takes it up. */
export interface ReviewDispute {
  readonly type: 'ReviewDispute';
  readonly disputeId: string;
}
export interface DecideDispute {
  readonly type: 'DecideDispute';
  readonly disputeId: string;
  readonly decision: 'upheld' | 'rejected';
  readonly reason: string;
  /** Of an upheld one, one of the two: what the house pays of its own will, or what the market is corrected to. */
  readonly goodwillMinor?: number;
  readonly outcomes?: Readonly<Record<string, OutcomeNumbers>>;
}

export type DisputeCommand = OpenDispute | ReviewDispute | DecideDispute;

/** A dispute has the 26 characters of its command: a key happens once, so no two disputes share a name. */
export function disputeIdOf(commandId: string): string {
  return `dsp_${commandId.slice('cmd_'.length)}`;
}
