// The pause between blocks: who waits, who does not, and who ends it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scene, settle } from '../../test/engine/scene.ts';

/** Five bets decided in one block, so that the next one gathers. */
async function afterFive(): Promise<Scene> {
  const scene = await Scene.open({ gatherMs: 2 });
  scene.clock.advance(scene.clock.now() + 10);
  const ana = scene.user('ana');
  await Promise.all([1, 2, 3, 4, 5].map(() => scene.ask(scene.bet(ana))));
  return scene;
}

test('a bet after a block of several waits until the time is over', async () => {
  const scene = await afterFive();
  let answered = false;
  const bet = scene.ask(scene.bet(scene.user('ana'))).then(() => (answered = true));
  await settle();
  assert.equal(answered, false);
  scene.clock.advance(scene.clock.now() + 2);
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
