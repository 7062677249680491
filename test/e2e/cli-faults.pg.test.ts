// A reader of `npx palpite` that has enough, as `head` has: the command does what it was asked for. The real program.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

test('a reader that has enough ends nothing, and sees no stack', { timeout: 120_000 }, async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'palpite-ends-'));
  t.after(() => rm(data, { recursive: true, force: true }));
  const child = spawn(process.execPath, ['bin/palpite.js', 'replay', 'examples/season.csv', '--bots', '4', '--json'], {
    env: { ...process.env, PALPITE_DATA: data },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
  assert.deepEqual(await once(child, 'exit'), [0, null], told);
  assert.doesNotMatch(told, /EPIPE/);
});
