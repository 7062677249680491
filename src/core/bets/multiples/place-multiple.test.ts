// Placing bets of several legs: what is held, what is refused and where, what they cost the house, and what waits in play.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateHash } from '#engine/state/snapshot.ts';
import { ANA, answerOf, BEA, BOT, FIXTURE, idOf, KICK_OFF, refusalOf, WINNER, type World } from '../../kernel/world-for-tests.ts';
import {
  checkExposure,
  checkHeld,
  eventsOf,
  FIXTURES,
  handicapOf,
  type MultipleWish,
  placeMultiple,
  winnerOf,
  worldOfMultiples,
} from './multiples-for-tests.ts';

const given = (): World => worldOfMultiples(stateHash);

test('a trixie holds four stakes once and tells its legs with the prices they took', () => {
  const world = given();
  assert.equal(
    answerOf(
      placeMultiple(world, 't', {
        system: 'trixie',
        legs: [
          [0, 'home'],
          [1, 'draw'],
          [2, 'away'],
        ],
      }),
    ),
    'MultiplePlaced',
  );
  const placed = eventsOf(world, 'MultiplePlaced')[0];
  assert.deepEqual(placed?.postings, [
    { amountMinor: 400, currency: 'PLAY', from: `player:${ANA}:available`, to: `player:${ANA}:held` },
  ]);
  assert.deepEqual([placed?.data.lines, placed?.data.status, placed?.data.system], [4, 'accepted', 'trixie']);
  assert.deepEqual(placed?.data.legs[1], {
    marketId: winnerOf(1),
    minOddsMilli: 1_001,
    oddsMilli: 3_400,
    quote: { ageMs: 0, seq: 1, source: 'test' },
    selectionId: 'draw',
  });
  assert.deepEqual([world.held(), world.available()], [400, 9_600]);
});

test('a bet of several legs counts with what it can win in each market, and once for the house', () => {
  const world = given();
  // 100 at 2.0 * 3.4 = 680: the house can lose 580.
  placeMultiple(world, 'x', {
    legs: [
      [0, 'home'],
      [1, 'draw'],
    ],
  });
  const worst = (i: number): number | undefined => world.ledger.fixtures.get(FIXTURES[i] as string)?.worstLossMinor;
  assert.deepEqual([worst(0), worst(1), worst(2), world.ledger.worstLossMinor], [580, 580, 0, 580]);
  // A single of 1,000 on away at 4.0: the market can cost 4,000 less 1,000 (away), or 580 less 1,000 (home); its stake covers no home.
  world.bet('s', { marketId: winnerOf(0), selectionId: 'away' });
  assert.deepEqual([worst(0), world.ledger.worstLossMinor], [3_000, 3_580]);
  // A single of 1,000 on home at 2.0: home 2,000 + 580 less 2,000 = 580, away 4,000 less 2,000 = 2,000; the singles alone: 2,000.
  world.bet('h', { marketId: winnerOf(0) });
  assert.deepEqual([worst(0), world.ledger.worstLossMinor], [2_000, 2_580]);
  checkExposure(world.ledger);
  checkHeld(world.ledger);
});

test('placeMultiple() refuses what may not be combined, at its leg', () => {
  const world = given();
  world.done({ type: 'SetCombinable', marketId: winnerOf(3), combinable: false });
  world.done({ type: 'SuspendMarket', target: winnerOf(4), reason: 'goal' });
  world.done({ type: 'CloseMarket', target: winnerOf(5), reason: 'operator' });
  const home0 = [0, 'home'] as const;
  const rows: [MultipleWish, code: string, path: string | undefined][] = [
    [{ legs: [home0, { marketId: handicapOf(0), selectionId: 'home' }] }, 'legs_related', '/legs/1/marketId'],
    [{ legs: [home0, home0] }, 'legs_related', '/legs/1/marketId'],
    [{ legs: [home0, [3, 'home']] }, 'leg_not_combinable', '/legs/1/marketId'],
    [{ legs: [home0, [4, 'home']] }, 'market_suspended', '/legs/1/marketId'],
    [{ legs: [[5, 'home'], home0] }, 'market_closed', '/legs/0/marketId'],
    [{ legs: [home0, [1, 'over']] }, 'not_found', '/legs/1/selectionId'],
    [{ legs: [home0, { marketId: `${FIXTURE}/btts` }] }, 'not_found', '/legs/1/marketId'],
    [{ legs: [home0] }, 'malformed', '/legs'],
    [{ system: 'trixie', legs: [home0, [1, 'home']] }, 'malformed', '/legs'],
    [{ system: 'double', legs: [home0, [1, 'home'], [2, 'home']] }, 'malformed', '/legs'],
    [{ system: 'goliath' as 'heinz', legs: [home0, [1, 'home']] }, 'malformed', '/system'],
    [{ oddsPolicy: 'worse' as 'any', legs: [home0, [1, 'home']] }, 'malformed', '/oddsPolicy'],
    [{ legs: [home0, { marketId: winnerOf(1), minOddsMilli: 1_000 }] }, 'malformed', '/legs/1/minOddsMilli'],
    [{ legs: [home0, { marketId: winnerOf(1), quoteSeq: -1 }] }, 'malformed', '/legs/1/quoteSeq'],
    [{ stakePerLineMinor: 0, legs: [home0, [1, 'home']] }, 'step_invalid', '/stakePerLineMinor'],
    [{ holder: BEA, legs: [home0, [1, 'home']], stakePerLineMinor: 10_001 }, 'insufficient_funds', undefined],
    [{ holder: idOf('usr', 'nobody'), legs: [home0, [1, 'home']] }, 'not_found', '/holder'],
    [{ betId: 'bet_x', legs: [home0, [1, 'home']] }, 'malformed', '/betId'],
  ];
  const before = stateHash(world.state);
  for (const [wish, code, path] of rows) {
    const refusal = refusalOf(placeMultiple(world, 'no', wish));
    assert.deepEqual([refusal.code, refusal.path], [code, path], JSON.stringify(wish));
  }
  assert.equal(stateHash(world.state), before);
  world.done({ type: 'SetCombinable', marketId: winnerOf(3), combinable: true });
  assert.equal(answerOf(placeMultiple(world, 'yes', { legs: [home0, [3, 'home']] })), 'MultiplePlaced');
  assert.equal(answerOf(placeMultiple(world, 'yes', { legs: [home0, [3, 'home']] })), 'already_resolved');
});

test('each leg is judged like a single: price, age, largest stake', () => {
  const legs = [
    [0, 'home'],
    [1, 'home'],
    [2, 'home'],
  ] as const;
  const rows: [
    change: (world: World) => void,
    wish: Partial<MultipleWish>,
    answer: string,
    path?: string | undefined,
    need?: number,
    have?: number,
  ][] = [
    [(w) => w.quote(winnerOf(1), { status: 'suspended' }), {}, 'market_suspended', '/legs/1'],
    [(w) => w.quote(winnerOf(1), { status: 'closed' }), {}, 'market_closed', '/legs/1'],
    [(w) => w.quote(winnerOf(2), { confirmedAt: w.now - 120_001 }), {}, 'price_stale', '/legs/2', 120_000, 120_001],
    [(w) => w.quotes.delete(winnerOf(2)), {}, 'price_stale', '/legs/2/marketId'],
    [(w) => w.price(winnerOf(1), { away: 2_000 }), {}, 'selection_withdrawn', '/legs/1/selectionId'],
    // 3 lines of 2 and one of 3: 400 in all, above the 399 that one leg takes.
    [
      (w) => w.quote(winnerOf(1), { prices: [{ selectionId: 'home', oddsMilli: 2_000, maxStakeMinor: 399 }] }),
      { system: 'trixie' },
      'limit_market',
      '/legs/1',
      399,
      400,
    ],
    [
      (w) => w.quote(winnerOf(1), { prices: [{ selectionId: 'home', oddsMilli: 2_000, maxStakeMinor: 400 }] }),
      { system: 'trixie' },
      'MultiplePlaced',
    ],
    [(w) => w.done({ type: 'SetLimits', limits: { stakeMinMinor: 101 } }), {}, 'stake_below_min', '/stakePerLineMinor', 101, 100],
    [
      (w) => w.done({ type: 'SetLimits', limits: { stakeMaxMinor: 399 } }),
      { system: 'trixie' },
      'stake_above_max',
      '/stakePerLineMinor',
      399,
      400,
    ],
    [(w) => w.done({ type: 'SetLimits', limits: { openBetsMax: 0 } }), {}, 'limit_user', undefined, 0, 0],
    // 100 at 2 * 2 * 2 pays 800, of which 700 is the house's.
    [(w) => w.done({ type: 'SetLimits', limits: { payoutMaxMinor: 799 } }), {}, 'limit_user', '/stakePerLineMinor', 799, 800],
    [(w) => w.done({ type: 'SetLimits', limits: { marketLossMaxMinor: 699 } }), {}, 'limit_market', '/legs/0', 699, 700],
    [(w) => w.done({ type: 'SetLimits', limits: { eventLossMaxMinor: 699 } }), {}, 'limit_event', '/legs/0', 699, 700],
    [(w) => w.done({ type: 'SetLimits', limits: { houseCapitalMinor: 699 } }), {}, 'limit_house', undefined, 699, 700],
    [(w) => w.done({ type: 'SetLimits', limits: { houseCapitalMinor: 700 } }), {}, 'MultiplePlaced'],
    [(w) => w.done({ type: 'Halt', scope: 'bets', reason: 'x' }), {}, 'gate_halted', '/halt/bets'],
    [(w) => w.done({ type: 'SetExclusion', ownerId: ANA, until: w.now + 5 }), {}, 'self_excluded'],
    [(w) => w.goTo(KICK_OFF), {}, 'market_closed', '/legs/0/marketId'],
  ];
  for (const [change, wish, answer, path, need, have] of rows) {
    const world = given();
    change(world);
    const decision = placeMultiple(world, 'x', { legs, ...wish });
    assert.equal(answerOf(decision), answer);
    if (answer === 'MultiplePlaced') continue;
    const refusal = refusalOf(decision);
    assert.equal(refusal.path, path, answer);
    if (need !== undefined) assert.deepEqual([refusal.need, refusal.have], [need, have], answer);
  }
});

test('the odds policy says which other price is taken, of a single and of every leg', () => {
  const rows: [policy: 'better' | 'any' | 'exact', wanted: number, taken: boolean][] = [
    ['better', 2_000, true],
    ['better', 1_900, true],
    ['better', 2_001, false],
    ['any', 9_000, true],
    ['exact', 2_000, true],
    ['exact', 1_900, false],
    ['exact', 2_100, false],
  ];
  for (const [oddsPolicy, minOddsMilli, taken] of rows) {
    const world = given();
    const single = world.bet('s', { oddsPolicy, minOddsMilli });
    const several = placeMultiple(world, 'm', {
      oddsPolicy,
      legs: [[1, 'draw'], { marketId: winnerOf(0), minOddsMilli }].toReversed() as MultipleWish['legs'],
    });
    if (oddsPolicy === 'exact') assert.equal(answerOf(several), 'odds_changed', 'the draw costs 3.4, not 1.001');
    if (taken) {
      assert.equal(answerOf(single), 'BetPlaced');
      if (oddsPolicy !== 'exact') assert.equal(answerOf(several), 'MultiplePlaced');
      continue;
    }
    const { code, have, need } = refusalOf(single);
    assert.deepEqual([code, need, have], ['odds_changed', minOddsMilli, 2_000]);
    const refusal = refusalOf(several);
    assert.deepEqual([refusal.code, refusal.path, refusal.need, refusal.have], ['odds_changed', '/legs/0', minOddsMilli, 2_000]);
  }
  assert.equal(refusalOf(given().bet('s', { oddsPolicy: 'worst' as 'any' })).path, '/oddsPolicy');
});

test('a payout beyond every limit is refused, not overflown', () => {
  const world = given();
  for (let i = 0; i < 6; i++) world.price(winnerOf(i), { home: 1_000_000 });
  const legs = [0, 1, 2, 3, 4, 5].map((i) => [i, 'home'] as const);
  const refusal = refusalOf(placeMultiple(world, 'x', { legs }));
  assert.deepEqual([refusal.code, refusal.path, refusal.have], ['limit_user', '/stakePerLineMinor', undefined]); // 100 * 1000^6
});

/** Fixture 0 in play with a delay of 5 s, fixture 1 with 8 s, fixture 2 before its start. */
function inPlay(): World {
  const world = given();
  world.quote(winnerOf(0), { inPlay: true, betDelayMs: 5_000, score: { home: 1, away: 0 } });
  world.quote(winnerOf(1), { inPlay: true, betDelayMs: 8_000 });
  return world;
}

/** Lets the delay end with every price confirmed then, changed as told. */
function release(world: World, change: (world: World) => void = () => undefined, wait = 8_000): string {
  world.now += wait;
  for (const i of [0, 1, 2]) world.quote(winnerOf(i), { ...world.quotes.get(winnerOf(i)), confirmedAt: world.now });
  change(world);
  const [end] = world.fire();
  return end?.type === 'MultipleRejected' ? end.data.reason : (end?.type ?? 'nothing');
}

const LEGS = [
  [0, 'home'],
  [1, 'home'],
  [2, 'home'],
] as const;

test('with a leg in play the whole bet waits for the longest delay, and is accepted at the prices it was placed at', () => {
  const world = inPlay();
  placeMultiple(world, 'x', { legs: LEGS });
  const placed = eventsOf(world, 'MultiplePlaced')[0];
  assert.deepEqual(
    [placed?.data.status, placed?.data.releaseAt, placed?.data.legs[0]?.quote.score],
    ['pending', world.now + 8_000, { away: 0, home: 1 }],
  );
  checkExposure(world.ledger);
  assert.equal(
    release(world, (w) => w.price(winnerOf(0), { home: 2_500 }, { inPlay: true })),
    'MultipleAccepted',
  );
  assert.deepEqual(eventsOf(world, 'MultipleAccepted')[0]?.data, { betId: idOf('bet', 'x'), holder: ANA, quoteSeqs: [3, 2, 1] });
  assert.equal(world.ledger.timers.size, 0);
  checkExposure(world.ledger);
});

test('a delayed bet that no leg may have any more gives its stake back', () => {
  const rows: [change: (world: World) => void, reason: string, wait?: number][] = [
    [(w) => w.price(winnerOf(0), { home: 1_899 }, { inPlay: true }), 'odds_changed'],
    [(w) => w.quote(winnerOf(2), { status: 'suspended' }), 'market_suspended'],
    [(w) => w.quotes.delete(winnerOf(2)), 'price_stale'],
    [(w) => w.done({ type: 'CloseMarket', target: winnerOf(2), reason: 'operator' }), 'market_closed'],
    [(w) => w.done({ type: 'Halt', scope: 'bets', reason: 'operator' }), 'gate_halted'],
    [() => undefined, 'timeout', 13_001],
    [
      (w) => {
        w.done({ type: 'SuspendMarket', target: winnerOf(1), reason: 'goal' });
        w.done({ type: 'ReopenMarket', target: winnerOf(1), reason: 'goal' });
      },
      'market_suspended',
    ],
  ];
  for (const [change, reason, wait] of rows) {
    const world = inPlay();
    placeMultiple(world, 'x', { legs: [{ marketId: winnerOf(0), minOddsMilli: 1_900 }, LEGS[1], LEGS[2]] });
    assert.equal(release(world, change, wait), reason);
    assert.deepEqual(
      [world.held(), world.available(), world.ledger.multiples.size, world.ledger.worstLossMinor],
      [0, 10_000, 0, 0],
    );
    checkExposure(world.ledger);
  }
});

test('who takes any price gets the one at release where it is lower, a single and a leg alike', () => {
  const world = inPlay();
  const drop = (w: World): unknown => w.price(winnerOf(0), { home: 1_500 }, { inPlay: true });
  placeMultiple(world, 'x', { oddsPolicy: 'any', legs: LEGS });
  assert.equal(release(world, drop), 'MultipleAccepted');
  assert.deepEqual(eventsOf(world, 'MultipleAccepted')[0]?.data.oddsMilli, [1_500, 2_000, 2_000]);
  assert.equal(world.ledger.worstLossMinor, 500); // 100 * 1.5 * 2 * 2 less 100
  checkExposure(world.ledger);
  const other = inPlay();
  other.bet('s', { marketId: winnerOf(0), oddsPolicy: 'any' });
  other.bet('e', { marketId: winnerOf(0), oddsPolicy: 'exact', minOddsMilli: 2_000, holder: BOT });
  other.now += 5_000;
  drop(other);
  other.fire();
  other.fire();
  assert.deepEqual(
    eventsOf(other, 'BetAccepted').map(({ data }) => data.oddsMilli),
    [1_500],
  );
  assert.deepEqual(
    eventsOf(other, 'BetRejected').map(({ data }) => data.reason),
    ['odds_changed'],
  );
  checkExposure(other.ledger);
});

test('VoidBet gives the stake of a bet of several legs back, once', () => {
  const world = given();
  placeMultiple(world, 'x', { system: 'patent', legs: LEGS });
  assert.equal(world.held(), 700);
  const cmd = { type: 'VoidBet', betId: idOf('bet', 'x'), reason: 'error' } as const;
  assert.equal(answerOf(world.ask(cmd)), 'MultipleVoided');
  assert.deepEqual([world.held(), world.available(), world.ledger.multiples.size], [0, 10_000, 0]);
  assert.equal(answerOf(world.ask(cmd)), 'not_found');
  checkExposure(world.ledger);
  assert.equal(answerOf(world.ask({ type: 'SetCombinable', marketId: WINNER, combinable: true })), 'already_resolved');
});
