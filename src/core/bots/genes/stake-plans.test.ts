import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dnaWith } from '../facts-for-tests.ts';
import { compileStakePlan, type StakePlan, type StakeQuestion } from './stake-plans.ts';

const plan = (type: string, params: object): StakePlan =>
  compileStakePlan(dnaWith({ type: 'favourite', params: {} }, { type, params }).genes.math);
const QUESTION: StakeQuestion = { oddsMilli: 2200, fair: 0.5, availableMinor: 100_000, capitalMinor: 100_000, step: 0 };
const asked = (more: Partial<StakeQuestion> = {}): StakeQuestion => ({ ...QUESTION, ...more });
const walk = (of: StakePlan, profits: readonly number[]) => {
  let step = 0;
  return profits.map((profit) => (step = of.next(step, profit)));
};

test('flat stakes the same share of the capital whatever the balance, the price and the past', () => {
  const flat = plan('flat', { unit_percent: 0.01 });
  assert.equal(flat.stake(asked()), 1_000);
  assert.equal(flat.stake(asked({ availableMinor: 5, oddsMilli: 50_000, fair: null })), 1_000);
  assert.equal(flat.stake(asked({ capitalMinor: 99_999 })), 999); // 999.99 is cut
  assert.deepEqual(walk(flat, [-5, -5, 5]), [0, 0, 0]);
});

test('kelly_criterion stakes its fraction of (p o - 1) / (o - 1)', () => {
  const kelly = plan('kelly_criterion', { fraction: 0.25, max_stake_percent: 0.25 });
  // (0.5 * 2.2 - 1) / 1.2 = 0.083333; a quarter of it of 100,000 = 2083.33
  assert.equal(kelly.stake(asked()), 2_083);
  // (0.6 * 1.8 - 1) / 0.8 = 0.1 -> 0.025 of 40,000
  assert.equal(kelly.stake(asked({ fair: 0.6, oddsMilli: 1800, availableMinor: 40_000 })), 1_000);
  // (0.09 * 12 - 1) / 11 = 0.0072727 -> 0.00181818 of 1,000,000 = 1818.18
  assert.equal(kelly.stake(asked({ fair: 0.09, oddsMilli: 12_000, availableMinor: 1_000_000 })), 1_818);
  assert.equal(plan('kelly_criterion', { fraction: 1, max_stake_percent: 0.25 }).stake(asked()), 8_333);
});

test('kelly_criterion is capped, wants an edge, and needs a fair probability', () => {
  const kelly = plan('kelly_criterion', { fraction: 1, max_stake_percent: 0.05 });
  assert.equal(kelly.stake(asked()), 5_000);
  // 0.45 * 2.2 - 1 = -0.01; at 1 / odds the edge is zero, which is what the first design's Kelly always saw
  assert.deepEqual(kelly.stake(asked({ fair: 0.45 })), { kind: 'pass', code: 'edge_too_small', need: 1, have: -10_000 });
  assert.deepEqual(kelly.stake(asked({ fair: 0.5, oddsMilli: 2000 })), {
    kind: 'pass',
    code: 'edge_too_small',
    need: 1,
    have: 0,
  });
  assert.deepEqual(kelly.stake(asked({ fair: null })), { kind: 'pass', code: 'no_fair_price' });
});

test('full Kelly has the largest expected growth of all stakes', () => {
  const growth = (f: number, p: number, o: number) => p * Math.log(1 + f * (o - 1)) + (1 - p) * Math.log(1 - f);
  const kelly = plan('kelly_criterion', { fraction: 1, max_stake_percent: 0.25 });
  const bankroll = 1_000_000;
  fc.assert(
    fc.property(
      fc.double({ min: 0.05, max: 0.9, noNaN: true }),
      fc.double({ min: 1.001, max: 1.15, noNaN: true }),
      (p, value) => {
        const oddsMilli = Math.round((value / p) * 1000);
        const stake = kelly.stake(asked({ fair: p, oddsMilli, availableMinor: bankroll }));
        if (typeof stake !== 'number' || stake >= 0.25 * bankroll) return;
        const best = growth(stake / bankroll, p, oddsMilli / 1000);
        for (const other of [0.9, 1.1]) {
          const f = (stake * other) / bankroll;
          assert.ok(growth(f, p, oddsMilli / 1000) <= best + 1e-9);
        }
      },
    ),
  );
});

test('martingale multiplies after losses, returns to one unit after a win or too many losses', () => {
  const martingale = plan('martingale', { unit_percent: 0.01, factor: 2, max_steps: 4 });
  assert.deepEqual(
    [0, 1, 2, 3].map((step) => martingale.stake(asked({ step }))),
    [1_000, 2_000, 4_000, 8_000],
  );
  assert.deepEqual(walk(martingale, [-1, -1, 0, -1, -1, -1, 5]), [1, 2, 2, 3, 0, 1, 0]); // a returned stake changes nothing
  assert.equal(
    plan('martingale', { unit_percent: 0.01, factor: 1.5, max_steps: 4 }).stake(asked({ step: 3, capitalMinor: 100_100 })),
    3_378,
  ); // 1001 * 3.375 = 3378.375
});

test('fibonacci goes one place up after a loss and two down after a win', () => {
  const fibonacci = plan('fibonacci', { unit_percent: 0.001, max_steps: 8 });
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6, 7].map((step) => fibonacci.stake(asked({ step }))),
    [100, 100, 200, 300, 500, 800, 1_300, 2_100],
  );
  assert.deepEqual(walk(fibonacci, [-1, -1, -1, -1, 3, 0, 3, 3]), [1, 2, 3, 4, 2, 2, 0, 0]);
  assert.deepEqual(walk(fibonacci, Array<number>(9).fill(-1)), [1, 2, 3, 4, 5, 6, 7, 0, 1]); // the ninth loss starts again
});
