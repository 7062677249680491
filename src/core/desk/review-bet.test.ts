import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { evolve } from '../evolve.ts';
import type { Decision } from '../kernel/event.ts';
import { initialShard } from '../kernel/state.ts';
import {
  ANA,
  answerOf,
  BOT,
  idOf,
  NOON,
  refusalOf,
  WINNER,
  type World,
  worldInPlay,
  worldWithMarket,
} from '../kernel/world-for-tests.ts';
import { betsInReview } from './review-bet.ts';

const WAIT_MS = 60_000;
const CANCELLED = {
  eventId: 'fb:E0:20240817:alpha:beta',
  source: 'test',
  version: 1,
  observedAt: NOON,
  status: 'cancelled',
  completedPeriods: [],
  scores: [],
} as const;

function given(world = worldWithMarket(stateHash)): World {
  world.done({ type: 'SetLimits', limits: { reviewAboveMinor: 1_000, reviewMs: WAIT_MS } });
  return world;
}
const decide = (world: World, name: string, decision: 'accept' | 'reject'): Decision =>
  world.ask({ type: 'ReviewBet', betId: idOf('bet', name), decision, reason: 'operator' });
/** Available and held of Ana, open bets, bets in review. */
const books = (world: World): number[] => [
  world.available(),
  world.held(),
  world.ledger.bets.size,
  betsInReview(world.ledger).length,
];

test('a bet above the threshold waits with its stake held; one at it stands at once', () => {
  const world = given();
  assert.equal(answerOf(world.bet('a', { stakeMinor: 1_000 })), 'BetPlaced');
  assert.equal(answerOf(world.bet('x', { stakeMinor: 1_001 })), 'BetPlaced BetReferred');
  assert.deepEqual(books(world), [7_999, 2_001, 2, 1]);
  assert.deepEqual(betsInReview(world.ledger), [
    {
      betId: idOf('bet', 'x'),
      holder: ANA,
      ownerId: ANA,
      marketId: WINNER,
      selectionId: 'home',
      stakeMinor: 1_001,
      oddsMilli: 2_000,
      placedAt: NOON,
      dueAt: NOON + WAIT_MS,
    },
  ]);
});

test('accepted it stands at the odds it was placed at; rejected or without a word it is given back', () => {
  for (const [how, type, reason, after] of [
    ['accept', 'BetAccepted', undefined, [8_000, 2_000, 1, 0]],
    ['reject', 'BetRejected', 'operator', [10_000, 0, 0, 0]],
    ['wait', 'BetRejected', 'timed_out', [10_000, 0, 0, 0]],
  ] as const) {
    const world = given();
    world.bet('x', { stakeMinor: 2_000 });
    if (how === 'wait') world.goTo(NOON + WAIT_MS);
    else assert.equal(answerOf(decide(world, 'x', how)), type);
    const last = world.events.at(-1);
    assert.deepEqual([last?.type, (last?.data as { reason?: string } | undefined)?.reason], [type, reason], how);
    assert.deepEqual(books(world), after, how);
    assert.equal(world.ledger.accounts.sums().get('PLAY'), 0n);
    assert.equal(answerOf(decide(world, 'x', 'accept')), 'already_resolved');
    world.goTo(NOON + 2 * WAIT_MS);
    assert.deepEqual(books(world), after, 'the timer is gone');
  }
});

test('it is judged again when the person takes it: a refusal changes nothing, and he may take it later', () => {
  const world = given();
  world.bet('x', { stakeMinor: 2_000, minOddsMilli: 1_900 });
  world.done({ type: 'SuspendMarket', target: WINNER, reason: 'goal' });
  assert.equal(refusalOf(decide(world, 'x', 'accept')).code, 'market_suspended');
  world.done({ type: 'ReopenMarket', target: WINNER, reason: 'goal' });
  world.quote(WINNER, { prices: [{ selectionId: 'home', oddsMilli: 1_899 }] });
  const moved = refusalOf(decide(world, 'x', 'accept'));
  assert.deepEqual([moved.code, moved.need, moved.have], ['odds_changed', 1_900, 1_899]);
  world.done({ type: 'SetExclusion', ownerId: ANA, until: NOON + 10_000 });
  assert.equal(refusalOf(decide(world, 'x', 'accept')).code, 'self_excluded');
  world.done({ type: 'SetExclusion', ownerId: ANA, until: 0 });
  assert.deepEqual(books(world), [8_000, 2_000, 1, 1]);
  world.quote(WINNER, { prices: [{ selectionId: 'home', oddsMilli: 1_900 }] });
  assert.equal(answerOf(decide(world, 'x', 'accept')), 'BetAccepted');
});

test('a market has a threshold of its own, and bots are seen as well', () => {
  const world = given();
  world.done({ type: 'SetMarketLimits', target: WINNER, limits: { reviewAboveMinor: 50 } });
  assert.equal(answerOf(world.bet('x', { stakeMinor: 51, holder: BOT })), 'BetPlaced BetReferred');
  world.done({ type: 'SetMarketLimits', target: WINNER, limits: { reviewAboveMinor: 5_000 } });
  assert.equal(answerOf(world.bet('y', { stakeMinor: 2_000 })), 'BetPlaced');
});

test('in play the delay comes first, and a bet that passes it waits for the person', () => {
  const world = given(worldInPlay(stateHash));
  assert.equal(answerOf(world.bet('x', { stakeMinor: 2_000 })), 'BetPlaced');
  assert.equal(answerOf(decide(world, 'x', 'accept')), 'already_resolved');
  world.goTo(world.now + 5_000);
  assert.equal(world.events.at(-1)?.type, 'BetReferred');
  assert.equal(answerOf(decide(world, 'x', 'accept')), 'BetAccepted');
});

test('what the desk takes the supplier is asked about next', () => {
  const world = given();
  world.done({ type: 'SetConfirmation', scope: 'market', target: WINNER, confirmation: 'supplier' });
  world.bet('x', { stakeMinor: 2_000 });
  assert.equal((world.events.at(-1)?.data as { by?: string } | undefined)?.by, 'desk');
  assert.equal(answerOf(decide(world, 'x', 'accept')), 'BetReferred');
  assert.deepEqual(books(world), [8_000, 2_000, 1, 0]);
  assert.equal(answerOf(decide(world, 'x', 'accept')), 'already_resolved');
  assert.equal(answerOf(world.ask({ type: 'ConfirmBet', betId: idOf('bet', 'x'), answeredAt: NOON }, 'worker')), 'BetAccepted');
});

test('only an operator decides, about a bet that waits for him, in words of the journal', () => {
  const world = given();
  world.bet('a', { stakeMinor: 10 });
  world.bet('x', { stakeMinor: 2_000 });
  const ask = (change: object, via: 'operator' | 'api' = 'operator'): string =>
    answerOf(world.ask({ type: 'ReviewBet', betId: idOf('bet', 'x'), decision: 'accept', reason: 'operator', ...change }, via));
  assert.equal(ask({}, 'api'), 'forbidden');
  assert.equal(ask({ decision: 'maybe' }), 'malformed');
  assert.equal(ask({ reason: 'too much' }), 'malformed');
  assert.equal(ask({ betId: 'x' }), 'malformed');
  assert.equal(ask({ betId: idOf('bet', 'nobody') }), 'not_found');
  assert.equal(ask({ betId: idOf('bet', 'a') }), 'already_resolved');
  assert.deepEqual(books(world), [7_990, 2_010, 2, 1]);
});

test('a result gives back what still waits, and replay and snapshot agree about the queue', () => {
  const world = given();
  world.bet('x', { stakeMinor: 2_000 });
  const loaded = loadState(dumpState(world.state)).ledgers.get('main');
  assert.deepEqual(loaded && betsInReview(loaded), betsInReview(world.ledger));
  world.done({ type: 'RecordResult', result: CANCELLED }, 'feed');
  world.goTo(world.now);
  assert.deepEqual(books(world), [10_000, 0, 0, 0]);
  const replayed = initialShard();
  for (const e of world.events) evolve(replayed, e);
  assert.equal(stateHash(replayed), stateHash(world.state));
});
