// What every counter of requests promises. An adapter's test calls this with a way to make two gateways' views of one empty counter.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RateCounters } from '#ports/rate-counters.ts';

/** Long enough for a loaded machine to say and hear everything in it. */
const WINDOW_MS = 5_000;
/** One whose end is waited for. */
const SHORT_MS = 1_500;
/** What is counted elsewhere may be heard this much later, ms. */
const HEARD_MS = 250;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export function rateCountersContract(name: string, make: () => Promise<readonly [RateCounters, RateCounters]>): void {
  describe(`${name} as a counter of requests`, () => {
    it('counts each caller by itself, everywhere the same, and looks without counting', async () => {
      const [one, other] = await make();
      assert.deepEqual(await one.read('anna'), { current: 0, ttl: 0 });
      assert.equal((await one.add('anna', WINDOW_MS)).current, 1);
      const second = await other.add('anna', WINDOW_MS);
      assert.equal(second.current, 2);
      assert.ok(second.ttl > 0 && second.ttl <= WINDOW_MS, String(second.ttl));
      assert.equal((await other.add('bert', WINDOW_MS)).current, 1);
      assert.equal((await other.read('anna')).current, 2);
      await pause(HEARD_MS);
      assert.equal((await one.read('anna')).current, 2);
      for (const counter of [one, one, other, one]) await counter.add('anna', WINDOW_MS);
      await pause(HEARD_MS);
      assert.deepEqual([(await one.read('anna')).current, (await other.read('anna')).current], [6, 6]);
    });

    it('begins again when the window is over, however often it was counted meanwhile', async () => {
      const [one] = await make();
      await one.add('carl', SHORT_MS);
      await pause(SHORT_MS / 2);
      await one.add('carl', SHORT_MS);
      await pause(SHORT_MS);
      assert.equal((await one.read('carl')).current, 0);
      assert.equal((await one.add('carl', SHORT_MS)).current, 1);
    });
  });
}
