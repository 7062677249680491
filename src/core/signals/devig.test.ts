// Expected values: printed by other libraries' documentation, or bisected with 40-digit decimals (Python's decimal module):
//   power: k with sum (1/o)^k = 1;  shin: z with sum (sqrt(z^2 + 4 (1-z) (1/o)^2 / B) - z) / (2 (1-z)) = 1.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DEVIG_METHODS, type DevigMethod, fairProbabilities, fairProbabilitiesInto } from './devig.ts';

function close(actual: readonly number[] | null, expected: readonly number[], within: number, note: string): void {
  assert.ok(actual, note);
  assert.equal(actual.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs((actual[i] as number) - value) <= within, `${note}: ${actual} is not ${expected}`);
}

test('fairProbabilities() agrees with printed results of other libraries', () => {
  // Python `shin` 0.2, README: calculate_implied_probabilities([2.6, 2.4, 4.3])
  close(
    fairProbabilities([2600, 2400, 4300], 'shin'),
    [0.37299406033208965, 0.4047794109200184, 0.2222265287474275],
    1e-11,
    'shin README',
  );
  // R `implied` 0.5, vignette: basic method on three matches
  close(fairProbabilities([4200, 3700, 1950], 'multiplicative'), [0.2331556, 0.2646631, 0.5021813], 5e-8, 'implied 1');
  close(fairProbabilities([2450, 3700, 2900], 'multiplicative'), [0.3988848, 0.2641264, 0.3369888], 5e-8, 'implied 2');
  close(fairProbabilities([2050, 3200, 3800], 'multiplicative'), [0.4586948, 0.2938514, 0.2474538], 5e-8, 'implied 3');
});

test('fairProbabilities() agrees with 40-digit bisection', () => {
  const rows: [DevigMethod, number[], number[]][] = [
    ['power', [2600, 2400, 4300], [0.3729844040687095, 0.4051071674567976, 0.22190842847449294]],
    ['power', [4200, 3700, 1950], [0.2311409798227972, 0.26306409236588696, 0.5057949278113159]],
    ['power', [1500, 2600], [0.644649937534058, 0.35535006246594203]],
    ['power', [1010, 15000, 34000], [0.98405369949139, 0.012589790719224999, 0.0033565097893850666]],
    ['power', [2100, 3600, 4200], [0.4788548055780561, 0.2804664970954105, 0.24067869732653335]], // booksum 0.992
    ['shin', [4200, 3700, 1950], [0.23157195890888918, 0.26357449628316393, 0.5048535448079469]],
    ['shin', [2050, 3200, 3800], [0.4645861379512934, 0.29197941866633975, 0.2434344433823669]],
    ['shin', [1010, 15000, 34000], [0.9483984001055082, 0.040658779240786654, 0.010942820653705068]],
  ];
  for (const [method, odds, expected] of rows)
    close(fairProbabilities(odds, method), expected, 1e-12, `${method} ${odds.join(' ')}`);
});

test('fairProbabilities() by shin takes the same off both sides of a two-way market', () => {
  // For n = 2 Shin's method is the additive one: p = q - (B - 1) / 2; here q = 2/3 and 5/13, B = 41/39
  close(fairProbabilities([1500, 2600], 'shin'), [2 / 3 - 1 / 39, 5 / 13 - 1 / 39], 1e-12, 'additive');
});

test('fairProbabilities() leaves a fair market as it is', () => {
  for (const method of DEVIG_METHODS) close(fairProbabilities([2000, 4000, 4000], method), [0.5, 0.25, 0.25], 1e-12, method);
});

test('fairProbabilities() answers null for what is no market', () => {
  for (const method of DEVIG_METHODS) {
    for (const odds of [[], [1950], [0, 0], [1000, 2000], [-2000, 2000], [NaN, 2000], [Infinity, 1500]]) {
      assert.equal(fairProbabilities(odds, method), null, `${method} ${odds.join(' ')}`);
    }
  }
});

test('fairProbabilities() by shin answers null below a booksum of 1, the others scale up', () => {
  const arbitrage = [2100, 3600, 4200];
  assert.equal(fairProbabilities(arbitrage, 'shin'), null);
  // q = 1/2.1, 1/3.6, 1/4.2 over B = 0.99206...: 10/21, 5/18, 5/21 = 60/126, 35/126, 30/126 of 125/126
  close(fairProbabilities(arbitrage, 'multiplicative'), [60 / 125, 35 / 125, 30 / 125], 1e-12, 'multiplicative');
});

test('fairProbabilitiesInto() writes the same numbers without allocating a list', () => {
  const into = new Float64Array(3);
  for (const method of DEVIG_METHODS) {
    assert.ok(fairProbabilitiesInto([1870, 3600, 4500], method, into));
    assert.deepEqual([...into], fairProbabilities([1870, 3600, 4500], method));
  }
});

const overround = fc
  .array(fc.integer({ min: 1_001, max: 1_000_000 }), { minLength: 2, maxLength: 40 })
  .filter((odds) => odds.reduce((sum, o) => sum + 1000 / o, 0) > 1);

test('fairProbabilities() always solves an overround: sum 1, order kept, longshots cut hardest by power and shin', () => {
  fc.assert(
    fc.property(overround, fc.constantFrom(...DEVIG_METHODS), (odds, method) => {
      const fair = fairProbabilities(odds, method);
      assert.ok(fair);
      assert.ok(Math.abs(fair.reduce((sum, p) => sum + p, 0) - 1) < 1e-12);
      for (let i = 0; i < odds.length; i++) {
        const p = fair[i] as number;
        assert.ok(p >= 0 && p < 1 && p <= 1000 / (odds[i] as number) + 1e-9);
        for (let j = 0; j < i; j++) {
          const [longer, shorter] = (odds[i] as number) > (odds[j] as number) ? [i, j] : [j, i];
          assert.ok((fair[longer] as number) <= (fair[shorter] as number) + 1e-12);
          const cut = (k: number): number => ((fair[k] as number) * (odds[k] as number)) / 1000;
          assert.ok(cut(longer) <= cut(shorter) + 1e-9, 'a longer price keeps no larger share of its raw probability');
        }
      }
    }),
  );
});
