// Hand-worked days of a person with limits. The world begins on Saturday 2024-08-17 at 12:00 UTC; home pays 2.0.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadState, dumpState, stateHash } from '#engine/state/snapshot.ts';
import { placeMultiple } from '../bets/multiples/multiples-for-tests.ts';
import { cancel, CY, order, replace, worldWithExchange } from '../exchange/exchange-for-tests.ts';
import type { Decision } from '../kernel/event.ts';
import {
  ANA,
  answerOf,
  BEA,
  BOT,
  FIXTURE,
  goals,
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
import type { Period } from './calendar.ts';
import { FOR_GOOD, type PlayKind } from './play-commands.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIDNIGHT = NOON + 12 * HOUR;

type By = 'api' | 'operator';

// oxlint-disable-next-line max-params -- a line of a table
function limit(world: World, kind: PlayKind, period: Period, value: number | null, by: By = 'api'): Decision {
  return world.ask({ type: 'SetPlayLimit', ownerId: ANA, kind, period, value }, by);
}

function used(world: World, kind: PlayKind, period: Period = 'day'): number {
  return world.ledger.play.find(ANA)?.counters.used(period, kind, world.now) ?? Number.NaN;
}

/** The match is over; the bets are paid. */
function settle(world: World, home: number, away: number, version = 1): void {
  world.done({ type: 'RecordResult', result: resultOf({ scores: [goals(home, away)], version }) }, 'feed');
  world.goTo(world.now);
}

/** A second match's market with a fresh price of 2.0. */
function openAnother(world: World, name: string): string {
  const marketId = `fb:E0:20240901:${name}:delta/btts`;
  world.done({ type: 'OpenMarket', marketId, startAt: KICK_OFF + 30 * DAY });
  world.price(marketId, { yes: 2_000, no: 2_000 });
  return marketId;
}

test('a loss limit counts the stake at once, lets winnings be played again, and begins anew at midnight UTC', () => {
  const world = worldWithMarket(stateHash);
  assert.equal(answerOf(limit(world, 'loss', 'day', 1_000)), 'PlayLimitSet');
  assert.equal(answerOf(world.bet('a', { stakeMinor: 600 })), 'BetPlaced');
  assert.equal(used(world, 'loss'), 600);
  const refused = refusalOf(world.bet('b', { stakeMinor: 401 }));
  assert.deepEqual(refused, {
    code: 'loss_limit',
    have: 1_001,
    need: 1_000,
    next: 'wait',
    path: '/limits/loss/day',
    retryAfterMs: MIDNIGHT - NOON,
    severity: 'block',
  });
  assert.equal(answerOf(world.bet('c', { stakeMinor: 400, selectionId: 'away' })), 'BetPlaced');
  assert.equal(used(world, 'loss'), 1_000);
  world.goTo(KICK_OFF + 2 * HOUR);
  settle(world, 1, 0); // a returns 600 * 2.0 = 1,200, c nothing: 1,000 - 1,200
  assert.equal(used(world, 'loss'), -200);
  const other = openAnother(world, 'late');
  const yes = { marketId: other, selectionId: 'yes' };
  assert.equal(answerOf(world.bet('d', { ...yes, stakeMinor: 1_201 })), 'loss_limit');
  assert.equal(answerOf(world.bet('e', { ...yes, stakeMinor: 1_200 })), 'BetPlaced');
  assert.equal(answerOf(world.bet('f', { ...yes, stakeMinor: 1 })), 'loss_limit');
  world.goTo(MIDNIGHT - 1);
  world.price(other, { yes: 2_000, no: 2_000 });
  assert.equal(answerOf(world.bet('g', { ...yes, stakeMinor: 1 })), 'loss_limit');
  world.goTo(MIDNIGHT);
  world.price(other, { yes: 2_000, no: 2_000 });
  assert.equal(answerOf(world.bet('h', { ...yes, stakeMinor: 1_001 })), 'loss_limit');
  assert.equal(answerOf(world.bet('i', { ...yes, stakeMinor: 1_000 })), 'BetPlaced');
});

test('bets placed before the first limit do not count, whatever comes back from them later does', () => {
  const world = worldWithMarket();
  world.bet('before', { stakeMinor: 5_000 });
  limit(world, 'loss', 'day', 100);
  assert.equal(used(world, 'loss'), 0);
  assert.equal(answerOf(world.bet('a', { stakeMinor: 101 })), 'loss_limit');
});

test('lowering binds at once, raising after its wait, and a wish that is taken back changes nothing', () => {
  const world = worldWithMarket(stateHash);
  limit(world, 'stake', 'day', 1_000);
  assert.equal(answerOf(limit(world, 'stake', 'day', 500)), 'PlayLimitSet');
  assert.equal(answerOf(world.bet('a', { stakeMinor: 501 })), 'limit_user');
  assert.equal(answerOf(limit(world, 'stake', 'day', 2_000)), 'PlayLimitWaits');
  assert.equal(answerOf(world.bet('b', { stakeMinor: 501 })), 'limit_user');
  world.goTo(NOON + DAY - 1);
  world.quote(WINNER, { prices: [] });
  assert.equal(world.ledger.play.find(ANA)?.limits.get('person:stake:day'), 500);
  world.goTo(NOON + DAY);
  assert.equal(world.ledger.play.find(ANA)?.limits.get('person:stake:day'), 2_000);
  assert.equal(answerOf(limit(world, 'stake', 'day', 3_000)), 'PlayLimitWaits');
  const keep = { type: 'KeepPlayLimit', ownerId: ANA, kind: 'stake', period: 'day' } as const;
  assert.equal(answerOf(world.ask(keep, 'api')), 'PlayLimitKept');
  assert.equal(answerOf(world.ask(keep, 'api')), 'not_found');
  world.goTo(NOON + 9 * DAY);
  assert.equal(world.ledger.play.find(ANA)?.limits.get('person:stake:day'), 2_000);
});

test('weeks and months wait seven days, removing waits as raising does, and a lower limit voids what waits', () => {
  const world = worldWithMarket(stateHash);
  for (const period of ['week', 'month'] as const) {
    limit(world, 'loss', period, 300);
    assert.equal(answerOf(limit(world, 'loss', period, null)), 'PlayLimitWaits');
  }
  assert.equal(answerOf(limit(world, 'loss', 'month', 200)), 'PlayLimitSet');
  world.goTo(NOON + 7 * DAY - 1);
  assert.equal(world.ledger.play.find(ANA)?.limits.get('person:loss:week'), 300);
  world.goTo(NOON + 30 * DAY);
  assert.deepEqual([...(world.ledger.play.find(ANA)?.limits ?? [])], [['person:loss:month', 200]]);
  assert.equal(answerOf(limit(world, 'loss', 'month', 200)), 'already_resolved');
  assert.equal(answerOf(limit(world, 'loss', 'week', null)), 'already_resolved');
});

test('the wait begins anew with each wish: nobody gets a large raise for the wait of a small one', () => {
  const world = worldWithMarket();
  limit(world, 'loss', 'day', 100);
  limit(world, 'loss', 'day', 101);
  world.goTo(NOON + DAY - 1);
  limit(world, 'loss', 'day', 100_000);
  world.goTo(NOON + 2 * DAY - 2);
  assert.equal(world.ledger.play.find(ANA)?.limits.get('person:loss:day'), 100);
  world.goTo(NOON + 2 * DAY - 1);
  assert.equal(world.ledger.play.find(ANA)?.limits.get('person:loss:day'), 100_000);
});

test('a limit that is removed and set again goes on counting the same window', () => {
  const world = worldWithMarket();
  limit(world, 'loss', 'month', 1_000);
  world.bet('a', { stakeMinor: 1_000 });
  limit(world, 'loss', 'month', null);
  world.goTo(NOON + 7 * DAY); // 24 August, still the same month
  assert.equal(answerOf(limit(world, 'loss', 'month', 1_000)), 'PlayLimitSet');
  const other = openAnother(world, 'again');
  assert.equal(answerOf(world.bet('b', { marketId: other, selectionId: 'yes', stakeMinor: 1 })), 'loss_limit');
});

test('one limit binds the person and all his bots together, and nobody else', () => {
  const world = worldWithMarket(stateHash);
  limit(world, 'stake', 'day', 1_000);
  assert.equal(answerOf(world.bet('a', { stakeMinor: 700 })), 'BetPlaced');
  const bot = (name: string, stakeMinor: number): string =>
    answerOf(world.ask(world.betCommand(name, { holder: BOT, stakeMinor }), 'bot'));
  assert.equal(bot('b', 301), 'limit_user');
  assert.equal(bot('c', 300), 'BetPlaced');
  assert.equal(answerOf(world.bet('d', { stakeMinor: 1 })), 'limit_user');
  assert.equal(answerOf(world.bet('e', { holder: BEA, stakeMinor: 5_000 })), 'BetPlaced');
  const second = 'bot_00000000000000000000000009';
  world.done({ type: 'BirthBot', botId: second, ownerId: ANA, tenantId: TENANT, dnaHash: 'b'.repeat(64) });
  world.done({ type: 'IssueFunds', holder: second, ownerId: ANA, tenantId: TENANT, amountMinor: 500 });
  assert.equal(
    answerOf(world.ask(world.betCommand('f', { holder: second, stakeMinor: 1 }), 'bot')),
    'limit_user',
    'born after the limit',
  );
});

test('an operator may tighten and not loosen: the lower of the two limits binds', () => {
  const world = worldWithMarket(stateHash);
  limit(world, 'stake', 'day', 1_000);
  assert.equal(answerOf(limit(world, 'stake', 'day', 400, 'operator')), 'PlayLimitSet');
  assert.equal(answerOf(world.bet('a', { stakeMinor: 401 })), 'limit_user');
  assert.equal(answerOf(limit(world, 'stake', 'day', 5_000, 'operator')), 'PlayLimitWaits');
  assert.equal(answerOf(limit(world, 'stake', 'day', null)), 'PlayLimitWaits');
  world.goTo(NOON + DAY);
  const other = openAnother(world, 'x');
  const yes = { marketId: other, selectionId: 'yes' };
  assert.equal(answerOf(world.bet('b', { ...yes, stakeMinor: 5_001 })), 'limit_user');
  assert.equal(answerOf(world.bet('c', { ...yes, stakeMinor: 5_000 })), 'BetPlaced');
  const own = { type: 'SetPlayLimit', ownerId: ANA, kind: 'loss', period: 'day', value: 1 } as const;
  assert.equal(answerOf(world.ask(own, 'api', { ownerId: BEA })), 'not_found', 'people set their own only');
});

test('a deposit limit binds grants to the person and his bots, and is not given back by what is taken out', () => {
  const world = worldWithMarket(stateHash);
  limit(world, 'deposit', 'week', 1_000);
  const grant = (holder: string, amountMinor: number): string =>
    answerOf(world.ask({ type: 'IssueFunds', holder, ownerId: ANA, tenantId: TENANT, amountMinor }));
  assert.equal(grant(ANA, 600), 'FundsIssued');
  assert.equal(grant(BOT, 401), 'limit_user');
  world.done({ type: 'ReclaimFunds', holder: ANA, amountMinor: 600 });
  assert.equal(grant(ANA, 401), 'limit_user');
  assert.equal(grant(BOT, 400), 'FundsIssued');
  world.goTo(NOON + DAY + 12 * HOUR - 1); // Sunday, the last moment of the week
  assert.equal(grant(ANA, 1), 'limit_user');
  world.goTo(NOON + DAY + 12 * HOUR);
  assert.equal(grant(ANA, 1_000), 'FundsIssued');
});

test('time runs while actions follow each other within fifteen minutes, and is over when it is used', () => {
  const world = worldWithMarket(stateHash);
  limit(world, 'time', 'day', 30);
  const bet = (name: string, after: number, wish = {}): string => {
    world.goTo(NOON + after);
    world.quote(WINNER);
    return answerOf(world.bet(name, { stakeMinor: 1, ...wish }));
  };
  assert.equal(bet('a', 0), 'BetPlaced'); // a session begins: one minute
  assert.equal(bet('b', 10 * MINUTE), 'BetPlaced'); // 1 + 10
  assert.equal(used(world, 'time'), 11 * MINUTE);
  assert.equal(bet('c', 25 * MINUTE), 'BetPlaced'); // 11 + 15
  assert.equal(used(world, 'time'), 26 * MINUTE);
  assert.equal(bet('d', 41 * MINUTE), 'BetPlaced'); // 16 minutes later: a new session, 26 + 1
  assert.equal(used(world, 'time'), 27 * MINUTE);
  assert.equal(bet('e', 44 * MINUTE + 1), 'time_limit');
  assert.equal(refusalOf(world.bet('e2', { stakeMinor: 1 })).have, 31);
  assert.equal(bet('f', 44 * MINUTE), 'time_limit', 'the clock does not go back');
  assert.equal(bet('g', 80 * MINUTE), 'BetPlaced'); // a new session: 27 + 1
  assert.equal(bet('h', 120 * MINUTE), 'BetPlaced');
  assert.equal(bet('i', 140 * MINUTE), 'BetPlaced'); // 30: used up
  assert.equal(bet('j', 170 * MINUTE), 'time_limit');
  assert.equal(
    answerOf(world.ask(world.betCommand('k', { holder: BOT, stakeMinor: 1 }), 'bot')),
    'time_limit',
    'nor do his bots',
  );
});

test('time goes on over midnight, and each day gets its part', () => {
  const world = worldWithMarket();
  limit(world, 'time', 'day', 60);
  const other = openAnother(world, 'night');
  const bet = (name: string, at: number): string => {
    world.goTo(at);
    world.price(other, { yes: 2_000, no: 2_000 });
    return answerOf(world.bet(name, { marketId: other, selectionId: 'yes', stakeMinor: 1 }));
  };
  assert.equal(bet('a', MIDNIGHT - 6 * MINUTE), 'BetPlaced');
  assert.equal(bet('b', MIDNIGHT + 4 * MINUTE), 'BetPlaced');
  assert.equal(used(world, 'time'), 4 * MINUTE);
  assert.equal(used(world, 'time', 'week'), 11 * MINUTE); // 1 to begin with, 6 before and 4 after midnight
});

test('bots cost no time, and whoever has a time limit bets by hand from his own wallet only', () => {
  const world = worldWithMarket();
  limit(world, 'time', 'day', 2);
  for (const name of ['a', 'b', 'c'])
    assert.equal(answerOf(world.ask(world.betCommand(name, { holder: BOT, stakeMinor: 1 }), 'bot')), 'BetPlaced');
  assert.equal(used(world, 'time'), 0);
  assert.equal(answerOf(world.bet('d', { holder: BOT, stakeMinor: 1 })), 'time_limit');
});

test('a cool-off and an exclusion of a person stop bets, orders and bots, and nobody lifts them', () => {
  const world = worldWithMarket(stateHash);
  world.bet('stands', { stakeMinor: 100 });
  const coolOff = (hours: unknown): string =>
    answerOf(world.ask({ type: 'CoolOff', ownerId: ANA, hours: hours as number }, 'api'));
  for (const hours of [0, 23, 1_009, 24.5, null, '24', Number.NaN]) assert.equal(coolOff(hours), 'malformed');
  assert.equal(coolOff(48), 'CoolOffSet');
  assert.equal(coolOff(24), 'cool_off', 'not made shorter');
  assert.equal(refusalOf(world.bet('a')).retryAfterMs, 2 * DAY);
  assert.equal(answerOf(world.ask(world.betCommand('b', { holder: BOT }), 'bot')), 'cool_off');
  assert.equal(answerOf(world.ask({ type: 'SetExclusion', ownerId: ANA, until: 0 })), 'ExclusionSet');
  assert.equal(answerOf(world.bet('c')), 'cool_off', 'lifting an exclusion does not lift it');
  world.goTo(NOON + 2 * DAY);
  const other = openAnother(world, 'after');
  assert.equal(answerOf(world.bet('d', { marketId: other, selectionId: 'yes', stakeMinor: 1 })), 'BetPlaced');

  const exclude = (days: unknown): string =>
    answerOf(world.ask({ type: 'SelfExclude', ownerId: ANA, days: days as number }, 'api'));
  for (const days of [0, 183, 1_828, 200.5, '200', undefined]) assert.equal(exclude(days), 'malformed');
  assert.equal(exclude(184), 'ExclusionSet');
  const until = world.now + 184 * DAY;
  const lift = (to: number): string => answerOf(world.ask({ type: 'SetExclusion', ownerId: ANA, until: to }));
  assert.equal(lift(0), 'self_excluded');
  assert.equal(lift(until - 1), 'self_excluded');
  assert.equal(lift(until + 1), 'ExclusionSet', 'an operator may make it longer');
  assert.equal(lift(until), 'ExclusionSet', 'and take back what he added');
  assert.equal(answerOf(world.bet('e', { marketId: other, selectionId: 'yes' })), 'self_excluded');
  settle(world, 1, 0);
  assert.equal(world.available(), 10_000 + 100 - 1, 'the open bet is paid');
  world.goTo(until);
  assert.equal(lift(0), 'ExclusionSet');
  assert.equal(exclude(null), 'ExclusionSet');
  assert.equal(world.ledger.exclusions.get(ANA), FOR_GOOD);
  assert.equal(exclude(1_000), 'self_excluded', 'for good is not made shorter');
});

test('an exclusion rejects what waits for its delay and takes unmatched orders back, in every market; what is matched stands', () => {
  const world = worldInPlay(stateHash);
  world.bet('waits', { stakeMinor: 100 });
  world.done({ type: 'SelfExclude', ownerId: ANA, days: 200 }, 'api');
  world.goTo(world.now + 5_000);
  assert.equal(world.events.at(-1)?.type, 'BetRejected');
  assert.equal(world.held(), 0);

  const market = worldWithExchange({}, stateHash);
  market.done({ type: 'OpenMarket', marketId: `${FIXTURE}/btts`, startAt: KICK_OFF });
  market.done({ type: 'OpenExchange', marketId: `${FIXTURE}/btts`, terms: {} });
  order(market, 'half', ANA, { sizeMinor: 1_000 });
  order(market, 'meets', CY, { side: 'lay', sizeMinor: 400 });
  order(market, 'far', ANA, { selectionId: 'away', priceMilli: 9_000 });
  order(market, 'there', ANA, { marketId: `${FIXTURE}/btts`, selectionId: 'yes' });
  order(market, 'cy', CY, { side: 'lay', priceMilli: 1_500 });
  assert.equal(market.ledger.exchange.orders.size, 4);
  market.done({ type: 'CoolOff', ownerId: ANA, hours: 24 }, 'api');
  market.goTo(market.now);
  const reduced = market.events.filter((e) => e.type === 'OrdersReduced');
  assert.deepEqual(
    reduced.flatMap((e) => e.data.orders.map(([, size]) => [e.data.reason, size])),
    [
      ['barred', 600],
      ['barred', 1_000],
      ['barred', 1_000],
    ],
  );
  assert.equal(market.ledger.exchange.orders.size, 1, "Cy's stays");
  assert.equal(market.held(), 0);
  assert.equal(market.available(), 10_000 - 400);
  assert.equal(market.ledger.timers.first(), null);
  assert.equal(answerOf(order(market, 'more', ANA)), 'cool_off');
});

test('a bettor whom the desk shuts out gets back what waits for its delay and what is unmatched, singles, multiples and orders', () => {
  const world = worldInPlay(stateHash);
  const far = 'fb:E0:20240901:gamma:delta/1x2';
  world.done({ type: 'OpenMarket', marketId: far, startAt: KICK_OFF + 30 * DAY });
  world.quote(far);
  world.bet('waits', { stakeMinor: 100 });
  const legs = [WINNER, far].map((marketId) => ({ marketId, quoteSeq: world.quotes.get(marketId)?.quoteSeq ?? 0 }));
  assert.equal(answerOf(placeMultiple(world, 'double', { system: 'double', legs })), 'MultiplePlaced');
  assert.equal(world.held(), 200);
  world.done({ type: 'SetBettorFactor', ownerId: ANA, factorPpm: 0 });
  world.goTo(world.now + 5_000);
  const ends = world.events.filter((e) => e.type === 'BetRejected' || e.type === 'MultipleRejected');
  assert.deepEqual(
    ends.map((e) => [e.type, e.data.reason]),
    [
      ['BetRejected', 'limit_user'],
      ['MultipleRejected', 'limit_user'],
    ],
  );
  assert.deepEqual([world.held(), world.available()], [0, 10_000]);

  const market = worldWithExchange({}, stateHash);
  order(market, 'a', ANA);
  order(market, 'cy', CY, { priceMilli: 3_000 });
  market.done({ type: 'SetBettorFactor', ownerId: ANA, factorPpm: 0 });
  market.goTo(market.now);
  assert.deepEqual([market.ledger.exchange.orders.size, market.available()], [1, 10_000]);

  const delayed = worldWithExchange({}, stateHash);
  delayed.done({ type: 'TurnInPlay', marketId: WINNER, betDelayMs: 5_000 }, 'feed');
  delayed.goTo(delayed.now);
  order(delayed, 'a', ANA, { persistence: 'persist' });
  const reduced = () => delayed.events.findLast((e) => e.type === 'OrdersReduced')?.data.reason;
  delayed.done({ type: 'SetBettorFactor', ownerId: ANA, factorPpm: 0 });
  delayed.goTo(delayed.now + 5_000);
  assert.deepEqual([reduced(), delayed.available()], ['barred', 10_000]);
});

test('orders count what they put up: cancelling gives the loss back and not the stake, replacing stakes only what is added', () => {
  const world = worldWithExchange({}, stateHash);
  limit(world, 'stake', 'day', 2_000);
  limit(world, 'loss', 'day', 1_500);
  assert.equal(answerOf(order(world, 'a', ANA, { sizeMinor: 1_000 })), 'OrderPlaced');
  assert.deepEqual([used(world, 'stake'), used(world, 'loss')], [1_000, 1_000]);
  assert.equal(answerOf(order(world, 'b', ANA, { selectionId: 'away', sizeMinor: 600 })), 'loss_limit');
  assert.equal(answerOf(replace(world, ['a', 'a2'], ANA, 2_200)), 'OrdersReduced OrderPlaced');
  assert.deepEqual([used(world, 'stake'), used(world, 'loss')], [1_000, 1_000]);
  assert.equal(answerOf(cancel(world, 'a2', ANA)), 'OrdersReduced');
  assert.deepEqual([used(world, 'stake'), used(world, 'loss')], [1_000, 0]);
  // A lay of 500 at 3.0 puts up 500 * (3 - 1) = 1,000.
  assert.equal(answerOf(order(world, 'c', ANA, { side: 'lay', priceMilli: 3_000, sizeMinor: 500 })), 'OrderPlaced');
  assert.deepEqual([used(world, 'stake'), used(world, 'loss')], [2_000, 1_000]);
  assert.equal(answerOf(replace(world, ['c', 'c2'], ANA, 3_500)), 'limit_user', '500 * 2.5 = 1,250 is 250 more');
  order(world, 'd', CY, { priceMilli: 3_000, sizeMinor: 500 });
  // It is matched: she loses 1,000 if home wins and wins 500 if not. Backing home for 400 adds nothing to the worst of it, so it stakes nothing.
  assert.equal(answerOf(order(world, 'e', ANA, { priceMilli: 2_000, sizeMinor: 400 })), 'OrderPlaced');
  assert.deepEqual([used(world, 'stake'), used(world, 'loss')], [2_000, 1_000]);
  assert.equal(answerOf(order(world, 'f', ANA, { side: 'lay', priceMilli: 2_000, sizeMinor: 100 })), 'limit_user');
});

test('a bet that is rejected or voided gives its stake back to the day it was placed on', () => {
  const world = worldInPlay(stateHash);
  limit(world, 'stake', 'day', 1_000);
  world.bet('a', { stakeMinor: 900 });
  assert.equal(used(world, 'stake'), 900);
  world.done({ type: 'SuspendMarket', target: WINNER, reason: 'goal' });
  world.goTo(world.now + 5_000);
  assert.equal(world.events.at(-1)?.type, 'BetRejected');
  assert.equal(used(world, 'stake'), 0);
  assert.equal(used(world, 'loss'), 0);
});

test('voiding a bet of the day before gives nothing back of the stakes of today', () => {
  const world = worldWithMarket();
  limit(world, 'stake', 'day', 1_000);
  const other = openAnother(world, 'void');
  const yes = { marketId: other, selectionId: 'yes' };
  world.bet('a', { ...yes, stakeMinor: 800 });
  world.goTo(MIDNIGHT);
  world.price(other, { yes: 2_000, no: 2_000 });
  const b = world.done(world.betCommand('b', { ...yes, stakeMinor: 300 }), 'api');
  assert.equal(b[0]?.type, 'BetPlaced');
  const betId = world.betCommand('a').betId;
  world.done({ type: 'VoidBet', betId, reason: 'operator' });
  assert.equal(used(world, 'stake'), 300);
  assert.equal(used(world, 'stake', 'week'), 300);
  assert.equal(used(world, 'loss'), -500, 'but its money came back today');
});

test('a correction undoes what a win gave back', () => {
  const world = worldWithMarket(stateHash);
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  limit(world, 'loss', 'day', 1_000);
  world.bet('a', { stakeMinor: 600 });
  settle(world, 1, 0);
  assert.equal(used(world, 'loss'), -600); // 600 - 600 * 2.0
  settle(world, 0, 1, 2);
  assert.equal(used(world, 'loss'), 600);
  const other = openAnother(world, 'after');
  assert.equal(answerOf(world.bet('b', { marketId: other, selectionId: 'yes', stakeMinor: 401 })), 'loss_limit');
  assert.equal(answerOf(world.bet('c', { marketId: other, selectionId: 'yes', stakeMinor: 400 })), 'BetPlaced');
});

test('limits, waits, windows and bans outlive a snapshot, and ledgers without them have none in it', () => {
  const world = worldWithMarket(stateHash);
  const before = Buffer.concat(dumpState(world.state)).toString('latin1');
  assert.ok(!before.includes('"play":'));
  limit(world, 'loss', 'day', 1_000);
  limit(world, 'loss', 'day', 2_000);
  limit(world, 'time', 'week', 100, 'operator');
  world.bet('a', { stakeMinor: 300 });
  world.done({ type: 'CoolOff', ownerId: BEA, hours: 30 }, 'api', { ownerId: BEA });
  const loaded = loadState(dumpState(world.state));
  assert.equal(stateHash(loaded), stateHash(world.state));
  const person = loaded.ledgers.get('main')?.play.find(ANA);
  assert.equal(person?.counters.used('day', 'loss', world.now), 300);
  assert.deepEqual(person?.waiting.get('person:loss:day'), { value: 2_000, dueAt: NOON + DAY });
  assert.equal(loaded.ledgers.get('main')?.play.find(BEA)?.coolOffUntil, NOON + 30 * HOUR);
});

test('what is no limit is refused, with the place of the fault', () => {
  const world = worldWithMarket(stateHash);
  const sound = { type: 'SetPlayLimit', ownerId: ANA, kind: 'loss', period: 'day', value: 1 } as const;
  for (const [change, path] of [
    [{ ownerId: BOT }, '/ownerId'],
    [{ kind: 'toString' }, '/kind'],
    [{ period: 'year' }, '/period'],
    [{ value: -1 }, '/value'],
    [{ value: 0.5 }, '/value'],
    [{ value: '5' }, '/value'],
    [{ kind: 'time', value: 44_641 }, '/value'],
    [{ value: 2 ** 51 }, '/value'],
  ] as const) {
    const refused = refusalOf(
      world.ask({ ...sound, ...change } as unknown as typeof sound, change && 'ownerId' in change ? 'operator' : 'api'),
    );
    assert.deepEqual([refused.code, refused.path], ['malformed', path]);
  }
  assert.equal(answerOf(world.ask({ ...sound, value: null }, 'api')), 'already_resolved');
});
