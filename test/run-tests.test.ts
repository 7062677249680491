// The runner of the tests can fail: on failures, on nothing, and on what CI may not skip.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { faultOf, findTests, isUnitTest, readSummary, runTests } from '../tools/run-tests.ts';

const SCRATCH = mkdtempSync(join(tmpdir(), 'palpite-tests-'));
after(() => rmSync(SCRATCH, { recursive: true, force: true }));

function project(name: string, files: Record<string, string>): string {
  const root = join(SCRATCH, name);
  for (const [path, body] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), `import { test } from 'node:test';\n${body}`);
  }
  return root;
}

test('findTests() finds test files by name, below the paths wanted', () => {
  const root = project('found', {
    'src/a/b.test.ts': '',
    'src/a/b.ts': '',
    'src/ab/c.test.ts': '',
    'test/node_modules/d.test.ts': '',
    'test/e/f.pg.test.ts': '',
  });
  assert.deepEqual(findTests(root), ['src/a/b.test.ts', 'src/ab/c.test.ts', 'test/e/f.pg.test.ts']);
  assert.deepEqual(findTests(root, ['src/a']), ['src/a/b.test.ts']);
  assert.deepEqual(findTests(root, ['./src/ab/', 'test/e/f.pg.test.ts']), ['src/ab/c.test.ts', 'test/e/f.pg.test.ts']);
  assert.deepEqual(findTests(root, ['nowhere']), []);
});

test('isUnitTest() leaves out what needs a server or the whole program', () => {
  const files = [
    'src/a.test.ts',
    'src/a.pg.test.ts',
    'src/a.kafka.test.ts',
    'test/e2e/a.test.ts',
    'test/sim/a.test.ts',
    'test/tidy.test.ts',
  ];
  assert.deepEqual(files.filter(isUnitTest), ['src/a.test.ts', 'test/tidy.test.ts']);
});

test('runTests() passes, fails and counts; faultOf() refuses failures always and skips under CI', async () => {
  const run = (name: string, body: string) => {
    const root = project(name, { 'src/x.test.ts': body });
    return runTests(root, findTests(root), false);
  };
  const good = await run('good', "test('a', () => {}); test('b', () => {});");
  assert.deepEqual(good.summary, { tests: 2, failed: 0, skipped: 0 });
  assert.equal(faultOf(good, true), null);
  const bad = await run('bad', "test('a', () => { throw new Error('x'); });");
  assert.equal(bad.exitCode, 1);
  assert.match(faultOf(bad, false) ?? '', /failed/);
  const skipped = await run('skipped', "test('a', { skip: 'no server' }, () => {}); test('b', () => {});");
  assert.equal(faultOf(skipped, false), null);
  assert.match(faultOf(skipped, true) ?? '', /1 skipped/);
});

test('faultOf() refuses a run without tests and one without a summary', () => {
  assert.match(faultOf({ exitCode: 0, output: '', summary: { tests: 0, failed: 0, skipped: 0 } }, false) ?? '', /no test ran/);
  assert.match(faultOf({ exitCode: 0, output: '', summary: null }, false) ?? '', /no summary/);
});

test('readSummary() reads the last summary, colours or not', () => {
  const summary = 'ℹ tests 12\nℹ suites 0\nℹ pass 9\nℹ fail 1\nℹ cancelled 0\nℹ skipped 2\nℹ todo 0\n';
  assert.deepEqual(readSummary(`ℹ tests 1\nℹ fail 0\nℹ skipped 0\n${summary}`), { tests: 12, failed: 1, skipped: 2 });
  assert.deepEqual(readSummary(summary.replaceAll(/^(.*)$/gm, '\u001B[34m$1\u001B[39m')), { tests: 12, failed: 1, skipped: 2 });
  assert.equal(readSummary('nothing of the kind'), null);
});
