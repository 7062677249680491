// Pools as read models: a world's events folded in one batch or in many give the same rows, and everybody reads what is his to see.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pool } from 'pg';
import {
  ANA,
  BEA,
  FIXTURE,
  goals,
  KICK_OFF,
  LEDGER,
  resultOf,
  TENANT,
  WINNER,
  type World,
} from '#core/kernel/world-for-tests.ts';
import { bolaoRules, CY, DI, enter, marketRules, NEXT_FIXTURE, open, worldWithPools } from '#core/pools/pools-for-tests.ts';
import { PostgresProjections } from '../reads/postgres-projections.ts';
import { PostgresPoolReads } from './postgres-pool-reads.ts';
import { projectWorld, SHARD, withReadModels } from '../../../../test/engine/read-models.ts';

let pool: Pool;
withReadModels((made) => (pool = made));

interface Played {
  readonly world: World;
  readonly bolao: string;
  readonly tote: string;
  readonly entries: readonly string[];
}

/** A bolão by invitation (one entry leaves, one fixture running) and a paid parimutuel pool. */
function play(): Played {
  const world = worldWithPools();
  const invitation = 'a'.repeat(64);
  const bolao = open(world, {
    rules: bolaoRules({ visibility: 'invite' }),
    fixtures: [{ eventId: FIXTURE }, { eventId: NEXT_FIXTURE }],
  });
  world.done({ type: 'InviteToPool', poolId: bolao, invitation, usesMax: 3, until: KICK_OFF });
  const entries = [
    enter(world, bolao, CY, { invitation, picks: [[FIXTURE, 1, 0]] }),
    enter(world, bolao, DI, { invitation, picks: [[FIXTURE, 0, 0]] }),
    enter(world, bolao, BEA, { invitation }),
  ];
  world.done({ type: 'LeavePool', poolId: bolao, entryId: entries[2] as string }, 'api', { ownerId: BEA });
  world.done({ type: 'SetPicks', poolId: bolao, entryId: entries[0] as string, picks: [[NEXT_FIXTURE, 2, 2]] }, 'api', {
    ownerId: CY,
  });
  const tote = open(world, { rules: marketRules({ takeoutPpm: 100_000 }), market: { marketId: WINNER } });
  enter(world, tote, CY, { selectionId: 'home', units: 3 });
  enter(world, tote, DI, { selectionId: 'away', units: 6 });
  world.goTo(KICK_OFF);
  world.done({ type: 'RecordResult', result: resultOf({ scores: [goals(1, 0)] }) }, 'feed');
  world.goTo(world.now);
  const live = resultOf({ eventId: NEXT_FIXTURE, status: 'live', scores: [goals(0, 1)] });
  world.done({ type: 'RecordResult', result: live }, 'feed');
  world.goTo(world.now);
  return { world, bolao, tote, entries };
}

const project = (world: World, perBatch: number): Promise<void> => projectWorld(pool, world, perBatch);

const reads = (): PostgresPoolReads => new PostgresPoolReads(pool, { shard: SHARD, ledgerId: LEDGER });
const viewer = (ownerId: string, tenantId = TENANT) => ({ tenantId, ownerId, wholeTenant: false });
const page = (limit: number, from: readonly (string | number)[] | null = null) => ({ limit, after: from });

test('rows say what became of pools, fixtures and entries, however the events were cut into batches', async () => {
  for (const perBatch of [1_000, 4, 1]) {
    const { bolao, entries, tote, world } = play();
    await project(world, perBatch);
    const { pool: whole } = await reads().pool(viewer(CY), bolao);
    assert.deepEqual([whole?.status, whole?.entries, whole?.lockAt], ['locked', 2, KICK_OFF - 60_000]);
    assert.deepEqual(
      whole?.fixtures.map(({ phase, score }) => [phase, score]),
      [
        ['final', { home: 1, away: 0 }],
        ['running', { home: 0, away: 1 }],
      ],
    );
    const { page: ranking } = await reads().poolRanking(viewer(CY), bolao, page(10));
    // 1-0 exactly: 10 and, of 2-2 for 0-1, nothing; 0-0 for 1-0: the away team's goals, 2.
    assert.deepEqual(
      ranking?.items.map(({ entryId, own, points, rank }) => [entryId, rank, points, own]),
      [
        [entries[0], 1, 10, true],
        [entries[1], 2, 2, false],
      ],
    );
    assert.deepEqual(ranking?.items[0]?.picks, { 0: [1, 0], 1: [2, 2] });
    const { pool: paid } = await reads().pool(viewer(BEA), tote);
    // 9.00 - 0.90 = 8.10 for three units: 2.70
    assert.deepEqual([paid?.status, paid?.paidMinor, paid?.unitsOn], ['closed', 810, { away: 6, home: 3 }]);
    assert.deepEqual(paid?.declared?.dividends, [[['home'], 3, 270, 0]]);
    assert.deepEqual(
      (await reads().poolEntries(viewer(CY), tote, page(10))).page?.items.map((row) => row.paidMinor),
      [810],
    );
    await new PostgresProjections(pool).reset(SHARD);
    assert.equal((await reads().pools(viewer(ANA), {}, page(10))).items.length, 0);
  }
});

test('a pool by invitation is there for its creator and those in it, and for nobody else', async () => {
  const { bolao, entries, tote, world } = play();
  await project(world, 1_000);
  const seen = async (who: ReturnType<typeof viewer>) =>
    (await reads().pools(who, {}, page(10))).items.map(({ poolId }) => poolId);
  assert.deepEqual(await seen(viewer(ANA)), [tote, bolao]);
  assert.deepEqual(await seen(viewer(CY)), [tote, bolao]);
  assert.deepEqual(await seen(viewer(BEA)), [tote], 'who left sees it no more');
  assert.deepEqual(await seen(viewer(CY, 'ten_other')), [tote]);
  assert.deepEqual(await seen({ ...viewer(BEA), wholeTenant: true }), [tote, bolao]);
  for (const who of [viewer(BEA), viewer(CY, 'ten_other')]) {
    assert.equal((await reads().pool(who, bolao)).pool, null);
    assert.equal((await reads().poolRanking(who, bolao, page(10))).page, null);
    assert.equal((await reads().poolEntries(who, bolao, page(10))).page, null);
    assert.equal((await reads().poolEntry(who, bolao, entries[0] as string)).entry, null);
    assert.equal((await reads().poolInvitations(who, bolao)).items, null);
  }
  assert.deepEqual((await reads().poolInvitations(viewer(ANA), bolao)).items, [
    { invitation: 'a'.repeat(64), usesMax: 3, uses: 3, until: KICK_OFF, revoked: false },
  ]);
  const operator = { ...viewer(BEA), wholeTenant: true };
  assert.equal(
    (await reads().poolEntry(operator, bolao, entries[0] as string)).entry?.own,
    false,
    'an operator is nobody’s self',
  );
});

test('pools and rankings come by page and filter', async () => {
  const { bolao, tote, world } = play();
  await project(world, 1_000);
  const first = await reads().pools(viewer(CY), {}, page(1));
  assert.deepEqual([first.items[0]?.poolId, first.after], [tote, [tote]]);
  assert.deepEqual((await reads().pools(viewer(CY), {}, page(1, first.after))).items[0]?.poolId, bolao);
  const ids = async (filter: object, who = viewer(CY)) =>
    (await reads().pools(who, filter, page(10))).items.map((row) => row.poolId);
  assert.deepEqual(await ids({ kind: 'bolao' }), [bolao]);
  assert.deepEqual(await ids({ status: 'closed' }), [tote]);
  assert.deepEqual(await ids({ eventId: NEXT_FIXTURE }), [bolao]);
  assert.deepEqual(await ids({ mine: true }, viewer(BEA)), []);
  const one = await reads().poolRanking(viewer(CY), bolao, page(1));
  assert.deepEqual(one.page?.after, [10, 0]);
  const two = await reads().poolRanking(viewer(CY), bolao, page(1, one.page?.after ?? null));
  // A forged cursor may hold what no row has.
  assert.deepEqual((await reads().poolEntries(viewer(CY), tote, page(1, [2 ** 40]))).page?.items, []);
  assert.equal((await reads().poolRanking(viewer(CY), bolao, page(1, [2 ** 40, 0]))).page?.items.length, 1);
  assert.deepEqual([two.page?.items[0]?.rank, two.page?.after], [2, null]);
});
