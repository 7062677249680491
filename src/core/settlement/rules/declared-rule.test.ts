// A rule that is set later moves nothing that is declared; a result that says something else does, by the rule the market was declared by.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import type { Result } from '../../catalog/result.ts';
import { marketOf } from '../../kernel/state.ts';
import { answerOf, FIXTURE, goals, KICK_OFF, type World } from '../../kernel/world-for-tests.ts';
import { recall, record, worldWithRule } from '../corrections/corrections-for-tests.ts';
import type { AbandonedRule } from './settlement-rules.ts';

const TOTAL = `${FIXTURE}/ou@0.5`;
const SAME = 'ResultReported';
const CORRECTED = 'ResultReported MarketResulted CorrectionStarted';

/** Ana has 10.00 on over 0.5 at 1.5, and the fixture was abandoned at this score. */
function abandonedAt(home: number, rule: AbandonedRule | null = null): World {
  const world = worldWithRule(stateHash);
  if (rule) setRule(world, rule);
  world.done({ type: 'OpenMarket', marketId: TOTAL, startAt: KICK_OFF });
  world.price(TOTAL, { over: 1_500, under: 3_000 });
  world.bet('over', { marketId: TOTAL, selectionId: 'over', stakeMinor: 1_000 });
  world.goTo(KICK_OFF + 1);
  tell(world, home);
  return world;
}

function setRule(world: World, abandoned: AbandonedRule | null): void {
  world.done({ type: 'SetSettlementRules', scope: 'fb', rules: { abandoned } });
}

function tell(world: World, home: number, change: Partial<Result> = {}): string {
  const answer = answerOf(record(world, { status: 'abandoned', completedPeriods: [], scores: [goals(home, 0)], ...change }));
  world.goTo(world.now);
  return answer;
}

const overIn = (world: World) => marketOf(world.ledger, TOTAL)?.outcomes?.over;
const WON = [1, 1, 0, 1];
const VOID = [0, 1, 1, 1];
const LOST = [0, 1, 0, 1];
/** 100.00 and what the bet won: 15.00 for 10.00. */
const PAID = 10_500;

test('a rule that is set after the declaration moves nothing when the same result is told again', () => {
  for (const rule of ['periods', 'nothing'] as const) {
    const world = abandonedAt(1);
    assert.deepEqual([overIn(world), world.available()], [WON, PAID]);
    setRule(world, rule);
    assert.equal(tell(world, 1, { source: 'second' }), SAME);
    assert.equal(tell(world, 1, { version: 2 }), SAME);
    assert.equal(tell(world, 2, { version: 3 }), 'ResultReported MarketResulted', 'another score, the same total');
    assert.deepEqual([overIn(world), world.available()], [WON, PAID]);
    assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
  }
});

test('a result that says something else still corrects: by the rule of the declaration, or as a played one', () => {
  const goalless = abandonedAt(1);
  setRule(goalless, 'nothing');
  assert.equal(tell(goalless, 0, { version: 2 }), CORRECTED);
  assert.deepEqual([overIn(goalless), goalless.available()], [VOID, 10_000]);

  const played = abandonedAt(1);
  setRule(played, 'nothing');
  const result = { version: 2, status: 'finished', completedPeriods: ['h1', 'ft'] } as const;
  assert.equal(tell(played, 0, result), `${CORRECTED} CorrectionStarted`); // the winner, too, is void no longer
  assert.deepEqual([overIn(played), played.available()], [LOST, 9_000]);
});

test('a market that was played is judged by the rule that holds when the fixture turns out to be abandoned', () => {
  const world = worldWithRule(stateHash);
  world.done({ type: 'OpenMarket', marketId: TOTAL, startAt: KICK_OFF });
  tell(world, 1, { status: 'finished', completedPeriods: ['h1', 'ft'] });
  setRule(world, 'nothing');
  assert.match(tell(world, 1, { version: 2 }), /CorrectionStarted/);
  assert.deepEqual(overIn(world), VOID);
});

test('a market voided before there was a rule by which it would stand keeps its void, also when it is recalled', () => {
  // Such a journal has the void and no word of rules: it is made with the rule of then, which is taken away again.
  for (const isRecalled of [false, true]) {
    const world = abandonedAt(1, 'periods');
    setRule(world, null);
    assert.equal(world.ledger.rules.dump(), null);
    if (isRecalled) assert.equal(answerOf(recall(world, TOTAL)), 'MarketRecalled BetsRecalled');
    assert.equal(tell(world, 1, { source: 'second' }), SAME);
    assert.equal(tell(world, 1, { version: 2 }), SAME);
    assert.deepEqual([overIn(world), world.available()], [VOID, 10_000]);
    const played = { version: 3, status: 'finished', completedPeriods: ['h1', 'ft'] } as const;
    assert.match(tell(world, 1, played), /CorrectionStarted/);
    assert.deepEqual([overIn(world), world.available()], [WON, PAID]);
  }
});
