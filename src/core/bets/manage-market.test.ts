import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateHash } from '#engine/state/snapshot.ts';
import { answerOf, FIXTURE, KICK_OFF, NOON, refusalOf, resultOf, WINNER, worldWithMarket } from '../kernel/world-for-tests.ts';
import { marketOf } from '../kernel/state.ts';

const TOTAL = `${FIXTURE}/ou@2.5`;

test('openMarket() opens each market once, under its one spelling', () => {
  const world = worldWithMarket(stateHash);
  assert.equal(answerOf(world.ask({ type: 'OpenMarket', marketId: TOTAL, startAt: KICK_OFF }, 'feed')), 'MarketOpened');
  assert.equal(answerOf(world.ask({ type: 'OpenMarket', marketId: TOTAL, startAt: KICK_OFF }, 'feed')), 'already_resolved');
  assert.deepEqual(world.ledger.fixtures.get(FIXTURE)?.markets, [0, 1]);
  for (const marketId of [`${FIXTURE}/ou@2.50`, `${FIXTURE}/ou`, `${FIXTURE}/xx`, 'x', '', null, 7, {}]) {
    assert.equal(refusalOf(world.ask({ type: 'OpenMarket', marketId: marketId as string, startAt: KICK_OFF })).path, '/marketId');
  }
  for (const startAt of [null, '1', 0.5, Number.NaN]) {
    assert.equal(
      refusalOf(world.ask({ type: 'OpenMarket', marketId: `${FIXTURE}/dnb`, startAt: startAt as number })).path,
      '/startAt',
    );
  }
});

test('openMarket() is refused once the fixture has a result', () => {
  const world = worldWithMarket(stateHash);
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  assert.equal(answerOf(world.ask({ type: 'OpenMarket', marketId: TOTAL, startAt: KICK_OFF }, 'feed')), 'market_closed');
});

test('changeMarkets() reaches one market or all of a fixture, and says when there is nothing to change', () => {
  const world = worldWithMarket(stateHash);
  world.done({ type: 'OpenMarket', marketId: TOTAL, startAt: KICK_OFF });
  const ask = (type: 'SuspendMarket' | 'ReopenMarket' | 'CloseMarket', target: string): string =>
    answerOf(world.ask({ type, target, reason: 'operator' }));
  assert.equal(ask('ReopenMarket', WINNER), 'already_resolved');
  assert.equal(ask('SuspendMarket', WINNER), 'MarketSuspended');
  assert.equal(ask('SuspendMarket', WINNER), 'already_resolved');
  assert.equal(ask('SuspendMarket', FIXTURE), 'MarketSuspended'); // the other one
  assert.equal(ask('ReopenMarket', FIXTURE), 'MarketReopened MarketReopened');
  assert.equal(ask('CloseMarket', FIXTURE), 'MarketClosed MarketClosed');
  for (const type of ['SuspendMarket', 'ReopenMarket', 'CloseMarket'] as const)
    assert.equal(ask(type, FIXTURE), 'already_resolved');
  assert.equal(ask('SuspendMarket', `${FIXTURE}/btts`), 'not_found');
  assert.deepEqual([marketOf(world.ledger, WINNER)?.suspensions, marketOf(world.ledger, TOTAL)?.suspensions], [1, 1]);
});

test('changeMarkets() takes one word for a reason: the journal holds no free text', () => {
  const world = worldWithMarket(stateHash);
  for (const reason of ['', 'called by ana@example.org', 'two words', 'x'.repeat(65), null, { a: 1 }, ['goal']]) {
    const refusal = refusalOf(world.ask({ type: 'SuspendMarket', target: WINNER, reason: reason as string }));
    assert.deepEqual([refusal.code, refusal.path], ['malformed', '/reason']);
  }
});

test('a settled market leaves memory when the correction window ends, and its fixture with it', () => {
  const world = worldWithMarket(stateHash);
  world.done({ type: 'SetLimits', limits: { correctionWindowMs: 1_000 } });
  world.bet('x');
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  world.goTo(NOON + 999);
  assert.equal(marketOf(world.ledger, WINNER)?.status, 'settled');
  world.goTo(NOON + 1_000);
  assert.equal(world.events.at(-1)?.type, 'MarketArchived');
  assert.equal(marketOf(world.ledger, WINNER), undefined);
  assert.deepEqual([world.ledger.fixtures.size, world.ledger.timers.size, world.ledger.bets.size], [0, 0, 0]);
  assert.equal(answerOf(world.bet('late')), 'not_found');
  // Rows are never used again: a market opened later gets its own.
  world.done({ type: 'OpenMarket', marketId: `fb:E0:20240818:gamma:delta/1x2`, startAt: KICK_OFF });
  assert.equal(marketOf(world.ledger, 'fb:E0:20240818:gamma:delta/1x2')?.row, 1);
});
