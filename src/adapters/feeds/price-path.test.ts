// Price histories, read through the one entrance together with the files that complete them. All rows are invented.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeProblem, type RecordedFixture } from '#ports/recording.ts';
import { readRecording, type Recording } from './recording-reader.ts';

const SNAPSHOTS = 'ts_utc,match,kickoff_utc,bookmaker,market,outcome,point,price';
const BEST = 'snapshot_time,match_date,home,away,side,odds';
const RESULTS = 'date,home_team,away_team,home_score,away_score,tournament,city,country,neutral';
const SCHEDULE = 'match_id,date,kickoff_uk,stage,group,home_team,away_team,city';

function read(files: Record<string, string[]>): Recording {
  return readRecording(Object.entries(files).map(([name, lines]) => ({ name, bytes: Buffer.from(lines.join('\n')) })));
}

function offers(fixture: RecordedFixture, which: 'captures' | 'lays' = 'captures'): string[] {
  return fixture[which].map(({ label, at, book, inPlay, quotes }) => {
    assert.equal(label, 'path');
    const lists = quotes.map(
      ({ marketId, prices }) => `${marketId.split('/')[1]} ${prices.map((p) => `${p.selectionId} ${p.oddsMilli}`).join(' ')}`,
    );
    return `${new Date(at).toISOString().slice(5, 16)} ${book}${inPlay ? ' in play' : ''}: ${lists.join('; ')}`;
  });
}

/** Three lines of a 1x2 market. */
function h2h(at: string, book: string, prices: readonly number[], market = 'h2h'): string[] {
  const names = ['Narnia', 'Draw', 'USA'];
  return prices.map((price, i) => `${at},Narnia v USA,2026-06-20T01:00:00Z,${book},${market},${names[i]},,${price}`);
}

test('readRecording() reads a price history capture by capture', () => {
  const { fixtures, problems } = read({
    'cup_odds.csv': [
      SNAPSHOTS,
      ...h2h('2026-06-19 20:00', 'zeta', [2, 3.5, 4]),
      '2026-06-19 20:00,Narnia v USA,2026-06-20T01:00:00Z,zeta,totals,Over,2.5,1.9',
      '2026-06-19 20:00,Narnia v USA,2026-06-20T01:00:00Z,zeta,totals,Under,2.5,1.95',
      '2026-06-19 20:00,Narnia v USA,2026-06-20T01:00:00Z,zeta,btts,Yes,,1.8',
      ...h2h('2026-06-19 08:00', 'alpha', [2.1, 3.4, 3.9]),
      ...h2h('2026-06-19 20:00', 'alpha', [2.05, 3.45, 3.95]),
      ...h2h('2026-06-19 20:00', 'alpha', [2.06, 3.6, 4.2], 'h2h_lay'),
      ...h2h('2026-06-20 01:30', 'alpha', [1.4, 4.5, 9]),
    ],
  });
  assert.deepEqual(problems, []);
  const [fixture] = fixtures as [RecordedFixture];
  assert.equal(fixture.card.eventId, 'fb:CUP:20260620:narnia:united-states');
  assert.equal(fixture.startAt, Date.parse('2026-06-20T01:00Z'));
  assert.equal(fixture.result, undefined);
  assert.deepEqual(offers(fixture), [
    '06-19T08:00 alpha: 1x2 home 2100 draw 3400 away 3900',
    '06-19T20:00 alpha: 1x2 home 2050 draw 3450 away 3950',
    '06-19T20:00 zeta: 1x2 home 2000 draw 3500 away 4000; ou@2.5 over 1900 under 1950; btts yes 1800',
    '06-20T01:30 alpha in play: 1x2 home 1400 draw 4500 away 9000',
  ]);
  assert.deepEqual(offers(fixture, 'lays'), ['06-19T20:00 alpha_lay: 1x2 home 2060 draw 3600 away 4200']);
});

test('readRecording() lets the later of two lines for one moment stand', () => {
  const [fixture] = read({
    'cup_odds.csv': [SNAPSHOTS, ...h2h('2026-06-19 20:00', 'alpha', [2, 3.5, 4]), ...h2h('2026-06-19 20:00', 'alpha', [2.2])],
  }).fixtures as [RecordedFixture];
  assert.deepEqual(offers(fixture), ['06-19T20:00 alpha: 1x2 home 2200 draw 3500 away 4000']);
});

test('readRecording() never lets a price after any stated kick-off pass for one before', () => {
  const line = (at: string, kickOff: string): string => `${at},Narnia v USA,${kickOff},alpha,h2h,Narnia,,2`;
  const [fixture] = read({
    'cup_odds.csv': [
      SNAPSHOTS,
      line('2026-06-20 00:40', '2026-06-20T00:32:00Z'), // the match did start at 00:32
      line('2026-06-19 20:00', '2026-06-20T00:30:00Z'),
      line('2026-06-20 00:31', '2026-06-20T00:30:00Z'),
      line('2026-06-18 08:00', '2026-06-20T01:00:00Z'),
    ],
  }).fixtures as [RecordedFixture];
  assert.equal(fixture.startAt, Date.parse('2026-06-20T00:32Z'), 'the latest statement');
  assert.deepEqual(
    fixture.captures.map(({ inPlay }) => inPlay),
    [false, false, true, true],
  );
});

test('readRecording() completes results under other names, other dates and with home and away swapped', () => {
  const odds = [SNAPSHOTS, ...h2h('2026-06-19 20:00', 'alpha', [2, 3.5, 4])];
  const rows: [string, home: number, away: number][] = [
    ['2026-06-19,Narnia,United States,2,1,Cup,X,Y,TRUE', 2, 1], // the stadium's date, a day before the UTC one
    ['2026-06-19,United States,Narnia,3,0,Cup,X,Y,FALSE', 0, 3],
  ];
  for (const [row, home, away] of rows) {
    const { fixtures, problems } = read({
      'cup_results.csv': [RESULTS, '2026-06-01,Narnia,United States,9,9,Cup,X,Y,TRUE', row],
      'cup_odds.csv': odds,
    });
    assert.deepEqual(problems, []);
    const { result, startAt } = fixtures[0] as RecordedFixture;
    assert.deepEqual(result?.scores, [{ period: 'ft', stat: 'goals', home, away }]);
    assert.deepEqual([result.status, result.source, result.observedAt], ['finished', 'match-results', startAt + 2 * 3_600_000]);
  }
  const pending = read({
    'cup_odds.csv': odds,
    'cup_results.csv': [RESULTS, '2026-06-19,Narnia,United States,NA,NA,Cup,X,Y,TRUE'],
  });
  assert.equal(pending.fixtures[0]?.result, undefined);
  assert.deepEqual(pending.problems, [], 'not played yet is no fault');
  const other = read({ 'cup_odds.csv': odds, 'cup_results.csv': [RESULTS, '2026-06-19,Narnia,Archenland,1,0,Cup,X,Y,TRUE'] });
  assert.deepEqual(other.problems.map(describeProblem), ['cup_odds.csv:2: no result is given for narnia v united-states']);
});

test('readRecording() withholds knock-out scores, which may include extra time', () => {
  const group = ['01', '05', '09'].map((day, i) => `2026-06-${day},Narnia,Team ${i},1,0,FIFA World Cup,X,Y,TRUE`);
  const { fixtures, problems } = read({
    'cup_results.csv': [RESULTS, ...group, '2026-06-19,Narnia,United States,2,1,FIFA World Cup,X,Y,TRUE'],
    'cup_odds.csv': [SNAPSHOTS, ...h2h('2026-06-19 20:00', 'alpha', [2, 3.5, 4])],
  });
  assert.equal(fixtures[0]?.result, undefined);
  assert.match(
    problems.map(describeProblem).join(),
    /^cup_results\.csv:5 \[home_score\]: a knock-out score may include extra time/,
  );
});

const BEST_LINES = [
  BEST,
  '2026-06-19T20:00:00+00:00,2026-06-19,Narnia,United States,home,2.2',
  '2026-06-19T20:00:00+00:00,2026-06-19,Narnia,United States,over25,1.905',
  '2026-06-19T11:00:00+00:00,2026-06-19,Narnia,United States,away,4.4',
];

test('readRecording() assumes an early kick-off where best prices come alone', () => {
  const { fixtures, problems } = read({ 'cup_best.csv': BEST_LINES });
  assert.deepEqual(problems, []);
  const [fixture] = fixtures as [RecordedFixture];
  assert.equal(fixture.startAssumed, true);
  assert.equal(fixture.startAt, Date.parse('2026-06-19T12:00Z'));
  assert.deepEqual(offers(fixture), [
    '06-19T11:00 best: 1x2 away 4400',
    '06-19T20:00 best in play: 1x2 home 2200; ou@2.5 over 1905',
  ]);
});

test('readRecording() takes the kick-off from a schedule and joins two histories of one match', () => {
  const schedule = [SCHEDULE, '9,2026-06-20,02:00,Group,A,USA,Narnia,Somewhere']; // 02:00 in British summer time
  const [scheduled] = read({ 'cup_best.csv': BEST_LINES, 'cup_fixtures.csv': schedule }).fixtures as [RecordedFixture];
  assert.deepEqual([scheduled.startAt, scheduled.startAssumed], [Date.parse('2026-06-20T01:00Z'), false]);
  assert.deepEqual(
    scheduled.captures.map(({ inPlay }) => inPlay),
    [false, false],
  );

  const swapped = '2026-06-19 12:00,USA v Narnia,2026-06-20T01:00:00Z,alpha,h2h,USA,,4.2';
  const both = read({ 'cup_best.csv': BEST_LINES, 'cup_odds.csv': [SNAPSHOTS, swapped] });
  assert.deepEqual(both.problems, []);
  assert.equal(both.fixtures.length, 1);
  assert.deepEqual(offers(both.fixtures[0] as RecordedFixture), [
    '06-19T11:00 best: 1x2 away 4400',
    '06-19T12:00 alpha: 1x2 away 4200',
    '06-19T20:00 best: 1x2 home 2200; ou@2.5 over 1905',
  ]);
});

test('readRecording() keeps two meetings of the same teams apart', () => {
  const later = h2h('2026-07-09 20:00', 'alpha', [2, 3, 4]).map((line) => line.replace('2026-06-20T01', '2026-07-10T01'));
  const { fixtures } = read({ 'cup_odds.csv': [SNAPSHOTS, ...h2h('2026-06-19 20:00', 'alpha', [2, 3.5, 4]), ...later] });
  assert.deepEqual(
    fixtures.map(({ card }) => card.eventId.split(':')[2]),
    ['20260620', '20260710'],
  );
});

test('readRecording() reports faulty lines of histories with line and column', () => {
  const good = '2026-06-19 20:00,Narnia v USA,2026-06-20T01:00:00Z,alpha,h2h,Narnia,,2';
  const change = (from: string, to: string): string => good.replace(from, to);
  const rows: [string, RegExp][] = [
    [change('2026-06-19 20:00', 'noon'), /\[ts_utc\]: "noon" is not a UTC time/],
    [change('T01:00:00Z', 'T25:00:00Z'), /\[kickoff_utc\]/],
    [change('Narnia v USA', 'Narnia'), /\[match\]: "Narnia" does not name two teams/],
    [change(',Narnia,', ',Mordor,'), /\[outcome\]: "h2h" "Mordor" of "alpha" is not a known price/],
    [change('h2h', 'spreads'), /\[outcome\]: "spreads"/],
    [change('h2h,Narnia,', 'totals,Over,'), /\[point\]: a total needs a line/],
    [change('h2h,Narnia,', 'totals,Over,2.4'), /\[point\]: "2.4" is not a line in quarters/],
    [change(',,2', ',,1.0'), /\[price\]: "1.0" is not a price/],
    [change(',,2', ',,1001'), /\[price\]: "1001" is not a price/],
    ['2026-06-19 20:00,Narnia v USA', /\[kickoff_utc\]: "" is not a UTC time/],
  ];
  for (const [row, problem] of rows) {
    const { fixtures, problems } = read({ 'cup_odds.csv': [SNAPSHOTS, good, row] });
    assert.equal(fixtures[0]?.captures.length, 1);
    assert.equal(problems.length, 1, row);
    assert.match(describeProblem(problems[0]!), new RegExp(`^cup_odds\\.csv:3 ${problem.source}`));
  }
  const best = read({
    'b.csv': [
      ...BEST_LINES,
      '2026-06-19T11:00:00+00:00,2026-06-19,A,B,over24x,2',
      '2026-06-19T11:00:00+00:00,19 June,A,B,home,2',
      'x,2026-06-19,A,B,home,2',
      '2026-06-19T11:00:00+00:00,2026-06-19,A,A,home,2',
    ],
  });
  assert.deepEqual(
    best.problems.map(({ line, column }) => `${line} ${column}`),
    ['5 side', '6 match_date', '7 snapshot_time', '8 home'],
  );
});

test('readRecording() leaves out lines of histories, results and schedules that hold more than their header names', () => {
  const snapshot = '2026-06-19 20:00,Narnia v USA,2026-06-20T01:00:00Z,alpha,h2h,Narnia,,2';
  const result = '2026-06-19,Narnia,USA,2,1,FIFA World Cup,Boston,United States,FALSE';
  const planned = '1,2026-06-19,21:00,group,A,A,B,Boston';
  const { fixtures, problems } = read({
    'odds.csv': [SNAPSHOTS, snapshot, `${snapshot},5`, `${snapshot},,`],
    'best.csv': [BEST, '2026-06-19T11:00:00+00:00,2026-06-19,A,B,home,2,5'],
    'r.csv': [RESULTS, result.replace('2,1', '2,0,1'), result],
    's.csv': [SCHEDULE, `${planned},x`],
  });
  assert.deepEqual(problems.map(describeProblem), [
    'odds.csv:3: 9 cells, the header has 8; row left out',
    'best.csv:2: 7 cells, the header has 6; row left out',
    'r.csv:2: 10 cells, the header has 9; row left out',
    's.csv:2: 9 cells, the header has 8; row left out',
  ]);
  assert.equal(fixtures.length, 1);
  assert.deepEqual(fixtures[0]?.result?.scores, [{ period: 'ft', stat: 'goals', home: 2, away: 1 }]);
});
