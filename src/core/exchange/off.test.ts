// The off, the delay in play, suspension and the starting price, worked out by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANA, answerOf, BEA, idOf, KICK_OFF, LEDGER, WINNER, type World } from '../kernel/world-for-tests.ts';
import type { NewEvent } from '../kernel/event.ts';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { cancel, checkExchange, CY, DI, escrow, openMinor, order, wallet, worldWithExchange } from './exchange-for-tests.ts';
import { CLASSIC } from './ladder.ts';
import { makeStartingPrice } from './starting-price-for-tests.ts';

const tick = (milli: number): number => CLASSIC.tickOf(milli);
const inPlay = (world: World, betDelayMs = 0): void => {
  world.done({ type: 'TurnInPlay', marketId: WINNER, betDelayMs });
  world.goTo(world.now);
};
const last = (world: World, type: string): NewEvent | undefined => world.events.findLast((e) => e.type === type);

test('makeStartingPrice() is where stakes and liabilities meet', () => {
  // Backers bring 100; 300 of liability lay exactly 100 at 4.0.
  assert.deepEqual(makeStartingPrice(CLASSIC, [{ tick: 0, sizeMinor: 100 }], [{ tick: 349, sizeMinor: 300 }]), {
    tick: tick(4_000),
    backs: [100],
    lays: [100],
  });
});

test('makeStartingPrice() keeps to limits and cuts the larger side from its end', () => {
  // Back 100 from 3.0, 50 from 5.0; liability 200 up to 1000 and 100 up to 3.5.
  //   at 3.0: backs 100, lays floor(300/2) = 150: matched 100, surplus 50
  //   at 3.5: backs 100, lays floor(300/2.5) = 120: matched 100, surplus 20
  //   at 3.55 (and up to 3.9): lays 200/2.55 = 78: matched less
  const backs = [
    { tick: tick(3_000), sizeMinor: 100 },
    { tick: tick(5_000), sizeMinor: 50 },
  ];
  const lays = [
    { tick: 349, sizeMinor: 200 },
    { tick: tick(3_500), sizeMinor: 100 },
  ];
  // Of 200 liability at 3.5: 80 laid; of 100: 40, of which 20 are left for the backers' 100.
  assert.deepEqual(makeStartingPrice(CLASSIC, backs, lays), { tick: tick(3_500), backs: [100, 0], lays: [80, 20] });
});

test('makeStartingPrice() is null when no price suits both', () => {
  assert.equal(makeStartingPrice(CLASSIC, [], [{ tick: 349, sizeMinor: 100 }]), null);
  assert.equal(makeStartingPrice(CLASSIC, [{ tick: 5, sizeMinor: 100 }], []), null);
  assert.equal(makeStartingPrice(CLASSIC, [{ tick: 50, sizeMinor: 100 }], [{ tick: 49, sizeMinor: 100 }]), null);
});

test('TurnInPlay matches starting price orders, converts what takes it, lapses and keeps the rest', () => {
  const world = worldWithExchange();
  order(world, 'moc back', ANA, { kind: 'market-on-close', priceMilli: null, sizeMinor: 2_000 });
  order(world, 'take sp', BEA, { priceMilli: 6_000, sizeMinor: 1_000, persistence: 'sp' });
  order(world, 'moc lay', CY, { side: 'lay', kind: 'market-on-close', priceMilli: null, sizeMinor: 6_000 });
  order(world, 'lapse', DI, { priceMilli: 10_000, sizeMinor: 500 });
  order(world, 'persist', DI, { priceMilli: 11_000, sizeMinor: 700, persistence: 'persist' });
  // A lay that takes the starting price with less liability than the least (10.00) lapses: 5.00 at 2.0 is 5.00.
  order(world, 'small', DI, { side: 'lay', priceMilli: 2_000, sizeMinor: 500, persistence: 'sp' });
  assert.deepEqual(wallet(world, CY), [94_000, 6_000]);
  inPlay(world);
  // Backs 20.00 + 10.00; 60.00 of liability lay 30.00 at 3.0.
  assert.deepEqual(last(world, 'StartingPriceMade')?.data, {
    done: true,
    marketId: WINNER,
    orders: [
      [idOf('ord', 'moc back'), 2_000],
      [idOf('ord', 'take sp'), 1_000],
      [idOf('ord', 'moc lay'), 3_000],
    ],
    priceMilli: 3_000,
    selectionId: 'home',
  });
  assert.deepEqual([openMinor(world, 'lapse'), openMinor(world, 'small'), openMinor(world, 'persist')], [0, 0, 700]);
  assert.deepEqual(
    [wallet(world, ANA), wallet(world, BEA), wallet(world, CY)],
    [
      [8_000, 0],
      [9_000, 0],
      [94_000, 0],
    ],
  );
  assert.equal(escrow(world), 2_000 + 1_000 + 6_000);
  assert.equal(answerOf(order(world, 'late', ANA, { kind: 'market-on-close', priceMilli: null })), 'market_closed');
  assert.equal(answerOf(order(world, 'late', ANA, { persistence: 'sp' })), 'market_closed');
  assert.equal(answerOf(world.ask({ type: 'TurnInPlay', marketId: WINNER, betDelayMs: 0 })), 'already_resolved');
  checkExchange(world);
});

test('a starting price with nobody on the other side is none: all lapses and every hold comes back', () => {
  const world = worldWithExchange();
  order(world, 'a', ANA, { kind: 'market-on-close', priceMilli: null });
  order(world, 'b', BEA, { persistence: 'sp' });
  inPlay(world);
  assert.equal((last(world, 'StartingPriceMade') as NewEvent<'StartingPriceMade'>).data.priceMilli, 0);
  assert.deepEqual(
    [wallet(world, ANA), wallet(world, BEA)],
    [
      [10_000, 0],
      [10_000, 0],
    ],
  );
  checkExchange(world);
});

test('limit-on-close takes no starting price worse than its limit', () => {
  const world = worldWithExchange();
  order(world, 'picky', ANA, { kind: 'limit-on-close', priceMilli: 3_050 });
  order(world, 'any', BEA, { kind: 'market-on-close', priceMilli: null });
  order(world, 'lay', CY, { side: 'lay', kind: 'limit-on-close', priceMilli: 3_000, sizeMinor: 2_000 });
  inPlay(world);
  // 20.00 of liability lay 10.00 at 3.0: Bea's 10.00; Ana wanted more than the layer gives.
  assert.deepEqual(
    [wallet(world, ANA), wallet(world, BEA), wallet(world, CY)],
    [
      [10_000, 0],
      [9_000, 0],
      [98_000, 0],
    ],
  );
  checkExchange(world);
});

test('in play an order waits, can be cancelled meanwhile, and is matched against the book of its release', () => {
  const world = worldWithExchange();
  inPlay(world, 5_000);
  assert.equal(answerOf(order(world, 'slow', ANA, { side: 'lay', priceMilli: 3_000, sizeMinor: 1_000 })), 'OrderPlaced');
  assert.deepEqual(wallet(world, ANA), [8_000, 2_000]);
  order(world, 'b', BEA, { priceMilli: 2_000 });
  order(world, 'gone', CY);
  cancel(world, 'gone', CY);
  checkExchange(world);
  world.goTo(world.now + 5_000);
  // Both placed at the same moment; released in the order of their keys; whoever comes second takes the other.
  const matched = world.events.filter((e) => e.type === 'OrdersMatched');
  assert.equal(matched.length, 1);
  assert.equal(openMinor(world, 'slow') + openMinor(world, 'b'), 0);
  checkExchange(world);
});

test('an order that is released leaves those behind it in the delay where they are', () => {
  const world = worldWithExchange();
  inPlay(world, 5_000);
  order(world, 'first', ANA);
  world.goTo(world.now + 1_000);
  order(world, 'second', BEA);
  world.goTo(world.now + 4_000);
  // Only the first is in the book, 10.00 at 2.0; the second has gone meanwhile. Who lays 20.00 gets the 10.00 and rests with the others.
  world.done({ type: 'CancelOrder', orderId: idOf('ord', 'second') });
  order(world, 'taker', CY, { side: 'lay', sizeMinor: 2_000 });
  world.goTo(world.now + 5_000);
  assert.deepEqual([openMinor(world, 'first'), openMinor(world, 'taker')], [0, 1_000]);
  world.done({ type: 'CloseMarket', target: WINNER, reason: 'x' });
  world.goTo(world.now);
  checkExchange(world);
  assert.equal(world.ledger.exchange.orders.size, 0);
});

test('a market that was suspended while an order waited lapses it, even if it is open again', () => {
  const world = worldWithExchange();
  inPlay(world, 5_000);
  order(world, 'x', ANA);
  world.done({ type: 'SuspendMarket', target: WINNER, reason: 'goal' });
  world.goTo(world.now + 1_000);
  world.done({ type: 'ReopenMarket', target: WINNER, reason: 'goal' });
  world.goTo(world.now + 4_000);
  assert.deepEqual((last(world, 'OrdersReduced') as NewEvent<'OrdersReduced'>).data.reason, 'market_suspended');
  assert.deepEqual(wallet(world, ANA), [10_000, 0]);
  checkExchange(world);
});

test('an order released too late lapses', () => {
  const world = worldWithExchange();
  inPlay(world, 5_000);
  order(world, 'x', ANA);
  world.now += 5_000 + 5_001;
  world.fire();
  assert.deepEqual((last(world, 'OrdersReduced') as NewEvent<'OrdersReduced'>).data.reason, 'timeout');
});

test('a delayed fill-or-kill order that finds too little is gone', () => {
  const world = worldWithExchange();
  inPlay(world, 5_000);
  order(world, 'x', ANA, { timeInForce: 'fill-or-kill' });
  world.goTo(world.now + 5_000);
  assert.deepEqual((last(world, 'OrdersReduced') as NewEvent<'OrdersReduced'>).data.reason, 'would_not_fill');
  assert.deepEqual(wallet(world, ANA), [10_000, 0]);
});

test('suspension lapses what is set to lapse or keeps all, as the terms say; nothing is matched before that is done', () => {
  for (const onSuspend of ['lapse', 'keep'] as const) {
    const world = worldWithExchange({ onSuspend });
    for (const persistence of ['lapse', 'persist', 'sp'] as const) order(world, persistence, ANA, { persistence });
    world.done({ type: 'SuspendMarket', target: WINNER, reason: 'x' });
    world.done({ type: 'ReopenMarket', target: WINNER, reason: 'x' });
    if (onSuspend === 'lapse') assert.equal(answerOf(order(world, 'early', CY, { side: 'lay' })), 'market_suspended');
    world.goTo(world.now);
    assert.deepEqual(
      [openMinor(world, 'lapse'), openMinor(world, 'persist'), openMinor(world, 'sp')],
      [onSuspend === 'lapse' ? 0 : 1_000, 1_000, 1_000],
    );
    assert.equal(answerOf(order(world, 'l', CY, { side: 'lay' })), 'OrderPlaced OrdersMatched');
    assert.equal(answerOf(order(world, 'v', CY, { ifMarketVersion: 2 })), 'OrderPlaced');
    checkExchange(world);
  }
});

test('2,500 orders lapse in three chunks', () => {
  const world = worldWithExchange();
  world.done({ type: 'SetLimits', limits: { openOrdersMax: 10_000 } });
  for (let n = 0; n < 2_500; n++)
    order(world, `${n}`, n % 2 ? CY : DI, { sizeMinor: 100 - (n % 2) + 1, side: 'lay', priceMilli: 1_100 });
  world.done({ type: 'CloseMarket', target: WINNER, reason: 'x' });
  const lapsed = (): number[] =>
    world.events.filter((e): e is NewEvent<'OrdersReduced'> => e.type === 'OrdersReduced').map((e) => e.data.orders.length);
  world.goTo(world.now);
  assert.deepEqual(lapsed(), [1_000, 1_000, 500]);
  assert.deepEqual(
    [wallet(world, CY), wallet(world, DI)],
    [
      [100_000, 0],
      [100_000, 0],
    ],
  );
  checkExchange(world);
});

test('an order made smaller while it waits is released all the same', () => {
  const world = worldWithExchange();
  inPlay(world, 5_000);
  order(world, 'x', ANA);
  cancel(world, 'x', ANA, 400);
  order(world, 'lay', CY, { side: 'lay', sizeMinor: 700 });
  world.goTo(world.now + 5_000);
  assert.equal(world.ledger.timers.size, 0);
  assert.deepEqual([openMinor(world, 'x'), openMinor(world, 'lay')], [0, 100]);
  const { orders } = world.ledger.exchange;
  for (const row of orders.openRows()) assert.equal(orders.isPending(row), false);
  checkExchange(world);
});

test('a delayed fill-or-kill order that was made smaller needs no more than is left of it', () => {
  const world = worldWithExchange();
  order(world, 'lay', CY, { side: 'lay', sizeMinor: 700, persistence: 'persist' });
  inPlay(world, 5_000);
  order(world, 'all', BEA, { timeInForce: 'fill-or-kill', sizeMinor: 900 });
  cancel(world, 'all', BEA, 200);
  world.goTo(world.now + 5_000);
  assert.deepEqual([openMinor(world, 'lay'), wallet(world, BEA)], [0, [9_300, 0]]);
  checkExchange(world);
});

test('after the planned start nothing is placed until the market is in play; cancelling works', () => {
  const world = worldWithExchange();
  order(world, 'early', ANA);
  world.goTo(KICK_OFF - 1);
  assert.equal(answerOf(order(world, 'last', BEA)), 'OrderPlaced');
  world.goTo(KICK_OFF);
  assert.equal(answerOf(order(world, 'sniper', CY, { side: 'lay' })), 'market_suspended');
  assert.equal(answerOf(cancel(world, 'early', ANA)), 'OrdersReduced');
  inPlay(world, 5_000);
  assert.equal(answerOf(order(world, 'waits', CY, { side: 'lay' })), 'OrderPlaced');
});

test('orders of one moment are released as they came, whatever their ids, and after a snapshot too', () => {
  for (const names of [
    ['n1', 'n2', 'n3'],
    ['n3', 'n2', 'n1'],
    ['n2', 'n3', 'n1'],
  ]) {
    const world = worldWithExchange();
    order(world, 'lay', CY, { side: 'lay', sizeMinor: 1_500, persistence: 'persist' });
    inPlay(world, 5_000);
    for (const [i, name] of names.entries()) order(world, name, [ANA, BEA, DI][i] as string);
    // The 15.00 that are offered go to whoever came first, then to the second.
    const loaded = loadState(dumpState(world.state));
    assert.deepEqual(loaded.ledgers.get(LEDGER)?.timers.entries(), world.ledger.timers.entries());
    assert.equal(stateHash(loaded), stateHash(world.state));
    world.goTo(world.now + 5_000);
    assert.deepEqual(names.map((name) => openMinor(world, name)), [0, 500, 1_000]); // prettier-ignore
    checkExchange(world);
  }
});
