// The rows are invented in the layout of football-data.co.uk; no row of a real file is copied.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readFootballData } from './football-data.ts';
import { describeProblem, type RecordedFixture } from '#ports/recording.ts';

const HEADER =
  'Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,HTHG,HTAG,HTR,Referee,HC,AC,B365H,B365D,B365A,PSH,PSD,PSA,B365>2.5,B365<2.5,P>2.5,P<2.5,AHh,B365AHH,B365AHA,PAHH,PAHA,' +
  'B365CH,B365CD,B365CA,AHCh,B365CAHH,B365CAHA';
const ROW =
  'E0,17/08/2024,15:00,Man United,Fulham,3,1,H,1,1,D,A Person,7,4,1.5,4.25,6.5,1.53,4.4,6.9,1.62,2.3,1.65,2.35,-1,1.9,1.98,1.91,2.01,' +
  '1.44,4.5,7,-1.25,1.95,1.93';

function read(...rows: string[]): { fixtures: readonly RecordedFixture[]; problems: string[] } {
  const { season, problems } = readFootballData([HEADER, ...rows].join('\r\n'), 'E0.csv');
  return { fixtures: season.fixtures, problems: problems.map(describeProblem) };
}

/** The row with some of its cells changed, by column name. */
function row(changes: Record<string, string>): string {
  const names = HEADER.split(',');
  return ROW.split(',')
    .map((cell, i) => changes[names[i] as string] ?? cell)
    .join(',');
}

/** One text a capture: what a reader of the file would say it offers. */
function offers({ captures }: RecordedFixture): string[] {
  return captures.map(({ label, at, book, inPlay, quotes }) => {
    assert.equal(inPlay, false);
    const lists = quotes.map(
      ({ marketId, prices }) => `${marketId.split('/')[1]} ${prices.map((p) => `${p.selectionId} ${p.oddsMilli}`).join(' ')}`,
    );
    return `${label} ${new Date(at).toISOString().slice(0, 16)} ${book}: ${lists.join('; ')}`;
  });
}

test('readFootballData() reads a fixture with its prices of both moments and its result', () => {
  const { fixtures, problems } = read(ROW);
  assert.deepEqual(problems, []);
  const [fixture] = fixtures as [RecordedFixture];
  const startAt = Date.parse('2024-08-17T14:00Z'); // 15:00 in British summer time
  const eventId = 'fb:E0:20240817:man-united:fulham';
  assert.deepEqual(fixture.card, { eventId, sport: 'football', competition: 'E0', home: 'man-united', away: 'fulham', startAt });
  assert.equal(fixture.startAt, startAt);
  assert.equal(fixture.startAssumed, false);
  assert.deepEqual([fixture.file, fixture.line, fixture.lays], ['E0.csv', 2, []]);
  assert.deepEqual(offers(fixture), [
    'opening 2024-08-16T14:00 B365: 1x2 home 1500 draw 4250 away 6500; ou@2.5 over 1620 under 2300; ah@-1 home 1900 away 1980',
    'opening 2024-08-16T14:00 PS: 1x2 home 1530 draw 4400 away 6900; ou@2.5 over 1650 under 2350; ah@-1 home 1910 away 2010',
    'closing 2024-08-17T13:55 B365: 1x2 home 1440 draw 4500 away 7000; ah@-1.25 home 1950 away 1930',
  ]);
  assert.deepEqual(fixture.result, {
    eventId,
    source: 'football-data',
    version: 1,
    observedAt: Date.parse('2024-08-17T16:00Z'),
    status: 'finished',
    completedPeriods: ['h1', 'h2', 'ft'],
    scores: [
      { period: 'ft', stat: 'goals', home: 3, away: 1 },
      { period: 'h1', stat: 'goals', home: 1, away: 1 },
      { period: 'ft', stat: 'corners', home: 7, away: 4 },
    ],
  });
});

test('readFootballData() does not mind LF, a byte order mark, blank rows and trailing blank cells', () => {
  const text = `\ufeff${HEADER},,\n${ROW},,\n${','.repeat(36)}\n\n`;
  const { season, problems } = readFootballData(text, 'E0.csv');
  assert.deepEqual(problems, []);
  assert.deepEqual(season.fixtures, read(ROW).fixtures);
});

test('readFootballData() does without columns that a file lacks', () => {
  const { season, problems } = readFootballData(
    'Div,Date,HomeTeam,AwayTeam,FTHG,FTAG\nSC0,01/01/05,Hearts,Celtic,0,2\n',
    'SC0.csv',
  );
  const [fixture] = season.fixtures as [RecordedFixture];
  assert.deepEqual(problems.map(describeProblem), [
    'SC0.csv:1: no price column is known in "Div,Date,HomeTeam,AwayTeam,FTHG,FTAG"',
  ]);
  assert.equal(fixture.card.eventId, 'fb:SC0:20050101:hearts:celtic');
  assert.equal(fixture.startAssumed, true);
  assert.equal(fixture.startAt, Date.parse('2005-01-01T15:00Z'));
  assert.equal(fixture.result?.observedAt, Date.parse('2005-01-02T15:00Z'), 'an assumed kick-off holds the result back a day');
  assert.deepEqual(fixture.captures, []);
});

test('readFootballData() leaves out a row whose prices are shifted, and says which rows end early', () => {
  // 1.5 written 1,5 is a cell more: every price behind it would stand in the next one's column
  const short = row({ HomeTeam: 'Leeds' }).split(',').slice(0, 17).join(',');
  const { fixtures, problems } = read(row({ B365H: '1,5' }), short, row({ AwayTeam: 'Leeds' }));
  assert.deepEqual(problems, [
    'E0.csv:2: 36 cells, the header has 35; row left out',
    'E0.csv:3 [B365CAHA]: the row ends after 17 cells, before the last price',
  ]);
  assert.deepEqual(
    fixtures.map(({ line }) => line),
    [3, 4],
  );
  assert.deepEqual(offers(fixtures[0] as RecordedFixture), ['opening 2024-08-16T14:00 B365: 1x2 home 1500 draw 4250 away 6500']);
});

test('readFootballData() keeps teams of any script apart', () => {
  const { fixtures, problems } = read(
    row({ HomeTeam: 'Зенит', AwayTeam: 'Спартак' }),
    row({ HomeTeam: 'FC 上海', AwayTeam: 'FC 广州' }),
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    fixtures.map(({ card }) => card.eventId),
    ['fb:E0:20240817:a8cf741fb2:7b32e98b0a', 'fb:E0:20240817:fc-c1a4c69022:fc-74d4b8c74c'],
  );
});

test('readFootballData() takes a row without a score for a postponed fixture', () => {
  const { fixtures, problems } = read(row({ FTHG: '', FTAG: '', FTR: '', HTHG: '', HTAG: '', HC: '', AC: '' }));
  assert.deepEqual(problems, []);
  const { result, startAt } = fixtures[0] as RecordedFixture;
  assert.equal(result?.status, 'postponed');
  assert.equal(result.observedAt, startAt + 48 * 3_600_000);
  assert.deepEqual([result.scores, result.completedPeriods], [[], []]);
});

test('readFootballData() drops a cell that is no price and says where it is', () => {
  const { fixtures, problems } = read(
    ROW,
    row({ HomeTeam: 'Leeds', B365D: '0', 'P>2.5': '-1.9', B365CH: '1', AHCh: '-1.3', PSH: '1.5x' }),
  );
  assert.deepEqual(
    problems.map((p) => p.replace(/ is not .*/, '')),
    [
      'E0.csv:3 [B365D]: "0"',
      'E0.csv:3 [PSH]: "1.5x"',
      'E0.csv:3 [P>2.5]: "-1.9"',
      'E0.csv:3 [B365CH]: "1"',
      'E0.csv:3 [AHCh]: "-1.3"',
    ],
  );
  assert.deepEqual(offers(fixtures[1] as RecordedFixture), [
    'opening 2024-08-16T14:00 B365: 1x2 home 1500 away 6500; ou@2.5 over 1620 under 2300; ah@-1 home 1900 away 1980',
    'opening 2024-08-16T14:00 PS: 1x2 draw 4400 away 6900; ou@2.5 under 2350; ah@-1 home 1910 away 2010',
    'closing 2024-08-17T13:55 B365: 1x2 draw 4500 away 7000',
  ]);
  const noLine = read(row({ AHh: '' }));
  assert.deepEqual(noLine.problems, ['E0.csv:2 [AHh]: handicap prices without a line; dropped'], 'once, not for each book');
});

test('readFootballData() withholds a result that cannot be right', () => {
  const rows: [Record<string, string>, problem: RegExp][] = [
    [{ FTHG: '-3' }, /^E0\.csv:2 \[FTHG\]: "-3" is not a whole number/],
    [{ FTAG: '1.5' }, /\[FTAG\]: "1.5" is not a whole number/],
    [{ FTAG: '' }, /\[FTAG\]: only one side of the score/],
    [{ FTR: 'A' }, /\[FTR\]: "A" contradicts the score 3-1/],
  ];
  for (const [changes, problem] of rows) {
    const { fixtures, problems } = read(row(changes));
    assert.equal(fixtures[0]?.result, undefined);
    assert.equal(problems.length, 1);
    assert.match(problems[0] as string, problem);
  }
  const half = read(row({ HTHG: '4' }));
  assert.match(half.problems.join(), /\[HTHG\]: more goals at half time/);
  assert.deepEqual(
    half.fixtures[0]?.result?.scores.map(({ period, stat }) => `${period} ${stat}`),
    ['ft goals', 'ft corners'],
  );
  const corners = read(row({ HC: '7.5' }));
  assert.deepEqual(
    corners.fixtures[0]?.result?.scores.map(({ period, stat }) => `${period} ${stat}`),
    ['ft goals', 'h1 goals'],
  );
  assert.equal(corners.problems.length, 1);
});

test('readFootballData() leaves out rows that name no fixture', () => {
  const rows: [string, problem: RegExp][] = [
    ['E0,17/08/2024,15:00,Man United', /^E0\.csv:2: the row ends after 4 cells/],
    [row({ Date: '31/02/2024' }), /\[Date\]: "31\/02\/2024" is not a date/],
    [row({ HomeTeam: '' }), /\[HomeTeam\]: a team has no name/],
    [row({ AwayTeam: ' Man United ' }), /\[AwayTeam\]: a team plays against itself/],
    [row({ Div: 'E 0' }), /is not a fixture id/],
    [row({ Div: '' }), /the competition has no name/],
  ];
  for (const [text, problem] of rows) {
    const { fixtures, problems } = read(text, row({ HomeTeam: 'Leeds' }));
    assert.deepEqual(
      fixtures.map(({ card }) => card.home),
      ['leeds'],
      text,
    );
    assert.equal(problems.length, 1);
    assert.match(problems[0] as string, problem);
  }
  const time = read(row({ Time: '25:00' }));
  assert.equal(time.fixtures[0]?.startAssumed, true);
  assert.match(time.problems.join(), /\[Time\]: "25:00" is not a time of day; 15:00 assumed/);
});

test('readFootballData() reads the extra leagues, which have closing prices only', () => {
  const text = [
    'Country,League,Season,Date,Time,Home,Away,HG,AG,Res,PSCH,PSCD,PSCA,MaxCH,MaxCD,MaxCA',
    'Brazil,Serie A,2023,16/04/2023, 00:30,Sao Paulo,Vasco,2,2,D,1.8,3.5,4.75,1.85,3.6,5',
  ].join('\n');
  const { season, problems } = readFootballData(text, 'BRA.csv');
  assert.deepEqual(problems, []);
  const [fixture] = season.fixtures as [RecordedFixture];
  assert.equal(fixture.card.eventId, 'fb:BRA:20230416:sao-paulo:vasco');
  assert.equal(fixture.startAt, Date.parse('2023-04-15T23:30Z'));
  assert.deepEqual(offers(fixture), [
    'closing 2023-04-15T23:25 PS: 1x2 home 1800 draw 3500 away 4750',
    'closing 2023-04-15T23:25 Max: 1x2 home 1850 draw 3600 away 5000',
  ]);
  assert.deepEqual(fixture.result?.scores, [{ period: 'ft', stat: 'goals', home: 2, away: 2 }]);
});

test('readFootballData() reports or reads every cell, whatever is in it, and never throws', () => {
  const cell = fc.oneof(
    fc.constantFrom('', '0', '1', '2.5', '-1', 'x', '1e9', '=1+1', 'NaN', '☃', '01/01/2024'),
    fc.string({ maxLength: 8 }).map((s) => s.replaceAll(/["\r\n]/g, '')),
  );
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 40 }), (texts) => {
      const { fixtures } = read(texts.map((text) => (text.includes(',') ? `"${text}"` : text)).join(','));
      for (const fixture of fixtures) {
        for (const { at, quotes } of fixture.captures) {
          assert.ok(at < fixture.startAt);
          for (const { prices } of quotes)
            for (const { oddsMilli } of prices) assert.ok(Number.isInteger(oddsMilli) && oddsMilli > 1000);
        }
      }
    }),
  );
});
