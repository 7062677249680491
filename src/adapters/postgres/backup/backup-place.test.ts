import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { locateBackups, prepareBackups } from './backup-place.ts';

const root = mkdtempSync(join(tmpdir(), 'palpite-backup-place-'));
chmodSync(root, 0o755); // as root another account tries whether it can write
after(() => rmSync(root, { recursive: true, force: true }));

test('prepareBackups() lets several backups begin at the same time, and leaves nothing in the archive', async () => {
  const place = await locateBackups(join(root, 'postgres'), join(root, 'backups'), join(root, 'system'));
  for (let round = 0; round < 5; round++)
    await Promise.all(Array.from({ length: 12 }, () => prepareBackups(place, 'the-same-database')));
  assert.deepEqual(readdirSync(place.wal), []);
});
