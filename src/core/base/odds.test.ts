import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatOdds, isOddsMilli, ODDS_MILLI_MAX, ODDS_MILLI_MIN, parseOdds } from './odds.ts';

test('parseOdds() reads plain decimals exactly', () => {
  const rows: [string, number][] = [
    ['1.95', 1950],
    ['3', 3000],
    ['8.0', 8000],
    [' 2.5 ', 2500],
    ['1.001', 1001],
    ['1000', 1_000_000],
    ['1000.000', 1_000_000],
    ['1.1000000', 1100],
    ['4.015', 4015], // 4.015 * 1000 is 4014.9999999999995 in floats
  ];
  for (const [text, milli] of rows) assert.equal(parseOdds(text), milli, text);
});

test('parseOdds() answers null for what is not a price', () => {
  const bad = [
    '',
    ' ',
    '1',
    '1.0',
    '1.000',
    '0',
    '0.5',
    '-2',
    '+2',
    '1000.001',
    '1001',
    '10000',
    '2.0005',
    '2.',
    '.5',
    '2,5',
    '1e3',
    '0x10',
    'NaN',
    'Infinity',
    '5/2',
    '２.5',
    '2 .5',
    '1.95x',
  ];
  for (const text of bad) assert.equal(parseOdds(text), null, text);
});

test('parseOdds() reads back what formatOdds() prints', () => {
  fc.assert(
    fc.property(fc.integer({ min: ODDS_MILLI_MIN, max: ODDS_MILLI_MAX }), (odds) => parseOdds(formatOdds(odds)) === odds),
  );
  assert.equal(formatOdds(1950), '1.95');
  assert.equal(formatOdds(2000), '2.00');
  assert.equal(formatOdds(1001), '1.001');
});

test('isOddsMilli() takes integers in the limits only', () => {
  for (const bad of [1000, 1_000_001, 1950.5, NaN, '1950', null]) assert.equal(isOddsMilli(bad), false);
  assert.equal(isOddsMilli(ODDS_MILLI_MIN) && isOddsMilli(ODDS_MILLI_MAX), true);
});
