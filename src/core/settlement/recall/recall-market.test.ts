// A market that left memory comes back as it was: corrected after its window it comes to the cent to what a correction in time comes to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { finish, finishRace, raceBet, RACE, raceResult, worldWithRace } from '../../bets/runners/race-for-tests.ts';
import { placeMultiple, finish as finishFixture, winnerOf, worldOfMultiples } from '../../bets/multiples/multiples-for-tests.ts';
import { evolve } from '../../evolve.ts';
import { initialShard, marketOf } from '../../kernel/state.ts';
import {
  ANA,
  answerOf,
  BEA,
  FIXTURE,
  goals,
  KICK_OFF,
  refusalOf,
  resultOf,
  WINNER,
  type World,
  worldWithMarket,
} from '../../kernel/world-for-tests.ts';
import {
  balancesOf,
  debtOf,
  OLGA,
  recall,
  record,
  scoreFor,
  settleBy,
  spend,
  wonBy,
  worldWithPaidBets,
  worldWithRule,
} from '../corrections/corrections-for-tests.ts';
import { fileOf, RECALL_BETS_MAX } from './market-file.ts';
import { RECALL_CHUNK_BETS } from './recall-market.ts';

const HOUR_MS = 3_600_000;

test('a result is corrected weeks later: what was spent is owed, and every cent is where a correction in time puts it', () => {
  const world = worldWithPaidBets(stateHash); // Ana lost 5.00 on away at 4.0, Bea won 2.00 on home at 2.0
  spend(world, 9_900, BEA); // 3.00 of her 102.00 are left
  assert.equal(answerOf(recall(world, WINNER)), 'MarketRecalled BetsRecalled');
  assert.equal(world.events.findLastIndex((e) => e.type === 'MarketArchived') >= 0, true);
  const market = marketOf(world.ledger, WINNER);
  assert.deepEqual([market?.status, market?.settledBets, market?.returnedMinor], ['settled', 2, 400]);
  assert.deepEqual([world.available(), world.available(BEA), world.house()], [9_500, 300, 300]); // nothing moved
  assert.equal(answerOf(settleBy(world, wonBy('away'))), 'CorrectionStarted');
  world.goTo(world.now);
  // Ana's 5.00 at 4.0 return 20.00; Bea gives her 4.00 back, of which she has 3.00.
  assert.deepEqual([world.available(), world.available(BEA), debtOf(world, BEA), world.house()], [11_500, 0, -100, -1_300]);
  const state = initialShard();
  for (const event of world.events) evolve(state, event);
  assert.equal(stateHash(state), stateHash(world.state));
  assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
  // It leaves again when its new window is over.
  world.goTo(world.now + 48 * HOUR_MS);
  assert.equal(marketOf(world.ledger, WINNER), undefined);
});

test('a source that knows better after the window is heard once the market is back, and its old versions are not', () => {
  const world = worldWithPaidBets();
  recall(world, WINNER);
  assert.equal(refusalOf(record(world, { version: 1, scores: scoreFor('away') })).code, 'already_resolved');
  const told = answerOf(record(world, { version: 2, scores: scoreFor('away') }));
  assert.equal(told, 'ResultReported MarketResulted CorrectionStarted');
  world.goTo(world.now);
  assert.deepEqual([world.available(), world.available(BEA), world.house()], [11_500, 9_800, -1_300]);
});

test('races with each-way bets, a non-runner and a dead heat are corrected after the window as in it', () => {
  const told = (isLate: boolean): World => {
    const world = worldWithRace();
    world.done({ type: 'SetResultRule', agree: 1, sources: [] });
    raceBet(world, 'ew', { eachWay: true, selectionId: 'ebony' });
    raceBet(world, 'before', { selectionId: 'bay', holder: BEA });
    world.done({ type: 'WithdrawRunner', marketId: RACE, selectionId: 'asti', deductionPpm: 300_000, at: world.now });
    world.price(RACE, { bay: 3_000, ebony: 9_000, fawn: 11_000 });
    if (marketOf(world.ledger, RACE)?.status === 'suspended') world.done({ type: 'ReopenMarket', target: RACE, reason: 'x' });
    raceBet(world, 'after', { selectionId: 'bay', holder: BEA, quoteSeq: 2 });
    finishRace(world, finish('bay', 'colt', 'dun', 'ebony'));
    if (isLate) recall(world, RACE);
    const places = finish(['bay', 'ebony'], 'colt', 'dun');
    const result = raceResult(places, { version: 2 });
    assert.match(answerOf(world.ask({ type: 'RecordResult', result }, 'feed')), /CorrectionStarted/);
    world.goTo(world.now);
    return world;
  };
  const [inTime, late] = [told(false), told(true)];
  assert.equal(balancesOf(late), balancesOf(inTime));
  /*
   * Of 10,000.00 each. Ana: 10.00 each way on ebony at 9.0, 30 % off the winnings. Win part, half of it: 5.00 x (1 + 8 x 0.7) = 33.00; place
   * part whole, for two share the first of three places: 10.00 x (1 + 2 x 0.7) = 24.00. So 57.00 for 20.00.
   * Bea: 10.00 on bay at 3.0 before the withdrawal, 5.00 x (1 + 2 x 0.7) = 12.00; after it 5.00 x 3 = 15.00. So 27.00 for 20.00.
   */
  assert.deepEqual([late.available(ANA), late.available(BEA), late.house()], [1_003_700, 1_000_700, -4_400]);
});

test('a market with more than a thousand bets comes back in as many events, in the order in which they were paid', () => {
  const world = worldWithRule();
  world.done({ type: 'SetLimits', limits: { openBetsMax: 10_000 } });
  for (let n = 0; n < RECALL_CHUNK_BETS + 1; n++) world.bet(`${n}`, { stakeMinor: 2, selectionId: n % 3 ? 'home' : 'away' });
  record(world);
  world.goTo(world.now);
  const file = fileOf(world.ledger, WINNER);
  assert.equal(answerOf(recall(world, WINNER)), 'MarketRecalled BetsRecalled BetsRecalled');
  assert.deepEqual(fileOf(world.ledger, WINNER), file);
});

test('what cannot be recalled is refused, and nothing changes', () => {
  const world = worldWithPaidBets(stateHash);
  const ask = (marketId: unknown, loaded?: unknown, via: 'operator' | 'api' = 'operator') => {
    world.loaded = loaded;
    const { code, need, path } = refusalOf(
      world.ask({ type: 'RecallMarket', marketId: marketId as string }, via, { ownerId: OLGA }),
    );
    return [code, path, ...(need === undefined ? [] : [need])];
  };
  const gone = WINNER.replace('alpha', 'gamma');
  assert.deepEqual(ask(5), ['malformed', '/marketId']);
  assert.deepEqual(ask('nothing'), ['malformed', '/marketId']);
  assert.deepEqual(ask(WINNER), ['already_resolved', '/marketId']);
  assert.deepEqual(ask(gone), ['correction_closed', '/marketId']); // nobody looked
  assert.deepEqual(ask(gone, { code: 'not_found' }), ['not_found', '/marketId']);
  assert.deepEqual(ask(gone, { code: 'too_large', have: 20_001 }), ['too_large', '/marketId', RECALL_BETS_MAX]);
  assert.deepEqual(ask(gone, undefined, 'api'), ['forbidden', '/cmd/type']);
});

test('there is no file of what was paid without a rule, nor of a market that bets of several legs are on', () => {
  const world = worldOfMultiples();
  placeMultiple(world, 'x', {
    legs: [
      [0, 'home'],
      [1, 'home'],
    ],
  });
  finishFixture(world, 0, [1, 0]);
  assert.deepEqual(fileOf(world.ledger, winnerOf(0)), { code: 'correction_closed' });
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  finishFixture(world, 1, [1, 0]);
  assert.deepEqual(fileOf(world.ledger, winnerOf(1)), { code: 'correction_closed' });
});

test('handicaps struck in play come back with the lead at which they were struck', () => {
  const line = `${FIXTURE}/ah@-0.5`;
  const world = worldWithMarket(stateHash);
  const told = (version: number, home: number): void => {
    world.done({ type: 'RecordResult', result: resultOf({ version, scores: [goals(home, 1), goals(1, 1, 'h1')] }) }, 'feed');
    world.goTo(world.now);
  };
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  world.done({ type: 'OpenMarket', marketId: line, startAt: KICK_OFF });
  world.goTo(KICK_OFF + 60_000);
  world.price(line, { home: 1_900, away: 1_900 }, { inPlay: true, betDelayMs: 0, score: { home: 1, away: 0 } });
  world.bet('x', { marketId: line, selectionId: 'home', stakeMinor: 1_000 });
  told(1, 1);
  recall(world, line);
  const before = world.available();
  told(2, 2); // 2-1: the match is won by one goal, but since 1-0 it was 1-1, which is lost at -0.5
  assert.equal(world.available() - before, 0);
  told(3, 3); // 3-1: 2-1 since the bet
  assert.equal(world.available() - before, 1_900);
});
