import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { AMOUNT_MINOR_MAX, divideBig, formatMinor, isAmount, isCurrency, mulDiv, toSafe } from './money.ts';

const safe = fc.oneof(fc.nat({ max: 1000 }), fc.nat({ max: 2 ** 31 - 1 }), fc.maxSafeNat());

test('mulDiv() equals exact integer division, or crashes when the answer is no safe integer', () => {
  fc.assert(
    fc.property(
      safe,
      safe,
      safe.filter((c) => c > 0),
      fc.constantFrom('floor' as const, 'ceil' as const),
      (a, b, c, round) => {
        const product = BigInt(a) * BigInt(b);
        const exact = round === 'floor' ? product / BigInt(c) : (product + BigInt(c) - 1n) / BigInt(c);
        if (exact > BigInt(Number.MAX_SAFE_INTEGER)) assert.throws(() => mulDiv(a, b, c, round), /beyond exact integers/);
        else assert.equal(BigInt(mulDiv(a, b, c, round)), exact);
      },
    ),
    { numRuns: 2000 },
  );
});

test('mulDiv() is exact on both sides of 2^53', () => {
  // 94,906,267^2 = 9,007,199,515,875,289 is just above 2^53 = 9,007,199,254,740,992
  assert.equal(mulDiv(94_906_267, 94_906_267, 1000, 'floor'), 9_007_199_515_875);
  assert.equal(mulDiv(94_906_267, 94_906_267, 1000, 'ceil'), 9_007_199_515_876);
  assert.equal(mulDiv(Number.MAX_SAFE_INTEGER, 1, 1, 'ceil'), Number.MAX_SAFE_INTEGER);
  assert.equal(mulDiv(Number.MAX_SAFE_INTEGER, 7, 7, 'floor'), Number.MAX_SAFE_INTEGER);
  assert.equal(mulDiv(7, 0, 3, 'ceil'), 0);
});

test('divideBig() rounds up only when something is left', () => {
  assert.equal(divideBig(6n, 3n, 'ceil'), 2n);
  assert.equal(divideBig(7n, 3n, 'ceil'), 3n);
  assert.equal(divideBig(7n, 3n, 'floor'), 2n);
});

test('toSafe() crashes beyond exact integers', () => {
  assert.equal(toSafe(9_007_199_254_740_991n), Number.MAX_SAFE_INTEGER);
  assert.throws(() => toSafe(9_007_199_254_740_992n));
});

test('isAmount() takes positive integers up to the limit only', () => {
  for (const good of [1, 100, AMOUNT_MINOR_MAX]) assert.equal(isAmount(good), true);
  for (const bad of [0, -0, -1, 0.5, NaN, Infinity, AMOUNT_MINOR_MAX + 1, '1', 1n, null])
    assert.equal(isAmount(bad), false, String(bad));
});

test('isCurrency() is not fooled by names that every object has', () => {
  assert.equal(isCurrency('USDT'), true);
  for (const bad of ['usdt', 'toString', '__proto__', 'constructor', '', 7]) assert.equal(isCurrency(bad), false);
});

test('formatMinor() places the point for the currency', () => {
  assert.equal(formatMinor(1234, 'PLAY'), '12.34');
  assert.equal(formatMinor(-5, 'EUR'), '-0.05');
  assert.equal(formatMinor(0, 'BRL'), '0.00');
  assert.equal(formatMinor(1, 'BTC'), '0.00000001');
  assert.equal(formatMinor(1_234_567, 'USDT'), '1.234567');
});
