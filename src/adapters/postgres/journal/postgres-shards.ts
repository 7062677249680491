// Which shards are in use and who writes them: the chain rows, with the server's clock. A process's leases are renewed by one statement.
import type pg from 'pg';
import { assert } from '#core/base/assert.ts';
import { SHARDS } from '#core/ledger/shard.ts';
import type { Shards, ShardsView } from '#ports/shards.ts';

/** A process that was not heard of for so long is forgotten. */
const FORGOTTEN = `interval '1 minute'`;

export class PostgresShards implements Shards {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async use(shard: number): Promise<void> {
    assert(Number.isInteger(shard) && shard >= 0 && shard < SHARDS, () => `there is no shard ${shard}`);
    await this.#pool.query('INSERT INTO chains (shard) VALUES ($1) ON CONFLICT DO NOTHING', [shard]);
  }

  async view(): Promise<ShardsView> {
    const { rows } = await this.#pool.query<{ shard: number | null; holder: string | null }>(
      `SELECT NULL::integer AS shard, writer AS holder FROM writer_processes WHERE until > clock_timestamp()
       UNION ALL SELECT shard, CASE WHEN lease_until > clock_timestamp() THEN lease_holder END FROM chains WHERE shard < $1 ORDER BY shard`,
      [SHARDS],
    );
    return {
      writers: rows.flatMap(({ holder, shard }) => (shard === null && holder !== null ? [holder] : [])),
      shards: rows.flatMap(({ holder, shard }) => (shard === null ? [] : [{ shard, holder }])),
    };
  }

  async present(writer: string, held: readonly number[], ttlMs: number, shares: boolean): Promise<number[]> {
    const { rows } = await this.#pool.query<{ shard: number }>(
      `WITH me AS (
         INSERT INTO writer_processes AS w (writer, until) SELECT $1, clock_timestamp() + $3 * interval '1 ms' WHERE $4
         ON CONFLICT (writer) DO UPDATE SET until = excluded.until
       ), gone AS (
         DELETE FROM writer_processes WHERE until < clock_timestamp() - ${FORGOTTEN} AND writer <> $1 OR writer = $1 AND NOT $4
       ), renewed AS (
         UPDATE chains SET lease_until = clock_timestamp() + $3 * interval '1 ms'
         WHERE shard = ANY ($2::integer[]) AND lease_holder = $1 RETURNING shard
       )
       SELECT shard FROM unnest($2::integer[]) shard WHERE shard NOT IN (SELECT shard FROM renewed)`,
      [writer, held, ttlMs, shares],
    );
    return rows.map((row) => row.shard);
  }

  async leave(writer: string): Promise<void> {
    await this.#pool.query('DELETE FROM writer_processes WHERE writer = $1', [writer]);
  }
}
