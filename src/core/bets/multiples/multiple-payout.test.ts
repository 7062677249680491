// Every system against a table worked by hand and against a brute-force oracle that lists all lines and adds exact fractions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ODDS_MILLI_MAX, ODDS_MILLI_MIN } from '../../base/odds.ts';
import { HALF_LOST, HALF_WON, LOST, type Outcome, PUSH, WON } from '../../settlement/outcome.ts';
import { payoutMinor } from '../payout.ts';
import { legFactor, multiplePayout } from './multiple-payout.ts';
import { legsOf, linesOf, smallestLine, type System, SYSTEMS } from './systems.ts';

type Leg = readonly [oddsMilli: number, outcome: Outcome];

function returned(system: System, stakePerLineMinor: number, legs: readonly Leg[]): number {
  const factors = legs.map(([odds, outcome]) => legFactor(odds, outcome));
  return Number(multiplePayout({ system, stakePerLineMinor, factors }, 'floor'));
}

test('linesOf() is the number of bets that each system is known for', () => {
  const known: [System, legs: number, lines: number][] = [
    ['double', 2, 1],
    ['treble', 3, 1],
    ['trixie', 3, 4], // 3 doubles, 1 treble
    ['patent', 3, 7], // and 3 singles
    ['yankee', 4, 11], // 6 doubles, 4 trebles, 1 fourfold
    ['lucky15', 4, 15], // and 4 singles
    ['canadian', 5, 26], // 10 + 10 + 5 + 1
    ['lucky31', 5, 31],
    ['heinz', 6, 57], // 15 + 20 + 15 + 6 + 1
    ['lucky63', 6, 63],
    ['accumulator', 2, 1],
    ['accumulator', 20, 1],
  ];
  for (const [system, legs, lines] of known) {
    assert.equal(linesOf(system, legs), lines, system);
    const [min, max] = legsOf(system);
    assert.ok(min <= legs && legs <= max, system);
  }
  assert.deepEqual(new Set(known.map(([system]) => system)), new Set(SYSTEMS));
});

test('multiplePayout() returns what the hand-worked table says', () => {
  const a: Leg = [2_000, WON];
  const b: Leg = [3_000, WON];
  const c: Leg = [1_500, WON];
  const d: Leg = [4_000, WON];
  const lost: Leg = [5_000, LOST];
  const void2: Leg = [2_000, PUSH];
  const half: Leg = [1_900, HALF_WON]; // 1.45
  const halfLost: Leg = [1_900, HALF_LOST]; // 0.5
  const rows: [system: System, stake: number, legs: Leg[], returned: number, note: string][] = [
    ['double', 1_000, [a, b], 6_000, '2 * 3 = 6'],
    ['double', 1_000, [a, lost], 0, ''],
    ['double', 1_000, [a, void2], 2_000, 'void leg: a single at 2'],
    ['double', 1_000, [half, halfLost], 725, '1.45 * 0.5 = 0.725'],
    ['treble', 1_000, [a, b, c], 9_000, '2 * 3 * 1.5 = 9'],
    ['treble', 1_000, [a, b, half], 8_700, '6 * 1.45 = 8.7'],
    ['treble', 1_000, [void2, void2, void2], 1_000, 'all legs void: the stake'],
    ['trixie', 100, [a, b, c], 2_250, '6 + 3 + 4.5 + 9 = 22.5'],
    ['trixie', 100, [a, b, lost], 600, 'one double of 6'],
    ['trixie', 100, [a, void2, lost], 200, '2 * 1, and two lost doubles, and the treble'],
    ['trixie', 100, [a, lost, lost], 0, 'no line is left'],
    ['trixie', 100, [void2, void2, void2], 400, 'all four stakes'],
    ['patent', 100, [a, b, c], 2_900, '2 + 3 + 1.5 + 22.5 = 29'],
    ['patent', 100, [lost, b, lost], 300, 'one single of 3'],
    ['patent', 100, [a, void2, halfLost], 800, '2 + 1 + 0.5 + 2 + 1 + 0.5 + 1 = 8'],
    // All lines with one leg and more are the product (1 + f1)(1 + f2)... less 1.
    ['yankee', 100, [a, b, c, d], 13_850, '3 * 4 * 2.5 * 5 = 150; less 1 and the singles 2 + 3 + 1.5 + 4 = 138.5'],
    ['lucky15', 100, [a, lost, lost, lost], 200, 'one single of 2'],
    ['lucky15', 100, [a, b, lost, lost], 1_100, '2 + 3 + 6'],
    ['canadian', 100, [a, a, a, a, a], 23_200, '3^5 = 243; less 1 and five singles of 2 = 232'],
    ['lucky15', 100, [a, b, c, d], 14_900, '150 less 1'],
    ['lucky31', 100, [a, a, a, a, a], 24_200, '243 less 1'],
    ['lucky31', 100, [a, a, void2, void2, lost], 3_500, '3 * 3 * 2 * 2 * 1 = 36; less 1'],
    ['heinz', 10, [a, a, a, a, a, a], 7_160, '3^6 = 729; less 1 and six singles of 2 = 716'],
    ['lucky63', 10, [a, a, a, a, a, a], 7_280, '729 less 1'],
    ['lucky63', 10, [lost, lost, lost, lost, lost, lost], 0, ''],
    ['accumulator', 1_000, [a, b, c, d], 36_000, '2 * 3 * 1.5 * 4 = 36'],
    ['accumulator', 100, [half, half, half], 304, '1.45^3 = 3.048625'],
    ['double', 1, [halfLost, [1_999, WON]], 0, '0.9995 is floored once'],
    [
      'trixie',
      1,
      [halfLost, halfLost, [3_999, WON]],
      5,
      '0.25 + 1.9995 + 1.9995 + 0.99975 = 5.24875; floored line by line it would be 2',
    ],
  ];
  for (const [system, stake, legs, expected, note] of rows)
    assert.equal(returned(system, stake, legs), expected, `${system}: ${note}`);
});

test('a dead heat and a deduction change their leg only', () => {
  const tied: Outcome = { won: [1, 2], back: [0, 1] }; // two share one place
  assert.equal(
    returned('double', 1_000, [
      [5_000, tied],
      [2_000, WON],
    ]),
    5_000,
  ); // 2.5 * 2
  // 25 % off the winnings of 4.0: 1 + 3 * 0.75 = 3.25; with 2.0 it is 6.5
  const factors = [legFactor(4_000, WON, 250_000), legFactor(2_000, WON)];
  assert.equal(Number(multiplePayout({ system: 'double', stakePerLineMinor: 1_000, factors }, 'floor')), 6_500);
  // Half of the stake won with 10 % off: 0.5 * (1 + 1 * 0.9) + 0.5 = 1.45
  assert.deepEqual(simple(legFactor(2_000, HALF_WON, 100_000)), [29n, 20n]);
});

function simple({ den, num }: { num: bigint; den: bigint }): [bigint, bigint] {
  const by = gcd(num, den);
  return [num / by, den / by];
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}

const odds = fc.integer({ min: ODDS_MILLI_MIN, max: ODDS_MILLI_MAX });
const share = fc.integer({ min: 1, max: 12 }).chain((den) => fc.tuple(fc.integer({ min: 0, max: den }), fc.constant(den)));
const outcome = fc.oneof(
  fc.constantFrom(WON, LOST, PUSH, HALF_WON, HALF_LOST),
  fc.record({ won: share, back: share }) as fc.Arbitrary<Outcome>,
);
const system = fc.constantFrom(...SYSTEMS);
const bet = system.chain((of) => {
  const [min, max] = legsOf(of);
  const legs = fc.array(fc.tuple(odds, outcome), { minLength: min, maxLength: Math.min(max, 8) });
  return fc.record({ system: fc.constant(of), stake: fc.integer({ min: 1, max: 1_000_000 }), legs });
});

/** Every line listed, each as a fraction of its own, added up one by one. */
function bruteForce({ legs, stake, system: of }: { system: System; stake: number; legs: readonly Leg[] }): bigint {
  let [num, den] = [0n, 1n];
  for (let chosen = 1; chosen < 2 ** legs.length; chosen++) {
    const line = legs.filter((_, i) => ((chosen >> i) & 1) === 1);
    if (line.length < smallestLine(of, legs.length)) continue;
    let [lineNum, lineDen] = [BigInt(stake), 1n];
    for (const [price, { back, won }] of line) {
      // won * price / 1000 + back, term by term
      const [wn, wd, bn, bd] = [BigInt(won[0]) * BigInt(price), BigInt(won[1]) * 1000n, BigInt(back[0]), BigInt(back[1])];
      lineNum *= wn * bd + bn * wd;
      lineDen *= wd * bd;
    }
    num = num * lineDen + lineNum * den;
    den *= lineDen;
    const by = gcd(num, den);
    [num, den] = [num / by, den / by];
  }
  return num / den;
}

test('multiplePayout() equals the sum over all lines, worked out one by one', () => {
  fc.assert(
    fc.property(bet, ({ legs, stake, system: of }) => {
      const factors = legs.map(([price, decided]) => legFactor(price, decided));
      assert.equal(
        multiplePayout({ system: of, stakePerLineMinor: stake, factors }, 'floor'),
        bruteForce({ legs, stake, system: of }),
      );
    }),
    { numRuns: 300 },
  );
});

test('an accumulator of one leg returns what a single does, and the order of legs says nothing', () => {
  fc.assert(
    fc.property(bet, fc.integer({ min: 1, max: 2 ** 33 }), ({ legs, stake, system: of }, single) => {
      const [price, decided] = legs[0] as Leg;
      const factors = [legFactor(price, decided)];
      const one = multiplePayout({ system: 'accumulator', stakePerLineMinor: single, factors }, 'floor');
      assert.equal(Number(one), payoutMinor(single, price, decided));
      assert.equal(returned(of, stake, legs), returned(of, stake, legs.toReversed()));
    }),
  );
});
