// Cash-outs, flagged answers and limits as read models: the same rows however the events were cut into batches. Ana bets 1,000 at 2.0 four times.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pool } from 'pg';
import { finish, placeMultiple, worldOfMultiples } from '#core/bets/multiples/multiples-for-tests.ts';
import { ANA, BEA, idOf, LEDGER, resultOf, TENANT, WINNER, type World } from '#core/kernel/world-for-tests.ts';
import { PostgresProjections } from '../reads/postgres-projections.ts';
import { PostgresReadModels } from '../reads/read-models-public.ts';
import { PostgresReviewQueue } from '../reads/read-models-review.ts';
import { projectWorld, SHARD, withReadModels } from '../../../../test/engine/read-models.ts';

let pool: Pool;
withReadModels((made) => (pool = made));

function cashOut(
  world: World,
  name: string,
  of: { ofMinor: number; stakeMinor: number; amountMinor: number },
  holder = ANA,
): void {
  const offer = { offerId: idOf('offer', name), quoteSeq: 1, expiresAt: world.now };
  world.done({ type: 'CashOutBet', betId: idOf('bet', name), holder, ...of, ...offer }, 'api', { ownerId: holder });
}

/** All of one bet is cashed out, half of another which then wins, a part of a third which then is voided; a fourth is answered too late. */
function played(): World {
  const world = worldOfMultiples();
  world.done({ type: 'SetLimits', limits: { cashOutMarginPpm: 100_000 } });
  world.done({ type: 'SetLimits', limits: { supplierAnswerMs: 20_000 } });
  for (const name of ['all', 'half', 'part']) world.bet(name);
  // Not Ana's, whose wallet is looked at.
  for (const name of ['whole double', 'half double'])
    placeMultiple(world, name, {
      holder: BEA,
      legs: [
        [0, 'home'],
        [1, 'home'],
      ],
    });
  cashOut(world, 'whole double', { ofMinor: 100, stakeMinor: 100, amountMinor: 80 }, BEA);
  cashOut(world, 'half double', { ofMinor: 100, stakeMinor: 50, amountMinor: 40 }, BEA);
  for (const fixture of [0, 1]) finish(world, fixture, [1, 0]);
  cashOut(world, 'all', { ofMinor: 1_000, stakeMinor: 300, amountMinor: 270 });
  cashOut(world, 'all', { ofMinor: 700, stakeMinor: 700, amountMinor: 630 });
  cashOut(world, 'half', { ofMinor: 1_000, stakeMinor: 500, amountMinor: 450 });
  cashOut(world, 'part', { ofMinor: 1_000, stakeMinor: 100, amountMinor: 90 });
  world.done({ type: 'VoidBet', betId: idOf('bet', 'part'), reason: 'error' });
  world.done({ type: 'SetConfirmation', scope: 'market', target: WINNER, confirmation: 'supplier' });
  world.bet('late');
  world.goTo(world.now + 20_000);
  const answer = { betId: idOf('bet', 'late'), answeredAt: world.now, providerRef: 'SUP-1' };
  world.done({ type: 'ConfirmBet', ...answer }, 'worker');
  world.done({ type: 'RejectBet', ...answer, betId: idOf('bet', 'unknown'), reason: 'no_such_bet' }, 'worker');
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  world.goTo(world.now);
  return world;
}

const project = (world: World, perBatch: number): Promise<void> => projectWorld(pool, world, perBatch);

test('bets say what was cashed out and all that came back; answers are listed newest first', async () => {
  for (const perBatch of [1_000, 3, 1]) {
    await new PostgresProjections(pool).reset(SHARD);
    const world = played();
    await project(world, perBatch);
    const reads = new PostgresReadModels(pool, { shard: SHARD, ledgerId: LEDGER });
    const viewer = { tenantId: TENANT, ownerId: ANA, wholeTenant: false };
    const of = async (name: string) => {
      const { bet } = await reads.bet(viewer, idOf('bet', name));
      return bet && [bet.status, bet.stakeMinor, bet.cashedStakeMinor, bet.cashedMinor, bet.returnMinor];
    };
    assert.deepEqual(await of('all'), ['cashed_out', 1_000, 1_000, 900, 900]);
    assert.deepEqual(await of('half'), ['settled', 1_000, 500, 450, 1_450]); // 450, and 500 at 2.0
    assert.deepEqual(await of('part'), ['void', 1_000, 100, 90, 990]); // 90, and 900 back
    const several = async (name: string) => {
      const { bet } = await reads.bet({ ...viewer, ownerId: BEA }, idOf('bet', name));
      return bet && [bet.status, bet.stakeMinor, bet.cashedStakeMinor, bet.cashedMinor, bet.returnMinor];
    };
    assert.deepEqual(await several('whole double'), ['cashed_out', 100, 100, 80, 80]);
    assert.deepEqual(await several('half double'), ['settled', 100, 50, 40, 240]); // 40, and 50 at 2.0 x 2.0
    assert.deepEqual(await of('late'), ['rejected', 1_000, 0, 0, 1_000]);
    const wallets = await reads.wallets(viewer, ANA, { limit: 5, after: null });
    // 10,000 - 4 x 1,000 + 900 + 1,450 + 990 + 1,000
    assert.deepEqual([wallets.items[0]?.availableMinor, wallets.items[0]?.heldMinor], [10_340, 0]);
    assert.equal(world.available(), 10_340);
    const queue = new PostgresReviewQueue(pool);
    const first = await queue.flaggedAnswers({ limit: 1, after: null });
    const second = await queue.flaggedAnswers({ limit: 1, after: first.after });
    const said = [...first.items, ...second.items].map((row) => [row.betId, row.holder, row.ended, row.status, row.reason]);
    assert.deepEqual(said, [
      [idOf('bet', 'unknown'), null, 'unknown', 'rejected', 'no_such_bet'],
      [idOf('bet', 'late'), ANA, 'timed_out', 'confirmed', null],
    ]);
    assert.equal(second.after, null);
  }
});
