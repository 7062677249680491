// Every event type, made by decide() itself, is canonical JSON as it stands: plain JSON.stringify, the codec and RFC 8785 agree to the byte.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ENGINE_VERSION, encodeEvent, upcast } from '#engine/journal/event-codec.ts';
import { canonical } from '../base/canonical.ts';
import { finish, placeMultiple, winnerOf, worldOfMultiples } from '../bets/multiples/multiples-for-tests.ts';
import { refuse } from '../base/refusal.ts';
import { CY, DI, order, worldWithExchange } from '../exchange/exchange-for-tests.ts';
import { onRunnerGone } from '../exchange/runners/withdraw.ts';
import { marketOf } from './state.ts';
import { correctedWorld } from '../settlement/corrections/corrections-for-tests.ts';
import { bolaoRules, enter, NEXT_FIXTURE, open, openRace, worldWithPools } from '../pools/pools-for-tests.ts';
import { event, EVENT_VERSION, type EventType, type NewEvent } from './event.ts';
import { finish as finishOrder, finishRace, RACE, RACE_PRICES, raceBet, worldWithRace } from '../bets/runners/race-for-tests.ts';
import {
  ANA,
  BOT,
  FIXTURE,
  goals,
  idOf,
  KICK_OFF,
  resultOf,
  TENANT,
  WINNER,
  type World,
  worldInPlay,
  worldWithMarket,
} from './world-for-tests.ts';

/** The compiler asks for every type, and refuses one that is gone. */
const ALL: Record<EventType, true> = {
  LedgerOpened: true,
  FundsIssued: true,
  FundsReclaimed: true,
  TransferSent: true,
  TransferReceived: true,
  TransferConfirmed: true,
  TransferReturned: true,
  BotBorn: true,
  BotPaused: true,
  BotResumed: true,
  BotRetired: true,
  MarketOpened: true,
  MarketSuspended: true,
  MarketReopened: true,
  MarketClosed: true,
  MarketResulted: true,
  SettlementStarted: true,
  BetsSettled: true,
  SettlementFinished: true,
  MarketArchived: true,
  BetPlaced: true,
  BetAccepted: true,
  BetRejected: true,
  BetVoided: true,
  CashOutRequested: true,
  BetCashedOut: true,
  CashOutRejected: true,
  MultiplePlaced: true,
  MultipleAccepted: true,
  MultipleRejected: true,
  MultipleVoided: true,
  LegsDecided: true,
  MultiplesSettled: true,
  LegsReopened: true,
  MultiplesReopened: true,
  LegsForgotten: true,
  MarketCombinableSet: true,
  ConfirmationSet: true,
  BetReferred: true,
  AnswerFlagged: true,
  ExchangeOpened: true,
  MarketTurnedInPlay: true,
  OrderPlaced: true,
  OrderReleased: true,
  OrdersMatched: true,
  OrdersReduced: true,
  StartingPriceMade: true,
  MatchedBetsReduced: true,
  NetBetsReversed: true,
  NetBetsSettled: true,
  CommissionCharged: true,
  ExchangeSettled: true,
  DisputeOpened: true,
  DisputeReviewed: true,
  DisputeDecided: true,
  ResultRuleSet: true,
  SettlementRulesSet: true,
  FixturePostponed: true,
  PostponementEnded: true,
  ResultReported: true,
  ResultConflicted: true,
  SettlementOrdered: true,
  CorrectionStarted: true,
  SettlementReversed: true,
  SettlementProposed: true,
  SettlementApproved: true,
  ProposalClosed: true,
  MarketRecalled: true,
  BetsRecalled: true,
  DebtRecorded: true,
  DebtRecovered: true,
  PoolOpened: true,
  PoolEntered: true,
  PoolLeft: true,
  PicksSet: true,
  PoolInvited: true,
  PoolInvitationRevoked: true,
  PoolLocked: true,
  FixtureScored: true,
  PoolScored: true,
  PoolScratched: true,
  PoolResulted: true,
  PoolDeclared: true,
  PoolPaid: true,
  PoolClosed: true,
  PoolReversing: true,
  PoolReclaimed: true,
  PoolReversed: true,
  PoolUncorrected: true,
  PoolArchived: true,
  ScopeSuspended: true,
  ScopeReopened: true,
  MarketLimitsSet: true,
  BettorFactorSet: true,
  LimitsChanged: true,
  ExclusionSet: true,
  PlayLimitSet: true,
  PlayLimitWaits: true,
  PlayLimitKept: true,
  PricingSet: true,
  CoolOffSet: true,
  BansFollowed: true,
  BansTaken: true,
  BansTold: true,
  RiskHalted: true,
  RiskResumed: true,
  EachWayPlaced: true,
  BetsVoided: true,
  VoidingStarted: true,
  RunnerWithdrawn: true,
  EpochStarted: true,
  TimerDropped: true,
  CommandRefused: true,
  CommandQuarantined: true,
};
/** Names that need escaping: quotes, back-slashes, controls, a line separator, an emoji and half of one. */
const AWKWARD = 'the "best" \\ odds\u0001\u2028é😀\ud800';

function preMatch(): World {
  const world = worldWithMarket();
  for (const line of ['/dc', '/ou@2.5', '/ah@-0.75', '/ou.corners@9.5'])
    world.done({ type: 'OpenMarket', marketId: FIXTURE + line, startAt: KICK_OFF });
  world.done({ type: 'SetLimits', limits: { stakeMinMinor: 2, houseCapitalMinor: 9_000, correctionWindowMs: 1_000 } });
  world.quote(WINNER, { source: AWKWARD });
  world.bet('a');
  world.bet('b', { selectionId: 'away', holder: BOT });
  for (const type of ['PauseBot', 'ResumeBot', 'RetireBot'] as const) world.done({ type, botId: BOT, reason: 'operator' });
  for (const type of ['Halt', 'Resume'] as const) world.done({ type, scope: 'bots', reason: 'operator' });
  for (const type of ['SuspendMarket', 'ReopenMarket'] as const) world.done({ type, target: FIXTURE, reason: 'goal' });
  for (const type of ['SuspendMarket', 'ReopenMarket'] as const) world.done({ type, target: 'fb', reason: 'storm' });
  world.done({ type: 'SetMarketLimits', target: 'fb:E0', limits: { lossMaxMinor: 9_000, ownerStakeMaxMinor: null } });
  world.done({ type: 'SetBettorFactor', ownerId: ANA, factorPpm: 500_000 });
  world.done({ type: 'SetExclusion', ownerId: ANA, until: 5 });
  world.done({ type: 'ReclaimFunds', holder: ANA, amountMinor: 1 });
  for (const close of [{ type: 'ConfirmTransfer' }, { type: 'ReturnTransfer', reason: 'not_found' }] as const) {
    const sent = { toLedger: 'other', toHolder: ANA, amountMinor: 7, currency: 'PLAY' } as const;
    world.done({ type: 'SendTransfer', holder: ANA, ...sent }, 'api');
    world.done({ ...close, transferId: [...world.ledger.transfers.open()][0]?.transferId ?? '' }, 'worker');
  }
  world.done(
    {
      type: 'ReceiveTransfer',
      transferId: idOf('trf', 'in'),
      fromLedger: 'other',
      fromHolder: ANA,
      holder: ANA,
      ownerId: ANA,
      tenantId: TENANT,
      amountMinor: 5,
      currency: 'PLAY',
      sentAt: world.now,
    },
    'worker',
  );
  world.done({ type: 'VoidBet', betId: idOf('bet', 'a'), reason: 'operator' });
  world.done({ type: 'StartEpoch', epoch: 3 }, 'worker');
  world.done({ type: 'RecordResult', result: resultOf({ scores: [goals(1, 2), goals(1, 0, 'h1')] }) }, 'feed');
  world.goTo(world.now + 1_000);
  return world;
}

function inPlay(): World {
  const world = worldInPlay();
  world.quote(WINNER, { inPlay: true, betDelayMs: 5_000, score: { home: 2, away: 1 }, source: AWKWARD });
  world.bet('accepted');
  world.goTo(world.now + 5_000);
  world.bet('rejected');
  world.done({ type: 'CloseMarket', target: WINNER, reason: 'operator' });
  world.goTo(world.now + 5_000);
  world.quote(WINNER, { inPlay: true, betDelayMs: 60_000 });
  const other = `${FIXTURE}/btts`;
  world.done({ type: 'OpenMarket', marketId: other, startAt: KICK_OFF });
  world.price(other, { yes: 2_000 }, { inPlay: true, betDelayMs: 60_000 });
  world.bet('settled while pending', { marketId: other, selectionId: 'yes' });
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  world.goTo(world.now + 60_000);
  return world;
}

/** Races with every optional member of their events. */
function races(): World {
  const own = { bands: [[3_000, 250_000]] as const, capPpm: 900_000, waivedPpm: 0 };
  const world = worldWithRace(null, { deductions: own });
  raceBet(world, 'each way', { eachWay: true });
  raceBet(world, 'single', { selectionId: 'bay' });
  raceBet(world, 'another', { selectionId: 'colt' });
  world.price(RACE, RACE_PRICES, { inPlay: true, betDelayMs: 1_000, score: { home: 0, away: 0 } });
  raceBet(world, 'delayed', { eachWay: true, oddsPolicy: 'any' });
  world.done({ type: 'WithdrawRunner', marketId: RACE, selectionId: 'bay', priceMilli: 3_000, at: world.now });
  world.done({
    type: 'VoidBets',
    marketId: RACE,
    selectionId: 'colt',
    placedFrom: 0,
    placedUntil: KICK_OFF,
    oddsMilliFrom: 2,
    reason: 'x',
  });
  world.goTo(world.now);
  world.done({ type: 'VoidMarket', marketId: WINNER, reason: 'error' });
  const withdrawn = [{ participantId: 'roan', at: world.now, deductionPpm: 50_000 }];
  finishRace(world, finishOrder('asti', ['colt', 'dun']), { withdrawn });
  return world;
}

/** Bets that the supplier takes, refuses or hears of too late. */
function confirmation(): World {
  const world = worldWithMarket();
  world.done({ type: 'SetConfirmation', scope: 'market', target: WINNER, confirmation: 'supplier' });
  for (const name of ['taken', 'refused', 'late']) world.bet(name);
  const answer = (name: string) => ({ betId: idOf('bet', name), answeredAt: world.now, providerRef: 'SUP-1' });
  world.done({ type: 'ConfirmBet', ...answer('taken') }, 'worker');
  world.done({ type: 'RejectBet', ...answer('refused'), reason: 'x' }, 'worker');
  world.goTo(world.now + 60_000);
  world.done({ type: 'ConfirmBet', ...answer('late') }, 'worker');
  world.done({ type: 'RejectBet', ...answer('unknown'), reason: 'x' }, 'worker');
  return world;
}

/** Cash-outs, whole and in part, that are made at once, wait, and come to nothing. */
function cashOuts(): World {
  const world = worldInPlay();
  world.quote(WINNER, { inPlay: true });
  for (const name of ['at once', 'waits']) world.bet(name);
  const take = (name: string, stakeMinor: number): void => {
    const amounts = { ofMinor: 1_000, stakeMinor, amountMinor: 1 };
    const offer = { offerId: idOf('offer', name), quoteSeq: 1, expiresAt: world.now };
    world.done({ type: 'CashOutBet', betId: idOf('bet', name), holder: ANA, ...amounts, ...offer }, 'api');
  };
  take('at once', 400);
  world.quote(WINNER, { inPlay: true, betDelayMs: 1_000 });
  take('waits', 1_000);
  world.done({ type: 'CloseMarket', target: WINNER, reason: 'operator' });
  world.goTo(world.now + 1_000);
  return world;
}

/** An exchange from its opening to its settlement, with every optional member of its events. */
function exchange(): World {
  const world = worldWithExchange();
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  world.done({ type: 'SetSettlementRules', scope: '*', rules: { abandoned: 'nothing' } });
  order(world, 'any', ANA, { kind: 'market-on-close', priceMilli: null });
  order(world, 'close', CY, { side: 'lay', kind: 'limit-on-close', priceMilli: 3_000 });
  order(world, 'back', DI, { persistence: 'persist', ifMarketVersion: 0 });
  order(world, 'lay', CY, { side: 'lay', timeInForce: 'fill-or-kill', sizeMinor: 500 });
  world.done({ type: 'TurnInPlay', marketId: WINNER, betDelayMs: 5_000 });
  world.goTo(world.now); // what lapses at the off is gone before anything else is placed
  order(world, 'delayed', CY, {
    side: 'lay',
    timeInForce: 'fill-or-kill',
    minFillMinor: 100,
    ifMarketVersion: 1,
    sizeMinor: 300,
  });
  world.goTo(world.now + 5_000);
  const market = marketOf(world.ledger, WINNER);
  assert.ok(market);
  onRunnerGone(world.ledger, market, { selection: 1, factorPpm: 100_000, ownPpm: {}, at: world.now });
  world.goTo(world.now);
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  world.goTo(world.now);
  world.done({ type: 'RecordResult', result: resultOf({ version: 2, scores: [goals(0, 1)] }) }, 'feed');
  world.goTo(world.now);
  return world;
}

/** Bets of several legs: accepted at other prices, rejected, void, settled and forgotten. */
function severalLegs(): World {
  const world = worldOfMultiples();
  world.done({ type: 'SetCombinable', marketId: WINNER, combinable: false });
  world.done({ type: 'SetLimits', limits: { correctionWindowMs: 1_000 } });
  const legs = [0, 1].map((i) => [i, 'home'] as const);
  const delayed = { inPlay: true, betDelayMs: 1_000, score: { home: 1, away: 0 } };
  placeMultiple(world, 'settled', { legs });
  placeMultiple(world, 'part', { legs });
  const offer = { offerId: idOf('offer', 'several'), quoteSeq: 1, expiresAt: world.now };
  const part = { ofMinor: 100, stakeMinor: 40, amountMinor: 1 };
  world.done({ type: 'CashOutBet', betId: idOf('bet', 'part'), holder: ANA, ...part, ...offer }, 'api');
  placeMultiple(world, 'void', { legs });
  world.done({ type: 'VoidBet', betId: idOf('bet', 'void'), reason: 'error' });
  world.quote(winnerOf(0), delayed);
  placeMultiple(world, 'accepted', { oddsPolicy: 'any', legs });
  world.bet('any', { marketId: winnerOf(0), oddsPolicy: 'any' });
  world.price(winnerOf(0), { home: 1_500 }, delayed);
  world.goTo(world.now + 1_000);
  placeMultiple(world, 'rejected', { legs });
  world.done({ type: 'SuspendMarket', target: winnerOf(1), reason: 'goal' });
  world.goTo(world.now + 1_000);
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  for (const fixture of [0, 1]) finish(world, fixture, [1, 0]);
  const eventId = winnerOf(0).slice(0, -'/1x2'.length);
  world.done({ type: 'RecordResult', result: resultOf({ eventId, version: 2, scores: [goals(0, 1)] }) }, 'feed');
  world.goTo(world.now);
  world.goTo(world.now + 1_000);
  return world;
}

/** Limits set, kept and removed, a cool-off and an exclusion of one's own. */
function play(): World {
  const world = worldWithMarket();
  const limit = { ownerId: ANA, kind: 'loss', period: 'day' } as const;
  world.done({ type: 'SetPlayLimit', ...limit, value: 500 }, 'api');
  world.done({ type: 'SetPlayLimit', ...limit, value: 900 }, 'api');
  world.done({ type: 'KeepPlayLimit', ...limit }, 'api');
  world.done({ type: 'SetPlayLimit', ...limit, value: null }, 'api');
  world.goTo(world.now + 86_400_000);
  world.done({ type: 'CoolOff', ownerId: ANA, hours: 24 }, 'api');
  world.done({ type: 'FollowBans', follower: 'arena' }, 'worker');
  world.done({ type: 'NoteBansTold', follower: 'arena', upTo: 1 }, 'worker');
  const reference = { home: 500_000, draw: 250_000, away: 250_000 };
  const maker = { rule: 'market-maker', reference, payoutMaxMinor: 5, marginPpm: 0, liquidityMinor: 9 } as const;
  const balance = {
    rule: 'balance',
    reference,
    winMaxMinor: 5,
    lossMaxMinor: 6,
    marginPpm: 0,
    shiftMaxPpm: 7,
    scaleMinor: 9,
  } as const;
  for (const pricing of [maker, balance, null]) world.done({ type: 'SetPricing', marketId: WINNER, pricing });
  world.done({ type: 'SelfExclude', ownerId: ANA, days: 200 }, 'api');
  return world;
}

/** A bolão by invitation and a race, from opening to archive. */
function pools(): World {
  const world = worldWithPools();
  const invitation = 'b'.repeat(64);
  const bolao = open(world, { rules: bolaoRules({ visibility: 'invite' }), fixtures: [{ eventId: FIXTURE }] });
  world.done({ type: 'InviteToPool', poolId: bolao, invitation, usesMax: 2, until: KICK_OFF });
  enter(world, bolao, CY, { invitation, picks: [[FIXTURE, 2, 1]] });
  world.done({ type: 'RevokePoolInvitation', poolId: bolao, invitation });
  const race = openRace(world, ['a', 'b', 'c']);
  const gone = enter(world, race, DI, { selectionId: 'a' });
  world.done({ type: 'LeavePool', poolId: race, entryId: gone }, 'api', { ownerId: DI });
  enter(world, race, DI, { selectionId: 'b', units: 2 });
  world.done({ type: 'ScratchRunner', poolId: race, runner: 'a' });
  world.goTo(KICK_OFF);
  world.done({ type: 'ResolvePool', poolId: race, places: [['b'], ['c']] });
  world.done({ type: 'RecordResult', result: resultOf({ status: 'live', scores: [goals(0, 1)] }) }, 'feed');
  world.goTo(world.now + 1_000);
  world.done({ type: 'RecordResult', result: resultOf({ version: 2 }) }, 'feed');
  world.done({ type: 'RecordResult', result: resultOf({ eventId: NEXT_FIXTURE, status: 'postponed' }) }, 'feed');
  world.done({ type: 'RecordResult', result: resultOf({ eventId: NEXT_FIXTURE, status: 'live', version: 2 }) }, 'feed');
  world.goTo(world.now);
  world.done({ type: 'ResolvePool', poolId: race, places: [['c'], ['b']] });
  world.goTo(world.now);
  world.goTo(world.now + 500_000);
  world.done({ type: 'ResolvePool', poolId: race, places: [['b'], ['c']] });
  world.now += 200_000; // its timer is late: the window is over
  world.goTo(world.now);
  world.goTo(world.now + 3_600_000);
  return world;
}

function everyEvent(): NewEvent[] {
  const worlds = [
    preMatch(),
    inPlay(),
    races(),
    confirmation(),
    cashOuts(),
    exchange(),
    play(),
    pools(),
    severalLegs(),
    correctedWorld(),
  ];
  const cause = worlds[0]?.asked[0];
  assert.ok(cause);
  const refusal = refuse('insufficient_funds', { retryAfterMs: 1, path: '/x', need: 2, have: 1 });
  return [
    ...worlds.flatMap(({ events }) => events),
    event(cause, 'CommandRefused', { command: 'PlaceBet', refusal }),
    event(cause, 'CommandRefused', { command: 'PlaceBet', refusal: refuse('not_found') }),
    event(cause, 'BansTaken', { bans: [[ANA, KICK_OFF, KICK_OFF, 0]], upTo: 1 }), // another ledger's
    event(cause, 'CommandQuarantined', { command: 'PlaceBet', errorHash: 'ff' }),
  ];
}

test('JSON.stringify() and encodeEvent() of every event type give its canonical JSON', () => {
  const events = everyEvent();
  assert.deepEqual([...new Set(events.map(({ type }) => type))].sort(), Object.keys(ALL).sort());
  assert.ok(events.some((e) => e.type === 'BetPlaced' && e.data.quote.source === AWKWARD && e.data.status === 'accepted'));
  assert.ok(events.some((e) => e.type === 'BetPlaced' && e.data.quote.source === AWKWARD && e.data.releaseAt !== undefined));
  for (const one of events) {
    assert.equal(JSON.stringify(one), canonical(one));
    assert.equal(encodeEvent(one), canonical(one));
    assert.deepEqual(upcast(JSON.parse(encodeEvent(one))), one.type === 'BetPlaced' ? JSON.parse(canonical(one)) : one);
  }
});

test('encodeEvent() spells a placed bet canonically whatever its numbers and its source', () => {
  const placed = preMatch().events.find((e): e is NewEvent<'BetPlaced'> => e.type === 'BetPlaced');
  assert.ok(placed);
  const whole = fc.maxSafeInteger();
  const wide = fc.record({
    ageMs: whole,
    seq: whole,
    source: fc.string({ unit: 'binary' }),
    score: fc.option(fc.record({ away: fc.nat(), home: fc.nat() }), { nil: undefined }),
    releaseAt: fc.option(whole, { nil: undefined }),
    stakeMinor: whole,
  });
  fc.assert(
    fc.property(wide, ({ ageMs, releaseAt, score, seq, source, stakeMinor }) => {
      const quote = { ageMs, ...(score ? { score } : {}), seq, source };
      const { betId, holder, legs, minOddsMilli, status } = placed.data;
      const data = {
        betId,
        holder,
        legs,
        minOddsMilli,
        quote,
        ...(releaseAt === undefined ? {} : { releaseAt }),
        stakeMinor,
        status,
      };
      const one: NewEvent = { ...placed, data };
      assert.equal(encodeEvent(one), canonical(one));
      assert.equal(JSON.stringify(one), canonical(one));
    }),
  );
});

test('event() leaves out postings that are none', () => {
  const cause = worldWithMarket().asked[0];
  assert.ok(cause);
  assert.deepEqual(Object.keys(event(cause, 'TimerDropped', { key: 'x' }, [])), [
    'at',
    'commandId',
    'data',
    'ledgerId',
    'type',
    'v',
  ]);
  assert.deepEqual([EVENT_VERSION, ENGINE_VERSION], [1, '2']);
});
