// The starting price with limit orders in the book, and with both sides of one owner, worked out by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ANA, BEA, BOT, idOf, WINNER, type World } from '../kernel/world-for-tests.ts';
import type { NewEvent } from '../kernel/event.ts';
import { checkExchange, CY, DI, escrow, openMinor, order, wallet, worldWithExchange } from './exchange-for-tests.ts';
import { CLASSIC } from './ladder.ts';
import { type AtStartingPrice, makeStartingPrice } from './starting-price-for-tests.ts';

const tick = (milli: number): number => CLASSIC.tickOf(milli);
const off = (world: World): void => {
  world.done({ type: 'TurnInPlay', marketId: WINNER, betDelayMs: 0 });
  world.goTo(world.now);
};
const made = (world: World): NewEvent<'StartingPriceMade'>['data'][] =>
  world.events.filter((e): e is NewEvent<'StartingPriceMade'> => e.type === 'StartingPriceMade').map((e) => e.data);
const atMarket = { kind: 'market-on-close', priceMilli: null } as const;

test('limit lays take what backers at starting price bring, at the price where most is matched and at better than their own', () => {
  const world = worldWithExchange();
  order(world, 'back', ANA, { ...atMarket, sizeMinor: 8_000 });
  order(world, 'lay 3', CY, { side: 'lay', priceMilli: 3_000, sizeMinor: 5_000 });
  order(world, 'lay 2.8', DI, { side: 'lay', priceMilli: 2_800, sizeMinor: 5_000, persistence: 'persist' });
  off(world);
  //   at 3.0: backs 80.00, lays 50.00: 50.00 matched
  //   at 2.8 and all prices below: backs 80.00, lays 100.00: 80.00 matched, 20.00 of lays left over: the highest of them
  assert.equal(made(world)[0]?.priceMilli, 2_800);
  // Who offered 3.0 goes first; both are matched at 2.8: liabilities 50.00 x 1.8 = 90.00 and 30.00 x 1.8 = 54.00.
  assert.deepEqual(made(world)[0]?.limits, [
    [idOf('ord', 'lay 3'), 5_000],
    [idOf('ord', 'lay 2.8'), 3_000],
  ]);
  assert.deepEqual([openMinor(world, 'lay 3'), openMinor(world, 'lay 2.8')], [0, 2_000]);
  assert.equal(escrow(world), 8_000 + 9_000 + 5_400);
  assert.deepEqual([wallet(world, ANA), wallet(world, CY), wallet(world, DI)], [[2_000, 0], [91_000, 0], [91_000, 3_600]]); // prettier-ignore
  checkExchange(world);
});

test('limit backs take what layers at starting price bring', () => {
  const world = worldWithExchange();
  order(world, 'lay', CY, { ...atMarket, side: 'lay', sizeMinor: 30_000 });
  order(world, 'back', ANA, { ...atMarket, sizeMinor: 1_000 });
  order(world, 'limit', BEA, { priceMilli: 7_000, sizeMinor: 6_000 });
  off(world);
  //   at 7.0: backs 10.00 + 60.00, lays 300.00 / 6 = 50.00: 50.00 matched; above it lays are less, below it backs are 10.00
  assert.equal(made(world)[0]?.priceMilli, 7_000);
  assert.deepEqual(made(world)[1]?.orders, [
    [idOf('ord', 'back'), 1_000],
    [idOf('ord', 'lay'), 5_000],
  ]);
  assert.deepEqual(made(world)[0]?.limits, [[idOf('ord', 'limit'), 4_000]]);
  // The rest of it lapses at the off; 20.00 come back.
  assert.deepEqual([wallet(world, ANA), wallet(world, BEA), wallet(world, CY)], [[9_000, 0], [6_000, 0], [70_000, 0]]); // prettier-ignore
  assert.equal(escrow(world), 1_000 + 4_000 + 30_000);
  checkExchange(world);
});

test('a limit order that the starting price does not suit stays out of it', () => {
  const world = worldWithExchange();
  order(world, 'lay', CY, { ...atMarket, side: 'lay', sizeMinor: 2_000 });
  order(world, 'back', ANA, { ...atMarket, sizeMinor: 1_000 });
  order(world, 'dear', BEA, { priceMilli: 3_050, sizeMinor: 500, persistence: 'persist' });
  order(world, 'cheap', DI, { side: 'lay', priceMilli: 2_980, sizeMinor: 500, persistence: 'persist' });
  off(world);
  // Stakes of 10.00 against liability of 20.00 balance at 3.0; 3.05 asks more, 2.98 gives less.
  assert.deepEqual(
    made(world).map(({ limits, priceMilli }) => [priceMilli, limits]),
    [[3_000, undefined]],
  );
  assert.deepEqual([openMinor(world, 'dear'), openMinor(world, 'cheap')], [500, 500]);
  checkExchange(world);
});

test('orders of one owner do not meet at the starting price: his lays end, his limit orders stay out of it', () => {
  const world = worldWithExchange();
  // Without the rule Ana and her bot would set 10.0 and take part with 10.00 and 90.00 of liability.
  order(world, 'ana', ANA, { kind: 'limit-on-close', priceMilli: 10_000, sizeMinor: 1_000 });
  world.done({ type: 'IssueFunds', holder: BOT, ownerId: ANA, tenantId: 'ten_00000000000000000000000001', amountMinor: 20_000 }); // prettier-ignore
  world.ask({ ...botLay(9_000) }, 'bot', { ownerId: ANA });
  order(world, 'bea', BEA, { ...atMarket, sizeMinor: 1_000 });
  order(world, 'cy', CY, { ...atMarket, side: 'lay', sizeMinor: 2_000 });
  off(world);
  assert.equal(made(world)[0]?.priceMilli, 3_000);
  const ended = world.events.find((e): e is NewEvent<'OrdersReduced'> => e.type === 'OrdersReduced');
  assert.deepEqual([ended?.data.reason, ended?.data.orders], ['self_trade', [[idOf('ord', 'bot'), 9_000]]]);
  assert.deepEqual([wallet(world, ANA), wallet(world, BOT)], [[10_000, 0], [25_000, 0]]); // prettier-ignore
  checkExchange(world);
});

test('an owner with a limit lay does not fill his own back at starting price', () => {
  const world = worldWithExchange();
  order(world, 'back', ANA, { ...atMarket, sizeMinor: 1_000 });
  order(world, 'own lay', ANA, { side: 'lay', priceMilli: 5_000, sizeMinor: 1_000, persistence: 'persist' });
  order(world, 'lay', CY, { side: 'lay', priceMilli: 4_000, sizeMinor: 400 });
  off(world);
  assert.deepEqual(
    made(world).map(({ limits, orders, priceMilli }) => [priceMilli, orders, limits]),
    [
      [4_000, [], [[idOf('ord', 'lay'), 400]]],
      [4_000, [[idOf('ord', 'back'), 400]], undefined],
    ],
  );
  assert.equal(openMinor(world, 'own lay'), 1_000);
  checkExchange(world);
});

function botLay(sizeMinor: number): Parameters<World['ask']>[0] {
  const orderId = idOf('ord', 'bot');
  return { type: 'PlaceOrder', orderId, holder: BOT, marketId: WINNER, selectionId: 'home', side: 'lay', kind: 'limit-on-close', priceMilli: 10_000, sizeMinor, persistence: 'lapse', timeInForce: 'rest' }; // prettier-ignore
}

/** The rule as it is written, price by price and order by order. */
function naive(backs: readonly AtStartingPrice[], lays: readonly AtStartingPrice[]): { tick: number; matched: number } | null {
  const found: { tick: number; matched: number; surplus: number }[] = [];
  for (let at = 0; at < CLASSIC.ticks; at++) {
    const price = CLASSIC.milliOf(at);
    let back = 0n;
    let liability = 0n;
    let lay = 0n;
    for (const b of backs) if (b.tick <= at) back += BigInt(b.sizeMinor);
    for (const l of lays) {
      if (l.tick < at) continue;
      if (l.isStake) lay += BigInt(l.sizeMinor);
      else liability += BigInt(l.sizeMinor);
    }
    lay += (liability * 1_000n) / BigInt(price - 1_000);
    const matched = Number(back < lay ? back : lay);
    if (matched > 0) found.push({ tick: at, matched, surplus: Math.abs(Number(back - lay)) });
  }
  const most = Math.max(...found.map((f) => f.matched));
  const best = found.filter((f) => f.matched === most);
  const least = Math.min(...best.map((f) => f.surplus));
  const equal = best.filter((f) => f.surplus === least);
  if (equal.length === 0) return null;
  const chosen = equal.at(-1) as (typeof equal)[number];
  return { tick: chosen.tick, matched: chosen.matched };
}

test('makeStartingPrice() is the price that the rule gives order by order, keeps to limits and matches both sides alike', () => {
  const back = fc.record({ tick: fc.integer({ min: 0, max: 349 }), sizeMinor: fc.integer({ min: 1, max: 100_000 }) });
  const lay = fc.record({ tick: fc.integer({ min: 0, max: 349 }), sizeMinor: fc.integer({ min: 1, max: 1_000_000 }), isStake: fc.constantFrom(undefined, true as const) }); // prettier-ignore
  const lists = fc.tuple(fc.array(back, { maxLength: 8 }), fc.array(lay, { maxLength: 8 }));
  let matchedSome = 0;
  fc.assert(
    fc.property(lists, ([backs, some]) => {
      const lays = some.map(({ isStake, ...rest }): AtStartingPrice => (isStake ? { ...rest, isStake } : rest));
      const price = makeStartingPrice(CLASSIC, backs, lays);
      const wanted = naive(backs, lays);
      assert.equal(price?.tick, wanted?.tick);
      if (!price || !wanted) return;
      matchedSome++;
      const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);
      assert.equal(sum(price.backs), sum(price.lays));
      // Roundings of single liabilities may cost a minor unit each.
      assert.ok(sum(price.backs) <= wanted.matched && sum(price.backs) >= wanted.matched - lays.length);
      backs.forEach((b, i) => assert.ok(price.backs[i] === 0 || b.tick <= price.tick));
      lays.forEach((l, i) => {
        const cost = l.isStake ? price.lays[i]! : (price.lays[i]! * (CLASSIC.milliOf(price.tick) - 1_000)) / 1_000;
        assert.ok(price.lays[i] === 0 || (l.tick >= price.tick && cost <= l.sizeMinor));
      });
    }),
    { numRuns: 500 },
  );
  assert.ok(matchedSome > 100);
  assert.equal(tick(1_010), 0);
});
