import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readEnvironment } from '../environment.ts';
import { internalToken } from './internal-token.ts';

test('processes that start at once on a new folder agree on one token, which only its owner may read', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'palpite-token-'));
  t.after(() => rm(dir, { recursive: true }));
  const environment = readEnvironment({ PALPITE_DATA: join(dir, 'data') });
  const tokens = await Promise.all(Array.from({ length: 50 }, () => internalToken(environment)));
  assert.equal(new Set(tokens).size, 1);
  assert.match(tokens[0] as string, /^[\w-]{43}$/);
  assert.deepEqual(await readdir(join(dir, 'data')), ['internal.token']);
  assert.equal((await stat(join(dir, 'data', 'internal.token'))).mode & 0o777, 0o600);
});

test('a token that is empty or short is refused: it would open the door to anybody', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'palpite-token-'));
  t.after(() => rm(dir, { recursive: true }));
  for (const text of ['', '\n', 'short\n']) {
    await writeFile(join(dir, 'internal.token'), text);
    await assert.rejects(internalToken(readEnvironment({ PALPITE_DATA: dir })), /delete it/);
  }
});
