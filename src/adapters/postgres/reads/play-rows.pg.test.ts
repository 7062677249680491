// Responsible play as read models: however the events are cut into batches, the rows say what the core's state says, to whom may ask.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pool } from 'pg';
import { ANA, BEA, LEDGER, NOON, TENANT, type World, worldWithMarket } from '#core/kernel/world-for-tests.ts';
import { event } from '#core/kernel/event.ts';
import { MIGRATIONS_DIR } from '../database.ts';
import { type TestDatabase, withTestDatabase } from '../embedded/test-database.ts';
import { migrateUp } from '../schema/migrate.ts';
import { PostgresProjections } from './postgres-projections.ts';
import { PostgresOwnedReads } from './read-models.ts';
import { projectWorld, SHARD } from '../../../../test/engine/read-models.ts';

const DAY = 86_400_000;
let database: TestDatabase;
let pool: Pool;

before(async () => {
  database = await withTestDatabase();
  pool = new Pool({ connectionString: database.url, max: 3 });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
  await pool.query(`INSERT INTO tenants (tenant_id, name) VALUES ($1, 'test')`, [TENANT]);
  for (const owner of [ANA, BEA])
    await pool.query(`INSERT INTO principals (owner_id, tenant_id, role) VALUES ($1, $2, 'player')`, [owner, TENANT]);
});
after(async () => {
  await pool.end();
  await database.close();
});

function limited(): World {
  const world = worldWithMarket();
  const set = (kind: 'loss' | 'time', period: 'day' | 'week', value: number | null): void => {
    world.done({ type: 'SetPlayLimit', ownerId: ANA, kind, period, value }, 'api');
  };
  set('loss', 'day', 1_000);
  set('loss', 'day', 2_000); // waits, and is applied a day later
  set('time', 'week', 60);
  world.goTo(NOON + DAY);
  set('loss', 'day', null); // waits
  set('time', 'week', 90); // waits, and is taken back
  world.done({ type: 'KeepPlayLimit', ownerId: ANA, kind: 'time', period: 'week' }, 'api');
  world.done({ type: 'SetPlayLimit', ownerId: ANA, kind: 'time', period: 'week', value: 30 }, 'operator');
  world.done({ type: 'CoolOff', ownerId: ANA, hours: 24 }, 'api');
  world.done({ type: 'SelfExclude', ownerId: ANA, days: 200 }, 'api');
  world.done({ type: 'SetExclusion', ownerId: ANA, until: world.now + 300 * DAY });
  const cause = world.asked[0] ?? assert.fail();
  const taken = (until: number) => event(cause, 'BansTaken', { bans: [[BEA, until, until, NOON + DAY]], upTo: 1 });
  world.events.push(taken(NOON + 2 * DAY), taken(NOON + 3 * DAY)); // what another ledger would be told
  return world;
}

const project = (world: World, perBatch: number): Promise<void> => projectWorld(pool, world, perBatch);

test('limits, waits and bans are what the state has, and only their owner and his operators read them', async () => {
  const reads = new PostgresOwnedReads(pool, { shard: SHARD, ledgerId: LEDGER });
  const own = { tenantId: TENANT, ownerId: ANA, wholeTenant: false };
  for (const perBatch of [1_000, 2, 1]) {
    await new PostgresProjections(pool).reset(SHARD);
    const world = limited();
    await project(world, perBatch);
    const { ban, limits } = await reads.play(own, ANA);
    assert.deepEqual(limits, [
      { setBy: 'person', kind: 'loss', period: 'day', value: 2_000, waiting: { value: null, dueAt: NOON + 2 * DAY } },
      { setBy: 'operator', kind: 'time', period: 'week', value: 30, waiting: null },
      { setBy: 'person', kind: 'time', period: 'week', value: 60, waiting: null },
    ]);
    assert.deepEqual(ban, {
      coolOffUntil: NOON + 2 * DAY,
      excludedUntil: NOON + 301 * DAY,
      selfExcludedUntil: NOON + 201 * DAY,
    });
    const told = await reads.play({ ...own, ownerId: BEA }, BEA);
    assert.deepEqual(told.ban, { coolOffUntil: NOON + DAY, excludedUntil: NOON + 3 * DAY, selfExcludedUntil: NOON + 3 * DAY });
  }
  const none = { limits: [], ban: { coolOffUntil: 0, excludedUntil: 0, selfExcludedUntil: 0 } };
  const { seq: _seq, ...asBea } = await reads.play({ ...own, ownerId: BEA }, ANA);
  assert.deepEqual(asBea, none);
  const { seq: _other, ...elsewhere } = await reads.play({ tenantId: 'ten_other', ownerId: BEA, wholeTenant: true }, ANA);
  assert.deepEqual(elsewhere, none);
  assert.equal((await reads.play({ ...own, ownerId: BEA, wholeTenant: true }, ANA)).limits.length, 3);
});
