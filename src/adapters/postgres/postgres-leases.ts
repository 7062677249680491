// Role leases in one row each. The server's clock decides: processes need not agree on the time.
import type pg from 'pg';
import type { Leases, LeaseTerms } from '#ports/leases.ts';

export class PostgresLeases implements Leases {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async acquire(name: string, { holder, ttlMs }: LeaseTerms): Promise<number | null> {
    const { rows } = await this.#pool.query<{ epoch: string }>(
      `INSERT INTO role_leases AS l (name, epoch, holder, until)
       VALUES ($1, 1, $2, clock_timestamp() + $3 * interval '1 millisecond')
       ON CONFLICT (name) DO UPDATE
       SET epoch = l.epoch + 1, holder = excluded.holder, address = '', until = excluded.until
       WHERE l.until <= clock_timestamp()
       RETURNING epoch`,
      [name, holder, ttlMs],
    );
    return rows[0] ? Number(rows[0].epoch) : null;
  }

  async renew(name: string, epoch: number, ttlMs: number): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `UPDATE role_leases SET until = clock_timestamp() + $3 * interval '1 millisecond'
       WHERE name = $1 AND epoch = $2`,
      [name, epoch, ttlMs],
    );
    return rowCount === 1;
  }

  async announce(name: string, epoch: number, address: string): Promise<void> {
    await this.#pool.query('UPDATE role_leases SET address = $3 WHERE name = $1 AND epoch = $2', [name, epoch, address]);
  }

  async release(name: string, epoch: number): Promise<void> {
    await this.#pool.query(`UPDATE role_leases SET until = '-infinity' WHERE name = $1 AND epoch = $2`, [name, epoch]);
  }

  async addressOf(name: string): Promise<string | null> {
    const { rows } = await this.#pool.query<{ address: string }>(
      `SELECT address FROM role_leases WHERE name = $1 AND until > clock_timestamp() AND address <> ''`,
      [name],
    );
    return rows[0]?.address ?? null;
  }
}
