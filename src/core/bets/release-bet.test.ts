// In-play bets wait for their delay and are judged on the quote at its end; VoidBet gives a stake back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateHash } from '#engine/state/snapshot.ts';
import {
  ANA,
  answerOf,
  BEA,
  BOT,
  FIXTURE,
  goals,
  idOf,
  KICK_OFF,
  resultOf,
  WINNER,
  type World,
  worldInPlay,
  worldWithMarket,
} from '../kernel/world-for-tests.ts';

const given = (): World => worldInPlay(stateHash);
const DELAY_MS = 5_000;

/** Fires the bet's timer after `wait`, with a quote confirmed then unless `change` says otherwise. */
function release(world: World, change: Parameters<World['quote']>[1] = {}, wait = DELAY_MS): string {
  world.now += wait;
  const known = world.quotes.get(WINNER);
  world.quote(WINNER, { ...known, quoteSeq: (known?.quoteSeq ?? 0) + 1, confirmedAt: world.now, ...change });
  const [end, ...more] = world.fire();
  assert.equal(more.length, 0);
  return end?.type === 'BetRejected' ? end.data.reason : (end?.type ?? 'nothing');
}

test('a bet on an in-play quote with a delay is pending, with its stake held and the score it saw', () => {
  const world = given();
  assert.equal(answerOf(world.bet('x')), 'BetPlaced');
  const placed = world.events.at(-1);
  assert.ok(placed?.type === 'BetPlaced');
  assert.equal(placed.data.status, 'pending');
  assert.equal(placed.data.releaseAt, world.now + DELAY_MS);
  assert.deepEqual(placed.data.quote, { ageMs: 0, score: { away: 0, home: 0 }, seq: 2, source: 'test' });
  assert.equal(world.held(), 1_000);
  assert.deepEqual(world.ledger.timers.first(), { key: `bet:${idOf('bet', 'x')}`, dueAt: world.now + DELAY_MS });
});

test('releaseBet() accepts the bet on the quote of that moment and clears its timer', () => {
  const world = given();
  world.bet('x');
  assert.equal(release(world), 'BetAccepted');
  const accepted = world.events.at(-1);
  assert.deepEqual(accepted?.data, { betId: idOf('bet', 'x'), holder: ANA, oddsMilli: 2_000, quoteSeq: 3 });
  assert.equal(world.ledger.bets.get(world.ledger.bets.find(idOf('bet', 'x'))).pending, false);
  assert.equal(world.ledger.timers.size, 0);
});

test('releaseBet() rejects the bet and returns its stake when the quote of that moment does not serve', () => {
  const changes: [Parameters<World['quote']>[1], string, number?][] = [
    [{ prices: [{ selectionId: 'home', oddsMilli: 1_899 }] }, 'odds_changed'],
    [{ prices: [{ selectionId: 'away', oddsMilli: 4_000 }] }, 'selection_withdrawn'],
    [{ status: 'suspended' }, 'market_suspended'],
    [{ status: 'closed' }, 'market_closed'],
    [{ inPlay: false }, 'market_closed'],
    [{ confirmedAt: KICK_OFF }, 'price_stale'],
    [{}, 'timeout', DELAY_MS + 5_001],
  ];
  for (const [change, reason, wait] of changes) {
    const world = given();
    world.bet('x', { minOddsMilli: 1_900 });
    assert.equal(release(world, change, wait), reason);
    assert.deepEqual(
      [world.available(), world.held(), world.ledger.bets.size, world.ledger.timers.size],
      [10_000, 0, 0, 0],
      reason,
    );
  }
});

test('releaseBet() still accepts within the grace of a late timer', () => {
  const world = given();
  world.bet('x');
  assert.equal(release(world, {}, DELAY_MS + 5_000), 'BetAccepted');
});

test('releaseBet() rejects a bet whose market was suspended meanwhile, even if it reopened', () => {
  const world = given();
  world.bet('x');
  world.done({ type: 'SuspendMarket', target: FIXTURE, reason: 'goal' }, 'feed');
  world.done({ type: 'ReopenMarket', target: FIXTURE, reason: 'goal' }, 'feed');
  world.bet('after');
  assert.equal(release(world), 'market_suspended');
  assert.equal(release(world, {}, 0), 'BetAccepted'); // placed after the suspension
});

test('releaseBet() rejects when the market was closed or resulted meanwhile', () => {
  const closed = given();
  closed.bet('x');
  closed.done({ type: 'CloseMarket', target: WINNER, reason: 'operator' });
  assert.equal(release(closed), 'market_closed');
  const resulted = given();
  resulted.bet('x');
  resulted.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  resulted.fire(); // settles: pending bets get their stake back
  assert.deepEqual([resulted.available(), resulted.held()], [10_000, 0]);
  assert.deepEqual(answerOf(resulted.fire()), 'TimerDropped');
});

test('releaseBet() takes no risk that the gate would refuse by then: halts, exclusions, paused bots', () => {
  const halted = given();
  halted.bet('x');
  halted.done({ type: 'Halt', scope: 'bets', reason: 'operator' });
  assert.equal(release(halted), 'gate_halted');
  const excluded = given();
  excluded.bet('x');
  excluded.done({ type: 'SetExclusion', ownerId: ANA, until: excluded.now + 60_000 });
  assert.equal(release(excluded), 'self_excluded');
  const paused = given();
  paused.bet('x', { holder: BOT });
  paused.done({ type: 'PauseBot', botId: BOT, reason: 'operator' });
  assert.equal(release(paused), 'bot_paused');
});

test("a pending bet covers nobody else's winnings: its rejection cannot break the market's limit", () => {
  const world = given();
  world.done({ type: 'SetLimits', limits: { marketLossMaxMinor: 1_000 } });
  assert.equal(answerOf(world.bet('away', { selectionId: 'away', stakeMinor: 300 })), 'BetPlaced'); // may win 900
  // Home for 1,300 would be covered by the 300 on away if that stood: 2,600 - 1,600 = 1,000. It may not stand.
  assert.equal(answerOf(world.bet('home', { holder: BEA, stakeMinor: 1_300 })), 'limit_market');
  assert.equal(answerOf(world.bet('home', { holder: BEA, stakeMinor: 1_000 })), 'BetPlaced');
  assert.equal(world.ledger.worstLossMinor, 1_000);
  assert.equal(release(world), 'BetAccepted');
  assert.equal(release(world, {}, 0), 'BetAccepted');
  // Both stand: home wins 2,000 - 1,300 = 700, away wins 1,200 - 1,300 < 0.
  assert.equal(world.ledger.worstLossMinor, 700);
  assert.equal(answerOf(world.bet('more', { holder: BEA, stakeMinor: 300 })), 'BetPlaced');
});

test('voidBet() returns the stake of an open bet, accepted or pending, once', () => {
  for (const world of [worldWithMarket(stateHash), given()]) {
    world.bet('x', { stakeMinor: 4_000 });
    assert.equal(answerOf(world.ask({ type: 'VoidBet', betId: idOf('bet', 'x'), reason: 'palpable_error' })), 'BetVoided');
    assert.deepEqual([world.available(), world.held(), world.ledger.timers.size, world.ledger.worstLossMinor], [10_000, 0, 0, 0]);
    assert.equal(answerOf(world.ask({ type: 'VoidBet', betId: idOf('bet', 'x'), reason: 'palpable_error' })), 'not_found');
  }
});

test('voidBet() refuses ids that are none, reasons that are texts, and callers who are no operators', () => {
  const world = worldWithMarket(stateHash);
  world.bet('x');
  for (const betId of [null, 5, {}, 'x', { length: 30 }]) {
    assert.equal(answerOf(world.ask({ type: 'VoidBet', betId: betId as string, reason: 'x' })), 'malformed');
  }
  assert.equal(answerOf(world.ask({ type: 'VoidBet', betId: idOf('bet', 'x'), reason: 'because Ana asked' })), 'malformed');
  for (const via of ['api', 'bot', 'feed', 'worker', 'timer'] as const) {
    assert.equal(answerOf(world.ask({ type: 'VoidBet', betId: idOf('bet', 'x'), reason: 'x' }, via)), 'forbidden');
  }
});

test('a bet voided by the operator while its market settles is not paid again', () => {
  const world = worldWithMarket(stateHash);
  world.bet('a');
  world.bet('b');
  world.done({ type: 'RecordResult', result: resultOf({ scores: [goals(2, 0)] }) }, 'feed');
  world.done({ type: 'VoidBet', betId: idOf('bet', 'a'), reason: 'operator' });
  world.fire();
  assert.deepEqual([world.available(), world.held(), world.house()], [11_000, 0, -1_000]);
});
