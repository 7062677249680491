// Pools from opening to archive: money by hand-worked amounts, who may do what, and that nothing stalls or is lost on the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import {
  answerOf,
  ANA,
  BEA,
  BOT,
  FIXTURE,
  goals,
  idOf,
  KICK_OFF,
  refusalOf,
  resultOf,
  WINNER,
  type World,
} from '../kernel/world-for-tests.ts';
import {
  askToEnter,
  balance,
  bolaoRules,
  CY,
  DI,
  enter,
  marketRules,
  NEXT_FIXTURE,
  NEXT_KICK_OFF,
  open,
  openRace,
  paidIn,
  poolOf,
  worldWithPools,
} from './pools-for-tests.ts';
import type { PoolRules } from './state/pool-rules.ts';

const far = KICK_OFF + 30 * 86_400_000;
const escrow = (world: World, poolId: string): number => balance(world, `pool:${poolId}:escrow`);
const finish = (world: World, home: number, away: number, eventId = FIXTURE): void => {
  world.done({ type: 'RecordResult', result: resultOf({ eventId, scores: [goals(home, away)] }) }, 'feed');
  world.goTo(world.now);
};

test('a parimutuel pool on a market is paid from its escrow by the result, fees first', () => {
  const world = worldWithPools(stateHash);
  const rules = marketRules({ takeoutPpm: 150_000, creatorFeePpm: 20_000, breakage: { stepMinor: 10, to: 'house' } });
  const poolId = open(world, { rules, market: { marketId: WINNER } });
  const home = enter(world, poolId, CY, { selectionId: 'home', units: 60 });
  const away = enter(world, poolId, DI, { selectionId: 'away', units: 100 });
  const draw = enter(world, poolId, BEA, { selectionId: 'draw', units: 40 });
  assert.equal(escrow(world, poolId), 20_000);
  world.goTo(KICK_OFF);
  assert.equal(poolOf(world, poolId).status, 'locked');
  finish(world, 1, 0);
  // 200.00: take-out 30.00, creator 4.00, net 166.00; 166.00 / 60 = 2.7666 -> 2.70: 162.00 paid, 4.00 breakage.
  assert.deepEqual([...paidIn(world, poolId)], [[home, 16_200]]);
  assert.deepEqual([balance(world, 'fees:pool'), world.available(ANA), world.house()], [3_000, 10_000 + 400, 400]);
  assert.deepEqual([world.available(CY), world.available(DI), world.available(BEA)], [100_000 - 6_000 + 16_200, 90_000, 6_000]);
  assert.deepEqual([escrow(world, poolId), poolOf(world, poolId).status], [0, 'closed']);
  assert.equal(world.events.filter(({ type }) => type === 'PoolDeclared').length, 1);
  world.goTo(far);
  assert.deepEqual([world.ledger.pools.size, world.ledger.timers.entries().filter(([key]) => key.startsWith('pool'))], [0, []]);
  assert.ok(away !== draw);
});

test('nobody backed the winner: stakes back without fees, carried with them, or paid to the nearest', () => {
  const race = (noWinner: PoolRules['noWinner']): { world: World; poolId: string } => {
    const world = worldWithPools(stateHash);
    const poolId = openRace(world, ['a', 'b', 'c'], { noWinner, takeoutPpm: 100_000 });
    enter(world, poolId, CY, { selectionId: 'b', units: 30 });
    enter(world, poolId, DI, { selectionId: 'c', units: 70 });
    world.goTo(KICK_OFF);
    world.done({ type: 'ResolvePool', poolId, places: [['a'], ['b'], ['c']] });
    world.goTo(world.now);
    return { world, poolId };
  };
  const refund = race('refund');
  assert.deepEqual([...paidIn(refund.world, refund.poolId).values()], [3_000, 7_000]);
  assert.equal(balance(refund.world, 'fees:pool'), 0);
  // Second is b: 100.00 - 10.00 = 90.00 / 30 = 3.00
  const nearest = race('nearest');
  assert.deepEqual([...paidIn(nearest.world, nearest.poolId).values()], [9_000]);
  const { poolId, world } = race('carry');
  assert.equal(paidIn(world, poolId).size, 0);
  assert.deepEqual(
    [balance(world, 'fees:pool'), balance(world, `pool:${poolId}:carry`), escrow(world, poolId)],
    [1_000, 9_000, 0],
  );
  // The next of the same creator with the same rules takes it, once: 10.00 - 1.00 + 90.00 = 99.00 to the one unit of ten.
  const market = { bet: 'win', eventId: 'race:2', runners: ['a', 'b'], startAt: NEXT_KICK_OFF } as const;
  const rules = marketRules({ noWinner: 'carry', takeoutPpm: 100_000 });
  const other = { type: 'OpenPool', holder: ANA, market, carryFrom: poolId } as const;
  assert.equal(refusalOf(world.ask({ ...other, rules: { ...rules, unitMinor: 200 } })).path, '/carryFrom');
  assert.equal(refusalOf(world.ask({ ...other, holder: BEA, rules })).path, '/carryFrom');
  const next = open(world, { rules, market, carryFrom: poolId });
  assert.deepEqual([escrow(world, next), balance(world, `pool:${poolId}:carry`)], [9_000, 0]);
  assert.equal(answerOf(world.ask({ ...other, rules })), 'not_found');
  const lucky = enter(world, next, CY, { selectionId: 'a' });
  enter(world, next, CY, { selectionId: 'b', units: 9 });
  world.goTo(NEXT_KICK_OFF);
  world.done({ type: 'ResolvePool', poolId: next, places: [['a']] });
  world.goTo(world.now);
  assert.deepEqual([...paidIn(world, next)], [[lucky, 9_900]]);
});

test('what stands on a runner that is taken out goes back, and takes no part in fees and dividends', () => {
  const world = worldWithPools(stateHash);
  const poolId = openRace(world, ['a', 'b', 'c'], { takeoutPpm: 100_000 });
  const out = enter(world, poolId, CY, { selectionId: 'a', units: 50 });
  const won = enter(world, poolId, DI, { selectionId: 'b', units: 20 });
  enter(world, poolId, BEA, { selectionId: 'c', units: 30 });
  world.done({ type: 'ScratchRunner', poolId, runner: 'a' }, 'feed');
  assert.equal(answerOf(askToEnter(world, poolId, CY, { selectionId: 'a' })), 'selection_withdrawn');
  world.goTo(KICK_OFF);
  world.done({ type: 'ResolvePool', poolId, places: [['b'], ['c']] });
  world.goTo(world.now);
  // 50.00 of 100.00 are left: 5.00 take-out, 45.00 / 20 = 2.25
  assert.deepEqual(
    [...paidIn(world, poolId)],
    [
      [out, 5_000],
      [won, 4_500],
    ],
  );
  // With one runner left there is no race.
  const alone = worldWithPools();
  const two = openRace(alone, ['a', 'b'], { takeoutPpm: 100_000 });
  enter(alone, two, CY, { selectionId: 'b', units: 20 });
  alone.done({ type: 'ScratchRunner', poolId: two, runner: 'a' });
  alone.goTo(KICK_OFF);
  alone.done({ type: 'ResolvePool', poolId: two, places: [['b']] });
  alone.goTo(alone.now);
  assert.deepEqual([...paidIn(alone, two).values()], [2_000]);
});

test('too few entries, a fixture that is not played and a voided pool give every stake back', () => {
  const world = worldWithPools(stateHash);
  const few = open(world, { rules: marketRules({ minEntries: 3, takeoutPpm: 100_000 }), market: { marketId: WINNER } });
  const off = open(world, { rules: marketRules({ takeoutPpm: 100_000 }), market: { marketId: `${NEXT_FIXTURE}/1x2` } });
  const gone = open(world, { rules: bolaoRules({ takeoutPpm: 100_000 }), fixtures: [{ eventId: NEXT_FIXTURE }] });
  for (const poolId of [few, off]) enter(world, poolId, CY, { selectionId: 'home', units: 5 });
  enter(world, gone, CY);
  world.done({ type: 'VoidPool', poolId: gone, reason: 'operator' });
  world.goTo(world.now);
  assert.deepEqual([poolOf(world, gone).status, world.available(CY)], ['closed', 100_000 - 1_000]);
  assert.equal(answerOf(world.ask({ type: 'VoidPool', poolId: gone, reason: 'operator' })), 'already_resolved');
  world.goTo(KICK_OFF);
  world.done({ type: 'RecordResult', result: resultOf({ eventId: NEXT_FIXTURE, status: 'postponed', scores: [] }) }, 'feed');
  world.goTo(world.now);
  assert.equal(poolOf(world, few).status, 'closed');
  world.goTo(NEXT_KICK_OFF + 48 * 3_600_000 - 1);
  assert.equal(poolOf(world, off).status, 'locked');
  world.goTo(NEXT_KICK_OFF + 48 * 3_600_000);
  assert.equal(poolOf(world, off).status, 'closed');
  assert.deepEqual([world.available(CY), balance(world, 'fees:pool')], [100_000, 0]);
});

test('a bolão counts points with the running score, then with the last, and splits ties', () => {
  const world = worldWithPools(stateHash);
  const rules = bolaoRules({ creatorFeePpm: 100_000, prize: { kind: 'places', sharesPpm: [700_000, 300_000] } });
  const fixtures = [{ eventId: FIXTURE }, { eventId: NEXT_FIXTURE }];
  const poolId = open(world, { rules, fixtures });
  const picks = (a: string, b: string) =>
    [
      [FIXTURE, Number(a[0]), Number(a[2])],
      [NEXT_FIXTURE, Number(b[0]), Number(b[2])],
    ] as const;
  const entries = [
    enter(world, poolId, ANA, { picks: picks('2-1', '0-0') }),
    enter(world, poolId, BEA, { picks: picks('1-0', '1-1') }),
    enter(world, poolId, CY),
    enter(world, poolId, DI, { picks: picks('0-2', '3-0') }),
  ];
  const cy = { type: 'SetPicks', poolId, entryId: entries[2] as string } as const;
  world.done({ ...cy, picks: picks('2-1', '2-2') }, 'api', { ownerId: CY });
  world.done({ ...cy, picks: [[FIXTURE, 1, 0]] }, 'api', { ownerId: CY });
  const points = (): number[] =>
    entries.map((id) => poolOf(world, poolId).entries.points(poolOf(world, poolId).entries.find(id)));
  world.goTo(KICK_OFF - 60_000);
  assert.equal(answerOf(world.ask({ ...cy, picks: picks('2-1', '2-2') }, 'api', { ownerId: CY })), 'market_closed');
  world.goTo(KICK_OFF + 60_000);
  const live = resultOf({ status: 'live', scores: [goals(0, 1)] });
  world.done({ type: 'RecordResult', result: live }, 'feed');
  world.goTo(world.now);
  // 0-1: 2-1 one team (away), 1-0 nothing, 1-0 nothing, 0-2 winner
  assert.deepEqual(points(), [2, 0, 0, 5]);
  assert.deepEqual(world.ask({ type: 'RecordResult', result: { ...live, version: 2 } }, 'feed'), [], 'the same score is no news');
  finish(world, 2, 1);
  // 2-1: exact; difference; difference; nothing
  assert.deepEqual(points(), [10, 7, 7, 0]);
  assert.equal(poolOf(world, poolId).status, 'locked');
  finish(world, 1, 1, NEXT_FIXTURE);
  // 1-1: 0-0 has the difference, 7; 1-1 exact, 10; 2-2 difference, 7; 3-0 nothing -> 17, 17, 14, 0
  assert.deepEqual(points(), [17, 17, 14, 0]);
  // 40.00 - 4.00 fee = 36.00: the first two hold both places, 18.00 each; nobody else is paid.
  assert.deepEqual(
    [...paidIn(world, poolId)],
    [
      [entries[0], 1_800],
      [entries[1], 1_800],
    ],
  );
  assert.deepEqual([world.available(ANA), world.available(CY), escrow(world, poolId)], [10_000 - 1_000 + 400 + 1_800, 99_000, 0]);
});

test('a fixture that is not played drops its picks, or gives all stakes back: as the rules say', () => {
  for (const voidFixture of ['drop-pick', 'refund-all'] as const) {
    const world = worldWithPools(stateHash);
    const poolId = open(world, {
      rules: bolaoRules({ voidFixture }),
      fixtures: [{ eventId: FIXTURE }, { eventId: NEXT_FIXTURE }],
    });
    const entry = enter(world, poolId, CY, {
      picks: [
        [FIXTURE, 1, 0],
        [NEXT_FIXTURE, 1, 0],
      ],
    });
    const other = enter(world, poolId, DI, {
      picks: [
        [FIXTURE, 0, 0],
        [NEXT_FIXTURE, 9, 0],
      ],
    });
    world.goTo(KICK_OFF);
    finish(world, 1, 0);
    world.done({ type: 'RecordResult', result: resultOf({ eventId: NEXT_FIXTURE, status: 'cancelled', scores: [] }) }, 'feed');
    world.goTo(world.now);
    const expected =
      voidFixture === 'drop-pick'
        ? [[entry, 2_000]]
        : [
            [entry, 1_000],
            [other, 1_000],
          ];
    assert.deepEqual([...paidIn(world, poolId)], expected);
  }
});

test('with each-start the picks of a later fixture stay open, and what is known of a match closes it', () => {
  const world = worldWithPools(stateHash);
  const rules = bolaoRules({ lock: { before: 'each-start', marginMs: 0 } });
  const poolId = open(world, { rules, fixtures: [{ eventId: FIXTURE }, { eventId: NEXT_FIXTURE }] });
  const entryId = enter(world, poolId, CY);
  const pick = (eventId: string): string =>
    answerOf(world.ask({ type: 'SetPicks', poolId, entryId, picks: [[eventId, 1, 0]] }, 'api', { ownerId: CY }));
  world.goTo(KICK_OFF);
  assert.deepEqual([pick(FIXTURE), pick(NEXT_FIXTURE)], ['market_closed', 'PicksSet']);
  assert.equal(answerOf(askToEnter(world, poolId, DI)), 'market_closed');
  // A match that began before its stated start locks what is left.
  world.done(
    { type: 'RecordResult', result: resultOf({ eventId: NEXT_FIXTURE, status: 'live', scores: [goals(0, 0)] }) },
    'feed',
  );
  assert.equal(pick(NEXT_FIXTURE), 'market_closed');
  const early = worldWithPools();
  const open1 = open(early, { rules: bolaoRules(), fixtures: [{ eventId: FIXTURE }] });
  early.done({ type: 'RecordResult', result: resultOf({ status: 'live', scores: [goals(0, 0)] }) }, 'feed');
  assert.equal(answerOf(askToEnter(early, open1, DI)), 'market_closed');
  early.goTo(early.now);
  assert.equal(poolOf(early, open1).status, 'closed', 'nobody had entered');
});

test('a result reaches a pool whose fixture has no market left', () => {
  const world = worldWithPools(stateHash);
  const eventId = 'fb:cup:final';
  const poolId = open(world, { rules: bolaoRules(), fixtures: [{ eventId, startAt: KICK_OFF }] });
  const entry = enter(world, poolId, CY, { picks: [[eventId, 1, 0]] });
  world.goTo(KICK_OFF);
  finish(world, 3, 0, eventId);
  assert.deepEqual([...paidIn(world, poolId)], [[entry, 1_000]]);
  world.goTo(far);
  assert.equal(world.ledger.fixtures.has(eventId), false, 'nobody follows it any more');
});

test('gateEntry() and its neighbours refuse with a path, and change nothing', () => {
  const world = worldWithPools(stateHash);
  const market = open(world, { rules: marketRules({ maxUnitsPerOwner: 50 }), market: { marketId: WINNER } });
  const bolao = open(world, {
    rules: bolaoRules({ maxUnitsPerOwner: 2, leaveUntil: 'never' }),
    fixtures: [{ eventId: FIXTURE }],
  });
  const mine = enter(world, bolao, CY);
  const refusals: readonly (readonly [ReturnType<typeof askToEnter>, string, string | undefined])[] = [
    [askToEnter(world, 'pool_x', CY), 'malformed', '/poolId'],
    [askToEnter(world, idOf('pool', 'x'), CY), 'not_found', '/poolId'],
    [askToEnter(world, market, idOf('usr', 'x')), 'not_found', '/holder'],
    [askToEnter(world, market, CY, { selectionId: 'nobody' }), 'not_found', '/selectionId'],
    [askToEnter(world, market, CY), 'not_found', '/selectionId'],
    [askToEnter(world, market, CY, { selectionId: 'home', units: 0 }), 'step_invalid', '/units'],
    [askToEnter(world, market, CY, { selectionId: 'home', units: 51 }), 'limit_user', '/units'],
    [askToEnter(world, market, BOT, { selectionId: 'home' }), 'forbidden', '/holder'],
    [askToEnter(world, market, CY, { selectionId: 'home', picks: [] }), 'malformed', '/picks'],
    [askToEnter(world, bolao, CY, { selectionId: 'home' }), 'malformed', '/selectionId'],
    [askToEnter(world, bolao, CY, { units: 2 }), 'step_invalid', '/units'],
    [askToEnter(world, bolao, CY, { picks: [[NEXT_FIXTURE, 1, 0]] }), 'not_found', '/picks/0'],
    [askToEnter(world, bolao, CY, { picks: [[FIXTURE, 1, 100]] }), 'malformed', '/picks/0'],
    [
      askToEnter(world, bolao, CY, {
        picks: [
          [FIXTURE, 1, 0],
          [FIXTURE, 1, 1],
        ],
      }),
      'malformed',
      '/picks',
    ],
    [world.ask({ type: 'LeavePool', poolId: bolao, entryId: mine }, 'api', { ownerId: CY }), 'forbidden', '/entryId'],
    [world.ask({ type: 'LeavePool', poolId: bolao, entryId: mine }, 'api', { ownerId: DI }), 'not_found', '/entryId'],
    [world.ask({ type: 'SetPicks', poolId: bolao, entryId: mine, picks: [] }, 'api', { ownerId: CY }), 'malformed', '/picks'],
    [world.ask({ type: 'ScratchRunner', poolId: market, runner: 'home' }), 'not_found', '/runner'],
    [world.ask({ type: 'ResolvePool', poolId: bolao, places: [['home']] }), 'forbidden', '/poolId'],
    [world.ask({ type: 'ResolvePool', poolId: market, places: [['x']] }), 'malformed', '/places/0'],
  ];
  for (const [decision, code, path] of refusals) {
    const refusal = refusalOf(decision);
    assert.deepEqual([refusal.code, refusal.path], [code, path]);
  }
  enter(world, bolao, CY);
  assert.equal(answerOf(askToEnter(world, bolao, CY)), 'limit_user');
  const dear = open(world, { rules: marketRules({ unitMinor: 20_000 }), market: { marketId: WINNER } });
  assert.equal(answerOf(askToEnter(world, dear, BEA, { selectionId: 'home' })), 'insufficient_funds');
  world.done({ type: 'SetExclusion', ownerId: CY, until: KICK_OFF });
  assert.equal(answerOf(askToEnter(world, market, CY, { selectionId: 'home' })), 'self_excluded');
  world.done({ type: 'Halt', scope: 'bets', reason: 'operator' });
  assert.equal(answerOf(askToEnter(world, market, DI, { selectionId: 'home' })), 'gate_halted');
});

test('who leaves has the stake back, also while excluded, and may not come and go for ever', () => {
  const world = worldWithPools(stateHash);
  const poolId = open(world, { rules: marketRules({ maxUnitsPerOwner: 1 }), market: { marketId: WINNER } });
  for (let i = 0; i < 21; i++) {
    const entryId = enter(world, poolId, CY, { selectionId: 'home' });
    if (i === 20) world.done({ type: 'SetExclusion', ownerId: CY, until: KICK_OFF });
    world.done({ type: 'LeavePool', poolId, entryId }, 'api', { ownerId: CY });
    const again = world.ask({ type: 'LeavePool', poolId, entryId }, 'api', { ownerId: CY });
    assert.equal(answerOf(again), 'already_resolved');
  }
  world.done({ type: 'SetExclusion', ownerId: CY, until: 0 });
  assert.equal(answerOf(askToEnter(world, poolId, CY, { selectionId: 'home' })), 'limit_user');
  assert.deepEqual([world.available(CY), escrow(world, poolId), poolOf(world, poolId).liveEntries], [100_000, 0, 0]);
});

test('an invitation lets in as often as it says, until it ends or is revoked; members and the creator need none', () => {
  const world = worldWithPools(stateHash);
  const poolId = open(world, { rules: bolaoRules({ visibility: 'invite' }), fixtures: [{ eventId: FIXTURE }] });
  const [one, two] = ['1'.repeat(64), '2'.repeat(64)];
  const invite = { type: 'InviteToPool', poolId, usesMax: 1, until: world.now + 60_000 } as const;
  assert.equal(answerOf(world.ask({ ...invite, invitation: one }, 'api', { ownerId: BEA })), 'not_found');
  world.done({ ...invite, invitation: one }, 'api', { ownerId: ANA });
  world.done({ ...invite, invitation: two }, 'api', { ownerId: ANA });
  assert.equal(answerOf(world.ask({ ...invite, invitation: two }, 'api')), 'already_resolved');
  assert.equal(refusalOf(askToEnter(world, poolId, CY)).path, '/poolId');
  assert.equal(refusalOf(askToEnter(world, poolId, CY, { invitation: '3'.repeat(64) })).path, '/invitation');
  enter(world, poolId, CY, { invitation: one });
  enter(world, poolId, CY);
  enter(world, poolId, ANA);
  assert.equal(answerOf(askToEnter(world, poolId, DI, { invitation: one })), 'offer_expired');
  world.done({ type: 'RevokePoolInvitation', poolId, invitation: two }, 'api');
  assert.equal(answerOf(askToEnter(world, poolId, DI, { invitation: two })), 'offer_expired');
  const last = '4'.repeat(64);
  world.done({ ...invite, invitation: last }, 'operator');
  world.goTo(world.now + 60_000);
  assert.equal(answerOf(askToEnter(world, poolId, DI, { invitation: last })), 'offer_expired');
});

test('openPool() takes starts from the fixture’s markets and lets no person make the house pay', () => {
  const world = worldWithPools(stateHash);
  const ask = (change: object, rules: Partial<PoolRules> = {}) =>
    world.ask({ type: 'OpenPool', holder: ANA, rules: bolaoRules(rules), fixtures: [{ eventId: FIXTURE }], ...change }, 'api');
  const refused = (change: object, rules: Partial<PoolRules> = {}) => refusalOf(ask(change, rules)).path;
  assert.equal(answerOf(ask({})), 'PoolOpened');
  assert.equal([...world.ledger.pools.all()][0]?.lockAt, KICK_OFF - 60_000);
  assert.equal(refused({ fixtures: [{ eventId: FIXTURE, startAt: KICK_OFF + 1 }] }), '/fixtures/0/startAt');
  assert.equal(refused({ fixtures: [{ eventId: 'fb:unknown' }] }), '/fixtures/0/eventId');
  assert.equal(refused({ fixtures: [{ eventId: FIXTURE }, { eventId: FIXTURE }] }), '/fixtures/1/eventId');
  assert.equal(refused({ fixtures: [{ eventId: FIXTURE, stage: 'final' }] }), '/fixtures/0/stage');
  assert.equal(refused({ fixtures: [] }), '/fixtures');
  assert.equal(refused({ market: { marketId: WINNER } }), '/market');
  assert.equal(refused({ holder: BEA }), '/holder');
  assert.equal(refused({ carryFrom: idOf('pool', 'x') }), '/carryFrom');
  assert.equal(refused({}, { lock: { at: KICK_OFF + 1 } }), '/rules/lock/at');
  assert.equal(refused({}, { lock: { at: world.now } }), '/rules/lock');
  assert.equal(refused({}, { currency: 'BRL' }), '/rules/currency');
  assert.equal(refused({}, { afterWindow: 'house-pays-difference' }), '/rules/afterWindow');
  const market = (marketId: string, rules: Partial<PoolRules> = {}) => ({
    rules: marketRules(rules),
    fixtures: undefined,
    market: { marketId },
  });
  assert.equal(refused(market(WINNER, { minusPool: 'house-pays' })), '/rules/minusPool');
  assert.equal(refused(market(`${FIXTURE}/ah@-0.75`)), '/market/marketId');
  assert.equal(answerOf(ask(market(`${FIXTURE}/ah@-1`))), 'PoolOpened');
});

test('a large pool is scored and paid in chunks, declared once, and is the same from a snapshot at every step', () => {
  const world = worldWithPools();
  const poolId = open(world, { rules: bolaoRules({ unitMinor: 1, maxUnitsPerOwner: 100 }), fixtures: [{ eventId: FIXTURE }] });
  const people = 50;
  for (let i = 0; i < people; i++) {
    const usr = idOf('usr', `p${i}`);
    world.done({ type: 'IssueFunds', holder: usr, ownerId: usr, tenantId: 'ten', amountMinor: 100 });
    for (let n = 0; n < 50; n++) {
      world.done({ type: 'EnterPool', poolId, holder: usr, units: 1, picks: [[FIXTURE, n % 2, 0]] }, 'api', {
        ownerId: usr,
        tenantId: 'ten',
      });
    }
  }
  world.goTo(KICK_OFF);
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed'); // 1-0: half of 2,500 have it
  while (poolOf(world, poolId).status !== 'closed') {
    world.fire();
    const loaded = loadState(dumpState(world.state));
    assert.equal(stateHash(loaded), stateHash(world.state));
    assert.deepEqual(loaded.ledgers.get('main')?.pools.of(poolId), poolOf(world, poolId));
  }
  const sizes = (type: string) =>
    world.events
      .filter((e) => e.type === type)
      .map((e) => ('entries' in e.data && Array.isArray(e.data.entries) ? e.data.entries.length : 0));
  assert.deepEqual(sizes('PoolPaid'), [1_000, 250]);
  assert.deepEqual([sizes('PoolScored').length, sizes('PoolDeclared').length, sizes('PoolClosed').length], [2, 1, 1]);
  assert.deepEqual([...new Set(paidIn(world, poolId).values())], [2]);
});
