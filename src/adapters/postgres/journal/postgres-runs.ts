// Runs and their chains. Deleting a run deletes its chain, its blocks and what was projected from them.
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { makeId } from '#core/base/ids.ts';
import type { RunHandle, RunRow, Runs } from '#ports/runs.ts';

const OWNED = ['decisions', 'market_snapshots'] as const;
const PROJECTED = [
  'holders',
  'ledger_accounts',
  'bets',
  'ledger_entries',
  'markets',
  'ledgers',
  'transfers',
  'projection_positions',
] as const;

export class PostgresRuns implements Runs {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async create(kind: string, terms: unknown): Promise<RunHandle> {
    const runId = makeId('run', Date.now(), randomBytes(10));
    const { rows } = await this.#pool.query<{ shard: number }>(
      `WITH numbered AS (SELECT nextval('run_shards')::integer AS shard), chain AS (INSERT INTO chains (shard) SELECT shard FROM numbered RETURNING shard)
       INSERT INTO runs (run_id, shard, kind, terms) SELECT $1, shard, $2, $3 FROM chain RETURNING shard`,
      [runId, kind, JSON.stringify(terms)],
    );
    return { runId, shard: (rows[0] as { shard: number }).shard };
  }

  async finish(runId: string, summary: unknown): Promise<void> {
    await this.#pool.query('UPDATE runs SET finished_at = now(), summary = $2 WHERE run_id = $1', [
      runId,
      JSON.stringify(summary),
    ]);
  }

  async find(runId: string): Promise<RunRow | null> {
    const { rows } = await this.#pool.query('SELECT * FROM runs WHERE run_id = $1', [runId]);
    return rows[0] ? rowOf(rows[0]) : null;
  }

  async list(limit: number): Promise<RunRow[]> {
    const { rows } = await this.#pool.query('SELECT * FROM runs ORDER BY started_at DESC LIMIT $1', [limit]);
    return rows.map(rowOf);
  }

  async delete(runId: string): Promise<boolean> {
    const run = await this.find(runId);
    if (!run) return false;
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      for (const table of OWNED) await client.query(`DELETE FROM ${table} WHERE run_shard = $1`, [run.shard]);
      for (const table of PROJECTED) await client.query(`DELETE FROM ${table} WHERE shard = $1`, [run.shard]);
      await client.query('DELETE FROM chains WHERE shard = $1', [run.shard]);
      await client.query('COMMIT');
      return true;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }
}

function rowOf(row: {
  run_id: string;
  shard: number;
  kind: string;
  started_at: Date;
  finished_at: Date | null;
  summary: unknown;
}): RunRow {
  return {
    runId: row.run_id,
    shard: row.shard,
    kind: row.kind,
    startedAt: row.started_at.getTime(),
    finishedAt: row.finished_at?.getTime() ?? null,
    summary: row.summary,
  };
}
