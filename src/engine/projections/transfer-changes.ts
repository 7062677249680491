// Transfers between ledgers as rows: one in each of the two, in the shard where its ledger lives.
import type { NewEvent } from '#core/kernel/event.ts';

export interface LedgerFact {
  readonly ledgerId: string;
  readonly currency: string;
  readonly moneyClass: string;
  readonly markets: boolean;
  readonly seq: number;
}

export interface TransferChange {
  readonly ledgerId: string;
  readonly transferId: string;
  readonly direction: 'out' | 'in';
  readonly holderId: string;
  readonly tenantId: string;
  readonly otherLedger: string;
  readonly otherHolder: string;
  readonly currency: string;
  readonly amountMinor: number;
  readonly at: number;
  readonly status: 'sent' | 'received';
  readonly seq: number;
}

/** What became of one that was sent. */
export interface TransferEnd {
  readonly ledgerId: string;
  readonly transferId: string;
  readonly holderId: string;
  readonly status: 'received' | 'returned';
  readonly reason: string | null;
  readonly at: number;
}

export function transferOut(e: NewEvent<'TransferSent'>, seq: number): TransferChange {
  const { holder: holderId, tenantId, toHolder: otherHolder, toLedger: otherLedger, transferId } = e.data;
  return { ...moneyOf(e), transferId, direction: 'out', holderId, tenantId, otherLedger, otherHolder, status: 'sent', seq };
}

export function transferIn(e: NewEvent<'TransferReceived'>, seq: number): TransferChange {
  const { fromHolder: otherHolder, fromLedger: otherLedger, holder: holderId, tenantId, transferId } = e.data;
  return { ...moneyOf(e), transferId, direction: 'in', holderId, tenantId, otherLedger, otherHolder, status: 'received', seq };
}

export function transferEnd(e: NewEvent<'TransferConfirmed' | 'TransferReturned'>): TransferEnd {
  const { holder: holderId, transferId } = e.data;
  const { at, ledgerId } = e;
  if (e.type === 'TransferConfirmed') return { ledgerId, transferId, holderId, status: 'received', reason: null, at };
  return { ledgerId, transferId, holderId, status: 'returned', reason: e.data.reason, at };
}

function moneyOf({ at, ledgerId, postings }: NewEvent): Pick<TransferChange, 'amountMinor' | 'at' | 'currency' | 'ledgerId'> {
  const posting = postings?.[0];
  return { ledgerId, at, currency: posting?.currency ?? '', amountMinor: posting?.amountMinor ?? 0 };
}
