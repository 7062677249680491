// What most platforms do instead: the same bet as SQL transactions on rows. Each does the same work: balance check, hold, house exposure,
// bet row, two ledger entries, idempotency key.
import type pg from 'pg';
import { betSpec, FUNDS_MINOR } from './writer-load.ts';

const SCHEMA = `
CREATE TABLE base_accounts (id integer PRIMARY KEY, available bigint NOT NULL CHECK (available >= 0), held bigint NOT NULL) WITH (fillfactor = 50);
CREATE TABLE base_house (id integer PRIMARY KEY, exposure bigint NOT NULL) WITH (fillfactor = 50);
CREATE TABLE base_bets (key text PRIMARY KEY, account integer NOT NULL, market integer NOT NULL, selection integer NOT NULL, stake bigint NOT NULL);
CREATE TABLE base_entries (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL, account integer NOT NULL, amount bigint NOT NULL);
INSERT INTO base_house VALUES (1, 0)`;

export interface BaselineResult {
  readonly perSecond: number;
  readonly errors: number;
}

export async function prepareBaselines(pool: pg.Pool, users: number): Promise<void> {
  await pool.query(SCHEMA);
  await pool.query('INSERT INTO base_accounts SELECT i, $2, 0 FROM generate_series(0, $1 - 1) i', [users, FUNDS_MINOR]);
  await pool.query('ANALYZE base_accounts');
}

/** BEGIN, SELECT FOR UPDATE of player and house, inserts, updates, COMMIT: one transaction a bet. */
export async function rowLocking(
  pool: pg.Pool,
  options: { clients: number; ms: number; users: number },
): Promise<BaselineResult> {
  return drive(pool, options, async (client, n) => {
    const { market, selection, stakeMinor, user } = betSpec(n, options.users);
    const key = `row ${n}`;
    await client.query('BEGIN');
    const { rows } = await client.query({
      name: 'r1',
      text: 'SELECT available FROM base_accounts WHERE id = $1 FOR UPDATE',
      values: [user],
    });
    await client.query({ name: 'r2', text: 'SELECT exposure FROM base_house WHERE id = 1 FOR UPDATE' });
    if (Number(rows[0].available) < stakeMinor) throw new Error('no funds');
    await client.query({
      name: 'r3',
      text: 'INSERT INTO base_bets VALUES ($1, $2, $3, $4, $5)',
      values: [key, user, market, selection, stakeMinor],
    });
    await client.query({
      name: 'r4',
      text: 'INSERT INTO base_entries (key, account, amount) VALUES ($1, $2, -$3::bigint), ($1, $2, $3::bigint)',
      values: [key, user, stakeMinor],
    });
    await client.query({
      name: 'r5',
      text: 'UPDATE base_accounts SET available = available - $2, held = held + $2 WHERE id = $1',
      values: [user, stakeMinor],
    });
    await client.query({ name: 'r6', text: 'UPDATE base_house SET exposure = exposure + $1 WHERE id = 1', values: [stakeMinor] });
    await client.query('COMMIT');
  });
}

/** The same bet in one statement (a writable CTE), still one transaction each. */
export async function oneStatement(
  pool: pg.Pool,
  options: { clients: number; ms: number; users: number },
): Promise<BaselineResult> {
  const text = `WITH paid AS (UPDATE base_accounts SET available = available - $4, held = held + $4 WHERE id = $2 AND available >= $4 RETURNING id),
    house AS (UPDATE base_house SET exposure = exposure + $4 FROM paid WHERE base_house.id = 1 RETURNING 1),
    bet AS (INSERT INTO base_bets SELECT $1, id, $3, $5, $4 FROM paid RETURNING key)
    INSERT INTO base_entries (key, account, amount) SELECT key, $2, a FROM bet, unnest(ARRAY[-$4, $4]::bigint[]) a`;
  return drive(pool, options, async (client, n) => {
    const { market, selection, stakeMinor, user } = betSpec(n, options.users);
    const { rowCount } = await client.query({ name: 'one', text, values: [`one ${n}`, user, market, stakeMinor, selection] });
    if (rowCount !== 2) throw new Error('bet was not booked');
  });
}

/** Batches of bets in one SQL transaction by one client: what group commit would be without deciding in memory. */
export async function batchedSql(
  pool: pg.Pool,
  options: { batch: number; ms: number; users: number; drive: number },
): Promise<BaselineResult> {
  const client = await pool.connect();
  const until = performance.now() + options.ms;
  const started = performance.now();
  let n = 0;
  try {
    while (performance.now() < until) {
      const specs = Array.from({ length: options.batch }, () => ({
        key: `batch ${options.drive} ${n}`,
        ...betSpec(n++, options.users),
      }));
      const columns = [
        specs.map((s) => s.key),
        specs.map((s) => s.user),
        specs.map((s) => s.market),
        specs.map((s) => s.selection),
        specs.map((s) => s.stakeMinor),
      ];
      await client.query('BEGIN');
      await client.query({
        name: 'b1',
        text: 'INSERT INTO base_bets SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::int[], $5::bigint[])',
        values: columns,
      });
      await client.query({
        name: 'b2',
        text: 'INSERT INTO base_entries (key, account, amount) SELECT k, a, x FROM unnest($1::text[], $2::int[], $3::bigint[]) t(k, a, s), unnest(ARRAY[-s, s]) x',
        values: [columns[0], columns[1], columns[4]],
      });
      const { rowCount } = await client.query({
        name: 'b3',
        text: `UPDATE base_accounts b SET available = b.available - s.stake, held = b.held + s.stake
          FROM (SELECT a, sum(s) AS stake FROM unnest($1::int[], $2::bigint[]) t(a, s) GROUP BY a) s WHERE b.id = s.a`,
        values: [columns[1], columns[4]],
      });
      if ((rowCount ?? 0) === 0) throw new Error('nothing was booked');
      await client.query({
        name: 'b4',
        text: 'UPDATE base_house SET exposure = exposure + $1 WHERE id = 1',
        values: [specs.reduce((sum, s) => sum + s.stakeMinor, 0)],
      });
      await client.query('COMMIT');
    }
  } finally {
    client.release();
  }
  return { perSecond: Math.round((n / (performance.now() - started)) * 1000), errors: 0 };
}

/** Nothing but the journal's own INSERT, with blocks of the same size: the ceiling of the disk and the driver. */
export async function bareBlocks(
  client: pg.Client,
  options: { bytes: number; bets: number; ms: number },
): Promise<BaselineResult> {
  await client.query('CREATE TABLE base_blocks (n bigint PRIMARY KEY, body bytea NOT NULL)');
  await client.query('ALTER TABLE base_blocks ALTER COLUMN body SET STORAGE EXTERNAL');
  const body = Buffer.alloc(options.bytes, 'palpite ');
  const started = performance.now();
  let n = 0;
  while (performance.now() - started < options.ms) {
    await client.query({ name: 'bare', text: 'INSERT INTO base_blocks VALUES ($1, $2)', values: [n++, body] });
  }
  return { perSecond: Math.round(((n * options.bets) / (performance.now() - started)) * 1000), errors: 0 };
}

/** Sum of money in the baseline tables: it must not have changed. */
export async function baselineConserved(pool: pg.Pool, users: number): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT (SELECT sum(available + held) FROM base_accounts) = $1::numeric * $2::numeric AS money,
    (SELECT sum(amount) FROM base_entries) = 0 AS entries, (SELECT sum(held) FROM base_accounts) = (SELECT sum(stake) FROM base_bets) AS held,
    (SELECT exposure FROM base_house) = (SELECT sum(stake) FROM base_bets) AS house`,
    [users, FUNDS_MINOR],
  );
  return Object.values(rows[0] as Record<string, boolean>).every(Boolean);
}

let driven = 0;

async function drive(
  pool: pg.Pool,
  options: { clients: number; ms: number },
  bet: (client: pg.PoolClient, n: number) => Promise<void>,
): Promise<BaselineResult> {
  const clients = await Promise.all(Array.from({ length: options.clients }, () => pool.connect()));
  const started = performance.now();
  let next = 0;
  let errors = 0;
  let done = 0;
  const base = (driven += 1) * 1e8; // keys of one drive never meet those of another
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() - started < options.ms) {
        try {
          await bet(client, base + next++);
          done++;
        } catch {
          errors++;
          await client.query('ROLLBACK').catch(() => undefined);
        }
      }
    }),
  );
  for (const client of clients) client.release();
  return { perSecond: Math.round((done / (performance.now() - started)) * 1000), errors };
}
