// Disputes from opening to their end: who may open one, deadlines, and what an upheld one does to the money.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { evolve } from '../evolve.ts';
import { checkExposure, finish, placeMultiple, winnerOf, worldOfMultiples } from '../bets/multiples/multiples-for-tests.ts';
import type { NewEvent } from '../kernel/event.ts';
import { initialShard, marketOf } from '../kernel/state.ts';
import { ANA, answerOf, BEA, idOf, refusalOf, WINNER, type World } from '../kernel/world-for-tests.ts';
import { OLGA, OTTO, settleBy, wonBy, worldWithPaidBets } from '../settlement/corrections/corrections-for-tests.ts';
import { archiveKey } from '../settlement/timer-keys.ts';
import type { DecideDispute, OpenDispute } from './dispute-commands.ts';

const LIFE_MS = 172_800_000;

function open(world: World, change: Partial<OpenDispute> = {}, ownerId = ANA): string {
  const cmd = { betId: idOf('bet', 'lost'), marketId: WINNER, reason: 'wrong_result', evidenceHash: 'a'.repeat(64) } as const;
  return answerOf(world.ask({ type: 'OpenDispute', ...cmd, ...change }, 'api', { ownerId }));
}

const idIn = (world: World): string => world.ledger.disputes.dump()?.at(-1)?.disputeId ?? '';
const stateIn = (world: World): string | undefined => world.ledger.disputes.find(idIn(world))?.state;
const decide = (world: World, change: Partial<DecideDispute>, ownerId = OLGA) =>
  world.ask({ type: 'DecideDispute', disputeId: idIn(world), decision: 'rejected', reason: 'as_told', ...change }, 'operator', {
    ownerId,
  });

test('a bettor opens a dispute on an own settled bet, once a settlement', () => {
  const world = worldWithPaidBets(stateHash);
  assert.equal(open(world, {}, BEA), 'not_found');
  assert.equal(open(world, { betId: idOf('bet', 'none') }), 'not_found');
  assert.equal(open(world), 'DisputeOpened');
  const opened = world.events.at(-1) as NewEvent<'DisputeOpened'>;
  assert.deepEqual(opened.data, {
    betId: idOf('bet', 'lost'),
    disputeId: idIn(world),
    dueAt: world.now + LIFE_MS,
    evidenceHash: 'a'.repeat(64),
    holder: ANA,
    marketId: WINNER,
    ownerId: ANA,
    reason: 'wrong_result',
  });
  assert.equal(open(world), 'already_resolved');
  assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
});

test('openDispute() refuses what is malformed and more than a person may have open', () => {
  const world = worldWithPaidBets(stateHash);
  const broken: [Record<string, unknown>, string][] = [
    [{ betId: 'x' }, '/betId'],
    [{ reason: 'angry' }, '/reason'],
    [{ evidenceHash: 'A'.repeat(64) }, '/evidenceHash'],
    [{ evidenceHash: 5 }, '/evidenceHash'],
  ];
  for (const [change, path] of broken) {
    const cmd = { betId: idOf('bet', 'lost'), marketId: WINNER, reason: 'other', evidenceHash: 'a'.repeat(64), ...change };
    const refusal = refusalOf(world.ask({ type: 'OpenDispute', ...cmd } as never, 'api'));
    assert.deepEqual([refusal.code, refusal.path], ['malformed', path]);
  }
  world.done({ type: 'SetLimits', limits: { disputesOpenMax: 0 } });
  assert.equal(open(world), 'limit_user');
});

test('a dispute goes from open to under review to its decision, and expires when nobody answers in time', () => {
  const world = worldWithPaidBets(stateHash);
  open(world);
  assert.equal(stateIn(world), 'open');
  world.goTo(world.now + LIFE_MS - 1);
  const review = { type: 'ReviewDispute', disputeId: idIn(world) } as const;
  assert.equal(answerOf(world.ask(review, 'operator', { ownerId: OLGA })), 'DisputeReviewed');
  assert.equal(answerOf(world.ask(review, 'operator', { ownerId: OTTO })), 'already_resolved');
  assert.equal(stateIn(world), 'under_review');
  // The market would have been forgotten at the end of its 48 hours: the dispute keeps it.
  world.goTo(world.now + LIFE_MS - 1);
  assert.equal(stateIn(world), 'under_review');
  assert.ok(marketOf(world.ledger, WINNER));
  world.goTo(world.now + 1);
  const end = world.events.findLast((e): e is NewEvent<'DisputeDecided'> => e.type === 'DisputeDecided');
  assert.deepEqual([end?.data.decision, end?.data.by], ['expired', '']);
  world.goTo(world.now + 1);
  assert.equal(marketOf(world.ledger, WINNER), undefined);
  assert.equal(world.ledger.disputes.dump(), null);
});

test('a rejected dispute changes no money, and the same settlement is not disputed again', () => {
  const world = worldWithPaidBets(stateHash);
  open(world);
  assert.equal(answerOf(decide(world, { goodwillMinor: 5 })), 'malformed');
  assert.equal(answerOf(decide(world, {}, ANA)), 'second_person');
  assert.equal(answerOf(decide(world, {})), 'DisputeDecided');
  assert.deepEqual([world.available(), world.house()], [9_500, 300]);
  assert.equal(answerOf(decide(world, {})), 'already_resolved');
  assert.equal(open(world), 'already_resolved');
});

test('an upheld dispute pays goodwill from the house, within what one person may pay', () => {
  const world = worldWithPaidBets(stateHash);
  open(world);
  const upheld = { decision: 'upheld' } as const;
  assert.equal(answerOf(decide(world, upheld)), 'malformed');
  for (const goodwillMinor of [0, -1, 0.5]) assert.equal(answerOf(decide(world, { ...upheld, goodwillMinor })), 'step_invalid');
  assert.equal(answerOf(decide(world, { ...upheld, goodwillMinor: 10_000_001 })), 'limit_house');
  assert.equal(answerOf(decide(world, { ...upheld, goodwillMinor: 120, outcomes: wonBy('away') })), 'malformed');
  assert.equal(answerOf(decide(world, { ...upheld, goodwillMinor: 120 })), 'DisputeDecided');
  assert.deepEqual([world.available(), world.house(), stateIn(world)], [9_620, 180, 'upheld']); // 300 - 120
});

test('an upheld dispute corrects the market, and its bets can be disputed again', () => {
  const world = worldWithPaidBets(stateHash);
  open(world);
  assert.equal(answerOf(decide(world, { decision: 'upheld', outcomes: wonBy('home') })), 'already_resolved');
  assert.equal(answerOf(decide(world, { decision: 'upheld', outcomes: wonBy('away') })), 'DisputeDecided CorrectionStarted');
  world.goTo(world.now);
  // Ana's 5.00 on away at 4.0 return 20.00; Bea's 2.00 on home are lost: 200 - 1,500.
  assert.deepEqual([world.available(), world.available(BEA), world.house()], [11_500, 9_800, -1_300]);
  assert.equal(open(world), 'DisputeOpened');
  assert.equal(answerOf(settleBy(world, wonBy('home'))), 'CorrectionStarted');
  assert.equal(stateIn(world), 'open'); // a correction by somebody else does not answer it
  const state = initialShard();
  for (const event of world.events) evolve(state, event);
  assert.equal(stateHash(state), stateHash(world.state));
});

test('a bet of several legs is disputed leg by leg, also while others are open', () => {
  const world = worldOfMultiples(stateHash);
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  placeMultiple(world, 'double', {
    legs: [
      [0, 'away'],
      [1, 'home'],
    ],
  }); // 1.00 at 4.0 x 2.0
  const first = { betId: idOf('bet', 'double'), marketId: winnerOf(0) };
  const second = { ...first, marketId: winnerOf(1) };
  assert.equal(open(world, first), 'not_found'); // nothing is decided yet
  finish(world, 0, [1, 0]);
  assert.deepEqual([world.available(), world.held()], [9_900, 0]); // lost with its first leg
  assert.equal(open(world, first, BEA), 'not_found');
  assert.equal(open(world, second), 'not_found');
  assert.equal(open(world, { ...first, marketId: winnerOf(2) }), 'not_found');
  assert.equal(open(world, first), 'DisputeOpened');
  assert.equal(open(world, first), 'already_resolved');
  finish(world, 1, [2, 1]);
  assert.equal(open(world, second), 'DisputeOpened'); // each leg for itself
  assert.equal(answerOf(decide(world, {})), 'DisputeDecided');
  const disputeId = world.ledger.disputes.ofBet(first.betId, first.marketId)?.disputeId ?? '';
  const upheld = { disputeId, decision: 'upheld', outcomes: wonBy('away') } as const;
  assert.equal(answerOf(decide(world, upheld)), 'DisputeDecided CorrectionStarted');
  world.goTo(world.now);
  assert.deepEqual([world.available(), world.held()], [10_700, 0]); // 1.00 x 8.0
  checkExposure(world.ledger);
  assert.equal(open(world, first), 'DisputeOpened'); // settled anew
  assert.equal(open(world, second), 'already_resolved');
  const state = initialShard();
  for (const event of world.events) evolve(state, event);
  assert.equal(stateHash(state), stateHash(world.state));
  assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
});

test('the correction of an upheld dispute waits for a second person above the limit', () => {
  const world = worldWithPaidBets(stateHash);
  world.done({ type: 'SetLimits', limits: { approvalAboveMinor: 100 } });
  open(world);
  assert.equal(answerOf(decide(world, { decision: 'upheld', outcomes: wonBy('away') })), 'DisputeDecided SettlementProposed');
});

test('a dispute that outlives the correction window keeps its market through a correction', () => {
  const world = worldWithPaidBets(stateHash);
  world.done({ type: 'SetLimits', limits: { correctionWindowMs: 1_000 } });
  open(world);
  const { dueAt } = (world.events.at(-1) as NewEvent<'DisputeOpened'>).data;
  assert.equal(answerOf(settleBy(world, wonBy('draw'))), 'CorrectionStarted');
  world.goTo(world.now); // settled anew, with a window of a second
  world.goTo(world.now + 5_000);
  assert.equal(stateIn(world), 'open');
  assert.equal(answerOf(decide(world, { decision: 'upheld', outcomes: wonBy('away') })), 'DisputeDecided CorrectionStarted');
  world.goTo(world.now + 1_000);
  assert.equal(marketOf(world.ledger, WINNER), undefined); // nothing keeps it any more
  assert.ok(world.now < dueAt);
  assert.deepEqual([world.available(), world.house()], [11_500, -1_300]); // as in the test above: 500 x 4.0 on away
});

test('an open dispute whose market leaves memory all the same ends with an event, and its bets with it', () => {
  const world = worldWithPaidBets();
  open(world);
  // As a state from before markets waited for their disputes has it.
  world.ledger.timers.set(archiveKey(WINNER), world.now);
  assert.equal(answerOf(world.fire()), 'DisputeDecided');
  const { data } = world.events.at(-1) as NewEvent<'DisputeDecided'>;
  assert.deepEqual([data.decision, data.reason, data.by], ['expired', 'archived', '']);
  assert.equal(answerOf(world.fire()), 'MarketArchived');
  assert.equal(world.ledger.disputes.dump(), null);
});
