// A process is known by number and start time; a number alone, a zombie and a guess are not enough.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { asIdentity, identify, isAlive, ownIdentity } from './process-identity.ts';

test('ownIdentity() is alive and equal at each call', () => {
  assert.deepEqual(ownIdentity(), ownIdentity());
  assert.equal(isAlive(ownIdentity()), true);
});

test('isAlive() says no when the number was given to another process', () => {
  assert.equal(isAlive({ pid: process.pid, startedAt: 'an earlier boot:12' }), false);
});

test('isAlive() says no once a child has ended', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const identity = identify(child.pid ?? 0);
  assert.ok(identity);
  assert.equal(isAlive(identity), true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(isAlive(identity), false);
});

test(
  'identify() does not count a zombie as alive',
  { skip: process.platform !== 'linux' && 'zombies are read from /proc' },
  async () => {
    // When the inner shell ends, the outer one has become `sleep`, which never collects it.
    const outer = spawn('/bin/sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [chunk] = (await once(outer.stdout, 'data')) as [Buffer];
    const pid = Number(chunk.toString());
    const stateNow = (): string => /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
    for (let i = 0; i < 200 && stateNow() !== 'Z'; i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(stateNow(), 'Z');
    assert.equal(identify(pid), undefined);
    outer.kill('SIGKILL');
  },
);

test('identify() refuses what is no process number', () => {
  for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 30]) assert.equal(identify(pid), undefined);
});

test('asIdentity() refuses other shapes', () => {
  assert.deepEqual(asIdentity({ pid: 7, startedAt: 'x', more: 1 }), { pid: 7, startedAt: 'x' });
  for (const value of [null, 3, 'x', {}, { pid: '7', startedAt: 'x' }, { pid: 7 }]) assert.equal(asIdentity(value), undefined);
});
