// Pools on races paid by the result itself, and pools of fixtures that were given up after what they are about was over. Units are 1.00.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { finish as finishOrder } from '../bets/runners/race-for-tests.ts';
import type { Placing, Result } from '../catalog/result.ts';
import { BEA, FIXTURE, goals, KICK_OFF, resultOf, type World } from '../kernel/world-for-tests.ts';
import { balance, CY, DI, enter, marketRules, open, openRace, paidIn, poolOf, worldWithPools } from './pools-for-tests.ts';

function finish(world: World, places: readonly Placing[], change: Partial<Result> = {}): void {
  const result = resultOf({ eventId: 'race:1', scores: [], places, ...change });
  world.done({ type: 'RecordResult', result }, 'feed');
  world.goTo(world.now);
}

const unplaced = (participantId: string): Placing => ({ participantId, place: 0, tied: 0 });
const out = (participantId: string) => ({ participantId, at: KICK_OFF, deductionPpm: 0 });

test('a race is paid by its result: places, a dead heat, and stakes back on what did not start', () => {
  const world = worldWithPools(stateHash);
  const win = openRace(world, ['a', 'b', 'c', 'd'], { takeoutPpm: 100_000 });
  const onA = enter(world, win, CY, { selectionId: 'a', units: 50 });
  const onB = enter(world, win, DI, { selectionId: 'b', units: 20 });
  enter(world, win, BEA, { selectionId: 'c', units: 30 });
  const place = openRace(world, ['a', 'b', 'c', 'd'], {}, { bet: 'place', places: 2 });
  const placed = ['b', 'c', 'd'].map((selectionId) => enter(world, place, CY, { selectionId, units: 10 }));
  const exacta = openRace(world, ['a', 'b', 'c', 'd'], {}, { bet: 'exacta' });
  const pair = enter(world, exacta, CY, { selectionId: 'b>c', units: 5 });
  const gone = enter(world, exacta, DI, { selectionId: 'a>b', units: 7 });
  enter(world, exacta, DI, { selectionId: 'c>b', units: 9 });
  world.goTo(KICK_OFF);
  // b first, c and d share second; a did not start.
  finish(world, finishOrder('b', ['c', 'd']), { withdrawn: [out('a')] });
  // Win: 50.00 of 100.00 go back, 5.00 are kept, 45.00 / 20 = 2.25.
  assert.deepEqual(Object.fromEntries(paidIn(world, win)), { [onA]: 5_000, [onB]: 4_500 });
  // Place: 30.00; b has the whole of one place (15.00), c and d half of the other (7.50).
  assert.deepEqual(
    [...paidIn(world, place)],
    [1_500, 750, 750].map((amount, i) => [placed[i], amount]),
  );
  // Exacta: 7.00 go back, b>c (and b>d, which nobody has) takes the other 14.00.
  assert.deepEqual(Object.fromEntries(paidIn(world, exacta)), { [pair]: 1_400, [gone]: 700 });
  for (const poolId of [win, place, exacta]) {
    assert.equal(poolOf(world, poolId).status, 'closed');
    assert.equal(balance(world, poolOf(world, poolId).escrow), 0);
  }
  assert.deepEqual(poolOf(world, win).declared?.withdrawn, ['a']);
  assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
});

test('a result that names too few, or one whom the pool does not know, waits for the next or for a person', () => {
  const world = worldWithPools(stateHash);
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  const place = openRace(world, ['a', 'b', 'c', 'd'], {}, { bet: 'place', places: 2 });
  const onB = enter(world, place, CY, { selectionId: 'b', units: 10 });
  const win = openRace(world, ['a', 'b', 'c']);
  const onA = enter(world, win, DI, { selectionId: 'a', units: 4 });
  enter(world, win, CY, { selectionId: 'b', units: 6 });
  world.goTo(KICK_OFF);
  finish(world, []);
  finish(world, finishOrder('d'), { version: 2 });
  assert.deepEqual([poolOf(world, place).status, poolOf(world, win).status], ['locked', 'locked'], 'd does not run in the other');
  finish(world, finishOrder('d', 'b'), { version: 3 });
  assert.deepEqual([...paidIn(world, place)], [[onB, 1_000]], 'nobody had d');
  assert.equal(poolOf(world, win).status, 'locked');
  world.done({ type: 'ResolvePool', poolId: win, places: [['a'], ['b']] });
  world.goTo(world.now);
  assert.deepEqual([...paidIn(world, win)], [[onA, 1_000]]);
});

test('one place of two is enough when all others are told of, and a race that did not take place gives all back', () => {
  const world = worldWithPools(stateHash);
  const place = openRace(world, ['a', 'b', 'c', 'd'], {}, { bet: 'place', places: 2 });
  const onC = enter(world, place, CY, { selectionId: 'c', units: 10 });
  enter(world, place, DI, { selectionId: 'b', units: 10 });
  world.goTo(KICK_OFF);
  finish(world, [...finishOrder('c'), unplaced('a'), unplaced('b'), unplaced('d')]);
  assert.deepEqual([...paidIn(world, place)], [[onC, 2_000]]);

  const none = worldWithPools(stateHash);
  const win = openRace(none, ['a', 'b'], { takeoutPpm: 100_000 });
  enter(none, win, CY, { selectionId: 'a', units: 3 });
  none.goTo(KICK_OFF);
  finish(none, [], { status: 'abandoned' });
  assert.deepEqual([...paidIn(none, win).values()], [300]);

  const alone = worldWithPools(stateHash);
  const two = openRace(alone, ['a', 'b'], { takeoutPpm: 100_000 });
  enter(alone, two, CY, { selectionId: 'b', units: 3 });
  alone.goTo(KICK_OFF);
  finish(alone, finishOrder('b'), { withdrawn: [out('a')] });
  assert.deepEqual([...paidIn(alone, two).values()], [300], 'with one runner left there is no race');
});

test('a stewards’ word takes a paid race back, whoever did not start after all, and pays it anew', () => {
  const world = worldWithPools(stateHash);
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  const win = openRace(world, ['a', 'b', 'c']);
  const [onA, onB, onC] = [
    enter(world, win, CY, { selectionId: 'a', units: 5 }),
    enter(world, win, DI, { selectionId: 'b', units: 10 }),
    enter(world, win, BEA, { selectionId: 'c', units: 15 }),
  ];
  world.goTo(KICK_OFF);
  finish(world, finishOrder('a', 'b', 'c'));
  assert.deepEqual([...paidIn(world, win)], [[onA, 3_000]]);
  finish(world, finishOrder('b', 'c', 'a'), { version: 2 });
  const standing = (): Record<string, number> => {
    const { entries } = poolOf(world, win);
    return Object.fromEntries([onA, onB, onC].map((id) => [id, entries.paidMinor(entries.find(id))]));
  };
  assert.deepEqual(standing(), { [onA]: 0, [onB]: 3_000, [onC]: 0 });
  finish(world, finishOrder('b', 'a'), { version: 3, withdrawn: [out('c')] });
  assert.deepEqual(standing(), { [onA]: 0, [onB]: 1_500, [onC]: 1_500 }, '15.00 go back, 15.00 are won');
  finish(world, finishOrder('b', 'a'), { version: 4, withdrawn: [out('c')] });
  assert.equal(poolOf(world, win).version, 3, 'the same again is no correction');
});

test('a first half that was over when the match was given up counts, one that was not gives all back', () => {
  for (const [completedPeriods, paid] of [
    [['h1'], [0, 3_000]],
    [[], [1_000, 2_000]],
  ] as const) {
    for (const rule of [false, true]) {
      const world = worldWithPools(stateHash);
      if (rule) world.done({ type: 'SetResultRule', agree: 1, sources: [] });
      const marketId = `${FIXTURE}/ou.h1@0.5`;
      world.done({ type: 'OpenMarket', marketId, startAt: KICK_OFF });
      const half = open(world, { rules: marketRules(), market: { marketId } });
      const whole = open(world, { rules: marketRules(), market: { marketId: `${FIXTURE}/1x2` } });
      const over = enter(world, half, CY, { selectionId: 'over', units: 10 });
      const under = enter(world, half, DI, { selectionId: 'under', units: 20 });
      enter(world, whole, CY, { selectionId: 'home', units: 10 });
      world.goTo(KICK_OFF);
      const scores = [goals(0, 0, 'h1'), goals(2, 0)];
      world.done({ type: 'RecordResult', result: resultOf({ status: 'abandoned', completedPeriods, scores }) }, 'feed');
      world.goTo(world.now);
      const { entries } = poolOf(world, half);
      assert.deepEqual(
        [over, under].map((id) => entries.paidMinor(entries.find(id))),
        paid,
      );
      assert.deepEqual([...paidIn(world, whole).values()], [1_000]);
      assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
    }
  }
});
