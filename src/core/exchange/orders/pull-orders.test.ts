// Orders of who may take no more risk leave the books: they would be matched otherwise.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANA, answerOf, BEA, BOT, FIXTURE, idOf, KICK_OFF, WINNER } from '../../kernel/world-for-tests.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { checkExchange, CY, openMinor, order, wallet, worldWithExchange } from '../exchange-for-tests.ts';

test('an exclusion pulls the orders of a person and of all his bots, in every market, and nobody else', () => {
  const world = worldWithExchange();
  const totals = `${FIXTURE}/ou@2.5`;
  world.done({ type: 'OpenMarket', marketId: totals, startAt: KICK_OFF });
  world.done({ type: 'OpenExchange', marketId: totals, terms: {} });
  order(world, 'a', ANA);
  order(world, 'a2', ANA, { marketId: totals, selectionId: 'over', side: 'lay', priceMilli: 3_000 });
  world.ask({ type: 'PlaceOrder', orderId: idOf('ord', 'bot'), holder: BOT, marketId: WINNER, selectionId: 'draw', side: 'back', kind: 'limit', priceMilli: 4_000, sizeMinor: 500, persistence: 'persist', timeInForce: 'rest' }, 'bot', { ownerId: ANA }); // prettier-ignore
  order(world, 'b', BEA);
  assert.deepEqual([openMinor(world, 'a'), openMinor(world, 'a2'), openMinor(world, 'bot')], [1_000, 1_000, 500]);
  world.done({ type: 'SetExclusion', ownerId: ANA, until: world.now + 86_400_000 });
  world.goTo(world.now);
  assert.deepEqual(
    [openMinor(world, 'a'), openMinor(world, 'a2'), openMinor(world, 'bot'), openMinor(world, 'b')],
    [0, 0, 0, 1_000],
  );
  const reasons = world.events
    .filter((e): e is NewEvent<'OrdersReduced'> => e.type === 'OrdersReduced')
    .map((e) => e.data.reason);
  assert.deepEqual(reasons, ['barred', 'barred']);
  assert.deepEqual([wallet(world, ANA), wallet(world, BOT)], [[10_000, 0], [5_000, 0]]); // prettier-ignore
  // Nobody of hers is matched by who comes now.
  assert.equal(answerOf(order(world, 'c', CY, { side: 'lay', sizeMinor: 3_000 })), 'OrderPlaced OrdersMatched');
  assert.equal(openMinor(world, 'c'), 2_000);
  checkExchange(world);
});

test('who is barred leaves the books before the off of another market goes on', () => {
  const world = worldWithExchange();
  const totals = `${FIXTURE}/ou@2.5`;
  world.done({ type: 'OpenMarket', marketId: totals, startAt: KICK_OFF });
  world.done({ type: 'OpenExchange', marketId: totals, terms: {} });
  order(world, 'rests', BEA, { marketId: totals, selectionId: 'over' });
  order(world, 'sp', ANA, { kind: 'market-on-close', priceMilli: null });
  world.done({ type: 'TurnInPlay', marketId: WINNER, betDelayMs: 0 });
  world.now += 1;
  world.done({ type: 'SetExclusion', ownerId: BEA, until: world.now + 86_400_000 });
  assert.equal(world.ledger.timers.size, 2, 'the off is not carried out yet');
  world.fire();
  assert.deepEqual([openMinor(world, 'rests'), wallet(world, BEA)], [0, [10_000, 0]]);
  checkExchange(world);
});

test('a bot that is paused or retired leaves the books; its owner stays', () => {
  for (const type of ['PauseBot', 'RetireBot'] as const) {
    const world = worldWithExchange();
    order(world, 'ana', ANA);
    world.ask({ type: 'PlaceOrder', orderId: idOf('ord', 'bot'), holder: BOT, marketId: WINNER, selectionId: 'draw', side: 'back', kind: 'limit', priceMilli: 4_000, sizeMinor: 500, persistence: 'persist', timeInForce: 'rest' }, 'bot', { ownerId: ANA }); // prettier-ignore
    world.done({ type, botId: BOT, reason: 'test' });
    world.goTo(world.now);
    assert.deepEqual([openMinor(world, 'bot'), openMinor(world, 'ana')], [0, 1_000]);
    assert.deepEqual(wallet(world, BOT), [5_000, 0]);
    checkExchange(world);
  }
});

test('an exclusion that is lifted, or of somebody without orders, sets no timer', () => {
  const world = worldWithExchange();
  order(world, 'a', ANA);
  const timers = world.ledger.timers.size;
  world.done({ type: 'SetExclusion', ownerId: BEA, until: world.now + 1_000 });
  world.done({ type: 'SetExclusion', ownerId: ANA, until: 0 });
  assert.equal(world.ledger.timers.size, timers);
});

test('600 orders of one person are pulled in three events', () => {
  const world = worldWithExchange();
  world.done({ type: 'SetLimits', limits: { openOrdersMax: 10_000 } });
  for (let n = 0; n < 600; n++) order(world, `${n}`, CY, { sizeMinor: 100, side: 'lay', priceMilli: 1_100 });
  world.done({ type: 'SetExclusion', ownerId: CY, until: world.now + 1_000 });
  world.goTo(world.now);
  const sizes = world.events
    .filter((e): e is NewEvent<'OrdersReduced'> => e.type === 'OrdersReduced')
    .map((e) => e.data.orders.length);
  assert.deepEqual(sizes, [250, 250, 100]);
  assert.deepEqual(wallet(world, CY), [100_000, 0]);
  checkExchange(world);
});

test('whoever excludes himself or cools off leaves the books with his bots; who has done neither stays', () => {
  for (const wish of [
    { type: 'SelfExclude', days: 200 },
    { type: 'SelfExclude', days: null },
    { type: 'CoolOff', hours: 24 },
  ] as const) {
    const world = worldWithExchange();
    order(world, 'a', ANA);
    world.ask({ type: 'PlaceOrder', orderId: idOf('ord', 'bot'), holder: BOT, marketId: WINNER, selectionId: 'draw', side: 'back', kind: 'limit', priceMilli: 4_000, sizeMinor: 500, persistence: 'persist', timeInForce: 'rest' }, 'bot', { ownerId: ANA }); // prettier-ignore
    order(world, 'b', BEA);
    world.done({ ...wish, ownerId: ANA }, 'api');
    world.goTo(world.now);
    assert.deepEqual([openMinor(world, 'a'), openMinor(world, 'bot'), openMinor(world, 'b')], [0, 0, 1_000], wish.type);
    assert.deepEqual([wallet(world, ANA), wallet(world, BOT)], [[10_000, 0], [5_000, 0]]); // prettier-ignore
    checkExchange(world);
  }
});
