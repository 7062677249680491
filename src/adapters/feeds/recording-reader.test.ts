import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeProblem, RecordingError, requireNoProblems } from '#ports/recording.ts';
import { readRecording, type RecordingFile } from './recording-reader.ts';

const HEADER = 'Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H,B365D,B365A';

function file(name: string, ...lines: string[]): RecordingFile {
  return { name, bytes: Buffer.from(lines.join('\r\n')) };
}

test('readRecording() orders the fixtures of all files by kick-off, then id', () => {
  const { fixtures, files, problems } = readRecording([
    file('later.csv', HEADER, 'E0,18/08/2024,15:00,A,B,1,0,H,2,3,4', 'E0,17/08/2024,15:00,Z,Y,1,0,H,2,3,4'),
    file('earlier.csv', HEADER, 'SP1,17/08/2024,15:00,C,D,1,0,H,2,3,4', 'D1,17/08/2024,15:00,E,F,1,0,H,2,3,4'),
  ]);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    fixtures.map(({ card }) => card.eventId),
    ['fb:D1:20240817:e:f', 'fb:E0:20240817:z:y', 'fb:SP1:20240817:c:d', 'fb:E0:20240818:a:b'],
  );
  assert.deepEqual(files, [
    { name: 'later.csv', layout: 'football-data', rows: 2 },
    { name: 'earlier.csv', layout: 'football-data', rows: 2 },
  ]);
});

test('readRecording() keeps the first of two rows for one fixture and reports the other', () => {
  const row = 'E0,17/08/2024,15:00,Man United,Fulham,1,0,H,2,3,4';
  const { fixtures, problems } = readRecording([
    file('a.csv', HEADER, row, row),
    file(
      'multimarket_E0_x.csv',
      'Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,BTTS_Yes,DC_1X',
      '2024-08-17,11:00:00,Manchester United,Fulham,1.0,0.0,1.8,1.3',
    ),
  ]);
  assert.equal(fixtures.length, 1);
  assert.equal(fixtures[0]?.file, 'a.csv');
  const id = 'fb:E0:20240817:man-united:fulham';
  assert.deepEqual(problems.map(describeProblem), [
    `a.csv:3: ${id} is already in a.csv:2; left out`,
    `multimarket_E0_x.csv:2: ${id} is already in a.csv:2; left out`,
  ]);
});

test('readRecording() refuses a file of no known layout and lists what it knows', () => {
  const refused = (text: string): RecordingError => {
    try {
      readRecording([{ name: 'x.csv', bytes: Buffer.from(text) }]);
    } catch (error) {
      assert.ok(error instanceof RecordingError);
      return error;
    }
    return assert.fail('it was read');
  };
  const { message } = refused('open,high,low\n1,2,3\n');
  assert.match(message, /^x\.csv: the header "open,high,low" is no known layout/);
  for (const layout of [
    'football-data (Div, Date',
    'extra league',
    'multimarket',
    'odds snapshots',
    'best prices',
    'results',
    'schedule',
  ])
    assert.ok(message.includes(layout), layout);
  for (const bad of [
    '',
    '\n\n',
    '{"a": 1}',
    '<html>',
    'Div,Date,HomeTeam\nE0',
    `\u0000\u0001`,
    'div,date,hometeam,awayteam,fthg,ftag\n',
    `${'x,'.repeat(5000)}\n`,
  ]) {
    assert.ok(refused(bad).message.startsWith('x.csv'), bad);
    assert.ok(refused(bad).message.length < 1500);
  }
  assert.throws(() => readRecording([]), /no file to read/);
});

test('readRecording() says so when the files hold no fixture', () => {
  const results = file('r.csv', 'date,home_team,away_team,home_score,away_score', '2026-06-19,A,B,1,0');
  const { fixtures, problems, files } = readRecording([results]);
  assert.deepEqual(fixtures, []);
  assert.equal(files[0]?.layout, 'results');
  assert.deepEqual(problems.map(describeProblem), ['r.csv:1: read as results, which has no fixture with prices']);
  const told = (name: string, ...lines: string[]): string | undefined =>
    readRecording([file(name, HEADER, ...lines)])
      .problems.map(describeProblem)
      .at(-1);
  assert.equal(told('h.csv'), 'h.csv:1: read as football-data, no row is below the header');
  const old = 'E0,17/08/1950,15:00,A,B,1,0,H,2,3,4';
  assert.equal(told('o.csv', old, old), 'o.csv:1: read as football-data, no row of it gives a fixture');
});

test('requireNoProblems() throws with the first twenty problems spelled out', () => {
  requireNoProblems([]);
  const rows = Array.from({ length: 25 }, (_, i) => `E0,17/08/2024,15:00,Team ${i},B,1,0,H,0,3,4`);
  const { problems } = readRecording([file('a.csv', HEADER, ...rows)]);
  assert.throws(
    () => requireNoProblems(problems),
    (error) => {
      assert.ok(error instanceof RecordingError);
      assert.equal(error.problems.length, 25);
      const lines = error.message.split('\n');
      assert.equal(lines.length, 1 + 20 + 1);
      assert.match(lines[1] as string, /a\.csv:2 \[B365H\]: "0" is not a price/);
      assert.match(lines[21] as string, /and 5 more/);
      return true;
    },
  );
});

test('readRecording() reads a season of 380 fixtures and 60 prices each well within a second', () => {
  const books = Array.from({ length: 20 }, (_, i) => `K${i}`);
  const header = `${HEADER},${books.flatMap((book) => [`${book}H`, `${book}D`, `${book}A`]).join()}`;
  const rows = Array.from(
    { length: 380 },
    (_, i) =>
      `E0,${String((i % 28) + 1).padStart(2, '0')}/${String((i % 12) + 1).padStart(2, '0')}/2024,15:00,Home ${i},Away ${i},1,1,D,2,3,4${',2.5,3.4,2.9'.repeat(20)}`,
  );
  const season = file('big.csv', header, ...rows);
  const from = performance.now();
  const { fixtures, problems } = readRecording([season]);
  const tookMs = performance.now() - from;
  assert.deepEqual(problems, []);
  assert.equal(fixtures.length, 380);
  assert.ok(fixtures.every(({ captures }) => captures.length === 21));
  assert.ok(tookMs < 1000, `${tookMs} ms`); // about 60 ms alone on one core; the bound leaves room for a loaded machine
});
