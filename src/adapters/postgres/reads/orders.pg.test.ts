// Orders as read models: a world's events folded in one batch or in many give the same rows, and they say what the core's books say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pool } from 'pg';
import { cancel, CY, DI, order, replace, worldWithExchange } from '#core/exchange/exchange-for-tests.ts';
import { ANA, BEA, idOf, LEDGER, resultOf, TENANT, WINNER, type World } from '#core/kernel/world-for-tests.ts';
import type { OrderRow } from '#ports/read-models.ts';
import { PostgresProjections } from './postgres-projections.ts';
import { PostgresOwnedReads } from './read-models.ts';
import { projectWorld, SHARD, withReadModels } from '../../../../test/engine/read-models.ts';

let pool: Pool;
withReadModels((made) => (pool = made));

function trade(): World {
  const world = worldWithExchange();
  order(world, 'a', CY, { side: 'lay', priceMilli: 2_000, sizeMinor: 300 });
  order(world, 'b', DI, { side: 'lay', priceMilli: 2_500, sizeMinor: 100 });
  order(world, 'c', ANA, { priceMilli: 2_000, sizeMinor: 1_000 });
  cancel(world, 'c', ANA, 200);
  order(world, 'd', BEA, { priceMilli: 3_000, selectionId: 'away' });
  replace(world, ['d', 'e'], BEA, 4_000);
  order(world, 'sp back', ANA, { selectionId: 'draw', kind: 'market-on-close', priceMilli: null, sizeMinor: 500 });
  order(world, 'sp lay', CY, { selectionId: 'draw', side: 'lay', kind: 'market-on-close', priceMilli: null, sizeMinor: 1_000 });
  world.done({ type: 'TurnInPlay', marketId: WINNER, betDelayMs: 5_000 });
  world.goTo(world.now);
  order(world, 'waits', DI, { priceMilli: 5_000 });
  return world;
}

const project = (world: World, perBatch: number): Promise<void> => projectWorld(pool, world, perBatch);

const reads = (): PostgresOwnedReads => new PostgresOwnedReads(pool, { shard: SHARD, ledgerId: LEDGER });
const viewer = (ownerId: string) => ({ tenantId: TENANT, ownerId, wholeTenant: false });
const said = (o: OrderRow | null | undefined) => o && [o.status, o.matchedMinor, o.averagePriceMilli, o.endedMinor, o.reason];

test('rows say what became of each order, however the events were cut into batches', async () => {
  for (const perBatch of [1_000, 3, 1]) {
    await project(trade(), perBatch);
    const of = async (name: string, who: string) => said((await reads().order(viewer(who), idOf('ord', name))).order);
    assert.deepEqual(await of('a', CY), ['complete', 300, 2_000, 0, null]);
    assert.deepEqual(await of('b', DI), ['complete', 100, 2_500, 0, null]);
    // 1.00 at 2.5 and 3.00 at 2.0: 2.125 on average; 2.00 cancelled, 4.00 lapsed at the off.
    assert.deepEqual(await of('c', ANA), ['complete', 400, 2_125, 600, 'lapsed']);
    assert.deepEqual(await of('d', BEA), ['complete', 0, null, 1_000, 'replaced']);
    // 10.00 of liability lay 5.00 at 3.0.
    assert.deepEqual(await of('sp back', ANA), ['complete', 500, 3_000, 0, 'starting_price']);
    assert.deepEqual(await of('sp lay', CY), ['complete', 500, 3_000, 0, 'starting_price']);
    assert.deepEqual(await of('waits', DI), ['pending', 0, null, 0, null]);
    await new PostgresProjections(pool).reset(SHARD);
  }
});

test('orders are listed newest first, by page and filter, and only to their owner', async () => {
  await project(trade(), 1_000);
  const page = (limit: number, after: readonly (string | number)[] | null = null) => ({ limit, after });
  const all = await reads().orders(viewer(CY), {}, page(10));
  assert.deepEqual(
    all.items.map((o) => o.orderId),
    ['a', 'sp lay']
      .map((name) => idOf('ord', name))
      .sort()
      .reverse(),
  );
  const first = await reads().orders(viewer(CY), {}, page(1));
  assert.equal(first.items.length, 1);
  assert.deepEqual((await reads().orders(viewer(CY), {}, page(1, first.after))).items[0], all.items[1]);
  assert.equal((await reads().orders(viewer(DI), { status: 'pending' }, page(10))).items[0]?.orderId, idOf('ord', 'waits'));
  assert.equal((await reads().orders(viewer(DI), { marketId: 'x' }, page(10))).items.length, 0);
  assert.equal((await reads().order(viewer(DI), idOf('ord', 'a'))).order, null);
  assert.equal((await reads().order({ ...viewer(CY), tenantId: 'ten_other' }, idOf('ord', 'a'))).order, null);
});

test('wallets balance with the escrow through a settlement', async () => {
  const world = trade();
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  world.goTo(world.now + 5_000);
  await project(world, 7);
  const { rows } = await pool.query(
    `SELECT (SELECT sum(available_minor + held_minor) FROM wallets) + (SELECT sum(balance_minor) FROM ledger_accounts) AS sum,
       (SELECT balance_minor FROM ledger_accounts WHERE path LIKE 'market:%') AS escrow, (SELECT sum(held_minor) FROM wallets) AS held`,
  );
  assert.deepEqual([Number(rows[0].sum), Number(rows[0].escrow), Number(rows[0].held)], [0, 0, 0]);
});
