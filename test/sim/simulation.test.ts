// The simulation as a test: one known seed, twice, and one that nobody has seen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulation } from './simulation.ts';

const STEPS = 250;

test('the engine agrees with the plain model under faults, and one seed gives one history', async () => {
  const first = await new Simulation({ seed: 7, steps: STEPS }).run();
  assert.ok(first.bets > 100 && first.settled > 50 && first.predicted > 200, JSON.stringify(first));
  assert.ok(Object.keys(first.faults).length >= 5, `few faults were injected: ${JSON.stringify(first.faults)}`);
  assert.deepEqual(await new Simulation({ seed: 7, steps: STEPS }).run(), first);
});

test('the engine agrees with the plain model on a history that nobody has seen', async (t) => {
  const seed = Date.now() % 2 ** 31;
  t.diagnostic(`again: npm run sim -- --seed ${seed} --steps ${STEPS}`);
  const report = await new Simulation({ seed, steps: STEPS }).run();
  assert.notEqual(report.contentDigest, (await new Simulation({ seed: seed + 1, steps: STEPS }).run()).contentDigest);
});
