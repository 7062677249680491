// One ledger as its writer holds it in memory, while that writer is in this process: asked anew each time, because a stand-by takes over at any moment.
// What is read here may be a few milliseconds ahead of the last COMMIT, never behind it.
import { holderOf, HOUSE, type LedgerState, type ShardState } from '#core/kernel/state.ts';
import type { HaltScope } from '#core/kernel/command.ts';
import type { Limits } from '#core/risk/limits.ts';

export interface LiveWallet {
  readonly holder: string;
  readonly ownerId: string;
  readonly tenantId: string;
  readonly currency: string;
  readonly availableMinor: number;
  readonly heldMinor: number;
  readonly debtMinor: number;
  readonly status: string;
}

export interface LiveRisk {
  readonly currency: string;
  readonly halted: readonly HaltScope[];
  readonly houseMinor: number;
  readonly worstLossMinor: number;
  readonly openBets: number;
  readonly markets: number;
  readonly limits: Limits;
}

/** A part of the writer: what it folded, and how far it has committed. */
export interface WriterView {
  readonly status: string;
  readonly state: Readonly<ShardState> | null;
  readonly place: { readonly seq: number } | null;
}

export class LiveLedger {
  readonly #writer: () => WriterView | null;
  readonly #ledgerId: string;

  /** `writer` gives the one of the ledger's shard while it is in this process. */
  constructor(writer: () => WriterView | null, ledgerId: string) {
    this.#writer = writer;
    this.#ledgerId = ledgerId;
  }

  /** Last committed seq, or null while this process does not write the ledger: then its state says nothing. */
  get seq(): number | null {
    return this.#ledger ? (this.#writer()?.place?.seq ?? null) : null;
  }

  wallet(holderId: string): LiveWallet | null {
    const ledger = this.#ledger;
    const holder = ledger && holderOf(ledger, holderId);
    if (!holder) return null;
    const { currency } = ledger;
    const { ownerId, paused, retired, tenantId } = holder;
    return {
      holder: holder.id,
      ownerId,
      tenantId,
      currency,
      availableMinor: ledger.accounts.balance(holder.available, currency),
      heldMinor: ledger.accounts.balance(holder.held, currency),
      debtMinor: ledger.accounts.balance(holder.debt, currency),
      status: retired ? 'retired' : paused ? 'paused' : 'active',
    };
  }

  risk(): LiveRisk | null {
    const ledger = this.#ledger;
    if (!ledger) return null;
    const { currency, limits, worstLossMinor } = ledger;
    return {
      currency,
      halted: [...ledger.halted].sort(),
      houseMinor: ledger.accounts.balance(HOUSE, currency),
      worstLossMinor,
      openBets: ledger.bets.size,
      markets: ledger.marketRows.size,
      limits,
    };
  }

  get #ledger(): LedgerState | null {
    const writer = this.#writer();
    return writer?.status === 'writing' ? (writer.state?.ledgers.get(this.#ledgerId) ?? null) : null;
  }
}
