import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonical } from '../base/canonical.ts';
import { dnaHash, parseDna } from './dna.ts';
import { BOT_ID } from './facts-for-tests.ts';

/** Documents are spoiled anywhere on purpose. */
// oxlint-disable-next-line typescript/no-explicit-any
type Loose = Record<string, any>;

/** The document of the arena's first design, with the parts that came later. */
function sample(): Loose {
  return {
    schema: 1,
    id: BOT_ID,
    genes: {
      math: { type: 'kelly_criterion', params: { fraction: 0.25, max_stake_percent: 0.05 } },
      betting: { type: 'value_bet_model_v1', params: { min_edge: 0.03, min_odds: 1.8, markets: ['1x2', 'ah'] } },
      risk: { stop_loss_daily: 0.1, max_open_bets: 5 },
    },
    metadata: { generation: 1, parents: [], born: 'seed', seed: 7 },
  };
}

function faultOf(document: unknown): { path: string; message: string } {
  const parsed = parseDna(document);
  assert.ok('fault' in parsed, 'expected a fault');
  return parsed.fault;
}

function dnaOf(document: unknown) {
  const parsed = parseDna(document);
  assert.ok('dna' in parsed, JSON.stringify(parsed));
  return parsed.dna;
}

test('parseDna() fills in the defaults and keeps what is given', () => {
  const { genes } = dnaOf(sample());
  assert.deepEqual(genes.betting.params, {
    min_edge: 0.03,
    min_odds: 1.8,
    max_odds: 15,
    markets: ['1x2', 'ah'],
    fair: 'consensus',
    devig: 'power',
  });
  assert.deepEqual(genes.risk, { max_stake_percent: 0.05, stop_loss_daily: 0.1, max_open_bets: 5, drawdown_pause: 0.5 });
});

test('parseDna() names the place of every fault', () => {
  const faults: [(dna: Loose) => void, string][] = [
    [(d) => (d['schema'] = 2), '/schema'],
    [(d) => delete d['schema'], '/schema'],
    [(d) => (d['schema'] = '1'), '/schema'],
    [(d) => (d['id'] = 'bot-gen1-042'), '/id'],
    [(d) => delete d['genes'], '/genes'],
    [(d) => (d['genes'] = []), '/genes'],
    [(d) => delete d['genes'].math, '/genes/math'],
    [(d) => delete d['genes'].betting.params, '/genes/betting/params'],
    [(d) => delete d['genes'].risk, '/genes/risk'],
    [(d) => delete d['metadata'], '/metadata'],
    [(d) => (d['genes'].betting.type = 'tennis_comeback'), '/genes/betting/type'],
    [(d) => (d['genes'].betting.type = 'toString'), '/genes/betting/type'],
    [(d) => (d['genes'].math.type = 'labouchere'), '/genes/math/type'],
    [(d) => (d['genes'].betting.params.min_edge = 0.9), '/genes/betting/params/min_edge'],
    [(d) => (d['genes'].betting.params.min_edge = NaN), '/genes/betting/params/min_edge'],
    [(d) => (d['genes'].betting.params.min_edge = Infinity), '/genes/betting/params/min_edge'],
    [(d) => (d['genes'].betting.params.min_edge = null), '/genes/betting/params/min_edge'],
    [(d) => (d['genes'].betting.params.min_edge = undefined), '/genes/betting/params/min_edge'],
    [(d) => (d['genes'].betting.params.minEdge = 0.03), '/genes/betting/params/minEdge'],
    [(d) => (d['genes'].betting.params.markets = ['1x2', 'golf']), '/genes/betting/params/markets'],
    [(d) => (d['genes'].betting.params.devig = 'magic'), '/genes/betting/params/devig'],
    [(d) => (d['genes'].betting.params.max_odds = 1.5), '/genes/betting/params/max_odds'],
    [(d) => (d['genes'].math.params.fraction = -0.25), '/genes/math/params/fraction'],
    [(d) => (d['genes'].math.params.unit_percent = 0.01), '/genes/math/params/unit_percent'],
    [(d) => (d['genes'].risk.max_open_bets = 2.5), '/genes/risk/max_open_bets'],
    [(d) => (d['genes'].risk.drawdown_pause = 0.9), '/genes/risk/drawdown_pause'],
    [(d) => (d['genes'].risk['a/b~c'] = 1), '/genes/risk/a~1b~0c'],
    [(d) => (d['extra'] = 1), '/extra'],
    [(d) => (d['metadata'].generation = -1), '/metadata/generation'],
    [(d) => (d['metadata'].parents = null), '/metadata/parents'],
    [(d) => (d['metadata'].parents = [BOT_ID, 'x']), '/metadata/parents/1'],
    [(d) => (d['metadata'].born = 'magic'), '/metadata/born'],
    [(d) => (d['metadata'].seed = 2 ** 60), '/metadata/seed'],
  ];
  for (const [spoil, path] of faults) {
    const document = sample();
    spoil(document);
    assert.equal(faultOf(document).path, path, spoil.toString());
  }
});

test('parseDna() withstands hostile documents', () => {
  for (const bad of [null, undefined, 1, 'dna', [], () => 1, Symbol('x'), 10n])
    assert.equal(faultOf(bad).path === '' || faultOf(bad).path === '/schema', true);
  const proto = JSON.parse(JSON.stringify(sample()).replace('"fraction":0.25', '"__proto__":{"fraction":0.25}'));
  assert.equal(faultOf(proto).path, '/genes/math/params/__proto__');
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = { deep };
  const buried = sample();
  buried['genes'].betting.params.min_edge = deep;
  assert.equal(faultOf(buried).path, '/genes/betting/params/min_edge');
  const wide = sample();
  wide['genes'].risk['x'.repeat(1e6)] = 1;
  assert.ok(faultOf(wide).path.length < 100);
  assert.equal(({} as Record<string, unknown>)['fraction'], undefined);
});

test('parseDna() never throws and never accepts arbitrary JSON', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.ok('fault' in parseDna(value))));
});

test('parseDna() gives back its own result unchanged, also through JSON', () => {
  const dna = dnaOf(sample());
  assert.deepEqual(dnaOf(JSON.parse(JSON.stringify(dna))), dna);
});

test('dnaHash() sees behaviour only: order, spelling, identity and lineage do not matter, one step of one gene does', () => {
  const hash = dnaHash(dnaOf(sample()));
  // computed by sha256sum of coreutils over the text above
  assert.equal(
    canonical(dnaOf(sample()).genes),
    '{"betting":{"params":{"devig":"power","fair":"consensus","markets":["1x2","ah"],"max_odds":15,"min_edge":0.03,"min_odds":1.8},"type":"value_bet_model_v1"},' +
      '"math":{"params":{"fraction":0.25,"max_stake_percent":0.05},"type":"kelly_criterion"},' +
      '"risk":{"drawdown_pause":0.5,"max_open_bets":5,"max_stake_percent":0.05,"stop_loss_daily":0.1}}',
  );
  assert.equal(hash, '662e21c864db204d66a1e3e4b5f1bff269c9e2ec42eb88ead538e062b234159f');
  const other = sample();
  other['id'] = 'bot_00000000000000000000000001';
  other['metadata'] = { generation: 3, parents: [BOT_ID], born: 'clone', seed: 1 };
  other['genes'].betting.params.markets = ['ah', '1x2'];
  other['genes'].betting.params.min_edge = 0.03 + 1e-12;
  assert.equal(dnaHash(dnaOf(other)), hash);
  other['genes'].betting.params.min_edge = 0.031;
  assert.notEqual(dnaHash(dnaOf(other)), hash);
});
