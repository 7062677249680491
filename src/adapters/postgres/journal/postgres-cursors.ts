// Cursors beside the projections' own positions.
import type pg from 'pg';
import type { Cursors } from '#ports/cursors.ts';

export class PostgresCursors implements Cursors {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async read(name: string, shard: number): Promise<{ blockNo: number; seq: number; hash: string }> {
    await this.#pool.query('INSERT INTO projection_positions (projection, shard) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      name,
      shard,
    ]);
    const { rows } = await this.#pool.query(
      'SELECT block_no, seq, block_hash FROM projection_positions WHERE projection = $1 AND shard = $2',
      [name, shard],
    );
    return { blockNo: Number(rows[0].block_no), seq: Number(rows[0].seq), hash: rows[0].block_hash };
  }

  async save(name: string, shard: number, place: { blockNo: number; seq: number; hash: string }): Promise<void> {
    await this.#pool.query(
      // Never back: one that slept through a hand-over would have its successor tell everything again.
      `UPDATE projection_positions SET block_no = $3, seq = $4, block_hash = $5, updated_at = now()
       WHERE projection = $1 AND shard = $2 AND block_no < $3`,
      [name, shard, place.blockNo, place.seq, place.hash],
    );
  }
}
