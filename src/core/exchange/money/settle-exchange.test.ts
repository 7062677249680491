// Settling net bets: hand-worked tables, and money that is conserved whatever is traded.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { ANA, BEA, FIXTURE, goals, idOf, KICK_OFF, resultOf, WINNER, type World } from '../../kernel/world-for-tests.ts';
import { isRefusal, type NewEvent } from '../../kernel/event.ts';
import { initialShard } from '../../kernel/state.ts';
import { evolve } from '../../evolve.ts';
import { payoutMinor } from '../../bets/payout.ts';
import type { Result } from '../../catalog/result.ts';
import { checkExchange, CY, DI, escrow, order, orderCommand, wallet, worldWithExchange } from '../exchange-for-tests.ts';
import { addMatched, NetBets } from './net-bets.ts';
import { BACK, LAY } from '../book/orders.ts';
import { resultOf as netOf, resultOver, SETTLE_CHUNK_HOLDERS } from './settle-exchange.ts';

const fees = (world: World): number => world.ledger.accounts.balance('fees:commission', 'PLAY');
const rounding = (world: World): number => world.ledger.accounts.balance('rounding', 'PLAY');
const settle = (world: World, change: Partial<Result> = {}): void => {
  world.done({ type: 'RecordResult', result: resultOf(change) }, 'feed');
  world.goTo(world.now);
};
const events = <T extends NewEvent['type']>(world: World, type: T): NewEvent<T>[] =>
  world.events.filter((e) => e.type === type) as NewEvent<T>[];

test('a back that wins is paid by the lay, less commission on the net result of the market', () => {
  const world = worldWithExchange();
  order(world, 'b', ANA, { priceMilli: 3_000 });
  order(world, 'l', CY, { side: 'lay', priceMilli: 3_000 });
  settle(world); // home won 1-0
  // Ana wins 20.00, 5 % of it is 1.00.
  assert.deepEqual([wallet(world, ANA), wallet(world, CY), fees(world), escrow(world)], [[11_900, 0], [98_000, 0], 100, 0]);
  assert.deepEqual(events(world, 'NetBetsSettled')[0]?.data.holders, [
    [ANA, 1_900],
    [CY, -2_000],
  ]);
  assert.deepEqual(events(world, 'CommissionCharged')[0]?.data, { charges: [[ANA, 100]], marketId: WINNER, ratePpm: 50_000 });
  assert.deepEqual(events(world, 'ExchangeSettled')[0]?.data, { commissionMinor: 100, holders: 2, marketId: WINNER });
  checkExchange(world);
});

test('commission is on the net of all selections, not on each winning bet', () => {
  const world = worldWithExchange();
  for (const selectionId of ['home', 'draw']) {
    order(world, `b ${selectionId}`, ANA, { selectionId, priceMilli: 3_000 });
    order(world, `l ${selectionId}`, CY, { selectionId, side: 'lay', priceMilli: 3_000 });
  }
  settle(world);
  // +20.00 on home, -10.00 on the draw: 10.00 net, 0.50 commission.
  assert.deepEqual([wallet(world, ANA), wallet(world, CY), fees(world)], [[10_950, 0], [99_000, 0], 50]);
});

test('fractions of a minor unit are rounded once: the winner gets the floor, the loser owes the ceiling, the rest is kept apart', () => {
  const world = worldWithExchange({ stakeMinMinor: 1, commissionPpm: 20_000 });
  // 0.33 at 1.01: 0.0033 to win. After 2 % commission 0.003234: nothing is paid. The layer owes 0.0033: one cent.
  order(world, 'b', ANA, { priceMilli: 1_010, sizeMinor: 33 });
  order(world, 'l', CY, { side: 'lay', priceMilli: 1_010, sizeMinor: 33 });
  settle(world);
  assert.deepEqual(
    [wallet(world, ANA), wallet(world, CY)],
    [
      [10_000, 0],
      [99_999, 0],
    ],
  );
  assert.deepEqual([fees(world), rounding(world), escrow(world)], [0, 1, 0]);
  checkExchange(world);
});

test('resultOf() rounds once', () => {
  // [thousandths, parts, ppm] -> net, commission; worked by hand.
  for (const [thousandths, parts, ppm, net, commission] of [
    [20_000, 1, 50_000, 19, 1],
    [20_999, 1, 50_000, 19, 1], // 20.999 * 0.95 = 19.949; 20.999 * 0.05 = 1.04995
    [1_999, 2, 0, 0, 0], // 0.9995
    [-1, 1, 50_000, -1, 0],
    [-1_000, 3, 50_000, -1, 0], // a third of a cent is owed as a cent
    [-2_000, 1, 50_000, -2, 0],
    [0, 1, 50_000, 0, 0],
  ] as const) {
    assert.deepEqual(netOf({ thousandths, parts }, ppm), { net, commission });
  }
});

test('a void market gives everything back without commission; unmatched orders lapse first', () => {
  const world = worldWithExchange();
  order(world, 'b', ANA, { priceMilli: 3_000 });
  order(world, 'l', CY, { side: 'lay', priceMilli: 3_000, sizeMinor: 400 });
  order(world, 'rest', CY, { side: 'lay', priceMilli: 1_500, sizeMinor: 400 });
  settle(world, { status: 'cancelled', scores: [], completedPeriods: [] });
  assert.deepEqual([wallet(world, ANA), wallet(world, CY), fees(world), rounding(world)], [[10_000, 0], [100_000, 0], 0, 0]);
  checkExchange(world);
});

test('half results, pushes and dead heats are the formula of bets, and a lay is the mirror', () => {
  // won, back: half-win {1/2, 1/2}, half-loss {0, 1/2}, push {0, 1}, dead heat of two for one place {1/2, 0}.
  const table = [
    [[1, 1, 0, 1], 20_000, -20_000], // 10 at 3.0 wins 20
    [[0, 1, 0, 1], -10_000, 10_000],
    [[0, 1, 1, 1], 0, 0],
    [[1, 2, 1, 2], 10_000, -10_000],
    [[0, 1, 1, 2], -5_000, 5_000],
    [[1, 2, 0, 1], 5_000, -5_000], // 10/2 * 2.0 - 10/2
    [[1, 3, 0, 1], 0, 0], // 10/3 * 2.0 - 20/3
  ] as const;
  for (const [outcome, backed, laid] of table) {
    for (const [side, expected] of [
      [BACK, backed],
      [LAY, laid],
    ] as const) {
      const numbers = new NetBets(1, 1).copyOf(0);
      addMatched(numbers, { selection: 0, side, sizeMinor: 10, priceMilli: 3_000 });
      const { parts, thousandths } = resultOver({ marketId: 'm', selections: ['s'], outcomes: { s: outcome } }, numbers);
      assert.equal(Number(thousandths) / parts, expected, JSON.stringify([outcome, side]));
      const [won, wonOf, back, backOf] = outcome;
      const paid = payoutMinor(10_000, 3_000, { won: [won, wonOf], back: [back, backOf] }) - 10_000;
      if (side === BACK) assert.equal(Number(thousandths) / parts, paid, 'as a bet of a thousand times the stake');
    }
  }
});

test('an Asian handicap on a quarter line settles to half results', () => {
  const world = worldWithExchange({ commissionPpm: 0 });
  const marketId = `${FIXTURE}/ah@-0.75`;
  world.done({ type: 'OpenMarket', marketId, startAt: KICK_OFF });
  world.done({ type: 'OpenExchange', marketId, terms: { commissionPpm: 0, ladder: 'finest' } });
  order(world, 'b', ANA, { marketId, priceMilli: 1_930 });
  order(world, 'l', CY, { marketId, side: 'lay', priceMilli: 1_930 });
  settle(world); // home -0.75 wins by one: half won: 5.00 * 0.93
  assert.deepEqual(
    [wallet(world, ANA), wallet(world, CY)],
    [
      [10_465, 0],
      [99_535, 0],
    ],
  );
});

test('2,500 holders are settled in three chunks, each once', () => {
  const world = worldWithExchange({ stakeMinMinor: 1 });
  for (let n = 0; n < 2_499; n++) {
    const usr = idOf('usr', `${n}`);
    world.done({ type: 'IssueFunds', holder: usr, ownerId: usr, tenantId: 'ten_00000000000000000000000001', amountMinor: 100 });
    order(world, `b${n}`, usr, { sizeMinor: 10 });
  }
  order(world, 'l', CY, { side: 'lay', sizeMinor: 24_990 });
  settle(world);
  const chunks = events(world, 'NetBetsSettled').map((e) => e.data.holders.length);
  assert.deepEqual(chunks, [SETTLE_CHUNK_HOLDERS, SETTLE_CHUNK_HOLDERS, 500]);
  assert.deepEqual(wallet(world, CY), [100_000 - 24_990, 0]);
  checkExchange(world);
});

const wish = fc.record({
  what: fc.constantFrom('order', 'order', 'order', 'order', 'cancel', 'replace', 'market', 'off', 'time', 'reload'),
  who: fc.constantFrom(ANA, BEA, CY, DI),
  selectionId: fc.constantFrom('home', 'draw', 'away'),
  side: fc.constantFrom('back' as const, 'lay' as const),
  kind: fc.constantFrom(
    'limit' as const,
    'limit' as const,
    'limit' as const,
    'limit-on-close' as const,
    'market-on-close' as const,
  ),
  priceMilli: fc.constantFrom(1_010, 1_500, 1_990, 2_000, 2_020, 2_500, 3_050, 12_000, 1_000_000),
  sizeMinor: fc.integer({ min: 1, max: 4_000 }),
  persistence: fc.constantFrom('lapse' as const, 'persist' as const, 'sp' as const),
  timeInForce: fc.constantFrom('rest' as const, 'rest' as const, 'fill-or-kill' as const),
  pick: fc.nat(40),
});

test('any trading keeps the money, the holds and the books; state and snapshot are the fold of the events; settling empties the escrow', () => {
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 40 }), fc.integer({ min: 0, max: 2 }), fc.boolean(), (wishes, home, oldest) => {
      const world = worldWithExchange(
        { stakeMinMinor: 1, spLiabilityMinMinor: 1, selfTrade: oldest ? 'cancel-oldest' : 'cancel-newest' },
        stateHash,
      );
      for (const [n, { pick, what, who, ...w }] of wishes.entries()) {
        const owner = { ownerId: who };
        const other = idOf('ord', `${pick}`);
        if (what === 'order') {
          const priceMilli = w.kind === 'market-on-close' ? null : w.priceMilli;
          world.ask(orderCommand(`${n}`, who, { ...w, priceMilli }), 'api', owner);
        } else if (what === 'cancel') world.ask({ type: 'CancelOrder', orderId: other, sizeMinor: w.sizeMinor }, 'operator');
        else if (what === 'replace')
          world.ask(
            { type: 'ReplaceOrder', orderId: other, newOrderId: idOf('ord', `${n}`), priceMilli: w.priceMilli },
            'api',
            owner,
          );
        else if (what === 'market') world.ask({ type: pick % 2 ? 'SuspendMarket' : 'ReopenMarket', target: WINNER, reason: 'x' });
        else if (what === 'off' && pick < 10)
          world.ask({ type: 'TurnInPlay', marketId: WINNER, betDelayMs: pick % 2 ? 5_000 : 0 });
        else if (what === 'time') world.goTo(world.now + pick * 500);
        else if (what === 'reload') assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
        checkExchange(world);
      }
      const loaded = loadState(dumpState(world.state));
      const from = world.events.length;
      const before = [ANA, BEA, CY, DI]
        .map((who) => world.available(who) + world.held(who))
        .reduce((a, b) => a + b, escrow(world));
      settle(world, { scores: [goals(home, 1)] });
      world.goTo(world.now + 60_000);
      checkExchange(world);
      assert.equal(escrow(world), 0);
      assert.equal(world.ledger.exchange.orders.size, 0);
      const after = [ANA, BEA, CY, DI].map((who) => world.available(who)).reduce((a, b) => a + b, fees(world) + rounding(world));
      assert.equal(after, before);
      assert.ok(rounding(world) >= 0);
      // The same events on what was loaded, and on nothing at all, give the same bytes.
      for (const event of world.events.slice(from)) evolve(loaded, event);
      assert.equal(stateHash(loaded), stateHash(world.state));
      const again = initialShard();
      for (const event of world.events) evolve(again, event);
      assert.equal(stateHash(again), stateHash(world.state));
      assert.ok(world.asked.every(({ decision }) => isRefusal(decision) || decision.length > 0));
    }),
    { numRuns: 150 },
  );
});

test('a market whose net bets are unpaid is not archived, however short the correction window', () => {
  const world = worldWithExchange();
  world.done({ type: 'SetLimits', limits: { correctionWindowMs: 0 } });
  order(world, 'b', ANA, { priceMilli: 3_000 });
  order(world, 'l', CY, { side: 'lay', priceMilli: 3_000 });
  settle(world);
  assert.deepEqual([wallet(world, ANA), wallet(world, CY), escrow(world)], [[11_900, 0], [98_000, 0], 0]);
  assert.equal(world.events.at(-1)?.type, 'MarketArchived');
  assert.equal(world.ledger.timers.size, 0);
});
