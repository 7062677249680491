// One broken entry must never cost the report of the others: folders with links to nowhere, folders for files, and JSON that is none.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkFolder } from './find-sets.ts';
import { isSound, verdict } from './report.ts';

const SEASON = `Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H,B365D,B365A
E0,16/08/2024,20:00,Alpha,Beta,1,0,H,1.5,4,5
`;
const TOTALS = JSON.stringify({ files: { 'E0_test.csv': { '1x2 B365 H': { n: 1, profit: 0.5, profit_exact: '1/2' } } } });

/** A folder with one sound set of one check. */
function soundFolder(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'golden-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const below of ['golden', 'football', 'other']) mkdirSync(join(root, below));
  writeFileSync(join(root, 'football', 'E0_test.csv'), SEASON);
  writeFileSync(join(root, 'golden', 'sound.json'), TOTALS);
  return root;
}

test('checkFolder() tells what it cannot read, by name, and checks the other sets', (t) => {
  const root = soundFolder(t);
  mkdirSync(join(root, 'football', 'a.csv'));
  symlinkSync('nowhere', join(root, 'football', 'b.csv'));
  symlinkSync(join(root, 'other'), join(root, 'football', 'c.csv'));
  mkdirSync(join(root, 'golden', 'a'));
  symlinkSync('nowhere', join(root, 'golden', 'b.json'));
  symlinkSync('nowhere', join(root, 'z'));
  const report = checkFolder(root);
  assert.deepEqual(report.faults, [
    'golden/a: is a folder, not a file',
    'golden/b.json: a link that leads nowhere',
    'football/a.csv: is a folder, not a file',
    'football/b.csv: a link that leads nowhere',
    'football/c.csv: is a folder, not a file',
  ]);
  assert.deepEqual(
    report.checked.map(({ set, checks, mismatches }) => ({ set, checks, mismatches })),
    [{ set: 'golden/sound.json', checks: 1, mismatches: [] }],
  );
  assert.deepEqual(report.unchecked, [{ set: 'other/', note: 'found, no checker yet' }]);
  assert.equal(isSound(report), false);
});

test('checkFolder() says what is wrong with JSON that it cannot read, and takes a byte order mark', (t) => {
  const root = soundFolder(t);
  const write = (name: string, bytes: string | Uint8Array): void => writeFileSync(join(root, 'golden', name), bytes);
  write('bom.json', `\uFEFF${TOTALS}`);
  write('empty.json', '');
  write('latin.json', Uint8Array.of(0x22, 0xe9, 0x22));
  write('nan.json', '{"profit":\n NaN}');
  const { checked, faults } = checkFolder(root);
  assert.deepEqual(
    checked.map(({ set, mismatches }) => [set, mismatches]),
    [
      ['golden/bom.json', []],
      ['golden/sound.json', []],
    ],
  );
  assert.equal(faults.length, 3);
  assert.equal(faults[0], 'golden/empty.json: the file is empty');
  assert.match(faults[1] ?? '', /^golden\/latin\.json: not readable as JSON: .*utf-8/);
  assert.match(faults[2] ?? '', /^golden\/nan\.json: not readable as JSON: .*'N'[^\n]*$/);
});

test('checkFolder() takes a file in place of a folder as a fault of one line', (t) => {
  const root = soundFolder(t);
  const file = join(root, 'golden', 'sound.json');
  assert.deepEqual(checkFolder(file).faults, [`${file} is no folder`]);
  assert.equal(verdict(checkFolder(file)), `${file} is no folder`);

  rmSync(join(root, 'golden'), { recursive: true });
  writeFileSync(join(root, 'golden'), TOTALS);
  assert.deepEqual(checkFolder(root).faults, ['golden: is no folder']);
  rmSync(join(root, 'golden'));
  symlinkSync('nowhere', join(root, 'golden'));
  assert.deepEqual(checkFolder(root).faults, ['golden: a link that leads nowhere']);
});
