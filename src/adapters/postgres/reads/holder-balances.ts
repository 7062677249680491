// What the projector knows of the holders its batches touch: who is behind each, and the balances after the last committed batch.
// Read from the tables when a holder is first met, then kept up to date here, so that a balance is never updated in place.
import type pg from 'pg';
import type { ProjectionBatch, WalletChange } from '#engine/projections/projection-batch.ts';

export interface HolderBalance {
  readonly ownerId: string;
  readonly tenantId: string;
  available: number;
  held: number;
  debt: number;
}

/** Holders remembered; beyond it all are forgotten and read again as they come. */
const HOLDERS_MAX = 1_000_000;

export class HolderBalances {
  readonly #known = new Map<string, HolderBalance>();

  /** Makes sure that every holder of a batch is known. Must see the tables as the batch's first position left them. */
  async load(pool: pg.Pool, shard: number, batch: ProjectionBatch): Promise<void> {
    if (this.#known.size > HOLDERS_MAX) this.#known.clear();
    const missing = [...batch.wallets.values()].filter((wallet) => !this.#known.has(keyOf(shard, wallet)));
    if (missing.length > 0) {
      const { rows } = await pool.query<WalletSql>(
        `SELECT ledger_id, holder_id, owner_id, tenant_id, available_minor, held_minor, debt_minor FROM wallets
         WHERE shard = $1 AND holder_id = ANY($2)`,
        [shard, missing.map((wallet) => wallet.holderId)],
      );
      for (const row of rows) {
        this.#known.set(keyOf(shard, { ledgerId: row.ledger_id, holderId: row.holder_id }), {
          ownerId: row.owner_id,
          tenantId: row.tenant_id,
          available: Number(row.available_minor),
          held: Number(row.held_minor),
          debt: Number(row.debt_minor),
        });
      }
    }
    for (const { holderId, ledgerId, ownerId, tenantId } of batch.holders) {
      const key = keyOf(shard, { ledgerId, holderId });
      if (!this.#known.has(key)) this.#known.set(key, { ownerId, tenantId, available: 0, held: 0, debt: 0 });
    }
  }

  of(shard: number, place: Place): HolderBalance {
    const known = this.#known.get(keyOf(shard, place));
    if (!known) throw new Error(`a posting names ${place.holderId}, whom no earlier event of ${place.ledgerId} brought in`);
    return known;
  }

  /** The batch is durable: its changes belong to the balances from now on. */
  committed(shard: number, wallets: Iterable<WalletChange>): void {
    for (const wallet of wallets) {
      const known = this.of(shard, wallet);
      known.available += wallet.available;
      known.held += wallet.held;
      known.debt += wallet.debt;
    }
  }

  /** Another projector may have moved the position: what is known here may be old. */
  forget(): void {
    this.#known.clear();
  }
}

interface Place {
  readonly ledgerId: string;
  readonly holderId: string;
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

function keyOf(shard: number, { holderId, ledgerId }: Place): string {
  return `${shard} ${ledgerId} ${holderId}`;
}
