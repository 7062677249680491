// Read models in SQL: rows go in by COPY, with the position in one transaction. A wallet is not updated: its newest entry has its balances.
import type pg from 'pg';
import type { EachWayFact } from '#engine/projections/stated.ts';
import type { ProjectionBatch } from '#engine/projections/projection-batch.ts';
import type { BetEnd } from '#engine/projections/rows.ts';
import { failpoint } from '#engine/failpoint.ts';
import type { ProjectionPlace, Projections } from '#ports/projections.ts';
import { ISSUANCE } from '#core/kernel/state.ts';
import { GENESIS_HASH } from '#ports/journal.ts';
import { writeCashOuts, writeFlags } from '../bets/bet-rows.ts';
import { writeSettlements } from '../settlements/settlement-log.ts';
import { copyText } from './copy-text.ts';
import { writeLegs, writeMultiples } from './multiple-rows.ts';
import { writeOrders } from './order-rows.ts';
import { writePlay } from './play-rows.ts';
import { POOL_TABLES, writePools } from '../pools/pool-rows.ts';
import { type Rows, ShardLine } from './shard-line.ts';
import { writeLedgers, writeTransfers } from './transfer-rows.ts';

/** Name of the read models' position. */
export const PROJECTION = 'main';

/**
 * Rows and position live or die together, and the journal has it all: waiting for the disk would buy nothing. Joins go by the index whatever
 * the planner believes of tables that grow by the second: hashing all of a table for every batch is what it would choose, or comparing each row
 * of a batch with each row of a young table (1,500 ms instead of 30).
 */
const BEGIN = `BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
  SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL random_page_cost = 0`;

const BETS =
  'bets (bet_id, shard, ledger_id, seq, holder_id, tenant_id, market_id, selection_id, lead, odds_milli, stake_minor, currency, quote_seq, quote_source, quote_age_ms, placed_at, status)';
const ENTRIES =
  'ledger_entries (shard, seq, n, ledger_id, at, from_path, to_path, currency, amount_minor, event_type, holder_id, available_minor, held_minor, debt_minor)';

export class PostgresProjections implements Projections<ProjectionBatch> {
  readonly #pool: pg.Pool;
  readonly #lines = new Map<number, ShardLine>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  #lineOf(shard: number): ShardLine {
    let line = this.#lines.get(shard);
    if (!line) this.#lines.set(shard, (line = new ShardLine(shard)));
    return line;
  }

  async place(shard: number): Promise<ProjectionPlace> {
    this.#lineOf(shard).reopen();
    await this.#pool.query('INSERT INTO projection_positions (projection, shard) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      PROJECTION,
      shard,
    ]);
    const { rows } = await this.#pool.query(
      'SELECT block_no, seq, block_hash FROM projection_positions WHERE projection = $1 AND shard = $2',
      [PROJECTION, shard],
    );
    return { blockNo: Number(rows[0].block_no), seq: Number(rows[0].seq), hash: rows[0].block_hash };
  }

  async apply(shard: number, batch: ProjectionBatch, move: { from: ProjectionPlace; to: ProjectionPlace }): Promise<boolean> {
    const line = this.#lineOf(shard);
    const ready = line.prepare(this.#pool, batch, move);
    return line.write(async () => {
      const { generation, rows } = await ready;
      // A batch before it did not land: this one starts from balances that never were.
      if (generation !== line.holders.generation) return false;
      return this.#transact(shard, { batch, rows }, move);
    });
  }

  async #transact(
    shard: number,
    of: { batch: ProjectionBatch; rows: Rows },
    move: { from: ProjectionPlace; to: ProjectionPlace },
  ): Promise<boolean> {
    const client = await this.#pool.connect();
    try {
      await client.query(BEGIN);
      const { rowCount } = await client.query(
        `UPDATE projection_positions SET block_no = $3, seq = $4, block_hash = $5, updated_at = now()
         WHERE projection = $1 AND shard = $2 AND block_no = $6`,
        [PROJECTION, shard, move.to.blockNo, move.to.seq, move.to.hash, move.from.blockNo],
      );
      if (rowCount !== 1) {
        await client.query('ROLLBACK');
        return false;
      }
      await this.#write(client, shard, of);
      await client.query('COMMIT');
      return true;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  async reset(shard: number): Promise<void> {
    this.#lineOf(shard).holders.forget();
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      // The position first: its row is the lock, and a batch on its way must end before or not fit.
      await client.query(
        `UPDATE projection_positions SET block_no = 0, seq = 0, block_hash = $3 WHERE projection = $1 AND shard = $2`,
        [PROJECTION, shard, GENESIS_HASH],
      );
      for (const table of [
        'holders',
        'ledger_accounts',
        'bets',
        'settlement_log',
        'bet_reversals',
        'bet_legs',
        'orders',
        'ledger_entries',
        'markets',
        'ledgers',
        'transfers',
        'flagged_answers',
        'play_limits',
        'play_bans',
        ...POOL_TABLES,
      ]) {
        await client.query(`DELETE FROM ${table} WHERE shard = $1`, [shard]);
      }
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  async #write(client: pg.PoolClient, shard: number, { batch, rows }: { batch: ProjectionBatch; rows: Rows }): Promise<void> {
    await writeHolders(client, shard, { batch, currencyOf: await this.#currencies(client, shard, batch) });
    await writeAccounts(client, shard, batch);
    await copyText(client, BETS, rows.bets);
    await writeMultiples(client, rows.multiples);
    failpoint('mid-projection');
    await writeEachWay(client, shard, batch.eachWay);
    await writeCashOuts(client, shard, batch.betChanges);
    await writeEnds(client, shard, [...batch.betEnds.values()]);
    await writeLegs(client, shard, batch.multiples.legs.values());
    await writeMarkets(client, shard, batch);
    await writeOrders(client, shard, batch.orders);
    await writePools(client, shard, batch.pools);
    await writeSettlements(client, shard, batch.settlements);
    await copyText(client, ENTRIES, rows.entries);
    await writeLedgers(client, shard, batch.ledgers);
    await writeTransfers(client, shard, batch);
    await writeFlags(client, shard, batch.betChanges);
    await writePlay(client, shard, batch.play);
  }

  /** What each ledger with new holders is kept in. LedgerOpened leaves a row, so that it is known before the first posting. */
  async #currencies(client: pg.PoolClient, shard: number, batch: ProjectionBatch): Promise<ReadonlyMap<string, string>> {
    const known = new Map<string, string>();
    if (batch.holders.length === 0) return known;
    const { rows } = await client.query<{ ledger_id: string; currency: string }>(
      'SELECT DISTINCT ledger_id, currency FROM ledger_accounts WHERE shard = $1 AND path = $2',
      [shard, ISSUANCE],
    );
    for (const row of rows) known.set(row.ledger_id, row.currency);
    for (const account of batch.accounts.values()) known.set(account.ledgerId, account.currency);
    for (const wallet of batch.wallets.values()) known.set(wallet.ledgerId, wallet.currency);
    return known;
  }
}

async function writeHolders(
  client: pg.PoolClient,
  shard: number,
  of: { batch: ProjectionBatch; currencyOf: ReadonlyMap<string, string> },
): Promise<void> {
  const { batch, currencyOf } = of;
  if (batch.holders.length > 0) {
    const h = batch.holders;
    await client.query(
      `INSERT INTO holders (shard, ledger_id, holder_id, owner_id, tenant_id, dna_hash, seq, currency)
       SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[]) ON CONFLICT DO NOTHING`,
      [
        shard,
        h.map((x) => x.ledgerId),
        h.map((x) => x.holderId),
        h.map((x) => x.ownerId),
        h.map((x) => x.tenantId),
        h.map((x) => x.dnaHash),
        h.map((x) => x.seq),
        h.map((x) => currencyOf.get(x.ledgerId) ?? 'PLAY'),
      ],
    );
  }
  for (const [key, status] of batch.holderStatus) {
    await client.query('UPDATE holders SET status = $4 WHERE shard = $1 AND ledger_id = $2 AND holder_id = $3', [
      shard,
      ...key.split(' '),
      status,
    ]);
  }
}

async function writeAccounts(client: pg.PoolClient, shard: number, batch: ProjectionBatch): Promise<void> {
  for (const a of batch.accounts.values()) {
    await client.query(
      `INSERT INTO ledger_accounts (shard, ledger_id, path, currency, balance_minor) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (shard, ledger_id, path, currency) DO UPDATE SET balance_minor = ledger_accounts.balance_minor + excluded.balance_minor`,
      [shard, a.ledgerId, a.path, a.currency, a.amount],
    );
  }
}

/** Beside the copied rows: hardly a bet is one, and the rows of all others stay as they are. */
async function writeEachWay(client: pg.PoolClient, shard: number, bets: readonly EachWayFact[]): Promise<void> {
  if (bets.length === 0) return;
  await client.query(
    `UPDATE bets b SET each_way = e.terms FROM unnest($1::integer[], $2::text[], $3::text[], $4::jsonb[]) AS e(shard, bet_id, holder_id, terms)
     WHERE b.holder_id = e.holder_id AND b.bet_id = e.bet_id AND b.shard = e.shard`,
    [bets.map(() => shard), bets.map((e) => e.betId), bets.map((e) => e.holderId), bets.map((e) => e.terms)],
  );
}

async function writeEnds(client: pg.PoolClient, shard: number, ends: readonly BetEnd[]): Promise<void> {
  if (ends.length === 0) return;
  await client.query(
    `UPDATE bets b SET status = e.status, return_minor = e.return_minor + b.cashed_minor, settled_at = nullif(e.at, 0), settled_seq = e.seq, reason = e.reason,
       odds_milli = coalesce(e.odds_milli, b.odds_milli)
     FROM unnest($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::integer[])
       AS e(shard, bet_id, status, return_minor, at, seq, reason, holder_id, odds_milli)
     WHERE b.holder_id = e.holder_id AND b.bet_id = e.bet_id AND b.shard = e.shard`,
    [
      ends.map(() => shard), // a constant would be taken for one that leaves 0.5 % of the rows
      ends.map((e) => e.betId),
      ends.map((e) => e.status),
      ends.map((e) => e.returnMinor),
      ends.map((e) => e.at),
      ends.map((e) => e.seq),
      ends.map((e) => e.reason),
      ends.map((e) => e.holderId),
      ends.map((e) => e.oddsMilli),
    ],
  );
}

async function writeMarkets(client: pg.PoolClient, shard: number, batch: ProjectionBatch): Promise<void> {
  const m = [...batch.markets.values()];
  if (m.length === 0) return;
  const opened = m.filter((x) => x.startAt !== null);
  if (opened.length > 0) {
    await client.query(
      `INSERT INTO markets (shard, ledger_id, market_id, event_id, start_at, stated, status)
       SELECT $1, o.*, 'open' FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::jsonb[]) AS o ON CONFLICT DO NOTHING`,
      [
        shard,
        opened.map((x) => x.ledgerId),
        opened.map((x) => x.marketId),
        opened.map((x) => x.eventId),
        opened.map((x) => x.startAt),
        opened.map((x) => x.stated),
      ],
    );
  }
  await client.query(
    `UPDATE markets t SET status = coalesce(c.status, t.status), bets = t.bets + c.bets, staked_minor = t.staked_minor + c.staked,
       withdrawn = t.withdrawn || array_remove(string_to_array(c.withdrawn, ' '), NULL),
       returned_minor = t.returned_minor + c.returned, outcomes = coalesce(c.outcomes::jsonb, t.outcomes), settled_at = coalesce(c.settled_at, t.settled_at)
     FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::bigint[], $10::text[])
       AS c(ledger_id, market_id, status, bets, staked, returned, outcomes, settled_at, withdrawn)
     WHERE t.shard = $1 AND t.ledger_id = c.ledger_id AND t.market_id = c.market_id`,
    [
      shard,
      m.map((x) => x.ledgerId),
      m.map((x) => x.marketId),
      m.map((x) => x.status),
      m.map((x) => x.bets),
      m.map((x) => x.stakedMinor),
      m.map((x) => x.returnedMinor),
      m.map((x) => x.outcomes),
      m.map((x) => x.settledAt),
      m.map((x) => x.withdrawn.join(' ')),
    ],
  );
}
