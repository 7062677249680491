// RecordResult: a fixture is declared once, every market of it, and what the result does not decide waits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateHash } from '#engine/state/snapshot.ts';
import type { Result } from '../catalog/result.ts';
import type { NewEvent } from '../kernel/event.ts';
import { marketOf } from '../kernel/state.ts';
import {
  answerOf,
  BEA,
  FIXTURE,
  goals,
  KICK_OFF,
  refusalOf,
  resultOf,
  WINNER,
  type World,
  worldWithMarket,
} from '../kernel/world-for-tests.ts';

const CORNERS = `${FIXTURE}/ou.corners@9.5`;
const record = (world: World, change: Partial<Result> = {}): string =>
  answerOf(world.ask({ type: 'RecordResult', result: resultOf(change) }, 'feed'));
const outcomesOf = (world: World, marketId: string): unknown =>
  world.events.findLast((e): e is NewEvent<'SettlementStarted'> => e.type === 'SettlementStarted' && e.data.marketId === marketId)
    ?.data.outcomes;

test('recordResult() states the result and declares every market with its outcomes', () => {
  const world = worldWithMarket(stateHash);
  const handicap = `${FIXTURE}/ah@-0.75`;
  world.done({ type: 'OpenMarket', marketId: handicap, startAt: KICK_OFF });
  world.bet('x');
  assert.equal(
    record(world, { scores: [goals(2, 1), goals(0, 1, 'h1')] }),
    'MarketResulted SettlementStarted SettlementStarted SettlementFinished',
  );
  assert.deepEqual(world.events.at(-4)?.data, {
    eventId: FIXTURE,
    scores: [
      { away: 1, home: 2, period: 'ft', stat: 'goals' },
      { away: 1, home: 0, period: 'h1', stat: 'goals' },
    ],
    source: 'test',
    status: 'finished',
    version: 1,
  });
  assert.deepEqual(outcomesOf(world, WINNER), { away: [0, 1, 0, 1], draw: [0, 1, 0, 1], home: [1, 1, 0, 1] });
  assert.deepEqual(outcomesOf(world, handicap), { away: [0, 1, 1, 2], home: [1, 2, 1, 2] }); // won by one on -0.75
  assert.deepEqual([marketOf(world.ledger, WINNER)?.status, marketOf(world.ledger, handicap)?.status], ['settling', 'settled']);
});

test('recordResult() refuses a repeated, an older and a later version once all is declared', () => {
  const world = worldWithMarket(stateHash);
  assert.equal(record(world, { version: 3 }), 'MarketResulted SettlementStarted SettlementFinished');
  for (const version of [3, 2, 0, 4]) assert.equal(record(world, { version }), 'already_resolved', `version ${version}`);
  assert.equal(record(world, { source: 'other', scores: [goals(0, 5)] }), 'already_resolved');
});

test('recordResult() takes a running score as news without consequences', () => {
  const world = worldWithMarket(stateHash);
  assert.equal(record(world, { status: 'live', version: 1 }), '');
  assert.equal(record(world, { version: 2 }), 'MarketResulted SettlementStarted SettlementFinished');
});

test('recordResult() gives every stake back when the match is not played', () => {
  for (const status of ['cancelled', 'walkover', 'abandoned'] as const) {
    const world = worldWithMarket(stateHash);
    world.bet('a', { stakeMinor: 3_333 });
    world.bet('b', { holder: BEA, selectionId: 'away', stakeMinor: 77 });
    record(world, { status, completedPeriods: [], scores: [] });
    world.fire();
    assert.deepEqual([world.available(), world.available(BEA), world.house()], [10_000, 10_000, 0], status);
  }
});

test('an abandoned match pays what was complete and voids the rest', () => {
  const world = worldWithMarket(stateHash);
  const half = `${FIXTURE}/1x2.h1`;
  world.done({ type: 'OpenMarket', marketId: half, startAt: KICK_OFF });
  world.quote(half);
  world.bet('full');
  world.bet('half', { marketId: half, selectionId: 'draw', stakeMinor: 100 });
  record(world, { status: 'abandoned', completedPeriods: ['h1'], scores: [goals(1, 1, 'h1')] });
  world.goTo(world.now);
  assert.deepEqual([world.available(), world.held()], [10_000 + 240, 0]); // 100 at 3.4 on the half, the rest back
});

test('what a result does not decide is closed, waits, and is decided by a later result alone', () => {
  const world = worldWithMarket(stateHash);
  world.done({ type: 'OpenMarket', marketId: CORNERS, startAt: KICK_OFF });
  world.price(CORNERS, { over: 1_900, under: 1_900 });
  world.bet('corners', { marketId: CORNERS, selectionId: 'over' });
  assert.equal(record(world), 'MarketResulted SettlementStarted SettlementFinished MarketClosed');
  assert.equal(world.held(), 1_000);
  assert.equal(record(world), 'already_resolved'); // the same version says nothing new
  // Version 2 contradicts the score, which is declared already, and brings the corners.
  const later = [goals(0, 3), { period: 'ft', stat: 'corners', home: 6, away: 5 }];
  assert.equal(record(world, { version: 2, scores: later }), 'MarketResulted SettlementStarted');
  world.fire();
  assert.deepEqual([world.available(), world.held(), world.house()], [10_900, 0, -900]);
  assert.deepEqual(outcomesOf(world, WINNER), { away: [0, 1, 0, 1], draw: [0, 1, 0, 1], home: [1, 1, 0, 1] });
  assert.equal(record(world, { version: 3 }), 'already_resolved');
});

test('recordResult() refuses fixtures without markets and results that are malformed, naming the place', () => {
  const world = worldWithMarket(stateHash);
  assert.equal(record(world, { eventId: 'fb:E0:20240817:x:y' }), 'not_found');
  const score = goals(1, 0);
  const broken: [Record<string, unknown> | null, string][] = [
    [{ status: 'over' }, '/result/status'],
    [{ status: null }, '/result/status'],
    [{ version: -1 }, '/result/version'],
    [{ version: 1.5 }, '/result/version'],
    [{ version: '1' }, '/result/version'],
    [{ scores: null }, '/result/scores'],
    [{ completedPeriods: 'ft' }, '/result/scores'],
    [{ source: 'two words' }, '/result/source'],
    [{ source: { a: 1 } }, '/result/source'],
    [{ scores: [null] }, '/result/scores/0'],
    [{ scores: [score, 5] }, '/result/scores/1'],
    [{ scores: [{ ...score, home: -1 }] }, '/result/scores/0'],
    [{ scores: [{ ...score, away: 0.5 }] }, '/result/scores/0'],
    [{ scores: [{ ...score, away: '1' }] }, '/result/scores/0'],
    [{ scores: [{ ...score, period: { ft: 1 } }] }, '/result/scores/0'],
    [{ scores: [{ ...score, stat: undefined }] }, '/result/scores/0'],
    [{ scores: Array.from({ length: 65 }, () => score) }, '/result/scores'],
  ];
  for (const [change, path] of broken) {
    const refusal = refusalOf(world.ask({ type: 'RecordResult', result: { ...resultOf(), ...change } as Result }, 'feed'));
    assert.deepEqual([refusal.code, refusal.path], ['malformed', path], JSON.stringify(change));
  }
  for (const result of [null, undefined, 5, 'x']) {
    assert.equal(answerOf(world.ask({ type: 'RecordResult', result: result as unknown as Result }, 'feed')), 'malformed');
  }
});

test('only feeds, workers and operators record results', () => {
  const world = worldWithMarket(stateHash);
  for (const via of ['api', 'bot', 'timer'] as const) {
    assert.equal(answerOf(world.ask({ type: 'RecordResult', result: resultOf() }, via)), 'forbidden');
  }
});
