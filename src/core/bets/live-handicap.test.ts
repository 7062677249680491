// Asian handicaps struck in play. Expected returns are worked by hand in each row: goals since the bet against the line, each half of a quarter
// line for itself; the source of the rule is knowledge of bookmakers' rules ("goals after the bet was struck").
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { bodyOf } from '#engine/bus/message-table.ts';
import { placedBets } from '#engine/confirmation/placed-bets.ts';
import { encodeEvent } from '#engine/journal/event-codec.ts';
import type { PlacedBet } from '#ports/bet-supplier.ts';
import { parseMarketId } from '../catalog/market.ts';
import { evolve } from '../evolve.ts';
import { offerCashOut } from '../cash-out/cash-out-bet.ts';
import { referredBets } from '../confirmation/referred-bets.ts';
import type { NewEvent } from '../kernel/event.ts';
import { initialShard, marketOf } from '../kernel/state.ts';
import { preview } from '../settlement/corrections/preview.ts';
import {
  ANA,
  answerOf,
  BEA,
  FIXTURE,
  goals,
  idOf,
  KICK_OFF,
  refusalOf,
  resultOf,
  type World,
  worldWithMarket,
} from '../kernel/world-for-tests.ts';
import { returnsOf } from './multiples/multiples-for-tests.ts';
import { leadOf, LEAD_MAX, outcomeName, readOutcomeName, sideAt } from './live-handicap.ts';

type Score = readonly [home: number, away: number];
const ODDS = 1_900;
const STAKE = 1_000;
/** 10.00 at 1.90: won 19.00; half won 5.00 * 1.90 + 5.00; pushed 10.00; half lost 5.00; lost 0. */
const WON = 1_900;
const HALF_WON = 1_450;
const PUSHED = 1_000;
const HALF_LOST = 500;
const LOST = 0;

function inPlay(marketId: string): World {
  const world = worldWithMarket(stateHash);
  world.done({ type: 'OpenMarket', marketId, startAt: KICK_OFF });
  world.goTo(KICK_OFF + 60_000);
  return world;
}

/** The price in play at this score; without a delay unless it is given. */
function showScore(world: World, marketId: string, score: Score | null, betDelayMs = 0): void {
  const [home = 0, away = 0] = score ?? [];
  const told = score ? { score: { home, away } } : {};
  world.price(marketId, { home: ODDS, away: ODDS }, { inPlay: true, betDelayMs, ...told });
}

function finish(world: World, at: Score, change: Partial<ReturnType<typeof resultOf>> = {}): void {
  const period = 'h1';
  world.done({ type: 'RecordResult', result: resultOf({ scores: [goals(...at), goals(...at, period)], ...change }) }, 'feed');
  world.goTo(world.now);
}

function singlesOf(world: World): Record<string, number> {
  const returns: Record<string, number> = {};
  for (const e of world.events) if (e.type === 'BetsSettled') for (const [betId, , back] of e.data.bets) returns[betId] = back;
  return returns;
}

test('a handicap struck in play is settled on the goals since', () => {
  const rows: [line: string, side: 'home' | 'away', at: Score, end: Score, back: number, note: string][] = [
    ['ah@-0.5', 'home', [1, 0], [1, 0], LOST, 'since 0-0: 0 - 0.5 < 0. The whole score, 1 - 0.5, would have won'],
    ['ah@-0.5', 'home', [1, 0], [2, 0], WON, 'since 1-0: 1 - 0.5 > 0'],
    ['ah@-0.5', 'away', [0, 1], [1, 1], LOST, 'since 1-0: -1 + 0.5 < 0'],
    ['ah@-0.25', 'home', [1, 0], [1, 0], HALF_LOST, 'since 0-0: half on 0 comes back, half on -0.5 is lost'],
    ['ah@-0.25', 'away', [1, 0], [1, 0], HALF_WON, 'since 0-0: half on 0 comes back, half on +0.5 wins'],
    ['ah@-0.75', 'home', [0, 1], [2, 1], WON, 'since 2-0: won on -0.5 and on -1'],
    ['ah@-0.75', 'home', [1, 1], [2, 1], HALF_WON, 'since 1-0: won on -0.5, back on -1'],
    ['ah@-0.75', 'away', [1, 1], [2, 1], HALF_LOST, 'since 1-0: lost on +0.5, back on +1'],
    ['ah@0', 'away', [2, 0], [2, 1], WON, 'since 0-1: away won what was left'],
    ['ah@0', 'home', [2, 0], [2, 1], LOST, ''],
    ['ah@0', 'home', [2, 0], [2, 0], PUSHED, 'since 0-0: level'],
    ['ah@1', 'home', [0, 2], [0, 3], PUSHED, 'since 0-1: -1 + 1 = 0'],
    ['ah@1.25', 'home', [0, 2], [0, 3], HALF_WON, 'since 0-1: half on +1 comes back, half on +1.5 wins'],
    ['ah@-1.25', 'home', [0, 0], [1, 0], HALF_LOST, 'struck level: the whole score is all since'],
    ['ah.h1@-0.5', 'home', [1, 0], [2, 0], WON, 'first half: since 1-0'],
    ['ah.h1@-0.5', 'home', [2, 0], [2, 0], LOST, 'first half: since 0-0'],
    ['ah.corners@-0.5', 'home', [3, 0], [3, 0], WON, 'corners count whole: 3 - 0.5 > 0, whatever the goals were'],
  ];
  for (const [market, side, at, end, back, note] of rows) {
    const marketId = `${FIXTURE}/${market}`;
    const world = inPlay(marketId);
    showScore(world, marketId, at);
    world.bet('x', { marketId, selectionId: side, stakeMinor: STAKE });
    const corners = { ...goals(...end), stat: 'corners' };
    finish(world, end, { scores: [goals(...end), goals(...end, 'h1'), corners] });
    assert.deepEqual(
      singlesOf(world),
      { [idOf('bet', 'x')]: back },
      `${market} ${side} ${at.join('-')} -> ${end.join('-')}: ${note}`,
    );
    assert.equal(marketOf(world.ledger, marketId)?.worstLossMinor, 0);
  }
});

const LINE = `${FIXTURE}/ah@-0.5`;

test('bets before the match and at different leads are settled each for itself, and a correction keeps to it', () => {
  const world = worldWithMarket(stateHash);
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  world.done({ type: 'OpenMarket', marketId: LINE, startAt: KICK_OFF });
  world.price(LINE, { home: ODDS, away: ODDS });
  world.bet('before', { marketId: LINE });
  world.goTo(KICK_OFF + 60_000);
  for (const [name, score] of [
    ['level', [0, 0]],
    ['one', [1, 0]],
    ['down', [1, 2]],
  ] as [string, Score][]) {
    showScore(world, LINE, score);
    world.bet(name, { marketId: LINE });
  }
  const snapshot = loadState(dumpState(world.state));
  assert.equal(stateHash(snapshot), stateHash(world.state));
  finish(world, [2, 2]);
  // 2-2 on home -0.5: before and level 0 - 0.5 lost; since 1-0 it was 1-2: lost; since 1-2 it was 1-0: won.
  const expected = { before: LOST, level: LOST, one: LOST, down: WON };
  const named = (rows: Record<string, number>) =>
    Object.fromEntries(Object.keys(expected).map((name) => [name, rows[idOf('bet', name)]]));
  assert.deepEqual(named(singlesOf(world)), expected);
  const [started] = world.events.filter((e) => e.type === 'SettlementStarted' && e.data.marketId === LINE);
  assert.deepEqual(started?.type === 'SettlementStarted' && Object.keys(started.data.outcomes), [
    'away',
    'away:-1',
    'away:1',
    'home',
    'home:-1',
    'home:1', // prettier-ignore
  ]);
  const market = marketOf(world.ledger, LINE);
  assert.ok(market);
  const won = { away: [0, 1, 0, 1], home: [1, 1, 0, 1] } as const;
  const byHand = {
    away: won.away,
    'away:-1': won.away,
    'away:1': won.away,
    home: won.home,
    'home:-1': won.home,
    'home:1': won.home,
  };
  const seen = preview(world.ledger, market, byHand);
  assert.deepEqual([seen.returnedNowMinor, seen.returnedAfterMinor], [WON, 4 * WON]);
  // The source corrects itself to 3-2: 1 - 0.5 won; since 1-0 it was 2-2: lost; since 1-2 it was 2-0: won.
  finish(world, [3, 2], { version: 2 });
  assert.deepEqual(named(singlesOf(world)), { before: WON, level: WON, one: LOST, down: WON });
  const settle = { type: 'SettleMarket', marketId: LINE, reason: 'x' } as const;
  const short = world.ask({ ...settle, outcomes: won }, 'operator');
  assert.deepEqual([refusalOf(short).code, refusalOf(short).path], ['malformed', '/outcomes/home:1']);
  world.done({ ...settle, outcomes: byHand }, 'operator');
  world.goTo(world.now);
  assert.deepEqual(named(singlesOf(world)), { before: WON, level: WON, one: WON, down: WON });
  // The same events, replayed from nothing, give the same state.
  const replayed = initialShard();
  for (const e of world.events) evolve(replayed, e);
  assert.equal(stateHash(replayed), stateHash(world.state));
});

test('a handicap in play is a leg like any other', () => {
  const other = FIXTURE.replace('alpha', 'gamma');
  const second = `${other}/1x2`;
  for (const [end, back] of [
    [[1, 0], 0], // since 0-0: the leg is lost
    [[2, 0], (1_000 * 1_900 * 2_000) / 1_000_000], // since 1-0: won, 10.00 * 1.90 * 2.00
  ] as [Score, number][]) {
    const world = inPlay(LINE);
    showScore(world, LINE, [1, 0]);
    world.done({ type: 'OpenMarket', marketId: second, startAt: KICK_OFF * 2 });
    world.quote(second);
    const leg = (marketId: string) => ({ marketId, selectionId: 'home', minOddsMilli: 1_001, quoteSeq: 1 });
    const wish = { betId: idOf('bet', 'double'), holder: ANA, system: 'accumulator', oddsPolicy: 'better' } as const;
    world.done({ type: 'PlaceMultiple', ...wish, stakePerLineMinor: 1_000, legs: [leg(LINE), leg(second)] }, 'api');
    const placed = world.events.at(-1);
    assert.deepEqual(placed?.type === 'MultiplePlaced' && placed.data.legs.map(({ lead }) => lead ?? null), [1, null]);
    finish(world, end);
    world.done({ type: 'RecordResult', result: resultOf({ eventId: other }) }, 'feed');
    world.goTo(world.now);
    assert.deepEqual(returnsOf(world, 'double'), [back]);
    assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
  }
});

test('a bet that waits is given back when a goal falls and nobody suspends', () => {
  const world = inPlay(LINE);
  showScore(world, LINE, [0, 0], 5_000);
  assert.equal(answerOf(world.bet('x', { marketId: LINE })), 'BetPlaced');
  showScore(world, LINE, [1, 0], 5_000);
  world.goTo(world.now + 5_000);
  const last = world.events.at(-1);
  assert.deepEqual(last?.type === 'BetRejected' && last.data.reason, 'odds_changed');
  showScore(world, LINE, [1, 0], 5_000);
  assert.equal(answerOf(world.bet('y', { marketId: LINE })), 'BetPlaced');
  world.goTo(world.now + 5_000);
  assert.equal(world.events.at(-1)?.type, 'BetAccepted');
  finish(world, [2, 0]);
  assert.equal(singlesOf(world)[idOf('bet', 'y')], WON);
});

test('without its score a price in play is none, unless the whole score counts', () => {
  const world = inPlay(LINE);
  for (const score of [null, [LEAD_MAX + 1, 0]] as (Score | null)[]) {
    showScore(world, LINE, score);
    const refused = refusalOf(world.bet('x', { marketId: LINE }));
    assert.deepEqual([refused.code, refused.path], ['price_stale', '/quote/score']);
  }
  world.done({ type: 'SetSettlementRules', scope: 'fb', rules: { liveHandicap: 'whole' } });
  showScore(world, LINE, [1, 0]);
  world.bet('x', { marketId: LINE });
  world.done({ type: 'SetSettlementRules', scope: 'fb', rules: { liveHandicap: null } });
  finish(world, [1, 0]);
  assert.equal(singlesOf(world)[idOf('bet', 'x')], WON, 'the rule at which it was struck: 1 - 0.5 > 0');
});

test('in other sports the whole score counts', () => {
  const hoops = 'bb:NBA:20240817:alpha:beta';
  const world = inPlay(`${hoops}/ah@-4.5`);
  showScore(world, `${hoops}/ah@-4.5`, [70, 1]);
  world.bet('x', { marketId: `${hoops}/ah@-4.5` });
  finish(world, [70, 64], { eventId: hoops });
  assert.equal(singlesOf(world)[idOf('bet', 'x')], WON, '6 - 4.5 > 0');
});

test('a bet is cashed out at the lead at which it was struck, and at no other', () => {
  const world = inPlay(LINE);
  showScore(world, LINE, [1, 0]);
  world.bet('x', { marketId: LINE });
  const cashOut = (score: Score, n: number) => {
    showScore(world, LINE, score);
    const offer = { offerId: idOf('offer', `${n}`), ofMinor: STAKE, stakeMinor: STAKE, amountMinor: 1, quoteSeq: 1 };
    return world.ask({ type: 'CashOutBet', betId: idOf('bet', 'x'), holder: ANA, ...offer, expiresAt: world.now + 1 }, 'api');
  };
  for (const [n, score] of (
    [
      [0, 0],
      [2, 0],
    ] as Score[]
  ).entries())
    // prettier-ignore
    assert.equal(refusalOf(cashOut(score, n)).code, 'condition_not_met');
  // Nor is it offered: what is offered is taken.
  const offered = (score: Score) => {
    showScore(world, LINE, score);
    return offerCashOut(world.ledger, world.context(), { betId: idOf('bet', 'x'), part: {} });
  };
  for (const score of [
    [0, 0],
    [2, 0],
    [0, 1],
  ] as Score[]) {
    const refused = offered(score);
    assert.deepEqual('code' in refused && [refused.code, refused.path], ['condition_not_met', '/betId']);
  }
  const offer = offered([3, 2]);
  assert.deepEqual('code' in offer ? offer.code : [offer.amountMinor, offer.ofMinor], [950, STAKE]); // unmoved, less 5 %
  assert.equal(answerOf(cashOut([2, 1], 3)), 'BetCashedOut');
  const market = marketOf(world.ledger, LINE);
  assert.deepEqual([market?.worstLossMinor, market?.stakedMinor], [0, 0]);
});

test('whoever is asked about a bet hears of the lead at which it was struck', () => {
  const rows: [score: Score, delayMs: number, lead: number | undefined][] = [
    [[1, 0], 0, 1],
    [[1, 0], 5_000, 1],
    [[0, 2], 5_000, -2],
    [[1, 1], 5_000, undefined],
  ];
  const asked = (e: NewEvent | undefined, by: string) =>
    e?.type === 'BetReferred' && e.data.by === by ? e.data.legs.map(({ lead }) => lead) : null;
  for (const [score, delayMs, lead] of rows) {
    const world = inPlay(LINE);
    world.done({ type: 'SetLimits', limits: { reviewAboveMinor: STAKE - 1 } });
    showScore(world, LINE, score, delayMs);
    world.bet('x', { marketId: LINE, stakeMinor: STAKE });
    world.goTo(world.now + delayMs);
    assert.deepEqual(asked(world.events.at(-1), 'desk'), [lead]);
    const [waiting] = referredBets(world.ledger, 'desk');
    const leg = { marketId: LINE, oddsMilli: ODDS, selectionId: 'home' };
    assert.deepEqual(waiting?.legs, [lead === undefined ? leg : { ...leg, lead }]);
    // The supplier is asked next, and hears the same.
    world.done({ type: 'SetConfirmation', scope: 'market', target: LINE, confirmation: 'supplier' });
    world.done({ type: 'ReviewBet', betId: idOf('bet', 'x'), decision: 'accept', reason: 'x' }, 'operator');
    const referred = world.events.at(-1) as NewEvent;
    assert.deepEqual(asked(referred, 'supplier'), [lead]);
    const [message] = placedBets(encodeEvent(referred), 'c');
    assert.ok(message);
    assert.deepEqual(bodyOf<PlacedBet>(message).legs, waiting?.legs);
  }
});

test('the third selection of a market that is no handicap has no lead', () => {
  const world = worldWithMarket(stateHash);
  world.done({ type: 'SetLimits', limits: { reviewAboveMinor: STAKE - 1 } });
  world.bet('x', { selectionId: 'away', stakeMinor: STAKE });
  assert.deepEqual(referredBets(world.ledger, 'desk')[0]?.legs, [
    { marketId: `${FIXTURE}/1x2`, oddsMilli: 4_000, selectionId: 'away' },
  ]);
});

test('voiding one side voids it at every lead', () => {
  const world = inPlay(LINE);
  for (const score of [
    [0, 0],
    [1, 0],
    [0, 3],
  ] as Score[]) {
    showScore(world, LINE, score);
    for (const selectionId of ['home', 'away']) world.bet(`${score.join('-')} ${selectionId}`, { marketId: LINE, selectionId });
  }
  world.done({ type: 'VoidBets', marketId: LINE, selectionId: 'home', reason: 'x' });
  world.goTo(world.now);
  assert.equal(marketOf(world.ledger, LINE)?.bets, 3);
  assert.equal(world.held(), 3 * STAKE);
});

test('sides at leads have one number and one name each', () => {
  const market = { selections: ['home', 'away'] };
  const seen = new Set<number>();
  for (let lead = -LEAD_MAX; lead <= LEAD_MAX; lead++) {
    for (const side of [0, 1]) {
      const selection = sideAt(side, lead);
      assert.ok(selection >= 0 && selection < 256 && !seen.has(selection));
      seen.add(selection);
      assert.deepEqual([leadOf(selection), selection % 2], [lead, side]);
      const name = outcomeName(market, selection);
      const selectionId = market.selections[side];
      assert.deepEqual(readOutcomeName(name), lead === 0 ? null : { lead, selectionId });
    }
  }
});

/** Return of a bet in thousandths of its stake, by the two halves of its line: the independent way to the same figure. */
function returnedPerMille(home: boolean, line: number, margin: number): number {
  const halves = Number.isInteger(line * 2) ? [line, line] : [line - 0.25, line + 0.25];
  return halves.reduce((sum, half) => {
    const result = home ? margin + half : -(margin + half);
    return sum + (result > 0 ? ODDS : result === 0 ? 1_000 : 0) / 2;
  }, 0);
}

test('the house never loses more than its worst case says, and with whole and half lines exactly that', () => {
  const score = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }));
  const bets = fc.array(fc.tuple(score, fc.boolean(), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.integer({ min: -8, max: 8 }), bets, score, (quarters, wishes, end) => {
      const marketId = `${FIXTURE}/ah@${quarters / 4}`;
      const world = inPlay(marketId);
      const placed: { lead: number; home: boolean; stake: number }[] = [];
      for (const [i, [at, home, units]] of wishes.entries()) {
        showScore(world, marketId, at);
        const stake = units * 100;
        const wish = { marketId, selectionId: home ? 'home' : 'away', stakeMinor: stake, holder: i % 2 === 0 ? ANA : BEA };
        if (answerOf(world.bet(`${i}`, wish)) === 'BetPlaced') placed.push({ lead: at[0] - at[1], home, stake });
      }
      const lossAt = (margin: number): number =>
        placed.reduce(
          (sum, { home, lead, stake }) => sum + (stake * returnedPerMille(home, quarters / 4, margin - lead)) / 1_000 - stake,
          0,
        );
      const losses = Array.from({ length: 41 }, (_, i) => lossAt(i - 20));
      const worst = marketOf(world.ledger, marketId)?.worstLossMinor ?? -1;
      assert.ok(worst >= Math.max(0, ...losses), `${worst} < ${Math.max(...losses)}`);
      if (quarters % 2 === 0) assert.equal(worst, Math.max(0, ...losses));
      const houseBefore = world.house();
      finish(world, [5 + end[0], 5 + end[1]]);
      assert.equal(houseBefore - world.house(), lossAt(end[0] - end[1]));
      for (const sum of world.ledger.accounts.sums().values()) assert.equal(sum, 0n);
      assert.equal(marketOf(world.ledger, marketId)?.worstLossMinor, 0);
      assert.ok(parseMarketId(marketId));
    }),
    { numRuns: 60 },
  );
});
