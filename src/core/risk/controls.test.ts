import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateHash } from '#engine/state/snapshot.ts';
import { HALT_SCOPES } from '../kernel/command.ts';
import { ANA, answerOf, BOT, NOON, refusalOf, worldWithMarket } from '../kernel/world-for-tests.ts';
import { DEFAULT_LIMITS, LIMIT_NAMES, type Limits } from './limits.ts';

test('changeHalt() switches each scope on once and off once, by itself', () => {
  const world = worldWithMarket(stateHash);
  for (const scope of HALT_SCOPES) {
    assert.equal(answerOf(world.ask({ type: 'Resume', scope, reason: 'operator' })), 'already_resolved');
    assert.equal(answerOf(world.ask({ type: 'Halt', scope, reason: 'operator' })), 'RiskHalted');
    assert.equal(answerOf(world.ask({ type: 'Halt', scope, reason: 'operator' })), 'already_resolved');
    assert.deepEqual([...world.ledger.halted], [scope]);
    assert.equal(answerOf(world.ask({ type: 'Resume', scope, reason: 'operator' })), 'RiskResumed');
  }
  for (const scope of ['all', '', null, 'toString']) {
    assert.equal(answerOf(world.ask({ type: 'Halt', scope: scope as 'bets', reason: 'operator' })), 'malformed');
  }
  assert.equal(refusalOf(world.ask({ type: 'Halt', scope: 'bets', reason: 'because I say so' })).path, '/reason');
});

test('a halt does not stop money that is owed: results are settled, stakes returned', () => {
  const world = worldWithMarket(stateHash);
  world.bet('x');
  for (const scope of HALT_SCOPES) world.done({ type: 'Halt', scope, reason: 'operator' });
  const result = {
    eventId: 'fb:E0:20240817:alpha:beta',
    source: 'test',
    version: 1,
    observedAt: NOON,
    status: 'cancelled' as const,
  };
  world.done({ type: 'RecordResult', result: { ...result, completedPeriods: [], scores: [] } }, 'feed');
  world.fire();
  assert.deepEqual([world.available(), world.held()], [10_000, 0]);
});

test('setLimits() changes what it names and nothing else, and refuses names and values that are none', () => {
  const world = worldWithMarket(stateHash);
  world.done({ type: 'SetLimits', limits: { stakeMinMinor: 7, openBetsMax: 3 } });
  assert.deepEqual(world.ledger.limits, { ...DEFAULT_LIMITS, stakeMinMinor: 7, openBetsMax: 3 });
  for (const limits of [
    null,
    'x',
    [],
    [5],
    { stakeMin: 1 },
    { toString: 1 },
    { stakeMinMinor: -1 },
    { stakeMinMinor: 0.5 },
    { stakeMinMinor: '7' },
    { stakeMinMinor: Number.NaN },
    { houseCapitalMinor: 2 ** 50 + 1 },
    { stakeMaxMinor: 1, unknown: 1 },
  ]) {
    assert.equal(
      answerOf(world.ask({ type: 'SetLimits', limits: limits as Partial<Limits> })),
      'malformed',
      JSON.stringify(limits),
    );
  }
  for (const name of LIMIT_NAMES)
    assert.equal(answerOf(world.ask({ type: 'SetLimits', limits: { [name]: 2 ** 50 } })), 'LimitsChanged');
});

test('setLimits() does not touch the limits that other ledgers start with', () => {
  const world = worldWithMarket();
  world.done({ type: 'SetLimits', limits: { stakeMaxMinor: 1 } });
  assert.equal(worldWithMarket().ledger.limits.stakeMaxMinor, 10_000_000);
});

test('setExclusion() binds a person until a time and is lifted by 0', () => {
  const world = worldWithMarket(stateHash);
  const exclude = (ownerId: unknown, until: unknown): string =>
    answerOf(world.ask({ type: 'SetExclusion', ownerId: ownerId as string, until: until as number }));
  assert.equal(exclude(ANA, NOON + 1_000), 'ExclusionSet');
  assert.equal(answerOf(world.bet('x')), 'self_excluded');
  assert.equal(exclude(ANA, 0), 'ExclusionSet');
  assert.equal(world.ledger.exclusions.size, 0);
  assert.equal(answerOf(world.bet('x')), 'BetPlaced');
  for (const [ownerId, until] of [
    [BOT, 5],
    ['x', 5],
    [null, 5],
    [ANA, -1],
    [ANA, 1.5],
    [ANA, null],
    [ANA, '5'],
  ]) {
    assert.equal(exclude(ownerId, until), 'malformed');
  }
});
