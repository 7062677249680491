// Which source decides, who disagrees, what an operator may do, and what needs a second person.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { marketOf } from '../../kernel/state.ts';
import { ANA, answerOf, FIXTURE, goals, idOf, refusalOf, resultOf, WINNER, type World } from '../../kernel/world-for-tests.ts';
import { debtOf, OLGA, OTTO, previewOf, record, scoreFor, settleBy, wonBy, worldWithRule } from './corrections-for-tests.ts';

type Winner = 'home' | 'draw' | 'away';
const say = (world: World, source: string, winner: Winner, version = 1): string => {
  const answer = answerOf(record(world, { source, version, scores: scoreFor(winner) }));
  world.goTo(world.now);
  return answer;
};
const winnerIn = (world: World): string | undefined =>
  Object.entries(marketOf(world.ledger, WINNER)?.outcomes ?? {}).find(([, [won]]) => won === 1)?.[0];
const conflicts = (world: World): unknown[] =>
  world.events.filter((e): e is NewEvent<'ResultConflicted'> => e.type === 'ResultConflicted').map((e) => e.data.conflicts);

test('without names the first source to speak decides, another is a conflict, and only its own newer word corrects', () => {
  const world = worldWithRule(stateHash);
  assert.equal(say(world, 'a', 'home'), 'ResultReported MarketResulted SettlementStarted SettlementFinished');
  assert.equal(say(world, 'b', 'away'), 'ResultReported ResultConflicted');
  assert.equal(say(world, 'c', 'home'), 'ResultReported');
  assert.deepEqual([winnerIn(world), conflicts(world)], ['home', [[[WINNER, 'b']]]]);
  assert.equal(say(world, 'b', 'away'), 'already_resolved'); // the same version
  assert.equal(say(world, 'b', 'draw', 2), 'ResultReported ResultConflicted');
  assert.equal(say(world, 'a', 'draw', 2), 'ResultReported MarketResulted CorrectionStarted ResultConflicted'); // now c differs
  assert.deepEqual([winnerIn(world), conflicts(world).at(-1)], ['draw', [[WINNER, 'c']]]);
});

test('a better source overrides a worse one whenever it speaks, and who is not named never decides', () => {
  const world = worldWithRule(stateHash);
  world.done({ type: 'SetResultRule', agree: 1, sources: ['best', 'good'] });
  assert.equal(say(world, 'stranger', 'away'), 'ResultReported MarketResulted MarketClosed');
  assert.equal(marketOf(world.ledger, WINNER)?.status, 'closed');
  assert.equal(say(world, 'good', 'home'), 'ResultReported MarketResulted SettlementStarted SettlementFinished ResultConflicted');
  assert.equal(say(world, 'best', 'draw'), 'ResultReported MarketResulted CorrectionStarted ResultConflicted');
  assert.equal(winnerIn(world), 'draw');
  assert.equal(say(world, 'good', 'away', 2), 'ResultReported ResultConflicted');
  assert.equal(winnerIn(world), 'draw');
});

test('with agreement a market waits for enough sources that say the same of it', () => {
  const world = worldWithRule(stateHash);
  const corners = `${FIXTURE}/ou.corners@9.5`;
  world.done({ type: 'OpenMarket', marketId: corners, startAt: world.now + 1 });
  world.done({ type: 'SetResultRule', agree: 2, sources: ['a', 'b', 'c'] });
  assert.equal(say(world, 'a', 'home'), 'ResultReported MarketResulted MarketClosed MarketClosed');
  assert.equal(say(world, 'b', 'away'), 'ResultReported ResultConflicted');
  assert.equal(winnerIn(world), undefined);
  const both = [goals(0, 2), { period: 'ft', stat: 'corners', home: 6, away: 5 }];
  const answer = answerOf(record(world, { source: 'c', scores: both })); // 0-1 and 0-2 are the same winner
  assert.equal(answer, 'ResultReported MarketResulted SettlementStarted SettlementFinished ResultConflicted');
  assert.equal(winnerIn(world), 'away');
  assert.equal(marketOf(world.ledger, corners)?.status, 'closed'); // one voice for the corners
});

test('an operator decides before and after all sources, and they only disagree from then on', () => {
  const world = worldWithRule(stateHash);
  world.bet('a', { stakeMinor: 500 });
  assert.equal(answerOf(settleBy(world, wonBy('draw'))), 'SettlementOrdered SettlementStarted');
  world.goTo(world.now);
  assert.equal(say(world, 'a', 'home'), 'ResultReported MarketResulted ResultConflicted');
  assert.deepEqual([winnerIn(world), conflicts(world)], ['draw', [[[WINNER, 'a']]]]);
  assert.equal(answerOf(settleBy(world, wonBy('home'))), 'CorrectionStarted');
  world.goTo(world.now);
  assert.deepEqual([winnerIn(world), world.available()], ['home', 10_500]);
  assert.deepEqual(world.events.find((e) => e.type === 'SettlementOrdered')?.data, {
    by: OLGA,
    marketId: WINNER,
    reason: 'wrong_score',
  });
});

test('a score that an operator states counts before those of sources, under the name of who stated it', () => {
  const world = worldWithRule(stateHash);
  say(world, 'a', 'home');
  const result = resultOf({ source: 'operator', version: 1, scores: scoreFor('away') });
  assert.equal(answerOf(world.ask({ type: 'RecordResult', result }, 'feed')), 'forbidden');
  assert.equal(answerOf(record(world, { source: 'a', version: 1 })), 'already_resolved');
  const stated = world.ask({ type: 'RecordResult', result }, 'operator', { ownerId: OLGA });
  assert.equal(answerOf(stated), 'ResultReported MarketResulted CorrectionStarted ResultConflicted');
  world.goTo(world.now);
  assert.equal(say(world, 'a', 'draw', 2), 'ResultReported ResultConflicted');
  assert.equal(winnerIn(world), 'away');
  assert.equal(answerOf(world.ask({ type: 'RecordResult', result: resultOf({ source: 'b' }) }, 'operator')), 'forbidden');
});

/** Ana won 5.00 on 5.00; the limit is 4.00, and Olga proposes that away won. */
function proposed(): { world: World; proposalId: string; previewHash: string } {
  const world = worldWithRule(stateHash);
  world.bet('a', { stakeMinor: 500 });
  say(world, 'a', 'home');
  world.done({ type: 'SetLimits', limits: { approvalAboveMinor: 999 } });
  assert.equal(answerOf(settleBy(world, wonBy('away'))), 'SettlementProposed'); // 10.00 come back
  const [proposal] = world.ledger.corrections.proposals.values();
  assert.ok(proposal);
  assert.equal(proposal.movedMinor, 1_000);
  return { world, ...proposal };
}

test('what moves more than the limit waits for another person, who names what was previewed', () => {
  const { previewHash, proposalId, world } = proposed();
  const approve = (by: string, hash = previewHash) =>
    answerOf(world.ask({ type: 'ApproveSettlement', proposalId, previewHash: hash }, 'operator', { ownerId: by }));
  assert.equal(winnerIn(world), 'home');
  assert.equal(approve(OLGA), 'second_person');
  assert.equal(approve(OTTO, 'f'.repeat(32)), 'version_conflict');
  assert.equal(
    answerOf(world.ask({ type: 'ApproveSettlement', proposalId: idOf('prp', 'x'), previewHash }, 'operator')),
    'not_found',
  );
  assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
  assert.equal(approve(OTTO), 'SettlementApproved CorrectionStarted');
  world.goTo(world.now);
  assert.deepEqual([winnerIn(world), world.available(), debtOf(world)], ['away', 9_500, 0]);
  assert.equal(approve(OTTO), 'not_found');
});

test('a proposal is void when the market changed since, when it is rejected, when it expires and when another takes its place', () => {
  const changed = proposed();
  const { previewHash, proposalId } = changed;
  changed.world.done({ type: 'SetLimits', limits: { approvalAboveMinor: 10_000 } });
  say(changed.world, 'a', 'draw', 2); // corrects the market: the proposal is of a market that is no more
  assert.equal(changed.world.ledger.corrections.proposals.size, 0);
  assert.equal(
    answerOf(changed.world.ask({ type: 'ApproveSettlement', proposalId, previewHash }, 'operator', { ownerId: OTTO })),
    'not_found',
  );

  const rejected = proposed();
  const no = { type: 'RejectSettlement', proposalId: rejected.proposalId, reason: 'not_so' } as const;
  assert.equal(answerOf(rejected.world.ask(no, 'operator', { ownerId: OTTO })), 'ProposalClosed');
  assert.deepEqual([rejected.world.ledger.corrections.proposals.size, winnerIn(rejected.world)], [0, 'home']);

  const expired = proposed();
  expired.world.goTo(expired.world.now + 86_400_000);
  const end = expired.world.events.findLast((e): e is NewEvent<'ProposalClosed'> => e.type === 'ProposalClosed');
  assert.deepEqual([end?.data.reason, end?.data.by, expired.world.ledger.corrections.proposals.size], ['expired', '', 0]);

  const replaced = proposed();
  assert.equal(answerOf(settleBy(replaced.world, wonBy('away'), OTTO)), 'already_resolved');
  assert.equal(answerOf(settleBy(replaced.world, wonBy('draw'), OTTO)), 'ProposalClosed SettlementProposed');
  assert.equal([...replaced.world.ledger.corrections.proposals.values()][0]?.by, OTTO);
});

test('a correction by a source waits for a person as well when it moves too much', () => {
  const world = worldWithRule(stateHash);
  world.bet('a', { stakeMinor: 500 });
  say(world, 'a', 'home');
  world.done({ type: 'SetLimits', limits: { approvalAboveMinor: 999 } });
  assert.equal(say(world, 'a', 'away', 2), 'ResultReported MarketResulted SettlementProposed');
  const [proposal] = world.ledger.corrections.proposals.values();
  assert.ok(proposal);
  const { previewHash, proposalId } = proposal;
  world.done({ type: 'ApproveSettlement', proposalId, previewHash }, 'operator', { ownerId: OLGA });
  world.goTo(world.now);
  assert.equal(winnerIn(world), 'away');
});

test('a settlement by hand names the preview that was looked at, and is refused when bets came since', () => {
  const world = worldWithRule(stateHash);
  world.bet('a');
  const { previewHash } = previewOf(world, wonBy('home'));
  world.bet('b', { stakeMinor: 10 });
  assert.equal(answerOf(settleBy(world, wonBy('home'), OLGA, previewHash)), 'version_conflict');
  const now = previewOf(world, wonBy('home')).previewHash;
  assert.equal(answerOf(settleBy(world, wonBy('home'), OLGA, now)), 'SettlementOrdered SettlementStarted');
});

test('settleMarket() and setResultRule() refuse what is malformed, naming the place', () => {
  const world = worldWithRule(stateHash);
  const good = wonBy('home');
  const broken: [unknown, string][] = [
    [{}, '/outcomes/home'],
    [[], '/outcomes'],
    [5, '/outcomes'],
    [{ ...good, other: [1, 1, 0, 1] }, '/outcomes'],
    [{ ...good, draw: [1, 1, 0] }, '/outcomes/draw'],
    [{ ...good, draw: [1, 0, 0, 1] }, '/outcomes/draw'],
    [{ ...good, draw: [-1, 1, 0, 1] }, '/outcomes/draw'],
    [{ ...good, draw: [1, 2, 2, 3] }, '/outcomes/draw'], // 1/2 + 2/3
    [{ ...good, draw: [0.5, 1, 0, 1] }, '/outcomes/draw'],
    [{ ...good, draw: [1, 1_001, 0, 1] }, '/outcomes/draw'],
  ];
  for (const [outcomes, path] of broken) {
    const refusal = refusalOf(settleBy(world, outcomes as never));
    assert.deepEqual([refusal.code, refusal.path], ['malformed', path], JSON.stringify(outcomes));
  }
  const rules: [unknown, unknown, string][] = [
    [0, [], '/agree'],
    [2, ['a'], '/agree'],
    [1.5, [], '/agree'],
    [1, 'a', '/sources'],
    [1, ['a', 'a'], '/sources/1'],
    [1, ['operator'], '/sources/0'],
    [1, ['two words'], '/sources/0'],
    [1, Array.from({ length: 17 }, (_, i) => `s${i}`), '/sources'],
  ];
  for (const [agree, sources, path] of rules) {
    const refusal = refusalOf(world.ask({ type: 'SetResultRule', agree, sources } as never));
    assert.deepEqual([refusal.code, refusal.path], ['malformed', path], JSON.stringify([agree, sources]));
  }
  assert.equal(answerOf(world.ask({ type: 'SettleMarket', marketId: WINNER, outcomes: good, reason: 'x' }, 'api')), 'forbidden');
  assert.equal(answerOf(world.ask({ type: 'SettleMarket', marketId: 'x', outcomes: good, reason: 'x' })), 'not_found');
  assert.equal(world.available(ANA), 10_000);
});
