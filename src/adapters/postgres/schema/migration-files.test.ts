// Which folders of migrations are accepted, and what a checksum covers.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { MigrationError, readMigrations } from './migration-files.ts';

function folder(t: TestContext, files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'palpite-migrations-'));
  t.after(() => rmSync(dir, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

test('readMigrations() orders by number and ignores other files', async (t) => {
  const files = await readMigrations(folder(t, { '0010-b.sql': 'B', '0002-a-2.sql': 'A', 'README.md': '' }));
  assert.deepEqual(
    files.map((file) => [file.version, file.name]),
    [
      [2, 'a-2'],
      [10, 'b'],
    ],
  );
});

test('readMigrations() gives the same checksum for CRLF and LF, that of the LF text', async (t) => {
  const [lf] = await readMigrations(folder(t, { '0001-a.sql': 'SELECT 1;\nSELECT 2;\n' }));
  const [crlf] = await readMigrations(folder(t, { '0001-a.sql': 'SELECT 1;\r\nSELECT 2;\r\n' }));
  assert.equal(lf?.sha256, crlf?.sha256);
  assert.equal(lf?.sha256, createHash('sha256').update('SELECT 1;\nSELECT 2;\n').digest('hex'));
});

test('readMigrations() refuses misnamed and doubled files and an empty folder', async (t) => {
  const bad: Record<string, string>[] = [{ '1-a.sql': '' }, { '0001_a.sql': '' }, { '0000-a.sql': '' }, { '0001-A.sql': '' }, {}];
  bad.push({ '0001-a.sql': '', '0001-b.sql': '' });
  for (const files of bad) {
    await assert.rejects(
      readMigrations(folder(t, files)),
      (error) => error instanceof MigrationError && error.code === 'bad-file',
    );
  }
});
