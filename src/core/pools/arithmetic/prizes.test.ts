// Points and prizes of a bolão against tables worked by hand: the arithmetic stands beside each row, amounts in cents.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { PoolRules } from '../state/pool-rules.ts';
import { factorOf, pointsOf } from './points.ts';
import { prizesOf, type Standing } from './prizes.ts';

type Rules = Pick<PoolRules, 'breakage' | 'noWinner' | 'oddCents' | 'prize'>;
const PLAIN: Rules = {
  breakage: { stepMinor: 1, to: 'house' },
  noWinner: 'refund',
  oddCents: 'earliest-entry',
  prize: { kind: 'winner' },
};
const PLACES = { kind: 'places', sharesPpm: [500_000, 300_000, 200_000] } as const;

/** [points, entries, each, odd] of those that are paid; null when nobody won. */
function paid(netMinor: number, standing: Standing, rules: Partial<Rules> = {}) {
  const prizes = prizesOf({ netMinor, standing, rules: { ...PLAIN, ...rules } });
  return prizes && prizes.prizes.map(({ eachMinor, entries, oddMinor, points }) => [points, entries, eachMinor, oddMinor]);
}

test('pointsOf() counts the best rule only: exact 10, difference 7, result 5, goals of one team 2', () => {
  const scoring = { exact: 10, difference: 7, result: 5, oneTeamGoals: 2 };
  const table: readonly (readonly [pick: string, score: string, points: number])[] = [
    ['2-1', '2-1', 10],
    ['0-0', '0-0', 10],
    ['3-2', '2-1', 7], // won by one
    ['1-1', '2-2', 7], // a draw has the difference 0
    ['3-1', '2-1', 5], // the winner, and the away team's goals, which adds nothing
    ['0-3', '1-2', 5], // the winner: lost by three, not by one
    ['1-1', '1-0', 2], // the home team's goals
    ['0-2', '3-2', 2], // the away team's goals
    ['0-2', '3-1', 0],
    ['1-1', '2-0', 0],
  ];
  const goals = (text: string) => ({ home: Number(text[0]), away: Number(text[2]) });
  for (const [pick, score, points] of table) {
    assert.equal(pointsOf(goals(pick), goals(score), scoring, 1), points, `${pick} for ${score}`);
    assert.equal(pointsOf(goals(pick), goals(score), scoring, 3), points * 3);
  }
  const staged = { ...scoring, factorByStage: { final: 3 } };
  assert.deepEqual([factorOf(staged, 'final'), factorOf(staged, 'group'), factorOf(staged, undefined)], [3, 1, 1]);
  assert.deepEqual([factorOf(staged, 'toString'), factorOf(scoring, 'final')], [1, 1]);
});

test('winner takes all; who ties shares, and odd cents are those of the earliest', () => {
  assert.deepEqual(
    paid(10_000, [
      [30, 1],
      [20, 5],
    ]),
    [[30, 1, 10_000, 0]],
  );
  // 100.00 / 3 = 33.33, one cent left.
  assert.deepEqual(
    paid(10_000, [
      [30, 3],
      [20, 5],
    ]),
    [[30, 3, 3_333, 1]],
  );
  const rounded = prizesOf({ netMinor: 10_000, standing: [[30, 3]], rules: { ...PLAIN, oddCents: 'rounding' } });
  assert.deepEqual([rounded?.prizes[0]?.oddMinor, rounded?.roundingMinor, rounded?.breakageMinor], [0, 1, 0]);
  // To full tenths: 33.30 each, 0.10 is breakage.
  const broken = prizesOf({
    netMinor: 10_000,
    standing: [[30, 3]],
    rules: { ...PLAIN, breakage: { stepMinor: 10, to: 'house' } },
  });
  assert.deepEqual([broken?.prizes[0]?.eachMinor, broken?.breakageMinor], [3_330, 10]);
});

test('places 50/30/20: entries that tie share the places they hold together', () => {
  // 100.00: 50.00, 30.00, 20.00
  assert.deepEqual(
    paid(
      10_000,
      [
        [9, 1],
        [8, 1],
        [7, 1],
        [6, 4],
      ],
      { prize: PLACES },
    ),
    [
      [9, 1, 5_000, 0],
      [8, 1, 3_000, 0],
      [7, 1, 2_000, 0],
    ],
  );
  // Three tie for 2nd: they hold places 2, 3 and 4: 30 + 20 + 0 = 50 %: 50.00 / 3 = 16.66, two cents left.
  assert.deepEqual(
    paid(
      10_000,
      [
        [9, 1],
        [8, 3],
        [7, 1],
      ],
      { prize: PLACES },
    ),
    [
      [9, 1, 5_000, 0],
      [8, 3, 1_666, 2],
    ],
  );
  // Two tie for 1st: 80 % / 2 = 40.00 each; the next is third with 20.00.
  assert.deepEqual(
    paid(
      10_000,
      [
        [9, 2],
        [8, 1],
      ],
      { prize: PLACES },
    ),
    [
      [9, 2, 4_000, 0],
      [8, 1, 2_000, 0],
    ],
  );
  // Only two have points: the 20 % of the third go to them as 50 : 30. 100.00 * 50 / 80 = 62.50, the rest 37.50.
  assert.deepEqual(
    paid(
      10_000,
      [
        [9, 1],
        [8, 1],
        [0, 7],
      ],
      { prize: PLACES },
    ),
    [
      [9, 1, 6_250, 0],
      [8, 1, 3_750, 0],
    ],
  );
});

test('proportional: by points, of those with enough', () => {
  const prize = { kind: 'proportional', minPoints: 10 } as const;
  // 20 + 2 * 15 = 50 points with 10 or more: 100.00 * 20 / 50 = 40.00, 30.00 each of the others; 9 points are too few.
  assert.deepEqual(
    paid(
      10_000,
      [
        [20, 1],
        [15, 2],
        [9, 4],
      ],
      { prize },
    ),
    [
      [20, 1, 4_000, 0],
      [15, 2, 3_000, 0],
    ],
  );
  // 11 + 10 = 21 points: 100.00 * 11 / 21 = 52.38 and * 10 / 21 = 47.61; the odd cent is the first one's.
  assert.deepEqual(
    paid(
      10_000,
      [
        [11, 1],
        [10, 1],
      ],
      { prize },
    ),
    [
      [11, 1, 5_239, 0],
      [10, 1, 4_761, 0],
    ],
  );
});

test('equal shares are equal prizes; what all of them leave over is breakage, rounding or a cent each for the first', () => {
  // 403.99: a quarter is 100.9975 -> 100.99 -> 100.00 each, four times 0.99 and three cents over: 3.99.
  const prize = { kind: 'places', sharesPpm: [250_000, 250_000, 250_000, 250_000] } as const;
  const standing = [4, 3, 2, 1].map((points) => [points, 1] as const);
  const result = prizesOf({ netMinor: 40_399, standing, rules: { ...PLAIN, prize, breakage: { stepMinor: 100, to: 'house' } } });
  assert.deepEqual(
    result?.prizes.map(({ eachMinor }) => eachMinor),
    [10_000, 10_000, 10_000, 10_000],
  );
  assert.deepEqual([result?.breakageMinor, result?.roundingMinor], [399, 0]);
  // At a step of one: three cents over, one each for the first three.
  const fine = { ...PLAIN, prize };
  assert.deepEqual(
    paid(40_399, standing, fine)?.map(([, , each]) => each),
    [10_100, 10_100, 10_100, 10_099],
  );
  const apart = prizesOf({ netMinor: 40_399, standing, rules: { ...fine, oddCents: 'rounding' } });
  assert.deepEqual(
    [apart?.prizes.map(({ eachMinor }) => eachMinor), apart?.roundingMinor],
    [[10_099, 10_099, 10_099, 10_099], 3],
  );
});

test('nobody won without a point or without enough, unless the rules pay the nearest', () => {
  const prize = { kind: 'proportional', minPoints: 10 } as const;
  assert.equal(paid(10_000, [[0, 4]]), null);
  assert.equal(
    paid(
      10_000,
      [
        [9, 2],
        [8, 1],
      ],
      { prize },
    ),
    null,
  );
  assert.deepEqual(paid(10_000, [[0, 4]], { noWinner: 'nearest' }), [[0, 4, 2_500, 0]]);
  assert.deepEqual(
    paid(
      10_000,
      [
        [9, 2],
        [8, 1],
      ],
      { prize, noWinner: 'nearest' },
    ),
    [[9, 2, 5_000, 0]],
  );
});

test('prizesOf() gives away the net to the cent, and never more to fewer points but for an odd cent', () => {
  const standing = fc
    .uniqueArray(fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 50 })), {
      selector: ([points]) => points,
      minLength: 1,
      maxLength: 20,
    })
    .map((groups) => groups.sort(([a], [b]) => b - a));
  const prize: fc.Arbitrary<PoolRules['prize']> = fc.oneof(
    fc.constant({ kind: 'winner' as const }),
    fc.integer({ min: 1, max: 300 }).map((minPoints) => ({ kind: 'proportional' as const, minPoints })),
    fc.constantFrom(PLACES, { kind: 'places' as const, sharesPpm: [250_000, 250_000, 250_000, 150_000, 100_000] }),
  );
  const rules = fc.record({
    breakage: fc.record({ stepMinor: fc.constantFrom(1, 5, 100), to: fc.constant('pool' as const) }),
    noWinner: fc.constantFrom('refund' as const, 'nearest' as const),
    oddCents: fc.constantFrom('earliest-entry' as const, 'rounding' as const),
    prize,
  });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 45 }), standing, rules, (netMinor, its, of) => {
      const result = prizesOf({ netMinor, standing: its, rules: of });
      if (!result) return;
      const spent = result.prizes.reduce((sum, one) => sum + one.entries * one.eachMinor + one.oddMinor, 0);
      assert.equal(spent + result.breakageMinor + result.roundingMinor, netMinor);
      for (const [i, one] of result.prizes.entries()) {
        assert.ok(one.oddMinor < one.entries);
        // Odd cents go to whole parts first, and then to the earliest who share one.
        const odd = of.breakage.stepMinor === 1 && of.oddCents === 'earliest-entry' ? 1 : 0;
        if (i > 0) assert.ok(one.eachMinor <= (result.prizes[i - 1]?.eachMinor ?? 0) + odd);
      }
    }),
  );
});
