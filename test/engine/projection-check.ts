// Compares the read models in PostgreSQL with a naive fold of the journal, row by row and to the last minor unit.
import type pg from 'pg';
import type { NaiveFold } from './naive-fold.ts';

/** Differences between the rows of a shard and the fold; empty when they agree. */
export async function projectionFaults(pool: pg.Pool, shard: number, fold: NaiveFold): Promise<string[]> {
  const faults: string[] = [];
  const compare = (what: string, want: ReadonlyMap<string, string>, have: ReadonlyMap<string, string>): void => {
    for (const [key, value] of want)
      if (have.get(key) !== value) faults.push(`${what} ${key}: ${have.get(key)}, the journal says ${value}`);
    for (const key of have.keys()) if (!want.has(key)) faults.push(`${what} ${key} is not in the journal`);
  };
  const rows = async (sql: string): Promise<Map<string, string>> => {
    const result = await pool.query<{ key: string; value: string }>(sql, [shard]);
    return new Map(result.rows.map(({ key, value }) => [key, value]));
  };
  const wallets = [...fold.holders].map((holder): [string, string] => [
    holder,
    ['available', 'held', 'debt'].map((kind) => fold.balance(`player:${holder}:${kind}`)).join(' '),
  ]);
  compare(
    'wallet',
    new Map(wallets),
    await rows(
      `SELECT holder_id AS key, concat_ws(' ', available_minor, held_minor, debt_minor) AS value FROM wallets WHERE shard = $1`,
    ),
  );
  compare(
    'account',
    new Map(
      [...fold.balances]
        .filter(([key, balance]) => !key.includes(' player:') && balance !== 0n)
        .map(([key, balance]) => [key, String(balance)]),
    ),
    await rows(
      `SELECT concat_ws(' ', ledger_id, path, currency) AS key, balance_minor::text AS value FROM ledger_accounts WHERE shard = $1 AND balance_minor <> 0`,
    ),
  );
  compare(
    'bet',
    new Map(
      [...fold.bets].map(([id, bet]) => [
        id,
        `${bet.holder} ${bet.marketId} ${bet.stakeMinor} ${bet.status} ${bet.returnMinor ?? '-'}`,
      ]),
    ),
    await rows(
      `SELECT bet_id AS key, concat_ws(' ', holder_id, market_id, stake_minor, status, coalesce(return_minor::text, '-')) AS value FROM bets WHERE shard = $1`,
    ),
  );
  compare(
    'market',
    new Map([...fold.markets].map(([id, m]) => [id, `${m.status} ${m.bets} ${m.staked} ${m.returned}`])),
    await rows(
      `SELECT market_id AS key, concat_ws(' ', status, bets, staked_minor, returned_minor) AS value FROM markets WHERE shard = $1`,
    ),
  );
  const { rows: entries } = await pool.query<{ all: string; own: string }>(
    `SELECT count(*) AS all, count(DISTINCT (seq, n)) AS own FROM ledger_entries WHERE shard = $1`,
    [shard],
  );
  if (Number(entries[0]?.all) !== fold.entries) faults.push(`${entries[0]?.all} entries, the journal has ${fold.entries}`);
  // Each line of a statement carries the sums of all lines up to it.
  const { rows: wrong } = await pool.query<{ place: string }>(
    `SELECT concat_ws(' ', holder_id, seq, n) AS place FROM (
       SELECT *, sum(CASE WHEN to_path = whose || 'available' THEN amount_minor ELSE 0 END - CASE WHEN from_path = whose || 'available' THEN amount_minor ELSE 0 END) OVER statement AS available,
         sum(CASE WHEN to_path = whose || 'held' THEN amount_minor ELSE 0 END - CASE WHEN from_path = whose || 'held' THEN amount_minor ELSE 0 END) OVER statement AS held
       FROM (SELECT *, concat('player:', holder_id, ':') AS whose FROM ledger_entries WHERE shard = $1 AND holder_id IS NOT NULL) own
       WINDOW statement AS (PARTITION BY ledger_id, holder_id ORDER BY seq, n)
     ) line WHERE available <> available_minor OR held <> held_minor`,
    [shard],
  );
  for (const { place } of wrong) faults.push(`entry ${place} does not carry the sum of the entries before it`);
  if (entries[0]?.all !== entries[0]?.own) faults.push('an entry is there twice');
  return faults;
}
