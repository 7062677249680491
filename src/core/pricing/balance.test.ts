import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { balancedPrice, balancedProbabilities } from './balance.ts';

const close = (a: number, b: number, within = 1e-9): void => assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);

test('balancedProbabilities() is the rule, worked by hand', () => {
  const balance = { reference: [0.5, 0.5], scaleMinor: 1_000, shiftMaxPpm: 100_000 };
  assert.deepEqual(balancedProbabilities(balance, [0, 0]), [0.5, 0.5]);
  assert.deepEqual(balancedProbabilities(balance, [700, 700]), [0.5, 0.5], 'equal losses are flat');
  // Losing 1,000 on the first and winning 1,000 on the second: x = 1, -1; weights 1.1 and 1 / 1.1; 1.21 / 2.21.
  const [first, second] = balancedProbabilities(balance, [1_000, -1_000]);
  close(first as number, 1.21 / 2.21);
  close(second as number, 1 / 2.21);
  // Ten times that is no more: the shift is bounded.
  close(balancedProbabilities(balance, [10_000, -10_000])[0] as number, 1.21 / 2.21);
});

test('balancedPrice() adds the margin, rounds against the bettor and bounds what can be won', () => {
  // 1000 / (0.5 * 1.05) = 1904.76; 900 / 0.904 = 995.575
  assert.deepEqual(balancedPrice(0.5, { marginPpm: 50_000, winMaxMinor: 900 }), { oddsMilli: 1_904, maxStakeMinor: 995 });
  assert.deepEqual(balancedPrice(0.5, { marginPpm: 0, winMaxMinor: 900 }), { oddsMilli: 2_000, maxStakeMinor: 900 });
  assert.equal(balancedPrice(0.9999, { marginPpm: 50_000, winMaxMinor: 900 }), null);
  assert.equal(balancedPrice(0.0005, { marginPpm: 0, winMaxMinor: 1 }), null, 'no whole unit to stake');
});

const book = fc.array(fc.record({ weight: fc.integer({ min: 1, max: 60 }), loss: fc.integer({ min: -50_000, max: 50_000 }) }), {
  minLength: 2,
  maxLength: 8,
});

test('prices sum to one, stay within their bounds, come back when the book is flat and never get cheaper as more is lost', () => {
  fc.assert(
    fc.property(
      book,
      fc.integer({ min: 1, max: 20_000 }),
      fc.integer({ min: 0, max: 500_000 }),
      fc.nat(7),
      (rows, scaleMinor, shiftMaxPpm, at) => {
        const sum = rows.reduce((total, { weight }) => total + weight, 0);
        const reference = rows.map(({ weight }) => weight / sum);
        const balance = { reference, scaleMinor, shiftMaxPpm };
        const losses = rows.map(({ loss }) => loss);
        const p = balancedProbabilities(balance, losses);
        close(
          p.reduce((a, b) => a + b, 0),
          1,
        );
        const f = (1 + shiftMaxPpm / 1_000_000) ** 2;
        for (const [i, r] of reference.entries()) {
          assert.ok((p[i] as number) <= r * f + 1e-9 && (p[i] as number) >= r / f - 1e-9);
        }
        const i = at % rows.length;
        const more = balancedProbabilities(
          balance,
          losses.map((loss, j) => (j === i ? loss + 777 : loss)),
        );
        assert.ok((more[i] as number) >= (p[i] as number) - 1e-12);
        const flat = balancedProbabilities(
          balance,
          rows.map(() => 4_321),
        );
        for (const [j, r] of reference.entries()) close(flat[j] as number, r);
      },
    ),
    { numRuns: 1_000 },
  );
});
