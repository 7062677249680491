// Bets of several legs as read models: a world's events folded in one batch or in many give the same rows, with every leg and what it came to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pool } from 'pg';
import { finish, handicapOf, placeMultiple, winnerOf, worldOfMultiples } from '#core/bets/multiples/multiples-for-tests.ts';
import { ANA, BEA, goals, idOf, LEDGER, resultOf, TENANT, type World } from '#core/kernel/world-for-tests.ts';
import { PostgresProjections } from './postgres-projections.ts';
import { PostgresOwnedReads } from './read-models.ts';
import { projectWorld, SHARD, withReadModels } from '../../../../test/engine/read-models.ts';

let pool: Pool;
withReadModels((made) => (pool = made));

/** A trixie with a half-lost and an open leg, a lost double, one that is void, one accepted at a lower price, and singles. */
function bets(): World {
  const world = worldOfMultiples();
  placeMultiple(world, 'trixie', { system: 'trixie', legs: [{ marketId: handicapOf(0) }, [1, 'home'], [2, 'home']] });
  placeMultiple(world, 'lost', {
    system: 'double',
    legs: [
      [0, 'away'],
      [1, 'home'],
    ],
  });
  placeMultiple(world, 'void', {
    legs: [
      [3, 'home'],
      [4, 'home'],
    ],
    holder: BEA,
  });
  world.done({ type: 'VoidBet', betId: idOf('bet', 'void'), reason: 'error' });
  world.bet('single', { marketId: winnerOf(2) });
  for (const i of [4, 5]) world.quote(winnerOf(i), { inPlay: true, betDelayMs: 1_000 });
  placeMultiple(world, 'any', {
    oddsPolicy: 'any',
    legs: [
      [4, 'home'],
      [5, 'home'],
    ],
  });
  world.bet('any single', { marketId: winnerOf(4), oddsPolicy: 'any' });
  world.price(winnerOf(4), { home: 1_500 }, { inPlay: true });
  world.goTo(world.now + 1_000);
  finish(world, 0, [1, 1]);
  finish(world, 1, [1, 0]);
  return world;
}

const project = (world: World, perBatch: number): Promise<void> => projectWorld(pool, world, perBatch);

const viewer = { tenantId: TENANT, ownerId: ANA, wholeTenant: false };
const reads = (): PostgresOwnedReads => new PostgresOwnedReads(pool, { shard: SHARD, ledgerId: LEDGER });
const page = { limit: 20, after: null };

test('bets of several legs are among the others, with legs, lines and results', async () => {
  for (const perBatch of [1, 7, 1_000]) {
    await new PostgresProjections(pool).reset(SHARD);
    await project(bets(), perBatch);
    const { items } = await reads().bets(viewer, {}, page);
    const of = new Map(items.map((bet) => [bet.betId, bet]));
    assert.deepEqual(
      [...of.keys()].sort(),
      ['trixie', 'lost', 'single', 'any', 'any single'].map((name) => idOf('bet', name)).sort(),
    );
    const trixie = of.get(idOf('bet', 'trixie'));
    assert.deepEqual([trixie?.system, trixie?.lines, trixie?.stakeMinor, trixie?.status], ['trixie', 4, 400, 'accepted']);
    assert.deepEqual(
      trixie?.legs.map(({ marketId, oddsMilli, outcome, quoteSeq }) => [marketId, oddsMilli, outcome, quoteSeq]),
      [
        [handicapOf(0), 1_900, [0, 1, 1, 2], 1],
        [winnerOf(1), 2_000, [1, 1, 0, 1], 1],
        [winnerOf(2), 2_000, null, 1],
      ],
    );
    const lost = of.get(idOf('bet', 'lost'));
    assert.deepEqual([lost?.status, lost?.returnMinor, lost?.legs[1]?.outcome], ['settled', 0, [1, 1, 0, 1]]);
    const any = of.get(idOf('bet', 'any'));
    assert.deepEqual([any?.status, any?.legs.map(({ oddsMilli }) => oddsMilli)], ['accepted', [1_500, 2_000]]);
    assert.deepEqual(
      [of.get(idOf('bet', 'any single'))?.legs[0]?.oddsMilli, of.get(idOf('bet', 'single'))?.system],
      [1_500, null],
    );
  }
});

test('they are found by each of their markets, alone, and by nobody else', async () => {
  await project(bets(), 1_000);
  const { items } = await reads().bets(viewer, { marketId: winnerOf(2) }, page);
  assert.deepEqual(items.map(({ betId }) => betId).sort(), [idOf('bet', 'trixie'), idOf('bet', 'single')].sort());
  assert.equal((await reads().bets(viewer, { marketId: winnerOf(2), status: 'settled' }, page)).items.length, 0);
  assert.equal((await reads().bet(viewer, idOf('bet', 'trixie'))).bet?.legs.length, 3);
  assert.equal((await reads().bet(viewer, idOf('bet', 'void'))).bet, null);
  const bea = await reads().bet({ ...viewer, ownerId: BEA }, idOf('bet', 'void'));
  assert.deepEqual([bea.bet?.status, bea.bet?.returnMinor, bea.bet?.reason], ['void', 100, 'error']);
  const { items: entries } = await reads().entries(viewer, ANA, { limit: 3, after: null });
  assert.equal(entries[0]?.cause, 'MultiplesSettled');
});

test('a correction opens a leg and its bet again, in one batch or in many', async () => {
  const world = worldOfMultiples();
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  placeMultiple(world, 'x', {
    legs: [
      [0, 'home'],
      [1, 'home'],
    ],
  });
  for (const i of [0, 1]) finish(world, i, [1, 0]);
  const eventId = winnerOf(0).slice(0, -'/1x2'.length);
  world.done({ type: 'RecordResult', result: resultOf({ eventId, version: 2, scores: [goals(0, 1)] }) }, 'feed');
  for (const reversing of [true, false]) {
    if (reversing) world.fire(); // the legs are taken back
    else world.goTo(world.now); // and decided anew
    for (const perBatch of [1, 1_000]) {
      await new PostgresProjections(pool).reset(SHARD);
      await project(world, perBatch);
      const { bet } = await reads().bet(viewer, idOf('bet', 'x'));
      const said = [bet?.status, bet?.returnMinor, bet?.legs[0]?.outcome, bet?.legs[1]?.outcome];
      assert.deepEqual(said, reversing ? ['accepted', null, null, [1, 1, 0, 1]] : ['settled', 0, [0, 1, 0, 1], [1, 1, 0, 1]]);
    }
  }
});

test('a handicap in play tells at what lead it was struck, alone or as a leg, and no other bet does', async () => {
  const world = worldOfMultiples();
  const at = (home: number, away: number) =>
    world.price(handicapOf(0), { home: 1_900, away: 1_900 }, { inPlay: true, score: { home, away } });
  world.bet('before', { marketId: handicapOf(0), quoteSeq: 1 });
  at(1, 1);
  world.bet('level', { marketId: handicapOf(0) });
  at(1, 3);
  world.bet('behind', { marketId: handicapOf(0) });
  placeMultiple(world, 'double', { legs: [{ marketId: handicapOf(0) }, [1, 'home']] });
  for (const perBatch of [1, 1_000]) {
    await new PostgresProjections(pool).reset(SHARD);
    await project(world, perBatch);
    const { items } = await reads().bets(viewer, {}, page);
    const leads = Object.fromEntries(items.map(({ betId, legs }) => [betId, legs.map(({ lead }) => lead)]));
    const expected = { before: [null], level: [null], behind: [-2], double: [-2, null] };
    assert.deepEqual(leads, Object.fromEntries(Object.entries(expected).map(([name, of]) => [idOf('bet', name), of])));
  }
});
