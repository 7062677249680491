// What a person may stake in a day, over all products, against amounts worked by hand. Cy has 1,000.00; the limit is 50.00.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { placeMultiple, worldOfMultiples } from '../bets/multiples/multiples-for-tests.ts';
import { RACE, raceBet, worldWithRace } from '../bets/runners/race-for-tests.ts';
import { cancel, CY, DI, order, replace, worldWithExchange } from '../exchange/exchange-for-tests.ts';
import { evolve } from '../evolve.ts';
import {
  ANA,
  answerOf,
  goals,
  idOf,
  NOON,
  refusalOf,
  resultOf,
  WINNER,
  type World,
  worldWithMarket,
} from '../kernel/world-for-tests.ts';
import { initialShard } from '../kernel/state.ts';
import { askToEnter, enter, openRace } from '../pools/pools-for-tests.ts';

const TOMORROW = 'fb:E0:20240818:gamma:delta/ou@2.5';
const MIDNIGHT = NOON + 12 * 3_600_000;

function limited(world: World, ownerDayStakeMaxMinor = 5_000): World {
  world.done({ type: 'SetLimits', limits: { ownerDayStakeMaxMinor } });
  world.goTo(NOON + 1);
  return world;
}

const today = (world: World, ownerId = CY): number => world.ledger.desk.days.of(ownerId, world.now);

/** A replay and a snapshot are the same state. */
function same(world: World): void {
  const replayed = initialShard();
  for (const e of world.events) evolve(replayed, e);
  assert.equal(stateHash(replayed), stateHash(world.state));
  assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
}

test('an order counts with what it can lose, and gives back what of it ends unmatched on the same day', () => {
  const world = limited(worldWithExchange({}, stateHash));
  order(world, 'back', CY, { sizeMinor: 1_000 });
  assert.equal(today(world), 1_000);
  order(world, 'lay', CY, { side: 'lay', priceMilli: 1_500, sizeMinor: 1_001 }); // 1,001 x 0.5 = 500.5
  assert.equal(today(world), 1_501);
  const dear = refusalOf(order(world, 'dear', CY, { side: 'lay', selectionId: 'away', priceMilli: 4_500, sizeMinor: 1_000 }));
  assert.deepEqual([dear.code, dear.need, dear.have], ['limit_user', 5_000, 5_001]); // 1,000 x 3.5 beside 1,501
  cancel(world, 'lay', CY, 1_000);
  assert.equal(today(world), 1_001); // 1 x 0.5, upwards: 1
  order(world, 'di', DI, { side: 'lay', sizeMinor: 400 }); // takes 400 of the back at 2.0
  assert.deepEqual([today(world), today(world, DI)], [1_001, 400]);
  cancel(world, 'back', CY); // the 600 that were not matched
  assert.equal(today(world), 401);
  same(world);
});

test('a replaced order counts for the one that takes its place', () => {
  const world = limited(worldWithExchange({}, stateHash));
  order(world, 'a', CY, { side: 'lay', priceMilli: 2_000, sizeMinor: 3_000 });
  assert.equal(today(world), 3_000);
  const refused = refusalOf(replace(world, ['a', 'b'], CY, 2_700)); // 3,000 x 1.7
  assert.deepEqual([refused.code, refused.need, refused.have], ['limit_user', 5_000, 5_100]);
  assert.equal(answerOf(replace(world, ['a', 'b'], CY, 2_660)), 'OrdersReduced OrderPlaced');
  assert.equal(today(world), 4_980);
  same(world);
});

test('what was placed yesterday gives nothing back today, and a replaced order of yesterday counts whole', () => {
  const world = worldWithExchange({}, stateHash);
  world.done({ type: 'OpenMarket', marketId: TOMORROW, startAt: MIDNIGHT + 3_600_000 });
  world.done({ type: 'OpenExchange', marketId: TOMORROW, terms: {} });
  limited(world);
  const at = { marketId: TOMORROW, selectionId: 'over' };
  order(world, 'a', CY, { ...at, sizeMinor: 2_000 });
  order(world, 'b', CY, { ...at, sizeMinor: 3_000 });
  world.goTo(MIDNIGHT);
  assert.equal(today(world), 0);
  order(world, 'c', CY, { ...at, sizeMinor: 4_000 });
  cancel(world, 'a', CY);
  assert.equal(today(world), 4_000);
  assert.deepEqual(refusalOf(replace(world, ['b', 'd'], CY, 2_020)).have, 7_000);
  assert.equal(answerOf(cancel(world, 'c', CY)), 'OrdersReduced');
  assert.equal(answerOf(replace(world, ['b', 'd'], CY, 2_020)), 'OrdersReduced OrderPlaced');
  assert.equal(today(world), 3_000);
  same(world);
});

test('a suspension that lapses orders gives the day back; what was placed before the limit was never counted', () => {
  const world = worldWithExchange({ onSuspend: 'lapse' }, stateHash);
  order(world, 'before', CY, { sizeMinor: 1_000 });
  limited(world);
  order(world, 'a', CY, { sizeMinor: 700, selectionId: 'draw' });
  world.done({ type: 'SuspendMarket', target: WINNER, reason: 'goal' });
  assert.equal(today(world), 700);
  world.goTo(world.now);
  assert.equal(today(world), 0);
  same(world);
});

test('pool entries count; leaving gives them back, and so does a pool that is void', () => {
  const world = limited(worldWithExchange({}, stateHash));
  const pool = openRace(world, ['a', 'b']);
  const entryId = enter(world, pool, CY, { selectionId: 'a', units: 30 }); // 30 x 1.00
  assert.equal(today(world), 3_000);
  const refused = refusalOf(askToEnter(world, pool, CY, { selectionId: 'a', units: 21 }));
  assert.deepEqual([refused.code, refused.need, refused.have], ['limit_user', 5_000, 5_100]);
  enter(world, pool, CY, { selectionId: 'b', units: 20 });
  world.done({ type: 'LeavePool', poolId: pool, entryId }, 'api', { ownerId: CY });
  assert.equal(today(world), 2_000);
  world.done({ type: 'VoidPool', poolId: pool, reason: 'test' });
  world.goTo(world.now + 1);
  assert.equal(today(world), 0);
  same(world);
});

test('bets, orders and entries share one day, and a bot the day of its owner', () => {
  const world = limited(worldWithExchange({}, stateHash), 2_000);
  world.bet('single', { holder: CY, stakeMinor: 500 });
  order(world, 'order', CY, { sizeMinor: 500 });
  enter(world, openRace(world, ['a', 'b']), CY, { selectionId: 'a', units: 5 });
  assert.equal(today(world), 1_500);
  assert.equal(answerOf(order(world, 'more', CY, { sizeMinor: 600 })), 'limit_user');
  assert.equal(answerOf(world.bet('more', { holder: CY, stakeMinor: 501 })), 'limit_user');
  assert.equal(answerOf(world.bet('last', { holder: CY, stakeMinor: 500 })), 'BetPlaced');
});

test('bets voided by the dozen give the day back as one voided by hand does, both parts of an each-way bet', () => {
  const world = worldWithRace(stateHash);
  limited(world, 1_000);
  assert.equal(answerOf(raceBet(world, 'both', { eachWay: true, stakeMinor: 300 })), 'EachWayPlaced');
  assert.equal(answerOf(raceBet(world, 'one', { stakeMinor: 400 })), 'BetPlaced');
  assert.equal(today(world, ANA), 1_000);
  world.done({ type: 'VoidBets', marketId: RACE, placedFrom: NOON, reason: 'palpable' });
  world.goTo(world.now);
  assert.deepEqual([today(world, ANA), world.held()], [0, 0]);
  same(world);
});

test('a bet of several legs counts with all its lines until it is void', () => {
  const world = limited(worldOfMultiples(stateHash), 400);
  const bet = { system: 'trixie', stakePerLineMinor: 100, legs: [0, 1, 2].map((i) => [i, 'home'] as const) } as const; // 3 doubles and a treble
  assert.equal(answerOf(placeMultiple(world, 'x', bet)), 'MultiplePlaced');
  assert.equal(today(world, ANA), 400);
  assert.equal(answerOf(placeMultiple(world, 'y', bet)), 'limit_user');
  world.done({ type: 'VoidBet', betId: idOf('bet', 'x'), reason: 'test' });
  assert.equal(today(world, ANA), 0);
  same(world);
});

test('a bet that waits for a person when its market is declared never stood, however often the market is settled', () => {
  const world = limited(worldWithMarket(stateHash));
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  world.done({ type: 'SetLimits', limits: { reviewAboveMinor: 500, reviewMs: 172_800_000 } });
  world.price(WINNER, { home: 2_000, draw: 3_000, away: 4_000 });
  world.bet('seen', { stakeMinor: 900 });
  world.bet('small', { stakeMinor: 100 });
  assert.equal(today(world, ANA), 1_000);
  for (const version of [1, 2]) {
    world.done({ type: 'RecordResult', result: resultOf({ version, scores: [goals(version, 1), goals(1, 1, 'h1')] }) }, 'feed');
    world.goTo(world.now + 1);
    assert.equal(today(world, ANA), 100);
    same(world);
  }
});
