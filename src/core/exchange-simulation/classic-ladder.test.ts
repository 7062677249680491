import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOnLadder } from './classic-ladder.ts';

test('isOnLadder() takes the 350 prices of the classic ladder, and every hundredth of the finest', () => {
  let classic = 0;
  let finest = 0;
  for (let price = 0; price <= 1_010_000; price++) {
    if (isOnLadder(price, 'CLASSIC')) classic++;
    if (isOnLadder(price, 'FINEST')) finest++;
  }
  assert.equal(classic, 350);
  assert.equal(finest, 99_900); // 1.01 to 1000
});

test('isOnLadder() knows the steps at their borders', () => {
  const on = [
    1_010, 1_990, 2_000, 2_020, 3_000, 3_050, 4_000, 4_100, 6_000, 6_200, 10_000, 10_500, 20_000, 21_000, 30_000, 32_000, 50_000,
    55_000, 100_000, 110_000, 1_000_000,
  ];
  const off = [1_000, 1_005, 2_010, 3_020, 4_050, 6_100, 10_200, 20_500, 31_000, 52_000, 105_000, 1_010_000, 1_500.5];
  for (const price of on) assert.equal(isOnLadder(price, 'CLASSIC'), true, String(price));
  for (const price of off) assert.equal(isOnLadder(price, 'CLASSIC'), false, String(price));
  assert.equal(isOnLadder(2_000, 'LINE_RANGE'), false);
});
