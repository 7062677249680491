// Every part of betting at once: whatever is asked of a ledger, in any order, its money adds up, its holds and worst cases are those of what is
// open, nobody who is barred takes risk, a snapshot is the same ledger, and in the end nothing is stuck.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { evolve } from './evolve.ts';
import { initialShard } from './kernel/state.ts';
import { check, checkGate, finish, habitsOf, step, wholeWorld } from './whole-ledger-for-tests.ts';

const RUNS = Number(process.env.WHOLE_LEDGER_RUNS ?? 150);
const STEPS = 200;

test('whatever is asked of a ledger, in any order, its money adds up and none is stuck', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.nat(), fc.array(fc.nat(2 ** 31 - 1), { minLength: 1, maxLength: STEPS, size: 'max' }), (habit, seeds) => {
      const habits = habitsOf(habit);
      const world = wholeWorld(seeds.length < 30 ? stateHash : null);
      let loaded = initialShard();
      world.events.forEach((e) => evolve(loaded, e));
      world.afterEvent = (e) => {
        evolve(loaded, e);
        checkGate(world, e);
      };
      for (const [i, seed] of seeds.entries()) {
        step(world, seed, habits);
        check(world);
        if (i % 20 === 0) loaded = loadState(dumpState(world.state));
      }
      assert.equal(stateHash(loaded), stateHash(world.state));
      finish(world);
      check(world);
      assert.equal(stateHash(loaded), stateHash(world.state));
      for (const { type } of world.events) seen.set(type, (seen.get(type) ?? 0) + 1);
    }),
    { numRuns: RUNS },
  );
  if (process.env.WHOLE_LEDGER_SEEN) console.log(Object.fromEntries([...seen].sort()));
});
