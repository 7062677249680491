// What may be asked of settlements beside results: who decides, settling by hand, correcting, and the second person's word.
import type { OutcomeNumbers } from '../../kernel/event.ts';

/** Which sources may decide, best first (none named: any, the first to speak), and how many must agree on a market. */
export interface ResultRule {
  readonly agree: number;
  readonly sources: readonly string[];
}

export interface SetResultRule extends ResultRule {
  readonly type: 'SetResultRule';
}
/** Settles a market by hand, or corrects it when it is settled. From then on no source decides it any more. */
export interface SettleMarket {
  readonly type: 'SettleMarket';
  readonly marketId: string;
  /** Of every selection; null takes the settlement back and leaves the market closed. */
  readonly outcomes: Readonly<Record<string, OutcomeNumbers>> | null;
  readonly reason: string;
  /** Of the preview that was looked at: refused when the market has changed since. */
  readonly previewHash?: string;
}
/** The second person's yes: to exactly what was previewed. */
export interface ApproveSettlement {
  readonly type: 'ApproveSettlement';
  readonly proposalId: string;
  readonly previewHash: string;
}
export interface RejectSettlement {
  readonly type: 'RejectSettlement';
  readonly proposalId: string;
  readonly reason: string;
}

/** Brings a settled market back that left memory, so that it can be corrected: `loaded` in the context is what the journal says of it. */
export interface RecallMarket {
  readonly type: 'RecallMarket';
  readonly marketId: string;
}

export type CorrectionCommand = SetResultRule | SettleMarket | ApproveSettlement | RejectSettlement | RecallMarket;
