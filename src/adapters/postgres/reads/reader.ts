// The one way in which the API reads: a read-only transaction of one snapshot, as a role that row-level security binds, for one tenant.
// A query that forgets its tenant filter gets no owned rows; one that runs away is cut off.
import type pg from 'pg';

export const READ_TIMEOUT_MS = 5_000;
const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL ROLE palpite_reader; SET LOCAL statement_timeout = ${READ_TIMEOUT_MS}`;

export interface Reading {
  /** The rows of a query, all of one snapshot. */
  rows<R extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<R[]>;
}

/** Runs `work` for a tenant; null is the public, which owns nothing. */
export async function readAs<T>(pool: pg.Pool, tenantId: string | null, work: (reading: Reading) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query(BEGIN);
    if (tenantId !== null)
      await client.query({ name: 'set_tenant', text: `SELECT set_config('app.tenant', $1, true)`, values: [tenantId] });
    const result = await work({
      rows: async <R extends pg.QueryResultRow>(text: string, values: readonly unknown[]) =>
        (await client.query<R>(text, [...values])).rows,
    });
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A connection that cannot be rolled back may still wear the reader's role: it never goes back to the pool.
    await client.query('ROLLBACK').catch(() => (broken = true));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** A bigint column. */
export function numberOrNull(value: string | null): number | null {
  return value === null ? null : Number(value);
}
