import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { goalProbabilities } from '../bots/goal-model.ts';
import type { MarketTerms } from '../catalog/market.ts';
import { BOOKS, onLadder, priceMatch } from './book-price.ts';
import { fairProbabilities, scoreTable } from './market-probability.ts';
import { finalScore, momentAt, planMatch, stateAt } from './match-plan.ts';
import { DEFAULT_PACE, firstNotOver, lastOpened, pairingOf, type World } from './world.ts';

const world: World = { seed: 11, epochAt: 1_767_225_600_000, pace: DEFAULT_PACE };
const market = (type: MarketTerms['type'], lineQuarters?: number): MarketTerms => ({
  type,
  stat: 'goals',
  period: 'ft',
  ...(lineQuarters === undefined ? {} : { lineQuarters }),
});
const close = (actual: number | undefined, expected: number, within: number, what = ''): void => {
  assert.ok(Math.abs((actual as number) - expected) < within, `${what}: ${actual} is not ${expected} within ${within}`);
};

describe('fairProbabilities()', () => {
  const table = scoreTable(1.5, 1.15);
  const level = { home: 0, away: 0 };

  it('gives the closed forms of Poisson goals for totals and both teams to score', () => {
    // The sum of the goals is Poisson(2.65): P(N >= 3) = 1 - e^-2.65 (1 + 2.65 + 2.65^2 / 2) = 0.494050.
    close(fairProbabilities(market('ou', 10), table, level)?.[0], 0.49405, 1e-5, 'over 2.5');
    // (1 - e^-1.5) (1 - e^-1.15) = 0.776870 * 0.683363 = 0.530884.
    close(fairProbabilities(market('btts'), table, level)?.[0], 0.530884, 1e-5, 'both to score');
  });

  it('agrees with the goal model of the bots, which is separate code, when nothing was scored yet', () => {
    for (const terms of [
      market('1x2'),
      market('dc'),
      market('dnb'),
      market('ah', -3),
      market('ah', 1),
      market('ah', 0),
      market('ou', 9),
    ]) {
      const [mine, theirs] = [fairProbabilities(terms, table, level), goalProbabilities(terms, 1.5, 1.15)];
      for (const [i, p] of (theirs ?? []).entries()) close(mine?.[i], p, 1e-4, `${terms.type} ${terms.lineQuarters} ${i}`);
    }
  });

  it('counts the score that stands: at 2-0 over 1.5 is sure, and without time left so is the winner', () => {
    assert.deepEqual(fairProbabilities(market('ou', 6), table, { home: 2, away: 0 }), [1, 0]);
    assert.deepEqual(fairProbabilities(market('1x2'), scoreTable(0, 0), { home: 0, away: 1 }), [0, 0, 1]);
  });
});

describe('planMatch()', () => {
  it('is a function of the world and the index, so that a restart tells the same story', () => {
    assert.deepEqual(planMatch(world, 40_321), planMatch({ ...world }, 40_321));
    assert.notDeepEqual(planMatch(world, 40_321).goals, planMatch({ ...world, seed: 12 }, 40_321).goals);
  });

  it('drifts as a martingale and scores as often as its closing rates say', () => {
    let drift = 0;
    let expected = 0;
    let scored = 0;
    const matches = 3_000;
    for (let index = 0; index < matches; index++) {
      const plan = planMatch(world, index);
      const [first, last] = [plan.path[0], plan.path.at(-1)];
      assert.ok(first && last);
      drift += last.home / first.home / matches;
      expected += last.home + last.away;
      scored += plan.goals.length;
    }
    // Standard errors: 0.14 / sqrt(3000) = 0.0026 and sqrt(expected) goals; four of each.
    close(drift, 1, 0.0105, 'closing over opening rate');
    close(scored, expected, 4 * Math.sqrt(expected), 'goals');
  });

  it('has moments that rise, begin at the opening and end at full time', () => {
    const plan = planMatch(world, 77);
    assert.deepEqual(
      plan.moments,
      [...new Set(plan.moments)].sort((a, b) => a - b),
    );
    assert.equal(plan.moments[0], plan.openAt);
    assert.equal(plan.moments.at(-1), plan.endAt);
    for (const goal of plan.goals) assert.ok(plan.moments.includes(goal.at));
    assert.equal(momentAt(plan, plan.openAt - 1), -1);
    assert.equal(momentAt(plan, plan.openAt), 0);
    assert.equal(momentAt(plan, plan.endAt + 5), plan.moments.length - 1);
  });

  it('ends with the score that its states lead to', () => {
    for (let index = 0; index < 50; index++) {
      const plan = planMatch(world, index);
      assert.deepEqual(stateAt(world, plan, plan.endAt).score, finalScore(plan).full);
      const half = stateAt(world, plan, (plan.startAt + plan.endAt) / 2 - 0.5).score;
      assert.deepEqual(half, finalScore(plan).half);
    }
  });
});

describe('the simulated league', () => {
  it('lets each pair of a league meet once at home and once away in a cycle, nobody against himself', () => {
    const seen = new Map<string, number>();
    const cycle = 2 * 2 * 6 * 11;
    for (let index = 0; index < cycle; index++) {
      const { away, competition, home } = pairingOf(index);
      assert.notEqual(home.id, away.id);
      const pair = `${competition.id} ${[home.id, away.id].sort().join(' ')}`;
      seen.set(pair, (seen.get(pair) ?? 0) + 1);
    }
    assert.equal(seen.size, 2 * 66); // 12 * 11 / 2 pairs in each of two leagues
    assert.deepEqual(new Set(seen.values()), new Set([2]));
  });

  it('has about twenty fixtures on sale at any time, a kick-off every 20 s, each over within two minutes of its kick-off', () => {
    const at = world.epochAt + 86_400_123;
    const [first, last] = [firstNotOver(world, at), lastOpened(world, at)];
    assert.ok(last - first + 1 >= 17 && last - first + 1 <= 22, `${last - first + 1}`);
    assert.ok(planMatch(world, first).endAt > at && planMatch(world, first - 1).endAt <= at);
    assert.ok(planMatch(world, last).openAt <= at && planMatch(world, last + 1).openAt > at);
    assert.ok(DEFAULT_PACE.matchMs + DEFAULT_PACE.kickOffEveryMs < 120_000);
  });
});

describe('priceMatch()', () => {
  const [simA] = BOOKS;
  assert.ok(simA);

  it('has its margin in every open market, within what rounding down to the ladder adds', () => {
    let looked = 0;
    for (let index = 0; index < 30; index++) {
      for (const { market: terms, oddsCents, status } of priceMatch(world, planMatch(world, index), 3, simA)) {
        if (status !== 'open') continue;
        looked++;
        const sum = oddsCents.reduce((total, cents) => total + 100 / cents, 0) / (terms.type === 'dc' ? 2 : 1);
        assert.ok(sum > 1.045 && sum < 1.085, `${terms.type}@${terms.lineQuarters}: ${sum}`);
      }
    }
    assert.ok(looked > 250);
  });

  it('suspends after a goal for a few seconds and closes at full time', () => {
    const plan = [...Array(50).keys()].map((index) => planMatch(world, index)).find(({ goals }) => goals.length > 0);
    assert.ok(plan);
    const goal = plan.goals[0];
    assert.ok(goal);
    assert.ok(priceMatch(world, plan, plan.moments.indexOf(goal.at), simA).every((row) => row.status !== 'open'));
    assert.ok(priceMatch(world, plan, plan.moments.length - 1, simA).every((row) => row.status === 'closed'));
    const open = priceMatch(world, plan, 0, simA);
    assert.ok(open.every((row) => row.status === 'open'));
  });

  it('rounds down to the ladder of betting', () => {
    assert.deepEqual([195.9, 204.9, 399, 437, 1049, 99_999, 50].map(onLadder), [195, 204, 395, 430, 1000, 50_000, 101]);
  });
});
