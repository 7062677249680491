// What a ledger remembers of money exchanged with others: what it sent and does not know the end of, and what it received, so that nothing is
// received twice. Bounded: open transfers by number, received ones by age.
import { assert } from '../base/assert.ts';

/** Sent transfers of one ledger, and of one holder, whose end is not known yet. */
export const TRANSFERS_OPEN_MAX = 10_000;
export const TRANSFERS_OPEN_PER_HOLDER_MAX = 100;
/** Received ones that are remembered; more are refused, and go back. */
export const TRANSFERS_RECEIVED_MAX = 500_000;
/** Older transfers are not received any more, so that those received need not be remembered longer, ms. */
export const TRANSFER_LIFE_MS = 7 * 86_400_000;

export interface OpenTransfer {
  readonly transferId: string;
  readonly holder: string;
  readonly toLedger: string;
  readonly toHolder: string;
  readonly amountMinor: number;
  readonly sentAt: number;
}

export interface TransfersDump {
  readonly open: readonly OpenTransfer[];
  /** `ledger transferId` and when it was sent, in the order of receipt. */
  readonly received: readonly (readonly [string, number])[];
  readonly transitMinor: number;
}

export class Transfers {
  readonly #open = new Map<string, OpenTransfer>();
  readonly #openOf = new Map<string, number>();
  readonly #received = new Map<string, number>();
  /** Sum of all transit accounts: what left less what came. */
  transitMinor = 0;

  get openCount(): number {
    return this.#open.size;
  }

  get receivedCount(): number {
    return this.#received.size;
  }

  open(): IterableIterator<OpenTransfer> {
    return this.#open.values();
  }

  openCountOf(holder: string): number {
    return this.#openOf.get(holder) ?? 0;
  }

  findOpen(transferId: string): OpenTransfer | undefined {
    return this.#open.get(transferId);
  }

  wasReceived(fromLedger: string, transferId: string): boolean {
    return this.#received.has(`${fromLedger} ${transferId}`);
  }

  add(transfer: OpenTransfer): void {
    this.#open.set(transfer.transferId, transfer);
    this.#openOf.set(transfer.holder, this.openCountOf(transfer.holder) + 1);
  }

  /** The end of a sent transfer is known. */
  close(transferId: string): OpenTransfer {
    const transfer = this.#open.get(transferId);
    assert(transfer, () => `${transferId} is not open`);
    this.#open.delete(transferId);
    const left = this.openCountOf(transfer.holder) - 1;
    if (left > 0) this.#openOf.set(transfer.holder, left);
    else this.#openOf.delete(transfer.holder);
    return transfer;
  }

  receive(of: { readonly fromLedger: string; readonly transferId: string; readonly sentAt: number }, now: number): void {
    this.#received.set(`${of.fromLedger} ${of.transferId}`, of.sentAt);
    for (const [key, sentAt] of this.#received) {
      if (sentAt >= now - TRANSFER_LIFE_MS) break; // in the order of receipt, which is nearly that of sending
      this.#received.delete(key);
    }
  }

  /** Null while the ledger never exchanged anything: its snapshot is then what it was before there were transfers. */
  dump(): TransfersDump | null {
    if (this.#open.size === 0 && this.#received.size === 0 && this.transitMinor === 0) return null;
    return { open: [...this.#open.values()], received: [...this.#received], transitMinor: this.transitMinor };
  }

  static load(dump: TransfersDump | null | undefined): Transfers {
    const transfers = new Transfers();
    for (const transfer of dump?.open ?? []) transfers.add(transfer);
    for (const [key, sentAt] of dump?.received ?? []) transfers.#received.set(key, sentAt);
    transfers.transitMinor = dump?.transitMinor ?? 0;
    return transfers;
  }
}
