// Read models through corrections, debts and disputes: a world's events folded in one batch or in many say what the core's state says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pool } from 'pg';
import { ANA, BEA, idOf, LEDGER, TENANT, WINNER, type World } from '#core/kernel/world-for-tests.ts';
import {
  debtOf,
  OLGA,
  record,
  scoreFor,
  settleBy,
  spend,
  wonBy,
  worldWithPaidBets,
} from '#core/settlement/corrections/corrections-for-tests.ts';
import { PostgresReadModels } from '../reads/read-models-public.ts';
import { projectWorld, SHARD, withReadModels } from '../../../../test/engine/read-models.ts';

const PAGE = { limit: 50, after: null };
let pool: Pool;
withReadModels((made) => (pool = made));

/** Ana lost on away and Bea won 4.00 on home, all spent; corrected to away, disputed by Bea, and a proposal waits. */
function story(): World {
  const world = worldWithPaidBets();
  spend(world, world.available(BEA), BEA);
  record(world, { version: 2, scores: scoreFor('away') });
  world.goTo(world.now);
  record(world, { source: 'other', scores: scoreFor('home') });
  const dispute = { betId: idOf('bet', 'won'), marketId: WINNER, reason: 'wrong_result', evidenceHash: 'a'.repeat(64) } as const;
  world.done({ type: 'OpenDispute', ...dispute }, 'api', { ownerId: BEA });
  world.done({ type: 'SetLimits', limits: { approvalAboveMinor: 1 } });
  settleBy(world, wonBy('draw'));
  return world;
}

async function project(world: World, perBatch: number): Promise<PostgresReadModels> {
  await projectWorld(pool, world, perBatch);
  return new PostgresReadModels(pool, { shard: SHARD, ledgerId: LEDGER });
}

const viewer = (ownerId: string, wholeTenant = false) => ({ tenantId: TENANT, ownerId, wholeTenant });

for (const perBatch of [1_000, 4, 1]) {
  test(`after a correction, bets, wallets and markets say what the state says, ${perBatch} events a batch`, async () => {
    const world = story();
    const reads = await project(world, perBatch);
    const bet = async (name: string, who: string) => (await reads.bet(viewer(who), idOf('bet', name))).bet;
    const [lost, won] = [await bet('lost', ANA), await bet('won', BEA)];
    // 5.00 at 4.0, and nothing for home any more.
    assert.deepEqual([lost?.status, lost?.returnMinor, won?.status, won?.returnMinor], ['settled', 2_000, 'settled', 0]);
    const taken = async (name: string, who: string) =>
      (await reads.settlements.reversals(viewer(who), idOf('bet', name))).items.map((r) => r.returnMinor);
    assert.deepEqual([await taken('lost', ANA), await taken('won', BEA), await taken('won', ANA)], [[0], [400], []]);
    const [wallet] = (await reads.wallets(viewer(BEA), BEA, PAGE)).items;
    assert.deepEqual([wallet?.availableMinor, wallet?.heldMinor, wallet?.debtMinor], [0, 0, debtOf(world, BEA)]);
    assert.equal(debtOf(world, BEA), -400);
    const causes = (await reads.entries(viewer(BEA), BEA, PAGE)).items.map((e) => e.cause);
    assert.deepEqual(causes.slice(0, 4).sort(), ['BetsSettled', 'DebtRecorded', 'SettlementReversed', 'SettlementReversed']);
    const { rows } = await pool.query('SELECT status, returned_minor, bets FROM markets WHERE market_id = $1', [WINNER]);
    assert.deepEqual([rows[0].status, Number(rows[0].returned_minor), Number(rows[0].bets)], ['settled', 2_000, 2]);
  });
}

test('the history of a market names each version and who disagreed, and proposals wait for a person', async () => {
  const reads = await project(story(), 7);
  const kinds = async (filter: object) =>
    (await reads.settlements.settlements(viewer(OLGA, true), filter, PAGE)).items.map((f) => f.kind).reverse();
  assert.deepEqual(await kinds({ marketId: WINNER }), [
    'SettlementStarted',
    'SettlementFinished',
    'CorrectionStarted',
    'SettlementStarted',
    'SettlementFinished',
    'SettlementProposed',
  ]);
  assert.deepEqual(await kinds({ kind: 'ResultConflicted' }), ['ResultConflicted']);
  const first = await reads.settlements.settlements(viewer(OLGA, true), { marketId: WINNER }, { limit: 2, after: null });
  assert.equal(first.items.length, 2);
  const next = await reads.settlements.settlements(viewer(OLGA, true), { marketId: WINNER }, { limit: 10, after: first.after });
  assert.equal(next.items.length, 4);
  const { items } = await reads.settlements.proposals(viewer(OLGA, true));
  assert.deepEqual([items.length, items[0]?.by, items[0]?.marketId], [1, OLGA, WINNER]);
});

test('a dispute is seen by who opened it and by operators, in its state', async () => {
  const world = story();
  const [known] = world.ledger.disputes.dump() ?? [];
  const disputeId = known?.disputeId ?? '';
  world.done({ type: 'ReviewDispute', disputeId }, 'operator', { ownerId: OLGA });
  const reads = await project(world, 5);
  const seen = async (who: string, all: boolean, filter: object = {}) =>
    (await reads.settlements.disputes(viewer(who, all), filter, PAGE)).items.map((d) => [d.disputeId, d.state, d.by]);
  assert.deepEqual(await seen(BEA, false), [[disputeId, 'under_review', OLGA]]);
  assert.deepEqual(await seen(OLGA, true, { state: 'under_review' }), [[disputeId, 'under_review', OLGA]]);
  assert.deepEqual(
    [await seen(ANA, false), await seen(OLGA, true, { state: 'open' }), await seen(BEA, false, { disputeId: 'x' })],
    [[], [], []],
  );
  const elsewhere = { ...viewer(OLGA, true), tenantId: 'ten_other' };
  assert.deepEqual((await reads.settlements.disputes(elsewhere, {}, PAGE)).items, []);
});
