import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { costOf, lossBoundMinor, type MarketMaker, probabilitiesAt, quoteOf } from './market-maker.ts';

const close = (a: number, b: number, within = 1e-9): void =>
  assert.ok(Math.abs(a - b) <= within * Math.max(1, Math.abs(b)), `${a} is not ${b}`);

test('prices and costs are those of the rule, worked by hand', () => {
  const even: MarketMaker = { liquidityMinor: 10_000, opening: [0.5, 0.5] };
  assert.deepEqual(probabilitiesAt(even, [0, 0]), [0.5, 0.5]);
  // e / (1 + e) = 0.7310585786
  close(probabilitiesAt(even, [10_000, 0])[0] as number, 0.7310585786, 1e-9);
  // b ln((e + 1) / 2) = 10,000 * 0.6201145069
  close(costOf(10_000, 0.5, 10_000), 6_201.145069, 1e-9);
  // Equal payouts on all selections change no price.
  assert.deepEqual(probabilitiesAt(even, [5_000_000, 5_000_000]), [0.5, 0.5]);
  // b ln 3 = 10,986.12 for three equal ones; b ln 4 = 13,862.94 where the longest shot opens at a quarter.
  assert.equal(lossBoundMinor({ liquidityMinor: 10_000, opening: [1 / 3, 1 / 3, 1 / 3] }), 10_987);
  assert.equal(lossBoundMinor({ liquidityMinor: 10_000, opening: [0.5, 0.25, 0.25] }), 13_863);
  // For a payout of 1,000: b ln(1 + 0.5 (e^0.1 - 1)) = 512.4947952; odds floor(1000 * 1000 / 512.4947952...) = 1951, stake 512.
  close(costOf(10_000, 0.5, 1_000), 512.4947952, 1e-9);
  assert.deepEqual(quoteOf(10_000, 0.5, { payoutMaxMinor: 1_000, marginPpm: 0 }), { oddsMilli: 1_951, maxStakeMinor: 512 });
  // With 5 % on top: 1000 / (0.5124947952 * 1.05) = 1858.32.
  assert.equal(quoteOf(10_000, 0.5, { payoutMaxMinor: 1_000, marginPpm: 50_000 })?.oddsMilli, 1_858);
  assert.equal(quoteOf(10_000, 0.9999, { payoutMaxMinor: 1_000, marginPpm: 0 }), null, 'nothing to win');
});

test('costOf() is the difference of the costs, also where the exponential would overflow', () => {
  const cost = (q: readonly number[]): bigint | number =>
    10 * Math.log(q.reduce((sum, x) => sum + Math.exp(x / 10) / q.length, 0));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 2, maxLength: 5 }), fc.nat(300), (q, x) => {
      const maker = { liquidityMinor: 10, opening: q.map(() => 1 / q.length) };
      const after = [(q[0] as number) + x, ...q.slice(1)];
      close(costOf(10, probabilitiesAt(maker, q)[0] as number, x), Number(cost(after)) - Number(cost(q)), 1e-6);
    }),
  );
  const far = costOf(10, 0.5, 20_000);
  close(far, 20_000 + 10 * Math.log(0.5));
});

const bets = fc.array(fc.record({ on: fc.nat(9), share: fc.double({ min: 0, max: 1, noNaN: true }) }), {
  minLength: 1,
  maxLength: 300,
  size: 'max',
});
const shape = fc.record({
  weights: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 10 }),
  liquidityMinor: fc.integer({ min: 20, max: 50_000 }),
  payoutMaxMinor: fc.integer({ min: 1, max: 60_000 }),
  marginPpm: fc.constantFrom(0, 0, 1, 20_000, 100_000),
});

test('whatever is bet at the quoted odds, within the quoted stakes, no winner costs more than the bound, in whole minor units', () => {
  let nearest = 0;
  let taken = 0;
  fc.assert(
    fc.property(shape, bets, fc.boolean(), ({ liquidityMinor, marginPpm, payoutMaxMinor, weights }, sequence, always) => {
      const sum = weights.reduce((a, b) => a + b, 0);
      const maker = { liquidityMinor, opening: weights.map((w) => w / sum) };
      const bound = lossBoundMinor(maker);
      const payouts = weights.map(() => 0);
      let staked = 0;
      for (const { on, share } of sequence) {
        const i = always ? 0 : on % payouts.length; // one that is always bet on comes nearest
        const p = probabilitiesAt(maker, payouts)[i] as number;
        const quote = quoteOf(liquidityMinor, p, { payoutMaxMinor, marginPpm });
        if (!quote) continue;
        const stake = Math.max(1, Math.min(quote.maxStakeMinor, Math.ceil(quote.maxStakeMinor * share)));
        staked += stake;
        payouts[i] = (payouts[i] as number) + Number((BigInt(stake) * BigInt(quote.oddsMilli)) / 1000n);
        taken++;
        const loss = Math.max(...payouts) - staked;
        assert.ok(loss <= bound, `lost ${loss} of at most ${bound}`);
        nearest = Math.max(nearest, loss / bound);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(taken > 10_000, `only ${taken} bets`);
  assert.ok(nearest > 0.5, `never nearer to the bound than ${nearest}`);
});

test('a bet on a selection never makes it cheaper nor another one dearer, and the opposite bet brings the price back', () => {
  fc.assert(
    fc.property(shape, fc.nat(9), fc.integer({ min: 1, max: 10_000 }), ({ liquidityMinor, weights }, on, x) => {
      const sum = weights.reduce((a, b) => a + b, 0);
      const maker = { liquidityMinor, opening: weights.map((w) => w / sum) };
      const i = on % weights.length;
      const before = probabilitiesAt(
        maker,
        weights.map(() => 0),
      );
      const after = probabilitiesAt(
        maker,
        weights.map((_, j) => (j === i ? x : 0)),
      );
      for (const [j, p] of after.entries())
        assert.ok(j === i ? p >= (before[j] as number) - 1e-12 : p <= (before[j] as number) + 1e-12);
      const level = probabilitiesAt(
        maker,
        weights.map(() => x),
      );
      for (const [j, p] of level.entries()) close(p, before[j] as number, 1e-9);
    }),
  );
});
