// The golden runner must be able to fail: small invented folders with one thing right or wrong in each.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkFolder } from './find-sets.ts';
import { meaningOf } from './football-totals.ts';
import { expectedTotals } from './multimarket-totals.ts';
import { asJson, asTable, type GoldenReport, isSound, verdict } from './report.ts';

const SEASON = `Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H,B365D,B365A,B365>2.5,B365<2.5,AHh,B365AHH,B365AHA,AvgCH,AvgCD,AvgCA,AHCh,AvgCAHH,AvgCAHA
E0,16/08/2024,20:00,Alpha,Beta,1,0,H,1.6,4.2,5.25,1.53,2.5,-0.75,2.05,1.88,1.66,4.2,5.02,-1,1.9,2
E0,17/08/2024,15:00,Gamma,Delta,2,2,D,2.5,3.3,2.9,1.8,2,0.25,1.9,2.01,2.4,3.3,3,0,1.7,2.2
E0,18/08/2024,15:00,Alpha,Gamma,,,,2.5,3.3,2.9,1.8,2,0,1.9,2.01,2.4,3.3,3,0,1.7,2.2
`;

/**
 * Flat stake of 1 on the two played rows, by hand:
 * 1x2 B365 H: +0.6 - 1 = -2/5. 1x2 AvgC D: -1 + 2.3 = 13/10. ou B365>2.5: 1 goal -1, 4 goals +0.8 = -1/5.
 * ah B365 home: -0.75 won by 1 is half a win, +1.05/2; +0.25 drawn is half a win, +0.9/2: 39/40.
 * ah B365 away: half a loss twice: -1. ah AvgC home: -1 won by 1 and 0 drawn are pushes: 0.
 */
const TOTALS = {
  'E0_test.csv': {
    '1x2 B365 H': { n: 2, profit_exact: '-2/5' },
    '1x2 AvgC D': { n: 2, profit_exact: '13/10' },
    'ou B365>2.5': { n: 2, profit_exact: '-1/5' },
    'ah B365 home': { n: 2, profit_exact: '39/40' },
    'ah B365 away': { n: 2, profit_exact: '-1' },
    'ah AvgC home': { n: 2, profit_exact: '0' },
  },
};

const MULTI = `Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,HTHG,HTAG,BTTS_Yes,BTTS_No,DC_1X,DC_12,DC_X2,DNB_1,DNB_2,Over_HT_0_5,Under_HT_0_5
2024-08-16,16:00:00,Alpha,Beta,1.0,0.0,H,0.0,0.0,1.57,2.25,1.16,1.2,2.55,,,1.25,3.75
2024-08-17,16:00:00,Gamma,Delta,2.0,2.0,D,1.0,0.0,1.8,1.9,1.4,1.3,1.5,1.9,1.95,1.3,3.4
`;

function folderWith(t: TestContext, files: Record<string, string>): GoldenReport {
  const root = mkdtempSync(join(tmpdir(), 'golden-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return checkFolder(root);
}

const totalsOf = (files: unknown): Record<string, string> => ({
  'football/E0_test.csv': SEASON,
  'golden/any name.json': JSON.stringify({ note: 'test', files }),
});

test('checkFolder() finds totals by their shape and agrees with hand-calculated fractions', (t) => {
  const report = folderWith(t, totalsOf(TOTALS));
  assert.deepEqual(
    report.checked.map(({ set, checks, bets, mismatches }) => ({ set, checks, bets, mismatches })),
    [{ set: 'golden/any name.json', checks: 6, bets: 12, mismatches: [] }],
  );
  assert.equal(verdict(report), null);
  assert.equal(JSON.parse(asJson(report)).ok, true);
});

test('checkFolder() reports a profit that is off by the smallest fraction, and a wrong number of bets', (t) => {
  const wrong = {
    'E0_test.csv': { '1x2 B365 H': { n: 2, profit_exact: '-399999/1000000' }, 'ah B365 home': { n: 3, profit_exact: '39/40' } },
  };
  const report = folderWith(t, totalsOf(wrong));
  assert.deepEqual(report.checked[0]?.mismatches, [
    'E0_test.csv: 1x2 B365 H: wallet -400000, expected -399999/1000000 x 1000000',
    'E0_test.csv: ah B365 home: 2 bets, expected 3',
  ]);
  assert.match(asTable(report), /any name\.json: E0_test\.csv: 1x2 B365 H/);
  assert.match(verdict(report) ?? '', /differing/);
});

test('checkFolder() compares the profit that is stated as a number, and names entries that lack something', (t) => {
  // -2/5, 39/40 and -1 by hand, see TOTALS.
  const files = {
    'E0_test.csv': {
      '1x2 B365 H': { n: 2, profit: -0.4, profit_exact: '-2/5' },
      '1x2 AvgC D': { n: 2, profit: 1.300002, profit_exact: '13/10' },
      'ah B365 home': { n: 2, profit: 0.9750005, profit_exact: '39/40' },
      'ah B365 away': { n: 2, profit: 99_999, profit_exact: '-1' },
      'ah AvgC home': { n: 2, profit: '0', profit_exact: '0' },
      'ou B365>2.5': { n: 2, profit: -0.2 },
    },
    'E0_none.csv': null,
  };
  const { mismatches } = folderWith(t, totalsOf(files)).checked[0] ?? {};
  assert.deepEqual(mismatches, [
    'E0_test.csv: ou B365>2.5: the reference lacks n or profit_exact',
    'E0_test.csv: 1x2 AvgC D: profit 1.3, expected 1.300002',
    'E0_test.csv: ah B365 away: profit -1, expected 99999',
    'E0_test.csv: ah AvgC home: profit 0, expected "0"',
    'E0_none.csv: the reference has no entries for it',
  ]);
});

test('checkFolder() says beside the differences which lines the reader could not take', (t) => {
  const problemsOf = (files: Record<string, string>): readonly string[] => folderWith(t, files).checked[0]?.problems ?? [];
  const season = SEASON.replace('17/08/2024', '17/08/20x4').replace('1.66,', '0,');
  const files = { ...totalsOf({ 'E0_test.csv': TOTALS['E0_test.csv'] }), 'football/E0_test.csv': season };
  // Line 2 has no price in AvgCH, which no key rests on.
  assert.deepEqual(problemsOf(files), ['E0_test.csv:3 [Date]: "17/08/20x4" is not a date; row left out']);

  const multi = MULTI.replace('2024-08-17', '?').replace('1.57,', '1.5777,').replace('2.25,', '1.0,');
  const report = folderWith(t, { 'football/multimarket_E0_x.csv': multi });
  const file = 'multimarket_E0_x.csv';
  const [price, date, none, ...more] = report.checked[0]?.problems ?? [];
  assert.match(date ?? '', /^multimarket_E0_x\.csv:3 \[Date\]: "\?" is not a date/);
  assert.match(price ?? '', /^multimarket_E0_x\.csv:2 \[BTTS_Yes\]: "1\.5777" is not a price/);
  // A price of 1 is none; it is told as its column differs.
  assert.match(none ?? '', /^multimarket_E0_x\.csv:2 \[BTTS_No\]: "1\.0" is not a price/);
  assert.deepEqual(more, []);
  assert.match(asTable(report), new RegExp(`^  football/${file}: reader: ${file}:3 \\[Date\\]`, 'm'));
  assert.deepEqual(problemsOf({ 'football/multimarket_E0_x.csv': MULTI.replace('3.75', '1.0') }), []);
});

test('checkFolder() fails on keys of an unknown shape, missing columns and missing files, by name', (t) => {
  const odd = { n: 2, profit_exact: '0' };
  const files = { 'E0_test.csv': { 'cs B365 2-1': odd, '1x2 ZZ H': odd }, 'SP1_none.csv': { '1x2 B365 H': odd } };
  const { checked } = folderWith(t, totalsOf(files));
  assert.equal(checked[0]?.mismatches[0], 'E0_test.csv: cs B365 2-1: a key of unknown shape');
  assert.equal(checked[0]?.mismatches[1], 'E0_test.csv: 1x2 ZZ H: the file has no column ZZH');
  assert.match(checked[0]?.mismatches[2] ?? '', /^SP1_none\.csv: .*no such file/);
});

test('checkFolder() fails when it finds nothing, and when a golden set has no checker; other folders are only named', (t) => {
  assert.equal(isSound(folderWith(t, { 'football/E0_test.csv': SEASON })), false);
  assert.match(verdict(checkFolder('/no/such/folder')) ?? '', /does not exist/);
  const report = folderWith(t, {
    ...totalsOf(TOTALS),
    'golden/new.json': '{"a":1}',
    'golden/broken.json': '{',
    'klines/x.csv': 'a',
  });
  assert.match(report.faults[0] ?? '', /^golden\/broken\.json: not readable as JSON: /);
  assert.deepEqual(report.faults.slice(1), ['golden/new.json: there is no checker for this set']);
  assert.deepEqual(report.unchecked, [{ set: 'klines/', note: 'found, no checker yet' }]);
  assert.equal(isSound(report), false);
});

test('expectedTotals() matches sums made by hand', () => {
  const totals = expectedTotals(MULTI);
  const profit = (column: string): unknown => totals.get(column);
  // 1-0 then 2-2 (half time 0-0 then 1-0).
  assert.deepEqual(profit('BTTS_Yes'), { bets: 2, profitMinor: -1_000_000 + 800_000 });
  assert.deepEqual(profit('BTTS_No'), { bets: 2, profitMinor: 1_250_000 - 1_000_000 });
  assert.deepEqual(profit('DC_1X'), { bets: 2, profitMinor: 160_000 + 400_000 });
  assert.deepEqual(profit('DC_12'), { bets: 2, profitMinor: 200_000 - 1_000_000 });
  assert.deepEqual(profit('DC_X2'), { bets: 2, profitMinor: -1_000_000 + 500_000 });
  assert.deepEqual(profit('DNB_1'), { bets: 1, profitMinor: 0 });
  assert.deepEqual(profit('Over_HT_0_5'), { bets: 2, profitMinor: -1_000_000 + 300_000 });
});

test('checkFolder() settles a multi-market file through the core to the same sums', (t) => {
  const report = folderWith(t, { 'football/multimarket_E0_x.csv': MULTI });
  // 9 columns, DNB_1 and DNB_2 with a single price each
  assert.deepEqual([report.checked[0]?.checks, report.checked[0]?.bets, report.checked[0]?.mismatches], [9, 16, []]);
  const contradicting = MULTI.replace('1.0,0.0,H', '1.0,0.0,A'); // our reader leaves the result out, the plain table does not
  const differing = folderWith(t, { 'football/multimarket_E0_x.csv': contradicting });
  assert.ok((differing.checked[0]?.mismatches.length ?? 0) > 0);
});

test('checkFolder() reads a multi-market file however it is quoted and its lines end', (t) => {
  const quoted = MULTI.replaceAll(/[^,\n]+/g, '"$&"');
  const forms = [quoted, MULTI.replaceAll('\n', '\r'), MULTI.replaceAll('\n', '\r\n'), `\uFEFF\n  \n${MULTI}`];
  // A comma within a name moves no other cell.
  for (const text of [...forms, MULTI.replace('Alpha', '"Alpha, FC"')]) {
    const { bets, checks, mismatches } = folderWith(t, { 'football/multimarket_E0_x.csv': text }).checked[0] ?? {};
    assert.deepEqual([checks, bets, mismatches], [9, 16, []], JSON.stringify(text.slice(0, 40)));
  }
});

test('checkFolder() says that it cannot read a file with the columns of a multi-market one', (t) => {
  const { checked } = folderWith(t, { 'football/multimarket_E0_x.csv': MULTI.replaceAll(',', ';') });
  assert.match(checked[0]?.mismatches[0] ?? '', /is no known layout/);
});

test('meaningOf() reads the three shapes of keys and no other', () => {
  assert.deepEqual(meaningOf('1x2 B365C H'), { column: 'B365CH', selectionId: 'home' });
  assert.deepEqual(meaningOf('ah AvgC away'), { column: 'AvgCAHA', selectionId: 'away' });
  assert.deepEqual(meaningOf('ou Max<2.5'), { column: 'Max<2.5', selectionId: 'under' });
  for (const key of ['1x2 B365 X', 'ah Avg draw', 'ou Max=2.5', '1x2', 'btts B365 yes', ''])
    assert.equal(meaningOf(key), null, key);
});
