// Cash-out against balances worked by hand. Ana has 10,000 and bets 1,000 on home at 3.0; the price then moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { evolve } from '../evolve.ts';
import type { Decision } from '../kernel/event.ts';
import { initialShard } from '../kernel/state.ts';
import type { Quote } from '../catalog/quote.ts';
import {
  ANA,
  answerOf,
  BEA,
  goals,
  idOf,
  refusalOf,
  resultOf,
  WINNER,
  type World,
  worldInPlay,
  worldWithMarket,
} from '../kernel/world-for-tests.ts';
import { cashOutValueMinor } from './cash-out-value.ts';
import type { CashOutBet } from './cash-out-commands.ts';

const STRUCK = 3_000;
const FAR = Number.MAX_SAFE_INTEGER;

function moved(world: World, homeMilli: number, change: Partial<Quote> = {}): void {
  const prices = [
    { selectionId: 'home', oddsMilli: homeMilli },
    { selectionId: 'draw', oddsMilli: 3_400 },
    { selectionId: 'away', oddsMilli: 4_000 },
  ];
  world.quote(WINNER, { prices, ...change });
}

function given(world = worldWithMarket(stateHash), stakeMinor = 1_000): World {
  moved(world, STRUCK);
  world.bet('x', { stakeMinor, quoteSeq: 2 });
  return world;
}

function take(world: World, change: Partial<CashOutBet> = {}, who: object = {}): Decision {
  const of = world.ledger.bets.find(idOf('bet', 'x'));
  const ofMinor = of < 0 ? 1_000 : world.ledger.bets.get(of).stakeMinor;
  const cmd: CashOutBet = {
    type: 'CashOutBet',
    betId: idOf('bet', 'x'),
    holder: ANA,
    offerId: idOf('offer', 'o'),
    ofMinor,
    stakeMinor: ofMinor,
    amountMinor: 1,
    quoteSeq: 3,
    expiresAt: FAR,
    ...change,
  };
  return world.ask(cmd, 'api', who);
}

/** [available, held, house, open bets] */
function books(world: World): number[] {
  return [world.available(), world.held(), world.house(), world.ledger.bets.size];
}

test('cashOutValueMinor() is stake x struck / current less the margin, rounded down once', () => {
  // 100.00 at 3.0, now 2.0: 100 x 3 / 2 = 150.00; less 5 %: 142.50. 40 of it: 57.00.
  const rows: [stake: number, struck: number, current: number, margin: number, value: number][] = [
    [10_000, 3_000, 2_000, 50_000, 14_250],
    [4_000, 3_000, 2_000, 50_000, 5_700],
    [10_000, 3_000, 2_000, 0, 15_000],
    [10_000, 2_000, 4_000, 50_000, 4_750], // 100 x 2 / 4 = 50; less 5 %: 47.50
    [1_000, 1_850, 1_850, 0, 1_000],
    [333, 3_000, 2_900, 50_000, 327], // 333 x 3 / 2.9 = 344.4827...; x 0.95 = 327.2586...
    [1, 2_000, 3_000, 0, 0], // 0.66...
    [10_000, 3_000, 2_000, 1_000_000, 0],
    [10_000, 3_000, 2_000, 2_000_000, 0],
    [2 ** 40, 1_000_000, 1_001, 50_000, 1_043_468_025_878_921], // 2^40 x 1,000,000 x 0.95 / 1,001 by bigint below
  ];
  for (const [stakeMinor, oddsMilli, current, margin, value] of rows) {
    const exact =
      (BigInt(stakeMinor) * BigInt(oddsMilli) * BigInt(Math.max(0, 1_000_000 - margin))) / (BigInt(current) * 1_000_000n);
    assert.equal(cashOutValueMinor({ stakeMinor, oddsMilli }, current, margin), Number(exact));
    if (stakeMinor < 2 ** 40) assert.equal(Number(exact), value, `${stakeMinor} at ${oddsMilli} now ${current}`);
  }
});

test('cashOutValueMinor() gives the stake back at an unmoved price, never what the bet could win, and parts never add up to more', () => {
  const odds = fc.integer({ min: 1_001, max: 1_000_000 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 40 }),
      fc.record({ oddsMilli: odds, current: odds }),
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.array(fc.integer({ min: 1, max: 2 ** 40 }), { maxLength: 6 }),
      (stakeMinor, { oddsMilli, current }, margin, cuts) => {
        const worth = (part: number, m = margin, now = current): number =>
          part === 0 ? 0 : cashOutValueMinor({ stakeMinor: part, oddsMilli }, now, m);
        assert.equal(worth(stakeMinor, 0, oddsMilli), stakeMinor);
        assert.ok(BigInt(worth(stakeMinor)) * 1_000n < BigInt(stakeMinor) * BigInt(oddsMilli));
        let left = stakeMinor;
        let sum = 0;
        for (const cut of cuts) {
          const part = Math.min(left, cut);
          sum += worth(part);
          left -= part;
        }
        assert.ok(sum + worth(left) <= worth(stakeMinor));
      },
    ),
  );
});

test('a bet whose price shortened is cashed out with a gain, paid by the house', () => {
  const world = given();
  moved(world, 2_000);
  assert.equal(answerOf(take(world, { amountMinor: 1_425 })), 'BetCashedOut'); // 1,000 x 3 / 2 x 0.95
  assert.deepEqual(world.events.at(-1)?.data, {
    amountMinor: 1_425,
    betId: idOf('bet', 'x'),
    holder: ANA,
    offerId: idOf('offer', 'o'),
    oddsMilli: 2_000,
    quoteSeq: 3,
    remainingMinor: 0,
    stakeMinor: 1_000,
  });
  assert.deepEqual(books(world), [10_425, 0, -425, 0]);
  assert.deepEqual([world.ledger.worstLossMinor, world.ledger.markets[0]?.bets], [0, 0]);
  // Settled afterwards it gets nothing more, and the result changes nothing.
  world.done({ type: 'RecordResult', result: resultOf({ scores: [goals(1, 0)] }) }, 'feed');
  world.goTo(world.now);
  assert.deepEqual(books(world), [10_425, 0, -425, 0]);
});

test('a bet whose price lengthened is cashed out at a loss, which the house gets', () => {
  const world = given();
  moved(world, 6_000);
  assert.equal(answerOf(take(world, { amountMinor: 475 })), 'BetCashedOut'); // 1,000 x 3 / 6 x 0.95
  assert.deepEqual(books(world), [9_475, 0, 525, 0]);
});

test('a part leaves a smaller bet at the same odds, and the rest settles', () => {
  const world = given();
  moved(world, 2_000);
  assert.equal(answerOf(take(world, { stakeMinor: 400, amountMinor: 570 })), 'BetCashedOut'); // 400 x 1.5 x 0.95
  assert.deepEqual(books(world), [9_570, 600, -170, 1]);
  const market = world.ledger.markets[0];
  assert.deepEqual([market?.stakedMinor, market?.payoutsMinor, market?.worstLossMinor], [600, [1_800, 0, 0], 1_200]);
  world.done({ type: 'RecordResult', result: resultOf({ scores: [goals(1, 0)] }) }, 'feed');
  world.goTo(world.now);
  assert.deepEqual(books(world), [11_370, 0, -1_370, 0]); // 9,570 + 600 x 3
});

test('an offer is good once: taken again, or after another, it is refused', () => {
  const world = given();
  moved(world, 2_000);
  const part = { ofMinor: 1_000, stakeMinor: 400, amountMinor: 570 };
  assert.equal(answerOf(take(world, part)), 'BetCashedOut');
  const again = refusalOf(take(world, part));
  assert.deepEqual([again.code, again.path, again.need, again.have], ['version_conflict', '/ofMinor', 600, 1_000]);
  assert.equal(answerOf(take(world, { ofMinor: 1_000, stakeMinor: 1_000, amountMinor: 1_425 })), 'version_conflict');
  assert.equal(answerOf(take(world, { amountMinor: 855 })), 'BetCashedOut'); // 600 x 1.5 x 0.95
  assert.equal(answerOf(take(world, { ofMinor: 600, stakeMinor: 600, amountMinor: 855 })), 'already_resolved');
  assert.deepEqual(books(world), [10_425, 0, -425, 0]);
});

test('the offered amount is paid while the bet is worth it, and refused when it is not', () => {
  const world = given();
  moved(world, 2_000);
  const offer = { amountMinor: 1_425, quoteSeq: 3 };
  moved(world, 2_001);
  const refused = refusalOf(take(world, offer)); // 1,000 x 3,000 x 0.95 / 2,001 = 1,424.28...
  assert.deepEqual([refused.code, refused.need, refused.have], ['odds_changed', 1_425, 1_424]);
  world.done({ type: 'SetLimits', limits: { cashOutMarginPpm: 100_000 } });
  moved(world, 2_000);
  assert.equal(answerOf(take(world, offer)), 'odds_changed'); // 1,350 now
  moved(world, 1_800);
  assert.equal(answerOf(take(world, offer)), 'BetCashedOut'); // 1,500 now
  assert.equal(world.available(), 10_425);
});

test('cash-outs are refused of who is not the holder, when expired, and while the market cannot be judged', () => {
  const rows: [string, (world: World) => Decision, string?][] = [
    ['offer_expired', (world) => take(world, { expiresAt: world.now - 1 }), '/expiresAt'],
    ['not_found', (world) => take(world, { holder: BEA }, { ownerId: BEA }), '/betId'],
    ['not_found', (world) => take(world, {}, { ownerId: BEA }), '/holder'],
    ['forbidden', (world) => world.ask({ ...offerOf(world) }, 'operator'), '/cmd/type'],
    ['malformed', (world) => take(world, { betId: 'bet_x' }), '/betId'],
    ['malformed', (world) => take(world, { offerId: 'x' }), '/offerId'],
    ['malformed', (world) => take(world, { expiresAt: 0.5 }), '/expiresAt'],
    ['step_invalid', (world) => take(world, { amountMinor: 0 }), '/amountMinor'],
    ['step_invalid', (world) => take(world, { stakeMinor: 1_001 }), '/stakeMinor'],
    ['market_suspended', (world) => (world.done({ type: 'SuspendMarket', target: WINNER, reason: 'goal' }), take(world))],
    ['market_closed', (world) => (world.done({ type: 'CloseMarket', target: WINNER, reason: 'x' }), take(world))],
    ['market_closed', (world) => (world.done({ type: 'RecordResult', result: resultOf() }, 'feed'), take(world))],
    ['price_stale', (world) => ((world.now += 120_001), take(world))],
    ['market_suspended', (world) => (moved(world, 2_000, { status: 'suspended' }), take(world))],
    ['selection_withdrawn', (world) => (world.price(WINNER, { away: 2_000 }), take(world))],
    ['gate_halted', (world) => (world.done({ type: 'Halt', scope: 'bets', reason: 'x' }), take(world))],
    ['already_resolved', (world) => take(world, { betId: idOf('bet', 'nobody') }), '/betId'],
  ];
  for (const [code, ask, path] of rows) {
    const world = given();
    moved(world, 2_000);
    const refused = refusalOf(ask(world));
    assert.deepEqual([refused.code, path ?? refused.path], [code, refused.path], code);
    assert.deepEqual([world.available(), world.held()], [9_000, 1_000], code);
  }
});

function offerOf(world: World): CashOutBet {
  const amounts = { ofMinor: 1_000, stakeMinor: 1_000, amountMinor: 1 };
  return {
    type: 'CashOutBet',
    betId: idOf('bet', 'x'),
    holder: ANA,
    offerId: idOf('offer', 'o'),
    ...amounts,
    quoteSeq: 3,
    expiresAt: world.now,
  };
}

test('a pending bet cannot be cashed out, an excluded person can', () => {
  const world = worldWithMarket(stateHash);
  world.done({ type: 'SetConfirmation', scope: 'market', target: WINNER, confirmation: 'supplier' });
  given(world);
  assert.equal(answerOf(take(world)), 'condition_not_met');
  world.done({ type: 'ConfirmBet', betId: idOf('bet', 'x'), answeredAt: world.now }, 'worker');
  world.done({ type: 'SetExclusion', ownerId: ANA, until: FAR });
  assert.equal(answerOf(take(world, { amountMinor: 950 })), 'BetCashedOut');
});

test('without a bet that balanced another the house may lose no more than any bet may make it', () => {
  const both = `${WINNER.slice(0, -4)}/btts`;
  for (const [max, expected] of [
    [960, 'BetCashedOut'],
    [959, 'limit_market'],
  ] as const) {
    const world = worldWithMarket(stateHash);
    world.done({ type: 'OpenMarket', marketId: both, startAt: world.now + 1 });
    world.price(both, { yes: 2_000, no: 1_960 }, { inPlay: true });
    const at = { marketId: both, quoteSeq: 1, stakeMinor: 1_000 };
    world.bet('x', { ...at, selectionId: 'yes' });
    world.bet('y', { ...at, selectionId: 'no', holder: BEA });
    assert.equal(world.ledger.worstLossMinor, 0); // 2,000 staked, 2,000 or 1,960 to pay
    world.done({ type: 'SetLimits', limits: { marketLossMaxMinor: max } });
    assert.equal(answerOf(take(world, { amountMinor: 950 })), expected); // then no: 1,960 for 1,000
  }
});

const DELAY_MS = 5_000;

function inPlay(): World {
  const world = worldInPlay(stateHash);
  moved(world, STRUCK, { inPlay: true, betDelayMs: 0 });
  world.bet('x', { quoteSeq: 3 });
  moved(world, 2_000, { inPlay: true, betDelayMs: DELAY_MS });
  return world;
}

test('in play it waits for the bet delay and is judged again at its end', () => {
  const rows: [string, (world: World) => void][] = [
    ['BetCashedOut', () => undefined],
    ['BetCashedOut', (world) => moved(world, 1_500, { inPlay: true })],
    ['odds_changed', (world) => moved(world, 2_500, { inPlay: true })],
    ['market_closed', (world) => world.done({ type: 'CloseMarket', target: WINNER, reason: 'x' })],
    [
      'market_suspended',
      (world) => {
        world.done({ type: 'SuspendMarket', target: WINNER, reason: 'goal' });
        world.done({ type: 'ReopenMarket', target: WINNER, reason: 'goal' });
      },
    ],
  ];
  for (const [expected, meanwhile] of rows) {
    const world = inPlay();
    assert.equal(answerOf(take(world, { amountMinor: 1_425 })), 'CashOutRequested');
    assert.deepEqual(books(world), [9_000, 1_000, 0, 1]);
    assert.equal(answerOf(take(world, { offerId: idOf('offer', 'p') })), 'version_conflict'); // one at a time
    assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
    meanwhile(world);
    world.goTo(world.now + DELAY_MS);
    const end = world.events.at(-1);
    assert.equal(end?.type === 'CashOutRejected' ? end.data.reason : end?.type, expected);
    assert.deepEqual(books(world), expected === 'BetCashedOut' ? [10_425, 0, -425, 0] : [9_000, 1_000, 0, 1]);
    assert.deepEqual([world.ledger.cashOuts.size, world.ledger.timers.size], [0, 0]);
  }
});

test('a bet that is settled or voided while its cash-out waits is not cashed out', () => {
  const settled = inPlay();
  take(settled, { amountMinor: 1_425 });
  settled.done({ type: 'RecordResult', result: resultOf({ scores: [goals(1, 0)] }) }, 'feed');
  settled.goTo(settled.now + DELAY_MS);
  assert.deepEqual(books(settled), [12_000, 0, -2_000, 0]);
  const voided = inPlay();
  take(voided, { amountMinor: 1_425 });
  voided.done({ type: 'VoidBet', betId: idOf('bet', 'x'), reason: 'error' });
  assert.deepEqual([...books(voided), voided.ledger.cashOuts.size, voided.ledger.timers.size], [10_000, 0, 0, 0, 0, 0]);
});

test('whatever is cashed out in whatever parts, money and exposure are kept, and a replay and a snapshot are the same state', () => {
  const step = fc.record({
    part: fc.integer({ min: 1, max: 1_000 }),
    price: fc.integer({ min: 1_001, max: 9_000 }),
    ask: fc.integer({ min: 1, max: 3_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const world = given(worldWithMarket());
      let stake = 1_000;
      let available = 9_000;
      for (const { ask, part, price } of steps) {
        moved(world, price);
        const stakeMinor = Math.min(part, stake);
        if (stake === 0) break;
        // By hand: floor(part x 3,000 x 950,000 / (price x 1,000,000)).
        const worth = Number((BigInt(stakeMinor) * 3_000n * 95n) / (BigInt(price) * 100n));
        const done = answerOf(take(world, { stakeMinor, amountMinor: ask }));
        assert.equal(done, ask <= worth ? 'BetCashedOut' : 'odds_changed');
        if (done === 'BetCashedOut') {
          stake -= stakeMinor;
          available += ask;
        }
        assert.deepEqual([world.available(), world.held()], [available, stake]);
        assert.equal(world.ledger.accounts.sums().get('PLAY'), 0n);
        const market = world.ledger.markets[0];
        assert.deepEqual([market?.stakedMinor, market?.payoutsMinor[0]], [stake, stake * 3]);
        assert.deepEqual([market?.worstLossMinor, world.ledger.worstLossMinor], [stake * 2, stake * 2]);
      }
      const replayed = initialShard();
      for (const event of world.events) evolve(replayed, event);
      assert.equal(stateHash(replayed), stateHash(world.state));
      assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
    }),
    { numRuns: 200 },
  );
});
