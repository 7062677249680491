// Settling bets of several legs: by hand-worked tables, in any order, in chunks, and under random histories.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { ANA, answerOf, BEA, idOf, type World } from '../../kernel/world-for-tests.ts';
import {
  checkExposure,
  checkHeld,
  eventsOf,
  finish,
  handicapOf,
  type MultipleWish,
  placeMultiple,
  returnsOf,
  winnerOf,
  worldOfMultiples,
} from './multiples-for-tests.ts';
import { LEGS_MAX } from './systems.ts';
import { CHUNK_BETS } from '../chunk.ts';

const home = (...fixtures: number[]): MultipleWish['legs'] => fixtures.map((i) => [i, 'home'] as const);

test('a double is paid with its last leg, from held stake and house', () => {
  const world = worldOfMultiples(stateHash);
  placeMultiple(world, 'x', { legs: home(0, 1), stakePerLineMinor: 1_000 });
  finish(world, 0, [1, 0]);
  assert.deepEqual([returnsOf(world, 'x'), world.held(), world.ledger.worstLossMinor], [[null], 1_000, 3_000]);
  checkExposure(world.ledger);
  finish(world, 1, [2, 0]);
  assert.deepEqual(returnsOf(world, 'x'), [4_000]); // 1,000 * 2 * 2
  assert.deepEqual(eventsOf(world, 'MultiplesSettled')[0]?.postings, [
    { amountMinor: 1_000, currency: 'PLAY', from: `player:${ANA}:held`, to: `player:${ANA}:available` },
    { amountMinor: 3_000, currency: 'PLAY', from: 'house:main', to: `player:${ANA}:available` },
  ]);
  assert.deepEqual([world.available(), world.held(), world.house()], [13_000, 0, -3_000]);
  checkExposure(world.ledger);
});

test('void, half-won and half-lost legs count with what they are', () => {
  // Handicap -0.25 at 1.90: a draw is half lost for the home side, and half won for the away side at 2.00.
  const rows: [wish: MultipleWish, scores: [number, number][], status: string, returned: number, note: string][] = [
    [
      { legs: [{ marketId: handicapOf(0) }, [1, 'home']] },
      [
        [0, 0],
        [1, 0],
      ],
      'finished',
      100,
      '0.5 * 2 = 1',
    ],
    [
      { legs: [{ marketId: handicapOf(0), selectionId: 'away' }, [1, 'home']] },
      [
        [0, 0],
        [1, 0],
      ],
      'finished',
      300,
      '1.5 * 2 = 3',
    ],
    [
      { legs: [{ marketId: handicapOf(0) }, { marketId: handicapOf(1) }] },
      [
        [1, 1],
        [2, 2],
      ],
      'finished',
      25,
      '0.5 * 0.5',
    ],
    [
      { system: 'patent', legs: home(0, 1, 2) },
      [
        [1, 0],
        [0, 0],
        [0, 1],
      ],
      'finished',
      200,
      'one single of 2',
    ],
    [
      { system: 'trixie', legs: home(0, 1, 2) },
      [
        [1, 0],
        [1, 0],
        [0, 1],
      ],
      'finished',
      400,
      'one double of 4',
    ],
    [
      { legs: home(0, 1) },
      [
        [1, 0],
        [9, 9],
      ],
      'cancelled',
      200,
      'the void leg multiplies by 1',
    ],
    [
      { system: 'trixie', legs: home(0, 1, 2) },
      [
        [1, 0],
        [0, 1],
        [9, 9],
      ],
      'cancelled',
      200,
      '2 * 1, and nothing else',
    ],
  ];
  for (const [wish, scores, status, returned, note] of rows) {
    const world = worldOfMultiples(stateHash);
    assert.equal(answerOf(placeMultiple(world, 'x', wish)), 'MultiplePlaced');
    scores.forEach((score, i) => finish(world, i, score, i === scores.length - 1 ? status : 'finished'));
    assert.deepEqual(returnsOf(world, 'x'), [returned], note);
    checkExposure(world.ledger);
  }
});

test('with all legs void the stake comes back; a whole fixture cancelled makes its leg void', () => {
  const world = worldOfMultiples(stateHash);
  placeMultiple(world, 'x', { system: 'trixie', legs: home(0, 1, 2) });
  for (const i of [0, 1, 2]) finish(world, i, [0, 0], i === 1 ? 'walkover' : 'cancelled');
  assert.deepEqual([returnsOf(world, 'x'), world.available(), world.house()], [[400], 10_000, 0]);
});

test('a bet without a living line is settled at once, and later legs change nothing', () => {
  const world = worldOfMultiples(stateHash);
  placeMultiple(world, 'double', { legs: home(0, 1) });
  placeMultiple(world, 'trixie', { system: 'trixie', legs: home(0, 1, 2) });
  placeMultiple(world, 'patent', { system: 'patent', legs: home(0, 1, 2) });
  finish(world, 0, [0, 1]);
  assert.deepEqual(returnsOf(world, 'double', 'trixie', 'patent'), [0, null, null]);
  finish(world, 1, [0, 1]); // of the trixie no double is left, of the patent one single
  assert.deepEqual(returnsOf(world, 'double', 'trixie', 'patent'), [0, 0, null]);
  checkExposure(world.ledger);
  finish(world, 2, [1, 0]);
  assert.deepEqual(returnsOf(world, 'double', 'trixie', 'patent'), [0, 0, 200]);
  assert.deepEqual([world.held(), world.available(), world.house()], [0, 10_000 - 100 - 400 - 700 + 200, 1_000]);
  checkExposure(world.ledger);
});

test('a market with more legs than a chunk is decided by several timers, its singles beside them', () => {
  const world = worldOfMultiples();
  world.done({ type: 'SetLimits', limits: { openBetsMax: 10_000 } });
  const bets = CHUNK_BETS + 5;
  for (let n = 0; n < bets; n++) placeMultiple(world, `${n}`, { legs: home(0, 1), stakePerLineMinor: 1 });
  world.bet('single', { marketId: winnerOf(0) });
  finish(world, 0, [1, 0]);
  assert.deepEqual(
    eventsOf(world, 'LegsDecided').map(({ data }) => [data.legs.length, data.done]),
    [
      [CHUNK_BETS, undefined],
      [5, true],
    ],
  );
  assert.equal(eventsOf(world, 'BetsSettled').length, 1);
  finish(world, 1, [1, 0]);
  assert.deepEqual(
    eventsOf(world, 'MultiplesSettled').map(({ data }) => data.bets.length),
    [CHUNK_BETS, 5],
  );
  assert.equal(world.held(), 0);
  world.goTo(world.now + world.ledger.limits.correctionWindowMs + 10);
  assert.deepEqual(
    eventsOf(world, 'LegsForgotten').map(({ data }) => data.legs),
    [CHUNK_BETS, CHUNK_BETS, 5, 5],
  );
  assert.equal(world.ledger.multiples.size, 0);
  checkExposure(world.ledger);
});

test('a delayed bet whose market is declared meanwhile is not taken', () => {
  const world = worldOfMultiples(stateHash);
  world.quote(winnerOf(0), { inPlay: true, betDelayMs: 5_000 });
  placeMultiple(world, 'x', { legs: home(0, 1) });
  finish(world, 0, [1, 0]);
  assert.deepEqual(eventsOf(world, 'MultipleRejected')[0]?.data, {
    betId: idOf('bet', 'x'),
    holder: ANA,
    reason: 'market_closed',
  });
  assert.deepEqual([world.held(), world.ledger.multiples.size, eventsOf(world, 'LegsDecided')[0]?.data.done], [0, 0, true]);
  checkExposure(world.ledger);
});

test('a settled bet is remembered until the last of its markets is archived, an open one keeps the outcome of one that is', () => {
  const world = worldOfMultiples(stateHash);
  world.done({ type: 'SetLimits', limits: { correctionWindowMs: 1_000 } });
  placeMultiple(world, 'open', { legs: home(0, 1) });
  placeMultiple(world, 'lost', {
    legs: [
      [0, 'away'],
      [1, 'home'],
    ],
  });
  finish(world, 0, [1, 0]);
  world.goTo(world.now + 1_010);
  assert.equal(world.ledger.marketRows.has(winnerOf(0)), false);
  assert.equal(world.ledger.multiples.size, 2, 'the lost one still has a leg that may be decided');
  const loaded = loadState(dumpState(world.state));
  assert.equal(stateHash(loaded), stateHash(world.state));
  finish(world, 1, [1, 0]);
  assert.deepEqual(returnsOf(world, 'open', 'lost'), [400, 0]);
  world.goTo(world.now + 1_010);
  assert.equal(world.ledger.multiples.size, 0);
  checkExposure(world.ledger);
});

test('the longest accumulator is placed and paid', () => {
  const world = worldOfMultiples();
  const legs = Array.from({ length: LEGS_MAX }, (_, i) => {
    const marketId = `fb:E1:20240817:p${i}:q${i}/1x2`;
    world.done({ type: 'OpenMarket', marketId, startAt: world.now + 3_600_000 });
    world.price(marketId, { home: 1_500 });
    return { marketId };
  });
  assert.equal(answerOf(placeMultiple(world, 'x', { legs, stakePerLineMinor: 100 })), 'MultiplePlaced');
  assert.equal(answerOf(placeMultiple(world, 'y', { legs: [...legs, [0, 'home']] })), 'malformed');
  for (const { marketId } of legs) {
    const eventId = marketId.slice(0, -4);
    const result = {
      eventId,
      source: 'test',
      version: 1,
      observedAt: world.now,
      status: 'finished',
      completedPeriods: [],
    } as const;
    world.done(
      { type: 'RecordResult', result: { ...result, scores: [{ period: 'ft', stat: 'goals', home: 1, away: 0 }] } },
      'feed',
    );
  }
  world.goTo(world.now);
  assert.deepEqual(returnsOf(world, 'x'), [332_525]); // 1.5^20 = 3325.2567...
});

const SELECTIONS = ['home', 'draw', 'away'] as const;
const leg = fc.tuple(fc.boolean(), fc.constantFrom(...SELECTIONS));
const wish = fc.record({
  system: fc.constantFrom('accumulator', 'trixie', 'patent', 'yankee', 'lucky15', 'double', 'canadian', 'heinz', 'lucky63'),
  first: fc.nat(5),
  size: fc.integer({ min: 2, max: 6 }),
  legs: fc.array(leg, { minLength: 6, maxLength: 6 }),
  stake: fc.integer({ min: 1, max: 90 }),
  bea: fc.boolean(),
});
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('several' as const), wish }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('single' as const),
      fixture: fc.nat(5),
      selection: fc.nat(2),
      stake: fc.integer({ min: 1, max: 900 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('void' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delay' as const), fixture: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 9_000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('finish' as const),
      fixture: fc.nat(5),
      home: fc.nat(2),
      away: fc.nat(2),
      status: fc.constantFrom('finished', 'finished', 'postponed'),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const SIZES: Readonly<Record<string, number>> = {
  trixie: 3,
  patent: 3,
  yankee: 4,
  lucky15: 4,
  double: 2,
  canadian: 5,
  heinz: 6,
  lucky63: 6,
};

function take(world: World, one: Step, n: number): void {
  const confirmed = (): void => {
    for (const [marketId, quote] of world.quotes) world.quotes.set(marketId, { ...quote, confirmedAt: world.now });
  };
  confirmed();
  if (one.kind === 'several') {
    const { bea, first, legs, size, stake, system } = one.wish;
    const chosen = legs.slice(0, SIZES[system] ?? size).map(([handicap, selectionId], i) => {
      const fixture = (first + i) % 6;
      return handicap
        ? { marketId: handicapOf(fixture), selectionId: selectionId === 'draw' ? 'home' : selectionId }
        : ([fixture, selectionId] as const);
    });
    placeMultiple(world, `m${n}`, { system, legs: chosen, stakePerLineMinor: stake, holder: bea ? BEA : ANA });
  } else if (one.kind === 'single') {
    world.bet(`s${n}`, {
      marketId: winnerOf(one.fixture),
      selectionId: SELECTIONS[one.selection] as string,
      stakeMinor: one.stake,
    });
  } else if (one.kind === 'void') world.ask({ type: 'VoidBet', betId: idOf('bet', `m${one.which}`), reason: 'error' });
  else if (one.kind === 'delay') world.quote(winnerOf(one.fixture), { inPlay: true, betDelayMs: 3_000 });
  else if (one.kind === 'wait') world.goTo(world.now + one.ms);
  else {
    const eventId = winnerOf(one.fixture).slice(0, -4);
    const scores = [{ period: 'ft', stat: 'goals', home: one.home, away: one.away }];
    const status = one.status as 'finished';
    world.ask(
      {
        type: 'RecordResult',
        result: { eventId, source: 'test', version: n, observedAt: world.now, status, completedPeriods: [], scores },
      },
      'feed',
    );
    world.goTo(world.now);
  }
}

test('after any history exposures and held stakes are what the open bets make them, and a snapshot gives the state back', () => {
  let settled = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      const world = worldOfMultiples();
      world.done({ type: 'SetLimits', limits: { houseCapitalMinor: 60_000, marketLossMaxMinor: 50_000 } });
      steps.forEach((one, n) => {
        take(world, one, n);
        checkExposure(world.ledger);
        checkHeld(world.ledger);
        assert.ok(world.house() - world.ledger.worstLossMinor >= -60_000, 'the house can pay whatever happens');
      });
      const loaded = loadState(dumpState(world.state));
      assert.equal(stateHash(loaded), stateHash(world.state));
      for (let i = 0; i < 6; i++) {
        const eventId = winnerOf(i).slice(0, -4);
        const scores = [{ period: 'ft', stat: 'goals', home: i % 3, away: 1 }];
        world.ask(
          {
            type: 'RecordResult',
            result: {
              eventId,
              source: 'test',
              version: 99,
              observedAt: world.now,
              status: 'finished',
              completedPeriods: [],
              scores,
            },
          },
          'feed',
        );
      }
      world.goTo(world.now + 10_000);
      checkExposure(world.ledger);
      assert.deepEqual([world.held(), world.held(BEA), world.ledger.worstLossMinor], [0, 0, 0]);
      settled += eventsOf(world, 'MultiplesSettled').length;
      world.goTo(world.now + world.ledger.limits.correctionWindowMs + 10);
      assert.equal(world.ledger.multiples.size, 0);
    }),
    { numRuns: 60 },
  );
  assert.ok(settled > 0);
});

test('the order in which legs are decided never changes what is paid', () => {
  const scores = fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: 6, maxLength: 6 });
  const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 });
  fc.assert(
    fc.property(fc.array(wish, { minLength: 1, maxLength: 6 }), scores, order, (wishes, ends, shuffled) => {
      const paid = [[0, 1, 2, 3, 4, 5], shuffled].map((fixtures) => {
        const world = worldOfMultiples();
        wishes.forEach((one, n) => take(world, { kind: 'several', wish: one }, n));
        for (const i of fixtures) finish(world, i, ends[i] as [number, number]);
        return [returnsOf(world, ...wishes.map((_, n) => `m${n}`)), world.available(), world.available(BEA), world.house()];
      });
      assert.deepEqual(paid[1], paid[0]);
    }),
    { numRuns: 60 },
  );
});
