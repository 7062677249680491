// Postponed fixtures: waited for as long as the rule says from the planned start on, then void for good.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { evolve } from '../evolve.ts';
import { initialShard, marketOf } from '../kernel/state.ts';
import {
  ANA,
  answerOf,
  FIXTURE,
  goals,
  KICK_OFF,
  resultOf,
  WINNER,
  type World,
  worldWithMarket,
} from '../kernel/world-for-tests.ts';

const HOUR = 3_600_000;
const told = (world: World, change: Parameters<typeof resultOf>[0]) =>
  answerOf(world.ask({ type: 'RecordResult', result: resultOf(change) }, 'feed'));
const later = { status: 'postponed', scores: [], completedPeriods: [] } as const;
const worthOf = (world: World) => world.available(ANA) + world.held(ANA);

/** Ana has 10.00 of her 100.00 on home at 2.0. */
function worldWithBet(withRule: boolean): World {
  const world = worldWithMarket(stateHash);
  if (withRule) world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  world.bet('x');
  return world;
}

for (const withRule of [false, true]) {
  const reported = withRule ? 'ResultReported ' : '';

  test(`a postponed fixture that is played in time is settled${withRule ? ', by the sources that tell of it' : ''}`, () => {
    const world = worldWithBet(withRule);
    assert.equal(told(world, later), `${reported}FixturePostponed`);
    world.goTo(KICK_OFF + 47 * HOUR);
    assert.equal(world.held(), 1_000);
    assert.equal(told(world, { version: 2, scores: [goals(1, 0)] }), `${reported}MarketResulted SettlementStarted`);
    world.goTo(world.now);
    assert.equal(worthOf(world), 11_000);
    world.goTo(KICK_OFF + 60 * HOUR);
    assert.equal(worthOf(world), 11_000);
  });

  test(`one that is not is void 48 hours after its planned start, and stays so${withRule ? ' whatever is told' : ''}`, () => {
    const world = worldWithBet(withRule);
    told(world, later);
    assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
    world.goTo(KICK_OFF + 48 * HOUR - 1);
    assert.equal(world.held(), 1_000);
    world.goTo(KICK_OFF + 48 * HOUR);
    assert.deepEqual([worthOf(world), world.held(), marketOf(world.ledger, WINNER)?.status], [10_000, 0, 'settled']);
    told(world, { version: 2, scores: [goals(1, 0)] });
    told(world, { source: 'other', scores: [goals(1, 0)] });
    world.goTo(world.now);
    assert.equal(worthOf(world), 10_000);
    const replayed = initialShard();
    for (const e of world.events) evolve(replayed, e);
    assert.equal(stateHash(replayed), stateHash(world.state));
  });

  test(`the rule says how long, and a running score ends the wait${withRule ? ' (reports)' : ''}`, () => {
    const world = worldWithBet(withRule);
    world.done({ type: 'SetSettlementRules', scope: 'fb', rules: { postponedMs: 12 * HOUR } });
    told(world, later);
    assert.equal(told(world, { version: 2, status: 'live', scores: [goals(0, 0)] }), 'PostponementEnded');
    world.goTo(KICK_OFF + 13 * HOUR);
    assert.equal(world.held(), 1_000);
    assert.equal(
      told(world, { ...later, version: 3 }),
      `${reported}MarketResulted SettlementStarted`,
      'told when the time is over',
    );
    world.goTo(world.now);
    assert.equal(worthOf(world), 10_000);
    const none = worldWithBet(withRule);
    none.done({ type: 'SetSettlementRules', scope: FIXTURE.slice(0, 5), rules: { postponedMs: 0 } });
    none.goTo(KICK_OFF);
    assert.equal(told(none, later), `${reported}MarketResulted SettlementStarted`);
  });
}

/** Where two of three sources have to agree; `d` is none of them. */
function worldOfSources(): World {
  const world = worldWithBet(false);
  world.done({ type: 'SetResultRule', agree: 2, sources: ['a', 'b', 'c'] });
  return world;
}

test('what sources said before a match was played is forgotten: those that saw it decide', () => {
  const world = worldOfSources();
  for (const source of ['a', 'b']) assert.equal(told(world, { ...later, source }), 'ResultReported FixturePostponed');
  world.goTo(KICK_OFF + 24 * HOUR);
  assert.equal(told(world, { source: 'd', version: 2, status: 'live', scores: [goals(0, 0)] }), '', 'd may not decide');
  assert.equal(told(world, { source: 'b', scores: [goals(0, 1)], version: 2 }), 'ResultReported MarketResulted MarketClosed');
  assert.equal(told(world, { source: 'c', scores: [goals(1, 0)] }), 'ResultReported ResultConflicted');
  assert.equal(
    told(world, { source: 'a', scores: [goals(1, 0)], version: 2 }),
    'ResultReported MarketResulted SettlementStarted ResultConflicted',
  );
  world.goTo(KICK_OFF + 60 * HOUR);
  assert.equal(worthOf(world), 11_000);
  assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
});

test('where sources have to agree, one alone voids nothing, and no stranger does', () => {
  const world = worldOfSources();
  for (const source of ['a', 'd']) told(world, { ...later, source });
  world.goTo(KICK_OFF + 48 * HOUR);
  assert.deepEqual([world.held(), marketOf(world.ledger, WINNER)?.status], [1_000, 'closed']);
  assert.match(told(world, { ...later, source: 'b' }), /SettlementStarted/);
  world.goTo(world.now);
  assert.equal(worthOf(world), 10_000);
});

test('an operator may still say otherwise of what was void in the end', () => {
  const world = worldOfSources();
  for (const source of ['a', 'b']) told(world, { ...later, source });
  world.goTo(KICK_OFF + 48 * HOUR);
  assert.equal(worthOf(world), 10_000);
  for (const source of ['a', 'b', 'c']) told(world, { source, scores: [goals(1, 0)], version: 2 });
  world.goTo(world.now);
  assert.equal(worthOf(world), 10_000);
  world.done({ type: 'RecordResult', result: resultOf({ source: 'operator', scores: [goals(1, 0)] }) });
  world.goTo(world.now);
  assert.equal(worthOf(world), 11_000);
});

test('a shorter time said meanwhile counts when it is postponed again', () => {
  const world = worldOfSources();
  for (const source of ['a', 'b']) told(world, { ...later, source });
  world.goTo(KICK_OFF + 13 * HOUR);
  world.done({ type: 'SetSettlementRules', scope: '*', rules: { postponedMs: 12 * HOUR } });
  assert.equal(told(world, { ...later, source: 'a', version: 2 }), 'ResultReported MarketResulted SettlementStarted');
  world.goTo(world.now);
  assert.equal(worthOf(world), 10_000);
});
