// The rules of a pool, field by field: what is wrong is named, and what is accepted is what was asked, in canonical order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonical } from '../../base/canonical.ts';
import { bolaoRules, marketRules } from '../pools-for-tests.ts';
import { readRules } from './pool-rules.ts';

function faultOf(value: unknown): string | undefined {
  const read = readRules(value);
  return 'code' in read ? read.path : undefined;
}

test('readRules() names the field that is wrong, of either kind of pool', () => {
  const both: readonly (readonly [change: object, path: string])[] = [
    [{ v: 2 }, '/rules/v'],
    [{ kind: 'raffle' }, '/rules/kind'],
    [{ currency: 'ZZZ' }, '/rules/currency'],
    [{ unitMinor: 0 }, '/rules/unitMinor'],
    [{ maxUnitsPerOwner: 0 }, '/rules/maxUnitsPerOwner'],
    [{ minEntries: 200_001 }, '/rules/minEntries'],
    [{ visibility: 'secret' }, '/rules/visibility'],
    [{ lock: null }, '/rules/lock'],
    [{ lock: { at: 1.5 } }, '/rules/lock/at'],
    [{ lock: { at: 1, before: 'first-start' } }, '/rules/lock/at'],
    [{ lock: { before: 'kick-off', marginMs: 0 } }, '/rules/lock/before'],
    [{ lock: { before: 'first-start', marginMs: -1 } }, '/rules/lock/marginMs'],
    [{ leaveUntil: 'ever' }, '/rules/leaveUntil'],
    [{ takeoutPpm: 500_001 }, '/rules/takeoutPpm'],
    [{ creatorFeePpm: 200_001 }, '/rules/creatorFeePpm'],
    [{ breakage: { stepMinor: 0, to: 'house' } }, '/rules/breakage/stepMinor'],
    [{ breakage: { stepMinor: 1, to: 'me' } }, '/rules/breakage/to'],
    [{ breakage: { stepMinor: 1, to: 'house', x: 1 } }, '/rules/breakage'],
    [{ minDividendMinor: -1 }, '/rules/minDividendMinor'],
    [{ minusPool: 'x' }, '/rules/minusPool'],
    [{ noWinner: 'x' }, '/rules/noWinner'],
    [{ voidFixture: 'x' }, '/rules/voidFixture'],
    [{ deadHeat: 'x' }, '/rules/deadHeat'],
    [{ ties: 'x' }, '/rules/ties'],
    [{ oddCents: 'x' }, '/rules/oddCents'],
    [{ correctionWindowMs: -1 }, '/rules/correctionWindowMs'],
    [{ afterWindow: 'x' }, '/rules/afterWindow'],
    [{ prize: { kind: 'all' } }, '/rules/prize/kind'],
    [{ unknown: 1 }, '/rules/unknown'],
  ];
  for (const rules of [bolaoRules(), marketRules()]) {
    for (const [change, path] of both) assert.equal(faultOf({ ...rules, ...change }), path, JSON.stringify(change));
  }
  for (const value of [null, [], 'x', 5, undefined]) assert.equal(faultOf(value), '/rules');
});

test('readRules() refuses what makes no sense together', () => {
  const scoring = { exact: 10, difference: 7, result: 5, oneTeamGoals: 2 };
  for (const [change, path] of [
    [{ scoring: undefined }, '/rules/scoring'],
    [{ scoring: { ...scoring, exact: 0 } }, '/rules/scoring/exact'],
    [{ scoring: { ...scoring, difference: 11 } }, '/rules/scoring/difference'],
    [{ scoring: { ...scoring, x: 1 } }, '/rules/scoring/x'],
    [{ scoring: { ...scoring, factorByStage: { final: 1.5 } } }, '/rules/scoring/factorByStage'],
    [{ minDividendMinor: 1 }, '/rules/minDividendMinor'],
    [{ minusPool: 'house-pays' }, '/rules/minusPool'],
    [{ maxUnitsPerOwner: 101 }, '/rules/maxUnitsPerOwner'],
    [{ prize: { kind: 'proportional', minPoints: 0 } }, '/rules/prize/minPoints'],
    [{ prize: { kind: 'places', sharesPpm: [] } }, '/rules/prize/sharesPpm'],
    [{ prize: { kind: 'places', sharesPpm: [400_000, 600_000] } }, '/rules/prize/sharesPpm/1'],
    [{ prize: { kind: 'places', sharesPpm: [600_000, 300_000] } }, '/rules/prize/sharesPpm'],
  ] as const)
    assert.equal(faultOf({ ...bolaoRules(), ...change }), path, JSON.stringify(change));
  for (const [change, path] of [
    [{ scoring }, '/rules/scoring'],
    [{ prize: { kind: 'proportional', minPoints: 1 } }, '/rules/prize/kind'],
    [{ voidFixture: 'drop-pick' }, '/rules/voidFixture'],
    [{ lock: { before: 'each-start', marginMs: 0 } }, '/rules/lock/before'],
    [{ minDividendMinor: 1_001 }, '/rules/minDividendMinor'],
    [{ breakage: { stepMinor: 101, to: 'pool' } }, '/rules/breakage/stepMinor'],
  ] as const)
    assert.equal(faultOf({ ...marketRules(), ...change }), path, JSON.stringify(change));
});

test('readRules() keeps sound rules as they are, in canonical order, and answers any JSON with rules or a path', () => {
  for (const rules of [bolaoRules(), marketRules()]) {
    const read = readRules(JSON.parse(JSON.stringify(rules)));
    assert.equal(JSON.stringify(read), canonical(rules));
  }
  const names = Object.keys(bolaoRules());
  const twisted = fc.tuple(fc.constantFrom(bolaoRules(), marketRules()), fc.constantFrom(...names, 'x'), fc.jsonValue());
  fc.assert(
    fc.property(twisted, ([rules, name, value]) => {
      const read = readRules({ ...rules, [name]: value });
      if (!('code' in read)) assert.equal(JSON.stringify(read), canonical({ ...rules, [name]: value }));
      else assert.ok(read.code === 'malformed' && read.path?.startsWith('/rules/'));
    }),
    { numRuns: 2_000 },
  );
});
