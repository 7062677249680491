// Snapshots in chunks of a few megabytes; the newest two of each shard are kept.
import type pg from 'pg';
import { failpoint } from '#engine/failpoint.ts';
import { copyRows } from './copy-rows.ts';
import type { KeptSnapshots, Snapshot } from '#ports/snapshots.ts';

const KEPT = 2;

export class PostgresSnapshots implements KeptSnapshots {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async save(snapshot: Snapshot): Promise<void> {
    const client = await this.#pool.connect();
    const { blockHash, blockNo, chunks, seq, shard, stateHash, version } = snapshot;
    try {
      await client.query('BEGIN');
      const { rowCount } = await client.query(
        `INSERT INTO snapshots (shard, block_no, seq, block_hash, state_hash, version, chunks)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
        [shard, blockNo, seq, blockHash, stateHash, version, chunks.length],
      );
      if (rowCount === 1) {
        for (const [i, chunk] of chunks.entries()) {
          await client.query('INSERT INTO snapshot_chunks (shard, block_no, chunk, body) VALUES ($1, $2, $3, $4)', [
            shard,
            blockNo,
            i,
            chunk,
          ]);
          failpoint('mid-snapshot');
        }
        await client.query(
          `DELETE FROM snapshots WHERE shard = $1 AND block_no NOT IN
             (SELECT block_no FROM snapshots WHERE shard = $1 ORDER BY block_no DESC LIMIT ${KEPT})`,
          [shard],
        );
      }
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  latest(shard: number, version: number): Promise<Snapshot | null> {
    return this.before(shard, version, Number.MAX_SAFE_INTEGER);
  }

  async drop(shard: number, blockNos: readonly number[]): Promise<void> {
    await this.#pool.query('DELETE FROM snapshots WHERE shard = $1 AND block_no = ANY($2)', [shard, blockNos]);
  }

  async before(shard: number, version: number, blockNo: number): Promise<Snapshot | null> {
    const { rows } = await this.#pool.query(
      `SELECT s.* FROM snapshots s JOIN blocks b ON b.shard = s.shard AND b.block_no = s.block_no AND b.hash = s.block_hash
       WHERE s.shard = $1 AND s.version = $2 AND s.block_no < $3 ORDER BY s.block_no DESC LIMIT 1`,
      [shard, version, blockNo],
    );
    const row = rows[0];
    if (!row) return null;
    const chunks: Buffer[] = [];
    for (let chunk = 0; chunk < row.chunks; chunk++) {
      const query = `SELECT body FROM snapshot_chunks WHERE shard = ${shard} AND block_no = ${Number(row.block_no)} AND chunk = ${chunk}`;
      const body = (await copyRows(this.#pool, query))[0]?.[0];
      if (!body) return null; // half a snapshot is none: the journal is read instead
      chunks.push(body);
    }
    return {
      shard,
      blockNo: Number(row.block_no),
      seq: Number(row.seq),
      blockHash: row.block_hash,
      stateHash: row.state_hash,
      version,
      chunks,
    };
  }
}
