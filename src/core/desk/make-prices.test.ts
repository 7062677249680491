import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { MARGIN_METHODS, makePrices, type PricesAsked } from './make-prices.ts';

const YES_NO = ['yes', 'no'];
const odds = (asked: Partial<PricesAsked>, selections = YES_NO): unknown => {
  const made = makePrices({ selections, ...asked });
  return Array.isArray(made) ? made.map((price) => price.oddsMilli) : made;
};

test('makePrices() puts a multiplicative margin on probabilities, worked by hand', () => {
  // 1/0.5 = 2.000; with 5 %: 1/0.525 = 1.90476 -> 1.904
  assert.deepEqual(odds({ probabilities: { yes: 0.5, no: 0.5 } }), [2_000, 2_000]);
  assert.deepEqual(
    odds({ probabilities: { yes: 0.5, no: 0.5 }, margin: { method: 'multiplicative', ppm: 50_000 } }),
    [1_904, 1_904],
  );
  // 0.8 x 1.05 = 0.84 -> 1.190; 0.2 x 1.05 = 0.21 -> 4.761
  assert.deepEqual(
    odds({ probabilities: { yes: 0.8, no: 0.2 }, margin: { method: 'multiplicative', ppm: 50_000 } }),
    [1_190, 4_761],
  );
});

test('makePrices() puts a power margin on probabilities: at k = 0.5, 0.64 and 0.36 become 0.8 and 0.6, a margin of 40 %', () => {
  assert.deepEqual(odds({ probabilities: { yes: 0.64, no: 0.36 }, margin: { method: 'power', ppm: 400_000 } }), [1_250, 1_666]);
});

test('makePrices() takes the margin out of odds before it puts another in', () => {
  // 1.80 and 2.00: q = 0.5556 + 0.5 = 1.0556; fair 0.5263, 0.4737; with 2 %: 0.53684, 0.48316 -> 1.862, 2.069
  assert.deepEqual(
    odds({ oddsMilli: { yes: 1_800, no: 2_000 }, margin: { method: 'multiplicative', ppm: 20_000 } }),
    [1_862, 2_069],
  );
  assert.deepEqual(odds({ oddsMilli: { yes: 1_800, no: 2_000 } }), [1_800, 2_000], 'as they are without a margin');
  assert.deepEqual(odds({ oddsMilli: { yes: 1_800 } }), [1_800], 'a selection without odds has no price');
});

test('makePrices() refuses what is no market', () => {
  for (const [asked, path] of [
    [{}, '/prices'],
    [{ probabilities: { yes: 0.5, no: 0.5 }, oddsMilli: { yes: 2_000 } }, '/prices'],
    [{ probabilities: { yes: 0.5, no: 0.6 } }, '/prices'],
    [{ probabilities: { yes: 1, no: 0 } }, '/prices'],
    [{ probabilities: { yes: 0.5 } }, '/prices/no'],
    [{ probabilities: { yes: 0.5, no: 0.4, maybe: 0.1 } }, '/prices/maybe'],
    [{ oddsMilli: { yes: 1_000, no: 2_000 } }, '/prices/yes'],
    [{ oddsMilli: { yes: 1_500.5, no: 2_000 } }, '/prices/yes'],
    [{ oddsMilli: { yes: 1_800 }, margin: { method: 'power', ppm: 1 } }, '/prices/no'],
    [{ probabilities: { yes: 0.5, no: 0.5 }, margin: { method: 'power', ppm: -1 } }, '/margin/ppm'],
    [{ probabilities: { yes: 0.5, no: 0.5 }, margin: { method: 'power', ppm: 1_000_001 } }, '/margin/ppm'],
    [{ probabilities: { yes: 0.98, no: 0.02 }, margin: { method: 'multiplicative', ppm: 50_000 } }, '/prices/yes'],
  ] as const) {
    assert.equal((odds(asked as Partial<PricesAsked>) as { path?: string }).path, path, JSON.stringify(asked));
  }
});

test('property: the prices hold at least the margin asked for, and hardly more; the favourite stays it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.05, max: 1, noNaN: true }), { minLength: 2, maxLength: 6 }),
      fc.integer({ min: 0, max: 150_000 }),
      fc.constantFrom(...MARGIN_METHODS),
      (weights, ppm, method) => {
        const sum = weights.reduce((a, b) => a + b, 0);
        const selections = weights.map((_, i) => `s${i}`);
        const probabilities = Object.fromEntries(selections.map((id, i) => [id, (weights[i] as number) / sum]));
        const made = makePrices({ selections, probabilities, margin: { method, ppm } });
        if (!Array.isArray(made)) return;
        const booksum = made.reduce((total: number, price: { oddsMilli: number }) => total + 1000 / price.oddsMilli, 0);
        assert.ok(booksum >= 1 + ppm / 1e6 - 1e-9 && booksum < 1 + ppm / 1e6 + 0.006, `${booksum} ${ppm}`);
        const order = [...weights.keys()].sort((a, b) => (weights[b] as number) - (weights[a] as number));
        for (let i = 1; i < order.length; i++)
          assert.ok(made[order[i - 1] as number].oddsMilli <= made[order[i] as number].oddsMilli);
      },
    ),
  );
});
