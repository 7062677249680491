import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cells, decodeText, readTable, RECORDING_BYTES_MAX } from './csv.ts';
import { Problems, RecordingError } from '#ports/recording.ts';

const bytes = (text: string, encoding: BufferEncoding = 'utf8'): Uint8Array => Buffer.from(text, encoding);

test('decodeText() reads UTF-8 with or without a mark, and Windows-1252', () => {
  assert.equal(decodeText(bytes('Cuiabá'), 'f'), 'Cuiabá');
  assert.equal(decodeText(bytes('Cuiabá', 'latin1'), 'f'), 'Cuiabá');
  assert.equal(decodeText(bytes('\ufeffDiv'), 'f'), 'Div');
  assert.throws(() => decodeText(new Uint8Array(RECORDING_BYTES_MAX + 1), 'big.csv'), RecordingError);
});

test('readTable() counts lines of the file whatever ends them, and leaves blank rows out', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const table = readTable(['\ufeffA,B', '1,2', '', ',', ' , ', '3,4', '', ''].join(end), 'f.csv');
    assert.deepEqual(table.header, ['A', 'B']);
    assert.deepEqual(table.rows, [
      { line: 2, cells: ['1', '2'] },
      { line: 6, cells: ['3', '4'] },
    ]);
  }
  // A file to which another program appended: LF first, CRLF later
  assert.deepEqual(
    readTable('A\n1\n2\r\n3\r\n4\r\n', 'f').rows.map(({ line, cells }) => `${line}:${cells.join()}`),
    ['2:1', '3:2', '4:3', '5:4'],
  );
});

test('readTable() keeps quoted commas, stray quotes and ragged rows', () => {
  const { rows } = readTable('A,B,C\n"x, y",O"Neill,\n1\n1,2,3,4\n', 'f.csv');
  assert.deepEqual(
    rows.map(({ cells }) => cells),
    [['x, y', 'O"Neill', ''], ['1'], ['1', '2', '3', '4']],
  );
});

test('readTable() names file and line when the text is no CSV', () => {
  assert.throws(
    () => readTable('A,B\n1,"2\n3,4\n', 'bad.csv'),
    (e) => e instanceof RecordingError && /^bad\.csv:\d+: not readable as CSV/.test(e.message),
  );
  assert.throws(() => readTable('', 'empty.csv'), /empty\.csv: the file is empty/);
  assert.throws(() => readTable('\n , \n', 'blank.csv'), /the file is empty/);
  assert.throws(() => readTable(`A,B\n1,${'x'.repeat(100_000)}\n`, 'long.csv'), RecordingError);
});

function cellsOf(...texts: string[]): { cells: Cells; problems: Problems } {
  const problems = new Problems();
  const cells = new Cells({ file: 'f.csv', header: texts.map((_, i) => `c${i}`), rows: [] }, problems);
  cells.use({ line: 7, cells: texts });
  return { cells, problems };
}

test('Cells reads numbers exactly and reports what is none with its line and column', () => {
  const good = cellsOf('2', '2.0', '', '1.95', '-0.75', '-0', '0.0');
  assert.deepEqual(
    [0, 1, 2].map((c) => good.cells.count(c)),
    [2, 2, undefined],
  );
  assert.equal(good.cells.odds(3), 1950);
  assert.equal(good.cells.lineQuarters(4), -3);
  assert.ok(Object.is(good.cells.lineQuarters(5), 0) && Object.is(good.cells.lineQuarters(6), 0));
  assert.equal(good.cells.odds(-1), undefined);
  assert.deepEqual(good.problems.list, []);

  const counts = ['-1', '1.5', '1e1', 'NA', '1000', '+1', '0x1'];
  const badCounts = cellsOf(...counts);
  for (const i of counts.keys()) assert.equal(badCounts.cells.count(i), undefined, counts[i]);
  const odds = ['1', '1.0', '0', '-2', '1000.001', '10000', 'evens', '2,5', 'NaN', 'Infinity'];
  const badOdds = cellsOf(...odds);
  for (const i of odds.keys()) assert.equal(badOdds.cells.odds(i), undefined, odds[i]);
  const lines = ['0.3', '51', 'x', '-0,75'];
  const badLines = cellsOf(...lines);
  for (const i of lines.keys()) assert.equal(badLines.cells.lineQuarters(i), undefined, lines[i]);
  for (const [{ problems }, texts] of [
    [badCounts, counts],
    [badOdds, odds],
    [badLines, lines],
  ] as const) {
    assert.deepEqual(
      problems.list.map(({ file, line, column }) => `${file}:${line}:${column}`),
      texts.map((_, i) => `f.csv:7:c${i}`),
    );
  }
});
