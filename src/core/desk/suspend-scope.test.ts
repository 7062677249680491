import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { evolve } from '../evolve.ts';
import { initialShard, marketOf } from '../kernel/state.ts';
import {
  answerOf,
  FIXTURE,
  KICK_OFF,
  refusalOf,
  WINNER,
  type World,
  worldInPlay,
  worldWithMarket,
} from '../kernel/world-for-tests.ts';

const OTHER_LEAGUE = 'fb:D1:20240817:gamma:delta/1x2';
const TENNIS = 'tn:ATP:20240817:one:two/dnb';
const TOTAL = `${FIXTURE}/ou@2.5`;

function threeSports(): World {
  const world = worldWithMarket(stateHash);
  for (const marketId of [TOTAL, OTHER_LEAGUE, TENNIS]) world.done({ type: 'OpenMarket', marketId, startAt: KICK_OFF });
  return world;
}

const suspend = (world: World, target: string): string => answerOf(world.ask({ type: 'SuspendMarket', target, reason: 'storm' }));
const reopen = (world: World, target: string): string => answerOf(world.ask({ type: 'ReopenMarket', target, reason: 'over' }));
/** The markets that take no bets. */
const suspended = (world: World): string[] =>
  [WINNER, TOTAL, OTHER_LEAGUE, TENNIS].filter((id) => marketOf(world.ledger, id)?.status === 'suspended');

test('a scope suspends what lies in it, once: a competition, a sport, everything', () => {
  for (const [target, markets] of [
    ['fb:E0', [WINNER, TOTAL]],
    ['fb', [WINNER, TOTAL, OTHER_LEAGUE]],
    ['*', [WINNER, TOTAL, OTHER_LEAGUE, TENNIS]],
    ['ice', []],
  ] as const) {
    const world = threeSports();
    assert.equal(suspend(world, target), ['ScopeSuspended', ...markets.map(() => 'MarketSuspended')].join(' '));
    assert.deepEqual(suspended(world), markets);
    assert.equal(suspend(world, target), 'already_resolved');
    assert.equal(reopen(world, target), ['ScopeReopened', ...markets.map(() => 'MarketReopened')].join(' '));
    assert.deepEqual(suspended(world), []);
    assert.equal(reopen(world, target), 'already_resolved');
    assert.equal(world.ledger.desk.dump(), null, 'nothing is left of it');
  }
});

test('what opens in a suspended scope takes no bets, and reopens with it', () => {
  const world = threeSports();
  suspend(world, 'fb:E0');
  const marketId = `${FIXTURE}/btts`;
  assert.equal(answerOf(world.ask({ type: 'OpenMarket', marketId, startAt: KICK_OFF })), 'MarketOpened MarketSuspended');
  world.price(marketId, { yes: 2_000, no: 2_000 });
  assert.equal(answerOf(world.bet('x', { marketId, selectionId: 'yes' })), 'market_suspended');
  reopen(world, 'fb:E0');
  assert.equal(answerOf(world.bet('x', { marketId, selectionId: 'yes' })), 'BetPlaced');
});

test('a market suspended for itself stays so when its sport reopens, and no part of a suspended sport reopens alone', () => {
  const world = threeSports();
  suspend(world, TOTAL);
  suspend(world, 'fb');
  for (const target of [TOTAL, WINNER, FIXTURE]) {
    const refusal = refusalOf(world.ask({ type: 'ReopenMarket', target, reason: 'over' }));
    assert.deepEqual([refusal.code, refusal.path], ['market_suspended', '/target']);
  }
  reopen(world, 'fb');
  assert.deepEqual(suspended(world), [TOTAL]);
  assert.equal(reopen(world, TOTAL), 'MarketReopened');
});

test('scopes that overlap: a market takes bets when the last of them has reopened, in either order', () => {
  for (const [first, second] of [
    ['fb', '*'],
    ['*', 'fb'],
    ['fb:E0', 'fb'],
  ] as const) {
    const world = threeSports();
    suspend(world, 'fb');
    for (const scope of [first, second]) if (!world.ledger.desk.scopes.has(scope)) suspend(world, scope);
    reopen(world, first);
    assert.ok(suspended(world).includes(WINNER), `${second} still holds it`);
    for (const scope of world.ledger.desk.scopes) reopen(world, scope);
    assert.deepEqual(suspended(world), []);
  }
});

test('pending bets of a suspended sport are void, even when it reopens before their release', () => {
  const world = worldInPlay(stateHash);
  assert.equal(answerOf(world.bet('x')), 'BetPlaced');
  suspend(world, 'fb');
  reopen(world, 'fb');
  world.goTo(world.now + 5_000);
  const ended = world.events.at(-1);
  assert.deepEqual([ended?.type, (ended?.data as { reason: string } | undefined)?.reason], ['BetRejected', 'market_suspended']);
  assert.deepEqual([world.available(), world.held()], [10_000, 0]);
});

test('a closed market is not reopened by its scope', () => {
  const world = threeSports();
  suspend(world, 'fb');
  world.done({ type: 'CloseMarket', target: WINNER, reason: 'over' });
  assert.equal(reopen(world, 'fb'), 'ScopeReopened MarketReopened MarketReopened');
  assert.equal(marketOf(world.ledger, WINNER)?.status, 'closed');
});

test('only what is no fixture is a scope, and scopes are never closed for good', () => {
  const world = threeSports();
  assert.equal(answerOf(world.ask({ type: 'CloseMarket', target: 'fb', reason: 'over' })), 'not_found');
  for (const target of ['', 'FB', 'fb:', 'fb:E0:1:a:nobody', ':', '**', `${FIXTURE}/btts`, 7, null])
    assert.equal(
      answerOf(world.ask({ type: 'SuspendMarket', target: target as string, reason: 'storm' })),
      'not_found',
      `${target}`,
    );
  suspend(world, FIXTURE);
  assert.deepEqual(
    [suspended(world), world.ledger.desk.dump()],
    [[WINNER, TOTAL], null],
    'a fixture is suspended as it always was',
  );
});

test('suspensions survive a snapshot and a replay', () => {
  const world = threeSports();
  suspend(world, TOTAL);
  suspend(world, 'fb:E0');
  suspend(world, '*');
  reopen(world, 'fb:E0');
  const replayed = initialShard();
  for (const e of world.events) evolve(replayed, e);
  assert.equal(stateHash(replayed), stateHash(world.state));
  const loaded = loadState(dumpState(world.state));
  assert.equal(stateHash(loaded), stateHash(world.state));
  assert.deepEqual(loaded.ledgers.get('main')?.desk.heldBy, world.ledger.desk.heldBy);
  assert.ok(world.ledger.desk.heldBy.size === 3);
});
