// The command as a person types it: exit codes, messages, JSON.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const home = mkdtempSync(join(tmpdir(), 'palpite-cli-backup-'));
chmodSync(home, 0o755); // as root the server runs as another account, which must get in
after(() => rmSync(home, { recursive: true, force: true }));

function palpite(args: readonly string[], env: Record<string, string> = {}): { code: number | null; out: string; err: string } {
  const { NODE_TEST_CONTEXT: _, DATABASE_URL: __, ...own } = process.env;
  const done = spawnSync(process.execPath, [join(ROOT, 'src/cli/main.ts'), 'backup', ...args], {
    cwd: home,
    env: { ...own, PALPITE_DATA: join(home, 'data'), ...env },
    encoding: 'utf8',
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

describe('palpite backup', { timeout: 120_000 }, () => {
  it('shows examples', () => {
    const { code, out } = palpite(['--help']);
    assert.equal(code, 0);
    assert.match(out, /backup restore --to 2026-/);
  });

  for (const moment of ['yesterday', '2026-11-21', '2026-11-21T12:00:00', '2026-13-41T12:00:00Z']) {
    it(`restore refuses the moment ${moment}`, () => {
      const { code, err } = palpite(['restore', '--to', moment]);
      assert.equal(code, 2);
      assert.match(err, /must be a moment like/);
    });
  }

  it('says what to use instead for a server that is not ours', () => {
    for (const args of [['list'], ['verify'], ['restore', '--to', '2026-11-21T12:00:00Z']]) {
      const { code, err } = palpite(args, { DATABASE_URL: 'postgres://elsewhere.invalid/x' });
      assert.equal(code, 1, args.join(' '));
      assert.match(err, /pg_basebackup/);
    }
  });

  it('lists nothing, then what create made, as JSON', () => {
    const before = palpite(['list', '--json']);
    assert.deepEqual([before.code, (JSON.parse(before.out) as { bases: unknown[] }).bases], [0, []]);
    const missing = palpite(['restore', '--to', '2026-11-21T12:00:00Z']);
    assert.deepEqual([missing.code, /backup create makes one/.test(missing.err)], [1, true]);
    const created = palpite(['create', '--json']);
    assert.equal(created.code, 0, created.err);
    const { base } = JSON.parse(created.out) as { base: { id: string; finishedAt: number } };
    const listed = JSON.parse(palpite(['list', '--json']).out) as { bases: { id: string }[]; ranges: { from: number }[] };
    assert.deepEqual([listed.bases[0]?.id, listed.ranges[0]?.from], [base.id, base.finishedAt]);
    const off = palpite(['off', '--json']);
    assert.deepEqual([off.code, JSON.parse(off.out)], [0, { archiving: false }]);
  });
});
