// What can be asked of the history of settlements, proposals and disputes. Rows of facts are as the journal has them.
import type { AsOf, Page, PageAsk, Viewer } from './read-models.ts';

export interface SettlementFilter {
  readonly marketId?: string | undefined;
  readonly eventId?: string | undefined;
  /** An event's type, such as `ResultConflicted`. */
  readonly kind?: string | undefined;
}
export interface SettlementFact {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly eventId: string | null;
  readonly marketId: string | null;
  readonly data: unknown;
}
export interface ProposalRow {
  readonly at: number;
  readonly proposalId: string;
  readonly marketId: string;
  readonly outcomes: Readonly<Record<string, readonly number[]>> | null;
  readonly movedMinor: number;
  readonly previewHash: string;
  readonly by: string;
  readonly source: string;
  readonly reason: string;
  readonly expiresAt: number;
}
export interface DisputeFilter {
  readonly disputeId?: string | undefined;
  readonly state?: string | undefined;
}
export interface DisputeRow {
  readonly disputeId: string;
  readonly betId: string;
  readonly marketId: string;
  readonly holder: string;
  readonly reason: string;
  readonly evidenceHash: string;
  readonly state: string;
  readonly openedAt: number;
  /** When it expires; null once it is over. */
  readonly dueAt: number | null;
  /** Who took it up or decided it. */
  readonly by: string | null;
  readonly endedAt: number | null;
  readonly decisionReason: string | null;
  readonly goodwillMinor: number;
}
/** What a bet had returned before it was taken back. */
export interface Reversal {
  readonly at: number;
  readonly returnMinor: number;
}

export interface SettlementReads {
  settlements(viewer: Viewer, filter: SettlementFilter, page: PageAsk): Promise<AsOf<Page<SettlementFact>>>;
  /** All that wait. */
  proposals(viewer: Viewer): Promise<AsOf<{ readonly items: readonly ProposalRow[] }>>;
  disputes(viewer: Viewer, filter: DisputeFilter, page: PageAsk): Promise<AsOf<Page<DisputeRow>>>;
  /** Of a bet that the viewer may see; empty for any other. */
  reversals(viewer: Viewer, betId: string): Promise<AsOf<{ readonly items: readonly Reversal[] }>>;
}
