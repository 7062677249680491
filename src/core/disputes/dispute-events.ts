// What is recorded of disputes. The evidence itself is kept where it can be erased; here is its hash.
import type { DisputeReason } from './dispute-commands.ts';

export interface DisputeEvents {
  DisputeOpened: {
    betId: string;
    disputeId: string;
    /** When it expires unless somebody takes it up. */
    dueAt: number;
    evidenceHash: string;
    holder: string;
    marketId: string;
    ownerId: string;
    reason: DisputeReason;
  };
  DisputeReviewed: { by: string; disputeId: string; dueAt: number; holder: string };
  DisputeDecided: {
    by: string;
    decision: 'upheld' | 'rejected' | 'expired';
    disputeId: string;
    goodwillMinor: number;
    holder: string;
    reason: string;
  };
}
