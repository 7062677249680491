import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#adapters/memory/virtual-clock.ts';
import { Rest } from './rest.ts';

/** What a promise has come to after everything that was ready has run. */
async function isOver(resting: Promise<void>): Promise<boolean> {
  let over = false;
  void resting.then(() => (over = true));
  await new Promise(setImmediate);
  return over;
}

test('a rest lasts as long as it was asked for, and no alarm is left behind', async () => {
  const clock = new VirtualClock(1_000);
  const rest = new Rest(clock);
  const resting = rest.for(50);
  clock.advance(1_049);
  assert.equal(await isOver(resting), false);
  clock.advance(1_050);
  assert.equal(await isOver(resting), true);
  assert.equal(clock.nextAlarmAt(), Number.POSITIVE_INFINITY);
});

test('wake() ends every rest of the moment, takes its alarm away, and no later one', async () => {
  const clock = new VirtualClock();
  const rest = new Rest(clock);
  const both = [rest.for(50), rest.for(90)];
  rest.wake();
  assert.deepEqual(await Promise.all(both.map(isOver)), [true, true]);
  assert.equal(clock.nextAlarmAt(), Number.POSITIVE_INFINITY);
  assert.equal(await isOver(rest.for(50)), false);
});

test('news that came between two rests makes the next one, and only that, end at once', async () => {
  const rest = new Rest(new VirtualClock());
  rest.wake();
  rest.wake();
  assert.equal(await isOver(rest.for(50)), true);
  assert.equal(await isOver(rest.for(50)), false);
});

test('nothing rests after end()', async () => {
  const rest = new Rest(new VirtualClock());
  const resting = rest.for(50);
  rest.end();
  assert.deepEqual([await isOver(resting), await isOver(rest.for(50)), await isOver(rest.for(50))], [true, true, true]);
  assert.equal(rest.ended, true);
});

test('without a clock it rests in real time, and a woken one holds nothing open', async () => {
  const rest = new Rest();
  const began = performance.now();
  await rest.for(20);
  assert.ok(performance.now() - began >= 19);
  const long = rest.for(3_600_000); // the process would not end, were its timer left
  rest.wake();
  await long;
});
