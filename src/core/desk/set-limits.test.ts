import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { loadState, dumpState, stateHash } from '#engine/state/snapshot.ts';
import { evolve } from '../evolve.ts';
import { initialShard } from '../kernel/state.ts';
import {
  ANA,
  answerOf,
  BEA,
  BOT,
  FIXTURE,
  idOf,
  KICK_OFF,
  NOON,
  refusalOf,
  WINNER,
  type World,
  worldWithMarket,
} from '../kernel/world-for-tests.ts';
import { RACE, raceBet, worldWithRace } from '../bets/runners/race-for-tests.ts';
import { cancel, CY, openMinor, order, replace, worldWithExchange } from '../exchange/exchange-for-tests.ts';
import { askToEnter, openRace } from '../pools/pools-for-tests.ts';
import type { MarketLimitChange, MarketLimits } from './desk-commands.ts';
import { targetsOver } from './target.ts';

const TOTAL = `${FIXTURE}/ou@2.5`;

function given(target: string, limits: MarketLimitChange): World {
  const world = worldWithMarket(stateHash);
  world.done({ type: 'OpenMarket', marketId: TOTAL, startAt: KICK_OFF });
  world.price(TOTAL, { over: 2_000, under: 2_000 });
  world.done({ type: 'SetMarketLimits', target, limits });
  return world;
}

// Home is 2.0, draw 3.4, away 4.0. Ana and Bea have 10,000 each, Ana's bot 5,000. Each row: limits, bets before, the bet, code need have.
const TABLE: readonly [string, MarketLimits, readonly number[], number, string, number, number][] = [
  ['stake, largest allowed', { stakeMaxMinor: 500 }, [], 500, 'BetPlaced', 0, 0],
  ['stake, one above', { stakeMaxMinor: 500 }, [], 501, 'limit_market', 500, 501],
  ['payout 2.0 x 400 = 800', { payoutMaxMinor: 801 }, [], 400, 'BetPlaced', 0, 0],
  ['payout 2.0 x 401 = 802', { payoutMaxMinor: 801 }, [], 401, 'limit_user', 801, 802],
  // 300 at 2.0: pays 600, of which 300 are the stakes: a loss of 300. With 201 more: 1,002 - 501 = 501.
  ['loss 500', { lossMaxMinor: 500 }, [300], 200, 'BetPlaced', 0, 0],
  ['loss 501', { lossMaxMinor: 500 }, [300], 201, 'limit_market', 500, 501],
  ['stakes 300 + 200', { stakesMaxMinor: 500 }, [300], 200, 'BetPlaced', 0, 0],
  ['stakes 300 + 201', { stakesMaxMinor: 500 }, [300], 201, 'limit_market', 500, 501],
  ['own stakes 100 + 200 + 200', { ownerStakeMaxMinor: 500 }, [100, 200], 200, 'BetPlaced', 0, 0],
  ['own stakes 100 + 200 + 201', { ownerStakeMaxMinor: 500 }, [100, 200], 201, 'limit_user', 500, 501],
];

for (const [name, limits, before, stakeMinor, code, need, have] of TABLE) {
  test(`gate keeps a market's own limits: ${name}`, () => {
    for (const target of [WINNER, FIXTURE, 'fb:E0', 'fb', '*']) {
      const world = given(target, limits);
      before.forEach((stake, i) => assert.equal(answerOf(world.bet(`b${i}`, { stakeMinor: stake })), 'BetPlaced'));
      const decision = world.bet('x', { stakeMinor });
      assert.equal(answerOf(decision), code, target);
      if (code !== 'BetPlaced') {
        const { need: n, have: h } = refusalOf(decision);
        assert.deepEqual([n, h], [need, have], target);
      }
    }
    for (const elsewhere of [TOTAL, 'fb:E1', 'tn', `${FIXTURE.slice(0, -1)}`]) {
      const world = given(elsewhere, limits);
      before.forEach((stake, i) => world.bet(`b${i}`, { stakeMinor: stake }));
      assert.equal(answerOf(world.bet('x', { stakeMinor })), 'BetPlaced', `${elsewhere} says nothing about ${WINNER}`);
    }
  });
}

test('a market may allow more than its ledger, and a person more than the market', () => {
  const world = given(WINNER, { stakeMaxMinor: 4_000 });
  world.done({ type: 'SetLimits', limits: { stakeMaxMinor: 1_000 } });
  assert.equal(answerOf(world.bet('a', { stakeMinor: 4_000 })), 'BetPlaced');
  assert.equal(answerOf(world.bet('b', { stakeMinor: 4_001 })), 'limit_market');
  assert.equal(answerOf(world.bet('c', { stakeMinor: 1_001, marketId: TOTAL, selectionId: 'over' })), 'limit_market');
  world.done({ type: 'SetBettorFactor', ownerId: ANA, factorPpm: 1_500_000 });
  assert.equal(answerOf(world.bet('d', { stakeMinor: 5_000 })), 'BetPlaced', 'one and a half times 4,000 is 6,000');
});

test('a narrower target stands before a wider one, name by name, and null takes a limit away', () => {
  const world = given('fb', { stakeMaxMinor: 100, stakesMaxMinor: 450 });
  world.done({ type: 'SetMarketLimits', target: WINNER, limits: { stakeMaxMinor: 300 } });
  assert.equal(answerOf(world.bet('a', { stakeMinor: 300 })), 'BetPlaced');
  assert.deepEqual(refusalOf(world.bet('b', { stakeMinor: 200 })).need, 450, 'the sport still limits the sum');
  world.done({ type: 'SetMarketLimits', target: WINNER, limits: { stakeMaxMinor: null } });
  assert.deepEqual(refusalOf(world.bet('c', { stakeMinor: 150 })).need, 100);
  world.done({ type: 'SetMarketLimits', target: 'fb', limits: { stakeMaxMinor: null, stakesMaxMinor: null } });
  assert.equal(answerOf(world.bet('d', { stakeMinor: 1_500 })), 'BetPlaced');
  assert.deepEqual([world.ledger.desk.dump(), world.ledger.desk.hasRules], [null, false], 'nothing is left of it');
});

test('a market that opens later keeps what was set over it', () => {
  const world = given('fb:E0', { stakeMaxMinor: 5 });
  const marketId = `${FIXTURE}/btts`;
  world.done({ type: 'OpenMarket', marketId, startAt: KICK_OFF });
  world.price(marketId, { yes: 2_000, no: 2_000 });
  assert.equal(refusalOf(world.bet('x', { marketId, selectionId: 'yes', stakeMinor: 6 })).need, 5);
});

test("a person's stakes are counted from the bets that are open when the limit comes, bots' with them, and given back with a void bet", () => {
  const world = worldWithMarket(stateHash);
  world.bet('a', { stakeMinor: 200 });
  world.bet('bot', { stakeMinor: 100, holder: BOT });
  world.bet('other', { stakeMinor: 900, holder: BEA });
  world.done({ type: 'SetMarketLimits', target: WINNER, limits: { ownerStakeMaxMinor: 400 } });
  assert.deepEqual(
    [refusalOf(world.bet('b', { stakeMinor: 101 })).have, answerOf(world.bet('c', { stakeMinor: 100 }))],
    [401, 'BetPlaced'],
  );
  world.done({ type: 'VoidBet', betId: idOf('bet', 'a'), reason: 'test' });
  assert.equal(answerOf(world.bet('d', { stakeMinor: 200 })), 'BetPlaced');
  assert.equal(answerOf(world.bet('e', { stakeMinor: 1, holder: BEA })), 'limit_user');
});

test('setBettorFactor() scales the largest bet of a person and his bots, at the price as well; 0 lets him bet nothing', () => {
  const world = worldWithMarket(stateHash);
  world.done({ type: 'SetLimits', limits: { stakeMaxMinor: 1_001 } });
  world.done({ type: 'SetBettorFactor', ownerId: ANA, factorPpm: 500_000 });
  // floor(1,001 x 0.5) = 500
  assert.deepEqual(refusalOf(world.bet('a', { stakeMinor: 501 })), {
    ...refusalOf(world.bet('a', { stakeMinor: 501 })),
    code: 'limit_user',
    need: 500,
    have: 501,
    path: '/stakeMinor',
  });
  assert.equal(answerOf(world.bet('b', { stakeMinor: 501, holder: BOT })), 'limit_user');
  assert.equal(answerOf(world.bet('c', { stakeMinor: 1_000, holder: BEA })), 'BetPlaced');
  world.quote(WINNER, { prices: [{ selectionId: 'home', oddsMilli: 2_000, maxStakeMinor: 300 }] });
  assert.deepEqual(refusalOf(world.bet('d', { stakeMinor: 151 })).need, 150, 'half of what the price stands for');
  world.done({ type: 'SetBettorFactor', ownerId: ANA, factorPpm: 0 });
  assert.deepEqual(refusalOf(world.bet('e', { stakeMinor: 1 })).need, 0);
  world.done({ type: 'SetBettorFactor', ownerId: ANA, factorPpm: 1_000_000 });
  assert.equal(world.ledger.desk.factors.size, 0);
  for (const factorPpm of [-1, 0.5, 10_000_001, null, '1'])
    assert.equal(answerOf(world.ask({ type: 'SetBettorFactor', ownerId: ANA, factorPpm: factorPpm as number })), 'malformed');
  assert.equal(answerOf(world.ask({ type: 'SetBettorFactor', ownerId: BOT, factorPpm: 1 })), 'malformed');
});

test('who may stake nothing at all neither enters a pool nor puts an order in the place of another', () => {
  const world = worldWithExchange({}, stateHash);
  const poolId = openRace(world, ['a', 'b']);
  order(world, 'resting', CY);
  world.done({ type: 'SetBettorFactor', ownerId: CY, factorPpm: 0 });
  assert.equal(refusalOf(askToEnter(world, poolId, CY, { selectionId: 'a' })).code, 'limit_user');
  assert.equal(refusalOf(replace(world, ['resting', 'dearer'], CY, 3_000)).code, 'limit_user');
  assert.equal(openMinor(world, 'resting'), 1_000);
  assert.equal(answerOf(cancel(world, 'resting', CY)), 'OrdersReduced');
  world.done({ type: 'SetBettorFactor', ownerId: CY, factorPpm: 1 });
  assert.equal(answerOf(askToEnter(world, poolId, CY, { selectionId: 'a' })), 'PoolEntered');
});

test('a limit of a person on a race counts both parts of the each-way bets that are open already', () => {
  const world = worldWithRace(stateHash);
  assert.equal(answerOf(raceBet(world, 'both', { eachWay: true, stakeMinor: 100 })), 'EachWayPlaced');
  world.done({ type: 'SetMarketLimits', target: RACE, limits: { ownerStakeMaxMinor: 250 } });
  assert.deepEqual(refusalOf(raceBet(world, 'more', { stakeMinor: 51 })).have, 251);
  assert.equal(answerOf(raceBet(world, 'rest', { stakeMinor: 50 })), 'BetPlaced');
});

test('the largest amounts and factors stay exact', () => {
  const world = worldWithMarket(stateHash);
  world.done({ type: 'SetLimits', limits: { stakeMaxMinor: 2 ** 50 } });
  world.done({ type: 'SetBettorFactor', ownerId: ANA, factorPpm: 10_000_000 });
  assert.equal(answerOf(world.bet('a', { stakeMinor: 9_000 })), 'BetPlaced');
});

test('the desk lets nobody order on an exchange who may not bet', () => {
  const world = worldWithExchange();
  world.done({ type: 'SetBettorFactor', ownerId: CY, factorPpm: 0 });
  assert.equal(refusalOf(order(world, 'a', CY, { sizeMinor: 100 })).code, 'limit_user');
});

test('what a person stakes in a day is limited from one midnight (UTC) to the next, without what was given back', () => {
  const world = worldWithMarket(stateHash);
  world.bet('before', { stakeMinor: 999 });
  world.done({ type: 'SetLimits', limits: { ownerDayStakeMaxMinor: 500 } }); // counted from here on
  world.goTo(NOON + 1);
  assert.equal(answerOf(world.bet('a', { stakeMinor: 300 })), 'BetPlaced');
  assert.deepEqual(
    [refusalOf(world.bet('b', { stakeMinor: 201 })).have, refusalOf(world.bet('b', { stakeMinor: 201 })).need],
    [501, 500],
  );
  assert.equal(answerOf(world.bet('bot', { stakeMinor: 201, holder: BOT })), 'limit_user', "a bot stakes its owner's money");
  world.done({ type: 'VoidBet', betId: idOf('bet', 'a'), reason: 'test' });
  assert.equal(answerOf(world.bet('c', { stakeMinor: 500 })), 'BetPlaced');
  const midnight = NOON + 12 * 3_600_000;
  world.done({ type: 'OpenMarket', marketId: TOTAL, startAt: midnight + 60_000 });
  world.goTo(midnight - 1);
  world.price(TOTAL, { over: 2_000, under: 2_000 });
  assert.equal(answerOf(world.bet('d', { marketId: TOTAL, selectionId: 'over', stakeMinor: 1 })), 'limit_user');
  world.goTo(midnight);
  assert.equal(answerOf(world.bet('d', { marketId: TOTAL, selectionId: 'over', stakeMinor: 500 })), 'BetPlaced');
  world.done({ type: 'VoidBet', betId: idOf('bet', 'c'), reason: 'test' }); // of yesterday
  assert.equal(answerOf(world.bet('e', { marketId: TOTAL, selectionId: 'over', stakeMinor: 1 })), 'limit_user');
});

test('setMarketLimits() refuses targets, names and amounts that are none, and changes nothing', () => {
  const world = worldWithMarket(stateHash);
  const ask = (target: unknown, limits: unknown): [string, string | undefined] => {
    const { code, path } = refusalOf(
      world.ask({ type: 'SetMarketLimits', target: target as string, limits: limits as MarketLimitChange }),
    );
    return [code, path];
  };
  const sound = { lossMaxMinor: 5 };
  for (const target of [null, 7, '', 'FB', 'fb:', `${FIXTURE}/xx`, 'a b'])
    assert.deepEqual(ask(target, sound), ['malformed', '/target']);
  assert.deepEqual(ask(TOTAL, sound), ['not_found', '/target']);
  for (const limits of [null, [], 'x', {}, { toString: 1 }, { lossMax: 5 }])
    assert.deepEqual(ask('fb', limits), ['malformed', '/limits']);
  for (const value of [-1, 0.5, '5', 2 ** 50 + 1])
    assert.deepEqual(ask('fb', { lossMaxMinor: value }), ['malformed', '/limits/lossMaxMinor']);
  assert.equal(refusalOf(world.ask({ type: 'SetMarketLimits', target: 'fb', limits: sound }, 'api')).code, 'forbidden');
});

test('targetsOver() names everything that may speak about a market, the widest first', () => {
  assert.deepEqual(targetsOver({ eventId: FIXTURE, marketId: WINNER }), [
    '*',
    'fb',
    'fb:E0',
    'fb:E0:20240817',
    'fb:E0:20240817:alpha',
    FIXTURE,
    WINNER,
  ]);
});

/** What one step of the property does. */
type Step =
  | { readonly kind: 'bet'; readonly stakeMinor: number; readonly who: string; readonly market: string }
  | { readonly kind: 'limits'; readonly target: string; readonly limits: MarketLimitChange }
  | { readonly kind: 'factor'; readonly factorPpm: number }
  | { readonly kind: 'day'; readonly most: number }
  | { readonly kind: 'void'; readonly n: number };

const limit = fc.option(fc.integer({ min: 0, max: 1_500 }), { nil: null });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('bet' as const),
    stakeMinor: fc.integer({ min: 1, max: 400 }),
    who: fc.constantFrom(ANA, BEA, BOT),
    market: fc.constantFrom(WINNER, TOTAL),
  }),
  fc.record({
    kind: fc.constant('limits' as const),
    target: fc.constantFrom(WINNER, TOTAL, FIXTURE, 'fb', '*'),
    limits: fc.record(
      { ownerStakeMaxMinor: limit, stakesMaxMinor: limit, lossMaxMinor: limit },
      { requiredKeys: ['lossMaxMinor'] },
    ),
  }),
  fc.record({ kind: fc.constant('factor' as const), factorPpm: fc.integer({ min: 0, max: 2_000_000 }) }),
  fc.record({ kind: fc.constant('day' as const), most: fc.integer({ min: 0, max: 3_000 }) }),
  fc.record({ kind: fc.constant('void' as const), n: fc.nat(20) }),
);

function play(world: World, does: Step, n: number): void {
  if (does.kind === 'bet')
    world.bet(`${n}`, {
      holder: does.who,
      stakeMinor: does.stakeMinor,
      marketId: does.market,
      selectionId: does.market === WINNER ? 'away' : 'over',
    });
  else if (does.kind === 'limits') world.done({ type: 'SetMarketLimits', target: does.target, limits: does.limits });
  else if (does.kind === 'factor') world.done({ type: 'SetBettorFactor', ownerId: ANA, factorPpm: does.factorPpm });
  else if (does.kind === 'day') world.done({ type: 'SetLimits', limits: { ownerDayStakeMaxMinor: does.most } });
  else world.ask({ type: 'VoidBet', betId: idOf('bet', `${does.n}`), reason: 'test' });
}

/** Stakes of a person's open bets on a market, from the bets themselves. */
function openStakes(world: World, marketId: string, ownerId: string): number {
  const { bets, holders, marketRows } = world.ledger;
  let sum = 0;
  for (let row = bets.first(marketRows.get(marketId) as number); row >= 0; row = bets.next(row)) {
    const bet = bets.get(row);
    if (holders[bet.holder]?.ownerId === ownerId) sum += bet.stakeMinor;
  }
  return sum;
}

test('property: no limit is passed, counts equal a recount of the open bets, and replay and snapshot give the same state', () => {
  let limited = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 30 }), (steps) => {
      const world = worldWithMarket();
      world.done({ type: 'OpenMarket', marketId: TOTAL, startAt: KICK_OFF });
      world.price(TOTAL, { over: 2_000, under: 2_000 });
      steps.forEach((does, n) => play(world, does, n));
      for (const marketId of [WINNER, TOTAL]) {
        const row = world.ledger.marketRows.get(marketId) as number;
        if (world.ledger.desk.of(row)?.ownerStakeMaxMinor === undefined) continue;
        limited++;
        for (const owner of [ANA, BEA]) assert.equal(world.ledger.desk.stakesOf(row, owner), openStakes(world, marketId, owner));
      }
      const replayed = initialShard();
      for (const e of world.events) evolve(replayed, e);
      assert.equal(stateHash(replayed), stateHash(world.state));
      const loaded = loadState(dumpState(world.state));
      assert.equal(stateHash(loaded), stateHash(world.state));
      const desk = loaded.ledgers.get('main')?.desk;
      assert.deepEqual([desk?.hasRules, desk?.counts], [world.ledger.desk.hasRules, world.ledger.desk.counts]);
    }),
    { numRuns: 200 },
  );
  assert.ok(limited > 50, `${limited} markets were limited`);
});
