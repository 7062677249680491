// Corrected results of pools that were paid: taken back, debts, declared again; and what happens when it is too late.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateHash } from '#engine/state/snapshot.ts';
import { ANA, answerOf, BEA, FIXTURE, goals, KICK_OFF, resultOf, WINNER, type World } from '../kernel/world-for-tests.ts';
import type { Result } from '../catalog/result.ts';
import {
  balance,
  bolaoRules,
  CY,
  DI,
  enter,
  marketRules,
  NEXT_KICK_OFF,
  open,
  openRace,
  paidIn,
  poolOf,
  worldWithPools,
} from './pools-for-tests.ts';
import type { PoolRules } from './state/pool-rules.ts';

function ruled(): World {
  const world = worldWithPools(stateHash);
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  return world;
}

function tell(world: World, version: number, change: Partial<Result>): void {
  world.done({ type: 'RecordResult', result: resultOf({ version, ...change }) }, 'feed');
  world.goTo(world.now);
}

const types = (world: World): string[] => world.events.filter(({ type }) => type.startsWith('Pool')).map(({ type }) => type);

/** Cy on home, Di on away, ten units each; 10 % take-out, 5 % for Ana. */
function tote(world: World, change: Partial<PoolRules> = {}): string {
  const rules = marketRules({ takeoutPpm: 100_000, creatorFeePpm: 50_000, ...change });
  const poolId = open(world, { rules, market: { marketId: WINNER } });
  enter(world, poolId, CY, { selectionId: 'home', units: 10 });
  enter(world, poolId, DI, { selectionId: 'away', units: 10 });
  world.goTo(KICK_OFF);
  return poolId;
}

test('a corrected result takes all back and declares again; what is spent is debt', () => {
  const world = ruled();
  const poolId = tote(world);
  tell(world, 1, { scores: [goals(1, 0)] });
  // 20.00 - 2.00 - 1.00 = 17.00 for ten units
  assert.deepEqual([world.available(CY), world.available(DI), world.available(ANA)], [100_700, 99_000, 10_100]);
  // Cy moves all but 5.00 away: 12.00 of the 17.00 are not there.
  world.done({ type: 'ReclaimFunds', holder: CY, amountMinor: 100_200 });
  tell(world, 2, { scores: [goals(0, 1)] });
  assert.deepEqual([world.available(CY), balance(world, `player:${CY}:debt`)], [0, -1_200]);
  assert.deepEqual([world.available(DI), world.available(ANA)], [99_000 + 1_700, 10_100]);
  assert.deepEqual([balance(world, 'fees:pool'), balance(world, `pool:${poolId}:escrow`)], [200, 0]);
  const { declared, status, version } = poolOf(world, poolId);
  assert.deepEqual([status, version, declared?.dividends], ['closed', 2, [[['away'], 10, 170, 0]]]);
  assert.deepEqual(types(world).slice(-6), [
    'PoolReversing',
    'PoolReclaimed',
    'PoolReversed',
    'PoolDeclared',
    'PoolPaid',
    'PoolClosed',
  ]);
  // The same once more, back to the first result: everybody has what he had, and the debt is repaid.
  tell(world, 3, { scores: [goals(1, 0)] });
  assert.deepEqual([world.available(CY), balance(world, `player:${CY}:debt`)], [500, 0]);
  assert.deepEqual([world.available(DI), world.available(ANA), balance(world, 'fees:pool')], [99_000, 10_100, 200]);
  world.goTo(world.now + 600_000);
  assert.equal(world.ledger.pools.size, 0);
});

test('fees come back when a corrected result gives all stakes back', () => {
  const world = ruled();
  tote(world);
  tell(world, 1, { scores: [goals(1, 0)] });
  tell(world, 2, { status: 'abandoned', scores: [] });
  assert.deepEqual([world.available(CY), world.available(DI), world.available(ANA)], [100_000, 100_000, 10_000]);
  assert.equal(balance(world, 'fees:pool'), 0);
});

test('a bolão counts its points again; a newer word that changes nothing changes nothing', () => {
  const world = ruled();
  const poolId = open(world, { rules: bolaoRules(), fixtures: [{ eventId: FIXTURE }] });
  const cy = enter(world, poolId, CY, { picks: [[FIXTURE, 2, 0]] });
  const di = enter(world, poolId, DI, { picks: [[FIXTURE, 2, 1]] });
  world.goTo(KICK_OFF);
  tell(world, 1, { scores: [goals(2, 0)] });
  assert.deepEqual([...paidIn(world, poolId)], [[cy, 2_000]]);
  const before = types(world).length;
  tell(world, 2, { scores: [goals(2, 0), goals(1, 0, 'h1')] });
  assert.equal(types(world).length, before);
  tell(world, 3, { scores: [goals(2, 1)] });
  const { entries } = poolOf(world, poolId);
  assert.deepEqual([entries.points(0), entries.points(1), entries.paidMinor(0), entries.paidMinor(1)], [5, 10, 0, 2_000]);
  assert.deepEqual([world.available(CY), world.available(DI)], [99_000, 101_000]);
  assert.equal(paidIn(world, poolId).get(di), 2_000);
});

test('another finish said by hand is a correction of a race', () => {
  const world = ruled();
  const poolId = openRace(world, ['a', 'b']);
  enter(world, poolId, CY, { selectionId: 'a', units: 10 });
  enter(world, poolId, DI, { selectionId: 'b', units: 10 });
  world.goTo(KICK_OFF);
  const say = (places: string[][]): string => {
    const answer = answerOf(world.ask({ type: 'ResolvePool', poolId, places }));
    world.goTo(world.now);
    return answer;
  };
  assert.deepEqual([say([['a'], ['b']]), world.available(CY)], ['PoolResulted', 101_000]);
  assert.equal(say([['a'], ['b']]), 'already_resolved');
  assert.deepEqual([say([['b'], ['a']]), world.available(CY), world.available(DI)], ['PoolResulted', 99_000, 101_000]);
});

test('after the window a result stands, or the house pays those who would have got more', () => {
  for (const afterWindow of ['stands', 'house-pays-difference'] as const) {
    const world = ruled();
    world.done({ type: 'SetLimits', limits: { correctionWindowMs: 10 * 86_400_000 } });
    const poolId = tote(world, { afterWindow });
    tell(world, 1, { scores: [goals(1, 0)] });
    world.goTo(world.now + 600_001);
    tell(world, 2, { scores: [goals(0, 1)] });
    assert.deepEqual([world.available(CY), balance(world, 'fees:pool')], [100_700, 200], 'nobody gives anything back');
    const isPaid = afterWindow === 'house-pays-difference';
    assert.deepEqual([world.available(DI), world.house()], isPaid ? [99_000 + 1_700, -1_700] : [99_000, 0]);
    assert.equal(world.ledger.pools.find(poolId) === undefined, !isPaid);
    world.goTo(world.now + 40 * 86_400_000);
    assert.equal(world.ledger.pools.size, 0);
  }
});

test('money that another pool has already is not taken back', () => {
  const world = ruled();
  const rules = { noWinner: 'carry', correctionWindowMs: 86_400_000 } as const;
  const first = openRace(world, ['a', 'b', 'c'], rules);
  enter(world, first, CY, { selectionId: 'a', units: 10 });
  world.goTo(KICK_OFF);
  world.done({ type: 'ResolvePool', poolId: first, places: [['b']] });
  world.goTo(world.now);
  const market = { bet: 'win', eventId: 'race:2', runners: ['a', 'b'], startAt: NEXT_KICK_OFF } as const;
  open(world, { rules: marketRules(rules), market, carryFrom: first });
  world.done({ type: 'ResolvePool', poolId: first, places: [['a']] });
  world.goTo(world.now);
  const last = world.events.at(-1);
  assert.deepEqual([last?.type, last?.type === 'PoolUncorrected' && last.data.reason], ['PoolUncorrected', 'carry_taken']);
  assert.equal(world.available(CY), 99_000);
});

test('a result on which not enough sources agree moves points and pays nobody', () => {
  const world = worldWithPools(stateHash);
  world.done({ type: 'SetResultRule', agree: 2, sources: [] });
  const poolId = open(world, { rules: bolaoRules(), fixtures: [{ eventId: FIXTURE }] });
  enter(world, poolId, BEA, { picks: [[FIXTURE, 1, 0]] });
  world.goTo(KICK_OFF);
  tell(world, 1, { source: 'one', scores: [goals(1, 0)] });
  assert.deepEqual([poolOf(world, poolId).status, poolOf(world, poolId).entries.points(0)], ['locked', 10]);
  tell(world, 1, { source: 'two', scores: [goals(1, 0)] });
  assert.deepEqual([poolOf(world, poolId).status, world.available(BEA)], ['closed', 10_000]);
});
