import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HonestOrder, type Side } from './honest-order.ts';
import { type MarketResult, profitMinor } from './profit.ts';
import { reducedPrice } from './withdrawal.ts';

function orderWith(side: Side, ...fills: [priceMilli: number, sizeMinor: number][]): HonestOrder {
  const terms = { kind: 'limit', priceMilli: 2_000, sizeMinor: 1_000_000, persistence: 'lapse' } as const;
  const order = new HonestOrder({ orderId: 'o', selectionId: 1, handicap: 0, side, terms }, 0, 0);
  for (const [priceMilli, sizeMinor] of fills) order.addFill({ at: 0, priceMilli, sizeMinor, liquidity: 'maker' });
  return order;
}
const WIN: MarketResult = { places: 1, winners: 1 };

test('profitMinor() by hand: wins, losses, dead heats, places and each-way, one rounding an order', () => {
  const table: [Side, [number, number][], string, MarketResult, number | null][] = [
    ['back', [[3_500, 1_000]], 'WINNER', WIN, 2_500],
    ['lay', [[3_500, 1_000]], 'WINNER', WIN, -2_500],
    ['back', [[3_500, 1_000]], 'LOSER', WIN, -1_000],
    ['lay', [[3_500, 1_000]], 'LOSER', WIN, 1_000],
    ['back', [[3_500, 1_000]], 'REMOVED', WIN, -1_000], // a withdrawn runner's fills are gone before
    ['back', [[3_500, 1_000]], 'ACTIVE', WIN, null],
    // 3 x 1.33 + 4 x 1.66 = 10.63: floor for who receives, ceiling for who owes.
    [
      'back',
      [
        [1_330, 3],
        [1_660, 4],
      ],
      'WINNER',
      WIN,
      3,
    ],
    [
      'lay',
      [
        [1_330, 3],
        [1_660, 4],
      ],
      'WINNER',
      WIN,
      -4,
    ],
    // Two share one place: half of 10 x 3.5 comes back.
    ['back', [[3_500, 1_000]], 'WINNER', { places: 1, winners: 2 }, 750],
    ['lay', [[3_500, 1_000]], 'WINNER', { places: 1, winners: 2 }, -750],
    // Three share two places: 2/3 of 10.00 x 2.5 = 16.66
    ['back', [[2_500, 1_000]], 'WINNER', { places: 2, winners: 3 }, 666],
    ['lay', [[2_500, 1_000]], 'WINNER', { places: 2, winners: 3 }, -667],
    // Each way at 9.0, a quarter of the odds: win 80 + place 20; placed 20 - 10; lost both stakes.
    ['back', [[9_000, 1_000]], 'WINNER', { ...WIN, eachWayDivisor: 4 }, 10_000],
    ['back', [[9_000, 1_000]], 'PLACED', { ...WIN, eachWayDivisor: 4 }, 1_000],
    ['back', [[9_000, 1_000]], 'LOSER', { ...WIN, eachWayDivisor: 4 }, -2_000],
    ['lay', [[9_000, 1_000]], 'PLACED', { ...WIN, eachWayDivisor: 4 }, -1_000],
  ];
  for (const [side, fills, status, result, want] of table)
    assert.equal(profitMinor(orderWith(side, ...fills), status, result), want, `${side} ${JSON.stringify(fills)} ${status}`);
});

test('a lay mirrors a back but for the rounding, which neither gains by', () => {
  const fill = fc.tuple(fc.integer({ min: 1_010, max: 1_000_000 }), fc.integer({ min: 1, max: 200_000 }));
  const result = fc.record({ places: fc.integer({ min: 1, max: 3 }), winners: fc.integer({ min: 1, max: 5 }) });
  fc.assert(
    fc.property(fc.array(fill, { maxLength: 5 }), result, fc.constantFrom('WINNER', 'LOSER'), (fills, result, status) => {
      const back = profitMinor(orderWith('back', ...fills), status, result) as number;
      const lay = profitMinor(orderWith('lay', ...fills), status, result) as number;
      assert.ok(back + lay === 0 || back + lay === -1, `${back} + ${lay}`);
    }),
    { seed: 20 },
  );
});

test('reducedPrice() gives the published examples', () => {
  // support.betfair.com 408: 8.6 with 16.2 % is 7.21; 406: 8.0 with 25 % is 6.0 to win and 6.25 for a place.
  assert.equal(reducedPrice(8_600, 16_200, 'win'), 7_210);
  assert.equal(reducedPrice(8_000, 25_000, 'win'), 6_000);
  assert.equal(reducedPrice(8_000, 25_000, 'place'), 6_250);
  assert.equal(reducedPrice(4_000, 9_690, 'win'), 3_610);
  assert.equal(reducedPrice(8_000, 2_499, 'win'), 8_000);
  assert.equal(reducedPrice(8_000, 2_499, 'place'), 7_830); // 1 + 7 x 0.97501 = 7.825...
  assert.equal(reducedPrice(1_050, 50_000, 'win'), 1_010);
});
