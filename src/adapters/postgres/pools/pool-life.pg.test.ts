// A bolão from opening to payment through the real writer and projector: what the journal says is what people read.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pool } from 'pg';
import { bolaoRules } from '#core/pools/pools-for-tests.ts';
import { entryIdOf, poolIdOf } from '#core/pools/pool-commands.ts';
import { stateHash } from '#engine/state/snapshot.ts';
import { Projector } from '#engine/projections/projector.ts';
import { silentLog } from '#ports/log.ts';
import { EVENT, FUNDS_MINOR, Scene, settle, SHARD, T0, TENANT } from '../../../../test/engine/scene.ts';
import { MIGRATIONS_DIR } from '../database.ts';
import { type TestDatabase, withTestDatabase } from '../embedded/test-database.ts';
import { PostgresProjections } from '../reads/postgres-projections.ts';
import { migrateUp } from '../schema/migrate.ts';
import { PostgresPoolReads } from './postgres-pool-reads.ts';

let database: TestDatabase;
let pool: Pool;
before(async () => {
  database = await withTestDatabase();
  pool = new Pool({ connectionString: database.url, max: 3 });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
});
after(async () => {
  await pool.end();
  await database.close();
});

const START = T0 + 3_600_000;

async function moveTo(scene: Scene, at: number): Promise<void> {
  scene.clock.advance(at);
  await settle(100);
}

test('a bolão is opened, entered, picked, scored, paid and read, and stays the same over a restart of the writer', async () => {
  const scene = await Scene.open();
  const [ana, bob] = [scene.user('ana'), scene.user('bob')];
  const as = (ownerId: string, commandId = scene.id('cmd')) => ({ via: 'api', ownerId, commandId }) as const;
  const opening = scene.id('cmd');
  const poolId = poolIdOf(opening);
  const rules = bolaoRules({ takeoutPpm: 100_000, creatorFeePpm: 50_000 });
  const open = { type: 'OpenPool', holder: ana, rules, fixtures: [{ eventId: EVENT }] } as const;
  await scene.done(open, as(ana, opening));
  const keys = [scene.id('cmd'), scene.id('cmd')];
  const enter = { type: 'EnterPool', poolId, units: 1 } as const;
  await scene.done({ ...enter, holder: ana, picks: [[EVENT, 1, 0]] }, as(ana, keys[0]));
  await scene.done({ ...enter, holder: bob, picks: [[EVENT, 0, 0]] }, as(bob, keys[1]));
  // The same key again is the same entry: no second stake.
  const again = scene.encode({ ...enter, holder: bob, picks: [[EVENT, 0, 0]] }, as(bob, keys[1]));
  assert.equal((await scene.send(again)).result, 'done');
  await scene.done({ type: 'SetPicks', poolId, entryId: entryIdOf(keys[1] as string), picks: [[EVENT, 2, 1]] }, as(bob));
  await scene.restart();
  await moveTo(scene, START);
  const result = { eventId: EVENT, source: 'feed', observedAt: START, completedPeriods: ['ft'] };
  const live = { ...result, version: 1, status: 'live', scores: [{ period: 'ft', stat: 'goals', home: 1, away: 0 }] } as const;
  await scene.done({ type: 'RecordResult', result: live }, { via: 'feed', lane: 'facts' });
  await settle(100);
  assert.equal(scene.ledger.pools.of(poolId).entries.points(0), 10);
  const scores = [{ period: 'ft', stat: 'goals', home: 2, away: 1 }];
  const last = { ...result, version: 2, status: 'finished', scores } as const;
  await scene.done({ type: 'RecordResult', result: last }, { via: 'feed', lane: 'facts' });
  await settle(200);
  // 20.00: 2.00 take-out, 1.00 for Ana; 17.00 for Bob, who had it exactly.
  const { accounts } = scene.ledger;
  assert.equal(accounts.balance(`player:${bob}:available`, 'PLAY'), FUNDS_MINOR - 1_000 + 1_700);
  assert.equal(accounts.balance(`player:${ana}:available`, 'PLAY'), FUNDS_MINOR - 1_000 + 100);
  assert.equal(accounts.balance('fees:pool', 'PLAY'), 200);
  const before = stateHash(scene.writer.state as NonNullable<typeof scene.writer.state>);
  await scene.restart();
  assert.equal(stateHash(scene.writer.state as NonNullable<typeof scene.writer.state>), before);

  const ports = { journal: scene.journal, projections: new PostgresProjections(pool), log: silentLog };
  await new Projector({ shard: SHARD }, ports).catchUp();
  const reads = new PostgresPoolReads(pool, { shard: SHARD, ledgerId: 'main' });
  const viewer = { tenantId: TENANT, ownerId: bob, wholeTenant: false };
  const { pool: whole, seq } = await reads.pool(viewer, poolId);
  assert.ok(seq > 0);
  assert.deepEqual([whole?.status, whole?.paidMinor, whole?.declared?.prizes], ['closed', 1_700, [[10, 1, 1_700, 0]]]);
  const { page } = await reads.poolRanking(viewer, poolId, { limit: 10, after: null });
  assert.deepEqual(
    page?.items.map(({ entryId, own, paidMinor, points }) => [entryId, points, paidMinor, own]),
    [
      [entryIdOf(keys[1] as string), 10, 1_700, true],
      [entryIdOf(keys[0] as string), 7, 0, false],
    ],
  );
  const { rows } = await pool.query('SELECT available_minor FROM wallets WHERE holder_id = $1', [bob]);
  assert.equal(Number(rows[0].available_minor), FUNDS_MINOR + 700);
  await scene.writer.stop();
});
