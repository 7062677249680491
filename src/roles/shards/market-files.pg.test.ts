// The thread that reads a market back, over a journal that is stored: what a writer of this program asks for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { MIGRATIONS_DIR } from '#adapters/postgres/database.ts';
import { withTestDatabase } from '#adapters/postgres/embedded/test-database.ts';
import { PostgresJournal } from '#adapters/postgres/journal/postgres-journal.ts';
import { migrateUp } from '#adapters/postgres/schema/migrate.ts';
import type { Envelope } from '#core/kernel/command.ts';
import { shardOf } from '#core/ledger/shard.ts';
import { EVENT, MARKET, Scene } from '../../../test/engine/scene.ts';
import { marketFiles } from './market-files.ts';

test('a market is read back from the stored journal; one at a time, and once for all who ask for it', async (t) => {
  const database = await withTestDatabase();
  const pool = new pg.Pool({ connectionString: database.url, max: 4 });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  t.after(async () => {
    await client.end();
    await pool.end();
    await database.close();
  });
  const scene = await Scene.open({ shard: shardOf('main'), store: new PostgresJournal(client, pool) });
  await scene.done({ type: 'SetResultRule', agree: 1, sources: [] });
  await scene.done({ type: 'SetLimits', limits: { correctionWindowMs: 1_000 } });
  await scene.done(scene.bet(scene.user('ana')));
  const outcomes = { away: [0, 1, 0, 1], draw: [0, 1, 0, 1], home: [1, 1, 0, 1] } as const;
  await scene.done({ type: 'SettleMarket', marketId: MARKET, outcomes, reason: 'x' });
  await scene.writer.quiesce();
  scene.clock.advance(scene.clock.now() + 1_000);
  await scene.writer.quiesce();
  await scene.writer.stop();

  const load = marketFiles({ database: { url: database.url } } as never);
  const asking = (marketId: string) =>
    load({ ledgerId: 'main', cmd: { type: 'RecallMarket', marketId } } as Envelope, scene.writer.state);
  const [first, again] = [asking(MARKET), asking(MARKET)];
  await assert.rejects(() => asking(`${EVENT}/btts`) as Promise<unknown>, /another market/);
  const file = (await first) as { marketId: string; bets: readonly unknown[]; facts: { returnedMinor: number } };
  assert.deepEqual([file.marketId, file.bets.length, file.facts.returnedMinor], [MARKET, 1, 200]); // 1.00 at 2.0
  assert.deepEqual(await again, file);
  assert.deepEqual(await asking(`${EVENT}/btts`), { code: 'not_found' });
  assert.equal(load({ ledgerId: 'main', cmd: { type: 'ReclaimFunds' } } as Envelope, scene.writer.state), null);
  assert.equal(asking('no market'), null, 'nothing is read for a name that is none');
});
