// What `npx palpite` says of calls that would otherwise pass for good ones, and to a reader that has enough, as `head` has. The real program.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

let data: string;
before(async () => (data = await mkdtemp(join(tmpdir(), 'palpite-cli-'))));
after(() => rm(data, { recursive: true, force: true }));

async function run(args: readonly string[], { reads = true } = {}): Promise<{ code: unknown; out: string; told: string }> {
  const env = { ...process.env, PALPITE_DATA: data };
  const child = spawn(process.execPath, ['bin/palpite.js', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, told] = ['', ''];
  if (reads) child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  else child.stdout.destroy();
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
  const [code] = (await once(child, 'close')) as [unknown];
  return { code, out, told };
}

const options = { timeout: 120_000 };

test('a reader that has enough ends nothing, and sees no stack', options, async () => {
  const { code, told } = await run(['replay', 'examples/season.csv', '--bots', '4', '--json'], { reads: false });
  assert.equal(code, 0, told);
  assert.doesNotMatch(told, /EPIPE/);
});

test('nobody is paid under an id that nobody has', options, async () => {
  const { code, out, told } = await run(['grant', 'usr_01M81RWP8AACFKSEJHW810YFZZ', '100']);
  assert.deepEqual([code, out], [1, '']);
  assert.match(told, /nobody has the id usr_01M81RWP8AACFKSEJHW810YFZZ/);
});

test('a shard on which nothing is written is not verified', options, async () => {
  const { code, out, told } = await run(['journal', 'verify', '--shard', '9999', '--json']);
  assert.deepEqual([code, out], [1, '']);
  assert.match(told, /nothing is written on shard 9999/);
});
