// PlaceBet against every refusal it can give, each reached from a state where only the one thing is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateHash } from '#engine/state/snapshot.ts';
import type { Limits } from '../risk/limits.ts';
import {
  ANA,
  answerOf,
  BEA,
  type BetWish,
  BOT,
  FIXTURE,
  idOf,
  KICK_OFF,
  NOON,
  refusalOf,
  resultOf,
  TENANT,
  WINNER,
  type World,
  worldInPlay,
  worldWithMarket,
} from '../kernel/world-for-tests.ts';

const given = (): World => worldWithMarket(stateHash);
const limited = (limits: Partial<Limits>): World => {
  const world = given();
  world.done({ type: 'SetLimits', limits });
  return world;
};

/** The refusal of a bet, after checking that it changed nothing. */
function refused(world: World, wish: BetWish = {}): ReturnType<typeof refusalOf> {
  const before = stateHash(world.state);
  const refusal = refusalOf(world.bet('x', wish));
  assert.equal(stateHash(world.state), before);
  return refusal;
}

test('placeBet() holds the stake at the price of the quote and says what it took', () => {
  const world = given();
  world.goTo(NOON + 7_000);
  const decision = world.bet('x', { stakeMinor: 2_500, selectionId: 'draw', minOddsMilli: 3_000 });
  assert.equal(answerOf(decision), 'BetPlaced');
  const placed = world.events.at(-1);
  assert.deepEqual(placed?.data, {
    betId: idOf('bet', 'x'),
    holder: ANA,
    legs: [{ marketId: WINNER, oddsMilli: 3_400, selectionId: 'draw' }],
    minOddsMilli: 3_000,
    quote: { ageMs: 7_000, seq: 1, source: 'test' },
    stakeMinor: 2_500,
    status: 'accepted',
  });
  assert.deepEqual(placed?.postings, [
    { amountMinor: 2_500, currency: 'PLAY', from: `player:${ANA}:available`, to: `player:${ANA}:held` },
  ]);
  assert.deepEqual([world.available(), world.held()], [7_500, 2_500]);
});

test('placeBet() refuses what it does not know: ledger, holder, market, selection', () => {
  const world = given();
  assert.deepEqual(refused(world, { holder: idOf('usr', 'nobody') }).path, '/holder');
  assert.deepEqual(refused(world, { marketId: `${FIXTURE}/btts` }).path, '/legs/0/marketId');
  assert.deepEqual(refused(world, { selectionId: 'over' }).path, '/legs/0/selectionId');
  assert.equal(refused(world, { selectionId: 'over' }).code, 'not_found');
});

test("placeBet() answers not_found for a holder that is another owner's or in another tenant", () => {
  const world = given();
  const cmd = world.betCommand('x', { holder: ANA });
  for (const who of [{ ownerId: BEA }, { tenantId: 'ten_00000000000000000000000002' }, { ownerId: '' }]) {
    assert.deepEqual(
      [answerOf(world.decide(cmd, 'api', who)), answerOf(world.decide(cmd, 'bot', who))],
      ['not_found', 'not_found'],
    );
  }
  assert.equal(answerOf(world.decide(world.betCommand('x', { holder: BOT }), 'bot', { ownerId: BEA })), 'not_found');
  assert.equal(answerOf(world.decide(world.betCommand('x', { holder: BOT }), 'bot', { ownerId: ANA })), 'BetPlaced');
});

test('placeBet() refuses ids, legs, odds and seqs that are malformed, naming the place', () => {
  const world = given();
  const broken: [BetWish & Record<string, unknown>, string][] = [
    [{ betId: 'bet_1' }, '/betId'],
    [{ betId: idOf('usr', 'x') }, '/betId'],
    [{ legs: [] }, '/legs'],
    [{ legs: 'x' }, '/legs'],
    [{ legs: [null] }, '/legs/0'],
    [{ legs: [7] }, '/legs/0'],
    [{ minOddsMilli: 1_000 }, '/minOddsMilli'],
    [{ minOddsMilli: 1_500.5 }, '/minOddsMilli'],
    [{ minOddsMilli: '1500' as unknown as number }, '/minOddsMilli'],
    [{ quoteSeq: -1 }, '/quoteSeq'],
    [{ quoteSeq: 0.5 }, '/quoteSeq'],
  ];
  for (const [wish, path] of broken) {
    const refusal = refused(world, wish);
    assert.deepEqual([refusal.code, refusal.path], ['malformed', path], JSON.stringify(wish));
  }
  const leg = { marketId: WINNER, selectionId: 'home' };
  assert.equal(refused(world, { legs: [leg, leg] } as BetWish).code, 'leg_not_combinable');
});

test('placeBet() refuses a stake that is no positive whole number of minor units', () => {
  const world = given();
  for (const stakeMinor of [0, -1, -1_000, 0.5, 10.000001, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1000', null, [1000]]) {
    assert.equal(refused(world, { stakeMinor: stakeMinor as number }).code, 'step_invalid', String(stakeMinor));
  }
});

test('placeBet() refuses stakes beyond the limits and accepts those at them', () => {
  const world = limited({ stakeMinMinor: 500, stakeMaxMinor: 2_000 });
  assert.deepEqual(refused(world, { stakeMinor: 499 }), {
    code: 'stake_below_min',
    have: 499,
    need: 500,
    next: 'fix',
    path: '/stakeMinor',
    severity: 'block',
  });
  assert.equal(refused(world, { stakeMinor: 2_001 }).code, 'stake_above_max');
  assert.equal(answerOf(world.bet('a', { stakeMinor: 500 })), 'BetPlaced');
  assert.equal(answerOf(world.bet('b', { stakeMinor: 2_000 })), 'BetPlaced');
});

test('placeBet() refuses more than is available, and accepts all of it', () => {
  const world = given();
  assert.deepEqual(refused(world, { stakeMinor: 10_001 }), {
    code: 'insufficient_funds',
    have: 10_000,
    need: 10_001,
    next: 'fix',
    severity: 'block',
  });
  assert.equal(answerOf(world.bet('all', { stakeMinor: 10_000 })), 'BetPlaced');
  assert.equal(refused(world, { stakeMinor: 1 }).code, 'insufficient_funds');
});

test("placeBet() refuses a price below the bettor's minimum", () => {
  const world = given();
  assert.deepEqual(refused(world, { minOddsMilli: 2_001 }), {
    code: 'odds_changed',
    have: 2_000,
    need: 2_001,
    next: 'requote',
    severity: 'warn',
  });
  assert.equal(answerOf(world.bet('x', { minOddsMilli: 2_000 })), 'BetPlaced');
});

test('placeBet() refuses selections without a price, or with one that is none', () => {
  const world = given();
  world.price(WINNER, { home: 2_000, draw: 3_400 });
  assert.equal(refused(world, { selectionId: 'away' }).code, 'selection_withdrawn');
  for (const oddsMilli of [1_000, 0, -2_000, 1_950.5, Number.NaN, 1_000_001]) {
    world.price(WINNER, { home: oddsMilli });
    assert.equal(refused(world).code, 'selection_withdrawn', `${oddsMilli}`);
  }
});

test('placeBet() refuses markets that are suspended or closed, by command and by quote', () => {
  const world = given();
  for (const [status, code] of [
    ['suspended', 'market_suspended'],
    ['closed', 'market_closed'],
  ] as const) {
    world.quote(WINNER, { status });
    assert.equal(refused(world).code, code);
  }
  world.quote(WINNER);
  world.done({ type: 'SuspendMarket', target: FIXTURE, reason: 'goal' });
  assert.equal(refused(world).code, 'market_suspended');
  world.done({ type: 'ReopenMarket', target: WINNER, reason: 'goal' });
  assert.equal(answerOf(world.bet('between')), 'BetPlaced');
  world.done({ type: 'CloseMarket', target: WINNER, reason: 'operator' });
  assert.equal(refused(world).code, 'market_closed');
});

test('placeBet() refuses bets once the result is in, paid or not', () => {
  const world = given();
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  assert.equal(refused(world).code, 'market_closed');
});

test('placeBet() refuses without a quote, and on one not confirmed for too long', () => {
  const world = given();
  world.goTo(NOON + 120_000);
  assert.equal(answerOf(world.bet('at the limit')), 'BetPlaced');
  world.goTo(NOON + 120_001);
  assert.deepEqual(refused(world), { code: 'price_stale', have: 120_001, need: 120_000, next: 'wait', severity: 'warn' });
  world.quotes.clear();
  assert.equal(refused(world).code, 'price_stale');
});

test('placeBet() says of a market that the breaker suspended that its price is stale, and takes bets again once it is confirmed', () => {
  const world = given();
  const stale = NOON + 121_000;
  world.goTo(stale);
  world.quote(WINNER, { status: 'suspended', observedAt: NOON, confirmedAt: NOON });
  assert.deepEqual([refused(world).code, refused(world).have], ['price_stale', 121_000]);
  world.quote(WINNER, { status: 'suspended', observedAt: NOON, confirmedAt: stale });
  assert.equal(refused(world).code, 'market_suspended', 'a source that speaks suspends it itself');
  world.quote(WINNER, { observedAt: NOON, confirmedAt: stale });
  assert.equal(answerOf(world.bet('confirmed')), 'BetPlaced');
});

test('placeBet() names the source of a line in the ticket', () => {
  const world = given();
  world.goTo(NOON + 5_000);
  world.quote(WINNER, { source: 'line', from: 'second', observedAt: NOON, confirmedAt: NOON + 2_000 });
  assert.equal(answerOf(world.bet('x')), 'BetPlaced');
  const placed = world.events.findLast((one) => one.type === 'BetPlaced');
  assert.ok(placed?.type === 'BetPlaced');
  assert.deepEqual([placed.data.quote.source, placed.data.quote.ageMs], ['second', 3_000]);
});

test('placeBet() counts staleness from the last confirmation, in play with its own limit', () => {
  const world = worldInPlay(stateHash);
  const at = world.now;
  world.quote(WINNER, { inPlay: true, observedAt: at - 60_000, confirmedAt: at });
  world.goTo(at + 10_000);
  assert.equal(answerOf(world.bet('at the limit')), 'BetPlaced');
  world.goTo(at + 10_001);
  assert.deepEqual([refused(world).code, refused(world).need], ['price_stale', 10_000]);
});

test('placeBet() refuses a pre-match price at and after kick-off, however fresh', () => {
  const world = given();
  world.goTo(KICK_OFF - 1);
  world.quote(WINNER);
  assert.equal(answerOf(world.bet('last moment')), 'BetPlaced');
  world.goTo(KICK_OFF);
  world.quote(WINNER);
  assert.equal(refused(world).code, 'market_closed');
  world.quote(WINNER, { inPlay: true });
  assert.equal(answerOf(world.bet('in play')), 'BetPlaced');
});

test('placeBet() refuses a second open bet with the same id', () => {
  const world = given();
  world.bet('once');
  assert.equal(answerOf(world.bet('once')), 'already_resolved');
  assert.equal(world.held(), 1_000);
});

test("placeBet() keeps the price's own maximum stake", () => {
  const world = given();
  world.quote(WINNER, { prices: [{ selectionId: 'home', oddsMilli: 2_000, maxStakeMinor: 700 }] });
  assert.deepEqual([refused(world, { stakeMinor: 701 }).code, refused(world, { stakeMinor: 701 }).need], ['limit_market', 700]);
  assert.equal(answerOf(world.bet('x', { stakeMinor: 700 })), 'BetPlaced');
});

test('placeBet() keeps the largest payout of one bet', () => {
  const world = limited({ payoutMaxMinor: 3_399 });
  assert.deepEqual(refused(world, { selectionId: 'draw' }).code, 'limit_user'); // 1,000 at 3.4 pays 3,400
  assert.equal(answerOf(world.bet('x', { selectionId: 'draw', stakeMinor: 999 })), 'BetPlaced'); // ceil(3,396.6)
});

test("placeBet() keeps the market's worst loss: winnings less the stakes that lose", () => {
  const world = limited({ marketLossMaxMinor: 1_000 });
  assert.equal(answerOf(world.bet('a', { stakeMinor: 1_000 })), 'BetPlaced'); // home wins: 2,000 - 1,000
  assert.deepEqual([refused(world, { stakeMinor: 1 }).code, refused(world, { stakeMinor: 1 }).have], ['limit_market', 1_001]);
  // 500 on away: home wins 2,000 - 1,500 = 500; away wins 2,000 - 1,500 = 500
  assert.equal(answerOf(world.bet('b', { stakeMinor: 500, selectionId: 'away' })), 'BetPlaced');
  assert.equal(answerOf(world.bet('c', { stakeMinor: 500 })), 'BetPlaced');
});

test("placeBet() keeps the fixture's and the house's worst loss over all markets", () => {
  for (const [limits, code] of [
    [{ eventLossMaxMinor: 1_500 }, 'limit_event'],
    [{ houseCapitalMinor: 1_500 }, 'limit_house'],
  ] as const) {
    const world = limited(limits);
    const btts = `${FIXTURE}/btts`;
    world.done({ type: 'OpenMarket', marketId: btts, startAt: KICK_OFF });
    world.price(btts, { yes: 2_000, no: 1_800 });
    assert.equal(answerOf(world.bet('a')), 'BetPlaced');
    assert.equal(answerOf(world.bet('b', { marketId: btts, selectionId: 'yes', stakeMinor: 500 })), 'BetPlaced');
    const refusal = refused(world, { marketId: btts, selectionId: 'yes', stakeMinor: 1 });
    assert.deepEqual([refusal.code, refusal.have], [code, 1_501]);
    // The other side lowers the risk and is taken.
    assert.equal(answerOf(world.bet('c', { marketId: btts, selectionId: 'no', stakeMinor: 100 })), 'BetPlaced');
  }
});

test('placeBet() keeps the number of open bets of a holder', () => {
  const world = limited({ openBetsMax: 2 });
  world.bet('a', { stakeMinor: 1 });
  world.bet('b', { stakeMinor: 1 });
  assert.deepEqual([refused(world).code, refused(world).need], ['limit_user', 2]);
  assert.equal(answerOf(world.bet('c', { holder: BEA, stakeMinor: 1 })), 'BetPlaced');
  world.done({ type: 'VoidBet', betId: idOf('bet', 'a'), reason: 'operator' });
  assert.equal(answerOf(world.bet('d', { stakeMinor: 1 })), 'BetPlaced');
});

test('placeBet() refuses the excluded person and all his bots until the exclusion ends', () => {
  const world = given();
  world.done({ type: 'SetExclusion', ownerId: ANA, until: NOON + 60_000 });
  assert.deepEqual(refused(world), { code: 'self_excluded', next: 'ask-person', retryAfterMs: 60_000, severity: 'block' });
  assert.equal(refused(world, { holder: BOT }).code, 'self_excluded');
  assert.equal(answerOf(world.bet('bea', { holder: BEA })), 'BetPlaced');
  world.goTo(NOON + 60_000);
  assert.equal(answerOf(world.bet('ana')), 'BetPlaced');
});

test('placeBet() refuses paused bots until they are resumed, and retired ones for good', () => {
  const world = given();
  world.done({ type: 'PauseBot', botId: BOT, reason: 'drawdown' });
  assert.equal(refused(world, { holder: BOT }).code, 'bot_paused');
  world.done({ type: 'ResumeBot', botId: BOT, reason: 'operator' });
  assert.equal(answerOf(world.bet('x', { holder: BOT })), 'BetPlaced');
  world.done({ type: 'RetireBot', botId: BOT, reason: 'dead' });
  assert.equal(refused(world, { holder: BOT }).code, 'bot_paused');
  assert.equal(answerOf(world.ask({ type: 'ResumeBot', botId: BOT, reason: 'operator' })), 'dead');
});

test('placeBet() obeys the switches: bets stops everybody, bots only bots, trading neither, and each is undone', () => {
  const world = given();
  const answers = (): string[] => [ANA, BOT].map((holder) => answerOf(world.decide(world.betCommand('x', { holder }), 'api')));
  for (const [scope, expected] of [
    ['bets', ['gate_halted', 'gate_halted']],
    ['bots', ['BetPlaced', 'gate_halted']],
    ['trading', ['BetPlaced', 'BetPlaced']],
  ] as const) {
    world.done({ type: 'Halt', scope, reason: 'operator' });
    assert.deepEqual(answers(), expected, scope);
    world.done({ type: 'Resume', scope, reason: 'operator' });
    assert.deepEqual(answers(), ['BetPlaced', 'BetPlaced'], scope);
  }
});

test('placeBet() never computes beyond exact integers, even with the widest limits and wallets', () => {
  const world = limited({
    stakeMaxMinor: 2 ** 50,
    payoutMaxMinor: 2 ** 50,
    marketLossMaxMinor: 2 ** 50,
    eventLossMaxMinor: 2 ** 50,
    houseCapitalMinor: 2 ** 50,
  });
  const rich = idOf('usr', 'rich');
  for (let i = 0; i < 3; i++)
    world.done({ type: 'IssueFunds', holder: rich, ownerId: rich, tenantId: TENANT, amountMinor: 2 ** 50 });
  world.price(WINNER, { home: 1_000_000, draw: 1_001, away: 1_999 });
  assert.equal(refused(world, { holder: rich, stakeMinor: 2 ** 50 }).code, 'limit_user');
  assert.equal(refused(world, { holder: rich, stakeMinor: 2 ** 41 }).code, 'limit_user');
  assert.equal(answerOf(world.bet('x', { holder: rich, stakeMinor: 2 ** 40 })), 'BetPlaced'); // pays 2^40 x 1,000 < 2^50
  for (let i = 0; i < 4; i++) world.bet(`y${i}`, { holder: rich, stakeMinor: 2 ** 49, selectionId: 'away' });
  assert.ok(Number.isSafeInteger(world.ledger.worstLossMinor));
});
