// Abandoned fixtures. Each row says by hand what the rest of the match could still have changed; by the rule of most houses what nothing could
// have changed stands and the rest is void.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { loadState, dumpState, stateHash } from '#engine/state/snapshot.ts';
import { parseMarketId } from '../../catalog/market.ts';
import { isRefusal } from '../../kernel/event.ts';
import { ANA, BEA, FIXTURE, goals, KICK_OFF, resultOf, type World, worldWithMarket } from '../../kernel/world-for-tests.ts';
import { HALF_LOST, HALF_WON, LOST, type Outcome, PUSH, WON } from '../outcome.ts';
import { type LegTerms, settleLeg } from '../settle-leg.ts';
import { rulesFromWords } from './rule-words.ts';
import { type AbandonedRule, DEFAULT_RULES } from './settlement-rules.ts';

const SCORES = ['0-0', '1-0', '1-1', 'other'];

function outcome(market: string, selection: string, at: readonly [number, number], abandoned: AbandonedRule = 'decided') {
  const terms = parseMarketId(`${FIXTURE}/${market}`);
  assert.ok(terms, market);
  const leg: LegTerms = { ...terms, abandoned, ...(terms.type === 'cs' ? { selections: SCORES } : {}) };
  // Abandoned in the second half; it was 1-0 after the first.
  const scores = [goals(...at), goals(1, 0, 'h1')];
  return settleLeg(leg, selection, resultOf({ status: 'abandoned', completedPeriods: ['h1'], scores }));
}

test('settleLeg() lets stand of an abandoned fixture what nothing could have changed', () => {
  const rows: [market: string, selection: string, at: [number, number], outcome: Outcome, note: string][] = [
    ['ou@2.5', 'over', [2, 1], WON, 'three goals are over 2.5 for good'],
    ['ou@2.5', 'under', [2, 1], LOST, 'and so under is lost'],
    ['ou@2.5', 'over', [2, 0], PUSH, 'a third goal might have come'],
    ['ou@2.5', 'under', [2, 0], PUSH, 'under 2.5 was leading, not decided'],
    ['ou@3', 'over', [2, 1], PUSH, 'at the line: one more would have won'],
    ['ou@3', 'over', [2, 2], WON, ''],
    ['ou@2.75', 'over', [2, 1], HALF_WON, 'half on 2.5 is won for good, half on 3 is void: half won'],
    ['ou@2.75', 'under', [2, 1], HALF_LOST, 'half on 2.5 is lost for good, half on 3 is void'],
    ['ou@2.75', 'over', [3, 1], WON, 'both halves'],
    ['ou@3.25', 'under', [2, 1], PUSH, 'neither 3 nor 3.5 is decided'],
    ['ou.h1@0.5', 'over', [2, 1], WON, 'the first half was played'],
    ['ou.h1@1.5', 'over', [2, 1], LOST, ''],
    ['ou.h2@1.5', 'over', [2, 1], WON, 'second half so far 2-1 less 1-0: two goals'],
    ['ou.h2@2.5', 'over', [2, 1], PUSH, ''],
    ['btts', 'yes', [1, 1], WON, 'both have scored'],
    ['btts', 'no', [1, 1], LOST, ''],
    ['btts', 'no', [3, 0], PUSH, 'the other side might have scored'],
    ['1x2', 'home', [5, 0], PUSH, 'no lead is final'],
    ['1x2.h1', 'home', [5, 0], WON, 'the first half was played'],
    ['dnb', 'home', [5, 0], PUSH, ''],
    ['dc', '1x', [5, 0], PUSH, ''],
    ['ah@-0.5', 'home', [5, 0], PUSH, ''],
    ['cs', '0-0', [1, 0], PUSH, '1-0 and 1-1 were still possible: the market is open'],
    ['cs', 'other', [2, 0], WON, 'none of 0-0, 1-0, 1-1 can be reached from 2-0'],
    ['cs', '1-1', [2, 0], LOST, ''],
  ];
  for (const [market, selection, at, expected, note] of rows)
    assert.deepEqual(outcome(market, selection, at), expected, `${market} ${selection} at ${at.join('-')}: ${note}`);
});

test('settleLeg() keeps to the ledger’s rule for abandoned fixtures', () => {
  const rows: [AbandonedRule, market: string, Outcome][] = [
    ['periods', 'ou@2.5', PUSH],
    ['periods', 'ou.h1@0.5', WON],
    ['nothing', 'ou@2.5', PUSH],
    ['nothing', 'ou.h1@0.5', PUSH],
  ];
  for (const [rule, market, expected] of rows) assert.deepEqual(outcome(market, 'over', [2, 1], rule), expected, rule);
});

const count = fc.integer({ min: 0, max: 6 });
test('settleLeg() decides an abandoned total or both-to-score only as every way to end would', () => {
  const line = fc.integer({ min: 1, max: 24 }).map((quarters) => 2 * quarters); // whole and half lines
  fc.assert(
    fc.property(line, count, count, (lineQuarters, home, away) => {
      const legs = [
        [{ type: 'ou', stat: 'goals', period: 'ft', lineQuarters }, 'over'],
        [{ type: 'btts', stat: 'goals', period: 'ft' }, 'yes'],
      ] as const;
      for (const [leg, selection] of legs) {
        const broken = resultOf({ status: 'abandoned', completedPeriods: [], scores: [goals(home, away)] });
        const stands = settleLeg(leg, selection, broken);
        const ends: (Outcome | 'undecided')[] = [];
        for (let h = 0; h < 8; h++)
          for (let a = 0; a < 8; a++) ends.push(settleLeg(leg, selection, resultOf({ scores: [goals(home + h, away + a)] })));
        const isSure = ends.every((end) => end === ends[0]);
        assert.deepEqual(stands, isSure ? ends[0] : PUSH);
      }
    }),
  );
});

const OVER = `${FIXTURE}/ou@2.5`;
const HALF = `${FIXTURE}/ou.h1@0.5`;

/** Ana has 10.00 on over 2.5 at 2.0 and Bea 10.00 on over 0.5 of the first half at 2.0. */
function worldWithTotals(): World {
  const world = worldWithMarket(stateHash);
  for (const [name, marketId, holder] of [
    ['over', OVER, ANA],
    ['half', HALF, BEA],
  ] as const) {
    world.done({ type: 'OpenMarket', marketId, startAt: KICK_OFF });
    world.price(marketId, { over: 2_000, under: 2_000 });
    world.bet(name, { marketId, selectionId: 'over', holder, stakeMinor: 1_000 });
  }
  return world;
}

function abandon(world: World): void {
  const scores = [goals(2, 1), goals(1, 0, 'h1')];
  world.done({ type: 'RecordResult', result: resultOf({ status: 'abandoned', completedPeriods: ['h1'], scores }) }, 'feed');
  world.goTo(world.now);
}

test('an abandoned fixture is paid by the rule of its narrowest scope', () => {
  const gain = 1_000; // 10.00 at 2.0
  const rows: [rules: [scope: string, AbandonedRule][], over: number, half: number][] = [
    [[], gain, gain],
    [[['*', 'periods']], 0, gain],
    [[['*', 'nothing'], ['fb', 'periods']], 0, gain], // prettier-ignore
    [[['fb:E0', 'nothing'], ['*', 'decided']], 0, 0], // prettier-ignore
    [[['q', 'nothing']], gain, gain], // another sport's
  ];
  for (const withRule of [false, true]) {
    for (const [rules, over, half] of rows) {
      const world = worldWithTotals();
      if (withRule) world.done({ type: 'SetResultRule', agree: 1, sources: [] });
      const before = [ANA, BEA].map((holder) => world.available(holder) + world.held(holder));
      for (const [scope, abandoned] of rules) world.done({ type: 'SetSettlementRules', scope, rules: { abandoned } });
      abandon(world);
      const after = [ANA, BEA].map((holder) => world.available(holder) + world.held(holder));
      assert.deepEqual(after, [(before[0] as number) + over, (before[1] as number) + half], JSON.stringify(rules));
      assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
    }
  }
});

test('setSettlementRules() refuses what is no rule, and what changes nothing', () => {
  const world = worldWithMarket(stateHash);
  const ask = (scope: unknown, rules: unknown, via: 'operator' | 'api' | 'feed' = 'operator'): string => {
    const decision = world.ask({ type: 'SetSettlementRules', scope, rules } as never, via);
    return isRefusal(decision) ? `${decision.code} ${decision.path ?? ''}` : decision.map(({ type }) => type).join(' ');
  };
  assert.equal(ask('fb', { abandoned: 'sometimes' }), 'malformed /rules/abandoned');
  assert.equal(ask('fb', { toString: 'x' }), 'malformed /rules/toString');
  for (const postponedMs of [-1, 0.5, '5', 30 * 86_400_000 + 1])
    assert.equal(ask('fb', { postponedMs }), 'malformed /rules/postponedMs');
  assert.equal(ask('fb', null), 'malformed /rules');
  assert.equal(ask('fb', []), 'malformed /rules');
  assert.equal(ask(FIXTURE, { abandoned: 'periods' }), 'malformed /scope');
  assert.equal(ask(7, { abandoned: 'periods' }), 'malformed /scope');
  assert.equal(ask('fb', {}), 'already_resolved /rules');
  assert.equal(ask('fb', { abandoned: null }), 'already_resolved /rules');
  for (const via of ['api', 'feed'] as const) assert.match(ask('fb', { abandoned: 'periods' }, via), /^forbidden/);
  assert.equal(ask('fb', { abandoned: 'periods' }), 'SettlementRulesSet');
  assert.equal(ask('fb', { abandoned: 'periods' }), 'already_resolved /rules');
  assert.equal(world.ledger.rules.over(FIXTURE).abandoned, 'periods');
  assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
  assert.equal(ask('fb', { abandoned: null }), 'SettlementRulesSet');
  assert.deepEqual(world.ledger.rules.over(FIXTURE), DEFAULT_RULES.fb);
  assert.equal(stateHash(world.state), stateHash(worldWithMarket().state), 'nothing is left of a rule that was taken away');
});

test('rulesFromWords() reads rules as people write them', () => {
  assert.deepEqual(rulesFromWords(['abandoned=periods']), { abandoned: 'periods' });
  assert.deepEqual(rulesFromWords(['abandoned=default']), { abandoned: null });
  assert.deepEqual(rulesFromWords(['postponedMs=5', 'abandoned=nothing']), { abandoned: 'nothing', postponedMs: 5 });
  for (const words of [
    [],
    ['abandoned'],
    ['abandoned='],
    ['x=y'],
    ['abandoned=a=b'],
    ['abandoned=a', 'abandoned=b'],
    ['postponedMs=2d'],
    ['postponedMs=-1'],
  ])
    assert.equal(rulesFromWords(words), null, words.join(' '));
});
