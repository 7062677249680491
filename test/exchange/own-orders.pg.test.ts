// Orders as /ws/live tells them against the rows that PostgreSQL made of the same events: equal at every place, whenever the reader came.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pool } from 'pg';
import { PostgresProjections } from '#adapters/postgres/reads/postgres-projections.ts';
import { PostgresOwnedReads } from '#adapters/postgres/reads/read-models.ts';
import { OwnOrders } from '#api/live/own-orders.ts';
import { orderWire } from '#api/wire.ts';
import { cancel, CY, DI, order, replace, worldWithExchange } from '#core/exchange/exchange-for-tests.ts';
import { ANA, BEA, LEDGER, TENANT, WINNER, type World } from '#core/kernel/world-for-tests.ts';
import { ProjectionBatch } from '#engine/projections/projection-batch.ts';
import { GENESIS_HASH } from '#ports/journal.ts';
import type { Viewer } from '#ports/read-models.ts';
import { SHARD, withReadModels } from '../engine/read-models.ts';

const WHOLE = { tenantId: TENANT, ownerId: 'operator', wholeTenant: true };
let pool: Pool;
withReadModels((made) => (pool = made));

const reads = (): PostgresOwnedReads => new PostgresOwnedReads(pool, { shard: SHARD, ledgerId: LEDGER });
const viewer = (ownerId: string): Viewer => ({ tenantId: TENANT, ownerId, wholeTenant: false });

/** Every kind of event that changes orders, averages that must be rounded among them. */
function trade(): World {
  const world = worldWithExchange();
  for (const [name, priceMilli] of [
    ['a', 2_000],
    ['b', 2_060],
    ['c', 2_080],
  ] as const)
    order(world, name, CY, { side: 'lay', priceMilli, sizeMinor: 300 });
  order(world, 'd', ANA, { priceMilli: 2_000, sizeMinor: 700 });
  order(world, 'e', BEA, { priceMilli: 3_000, selectionId: 'away', persistence: 'persist' });
  replace(world, ['e', 'f'], BEA, 4_000);
  cancel(world, 'a', CY, 50);
  order(world, 'sp back', ANA, { selectionId: 'draw', kind: 'market-on-close', priceMilli: null, sizeMinor: 500 });
  order(world, 'sp lay', CY, { selectionId: 'draw', side: 'lay', kind: 'market-on-close', priceMilli: null, sizeMinor: 1_000 });
  world.done({ type: 'TurnInPlay', marketId: WINNER, betDelayMs: 5_000 });
  world.goTo(world.now);
  order(world, 'waits', DI, { priceMilli: 1_500, selectionId: 'away', side: 'lay' });
  world.goTo(world.now + 5_000);
  order(world, 'still waits', DI, { priceMilli: 1_500, selectionId: 'away', side: 'lay' });
  return world;
}

/** Folds the events up to a seq into rows, after those that are there. */
async function project(world: World, from: number, to: number): Promise<void> {
  const projections = new PostgresProjections(pool);
  if (from === 0) await projections.place(SHARD);
  const batch = new ProjectionBatch();
  for (let at = from; at < to; at++) batch.add(world.events[at] as World['events'][number], at + 1);
  const place = (seq: number) => ({ blockNo: seq, seq, hash: seq === 0 ? GENESIS_HASH : 'f'.repeat(64) });
  assert.equal(await projections.apply(SHARD, batch, { from: place(from), to: place(to) }), true);
}

test('whenever a reader came, its frames end with the rows of GET /v1/orders', async () => {
  const world = trade();
  const all = world.events.length;
  const has = Math.ceil(all / 3);
  const readers: { orders: OwnOrders; at: number; who: Viewer }[] = [];
  for (let at = 0; at < all; at++) {
    await project(world, at, at + 1);
    for (const who of [viewer(ANA), viewer(CY), viewer(DI), WHOLE]) {
      const orders = new OwnOrders(reads(), who, 'PLAY');
      assert.equal(await orders.load(), at + 1);
      // Came back after a break that began at `has`.
      const missed = world.events.slice(has, at + 1).map((event, i) => ({ event, n: has + i + 1 }));
      assert.equal(await orders.recall(missed), true);
      readers.push({ orders, at: at + 1, who });
    }
  }
  let compared = 0;
  for (const { at, orders, who } of readers) {
    const rows = (await reads().orders(who, {}, { limit: 100, after: null })).items.map(orderWire);
    const known = new Map(orders.all().map((wire) => [wire.orderId, wire]));
    const sees = (holder: string): boolean => who.wholeTenant || holder === who.ownerId;
    for (const [i, event] of world.events.entries()) {
      if (i < Math.min(at, has)) continue;
      for (const frame of orders.changed({ event, n: i + 1 }, sees)) known.set(frame.orderId, frame);
    }
    for (const [orderId, wire] of known) {
      assert.deepEqual(wire, rows.find((row) => row.orderId === orderId), `${orderId} since ${at}`); // prettier-ignore
      compared++;
    }
    const open = rows.filter(({ status }) => status !== 'complete');
    assert.deepEqual(orders.all(), open);
  }
  assert.ok(compared > 200, `${compared} orders were compared`);
});

test('orders that are not complete are found by their index', async () => {
  const world = trade();
  await project(world, 0, world.events.length);
  await pool.query("INSERT INTO orders SELECT 'ord_' || i, shard, ledger_id, seq, holder_id, market_id, selection_id, side, kind, persistence, price_milli, size_minor, placed_at, 'complete', matched_minor, matched_value, ended_minor, reason, last_seq FROM orders, generate_series(1, 20000) i WHERE status <> 'complete' AND holder_id = $1 AND reason IS NULL", [BEA]); // prettier-ignore
  await pool.query('ANALYZE orders');
  const ask = { limit: 10, after: null };
  const found = await reads().orders(viewer(BEA), { unfinished: true }, ask);
  assert.deepEqual(
    found.items.map(({ status }) => status),
    ['open'],
  );
  const { rows } = await pool.query<{ 'QUERY PLAN': string }>(
    "EXPLAIN SELECT 1 FROM orders o WHERE o.holder_id = 'h' AND o.shard = 0 AND (NULL IS NOT NULL OR o.status <> 'complete') ORDER BY o.order_id DESC LIMIT 10",
  );
  assert.match(rows.map((line) => line['QUERY PLAN']).join('\n'), /orders_unfinished/);
});
