import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { evolve } from '../evolve.ts';
import { checkExposure, finish, placeMultiple, winnerOf, worldOfMultiples } from '../bets/multiples/multiples-for-tests.ts';
import type { OddsPolicy } from '../bets/odds-policy.ts';
import { RACE, RACE_PRICES, raceBet, worldWithRace } from '../bets/runners/race-for-tests.ts';
import type { Decision } from '../kernel/event.ts';
import { initialShard } from '../kernel/state.ts';
import {
  ANA,
  answerOf,
  BOT,
  goals,
  idOf,
  NOON,
  refusalOf,
  resultOf,
  WINNER,
  type World,
  worldInPlay,
  worldWithMarket,
} from '../kernel/world-for-tests.ts';
import { referredBets } from '../confirmation/referred-bets.ts';

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
  referredBets(world.ledger, 'desk').length,
];

test('a bet above the threshold waits with its stake held; one at it stands at once', () => {
  const world = given();
  assert.equal(answerOf(world.bet('a', { stakeMinor: 1_000 })), 'BetPlaced');
  assert.equal(answerOf(world.bet('x', { stakeMinor: 1_001 })), 'BetPlaced BetReferred');
  assert.deepEqual(books(world), [7_999, 2_001, 2, 1]);
  assert.deepEqual(referredBets(world.ledger, 'desk'), [
    {
      betId: idOf('bet', 'x'),
      holder: ANA,
      ownerId: ANA,
      legs: [{ marketId: WINNER, selectionId: 'home', oddsMilli: 2_000 }],
      system: null,
      eachWay: false,
      stakeMinor: 1_001,
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

/** A bet of 20.00 on home that saw 2.0. */
function policyBet(world: World, oddsPolicy: OddsPolicy, minOddsMilli = 2_000): void {
  assert.match(answerOf(world.bet('x', { stakeMinor: 2_000, oddsPolicy, minOddsMilli })), /^BetPlaced/);
}

test('a bet in review is judged by what its bettor takes', () => {
  // Placed at 2.0; the price when the person takes it; at what it stands, or why it may not.
  const rows: [policy: OddsPolicy, nowMilli: number, expected: number | string][] = [
    ['better', 1_900, 'odds_changed'],
    ['better', 2_100, 2_000], // what it can win was reserved for at 2.0
    ['exact', 1_900, 'odds_changed'],
    ['exact', 2_100, 'odds_changed'], // better, but not the one that he took
    ['exact', 2_000, 2_000],
    ['any', 1_900, 1_900],
    ['any', 2_100, 2_000],
    ['any', 1_001, 1_001],
  ];
  for (const [policy, nowMilli, expected] of rows) {
    for (const delayMs of [0, 5_000]) {
      const world = given(delayMs > 0 ? worldInPlay(stateHash) : undefined);
      policyBet(world, policy);
      world.goTo(world.now + delayMs); // in play the delay comes first
      assert.equal(world.events.at(-1)?.type, 'BetReferred');
      assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
      world.price(WINNER, { home: nowMilli, draw: 3_400, away: 4_000 }, { inPlay: delayMs > 0 });
      const decided = decide(world, 'x', 'accept');
      const what = `${policy}, now ${nowMilli}, after ${delayMs} ms`;
      if (typeof expected === 'string') {
        assert.equal(answerOf(decided), expected, what);
        assert.deepEqual(books(world), [8_000, 2_000, 1, 1], what);
        continue;
      }
      const [accepted] = Array.isArray(decided) ? decided : [];
      assert.equal(accepted?.type === 'BetAccepted' && accepted.data.oddsMilli, expected, what);
      // 20.00 at 1.9 wins 18.00, at 2.0 20.00, at 1.001 two cents.
      assert.equal(world.ledger.worstLossMinor, (2_000 * (expected - 1_000)) / 1_000, what);
      world.done({ type: 'RecordResult', result: resultOf({ scores: [goals(1, 0)] }) }, 'feed');
      world.goTo(world.now);
      assert.equal(world.available(), 8_000 + (2_000 * expected) / 1_000, what);
      const replayed = initialShard();
      for (const e of world.events) evolve(replayed, e);
      assert.equal(stateHash(replayed), stateHash(world.state));
    }
  }
});

test('who takes any price is asked about at the lower one, of the desk and then of the supplier', () => {
  const world = given(worldInPlay(stateHash));
  world.done({ type: 'SetConfirmation', scope: 'market', target: WINNER, confirmation: 'supplier' });
  policyBet(world, 'any');
  world.price(WINNER, { home: 1_800, draw: 3_400, away: 4_000 }, { inPlay: true });
  world.goTo(world.now + 5_000);
  assert.deepEqual(referredBets(world.ledger, 'desk')[0]?.legs[0]?.oddsMilli, 1_800);
  assert.equal(world.ledger.worstLossMinor, 1_600); // 20.00 at 1.8 wins 16.00
  world.price(WINNER, { home: 1_500, draw: 3_400, away: 4_000 }, { inPlay: true });
  assert.equal(answerOf(decide(world, 'x', 'accept')), 'BetReferred');
  assert.deepEqual(referredBets(world.ledger, 'supplier')[0]?.legs[0]?.oddsMilli, 1_500);
  assert.equal(world.ledger.worstLossMinor, 1_000);
  assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
  world.done({ type: 'ConfirmBet', betId: idOf('bet', 'x'), answeredAt: world.now }, 'worker');
  const last = world.events.at(-1);
  assert.equal(last?.type === 'BetAccepted' && last.data.oddsMilli, 1_500);
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
  assert.deepEqual(loaded && referredBets(loaded, 'desk'), referredBets(world.ledger, 'desk'));
  world.done({ type: 'RecordResult', result: CANCELLED }, 'feed');
  world.goTo(world.now);
  assert.deepEqual(books(world), [10_000, 0, 0, 0]);
  const replayed = initialShard();
  for (const e of world.events) evolve(replayed, e);
  assert.equal(stateHash(replayed), stateHash(world.state));
});

const LEGS = [
  [0, 'home'],
  [1, 'home'],
  [2, 'draw'],
] as const;

function several(change: (world: World) => void = () => undefined): World {
  const world = given(worldOfMultiples(stateHash));
  change(world);
  return world;
}

test('a bet of several legs waits with the stake of all its lines', () => {
  const world = several();
  const at = { system: 'trixie', legs: LEGS } as const;
  assert.equal(answerOf(placeMultiple(world, 'a', { ...at, stakePerLineMinor: 250 })), 'MultiplePlaced'); // 4 lines: 1,000
  assert.equal(answerOf(placeMultiple(world, 'x', { ...at, stakePerLineMinor: 251 })), 'MultiplePlaced BetReferred');
  assert.deepEqual([world.available(), world.held()], [10_000 - 1_000 - 1_004, 2_004]);
  assert.deepEqual(referredBets(world.ledger, 'desk'), [
    {
      betId: idOf('bet', 'x'),
      holder: ANA,
      ownerId: ANA,
      legs: [
        { marketId: winnerOf(0), selectionId: 'home', oddsMilli: 2_000 },
        { marketId: winnerOf(1), selectionId: 'home', oddsMilli: 2_000 },
        { marketId: winnerOf(2), selectionId: 'draw', oddsMilli: 3_400 },
      ],
      system: 'trixie',
      eachWay: false,
      stakeMinor: 1_004,
      placedAt: NOON,
      dueAt: NOON + WAIT_MS,
    },
  ]);
  checkExposure(world.ledger);
});

test('one leg of a market with a threshold of its own is enough', () => {
  const world = several((w) => w.done({ type: 'SetMarketLimits', target: winnerOf(1), limits: { reviewAboveMinor: 50 } }));
  assert.equal(answerOf(placeMultiple(world, 'a', { legs: [LEGS[0], LEGS[2]] })), 'MultiplePlaced');
  assert.equal(answerOf(placeMultiple(world, 'x', { legs: LEGS })), 'MultiplePlaced BetReferred');
});

test('a bet of several legs is taken, rejected, given back in time, or void, and ends once', () => {
  for (const [how, type, reason, available, held] of [
    ['accept', 'MultipleAccepted', undefined, 8_000, 2_000],
    ['reject', 'MultipleRejected', 'operator', 10_000, 0],
    ['wait', 'MultipleRejected', 'timed_out', 10_000, 0],
    ['void', 'MultipleVoided', 'error', 10_000, 0],
    ['result', 'MultipleRejected', 'market_closed', 10_000, 0],
  ] as const) {
    const world = several();
    placeMultiple(world, 'x', { legs: LEGS, stakePerLineMinor: 2_000 });
    if (how === 'wait') world.goTo(NOON + WAIT_MS);
    else if (how === 'void') world.done({ type: 'VoidBet', betId: idOf('bet', 'x'), reason: 'error' });
    else if (how === 'result') finish(world, 0, [1, 0]);
    else assert.equal(answerOf(decide(world, 'x', how)), type);
    const end = world.events.findLast((e) => e.type.startsWith('Multiple'));
    assert.deepEqual([end?.type, (end?.data as { reason?: string } | undefined)?.reason], [type, reason], how);
    assert.deepEqual([world.available(), world.held(), referredBets(world.ledger, 'desk').length], [available, held, 0], how);
    assert.equal(answerOf(decide(world, 'x', 'accept')), 'already_resolved');
    checkExposure(world.ledger);
    assert.deepEqual([...world.ledger.referrals.waiting()], []);
    same(world);
  }
});

test('what the desk takes of several legs is judged again at every leg, and settles like any other', () => {
  const world = several();
  placeMultiple(world, 'x', {
    stakePerLineMinor: 2_000,
    legs: [{ marketId: winnerOf(0), minOddsMilli: 1_900 }, LEGS[1]],
  });
  world.price(winnerOf(0), { home: 1_899 });
  const moved = refusalOf(decide(world, 'x', 'accept'));
  assert.deepEqual([moved.code, moved.path, moved.need, moved.have], ['odds_changed', '/legs/0', 1_900, 1_899]);
  world.price(winnerOf(0), { home: 1_950 });
  world.done({ type: 'SuspendMarket', target: winnerOf(1), reason: 'goal' });
  assert.deepEqual(
    [refusalOf(decide(world, 'x', 'accept')).code, refusalOf(decide(world, 'x', 'accept')).path],
    ['market_suspended', '/legs/1'],
  );
  world.done({ type: 'ReopenMarket', target: winnerOf(1), reason: 'goal' });
  world.done({ type: 'SetExclusion', ownerId: ANA, until: NOON + 1_000 });
  assert.equal(refusalOf(decide(world, 'x', 'accept')).code, 'self_excluded');
  world.done({ type: 'SetExclusion', ownerId: ANA, until: 0 });
  assert.equal(answerOf(decide(world, 'x', 'accept')), 'MultipleAccepted');
  finish(world, 0, [1, 0]);
  finish(world, 1, [1, 0]);
  assert.deepEqual([world.available(), world.held()], [16_000, 0]); // 8,000 + 2,000 x 2 x 2: at the odds it was placed at
});

test('in play the delay of a bet of several legs comes first', () => {
  const world = several((w) => w.quote(winnerOf(0), { inPlay: true, betDelayMs: 5_000 }));
  assert.equal(answerOf(placeMultiple(world, 'x', { legs: LEGS, stakePerLineMinor: 2_000 })), 'MultiplePlaced');
  assert.equal(answerOf(decide(world, 'x', 'accept')), 'already_resolved');
  world.goTo(NOON + 5_000);
  const referred = world.events.at(-1);
  assert.deepEqual(referred?.type === 'BetReferred' && [referred.data.stakeMinor, referred.data.legs.length], [2_000, 3]);
  assert.deepEqual([world.ledger.timers.size, referredBets(world.ledger, 'desk').length], [1, 1]);
  assert.equal(answerOf(decide(world, 'x', 'accept')), 'MultipleAccepted');
});

test('an each-way bet waits with both its stakes, at its placement or at the end of its delay', () => {
  for (const [how, type, available, held] of [
    ['accept', 'BetAccepted', 998_800, 1_200],
    ['reject', 'BetRejected', 1_000_000, 0],
    ['wait', 'BetRejected', 1_000_000, 0],
    ['void', 'BetVoided', 1_000_000, 0],
  ] as const) {
    for (const betDelayMs of [0, 5_000]) {
      const world = given(worldWithRace(stateHash));
      world.price(RACE, RACE_PRICES, { inPlay: betDelayMs > 0, betDelayMs });
      assert.equal(answerOf(raceBet(world, 'a', { eachWay: true, stakeMinor: 500 })), 'EachWayPlaced'); // 1,000 in all
      world.done({ type: 'VoidBet', betId: idOf('bet', 'a'), reason: 'error' });
      const placed = answerOf(raceBet(world, 'x', { eachWay: true, stakeMinor: 600 }));
      assert.equal(placed, betDelayMs > 0 ? 'EachWayPlaced' : 'EachWayPlaced BetReferred');
      world.goTo(NOON + betDelayMs);
      const [waiting] = referredBets(world.ledger, 'desk');
      assert.deepEqual([waiting?.eachWay, waiting?.stakeMinor, waiting?.legs[0]?.selectionId], [true, 1_200, 'asti']);
      assert.deepEqual([world.available(), world.held()], [998_800, 1_200]);
      if (how === 'wait') world.goTo(world.now + WAIT_MS);
      else if (how === 'void') world.done({ type: 'VoidBet', betId: idOf('bet', 'x'), reason: 'error' });
      else assert.equal(answerOf(decide(world, 'x', how)), type);
      assert.equal(world.events.at(-1)?.type, type);
      assert.deepEqual([world.available(), world.held(), referredBets(world.ledger, 'desk').length], [available, held, 0], how);
      same(world);
    }
  }
});

/** A replay and a snapshot are the same state. */
function same(world: World): void {
  const replayed = initialShard();
  for (const e of world.events) evolve(replayed, e);
  assert.equal(stateHash(replayed), stateHash(world.state));
  assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
}
