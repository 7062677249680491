import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Gene, geneName, type NumberGene, quantise, readGene } from './gene.ts';
import { BETTING_GENES, BETTING_TYPES } from './genes/betting-genes.ts';
import { MATH_GENES, MATH_TYPES, RISK_GENES } from './genes/stake-genes.ts';

const ALL: readonly Gene[] = [
  ...BETTING_TYPES.flatMap((type) => BETTING_GENES[type]),
  ...MATH_TYPES.flatMap((type) => MATH_GENES[type]),
  ...RISK_GENES,
];
const EDGE = BETTING_GENES.value_bet_model_v1[0] as NumberGene;

test('every gene table: the default is on the grid and inside the range, names are unique in a type, docs are there', () => {
  assert.ok(ALL.length > 40);
  for (const gene of ALL) {
    assert.deepEqual(readGene(gene, gene.default), { value: gene.default }, gene.path);
    assert.ok(gene.doc.length > 10, gene.path);
    assert.match(gene.path, /^\/genes\/(betting\/params|math\/params|risk)\/[a-z_0-9]+$/);
  }
  for (const genes of [...Object.values(BETTING_GENES), ...Object.values(MATH_GENES), RISK_GENES]) {
    const names = genes.map(geneName);
    assert.equal(new Set(names).size, names.length);
  }
});

test('readGene() moves a number to the nearest step of its grid', () => {
  // step 0.001 from 0: 0.0304 is nearest to 0.030, 0.0306 to 0.031
  assert.deepEqual(readGene(EDGE, 0.0304), { value: 0.03 });
  assert.deepEqual(readGene(EDGE, 0.0306), { value: 0.031 });
  assert.deepEqual(readGene(EDGE, 0.1 + 0.2 - 0.2), { value: 0.1 });
});

test('quantise() stays on the grid, inside the range, and changes nothing the second time', () => {
  const numbers = ALL.filter((gene): gene is NumberGene => gene.kind === 'number' || gene.kind === 'int');
  fc.assert(
    fc.property(fc.constantFrom(...numbers), fc.double({ min: 0, max: 1, noNaN: true }), (gene, share) => {
      const value = gene.min + share * (gene.max - gene.min);
      const once = quantise(gene, value);
      assert.ok(once >= gene.min && once <= gene.max);
      assert.ok(Math.abs(once - value) <= gene.step / 2 + 1e-9);
      assert.equal(quantise(gene, once), once);
    }),
  );
});

test('readGene() refuses NaN, infinities, texts, huge numbers and fractions of whole numbers', () => {
  for (const bad of [NaN, Infinity, -Infinity, '0.03', null, undefined, [0.03], {}, 1e308, -0.001, 0.501]) {
    assert.ok('fault' in readGene(EDGE, bad), String(bad));
  }
  const window = BETTING_GENES.goal_machine.find((gene) => geneName(gene) === 'window') as Gene;
  assert.ok('fault' in readGene(window, 2.5));
});

test('readGene() puts a set into the order of its choices and refuses empty, repeated and unknown names', () => {
  const markets = BETTING_GENES.favourite.find((gene) => gene.kind === 'set') as Gene;
  assert.deepEqual(readGene(markets, ['ah', '1x2']), { value: ['1x2', 'ah'] });
  for (const bad of [
    [],
    ['ah', 'ah'],
    ['tennis'],
    'ah',
    { 0: 'ah', length: 1 },
    [['ah']],
    Array.from({ length: 1e6 }, () => 'ah'),
  ]) {
    assert.ok('fault' in readGene(markets, bad));
  }
});
