import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonical } from '../base/canonical.ts';
import { isId } from '../base/ids.ts';
import { sha256Hex } from '../base/hash.ts';
import { makeRng } from '../base/rng.ts';
import { dnaHash, parseDna } from './dna.ts';
import { BETTING_TYPES } from './genes/betting-genes.ts';
import { MATH_TYPES } from './genes/stake-genes.ts';
import { population, randomDna } from './random-dna.ts';

const hashOf = (seed: number) => sha256Hex(canonical(population(seed, 50)));

test('population() gives the same bots for the same seed and others for another', () => {
  assert.equal(hashOf(7), hashOf(7));
  assert.notEqual(hashOf(7), hashOf(8));
});

test('population() has every pair of betting type and staking plan, and the blind controls first', () => {
  const bots = population(7, 50);
  assert.equal(bots.length, 50);
  const pairs = new Set(bots.slice(3).map(({ genes }) => `${genes.betting.type} ${genes.math.type}`));
  assert.equal(pairs.size, BETTING_TYPES.length * MATH_TYPES.length);
  assert.deepEqual(
    bots.slice(0, 3).map(({ genes, metadata }) => [genes.betting.type, genes.math.type, metadata.born]),
    [
      ['favourite', 'flat', 'seed'],
      ['underdog', 'flat', 'seed'],
      ['over_25', 'flat', 'seed'],
    ],
  );
});

test('population() starts with the same bots whatever its size', () => {
  assert.deepEqual(population(3, 10), population(3, 40).slice(0, 10));
  assert.equal(population(3, 2).length, 2);
  assert.deepEqual(population(3, 0), []);
});

test('population() gives every bot its own id and almost every one its own genes', () => {
  const bots = population(11, 2_000, 1_700_000_000_000);
  assert.ok(bots.every((dna) => isId('bot', dna.id)));
  assert.equal(new Set(bots.map((dna) => dna.id)).size, 2_000);
  assert.ok(new Set(bots.map(dnaHash)).size > 1_990);
});

test('randomDna() only makes what parseDna() takes unchanged', () => {
  const rng = makeRng(5);
  for (let i = 0; i < 1_000; i++) {
    const dna = randomDna(rng, { generation: 2, seed: 5 });
    assert.deepEqual(parseDna(structuredClone(dna)), { dna });
  }
});
