// Every part of betting at once: whatever is asked of a ledger, in any order, its money adds up, its holds and worst cases are those of what is
// open, nobody who is barred takes risk, a snapshot is the same ledger, and in the end nothing is stuck. fast-check prints the seed of a failure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeEvent, encodeEvent } from '#engine/journal/event-codec.ts';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { evolve } from '#core/evolve.ts';
import type { EventType } from '#core/kernel/event.ts';
import { initialShard } from '#core/kernel/state.ts';
import { ANA, BEA } from '#core/kernel/world-for-tests.ts';
import { CY, DAY_STAKE_MAX } from './cast.ts';
import { check, checkGate } from './checks.ts';
import { DayCount } from './day-count.ts';
import { finish, habitsOf, step, wholeWorld } from './whole-world.ts';

/** More of them in a longer search: `WHOLE_LEDGER_RUNS=5000 node --test test/sim/whole/whole-ledger.test.ts`. */
const RUNS = Number(process.env.WHOLE_LEDGER_RUNS ?? 80);
/** One search in thirty misses the rarest of SEEN: then it is searched again, at most this often. */
const AGAIN_MAX = 6;
const STEPS = 220;
/** Deciding is checked to change nothing in histories as short as this: it takes a hash of the state before and after each. */
const SHORT = 30;
/** What a search that is worth anything has seen of every part. */
const SEEN: readonly EventType[] = [
  'BetAccepted',
  'BetReferred',
  'CorrectionStarted',
  'LegsReopened',
  'MultipleAccepted',
  'MultiplesSettled',
  'NetBetsReversed',
  'OrdersMatched',
  'PoolPaid',
  'PoolReversed',
  'SettlementReversed',
  'TransferReturned',
];

test('whatever is asked of a ledger, in any order, its money adds up and none is stuck', () => {
  const seen = new Map<string, number>();
  let counted = 0;
  const seeds = fc.array(fc.nat(2 ** 31 - 1), { minLength: 1, maxLength: STEPS, size: 'max' });
  const property = fc.property(fc.nat(), seeds, (habit, steps) => {
    const habits = habitsOf(habit);
    const world = wholeWorld(steps.length < SHORT ? stateHash : null, habit % 3 === 0);
    let loaded = initialShard();
    for (const e of world.events) evolve(loaded, e);
    const days = new DayCount();
    const limited = habit % 2 === 0;
    world.afterEvent = (e) => {
      evolve(loaded, decodeEvent(encodeEvent(e))); // as the journal tells it
      checkGate(world, e);
      days.see(e);
      seen.set(e.type, (seen.get(e.type) ?? 0) + 1);
    };
    if (limited) world.done({ type: 'SetLimits', limits: { ownerDayStakeMaxMinor: DAY_STAKE_MAX } });
    for (const [i, seed] of steps.entries()) {
      step(world, seed, habits);
      check(world);
      const { desk, limits } = world.ledger;
      for (const ownerId of desk.days.counts ? [ANA, BEA, CY] : []) {
        const have = desk.days.of(ownerId, world.now);
        assert.equal(have, days.today(ownerId, world.now), `staked today by ${ownerId}`);
        assert.ok(have <= limits.ownerDayStakeMaxMinor, `${ownerId} staked ${have} today`);
        if (have > 0) counted++;
      }
      if (i % 20 === 0) loaded = loadState(dumpState(world.state));
    }
    assert.equal(stateHash(loaded), stateHash(world.state));
    finish(world);
    check(world);
    assert.equal(stateHash(loaded), stateHash(world.state));
  });
  const missing = (): EventType[] => SEEN.filter((type) => !seen.has(type));
  fc.assert(property, { numRuns: RUNS });
  for (let again = 0; again < AGAIN_MAX && missing().length > 0; again++) fc.assert(property, { numRuns: RUNS });
  assert.deepEqual(missing(), []);
  assert.ok(counted > 100, `${counted} days with a stake were compared`);
});
