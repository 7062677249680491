// Cash-out in races, worked by hand: each way as two bets, each at the price of its own market, and Rule 4 for what was struck before a withdrawal.
// Everybody has 10,000.00; the margin is 5 %; each way is 1/4 of the odds for 3 places.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { placeMultiple } from '../bets/multiples/multiples-for-tests.ts';
import { finish, finishRace, PLACE, RACE, RACE_PRICES, raceBet, RUNNERS, worldWithRace } from '../bets/runners/race-for-tests.ts';
import type { Refusal } from '../base/refusal.ts';
import { evolve } from '../evolve.ts';
import type { Decision } from '../kernel/event.ts';
import { initialShard, marketOf } from '../kernel/state.ts';
import { ANA, answerOf, idOf, WINNER, type World } from '../kernel/world-for-tests.ts';
import { offerCashOut } from './cash-out-bet.ts';
import { eachWayValueMinor } from './cash-out-value.ts';
import type { Offer, Part } from './offer.ts';

const HAD = 1_000_000;

function offered(world: World, part: Part = {}): Offer | Refusal {
  return offerCashOut(world.ledger, world.context(), { betId: idOf('bet', 'x'), part });
}

/** [amount, stake given up], or [code, path]. */
function said(offer: Offer | Refusal): unknown[] {
  return 'code' in offer ? [offer.code, offer.path] : [offer.amountMinor, offer.stakeMinor];
}

function take(world: World, offer: Offer | Refusal, change: object = {}): Decision {
  assert.ok(!('code' in offer), 'code' in offer ? offer.code : '');
  const { delayMs: _delay, ...terms } = offer;
  const expiresAt = world.now;
  const names = { type: 'CashOutBet', betId: idOf('bet', 'x'), offerId: idOf('offer', `${world.asked.length}`) } as const;
  return world.ask({ ...names, ...terms, expiresAt, ...change }, 'api');
}

/** Ebony each way, 10.00 a part, at 9.0: a place pays 1 + 8/4 = 3.0. */
function eachWay(world = worldWithRace(stateHash), wish: object = {}): World {
  raceBet(world, 'x', { eachWay: true, selectionId: 'ebony', stakeMinor: 1_000, ...wish });
  return world;
}

/** Prices of ebony now, in the market of the race and in that of its places. */
function now(world: World, win: number, place: number, change: object = {}): void {
  world.price(RACE, { ...RACE_PRICES, ebony: win, asti: win }, change);
  world.price(PLACE, { ...RACE_PRICES, ebony: place, asti: place }, change);
}

/** A runner leaves the race at this price, and the market, with its prices re-formed, is open again. */
function leaves(world: World, marketId: string, selectionId: string, priceMilli: number): void {
  world.done({ type: 'WithdrawRunner', marketId, selectionId, at: world.now, priceMilli });
  world.done({ type: 'ReopenMarket', target: marketId, reason: 're-formed' });
}

test('each way is worth its win part at the price of the win and its place part at that of the place, rounded once', () => {
  const rows: [part: number, odds: number, deduction: number, win: number, place: number, margin: number, value: number][] = [
    // 10.00 x 9/6 = 15.00; place 1 + 8/4 = 3.0: 10.00 x 3/2 = 15.00; 30.00 less 5 %: 28.50
    [1_000, 9_000, 0, 6_000, 2_000, 50_000, 2_850],
    // 20p withdrawn: win 1 + 8 x 0.8 = 7.4, 10.00 x 7.4/5 = 14.80; place 1 + 2 x 0.8 = 2.6, 10.00 x 2.6/2 = 13.00; 27.80
    [1_000, 9_000, 200_000, 5_000, 2_000, 0, 2_780],
    // 3.33 x 2.5/2.2 = 3.784...; place 1 + 1.5/4 = 1.375, 3.33 x 1.375/1.5 = 3.0525; 6.836... less 5 %: 6.494...; two roundings give 6.48
    [333, 2_500, 0, 2_200, 1_500, 50_000, 649],
    // unmoved, without a margin: both stakes come back
    [1_000, 9_000, 0, 9_000, 3_000, 0, 2_000],
    [1_000, 9_000, 0, 6_000, 2_000, 1_000_000, 0],
  ];
  for (const [stakeMinor, oddsMilli, deductionPpm, winMilli, placeMilli, margin, value] of rows)
    assert.equal(
      eachWayValueMinor({ stakeMinor, oddsMilli, deductionPpm, divisor: 4 }, { winMilli, placeMilli }, margin),
      value,
      `${stakeMinor} at ${oddsMilli}`,
    );
});

test('an each-way bet is cashed out in parts, and what is left is paid as an each-way bet', () => {
  const world = eachWay();
  now(world, 6_000, 2_000);
  assert.deepEqual(said(offered(world)), [2_850, 2_000]);
  assert.deepEqual(said(offered(world, { stakeMinor: 1_001 })), ['step_invalid', '/stakeMinor']);
  assert.deepEqual(said(offered(world, { portionPpm: 500_500 })), [1_425, 1_000]); // 5.00 of each part: 7.50 + 7.50, less 5 %
  assert.equal(answerOf(take(world, offered(world, { portionPpm: 500_000 }))), 'BetCashedOut');
  const told = world.events.at(-1);
  assert.ok(told?.type === 'BetCashedOut');
  const { offerId: _id, ...data } = told.data;
  assert.deepEqual(data, {
    amountMinor: 1_425,
    betId: idOf('bet', 'x'),
    holder: ANA,
    oddsMilli: 6_000,
    place: { oddsMilli: 2_000, quoteSeq: 2 },
    quoteSeq: 2,
    remainingMinor: 1_000,
    stakeMinor: 1_000,
  });
  assert.deepEqual([world.available(), world.held(), world.house()], [HAD - 2_000 + 1_425, 1_000, -425]);
  // 5.00 at 9.0 and 5.00 at 3.0 are left: 45.00 + 15.00 - 10.00.
  assert.equal(marketOf(world.ledger, RACE)?.worstLossMinor, 5_000);
  assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
  finishRace(world, finish('asti', 'bay', 'ebony'));
  assert.deepEqual([world.available(), world.held()], [HAD - 2_000 + 1_425 + 1_500, 0]);
  assert.deepEqual([world.ledger.worstLossMinor, world.ledger.eachWay.size], [0, 0]);
  const replayed = initialShard();
  for (const e of world.events) evolve(replayed, e);
  assert.equal(stateHash(replayed), stateHash(world.state));
});

test('a bet struck before a runner left is bought back for what it can still win', () => {
  const rows: [name: string, eachWay: boolean, price: number, odds: [win: number, place: number], value: number][] = [
    // 2/1 leaves: 30p. 1 + 1.5 x 0.7 = 2.05; 10.00 x 2.05/2.0 = 10.25, less 5 %: 9.7375
    ['asti', false, 3_000, [2_000, 0], 973],
    // 1/10 leaves: 90p. 1 + 1.5 x 0.1 = 1.15; 10.00 x 1.15/1.1 = 10.4545..., less 5 %: 9.9318
    ['asti', false, 1_100, [1_100, 0], 993],
    // 10/1 leaves: 5p, waived. 10.00 x 2.5/2.5, less 5 %
    ['asti', false, 11_000, [2_500, 0], 950],
    // 30p each way. 1 + 8 x 0.7 = 6.6, 10.00 x 6.6/5.5 = 12.00; 1 + 2 x 0.7 = 2.4, 10.00 x 2.4/1.6 = 15.00; 27.00 less 5 %: 25.65
    ['ebony', true, 3_000, [5_500, 1_600], 2_565],
  ];
  for (const [selectionId, isEachWay, price, [win, place], value] of rows) {
    const world = worldWithRace(stateHash);
    raceBet(world, 'x', { selectionId, stakeMinor: 1_000, ...(isEachWay ? { eachWay: true } : {}) });
    world.goTo(world.now + 1_000);
    for (const marketId of [RACE, PLACE]) leaves(world, marketId, 'bay', price);
    // Open again, but the price still counts with the runner that is gone.
    if (price !== 11_000) assert.deepEqual(said(offered(world))[0], 'price_stale');
    now(world, win, place);
    const offer = offered(world);
    assert.deepEqual(said(offer), [value, isEachWay ? 2_000 : 1_000], `${selectionId} ${price}`);
    assert.equal(answerOf(take(world, offer)), 'BetCashedOut');
    assert.deepEqual([world.held(), world.available()], [0, HAD - (isEachWay ? 2_000 : 1_000) + value]);
  }
});

test('a bet loses nothing to a runner that left before it was struck', () => {
  // Nobody leaves after it: 10.00 x 2.0/2.0, less 5 %. Then colt does, at 5.0: 20p. 1 + 1 x 0.8 = 1.8: 10.00 x 1.8/1.8, less 5 %.
  for (const then of [null, 'colt']) {
    const world = worldWithRace(stateHash);
    leaves(world, RACE, 'bay', 3_000);
    world.price(RACE, { ...RACE_PRICES, asti: 2_000 });
    raceBet(world, 'x', { selectionId: 'asti', stakeMinor: 1_000, quoteSeq: 2 });
    world.goTo(world.now + 1_000);
    if (then) leaves(world, RACE, then, 5_000);
    world.price(RACE, { ...RACE_PRICES, asti: then ? 1_800 : 2_000 });
    const offer = offered(world);
    assert.deepEqual(said(offer), [950, 1_000], `then ${then}`);
    assert.equal(answerOf(take(world, offer)), 'BetCashedOut');
  }
});

test('the price of the place must be made after the runner left the race, though nothing is deducted in its own market', () => {
  const world = eachWay();
  world.goTo(world.now + 1_000);
  for (const [marketId, deductionPpm] of [
    [RACE, 300_000],
    [PLACE, 0],
  ] as const) {
    world.done({ type: 'WithdrawRunner', marketId, selectionId: 'bay', at: world.now, deductionPpm });
    world.done({ type: 'ReopenMarket', target: marketId, reason: 're-formed' });
  }
  world.price(RACE, { ...RACE_PRICES, ebony: 5_500 });
  assert.deepEqual(said(offered(world)), ['price_stale', '/eachWay']);
  world.price(PLACE, { ...RACE_PRICES, ebony: 1_600 });
  // As above: 10.00 x 6.6/5.5 + 10.00 x 2.4/1.6 = 27.00, less 5 %.
  assert.deepEqual(said(offered(world)), [2_565, 2_000]);
});

test('a price that is older than the word of a withdrawal is no price, though the runner left before it', () => {
  for (const isEachWay of [false, true]) {
    const world = worldWithRace(stateHash);
    raceBet(world, 'x', { selectionId: 'ebony', stakeMinor: 1_000, ...(isEachWay ? { eachWay: true } : {}) });
    const at = world.now + 1_000;
    world.goTo(at + 1_000);
    now(world, 9_000, 3_000);
    world.goTo(at + 2_000);
    for (const marketId of [RACE, PLACE]) {
      world.done({ type: 'WithdrawRunner', marketId, selectionId: 'bay', at, priceMilli: 3_000 });
      world.done({ type: 'ReopenMarket', target: marketId, reason: 're-formed' });
    }
    assert.deepEqual(said(offered(world)), ['price_stale', '/betId']);
    assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
    world.price(RACE, { ...RACE_PRICES, ebony: 5_500 });
    // 12.00 less 5 %, and of both parts 27.00 less 5 %
    assert.deepEqual(said(offered(world)), isEachWay ? ['price_stale', '/eachWay'] : [1_140, 1_000]);
    world.price(PLACE, { ...RACE_PRICES, ebony: 1_600 });
    assert.deepEqual(said(offered(world)), isEachWay ? [2_565, 2_000] : [1_140, 1_000]);
  }
});

test('a leg, open or decided, is bought back for what it can still win', () => {
  const world = worldWithRace(stateHash);
  const legs = [{ marketId: RACE, selectionId: 'asti' }, { marketId: WINNER }];
  placeMultiple(world, 'x', { system: 'double', stakePerLineMinor: 1_000, legs });
  leaves(world, RACE, 'bay', 3_000);
  now(world, 2_000, 2_000);
  // 10.00 x 2.05/2.0 x 2.0/2.0 = 10.25, less 5 %
  assert.deepEqual(said(offered(world)), [973, 1_000]);
  finishRace(world, finish('asti', 'colt', 'dun'));
  world.quote(WINNER);
  // The race is won at 2.05: 10.00 x 2.05 x 2.0/2.0 = 20.50, less 5 %: 19.475
  const offer = offered(world);
  assert.deepEqual(said(offer), [1_947, 1_000]);
  assert.equal(answerOf(take(world, offer)), 'BetCashedOut');
});

test('where the place has no price of its own an each-way bet is not offered', () => {
  const withdraw = (world: World, marketId: string, selectionId: string): void => {
    leaves(world, marketId, selectionId, 3_000);
    now(world, 6_000, 2_000);
  };
  const rows: [code: string, path: string, change: (world: World) => void][] = [
    ['market_suspended', '/eachWay', (w) => w.done({ type: 'SuspendMarket', target: PLACE, reason: 'x' })],
    ['market_closed', '/eachWay', (w) => w.done({ type: 'CloseMarket', target: PLACE, reason: 'x' })],
    ['price_stale', '/eachWay', (w) => w.quotes.delete(PLACE)],
    ['selection_withdrawn', '/eachWay', (w) => w.price(PLACE, { asti: 2_000 })],
    // Gone from the one and not from the other: at one of the prices the bet would still be against it.
    ['condition_not_met', '/eachWay', (w) => withdraw(w, RACE, 'bay')],
    ['condition_not_met', '/eachWay', (w) => withdraw(w, PLACE, 'bay')],
    ['condition_not_met', '/eachWay', (w) => withdraw(w, PLACE, 'ebony')],
    ['selection_withdrawn', '/betId', (w) => withdraw(w, RACE, 'ebony')],
  ];
  for (const [code, path, change] of rows) {
    const world = eachWay();
    now(world, 6_000, 2_000);
    const before = offered(world);
    change(world);
    assert.deepEqual(said(offered(world)), [code, path]);
    assert.equal(answerOf(take(world, before)), code); // nor is it taken
  }
  // The place market pays three places, each way only two: its price is of another bet.
  const two = eachWay(worldWithRace(stateHash, { eachWay: { divisor: 4, places: 2 } }));
  now(two, 6_000, 2_000);
  assert.deepEqual(said(offered(two)), ['condition_not_met', '/eachWay']);
});

test('without an each-way bet that covered another the house may lose more, and no more than any bet may make it', () => {
  for (const [max, expected] of [
    [7_500, [1_900, 2_000]],
    [7_499, ['limit_market', undefined]],
  ] as const) {
    const world = worldWithRace(stateHash);
    // Colt each way at 4.0: a place pays 1 + 3/4 = 1.75, less than both stakes. Asti wins and colt is placed: 125.00 + 17.50 - 70.00 = 72.50.
    raceBet(world, 'x', { eachWay: true, selectionId: 'colt', stakeMinor: 1_000 });
    raceBet(world, 'y', { selectionId: 'asti', stakeMinor: 5_000 });
    assert.equal(marketOf(world.ledger, RACE)?.worstLossMinor, 7_250);
    world.price(PLACE, { ...RACE_PRICES, colt: 1_750 });
    world.done({ type: 'SetLimits', limits: { marketLossMaxMinor: max } });
    assert.deepEqual(said(offered(world)), expected); // without it: 125.00 - 50.00 = 75.00
  }
});

test('in play it waits for the longer delay, and a suspension of either market ends it', () => {
  for (const target of [null, RACE, PLACE]) {
    const world = eachWay();
    now(world, 6_000, 2_000, { inPlay: true });
    world.price(PLACE, { ...RACE_PRICES, ebony: 2_000 }, { inPlay: true, betDelayMs: 4_000 });
    const offer = offered(world);
    assert.equal(answerOf(take(world, offer)), 'CashOutRequested');
    assert.deepEqual(said(offered(world)), ['version_conflict', '/betId']);
    assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
    if (target) {
      world.done({ type: 'SuspendMarket', target, reason: 'x' });
      world.done({ type: 'ReopenMarket', target, reason: 'x' });
    }
    world.goTo(world.now + 4_000);
    const end = world.events.at(-1);
    assert.equal(end?.type === 'CashOutRejected' ? end.data.reason : end?.type, target ? 'market_suspended' : 'BetCashedOut');
    assert.equal(world.held(), target ? 2_000 : 0);
  }
});

test('what is offered is taken at the same prices, and a cent more is not; money and exposure are kept', () => {
  const price = fc.integer({ min: 1_001, max: 30_000 });
  const portion = fc.integer({ min: 1, max: 1_000_000 });
  fc.assert(
    fc.property(fc.boolean(), fc.tuple(price, price), fc.option(price), portion, (both, [win, place], gone, portionPpm) => {
      const world = worldWithRace(stateHash);
      raceBet(world, 'x', { selectionId: 'ebony', stakeMinor: 500, ...(both ? { eachWay: true } : {}) });
      raceBet(world, 'y', { selectionId: 'asti', stakeMinor: 700 });
      if (gone !== null) for (const marketId of [RACE, PLACE]) leaves(world, marketId, 'bay', gone);
      now(world, win, place);
      const offer = offered(world, { portionPpm });
      if ('code' in offer) return assert.equal(offer.code, 'condition_not_met'); // worth nothing
      const more = take(world, offer, { amountMinor: offer.amountMinor + 1 });
      assert.equal(answerOf(more), 'odds_changed');
      assert.equal(answerOf(take(world, offer)), 'BetCashedOut');
      for (const sum of world.ledger.accounts.sums().values()) assert.equal(sum, 0n);
      assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
      finishRace(world, finish(...RUNNERS.filter((name) => name !== 'bay' || gone === null)));
      assert.deepEqual([world.held(), world.ledger.worstLossMinor], [0, 0]);
    }),
    { numRuns: 60 },
  );
});
