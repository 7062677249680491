import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Result } from '../catalog/result.ts';
import { resultFact } from './facts-for-tests.ts';
import { GoalAverages } from './goal-averages.ts';

const fixture = (eventId: string, home: string, away: string, competition = 'E0') => ({
  eventId,
  competition,
  home,
  away,
  startAt: 0,
});
function result(eventId: string, goals: readonly [number, number], options: object = {}): Result {
  const fact = resultFact(0, goals, { eventId, ...options });
  assert.ok(fact.kind === 'result');
  return fact.result;
}

test('average() takes the last matches of a side in the venue asked for', () => {
  const goals = new GoalAverages();
  goals.take(fixture('fb:1', 'alpha', 'x'), result('fb:1', [9, 9])); // too old for a window of two
  goals.take(fixture('fb:2', 'alpha', 'x'), result('fb:2', [3, 1]));
  goals.take(fixture('fb:3', 'x', 'alpha'), result('fb:3', [0, 5]));
  goals.take(fixture('fb:4', 'alpha', 'x'), result('fb:4', [2, 2]));
  const next = fixture('fb:9', 'alpha', 'beta');
  // home matches 3-1 and 2-2: scored (3 + 2) / 2, conceded (1 + 2) / 2
  assert.deepEqual(goals.average(next, 'home', { window: 2, venue: 'same' }), { scored: 2.5, conceded: 1.5 });
  // all matches 5-0 away and 2-2 at home: scored (5 + 2) / 2, conceded (0 + 2) / 2
  assert.deepEqual(goals.average(next, 'home', { window: 2, venue: 'all' }), { scored: 3.5, conceded: 1 });
  assert.equal(goals.average(next, 'home', { window: 4, venue: 'same' }), null);
  assert.equal(goals.known(next, 'home', 'same'), 3);
  assert.equal(goals.known(next, 'away', 'all'), 0);
  assert.equal(goals.average(next, 'away', { window: 1, venue: 'all' }), null);
  assert.equal(goals.average(fixture('fb:9', 'alpha', 'beta', 'CUP'), 'home', { window: 1, venue: 'same' }), null);
});

test('a later version replaces a result, one taken back disappears, and a second source is not heard', () => {
  const goals = new GoalAverages();
  const match = fixture('fb:1', 'alpha', 'beta');
  const home = () => goals.average(match, 'home', { window: 1, venue: 'same' });
  assert.equal(goals.take(match, result('fb:1', [1, 0])), true);
  assert.equal(goals.take(match, result('fb:1', [1, 0])), false); // told twice
  assert.equal(goals.take(match, result('fb:1', [1, 1], { version: 2 })), true);
  assert.deepEqual(home(), { scored: 1, conceded: 1 });
  assert.equal(goals.take(match, { ...result('fb:1', [7, 7], { version: 3 }), source: 'other' }), false);
  assert.equal(goals.take(match, result('fb:1', [0, 0], { version: 3, status: 'abandoned' })), true);
  assert.equal(home(), null);
});

test('unfinished and scoreless results count for nothing', () => {
  const goals = new GoalAverages();
  const match = fixture('fb:1', 'alpha', 'beta');
  assert.equal(goals.take(match, result('fb:1', [1, 0], { status: 'live' })), false);
  assert.equal(
    goals.take(match, { ...result('fb:1', [1, 0]), scores: [{ period: 'h1', stat: 'goals', home: 1, away: 0 }] }),
    false,
  );
  assert.equal(goals.known(match, 'home', 'all'), 0);
});

test('averages over a long life equal those of the matches themselves', () => {
  const goals = new GoalAverages();
  const scored: number[] = [];
  for (let i = 0; i < 300; i++) {
    const [home, away] = [(i * 7) % 5, (i * 3) % 4];
    scored.push(home);
    goals.take(fixture(`fb:${i}`, 'alpha', `x${i % 19}`), result(`fb:${i}`, [home, away]));
  }
  const mean = scored.slice(-20).reduce((sum, n) => sum + n) / 20;
  const average = goals.average(fixture('fb:z', 'alpha', 'beta'), 'home', { window: 20, venue: 'same' });
  assert.equal(average?.scored, mean);
});
