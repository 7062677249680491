// Every expected outcome is from a house's rules page or worked by hand in the row's note.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type MarketTerms, selectionsOf } from '../catalog/market.ts';
import type { PeriodScore, Result, ResultStatus } from '../catalog/result.ts';
import { HALF_LOST, HALF_WON, LOST, type Outcome, PUSH, WON } from './outcome.ts';
import { settleLeg } from './settle-leg.ts';

type Goals = readonly [home: number, away: number];

function score(period: string, [home, away]: Goals, stat = 'goals'): PeriodScore {
  return { period, stat, home, away };
}

function result(
  scores: PeriodScore[],
  status: ResultStatus = 'finished',
  completedPeriods: string[] = ['h1', 'h2', 'ft'],
): Result {
  return { eventId: 'fb:X:20240101:a:b', source: 'test', version: 1, observedAt: 0, status, completedPeriods, scores };
}

function market(type: MarketTerms['type'], more: Partial<MarketTerms> = {}): MarketTerms {
  return { type, stat: 'goals', period: 'ft', ...more };
}

function atFullTime(terms: MarketTerms, selection: string, goals: Goals): Outcome | 'undecided' {
  return settleLeg(terms, selection, result([score('ft', goals)]));
}

test('settleLeg() follows the bet365 Asian handicap examples', () => {
  const rows: [line: number, selection: string, goals: Goals, outcome: Outcome, note: string][] = [
    [-0.25, 'home', [1, 1], HALF_LOST, 'favourite -0.25 and draw'],
    [-0.25, 'away', [1, 1], HALF_WON, 'underdog +0.25 and draw'],
    [-0.75, 'home', [2, 1], HALF_WON, '-0.75 and win by 1'],
    [-0.75, 'away', [2, 1], HALF_LOST, '+0.75 and lose by 1'],
    [-0.75, 'home', [3, 1], WON, '-0.75 and win by 2'],
    [-0.75, 'home', [1, 1], LOST, '-0.75 and draw'],
    [0, 'home', [2, 2], PUSH, 'level ball, draw'],
    [0, 'away', [0, 1], WON, 'level ball, away wins'],
    [-1, 'home', [1, 0], PUSH, '-1 and win by 1'],
    [-1, 'away', [1, 0], PUSH, '+1 and lose by 1'],
    [-1.25, 'home', [1, 0], HALF_LOST, 'half on -1 is returned, half on -1.5 is lost'],
    [-1.25, 'away', [1, 0], HALF_WON, 'half on +1 is returned, half on +1.5 wins'],
    [1.5, 'home', [0, 1], WON, 'home +1.5, lost by 1'],
    [1.5, 'away', [0, 1], LOST, 'away -1.5, won by 1'],
    [0.25, 'home', [0, 0], HALF_WON, 'home +0.25 and draw'],
    [2.75, 'away', [0, 3], HALF_WON, 'away -2.75: half on -2.5 wins, half on -3 is returned'],
  ];
  for (const [line, selection, goals, outcome, note] of rows) {
    assert.deepEqual(atFullTime(market('ah', { lineQuarters: line * 4 }), selection, goals), outcome, note);
  }
});

test('settleLeg() settles totals on whole, half and quarter lines', () => {
  const rows: [line: number, selection: string, goals: Goals, outcome: Outcome][] = [
    [2.5, 'over', [2, 1], WON],
    [2.5, 'under', [2, 1], LOST],
    [2.5, 'under', [1, 1], WON],
    [3, 'over', [2, 1], PUSH],
    [3, 'under', [2, 1], PUSH],
    [2.25, 'over', [1, 1], HALF_LOST], // over 2 is returned, over 2.5 is lost
    [2.25, 'under', [1, 1], HALF_WON],
    [2.75, 'over', [2, 1], HALF_WON], // over 2.5 wins, over 3 is returned
    [2.75, 'under', [2, 1], HALF_LOST],
    [2.75, 'over', [1, 1], LOST],
  ];
  for (const [line, selection, goals, outcome] of rows) {
    assert.deepEqual(
      atFullTime(market('ou', { lineQuarters: line * 4 }), selection, goals),
      outcome,
      `${selection} ${line} at ${goals.join('-')}`,
    );
  }
});

test('settleLeg() settles the result markets', () => {
  const winners: Record<string, Record<string, string>> = {
    // selections that win at 2-1, 1-1, 0-1
    '1x2': { '2-1': 'home', '1-1': 'draw', '0-1': 'away' },
    dc: { '2-1': '1x 12', '1-1': '1x x2', '0-1': '12 x2' },
    btts: { '2-1': 'yes', '1-1': 'yes', '0-1': 'no' },
  };
  for (const [type, byScore] of Object.entries(winners)) {
    for (const [text, winning] of Object.entries(byScore)) {
      const goals = text.split('-').map(Number) as unknown as Goals;
      for (const selection of selectionsOf(type as MarketTerms['type'])) {
        const expected = winning.split(' ').includes(selection) ? WON : LOST;
        assert.deepEqual(
          atFullTime(market(type as MarketTerms['type']), selection, goals),
          expected,
          `${type} ${selection} at ${text}`,
        );
      }
    }
  }
  assert.deepEqual(atFullTime(market('dnb'), 'home', [1, 1]), PUSH);
  assert.deepEqual(atFullTime(market('dnb'), 'home', [2, 1]), WON);
  assert.deepEqual(atFullTime(market('dnb'), 'home', [1, 2]), LOST);
  assert.equal(atFullTime(market('yesno'), 'yes', [1, 0]), 'undecided');
});

test('settleLeg() reads the period and the statistic of the market', () => {
  const both = result([score('ft', [3, 1]), score('h1', [0, 1]), score('ft', [4, 6], 'corners')]);
  assert.deepEqual(settleLeg(market('1x2', { period: 'h1' }), 'away', both), WON);
  assert.deepEqual(settleLeg(market('1x2', { period: 'h2' }), 'home', both), WON, 'second half 3-0 = 3-1 less 0-1');
  assert.deepEqual(settleLeg(market('ou', { period: 'h2', lineQuarters: 12 }), 'over', both), PUSH);
  assert.deepEqual(settleLeg(market('ou', { stat: 'corners', lineQuarters: 38 }), 'over', both), WON, '10 corners over 9.5');
  assert.equal(settleLeg(market('ou', { stat: 'cards', lineQuarters: 14 }), 'over', both), 'undecided');
  assert.equal(settleLeg(market('ou', { stat: 'corners', period: 'h1', lineQuarters: 14 }), 'over', both), 'undecided');
  assert.equal(settleLeg(market('1x2', { period: 'et' }), 'home', both), 'undecided');
  const stated = result([score('ft', [3, 1]), score('h1', [0, 1]), score('h2', [3, 0])]);
  assert.deepEqual(settleLeg(market('btts', { period: 'h2' }), 'no', stated), WON);
  const impossible = result([score('ft', [0, 0]), score('h1', [1, 0])]);
  assert.equal(settleLeg(market('1x2', { period: 'h2' }), 'draw', impossible), 'undecided');
});

test('settleLeg() gives every stake back when the fixture was not played', () => {
  for (const status of ['cancelled', 'postponed', 'walkover'] as const) {
    assert.deepEqual(settleLeg(market('1x2'), 'home', result([score('ft', [3, 0])], status, [])), PUSH, status);
    assert.deepEqual(settleLeg(market('ah', { lineQuarters: -3 }), 'away', result([], status, [])), PUSH, status);
  }
});

test('settleLeg() lets completed periods of an abandoned fixture stand', () => {
  const abandoned = result([score('h1', [1, 0]), score('ft', [1, 0])], 'abandoned', ['h1']);
  assert.deepEqual(settleLeg(market('1x2', { period: 'h1' }), 'home', abandoned), WON);
  assert.deepEqual(settleLeg(market('1x2', { period: 'h1' }), 'away', abandoned), LOST);
  assert.deepEqual(settleLeg(market('1x2'), 'home', abandoned), PUSH);
  assert.deepEqual(settleLeg(market('1x2', { period: 'h2' }), 'draw', abandoned), PUSH);
  const afterFullTime = result([score('h1', [1, 0]), score('ft', [1, 0])], 'abandoned', ['ft']);
  assert.deepEqual(settleLeg(market('1x2', { period: 'h2' }), 'draw', afterFullTime), WON);
});

test('settleLeg() waits while the fixture is live, or the score is missing', () => {
  assert.equal(settleLeg(market('ou', { lineQuarters: 2 }), 'over', result([score('ft', [5, 5])], 'live', [])), 'undecided');
  assert.equal(settleLeg(market('1x2'), 'home', result([])), 'undecided');
});

test('settleLeg() crashes for a selection that the market does not have', () => {
  for (const selection of ['draw', 'over', '', 'HOME', 'toString']) {
    assert.throws(
      () => settleLeg(market('ah', { lineQuarters: 0 }), selection, result([score('ft', [1, 0])])),
      /has no selection/,
    );
  }
  assert.throws(() => atFullTime(market('ah'), 'home', [1, 0]), /needs a line/);
});

const goals = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }));

/** Share of the stake that wins, and that comes back: what the two sides of a market must split between them. */
function shares(outcome: Outcome | 'undecided'): { won: number; back: number; lost: number } {
  assert.notEqual(outcome, 'undecided');
  const { won, back } = outcome as Outcome;
  const share = { won: won[0] / won[1], back: back[0] / back[1] };
  return { ...share, lost: 1 - share.won - share.back };
}

test('settleLeg() makes one side of a line lose exactly what the other wins', () => {
  const sides = { ah: ['home', 'away'], ou: ['over', 'under'] } as const;
  fc.assert(
    fc.property(
      fc.constantFrom('ah' as const, 'ou' as const),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      goals,
      (type, size, minus, at) => {
        const terms = market(type, { lineQuarters: type === 'ah' && minus ? -size : size });
        const one = shares(atFullTime(terms, sides[type][0], at));
        const other = shares(atFullTime(terms, sides[type][1], at));
        assert.deepEqual(one, { won: other.lost, back: other.back, lost: other.won });
      },
    ),
  );
});

test('settleLeg() settles a quarter line as the mean of its two neighbours', () => {
  const odd = fc.integer({ min: -20, max: 19 }).map((n) => 2 * n + 1);
  fc.assert(
    fc.property(odd, goals, (quarters, at) => {
      const share = (line: number): ReturnType<typeof shares> =>
        shares(atFullTime(market('ah', { lineQuarters: line }), 'home', at));
      const [low, mid, high] = [share(quarters - 1), share(quarters), share(quarters + 1)];
      assert.deepEqual(mid, {
        won: (low.won + high.won) / 2,
        back: (low.back + high.back) / 2,
        lost: (low.lost + high.lost) / 2,
      });
    }),
  );
});

test('settleLeg() pays exactly one of 1x2 and two of double chance', () => {
  fc.assert(
    fc.property(goals, (at) => {
      const wins = (type: '1x2' | 'dc'): number =>
        selectionsOf(type).filter((s) => atFullTime(market(type), s, at) === WON).length;
      assert.equal(wins('1x2'), 1);
      assert.equal(wins('dc'), 2);
    }),
  );
});
