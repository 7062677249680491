// The pause between blocks: who waits, who does not, and who ends it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#adapters/memory/virtual-clock.ts';
import { Scene, settle } from '../../test/engine/scene.ts';
import { GatherPause } from './gather-pause.ts';

/** Five bets decided in one block, so that the next one gathers. */
async function afterFive(): Promise<Scene> {
  const scene = await Scene.open({ gatherMs: 2 });
  scene.clock.advance(scene.clock.now() + 10);
  const ana = scene.user('ana');
  await Promise.all([1, 2, 3, 4, 5].map(() => scene.ask(scene.bet(ana))));
  return scene;
}

/** Ms that a block after one of `commands`, `everyMs` after the one before, waits. */
async function pauseAfter(commands: number, everyMs: number): Promise<number> {
  const clock = new VirtualClock(1_000);
  const pause = new GatherPause(clock, 2);
  pause.decided(1);
  clock.advance(clock.now() + everyMs);
  pause.decided(commands);
  const decidedAt = clock.now();
  let waited: number | null = null;
  void pause.wait().then(() => (waited = clock.now() - decidedAt));
  for (let ms = 0; ms < 20 && waited === null; ms++) {
    await settle();
    if (waited === null) clock.advance(clock.now() + 1);
  }
  return waited ?? Number.NaN;
}

test('the pause is as long as about 24 commands take to come, between the time given and twice that', async () => {
  assert.equal(await pauseAfter(2, 1), 0, 'a lone bettor');
  assert.equal(await pauseAfter(30, 3), 3, '10,000 a second: 2.4 ms, and the clock counts whole ones');
  assert.equal(await pauseAfter(100, 2), 2, '50,000 a second: half a millisecond, but no less than the time given');
  assert.equal(await pauseAfter(10, 5), 4, '2,000 a second: 12 ms, but no more than twice the time given');
});

test('a bet after a block of several waits until the time is over', async () => {
  const scene = await afterFive();
  let answered = false;
  const bet = scene.ask(scene.bet(scene.user('ana'))).then(() => (answered = true));
  await settle();
  assert.equal(answered, false);
  scene.clock.advance(scene.clock.now() + 4);
  await bet;
});

test('a control command and a stop end the pause', async () => {
  const scene = await afterFive();
  const bet = scene.ask(scene.bet(scene.user('ana')));
  await settle();
  await scene.done({ type: 'Halt', scope: 'bets', reason: 'test' }, { lane: 'control' });
  await bet;
  const stopped = await afterFive();
  const last = stopped.ask(stopped.bet(stopped.user('ana')));
  await settle();
  await stopped.writer.stop();
  await last;
});
