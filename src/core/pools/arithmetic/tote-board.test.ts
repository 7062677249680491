import assert from 'node:assert/strict';
import { test } from 'node:test';
import { marketRules } from '../pools-for-tests.ts';
import { toteBoard } from './tote-board.ts';

test('toteBoard() shows what a unit would be paid if each selection won', () => {
  // 200.00 staked, 20.00 of it on who was taken out: 180.00; 15 % 27.00, 2 % 3.60; 10.00 carried in: 159.40
  const rules = marketRules({ takeoutPpm: 150_000, creatorFeePpm: 20_000, breakage: { stepMinor: 10, to: 'house' } });
  const market = { bet: 'win', places: 1, runners: ['a', 'b', 'c'] } as const;
  const board = toteBoard({ rules, market, unitsOn: { a: 20, b: 60, c: 120 }, scratched: ['a'], carryInMinor: 1_000 });
  assert.deepEqual(board, {
    grossMinor: 18_000,
    takeoutMinor: 2_700,
    creatorFeeMinor: 360,
    netMinor: 15_940,
    // 159.40 / 60 = 2.6566 -> 2.60; / 120 = 1.3283 -> 1.30
    selections: [
      { selectionId: 'b', units: 60, dividendMinor: 260 },
      { selectionId: 'c', units: 120, dividendMinor: 130 },
    ],
  });
  const place = toteBoard({
    rules,
    market: { ...market, bet: 'place', places: 2 },
    unitsOn: { b: 60 },
    scratched: [],
    carryInMinor: 0,
  });
  // 60.00 - 9.00 - 1.20 = 49.80; one place of two 24.90; / 60 = 0.415 -> 0.40
  assert.equal(place.selections[0]?.dividendMinor, 40);
});
