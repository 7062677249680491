import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Pool } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { startQuoteStream } from '#engine/odds/quote-stream.ts';
import { aliasesContract, card, changed, oddsStoreContract, stored } from '../../../test/contract/odds-store.ts';
import { assertTrue, Pipeline, plansBetween, until } from '../../../test/odds/pipeline-harness.ts';
import { PostgresAliases } from './aliases.ts';
import { MIGRATIONS_DIR } from './database.ts';
import { type TestDatabase, withTestDatabase } from './embedded/test-database.ts';
import { migrateUp } from './schema/migrate.ts';
import { PostgresOddsStore } from './odds-store.ts';
import { PostgresReviewQueue } from './reads/read-models-review.ts';

let database: TestDatabase;
let pool: Pool;

before(async () => {
  database = await withTestDatabase();
  pool = new Pool({ connectionString: database.url, max: 5 });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
});
after(async () => {
  await pool.end();
  await database.close();
});

const empty = async (): Promise<Pool> => {
  await pool.query('TRUNCATE fixtures, odds_current, odds_history, source_cursors, aliases, review_queue');
  return pool;
};

oddsStoreContract('PostgresOddsStore', async () => new PostgresOddsStore(await empty()));
aliasesContract('PostgresAliases', async () => new PostgresAliases(await empty()));

describe('PostgresOddsStore', () => {
  it('leaves nothing of a batch that fails half way', async () => {
    const store = new PostgresOddsStore(await empty());
    const bad = { ...stored('fb:S1:20260101T000000:a:b', 1), held: 'nonsense' as never };
    const { eventId } = bad;
    await assert.rejects(
      store.commit({ fixtures: [card(eventId)], current: [changed(bad)], history: [bad.quote], results: [], cursors: [] }),
    );
    assert.deepEqual(await store.loadEvents([eventId]), []);
    const { rows } = await pool.query('SELECT 1 FROM odds_history');
    assert.equal(rows.length, 0);
  });
});

describe('PostgresAliases', () => {
  it('queues what is unmatched once, counts it, and a person answers through the review queue', async () => {
    const aliases = new PostgresAliases(await empty());
    const queue = new PostgresReviewQueue(pool);
    const item = { source: 's', kind: 'team', foreignId: 'Utd', payload: { home: 'Utd' }, suggestion: null } as const;
    await aliases.queue([item, { ...item }]);
    await aliases.queue([{ ...item, suggestion: 'man-united' }]);
    const { items } = await queue.list(false, { limit: 10, after: null });
    assert.deepEqual(
      items.map((row) => [row.kind, row.foreignId, row.suggestion, row.times]),
      [['team', 'Utd', 'man-united', 2]],
    );
    const by = { ownerId: 'usr_x', tenantId: 'ten_x' };
    assert.equal(await queue.resolve(items[0]?.id ?? 0, { alias: 'man-united', swapped: false }, by), 'resolved');
    assert.equal((await aliases.find('s', [{ kind: 'team', foreignId: 'Utd' }]))[0]?.ourId, 'man-united');
    await aliases.queue([item]);
    assert.deepEqual((await queue.list(false, { limit: 10, after: null })).items, []); // answered stays answered
  });
});

describe('the odds pipeline on PostgreSQL', () => {
  it('keeps running through a failing database, and numbers prices without holes or repetition', async () => {
    const flaky = new FlakyStore(await empty());
    const pipeline = await new Pipeline({ store: flaky, chaosSeed: 4 }).start();
    const told = new Map<string, number>();
    const stream = await startQuoteStream({
      bus: pipeline.bus,
      group: 'test',
      onQuote: (quote) => told.set(`${quote.marketId}|${quote.source}`, quote.quoteSeq),
    });
    const stored = () =>
      pool.query<{ n: string; last: string; key: string }>(
        `SELECT market_id || '|' || source AS key, count(*) AS n, max(quote_seq) AS last FROM odds_history GROUP BY 1`,
      );
    const openCount = async (): Promise<number> =>
      Number((await pool.query(`SELECT count(*) FROM odds_history WHERE quote ->> 'status' = 'open'`)).rows[0].count);
    try {
      await sleep(3_000);
      await until(() => flaky.failed >= 4, 'four commits to fail');
      await until(async () => (await stored()).rows.length > 100 && (await openCount()) > 500, 'enough prices to judge by');
      flaky.failing = false;
      await sleep(300);
    } finally {
      await pipeline.stopRest();
      const { rows } = await stored(); // what is stored is on its way to the stream
      await until(() => rows.every(({ key, last }) => told.get(key) === Number(last)), 'every price to be told').catch(
        () => null,
      );
      await stream.stop();
      await pipeline.stop();
    }
    const { rows } = await stored();
    assert.ok(rows.length > 100);
    for (const row of rows) {
      assert.equal(row.n, row.last, `${row.key} has holes`);
      assert.equal(told.get(row.key), Number(row.last), `${row.key} was not told to the end`);
    }
    const plans = plansBetween(pipeline.supplier.world, Date.now() - 120_000, Date.now() + 10_000);
    const { rows: quotes } = await pool.query<{ quote: Parameters<typeof assertTrue>[2] }>('SELECT quote FROM odds_history');
    const open = quotes.map((row) => row.quote).filter((quote) => quote.status === 'open');
    for (const quote of open)
      assertTrue(pipeline.supplier.world, plans.get(quote.marketId.split('/')[0] ?? '') ?? assert.fail(quote.marketId), quote);
    assert.ok(open.length > 500);
  });

  it('starts again from the stored place and prices', async () => {
    const store = new PostgresOddsStore(await empty());
    const first = await new Pipeline({ store }).start();
    await until(async () => ((await store.cursor('simex'))?.seq ?? 0) > 5, 'a stored cursor');
    await first.stopRest();
    const before = await seqSum(store);
    await sleep(300);
    await first.startRest();
    await until(async () => (await seqSum(store)) > before + 50, 'new prices');
    assert.equal(first.ingest.counts.gaps, 0);
    await first.stop();
    const { rows } = await pool.query('SELECT 1 FROM odds_history GROUP BY market_id, source HAVING count(*) <> max(quote_seq)');
    assert.equal(rows.length, 0);
  });
});

async function seqSum(store: PostgresOddsStore): Promise<number> {
  const live = await store.loadLive();
  return live.flatMap((event) => event.quotes).reduce((sum, row) => sum + row.quote.quoteSeq, 0);
}

/** Fails some commits before they begin and some after they are done, so that the outcome is unknown. */
class FlakyStore extends PostgresOddsStore {
  failing = true;
  failed = 0;
  #n = 0;

  override async commit(effect: Parameters<PostgresOddsStore['commit']>[0]): Promise<void> {
    const turn = this.#n++ % 7;
    if (this.failing && turn === 2) this.#fail();
    await super.commit(effect);
    if (this.failing && turn === 5) this.#fail();
  }

  #fail(): never {
    this.failed++;
    throw new Error('the connection was lost');
  }
}
