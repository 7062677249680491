// Paying a declared market: in chunks of a thousand, every bet once, to the last minor unit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NewEvent } from '../kernel/event.ts';
import { marketOf } from '../kernel/state.ts';
import {
  ANA,
  answerOf,
  BEA,
  FIXTURE,
  goals,
  idOf,
  KICK_OFF,
  NOON,
  resultOf,
  WINNER,
  type World,
  worldInPlay,
  worldWithMarket,
} from '../kernel/world-for-tests.ts';
import { CHUNK_BETS } from '../bets/chunk.ts';

const settled = (world: World): NewEvent<'BetsSettled'>[] =>
  world.events.filter((e): e is NewEvent<'BetsSettled'> => e.type === 'BetsSettled');

test('settleChunk() pays 625 bets in three chunks, each bet once, and then finishes with exact totals', () => {
  const world = worldWithMarket();
  world.done({ type: 'SetLimits', limits: { openBetsMax: 10_000 } });
  // Stakes 1, 2, 3, 1, 2, 3 ...: two thirds on home at 2.0, one third (stake 3) on away.
  for (let n = 0; n < 625; n++) world.bet(`${n}`, { stakeMinor: (n % 3) + 1, selectionId: n % 3 === 2 ? 'away' : 'home' });
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  assert.deepEqual(answerOf(world.fire()), 'BetsSettled');
  assert.deepEqual(answerOf(world.fire()), 'BetsSettled');
  assert.equal(marketOf(world.ledger, WINNER)?.status, 'settling');
  assert.deepEqual(answerOf(world.fire()), 'BetsSettled SettlementFinished');
  assert.deepEqual(
    settled(world).map((e) => e.data.bets.length),
    [CHUNK_BETS, CHUNK_BETS, 125],
  );
  const ids = new Set(settled(world).flatMap((e) => e.data.bets.map(([betId]) => betId)));
  assert.equal(ids.size, 625);
  // 209 stakes of 1 and 208 of 2 win twice themselves; 208 of 3 lose.
  assert.deepEqual(world.events.at(-1)?.data, {
    bets: 625,
    marketId: WINNER,
    returnedMinor: 1_250,
    stakedMinor: 209 + 416 + 624,
  });
  assert.deepEqual([world.available(), world.held(), world.house()], [10_000 + 1, 0, -1]);
  assert.deepEqual([world.ledger.bets.size, world.ledger.worstLossMinor], [0, 0]);
});

test('settleChunk() finishes in the chunk that pays the last bet when there are exactly as many', () => {
  const world = worldWithMarket();
  world.done({ type: 'SetLimits', limits: { openBetsMax: 10_000 } });
  for (let n = 0; n < CHUNK_BETS; n++) world.bet(`${n}`, { stakeMinor: 1 });
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  assert.deepEqual(answerOf(world.fire()), 'BetsSettled SettlementFinished');
});

test('settleChunk() posts a half win, a half loss and a push with one rounding, the player receiving the floor', () => {
  const world = worldWithMarket();
  const lines = ['-0.75', '-1.25', '-1'].map((line) => `${FIXTURE}/ah@${line}`);
  for (const [i, marketId] of lines.entries()) {
    world.done({ type: 'OpenMarket', marketId, startAt: KICK_OFF });
    world.price(marketId, { home: 1_935, away: 1_935 });
    world.bet(`${i}`, { marketId, stakeMinor: 333 });
  }
  world.done({ type: 'RecordResult', result: resultOf({ scores: [goals(1, 0)] }) }, 'feed');
  world.goTo(NOON);
  const paid = settled(world)
    .flatMap((e) => e.data.bets.map(([, , returned]) => returned))
    .sort((a, b) => a - b);
  // Half loss: 333/2 = 166.5. Push: 333. Half win: 333 x (1.935 + 1) / 2 = 488.6775.
  assert.deepEqual(paid, [166, 333, 488]);
  assert.equal(world.available(), 10_000 - 999 + 166 + 333 + 488);
  assert.equal(world.house(), 12);
  assert.deepEqual([...world.ledger.accounts.sums().values()], [0n]);
});

test('settleChunk() names each movement: stake back, stake lost, winnings', () => {
  const world = worldWithMarket();
  world.bet('won', { stakeMinor: 500 });
  world.bet('lost', { holder: BEA, selectionId: 'away', stakeMinor: 200 });
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  world.fire();
  const currency = 'PLAY';
  assert.deepEqual(settled(world)[0]?.postings, [
    { amountMinor: 200, currency, from: `player:${BEA}:held`, to: 'house:main' },
    { amountMinor: 500, currency, from: `player:${ANA}:held`, to: `player:${ANA}:available` },
    { amountMinor: 500, currency, from: 'house:main', to: `player:${ANA}:available` },
  ]);
});

test('settleChunk() gives a pending bet its stake back, whatever the score', () => {
  const world = worldInPlay();
  world.bet('pending');
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  assert.deepEqual(answerOf(world.fire()), 'BetsSettled SettlementFinished');
  assert.deepEqual(settled(world)[0]?.data.bets, [[idOf('bet', 'pending'), ANA, 1_000]]);
  assert.deepEqual([world.available(), world.house()], [10_000, 0]);
});

test('a market emptied between declaration and payment still finishes', () => {
  const world = worldWithMarket();
  world.bet('x');
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  world.done({ type: 'VoidBet', betId: idOf('bet', 'x'), reason: 'operator' });
  assert.equal(answerOf(world.fire()), 'SettlementFinished');
  assert.equal(marketOf(world.ledger, WINNER)?.status, 'settled');
});

test('timers fire only at the time they are set for, and a stale one changes nothing', () => {
  const world = worldWithMarket();
  world.bet('x');
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  const due = world.ledger.timers.first();
  assert.ok(due);
  assert.equal(answerOf(world.ask({ type: 'FireTimer', key: due.key, dueAt: due.dueAt + 1 }, 'timer')), 'already_resolved');
  assert.equal(answerOf(world.ask({ type: 'FireTimer', ...due }, 'operator')), 'forbidden');
  world.fire();
  assert.equal(answerOf(world.ask({ type: 'FireTimer', ...due }, 'timer')), 'already_resolved');
  for (const broken of [{}, { key: 5, dueAt: 5 }, { key: 'settle:x' }, { key: { toString: 1 }, dueAt: undefined }]) {
    assert.equal(answerOf(world.ask({ type: 'FireTimer', ...broken } as never, 'timer')), 'malformed');
  }
});
