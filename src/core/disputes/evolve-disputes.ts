// Folds disputes into state. A dispute keeps its market in memory until it is over: an upheld one must still be able to correct it.
import { assert, unreachable } from '../base/assert.ts';
import type { NewEvent } from '../kernel/event.ts';
import { type LedgerState, marketOf } from '../kernel/state.ts';
import { archiveKey } from '../settlement/timer-keys.ts';
import type { DisputeEvents } from './dispute-events.ts';
import { type Dispute, disputeKey } from './disputes.ts';

export type DisputeEvent = NewEvent<keyof DisputeEvents>;

/** The compiler asks for every one of them. */
const TYPES: Readonly<Record<keyof DisputeEvents, true>> = { DisputeOpened: true, DisputeReviewed: true, DisputeDecided: true };

export function isDisputeEvent(e: NewEvent): e is DisputeEvent {
  return Object.hasOwn(TYPES, e.type);
}

export function evolveDisputes(ledger: LedgerState, e: DisputeEvent): void {
  const { disputes } = ledger;
  switch (e.type) {
    case 'DisputeOpened': {
      const { betId, disputeId, dueAt, holder, marketId, ownerId } = e.data;
      disputes.set({ disputeId, betId, marketId, holder, ownerId, state: 'open' });
      return waitUntil(ledger, { disputeId, marketId }, dueAt);
    }
    case 'DisputeReviewed': {
      const dispute = known(ledger, e.data.disputeId);
      disputes.set({ ...dispute, state: 'under_review' });
      return waitUntil(ledger, dispute, e.data.dueAt);
    }
    case 'DisputeDecided':
      disputes.set({ ...known(ledger, e.data.disputeId), state: e.data.decision });
      return ledger.timers.delete(disputeKey(e.data.disputeId));
    default:
      return unreachable(e, 'event');
  }
}

function waitUntil(ledger: LedgerState, { disputeId, marketId }: Pick<Dispute, 'disputeId' | 'marketId'>, dueAt: number): void {
  ledger.timers.set(disputeKey(disputeId), dueAt);
  const archivedAt = marketOf(ledger, marketId) && ledger.timers.dueAt(archiveKey(marketId));
  if (archivedAt !== undefined && archivedAt <= dueAt) ledger.timers.set(archiveKey(marketId), dueAt + 1);
}

function known(ledger: LedgerState, disputeId: string): Dispute {
  const dispute = ledger.disputes.find(disputeId);
  assert(dispute, () => `${disputeId} is unknown`);
  return dispute;
}
