import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnOf, readImport } from './import-file.ts';

const HEADER = 'sport,competition,home,away,startAt,title,market,odds,probabilities,marginPpm,method,validUntil';

test('readImport() reads a fixture, a priced market and a question of a CSV, each with its line', () => {
  const { faults, rows } = readImport(
    [
      HEADER,
      'fb,E0,alpha,beta,2026-12-01T15:00:00Z,,1x2,home=2.10 draw=3.4 away=3.55,,,,',
      '',
      'q,politics,"lula",,2026-12-02T15:00Z,"Will it, in fact, be so?",yesno,,yes=0.55 no=0.45,50000,power,2026-12-01T00:00:00Z',
      'fb,E0,gamma,delta,2026-12-03T15:00:00Z,,,,,,,',
    ].join('\r\n'),
    'x.csv',
  );
  assert.deepEqual(faults, []);
  assert.deepEqual(rows, [
    {
      line: 2,
      row: {
        sport: 'fb',
        competition: 'E0',
        home: 'alpha',
        away: 'beta',
        startAt: Date.UTC(2026, 11, 1, 15),
        market: '1x2',
        oddsMilli: { home: 2_100, draw: 3_400, away: 3_550 },
      },
    },
    {
      line: 4,
      row: {
        sport: 'q',
        competition: 'politics',
        home: 'lula',
        away: '-',
        startAt: Date.UTC(2026, 11, 2, 15),
        title: 'Will it, in fact, be so?',
        market: 'yesno',
        probabilities: { yes: 0.55, no: 0.45 },
        margin: { method: 'power', ppm: 50_000 },
        validUntil: Date.UTC(2026, 11, 1),
      },
    },
    { line: 5, row: { sport: 'fb', competition: 'E0', home: 'gamma', away: 'delta', startAt: Date.UTC(2026, 11, 3, 15) } },
  ]);
});

test('readImport() reads the runners, the places and the each-way terms of a race', () => {
  const header = 'sport,competition,home,startAt,market,odds,selections,places,eachWay';
  const { faults, rows } = readImport(
    [
      header,
      'hr,ascot,1500,2026-12-01T15:00:00Z,win,asti=2.5 bay=3,bay asti colt,,1/4 3',
      'hr,ascot,1500,2026-12-01T15:00:00Z,place,asti=1.4 bay=1.5 colt=2,,2,',
    ].join('\n'),
    'x.csv',
  );
  assert.deepEqual(faults, []);
  const race = { sport: 'hr', competition: 'ascot', home: '1500', away: '-', startAt: Date.UTC(2026, 11, 1, 15) };
  const win = { market: 'win', oddsMilli: { asti: 2_500, bay: 3_000 }, selections: ['bay', 'asti', 'colt'] };
  const place = { market: 'place', oddsMilli: { asti: 1_400, bay: 1_500, colt: 2_000 }, places: 2 };
  assert.deepEqual(
    rows.map(({ row }) => row),
    [
      { ...race, ...win, eachWay: { divisor: 4, places: 3 } },
      { ...race, ...place },
    ],
  );
  const asJson = readImport(JSON.stringify([{ ...race, startAt: '2026-12-01T15:00:00Z', ...place }]), 'x.json');
  assert.deepEqual(asJson.rows[0]?.row, { ...race, ...place });
  const bad = readImport([header, 'hr,ascot,1500,2026-12-01T15:00:00Z,place,asti=1.4,,two,1/4'].join('\n'), 'x.csv');
  assert.deepEqual(
    bad.faults.map(({ column }) => column),
    ['places', 'eachWay'],
  );
});

test('readImport() tells every cell that it cannot read, with line and column, and then gives no rows', () => {
  const row = (cells: Record<string, string>): string =>
    HEADER.split(',')
      .map((name) => cells[name] ?? '')
      .join(',');
  const sound = { sport: 'fb', competition: 'E0', home: 'a', startAt: '2026-12-01T15:00:00Z' };
  const { faults, rows } = readImport(
    [
      HEADER,
      row(sound),
      row({ ...sound, startAt: 'tomorrow' }),
      row({ ...sound, odds: 'yes=1.9 no' }),
      row({ ...sound, odds: 'yes=1.9 yes=2' }),
      row({ ...sound, probabilities: 'yes=-1' }),
      row({ ...sound, marginPpm: '5%' }),
      row({ ...sound, marginPpm: '5', method: 'shin' }),
      row({ ...sound, method: 'power' }),
      row({ ...sound, startAt: '' }),
      `${row(sound)},more`,
    ].join('\n'),
    'x.csv',
  );
  assert.deepEqual(rows, []);
  assert.deepEqual(
    faults.map(({ column, line }) => `${line} ${column}`),
    ['3 startAt', '4 odds', '5 odds', '6 probabilities', '7 marginPpm', '8 method', '9 method', '10 startAt', '11 13'],
  );
});

test('readImport() keeps every name of a pair, also one that objects have of their own', () => {
  const { rows } = readImport(
    'sport,competition,home,startAt,market,odds\nfb,E0,a,2026-12-01T15:00:00Z,yesno,yes=1.9 __proto__=3 no=1.95',
    'x.csv',
  );
  assert.deepEqual(Object.keys(rows[0]?.row.oddsMilli ?? {}), ['yes', '__proto__', 'no']);
});

test('readImport() names columns that are not there, or must be', () => {
  const { faults } = readImport('sport,competition,home,kickOff\nfb,E0,a,x', 'x.csv');
  assert.deepEqual(
    faults.map(({ column, line }) => [line, column]),
    [
      [1, 'kickOff'],
      [1, 'startAt'],
    ],
  );
});

test('readImport() reads a JSON array, and tells the place of what is none', () => {
  const sound = {
    sport: 'q',
    competition: 'c',
    home: 'h',
    startAt: '2026-12-01T15:00:00Z',
    market: 'yesno',
    oddsMilli: { yes: 1_900, no: 1_900 },
  };
  const { faults, rows } = readImport(JSON.stringify([sound]), 'X.JSON');
  assert.deepEqual([faults, rows[0]?.row], [[], { ...sound, away: '-', startAt: Date.UTC(2026, 11, 1, 15) }]);
  const bad = readImport(
    JSON.stringify([sound, { ...sound, startAt: 5 }, { ...sound, oddsMilli: { yes: '2' } }, { ...sound, price: 1 }, 7]),
    'x.json',
  );
  assert.deepEqual(bad.rows, []);
  assert.deepEqual(
    [...new Set(bad.faults.map(({ column, line }) => `${line} ${column}`))],
    ['2 startAt', '3 oddsMilli', '4 price', '5 ', '5 startAt'],
  );
  assert.equal(readImport('[', 'x.json').faults.length, 1);
  assert.equal(readImport('{}', 'x.json').faults.length, 1);
});

test('columnOf() says which column a refusal of the desk speaks of', () => {
  const row = { sport: 'q', competition: 'c', home: 'h', away: '-', startAt: 1 };
  assert.equal(columnOf('/startAt', row), 'startAt');
  assert.equal(columnOf('/prices/yes', row), 'odds');
  assert.equal(columnOf('/prices/yes', { ...row, probabilities: {} }), 'probabilities');
  assert.equal(columnOf('/margin/ppm', row), 'marginPpm');
});
