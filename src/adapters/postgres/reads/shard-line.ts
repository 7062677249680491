// The batches of one shard on their way into the tables: rows are made while the batch before is written, each batch is written after the one
// before it, and what was made from balances that did not come to be is not written at all.
import type pg from 'pg';
import type { ProjectionBatch } from '#engine/projections/projection-batch.ts';
import type { MultipleRow } from '#engine/projections/multiple-changes.ts';
import type { ProjectionPlace } from '#ports/projections.ts';
import { copyField } from './copy-text.ts';
import { type MultipleTexts, multipleTexts } from './multiple-rows.ts';
import { type HolderBalance, HolderBalances } from './holder-balances.ts';

/** As COPY wants them. */
export interface Rows {
  readonly bets: string;
  readonly entries: string;
  readonly multiples: MultipleTexts;
}

interface Prepared {
  readonly rows: Rows;
  readonly generation: number;
}

export class ShardLine {
  readonly holders: HolderBalances;
  readonly #shard: number;
  /** Each ends, well or not, with the batch given last. */
  #prepared: Promise<unknown> = Promise.resolve();
  #written: Promise<unknown> = Promise.resolve();
  /** Block that the balances stand at, with everything given. */
  #at = -1;
  /** After a failure nobody knows what landed: nothing more is written until the position was read again. */
  #broken = false;

  constructor(shard: number) {
    this.#shard = shard;
    this.holders = new HolderBalances(shard);
  }

  /** The position was read again. */
  reopen(): void {
    this.#broken = false;
  }

  /** The rows of a batch, from the balances after the batches given before. To be called before write(). */
  prepare(pool: pg.Pool, batch: ProjectionBatch, move: { from: ProjectionPlace; to: ProjectionPlace }): Promise<Prepared> {
    const written = this.#written;
    const rows = this.#prepared.then(async () => {
      if (this.#at !== move.from.blockNo) this.holders.forget();
      this.#at = move.to.blockNo;
      return this.#prepare(pool, batch, written);
    });
    this.#prepared = rows.catch(() => this.holders.forget());
    return rows;
  }

  /** Writes in its turn. */
  write(transact: () => Promise<boolean>): Promise<boolean> {
    const done = this.#written.then(() => this.#write(transact));
    this.#written = done.catch(() => undefined);
    return done;
  }

  async #prepare(pool: pg.Pool, batch: ProjectionBatch, written: Promise<unknown>): Promise<Prepared> {
    if (this.holders.empty || this.holders.full) {
      await written; // the tables do not have what is on its way
      if (this.holders.full) this.holders.forget();
    }
    const { generation } = this.holders;
    const before = await this.holders.load(pool, batch);
    const tenantOf = (b: MultipleRow): string => ((b.wallet && before[b.wallet.no]) ?? this.holders.of(b)).tenantId;
    const multiples = multipleTexts(this.#shard, batch.multiples.placed, tenantOf);
    const rows = { bets: this.#betRows(batch, before), entries: this.#entryRows(batch, before), multiples };
    this.holders.advance(before, batch.wallets.values());
    return { rows, generation };
  }

  async #write(transact: () => Promise<boolean>): Promise<boolean> {
    try {
      const moved = !this.#broken && (await transact());
      if (!moved) this.holders.forget();
      return moved;
    } catch (error) {
      this.#broken = true;
      this.holders.forget();
      throw error;
    }
  }

  #betRows(batch: ProjectionBatch, before: readonly HolderBalance[]): string {
    const shard = this.#shard;
    let text = '';
    for (const b of batch.bets) {
      const { tenantId } = (b.wallet && before[b.wallet.no]) ?? this.holders.of(b);
      text += `${b.betId}\t${shard}\t${b.ledgerId}\t${b.seq}\t${b.holderId}\t${tenantId}\t${b.marketId}\t${b.selectionId}\t${copyField(b.lead)}\t${b.oddsMilli}\t${b.stakeMinor}\t${b.currency}\t${b.quoteSeq}\t${copyField(b.quoteSource)}\t${b.quoteAgeMs}\t${b.placedAt}\t${b.status}\n`;
    }
    return text;
  }

  #entryRows(batch: ProjectionBatch, before: readonly HolderBalance[]): string {
    const shard = this.#shard;
    let text = '';
    for (const e of batch.entries) {
      const { posting: p, wallet } = e;
      const was = wallet && before[wallet.no];
      const whose = was
        ? `${wallet.holderId}\t${was.available + e.available}\t${was.held + e.held}\t${was.debt + e.debt}`
        : '\\N\t\\N\t\\N\t\\N';
      text += `${shard}\t${e.seq}\t${e.n}\t${e.ledgerId}\t${e.at}\t${p.from}\t${p.to}\t${p.currency}\t${p.amountMinor}\t${e.eventType}\t${whose}\n`;
    }
    return text;
  }
}
