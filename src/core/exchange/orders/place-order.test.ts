// Orders through decide() and evolve(): each expectation is worked out by hand beside it. Amounts in minor units, prices in thousandths.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANA, answerOf, BEA, BOT, idOf, KICK_OFF, refusalOf, WINNER, type World } from '../../kernel/world-for-tests.ts';
import type { NewEvent } from '../../kernel/event.ts';
import {
  cancel,
  checkExchange,
  CY,
  DI,
  escrow,
  openMinor,
  order,
  replace,
  wallet,
  worldWithExchange,
} from '../exchange-for-tests.ts';

function matched(world: World): (readonly [string, number, number])[] {
  return world.events
    .filter((e): e is NewEvent<'OrdersMatched'> => e.type === 'OrdersMatched')
    .flatMap((e) => e.data.fills.map(([id, price, size]) => [id, price, size] as const));
}

test('PlaceOrder holds the stake of a back and the liability of a lay', () => {
  const world = worldWithExchange();
  order(world, 'b', ANA, { side: 'back', priceMilli: 3_000, sizeMinor: 1_000 });
  assert.deepEqual(wallet(world, ANA), [9_000, 1_000]);
  // Lay 10.00 at 2.5: loses 15.00 if home wins.
  order(world, 'l', BEA, { side: 'lay', priceMilli: 2_500, sizeMinor: 1_000 });
  assert.deepEqual(wallet(world, BEA), [8_500, 1_500]);
  checkExchange(world);
});

test('PlaceOrder rounds a liability up once, not for each fill', () => {
  const world = worldWithExchange({ stakeMinMinor: 1 });
  // Lay 0.33 at 1.01: 0.0033 can be lost, one cent is held. Three fills of 0.11 owe the same cent.
  order(world, 'l', BEA, { side: 'lay', priceMilli: 1_010, sizeMinor: 33 });
  assert.deepEqual(wallet(world, BEA), [9_999, 1]);
  for (const n of [1, 2, 3]) order(world, `b${n}`, ANA, { priceMilli: 1_010, sizeMinor: 11 });
  assert.deepEqual(wallet(world, BEA), [9_999, 0]);
  assert.equal(escrow(world), 33 + 1);
  checkExchange(world);
});

test('PlaceOrder matches at the price of the resting order and gives back what the better price frees', () => {
  const world = worldWithExchange();
  order(world, 'b', ANA, { side: 'back', priceMilli: 2_000, sizeMinor: 1_000 });
  // Bea would lay up to 4.0 (liability 30.00) and gets 2.0: liability 10.00.
  order(world, 'l', BEA, { side: 'lay', priceMilli: 4_000, sizeMinor: 1_000 });
  assert.deepEqual(matched(world), [[idOf('ord', 'b'), 2_000, 1_000]]);
  assert.deepEqual(wallet(world, ANA), [9_000, 0]);
  assert.deepEqual(wallet(world, BEA), [9_000, 0]);
  assert.equal(escrow(world), 2_000);
  checkExchange(world);
});

test('PlaceOrder walks the book: best price first, oldest first, the rest stays at its own price', () => {
  const world = worldWithExchange();
  order(world, 'l1', CY, { side: 'lay', priceMilli: 2_000, sizeMinor: 300 });
  order(world, 'l2', DI, { side: 'lay', priceMilli: 2_100, sizeMinor: 200 });
  order(world, 'l3', CY, { side: 'lay', priceMilli: 2_100, sizeMinor: 200 });
  order(world, 'b', ANA, { side: 'back', priceMilli: 2_000, sizeMinor: 1_000 });
  assert.deepEqual(matched(world), [
    [idOf('ord', 'l2'), 2_100, 200],
    [idOf('ord', 'l3'), 2_100, 200],
    [idOf('ord', 'l1'), 2_000, 300],
  ]);
  assert.equal(openMinor(world, 'b'), 300);
  // Ana: 7.00 matched in escrow, 3.00 of the rest held.
  assert.deepEqual(wallet(world, ANA), [9_000, 300]);
  // Cy lays 2.00 at 2.1 (2.20) and 3.00 at 2.0 (3.00): 5.20; Di 2.20.
  assert.equal(escrow(world), 700 + 520 + 220);
  checkExchange(world);
});

test('a lay after a back of the same holder frees what can no longer be lost', () => {
  const world = worldWithExchange();
  order(world, 'b', ANA, { side: 'back', priceMilli: 3_000, sizeMinor: 1_000 });
  order(world, 'l', CY, { side: 'lay', priceMilli: 3_000, sizeMinor: 1_000 });
  assert.deepEqual(wallet(world, ANA), [9_000, 0]);
  // Back 10.00 at 3.0, lay 10.00 at 2.0: +20 - 10 = +10.00 if home wins, -10 + 10 = 0 if not. Nothing at risk, before it is matched already.
  order(world, 'back it', DI, { side: 'back', priceMilli: 2_000, sizeMinor: 1_000 });
  order(world, 'green', ANA, { side: 'lay', priceMilli: 2_000, sizeMinor: 1_000 });
  assert.deepEqual(wallet(world, ANA), [10_000, 0]);
  checkExchange(world);
});

test('exposure is netted over the selections of a market', () => {
  const world = worldWithExchange();
  // Back 10.00 on each of home and away, unmatched: at most one wins, both can lose: 20.00.
  order(world, 'h', ANA, { priceMilli: 3_000 });
  order(world, 'a', ANA, { selectionId: 'away', priceMilli: 3_000 });
  assert.deepEqual(wallet(world, ANA), [8_000, 2_000]);
  // Matched, one covers the other: home wins +20 - 10 = +10, draw -20, away +10: still 20.00.
  order(world, 'lh', CY, { side: 'lay', priceMilli: 3_000 });
  order(world, 'la', CY, { side: 'lay', selectionId: 'away', priceMilli: 3_000 });
  assert.deepEqual(wallet(world, ANA), [8_000, 0]);
  // Cy laid both: home wins -20 + 10 = -10: only 10.00 at risk.
  assert.deepEqual(wallet(world, CY), [99_000, 0]);
  assert.equal(escrow(world), 2_000 + 1_000);
  // Ana backs the draw too at 3.0: every outcome is +20 - 20 = 0, so that nothing is at risk once it is matched.
  order(world, 'd', ANA, { selectionId: 'draw', priceMilli: 3_000 });
  order(world, 'ld', CY, { side: 'lay', selectionId: 'draw', priceMilli: 3_000 });
  assert.deepEqual(wallet(world, ANA), [10_000, 0]);
  assert.deepEqual(wallet(world, CY), [100_000, 0]);
  assert.equal(escrow(world), 0);
  checkExchange(world);
});

test('a double chance has two winners: laying all three sides loses on two at a time', () => {
  const world = worldWithExchange();
  const marketId = WINNER.replace('1x2', 'dc');
  world.done({ type: 'OpenMarket', marketId, startAt: KICK_OFF });
  world.done({ type: 'OpenExchange', marketId, terms: {} });
  // Lay 10.00 at 1.5 on each: two of three win, each costing 5.00, the third pays 10.00 only if matched: worst unmatched -10.00.
  for (const selectionId of ['1x', '12', 'x2']) {
    order(world, `l${selectionId}`, CY, { marketId, selectionId, side: 'lay', priceMilli: 1_500 });
  }
  assert.deepEqual(wallet(world, CY), [99_000, 1_000]);
  // All matched: -5 - 5 + 10 = 0.
  for (const selectionId of ['1x', '12', 'x2']) order(world, `b${selectionId}`, DI, { marketId, selectionId, priceMilli: 1_500 });
  assert.deepEqual(wallet(world, CY), [100_000, 0]);
  checkExchange(world);
});

test('fill-or-kill fills at least its least size at once or is refused, and never rests', () => {
  const world = worldWithExchange();
  order(world, 'l', CY, { side: 'lay', priceMilli: 2_000, sizeMinor: 600 });
  const kill = { timeInForce: 'fill-or-kill' } as const;
  const refused = refusalOf(order(world, 'x', ANA, { ...kill }));
  assert.deepEqual([refused.code, refused.need, refused.have], ['would_not_fill', 1_000, 600]);
  assert.deepEqual(wallet(world, ANA), [10_000, 0]);
  assert.equal(answerOf(order(world, 'y', ANA, { ...kill, minFillMinor: 600 })), 'OrderPlaced OrdersMatched OrdersReduced');
  assert.deepEqual(wallet(world, ANA), [9_400, 0]);
  assert.equal(openMinor(world, 'y'), 0);
  checkExchange(world);
});

test('orders of one owner never match, neither through a bot', () => {
  for (const [selfTrade, answer, left] of [
    ['cancel-oldest', 'OrderPlaced OrdersReduced', [0, 500]],
    ['cancel-newest', 'self_trade', [1_000, 0]],
  ] as const) {
    const world = worldWithExchange({ selfTrade });
    order(world, 'old', ANA, { side: 'back' });
    const bot = world.ask(
      {
        ...({ type: 'PlaceOrder', orderId: idOf('ord', 'new'), holder: BOT, marketId: WINNER, selectionId: 'home' } as const),
        side: 'lay',
        kind: 'limit',
        priceMilli: 2_000,
        sizeMinor: 500,
        persistence: 'lapse',
        timeInForce: 'rest',
      },
      'bot',
    );
    assert.equal(answerOf(bot), answer);
    assert.deepEqual([openMinor(world, 'old'), openMinor(world, 'new')], left);
    checkExchange(world);
  }
});

test('cancel-newest keeps what was filled before the own order was met', () => {
  const world = worldWithExchange({ selfTrade: 'cancel-newest' });
  order(world, 'other', CY, { side: 'back', priceMilli: 1_900, sizeMinor: 400 });
  order(world, 'own', ANA, { side: 'back', priceMilli: 2_000 });
  assert.equal(answerOf(order(world, 'new', ANA, { side: 'lay', priceMilli: 2_000 })), 'OrderPlaced OrdersMatched OrdersReduced');
  assert.deepEqual(matched(world), [[idOf('ord', 'other'), 1_900, 400]]);
  assert.deepEqual([openMinor(world, 'own'), openMinor(world, 'new')], [1_000, 0]);
  checkExchange(world);
});

test('CancelOrder takes all or a part, gives the hold back, and keeps the place in the queue', () => {
  const world = worldWithExchange();
  order(world, 'first', ANA);
  order(world, 'second', BEA);
  assert.equal(answerOf(cancel(world, 'first', ANA, 400)), 'OrdersReduced');
  assert.deepEqual(wallet(world, ANA), [9_400, 600]);
  order(world, 'l', CY, { side: 'lay', sizeMinor: 700 });
  assert.deepEqual(matched(world), [
    [idOf('ord', 'first'), 2_000, 600],
    [idOf('ord', 'second'), 2_000, 100],
  ]);
  assert.equal(answerOf(cancel(world, 'second', ANA)), 'not_found');
  assert.equal(answerOf(cancel(world, 'second', BEA)), 'OrdersReduced');
  assert.equal(answerOf(cancel(world, 'second', BEA)), 'not_found');
  assert.deepEqual(wallet(world, BEA), [9_900, 0]);
  checkExchange(world);
});

test('ReplaceOrder moves what is left to another price with one hold, or changes nothing', () => {
  const world = worldWithExchange();
  // All of Ana's money: 100.00 at stake, and it moves all the same.
  order(world, 'a', ANA, { sizeMinor: 10_000 });
  assert.equal(answerOf(replace(world, ['a', 'b'], ANA, 2_500)), 'OrdersReduced OrderPlaced');
  assert.deepEqual([openMinor(world, 'a'), openMinor(world, 'b')], [0, 10_000]);
  assert.deepEqual(wallet(world, ANA), [0, 10_000]);
  assert.equal(answerOf(replace(world, ['b', 'c'], ANA, 2_501)), 'price_not_on_ladder');
  assert.equal(answerOf(replace(world, ['b', 'b'], ANA, 2_000)), 'already_resolved');
  // A lay of 50.00 at 2.0 holds 50.00; at 4.0 it would need 150.00.
  order(world, 'l', BEA, { selectionId: 'away', side: 'lay', sizeMinor: 5_000 });
  assert.equal(answerOf(replace(world, ['l', 'm'], BEA, 4_000)), 'insufficient_funds');
  assert.deepEqual([openMinor(world, 'l'), openMinor(world, 'm')], [5_000, 0]);
  assert.deepEqual(wallet(world, BEA), [5_000, 5_000]);
  checkExchange(world);
});

test('PlaceOrder says what is wrong and changes nothing', () => {
  const world = worldWithExchange({ stakeStepMinor: 10 });
  const before = world.events.length;
  for (const [wish, code] of [
    [{ priceMilli: 2_010 }, 'price_not_on_ladder'],
    [{ priceMilli: 2_000_000 }, 'price_not_on_ladder'],
    [{ sizeMinor: 90 }, 'stake_below_min'],
    [{ sizeMinor: 105 }, 'step_invalid'],
    [{ sizeMinor: 10.5 }, 'step_invalid'],
    [{ sizeMinor: 10_000_010 }, 'stake_above_max'],
    [{ sizeMinor: 10_010 }, 'insufficient_funds'],
    [{ side: 'lay', priceMilli: 12_000 }, 'insufficient_funds'],
    [{ ifMarketVersion: 7 }, 'version_conflict'],
    [{ selectionId: 'nobody' }, 'not_found'],
    [{ marketId: 'x' }, 'not_found'],
    [{ minFillMinor: 5 }, 'malformed'],
    [{ kind: 'market-on-close' }, 'malformed'],
    [{ kind: 'limit-on-close', timeInForce: 'fill-or-kill' }, 'malformed'],
    [{ kind: 'limit-on-close', side: 'lay', sizeMinor: 990 }, 'stake_below_min'],
    [{ side: 'up' as 'lay' }, 'malformed'],
  ] as const) {
    assert.equal(answerOf(order(world, 'x', ANA, wish)), code, JSON.stringify(wish));
  }
  assert.equal(answerOf(order(world, 'x', BEA, { holder: ANA })), 'not_found');
  assert.equal(world.events.length, before);
  order(world, 'x', ANA);
  assert.equal(answerOf(order(world, 'x', ANA)), 'already_resolved');
  world.done({ type: 'SetLimits', limits: { openOrdersMax: 1 } });
  assert.equal(answerOf(order(world, 'y', ANA)), 'limit_user');
  world.done({ type: 'Halt', scope: 'bets', reason: 'x' });
  assert.equal(answerOf(order(world, 'y', BEA)), 'gate_halted');
  assert.equal(answerOf(cancel(world, 'x', ANA)), 'OrdersReduced');
  world.done({ type: 'Resume', scope: 'bets', reason: 'x' });
  world.done({ type: 'SuspendMarket', target: WINNER, reason: 'x' });
  assert.equal(answerOf(order(world, 'y', BEA)), 'market_suspended');
  world.done({ type: 'CloseMarket', target: WINNER, reason: 'x' });
  assert.equal(answerOf(order(world, 'y', BEA)), 'market_closed');
});

test('a price that is no whole number is on no ladder, whatever it turns into when it is compared', () => {
  const world = worldWithExchange();
  for (const price of [2_000.5, NaN, '2000', [2_000], { toString: 1, valueOf: 1 }, true, undefined])
    assert.equal(answerOf(order(world, 'x', ANA, { priceMilli: price as number })), 'price_not_on_ladder', typeof price);
});
