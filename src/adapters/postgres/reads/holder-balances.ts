// What the projector knows of the holders its batches touch: who is behind each, and the balances after the last batch given.
// Read from the tables when a holder is first met, then kept up to date here, so that a balance is never updated in place.
import type pg from 'pg';
import type { ProjectionBatch } from '#engine/projections/projection-batch.ts';
import type { WalletChange } from '#engine/projections/rows.ts';

export interface HolderBalance {
  readonly ownerId: string;
  readonly tenantId: string;
  available: number;
  held: number;
  debt: number;
}

/** Holders remembered; beyond it all are forgotten and read again as they come. */
const HOLDERS_MAX = 1_000_000;

/** Of one shard. */
export class HolderBalances {
  readonly #shard: number;
  /** By ledger, then by holder. */
  readonly #known = new Map<string, Map<string, HolderBalance>>();
  #size = 0;
  #generation = 0;

  constructor(shard: number) {
    this.#shard = shard;
  }

  /** Counts how often all was forgotten: what was made before the last time may be wrong. */
  get generation(): number {
    return this.#generation;
  }

  /** True when all is to be read from the tables, which must then have every batch given before. */
  get empty(): boolean {
    return this.#size === 0;
  }

  /** Time to forget. */
  get full(): boolean {
    return this.#size > HOLDERS_MAX;
  }

  /** The balances of a batch's wallets before it, at each wallet's `no`. Of a holder not known here, the tables have them: a batch on its way would have made him known. */
  async load(pool: pg.Pool, batch: ProjectionBatch): Promise<HolderBalance[]> {
    const wallets = [...batch.wallets.values()];
    const missing = wallets.filter((wallet) => !this.#ledger(wallet.ledgerId).has(wallet.holderId));
    if (missing.length > 0) {
      const { rows } = await pool.query<WalletSql>(
        `SELECT ledger_id, holder_id, owner_id, tenant_id, available_minor, held_minor, debt_minor FROM wallets
         WHERE shard = $1 AND holder_id = ANY($2)`,
        [this.#shard, missing.map((wallet) => wallet.holderId)],
      );
      for (const row of rows) {
        this.#learn(row.ledger_id, row.holder_id, {
          ownerId: row.owner_id,
          tenantId: row.tenant_id,
          available: Number(row.available_minor),
          held: Number(row.held_minor),
          debt: Number(row.debt_minor),
        });
      }
    }
    for (const { holderId, ledgerId, ownerId, tenantId } of batch.holders) {
      this.#learn(ledgerId, holderId, { ownerId, tenantId, available: 0, held: 0, debt: 0 });
    }
    return wallets.map((wallet) => this.of(wallet));
  }

  of({ holderId, ledgerId }: { holderId: string; ledgerId: string }): HolderBalance {
    const known = this.#ledger(ledgerId).get(holderId);
    if (!known) throw new Error(`a posting names ${holderId}, whom no earlier event of ${ledgerId} brought in`);
    return known;
  }

  /** What comes next starts from the balances after this batch; `before` is what load() gave for it. */
  advance(before: readonly HolderBalance[], wallets: Iterable<WalletChange>): void {
    for (const wallet of wallets) {
      const known = before[wallet.no] as HolderBalance;
      known.available += wallet.available;
      known.held += wallet.held;
      known.debt += wallet.debt;
    }
  }

  /** A batch failed, or another projector moved the position: what is known here may be wrong, and what was made from it. */
  forget(): void {
    this.#known.clear();
    this.#size = 0;
    this.#generation++;
  }

  #ledger(ledgerId: string): Map<string, HolderBalance> {
    let ledger = this.#known.get(ledgerId);
    if (!ledger) this.#known.set(ledgerId, (ledger = new Map()));
    return ledger;
  }

  /** What is known already stays: it may be newer than the tables. */
  #learn(ledgerId: string, holderId: string, balance: HolderBalance): void {
    const ledger = this.#ledger(ledgerId);
    if (ledger.has(holderId)) return;
    ledger.set(holderId, balance);
    this.#size++;
  }
}

interface WalletSql {
  ledger_id: string;
  holder_id: string;
  owner_id: string;
  tenant_id: string;
  available_minor: string;
  held_minor: string;
  debt_minor: string;
}
