// THE table of what is deleted when it is old enough, and the deleting. The journal is never deleted; what is folded from it stays as it is
// (ledger_entries must keep each holder's newest row, which is his balance), snapshots are cut when one is saved, runs when an operator says so.
import type pg from 'pg';

export interface Lifetime {
  readonly table: string;
  readonly lifeMs: number;
  /** Rows that may go; $1 is the moment before which they are too old, ms. */
  readonly where: string;
  /** What a row is joined to when its own columns do not tell its age. */
  readonly using?: string;
}

const DAY_MS = 86_400_000;
/** Rows deleted in one transaction. */
export const BATCH_ROWS = 10_000;
/** Runs are numbered from here on; their rows go with them. */
const RUN_SHARDS_FROM = 1_000;

export const LIFETIMES: readonly Lifetime[] = [
  // The journal keeps the price of every bet for ever.
  { table: 'odds_history', lifeMs: 2 * DAY_MS, where: 't.observed_at < $1' },
  // Prices of fixtures that are long over.
  { table: 'odds_current', lifeMs: 30 * DAY_MS, using: 'fixtures f', where: 'f.event_id = t.event_id AND f.start_at < $1' },
  { table: 'decisions', lifeMs: 30 * DAY_MS, where: `t.at < $1 AND t.run_shard < ${RUN_SHARDS_FROM}` },
  // Shown with the decisions that refer to them: a day longer.
  { table: 'market_snapshots', lifeMs: 31 * DAY_MS, where: `t.at < $1 AND t.run_shard < ${RUN_SHARDS_FROM}` },
  // Command keys live 7 days (KEY_LIFE_MS), one more for clocks that went back. Counted back from the chain's own last block: what a
  // verification of an idle chain looks for must still be there.
  {
    table: 'late_keys',
    lifeMs: 8 * DAY_MS,
    using: 'blocks b, chains c, blocks h',
    where: `b.shard = t.shard AND b.block_no = t.block_no AND c.shard = t.shard AND h.shard = c.shard AND h.block_no = c.head_block
      AND b.recorded_at < h.recorded_at - ${8 * DAY_MS} AND b.recorded_at < $1`,
  },
  // Those that somebody decided on go sooner, with their keeper.
  { table: 'dead_letters', lifeMs: 180 * DAY_MS, where: 't.received_at < to_timestamp($1 / 1000.0)' },
  { table: 'audit_log', lifeMs: 400 * DAY_MS, where: 't.at < to_timestamp($1 / 1000.0)' },
];

/** Deletes one batch of what is too old; less than BATCH_ROWS means that nothing is left. */
export async function deleteOld(pool: pg.Pool, { lifeMs, table, using, where }: Lifetime, now: number): Promise<number> {
  const from = using === undefined ? '' : `, ${using}`;
  const { rowCount } = await pool.query(
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM ${table} t${from} WHERE ${where} LIMIT ${BATCH_ROWS}))`,
    [now - lifeMs],
  );
  return rowCount ?? 0;
}
