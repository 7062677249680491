// One row a shard: what its writer's state hashed to last.
import type pg from 'pg';
import type { StateHash, StateHashes } from '#ports/state-hashes.ts';

export class PostgresStateHashes implements StateHashes {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async publish(shard: number, { blockHash, blockNo, seq, stateHash }: StateHash): Promise<void> {
    await this.#pool.query(
      `INSERT INTO state_hashes (shard, block_no, seq, block_hash, state_hash) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (shard) DO UPDATE SET block_no = excluded.block_no, seq = excluded.seq, block_hash = excluded.block_hash,
         state_hash = excluded.state_hash, taken_at = now()`,
      [shard, blockNo, seq, blockHash, stateHash],
    );
  }

  async newest(): Promise<Map<number, StateHash>> {
    const { rows } = await this.#pool.query<Row>(
      'SELECT shard, block_no, seq, block_hash, state_hash FROM state_hashes ORDER BY shard',
    );
    return new Map(
      rows.map((row) => [
        row.shard,
        { blockNo: Number(row.block_no), seq: Number(row.seq), blockHash: row.block_hash, stateHash: row.state_hash },
      ]),
    );
  }
}

interface Row {
  readonly shard: number;
  readonly block_no: string;
  readonly seq: string;
  readonly block_hash: string;
  readonly state_hash: string;
}
