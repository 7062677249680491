// One holder at a time across processes, and no lock outlives its holder.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { tryLock, withLock } from './owner-lock.ts';
import { DatabaseStartError } from './start-error.ts';

const dir = mkdtempSync(join(tmpdir(), 'palpite-lock-'));
after(() => rmSync(dir, { recursive: true, force: true }));

const module = new URL('owner-lock.ts', import.meta.url).href;
function child(code: string): ReturnType<typeof spawn> {
  const whole = `import { tryLock, withLock } from '${module}'; import { setTimeout as sleep } from 'node:timers/promises'; ${code}`;
  return spawn(process.execPath, ['--input-type=module', '-e', whole], { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('tryLock() refuses a second holder until release', () => {
  const path = join(dir, 'plain');
  const first = tryLock(path);
  assert.ok(first);
  assert.equal(tryLock(path), undefined);
  first.release();
  const second = tryLock(path);
  assert.ok(second);
  first.release(); // a late second release must not free the lock of the next holder
  assert.equal(tryLock(path), undefined);
  second.release();
  assert.deepEqual(readdirSync(dir), []);
});

test('tryLock() takes over from a holder that was killed', async () => {
  const path = join(dir, 'killed');
  const holder = child(`tryLock('${path}'); console.log('held'); await sleep(60_000);`);
  await once(holder.stdout ?? holder, 'data');
  assert.equal(tryLock(path), undefined);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const lock = tryLock(path);
  assert.ok(lock);
  lock.release();
});

test('tryLock() is not fooled by a reused process number or a torn file', () => {
  const path = join(dir, 'reused');
  for (const content of [JSON.stringify({ pid: process.pid, startedAt: 'earlier', token: 'x' }), '{"pid": 1', '']) {
    writeFileSync(path, content);
    const lock = tryLock(path);
    assert.ok(lock, content);
    lock.release();
  }
});

test('tryLock() gets past a process that died while breaking a stale lock', () => {
  const path = join(dir, 'twice');
  const dead = JSON.stringify({ pid: process.pid, startedAt: 'earlier', token: 'x' });
  writeFileSync(path, dead);
  writeFileSync(`${path}.break`, dead);
  const lock = tryLock(path);
  assert.ok(lock);
  lock.release();
});

test('withLock() gives up after its time and names the holder', async () => {
  const path = join(dir, 'waiting');
  const lock = tryLock(path);
  await assert.rejects(
    withLock(path, 60, () => Promise.resolve()),
    (error: unknown) =>
      error instanceof DatabaseStartError && error.code === 'start-timeout' && error.message.includes(String(process.pid)),
  );
  lock?.release();
});

test('withLock() never lets two processes in, also while stale locks are broken over and over', { timeout: 60_000 }, async () => {
  const path = join(dir, 'many');
  const counter = join(dir, 'counter');
  const [processes, rounds] = [5, 20];
  writeFileSync(counter, '0');
  writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt: 'earlier', token: 'x' }));
  // Read, wait, write: without exclusion counts are lost. Every third round the lock is left behind as a dead holder would leave it.
  const code = `
    import { readFileSync, writeFileSync, renameSync } from 'node:fs';
    for (let i = 0; i < ${rounds}; i++) await withLock('${path}', 50_000, async () => {
      const n = Number(readFileSync('${counter}', 'utf8')); await sleep(1); writeFileSync('${counter}', String(n + 1));
      if (i % 3 === 0) { writeFileSync('${path}.' + process.pid, JSON.stringify({ pid: process.pid, startedAt: 'earlier', token: 'dead' })); renameSync('${path}.' + process.pid, '${path}'); }
    });`;
  const children = Array.from({ length: processes }, () => child(code));
  const codes = await Promise.all(children.map(async (each) => (await once(each, 'exit'))[0] as number));
  assert.deepEqual(codes, Array(processes).fill(0));
  assert.equal(readFileSync(counter, 'utf8'), String(processes * rounds));
});
