import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goalProbabilities } from './goal-model.ts';

const near = (have: readonly number[] | null, want: readonly number[], within = 5e-4) => {
  assert.ok(have);
  assert.equal(have.length, want.length);
  want.forEach((p, i) => assert.ok(Math.abs((have[i] as number) - p) < within, `${have.join(' ')} is not ${want.join(' ')}`));
};
const ft = { stat: 'goals', period: 'ft' } as const;

test('goalProbabilities() of totals are Poisson sums of the expected goals of both sides', () => {
  // total ~ Poisson(2.7): P(0..2) = e^-2.7 (1 + 2.7 + 3.645) = 0.0672055 * 7.345 = 0.493624
  near(goalProbabilities({ type: 'ou', lineQuarters: 10, ...ft }, 1.5, 1.2), [0.506376, 0.493624]);
  // line 2: push on exactly two; over = 1 - 0.493624, under = P(0,1) = 0.0672055 * 3.7 = 0.248660
  near(goalProbabilities({ type: 'ou', lineQuarters: 8, ...ft }, 1.5, 1.2), [0.506376 / 0.755036, 0.24866 / 0.755036]);
  // line 2.25: two goals lose half of over, win half of under; P(2) = 0.0672055 * 3.645 = 0.244964
  const [won, lost] = [0.506376, 0.24866 + 0.244964 / 2];
  near(goalProbabilities({ type: 'ou', lineQuarters: 9, ...ft }, 1.5, 1.2), [won / (won + lost), lost / (won + lost)]);
  // line 2.75: three goals win half of over; P(3) = 0.0672055 * 2.7^3 / 6 = 0.220468
  const half = 0.220468 / 2;
  const over = 0.506376 - half;
  const under = 0.493624; // two goals and fewer lose over whole
  near(goalProbabilities({ type: 'ou', lineQuarters: 11, ...ft }, 1.5, 1.2), [over / (over + under), under / (over + under)]);
});

test('goalProbabilities() of both teams to score: (1 - e^-h)(1 - e^-a)', () => {
  const yes = (1 - Math.exp(-1.5)) * (1 - Math.exp(-1.2)); // 0.776870 * 0.698806 = 0.542881
  near(goalProbabilities({ type: 'btts', ...ft }, 1.5, 1.2), [yes, 1 - yes]);
});

test('goalProbabilities() of 1x2, double chance, draw no bet and handicap 0 agree with each other', () => {
  const [home, draw, away] = goalProbabilities({ type: '1x2', ...ft }, 1.4, 1.1) as [number, number, number];
  assert.ok(Math.abs(home + draw + away - 1) < 1e-12);
  // draw = e^-2.5 * sum (1.54^k / k!^2) = 0.082085 * (1 + 1.54 + 0.5929 + 0.10145 + 0.00976 + 0.0006) = 0.26634
  assert.ok(Math.abs(draw - 0.26634) < 5e-5);
  near(goalProbabilities({ type: 'dc', ...ft }, 1.4, 1.1), [home + draw, home + away, draw + away], 1e-12);
  const dnb = goalProbabilities({ type: 'dnb', ...ft }, 1.4, 1.1) as readonly number[];
  near(dnb, [home / (home + away), away / (home + away)], 1e-12);
  near(goalProbabilities({ type: 'ah', lineQuarters: 0, ...ft }, 1.4, 1.1), dnb, 1e-12);
  // home -0.5 is the home win; home -0.25 loses half on a draw
  near(goalProbabilities({ type: 'ah', lineQuarters: -2, ...ft }, 1.4, 1.1), [home, draw + away], 1e-12);
  const quarter = home + away + draw / 2;
  near(
    goalProbabilities({ type: 'ah', lineQuarters: -1, ...ft }, 1.4, 1.1),
    [home / quarter, (away + draw / 2) / quarter],
    1e-12,
  );
});

test('goalProbabilities() gives no certainty and no answer for what goals do not decide', () => {
  assert.equal(goalProbabilities({ type: 'ou', lineQuarters: 200, ...ft }, 1, 1), null);
  assert.equal(goalProbabilities({ type: 'yesno', ...ft }, 1, 1), null);
  const [home] = goalProbabilities({ type: '1x2', ...ft }, 0, 3) as readonly number[];
  assert.ok((home as number) > 0);
});
