import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cells, decodeText, readTable, RECORDING_BYTES_MAX } from './csv.ts';
import { describeProblem, Problems, RecordingError } from '#ports/recording.ts';

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

test('readTable() names the line in which a quote opens that takes later rows in, and reads none of the file', () => {
  const told = (text: string): string => {
    try {
      return JSON.stringify(readTable(text, 'f.csv').rows.map(({ cells }) => cells));
    } catch (error) {
      assert.ok(error instanceof RecordingError);
      assert.equal(error.problems.length, 1);
      assert.equal(error.problems[0]?.file, 'f.csv');
      assert.match(error.message, /^f\.csv:\d+: not readable as CSV: a quote opens in this line and is not closed in it/);
      return `line ${error.problems[0]?.line}`;
    }
  };
  const row = 'E0,x,1';
  const quote = '"E0,x,1';
  for (const end of ['\n', '\r\n', '\r']) {
    const text = (...lines: string[]): string => lines.join(end);
    assert.equal(told(text('A,B,C', row, 'E0,"x,1', row, 'E0,y",1', row)), 'line 3', 'closed two rows later');
    assert.equal(told(text('A,B,C', '', row, ' ', '', 'E0,1,"x', 'y"', row)), 'line 6', 'blank lines count');
    assert.equal(told(text('A,B,C', quote, row, row, row, '')), 'line 2', 'never closed');
    assert.equal(told(text('A,B,C', row, quote)), 'line 3', 'in the last line');
    assert.equal(told(text('A,B,C', 'E0,"x,1', 'E0,"y,1', row)), 'line 2', 'the next quote is not the one that opens');
    assert.equal(told(text('A,B,C', quote, ...Array<string>(20_000).fill(row))), 'line 2', 'a record longer than any');
    assert.equal(told(text('A,"B,C', row, 'A,"B,C')), 'line 1', 'in the header');
  }
  assert.equal(told('"A","B, b"\n"Nott\'m Forest","say ""x"""\n'), '[["Nott\'m Forest","say \\"x\\""]]', 'quotes in their place');
});

test('use() refuses a row that is wider than the header and holds more than it names, and no other', () => {
  const problems = new Problems();
  const table = readTable('A,B,,\n1,6,2,,\n1,2,,,,,\n1\n1,2,3,4,5,\n1,2,,note\n', 'f.csv');
  const cells = new Cells(table, problems);
  assert.deepEqual(
    table.rows.map((row) => cells.use(row)),
    [false, true, true, false, true],
  );
  assert.deepEqual(problems.list.map(describeProblem), [
    'f.csv:2: 3 cells, the header has 2; row left out',
    'f.csv:5: 5 cells, the header has 2; row left out',
  ]);
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
