// Bets that the supplier must confirm: each path of an answer against balances worked by hand. Ana has 10,000 and bets 1,000 at 2.0.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import type { Decision } from '../kernel/event.ts';
import {
  ANA,
  answerOf,
  BEA,
  goals,
  idOf,
  KICK_OFF,
  LEDGER,
  refusalOf,
  resultOf,
  WINNER,
  type World,
  worldInPlay,
  worldWithMarket,
} from '../kernel/world-for-tests.ts';
import { evolve } from '../evolve.ts';
import { initialShard } from '../kernel/state.ts';
import { CONFIRMATION_TARGETS_MAX, ENDED_LIFE_MS } from './referrals.ts';

const ANSWER_MS = 15_000;

function given(world = worldWithMarket(stateHash)): World {
  world.done({ type: 'SetConfirmation', scope: 'market', target: WINNER, confirmation: 'supplier' });
  return world;
}

function confirm(world: World, name: string, change: object = {}): Decision {
  const cmd = { type: 'ConfirmBet', betId: idOf('bet', name), answeredAt: world.now, providerRef: 'SUP-1', ...change } as const;
  return world.ask(cmd, 'worker');
}

function reject(world: World, name: string, change: object = {}): Decision {
  const cmd = { type: 'RejectBet', betId: idOf('bet', name), answeredAt: world.now, reason: 'price_moved', ...change } as const;
  return world.ask(cmd, 'worker');
}

/** [available, held, house, open bets, waiting, timers] */
function books(world: World): number[] {
  const { bets, referrals, timers } = world.ledger;
  return [world.available(), world.held(), world.house(), bets.size, referrals.waitingCount, timers.size];
}

test('a bet in a market with confirmation is pending, its stake held, and says all that the supplier must know', () => {
  const world = given();
  assert.equal(answerOf(world.bet('x')), 'BetPlaced BetReferred');
  const [placed, referred] = world.events.slice(-2);
  assert.ok(placed?.type === 'BetPlaced' && placed.data.status === 'pending' && placed.data.releaseAt === undefined);
  assert.deepEqual(referred?.data, {
    betId: idOf('bet', 'x'),
    by: 'supplier',
    currency: 'PLAY',
    dueAt: world.now + ANSWER_MS,
    holder: ANA,
    legs: [{ marketId: WINNER, oddsMilli: 2_000, selectionId: 'home' }],
    placedAt: world.now,
    quoteSeq: 1,
    stakeMinor: 1_000,
  });
  assert.deepEqual(books(world), [9_000, 1_000, 0, 1, 1, 1]);
  // As a pending bet: its winnings of 1,000 count, its stake covers nobody else's.
  const market = world.ledger.markets[0];
  assert.deepEqual([market?.stakedMinor, market?.payoutsMinor, market?.worstLossMinor], [0, [1_000, 0, 0], 1_000]);
});

test('a bet that the desk takes names the price at which it was judged again', () => {
  for (const [home, oddsMilli] of [
    [1_800, 1_800],
    [2_200, 2_000],
  ] as const) {
    const world = worldWithMarket(stateHash);
    world.done({ type: 'SetLimits', limits: { reviewAboveMinor: 500 } });
    assert.equal(answerOf(world.bet('x', { minOddsMilli: 1_500, oddsPolicy: 'any' })), 'BetPlaced BetReferred');
    world.price(WINNER, { home }, { quoteSeq: 7 });
    world.done({ type: 'ReviewBet', betId: idOf('bet', 'x'), decision: 'accept', reason: 'operator' });
    assert.deepEqual(world.events.at(-1)?.data, { betId: idOf('bet', 'x'), holder: ANA, oddsMilli, quoteSeq: 7 });
  }
});

test('confirmed, the bet stands at the odds it was placed at and is settled like any other', () => {
  const world = given();
  world.bet('x');
  world.quote(WINNER, { prices: [{ selectionId: 'home', oddsMilli: 1_500 }], quoteSeq: 2 });
  world.done({ type: 'SuspendMarket', target: WINNER, reason: 'goal' });
  assert.equal(answerOf(confirm(world, 'x')), 'BetAccepted'); // judged when placed: neither price nor suspension matters now
  assert.deepEqual(world.events.at(-1)?.data, {
    betId: idOf('bet', 'x'),
    holder: ANA,
    oddsMilli: 2_000,
    providerRef: 'SUP-1',
    quoteSeq: 1,
  });
  assert.deepEqual(books(world), [9_000, 1_000, 0, 1, 0, 0]);
  assert.deepEqual(world.ledger.markets[0]?.payoutsMinor, [2_000, 0, 0]);
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  world.goTo(world.now);
  assert.deepEqual(books(world).slice(0, 4), [11_000, 0, -1_000, 0]);
});

test('rejected, the stake comes back', () => {
  const world = given();
  world.bet('x');
  assert.equal(answerOf(reject(world, 'x', { providerRef: 'SUP-2' })), 'BetRejected');
  const data = { betId: idOf('bet', 'x'), by: 'supplier', holder: ANA, providerRef: 'SUP-2', reason: 'price_moved' };
  assert.deepEqual(world.events.at(-1)?.data, data);
  assert.deepEqual(books(world), [10_000, 0, 0, 0, 0, 0]);
  assert.equal(world.ledger.worstLossMinor, 0);
});

test('without an answer the stake comes back at the end of the wait, not before', () => {
  const world = given();
  world.bet('x');
  world.goTo(world.now + ANSWER_MS - 1);
  assert.deepEqual(books(world), [9_000, 1_000, 0, 1, 1, 1]);
  world.goTo(world.now + 1);
  assert.deepEqual(world.events.at(-1)?.data, { betId: idOf('bet', 'x'), holder: ANA, reason: 'timed_out' });
  assert.deepEqual(books(world), [10_000, 0, 0, 0, 0, 0]);
});

test('the same answer again changes nothing; another or a late one changes no money and is flagged once', () => {
  type Step = 'confirm' | 'reject' | 'time out' | 'void' | 'settle';
  const cases: [Step[], string, number][] = [
    [['confirm', 'confirm'], 'already_resolved', 9_000],
    [['reject', 'reject'], 'already_resolved', 10_000],
    [['confirm', 'reject'], 'AnswerFlagged confirmed rejected', 9_000],
    [['reject', 'confirm'], 'AnswerFlagged rejected confirmed', 10_000],
    [['time out', 'confirm'], 'AnswerFlagged timed_out confirmed', 10_000],
    [['time out', 'reject'], 'AnswerFlagged timed_out rejected', 10_000],
    [['void', 'confirm'], 'AnswerFlagged void confirmed', 10_000],
    [['settle', 'confirm'], 'AnswerFlagged settled confirmed', 10_000],
    [['time out', 'confirm', 'confirm'], 'already_resolved', 10_000],
    [['time out', 'confirm', 'reject'], 'AnswerFlagged timed_out rejected', 10_000],
    [['confirm', 'reject', 'confirm'], 'already_resolved', 9_000],
  ];
  for (const [steps, expected, available] of cases) {
    const world = given();
    world.bet('x');
    const take: Record<Step, () => Decision> = {
      confirm: () => confirm(world, 'x'),
      reject: () => reject(world, 'x'),
      'time out': () => (world.goTo(world.now + ANSWER_MS), []),
      void: () => world.done({ type: 'VoidBet', betId: idOf('bet', 'x'), reason: 'error' }),
      settle: () => {
        world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
        world.goTo(world.now);
        return [];
      },
    };
    const answers = steps.map((step) => take[step]());
    const last = world.events.at(-1);
    const told = last?.type === 'AnswerFlagged' ? ` ${last.data.ended} ${last.data.status}` : '';
    const answer = answerOf(answers.at(-1) ?? []);
    assert.equal(answer === 'AnswerFlagged' ? answer + told : answer, expected, steps.join(', '));
    assert.equal(world.available(), available, steps.join(', '));
    if (told !== '') assert.equal(last?.type === 'AnswerFlagged' && last.data.holder, ANA);
  }
});

test('an answer about a bet that nobody knows is flagged once, without a holder', () => {
  const world = given();
  assert.equal(answerOf(confirm(world, 'nobody')), 'AnswerFlagged');
  assert.deepEqual(world.events.at(-1)?.data, {
    answeredAt: world.now,
    betId: idOf('bet', 'nobody'),
    by: 'supplier',
    ended: 'unknown',
    providerRef: 'SUP-1',
    status: 'confirmed',
  });
  assert.equal(answerOf(confirm(world, 'nobody')), 'already_resolved');
  assert.equal(answerOf(reject(world, 'nobody')), 'AnswerFlagged');
});

test('an answer about a bet that never needed one is flagged and leaves it as it is', () => {
  const world = worldWithMarket(stateHash);
  world.bet('x');
  assert.equal(answerOf(reject(world, 'x')), 'AnswerFlagged');
  assert.deepEqual(books(world), [9_000, 1_000, 0, 1, 0, 0]);
});

test('an answer that comes while the market is being settled is too late: the stake comes back', () => {
  const world = given();
  world.bet('x');
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed'); // home won: 2,000 if it were accepted now
  assert.equal(answerOf(confirm(world, 'x')), 'AnswerFlagged');
  world.goTo(world.now);
  assert.deepEqual([world.available(), world.held(), world.house()], [10_000, 0, 0]);
  assert.equal(answerOf(confirm(world, 'x')), 'already_resolved'); // flagged before
});

test('in play the delay comes first: the bet is judged at its end and then referred, or rejected', () => {
  for (const suspended of [false, true]) {
    const world = given(worldInPlay(stateHash));
    assert.equal(answerOf(world.bet('x')), 'BetPlaced');
    if (suspended) {
      world.done({ type: 'SuspendMarket', target: WINNER, reason: 'goal' });
      world.done({ type: 'ReopenMarket', target: WINNER, reason: 'goal' });
    }
    world.goTo(world.now + 5_000);
    assert.equal(world.events.at(-1)?.type, suspended ? 'BetRejected' : 'BetReferred');
    if (suspended) continue;
    assert.deepEqual(books(world), [9_000, 1_000, 0, 1, 1, 1]);
    assert.equal(world.ledger.timers.first()?.dueAt, world.now + ANSWER_MS);
    assert.equal(answerOf(confirm(world, 'x')), 'BetAccepted');
    assert.deepEqual(books(world), [9_000, 1_000, 0, 1, 0, 0]);
  }
});

test('SetConfirmation switches a market, a source or the ledger, and any of them is enough', () => {
  const world = worldWithMarket(stateHash);
  const set = (scope: 'market' | 'source' | 'ledger', target: string, on = true): string =>
    answerOf(world.ask({ type: 'SetConfirmation', scope, target, confirmation: on ? 'supplier' : 'none' }));
  const placed = (name: string): string => answerOf(world.bet(name));
  assert.equal(placed('a'), 'BetPlaced');
  assert.equal(set('source', 'test'), 'ConfirmationSet');
  assert.equal(placed('b'), 'BetPlaced BetReferred');
  world.quote(WINNER, { source: 'line', from: 'other' });
  assert.equal(placed('c'), 'BetPlaced'); // the source is the one whose price it is
  world.quote(WINNER, { source: 'line', from: 'test' });
  assert.equal(placed('d'), 'BetPlaced BetReferred');
  assert.equal(set('ledger', LEDGER), 'ConfirmationSet');
  assert.equal(set('source', 'test', false), 'ConfirmationSet');
  assert.equal(placed('e'), 'BetPlaced BetReferred');
  assert.equal(set('ledger', LEDGER, false), 'ConfirmationSet');
  assert.equal(placed('f'), 'BetPlaced');
});

test('SetConfirmation refuses what is no target, what is so already, and more targets than it keeps', () => {
  const world = worldWithMarket(stateHash);
  const set = (scope: string, target: unknown, confirmation: unknown = 'supplier'): unknown => {
    const { code, path } = refusalOf(world.ask({ type: 'SetConfirmation', scope, target, confirmation } as never));
    return [code, path];
  };
  assert.deepEqual(set('fixture', WINNER), ['malformed', '/scope']);
  assert.deepEqual(set('market', 'x'), ['malformed', '/target']);
  assert.deepEqual(set('source', 'two words'), ['malformed', '/target']);
  assert.deepEqual(set('ledger', 'other'), ['malformed', '/target']);
  assert.deepEqual(set('market', WINNER, 'desk'), ['malformed', '/confirmation']);
  assert.deepEqual(set('market', WINNER, 'none'), ['already_resolved', '/target']);
  for (let i = 0; i < CONFIRMATION_TARGETS_MAX; i++) world.ledger.referrals.setTarget('source', `s${i}`, true);
  assert.deepEqual(set('market', WINNER), ['limit_house', undefined]);
  const api = world.ask({ type: 'SetConfirmation', scope: 'market', target: WINNER, confirmation: 'supplier' }, 'api');
  assert.equal(answerOf(api), 'forbidden');
});

test('answers are refused with the path of what is wrong with them', () => {
  const world = given();
  world.bet('x');
  const cases: [Decision, string][] = [
    [confirm(world, 'x', { betId: 'bet_x' }), '/betId'],
    [confirm(world, 'x', { answeredAt: -1 }), '/answeredAt'],
    [confirm(world, 'x', { providerRef: 'two words' }), '/providerRef'],
    [reject(world, 'x', { reason: 'not a word' }), '/reason'],
  ];
  for (const [decision, path] of cases)
    assert.deepEqual([refusalOf(decision).code, refusalOf(decision).path], ['malformed', path]);
  assert.equal(answerOf(world.ask({ type: 'ConfirmBet', betId: idOf('bet', 'x'), answeredAt: 0 }, 'api')), 'forbidden');
  assert.deepEqual(books(world), [9_000, 1_000, 0, 1, 1, 1]);
});

test('how a referred bet ended is forgotten after a day: a late answer is flagged all the same', () => {
  const world = given();
  world.bet('x');
  confirm(world, 'x');
  world.goTo(world.now + ENDED_LIFE_MS + 1);
  world.quote(WINNER, { inPlay: true });
  world.bet('y', { holder: BEA });
  assert.equal(answerOf(reject(world, 'y')), 'BetRejected');
  assert.equal(answerOf(confirm(world, 'x')), 'AnswerFlagged');
  const last = world.events.at(-1);
  assert.equal(last?.type === 'AnswerFlagged' && last.data.ended, 'unknown');
});

test('whatever comes in whatever order, money is kept, one answer counts, and a replay and a snapshot are the same state', () => {
  const names = ['a', 'b', 'c'] as const;
  const step = fc.oneof(
    fc.record({ do: fc.constant('bet' as const), name: fc.constantFrom(...names) }),
    fc.record({ do: fc.constantFrom('confirm' as const, 'reject' as const), name: fc.constantFrom(...names) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
    fc.record({ do: fc.constant('settle' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const world = given(worldWithMarket());
      // The model: what each bet came to, and what Ana then has. Home wins: an accepted bet of 100 at 2.0 gains 100.
      const status = new Map<string, 'pending' | 'accepted' | 'gone'>();
      const due = new Map<string, number>();
      let available = 10_000;
      let settled = false;
      for (const one of steps) {
        if (one.do === 'bet') {
          world.quote(WINNER, { confirmedAt: world.now });
          if (answerOf(world.bet(one.name, { stakeMinor: 100 })).startsWith('BetPlaced')) {
            status.set(one.name, 'pending');
            due.set(one.name, world.now + ANSWER_MS);
            available -= 100;
          }
        } else if (one.do === 'wait') {
          world.goTo(world.now + one.ms);
          for (const [name, at] of due) {
            if (status.get(name) !== 'pending' || at > world.now) continue;
            status.set(name, 'gone');
            available += 100;
          }
        } else if (one.do === 'settle') {
          world.ask({ type: 'RecordResult', result: resultOf({ scores: [goals(1, 0)] }) }, 'feed');
          world.goTo(world.now);
          for (const [name, was] of status) {
            if (was === 'pending') available += 100;
            if (was === 'accepted') available += 200;
            status.set(name, 'gone');
          }
          settled = true;
        } else {
          const pending = status.get(one.name) === 'pending';
          (one.do === 'confirm' ? confirm : reject)(world, one.name);
          if (pending) status.set(one.name, one.do === 'confirm' ? 'accepted' : 'gone');
          if (pending && one.do === 'reject') available += 100;
        }
        const open = [...status.values()].filter((of) => of !== 'gone').length;
        assert.deepEqual([world.available(), world.held(), world.ledger.bets.size], [available, open * 100, open]);
        assert.equal(world.ledger.accounts.sums().get('PLAY'), 0n);
        if (settled) assert.equal(world.ledger.referrals.waitingCount, 0);
      }
      const replayed = initialShard();
      for (const event of world.events) evolve(replayed, event);
      assert.equal(stateHash(replayed), stateHash(world.state));
      assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
      assert.ok(world.now < KICK_OFF + 600_000);
    }),
    { numRuns: 150 },
  );
});
