// The output of a server that runs for months must not fill the disk.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Client } from 'pg';
import { cutLog } from './postmaster.ts';
import { startEmbedded } from './server.ts';

const root = mkdtempSync(join(tmpdir(), 'palpite-log-'));
chmodSync(root, 0o755); // as root the server runs as another account, which must get in
after(() => rmSync(root, { recursive: true, force: true }));

test('cutLog() keeps the last part beside, and the running server goes on in the emptied file', { timeout: 60_000 }, async () => {
  const dataDir = join(root, 'postgres');
  const server = await startEmbedded({ dataDir, log: () => undefined, settings: { shared_buffers: '16MB' } });
  const client = new Client({ connectionString: server.url });
  await client.connect();
  const say = (word: string): Promise<unknown> => client.query(`DO $$ BEGIN RAISE LOG '${word}'; END $$`);
  const log = `${dataDir}.log`;
  try {
    for (let i = 0; i < 50; i++) await say(`before ${'x'.repeat(200)}`);
    assert.ok(statSync(log).size > 10_000);
    assert.equal(cutLog(log, 1_000_000), false, 'small enough');
    assert.equal(cutLog(log, 10_000), true);
    assert.match(readFileSync(`${log}.1`, 'utf8'), /before x/);
    await say('after');
    const text = readFileSync(log, 'utf8');
    assert.match(text, /LOG: +after/);
    assert.doesNotMatch(text, /before x|\0/, 'no hole where the old text was');
  } finally {
    await client.end();
    await server.stop();
  }
});
