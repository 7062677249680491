// Control commands overtake: a block of their own, and nothing else is decided until it is on disk.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT, Scene, settle } from '../../test/engine/scene.ts';

const QUEUED = 5_000;

/** A queue of bets, a suspension behind them when the first block of them is decided, and no append answered until it is let go. */
async function suspendBehindQueue() {
  const scene = await Scene.open({ lanes: limitsOf(200) });
  await scene.done(
    { type: 'SetLimits', limits: { openBetsMax: 2 * QUEUED, stakeMinMinor: 1 } },
    { via: 'operator', lane: 'control' },
  );
  const ana = scene.user('ana');
  const from = (await scene.blocks()).length;
  scene.journal.hold();
  const bets = Promise.all(Array.from({ length: QUEUED }, () => scene.ask(scene.bet(ana, { stakeMinor: 1 }))));
  await new Promise(setImmediate);
  const suspended = scene.ask({ type: 'SuspendMarket', target: EVENT, reason: 'goal' }, { lane: 'control' });
  await settle();
  return { scene, bets, from, suspended };
}

function limitsOf(people: number) {
  const lane = (share: number) => ({ capacity: 2 * QUEUED, share });
  const lanes = { control: lane(10), facts: lane(10), people: lane(people), bots: lane(10) };
  const pick = (what: 'capacity' | 'share') =>
    Object.fromEntries(Object.entries(lanes).map(([name, limits]) => [name, limits[what]])) as Record<keyof typeof lanes, number>;
  return { capacity: pick('capacity'), share: pick('share') };
}

test('a suspension gets a block of its own, and the queue behind it waits until that is on disk', async () => {
  const { bets, from, scene, suspended } = await suspendBehindQueue();
  const decided = scene.writer.decidedSeq;
  await settle();
  assert.equal(scene.writer.decidedSeq, decided); // whatever waits
  assert.ok(scene.writer.waiting > QUEUED / 2);
  scene.journal.letGo();
  const { result, seq } = await suspended;
  assert.equal(result, 'done');
  const answers = await bets;
  const taken = answers.filter((answer) => answer.result === 'done');
  assert.ok(taken.length > 0 && taken.length < QUEUED / 2, `${taken.length} bets were taken`);
  assert.ok(taken.every((answer) => answer.seq < seq));
  for (const answer of answers)
    assert.ok(answer.result === 'done' || answer.result.code === 'market_suspended', JSON.stringify(answer.result));
  const alone = (await scene.blocks()).slice(from).find((block) => block.firstSeq <= seq && seq <= block.lastSeq);
  assert.deepEqual([alone?.firstSeq, alone?.lastSeq], [seq, seq]);
});

test('a stream of control commands leaves room for others', async () => {
  const scene = await Scene.open({ lanes: { ...limitsOf(10), share: { control: 1, facts: 1, people: 10, bots: 1 } } });
  const ana = scene.user('ana');
  const asked = Array.from({ length: 40 }, () =>
    scene.ask({ type: 'Halt', scope: 'trading', reason: 'test' }, { lane: 'control' }),
  );
  let controlLeft = asked.length;
  for (const one of asked) void one.then(() => controlLeft--);
  await scene.done(scene.bet(ana));
  assert.ok(controlLeft > 20, `the bet came after all but ${controlLeft}`);
  await Promise.all(asked);
});
