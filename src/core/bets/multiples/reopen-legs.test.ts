// Correcting a market under bets of several legs: undone and done anew comes to what the right result at once would have come to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { marketOf } from '../../kernel/state.ts';
import { preview } from '../../settlement/corrections/preview.ts';
import { ANA, BEA, idOf, refusalOf, type World } from '../../kernel/world-for-tests.ts';
import { balancesOf, debtOf, spend } from '../../settlement/corrections/corrections-for-tests.ts';
import {
  checkExposure,
  checkHeld,
  eventsOf,
  finish,
  FIXTURES,
  handicapOf,
  type MultipleWish,
  placeMultiple,
  winnerOf,
  worldOfMultiples,
} from './multiples-for-tests.ts';
import { CHUNK_BETS } from '../chunk.ts';

const home = (...fixtures: number[]): MultipleWish['legs'] => fixtures.map((i) => [i, 'home'] as const);

function given(): World {
  const world = worldOfMultiples(stateHash);
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  return world;
}

function correct(world: World, fixture: number, [homeGoals, away]: readonly [number, number], version = 2): void {
  const scores = [{ period: 'ft', stat: 'goals', home: homeGoals, away }];
  const eventId = FIXTURES[fixture] as string;
  const result = {
    eventId,
    source: 'test',
    version,
    observedAt: world.now,
    status: 'finished',
    completedPeriods: [],
    scores,
  } as const;
  world.ask({ type: 'RecordResult', result }, 'feed');
  world.goTo(world.now);
  checkExposure(world.ledger);
  checkHeld(world.ledger);
}

test('a market whose legs are being forgotten is not corrected any more, by anybody, and its money stays as it is', () => {
  const world = worldOfMultiples();
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  world.done({ type: 'SetLimits', limits: { correctionWindowMs: 1_000, openBetsMax: 10_000 } });
  world.bet('single', { marketId: winnerOf(0), stakeMinor: 500 });
  for (let n = 0; n < CHUNK_BETS + 1; n++) placeMultiple(world, `${n}`, { legs: home(0, 1), stakePerLineMinor: 1 });
  finish(world, 0, [1, 0]);
  finish(world, 1, [1, 0]);
  const lost = { away: [1, 1, 0, 1], draw: [0, 1, 0, 1], home: [0, 1, 0, 1] } as const;
  const settle = () => world.ask({ type: 'SettleMarket', marketId: winnerOf(0), outcomes: lost, reason: 'wrong_score' });
  world.now += 1_000;
  world.fire(); // the first thousand of the first market's legs
  assert.deepEqual(
    eventsOf(world, 'LegsForgotten').map(({ data }) => [data.marketId, data.legs]),
    [[winnerOf(0), CHUNK_BETS]],
  );
  const paid = balancesOf(world);
  assert.equal(refusalOf(settle()).code, 'correction_closed');
  const disputed = {
    betId: idOf('bet', 'single'),
    marketId: winnerOf(0),
    reason: 'other',
    evidenceHash: 'a'.repeat(64),
  } as const;
  assert.equal(refusalOf(world.ask({ type: 'OpenDispute', ...disputed }, 'api')).code, 'correction_closed');
  assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
  // A source that says otherwise is heard, and changes nothing either.
  correct(world, 0, [0, 1]);
  const corrected = eventsOf(world, 'CorrectionStarted').map(({ data }) => data.marketId);
  assert.deepEqual([corrected, eventsOf(world, 'ResultConflicted').length], [[handicapOf(0)], 1]);
  assert.equal(balancesOf(world), paid);
  world.goTo(world.now + 10);
  assert.equal(marketOf(world.ledger, winnerOf(0)), undefined);
  assert.equal(refusalOf(settle()).code, 'not_found');
  assert.equal(world.ledger.multiples.size, 0);
});

test('a paid double whose leg turns out lost is taken back and lost; what was spent is owed', () => {
  const world = given();
  placeMultiple(world, 'x', { legs: home(0, 1), stakePerLineMinor: 1_000 });
  finish(world, 0, [1, 0]);
  finish(world, 1, [1, 0]);
  assert.equal(world.available(), 13_000); // 10,000 less 1,000 and 4,000 back
  spend(world, 12_000);
  correct(world, 0, [0, 1]);
  // 4,000 taken from the 1,000 that are there: 3,000 owed, and the stake lost again.
  assert.deepEqual([world.available(), debtOf(world), world.held(), world.house()], [0, -3_000, 0, 1_000]);
  assert.deepEqual(
    eventsOf(world, 'MultiplesReopened')[0]?.data.bets.map(([, , returned]) => returned),
    [4_000],
  );
  correct(world, 0, [1, 0], 3);
  assert.deepEqual([world.available(), debtOf(world), world.held(), world.house()], [1_000, 0, 0, -3_000]);
});

test('a bet that was dead comes to life again, also when its other legs were decided meanwhile', () => {
  const world = given();
  placeMultiple(world, 'x', { legs: home(0, 1, 2), stakePerLineMinor: 100 });
  finish(world, 0, [0, 1]);
  finish(world, 1, [1, 0]);
  correct(world, 0, [1, 0]);
  assert.deepEqual([world.held(), world.available(), world.house()], [100, 9_900, 0]);
  finish(world, 2, [1, 0]);
  assert.deepEqual([world.held(), world.available(), world.house()], [0, 10_700, -700]); // 100 * 2 * 2 * 2
  correct(world, 1, [0, 1]);
  correct(world, 0, [0, 1], 3); // lost with the other leg alone: only the leg is taken back
  assert.deepEqual([world.held(), world.available(), world.house()], [0, 9_900, 100]);
  assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
});

test('settled, corrected in any order and settled back: the same balances as the right results at once', () => {
  const score = fc.tuple(fc.nat(2), fc.nat(2));
  const change = fc.record({ fixture: fc.nat(3), score });
  const wish = fc.record({
    system: fc.constantFrom('accumulator', 'yankee', 'lucky15'),
    picks: fc.array(fc.constantFrom('home', 'draw', 'away'), { minLength: 4, maxLength: 4 }),
    stake: fc.integer({ min: 1, max: 50 }),
    bea: fc.boolean(),
  });
  const scores = fc.array(score, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(wish, { minLength: 1, maxLength: 4 }),
      scores,
      fc.array(change, { maxLength: 6 }),
      (wishes, ends, changes) => {
        const place = (world: World): void => {
          wishes.forEach(({ bea, picks, stake, system }, n) => {
            const legs = picks.map((pick, i) => [i, pick] as const);
            placeMultiple(world, `m${n}`, { system, legs, stakePerLineMinor: stake, holder: bea ? BEA : ANA });
          });
          world.bet('single', { marketId: winnerOf(0) });
        };
        const corrected = given();
        place(corrected);
        const last = [...ends];
        ends.forEach((end, i) => finish(corrected, i, end));
        changes.forEach(({ fixture, score: to }, n) => {
          correct(corrected, fixture, to, n + 2);
          last[fixture] = to;
        });
        const plain = given();
        place(plain);
        last.forEach((end, i) => finish(plain, i, end));
        assert.equal(balancesOf(corrected), balancesOf(plain));
      },
    ),
    { numRuns: 40 },
  );
});

test('a preview counts bets of several legs, and what they move asks for a second person', () => {
  const world = given();
  placeMultiple(world, 'x', { legs: home(0, 1), stakePerLineMinor: 1_000 });
  placeMultiple(world, 'y', { legs: home(0, 2), stakePerLineMinor: 100 });
  finish(world, 0, [1, 0]);
  finish(world, 1, [1, 0]);
  spend(world, 12_000);
  const market = marketOf(world.ledger, winnerOf(0));
  assert.ok(market);
  const away = { away: [1, 1, 0, 1], draw: [0, 1, 0, 1], home: [0, 1, 0, 1] } as const;
  // x: 4,000 back, its stake lost; y, still open, is lost: its stake of 100.
  const seen = preview(world.ledger, market, away);
  assert.deepEqual([seen.movedMinor, seen.debtsMinor], [4_100, 3_100]);
  assert.deepEqual(seen.losers, [{ holder: ANA, changeMinor: -4_100 }]);
  world.done({ type: 'SetLimits', limits: { approvalAboveMinor: 4_099 } });
  correct(world, 0, [0, 1]);
  assert.equal(eventsOf(world, 'SettlementProposed').length, 1);
  world.done({ type: 'SetLimits', limits: { approvalAboveMinor: 4_100 } });
  correct(world, 0, [0, 1], 3);
  assert.deepEqual([world.available(), debtOf(world), world.held()], [0, -3_100, 0]);
});

test('a preview of legs left undecided opens what is not dead without them', () => {
  const world = given();
  placeMultiple(world, 'x', { legs: home(0, 1), stakePerLineMinor: 1_000 });
  placeMultiple(world, 'dead', { legs: home(0, 2), stakePerLineMinor: 500 });
  for (const [fixture, score] of [
    [0, [1, 0]],
    [1, [1, 0]],
    [2, [0, 1]],
  ] as const)
    finish(world, fixture, score);
  const market = marketOf(world.ledger, winnerOf(0));
  assert.ok(market);
  assert.equal(preview(world.ledger, market, null).movedMinor, 4_000); // x is open again; the other one is lost whatever comes
});
