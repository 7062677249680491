import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashText, makeRng, pickOne, randomGauss, randomInt, randomPoisson } from './rng.ts';

function take(seed: number, stream = ''): number[] {
  const rng = makeRng(seed, stream);
  return Array.from({ length: 20 }, rng);
}

test('makeRng() repeats for a seed and differs for another seed or stream', () => {
  assert.deepEqual(take(7), take(7));
  const others = [take(8), take(7 + 2 ** 32), take(-7), take(7, 'bots'), take(7, 'goals')];
  for (const other of others) assert.notDeepEqual(other, take(7));
  assert.equal(new Set(others.map(String)).size, others.length);
});

test('makeRng() fills [0, 1) evenly', () => {
  const rng = makeRng(1);
  const bins = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 100_000; i++) {
    const x = rng();
    assert.ok(x >= 0 && x < 1);
    bins[Math.floor(x * 10)]!++;
  }
  // chi squared with 9 degrees of freedom: 27.9 is passed by chance once in a thousand
  const chi = bins.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0);
  assert.ok(chi < 27.9, `chi squared ${chi}`);
});

test('randomInt() and pickOne() reach both ends and nothing beyond', () => {
  const rng = makeRng(3);
  const seen = new Set(Array.from({ length: 500 }, () => randomInt(rng, -2, 3)));
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    [-2, -1, 0, 1, 2, 3],
  );
  assert.deepEqual(new Set(Array.from({ length: 200 }, () => pickOne(rng, ['a', 'b', 'c']))), new Set(['a', 'b', 'c']));
});

test('randomGauss() and randomPoisson() have the stated mean and variance', () => {
  const rng = makeRng(5);
  const moments = (draw: () => number): [number, number] => {
    const all = Array.from({ length: 50_000 }, draw);
    const mean = all.reduce((s, x) => s + x, 0) / all.length;
    return [mean, all.reduce((s, x) => s + (x - mean) ** 2, 0) / all.length];
  };
  const [mean, variance] = moments(() => randomGauss(rng));
  assert.ok(Math.abs(mean) < 0.02 && Math.abs(variance - 1) < 0.03, `${mean} ${variance}`);
  const [goals, spread] = moments(() => randomPoisson(rng, 1.4));
  assert.ok(Math.abs(goals - 1.4) < 0.03 && Math.abs(spread - 1.4) < 0.06, `${goals} ${spread}`);
});

test('hashText() spreads texts that differ in one character', () => {
  const seen = new Set(Array.from({ length: 10_000 }, (_, i) => hashText(`bot-${i}`)));
  assert.ok(seen.size >= 9_998);
});
