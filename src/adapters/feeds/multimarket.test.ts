// The rows are invented in the layout of the multi-market files; no row of a real file is copied.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settleLeg } from '#core/settlement/settle-leg.ts';
import { parseMarketId } from '#core/catalog/market.ts';
import { readMultimarket } from './multimarket.ts';
import { describeProblem, type RecordedFixture } from '#ports/recording.ts';

const PRICES: Record<string, string> = {
  B365H: '1.5',
  B365D: '4.2',
  B365A: '6.5',
  'B365>2.5': '1.6',
  'B365<2.5': '2.3',
  Odd_1_HT: '2.05',
  Odd_X_HT: '2.4',
  Odd_2_HT: '6',
  Odd_1_2H: '1.8',
  Odd_X_2H: '3',
  Odd_2_2H: '4.75',
  BTTS_Yes: '1.6',
  BTTS_No: '2.25',
  DC_1X: '1.14',
  DC_12: '1.2',
  DC_X2: '2.55',
  DNB_1: '1.15',
  DNB_2: '5',
  Over_FT_3_5: '2.3',
  Under_FT_3_5: '1.55',
  Over_HT_1_5: '2.2',
  Under_HT_1_5: '1.62',
  Over_2H_0_5: '1.14',
  Under_2H_0_5: '5.5',
  odds_corners_over_95: '1.7',
  odds_corners_under_95: '2.0',
  odds_corners_over_105: '2.06',
  odds_corners_under_105: '1.66',
  odds_corners_1: '1.47',
  odds_corners_x: '7',
  odds_corners_2: '2.9',
  odds_win_to_nil_1: '3',
  HomeXG: '1.62',
};

function read(
  matchCells: string,
  prices: Record<string, string> = PRICES,
  file = 'multimarket_E0_2425.csv',
): { fixture: RecordedFixture; problems: string[] } {
  const header = ['Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,HTHG,HTAG,HC,AC', ...Object.keys(prices)].join(',');
  const { season, problems } = readMultimarket(`${header}\n${[matchCells, ...Object.values(prices)].join(',')}\n`, file);
  return { fixture: season.fixtures[0] as RecordedFixture, problems: problems.map(describeProblem) };
}

const MATCH = '2024-08-16,16:00:00,Manchester United,Fulham,1.0,0.0,H,0.0,0.0,7.0,8.0';

test('readMultimarket() reads every market of the layout in one capture before kick-off', () => {
  const { fixture, problems } = read(MATCH);
  assert.deepEqual(problems, []);
  assert.equal(fixture.card.eventId, 'fb:E0:20240816:man-united:fulham', 'the id that football-data gives the same match');
  assert.equal(fixture.startAt, Date.parse('2024-08-16T19:00Z'), '16:00 in Brasilia');
  const [capture, ...others] = fixture.captures;
  assert.equal(others.length, 0);
  assert.deepEqual(
    [capture?.label, capture?.book, capture?.at, capture?.inPlay],
    ['opening', 'multi', fixture.startAt - 30 * 60_000, false],
  );
  const offered = capture?.quotes.map(
    ({ marketId, prices }) => `${marketId.split('/')[1]} ${prices.map((p) => `${p.selectionId} ${p.oddsMilli}`).join(' ')}`,
  );
  assert.deepEqual(offered, [
    '1x2 home 1500 draw 4200 away 6500',
    '1x2.h1 home 2050 draw 2400 away 6000',
    '1x2.h2 home 1800 draw 3000 away 4750',
    '1x2.corners home 1470 draw 7000 away 2900',
    'btts yes 1600 no 2250',
    'dc 1x 1140 12 1200 x2 2550',
    'dnb home 1150 away 5000',
    'ou@2.5 over 1600 under 2300',
    'ou@3.5 over 2300 under 1550',
    'ou.h1@1.5 over 2200 under 1620',
    'ou.h2@0.5 over 1140 under 5500',
    'ou.corners@9.5 over 1700 under 2000',
    'ou.corners@10.5 over 2060 under 1660',
  ]);
});

test('readMultimarket() gives a result that settles every one of its markets', () => {
  const { fixture } = read(MATCH); // 1-0, 0-0 at half time, corners 7-8
  const winners = fixture.captures[0]?.quotes.map(({ marketId, prices }) => {
    const market = parseMarketId(marketId)!;
    const won = prices.filter(({ selectionId }) => {
      const outcome = settleLeg(market, selectionId, fixture.result!);
      assert.notEqual(outcome, 'undecided', marketId);
      return outcome !== 'undecided' && outcome.won[0] > 0;
    });
    return `${marketId.split('/')[1]} ${won.map((p) => p.selectionId).join(' ')}`;
  });
  assert.deepEqual(winners, [
    '1x2 home',
    '1x2.h1 draw',
    '1x2.h2 home',
    '1x2.corners away',
    'btts no',
    'dc 1x 12',
    'dnb home',
    'ou@2.5 under',
    'ou@3.5 under',
    'ou.h1@1.5 under',
    'ou.h2@0.5 over',
    'ou.corners@9.5 over',
    'ou.corners@10.5 over',
  ]);
});

test('readMultimarket() leaves out blank prices and reports prices of 1', () => {
  const { fixture, problems } = read(MATCH, { ...PRICES, DNB_1: '', DNB_2: '', DC_12: '', Over_FT_3_5: '1.0' });
  assert.deepEqual(
    problems.map((p) => p.replace(/ is not .*/, '')),
    ['multimarket_E0_2425.csv:2 [Over_FT_3_5]: "1.0"'],
  );
  const offered = new Map(
    fixture.captures[0]?.quotes.map(({ marketId, prices }) => [marketId.split('/')[1], prices.map((p) => p.selectionId).join()]),
  );
  assert.equal(offered.has('dnb'), false);
  assert.equal(offered.get('dc'), '1x,x2');
  assert.equal(offered.get('ou@3.5'), 'under');
});

test('readMultimarket() keeps a fixture without corners or prices', () => {
  const blank = Object.fromEntries(Object.keys(PRICES).map((name) => [name, '']));
  const { fixture, problems } = read('2024-12-26,12:00:00,AFC Bournemouth,Crystal Palace,2,2,D,1,0,,', blank);
  assert.deepEqual(problems, []);
  assert.deepEqual(fixture.captures, []);
  assert.equal(fixture.startAt, Date.parse('2024-12-26T15:00Z'));
  assert.deepEqual(
    fixture.result?.scores.map(({ period, stat }) => `${period} ${stat}`),
    ['ft goals', 'h1 goals'],
  );
});

test('readMultimarket() takes the competition from the name of the file', () => {
  assert.equal(
    read('2021-05-29,19:00:00,Atlético Mineiro,São Paulo,2,2,D,1,2,9,1', PRICES, 'multimarket_BRA_all.csv').fixture.card.eventId,
    'fb:BRA:20210529:atletico-mg:sao-paulo',
  );
});

test('readMultimarket() leaves out a row whose prices are shifted, and says which rows end early', () => {
  const header = 'Date,HomeTeam,AwayTeam,FTHG,FTAG,BTTS_Yes,BTTS_No,DC_1X,DC_12,DC_X2';
  const told = (text: string): { lines: number[]; problems: string[] } => {
    const { problems, season } = readMultimarket(text, 'multimarket_E0_2425.csv');
    return { lines: season.fixtures.map(({ line }) => line), problems: problems.map(describeProblem) };
  };
  const rows = ['2024-12-26,Leeds,Fulham,1,0,1,6,2.2,1.1,1.3,2.6', '2024-12-27,Leeds,Fulham,1,0,1.6,2.2'];
  assert.deepEqual(told([header, ...rows].join('\n')), {
    lines: [3],
    problems: [
      'multimarket_E0_2425.csv:2: 11 cells, the header has 10; row left out',
      'multimarket_E0_2425.csv:3 [DC_X2]: the row ends after 7 cells, before the last price',
    ],
  });
});
