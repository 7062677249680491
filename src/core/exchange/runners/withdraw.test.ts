// Non-runners on the exchange, worked out by hand: what is void, what is reduced, whose money moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { finish, finishRace, RACE, worldWithRace } from '../../bets/runners/race-for-tests.ts';
import { ANA, answerOf, BEA, resultOf, WINNER, type World, worldWithMarket } from '../../kernel/world-for-tests.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { type LedgerState, marketOf } from '../../kernel/state.ts';
import { debtOf, scoreFor } from '../../settlement/corrections/corrections-for-tests.ts';
import { cancel, checkExchange, CY, DI, escrow, fund, openMinor, order, wallet } from '../exchange-for-tests.ts';
import { liabilityLeft, reducedMilli } from './reduction.ts';
import { onRunnerGone } from './withdraw.ts';

const SELECTIONS = ['home', 'draw', 'away'] as const;

/** The match as a race of three with one winner: a market that keeps what is matched by price. */
function race(): World {
  const world = worldWithMarket();
  Object.assign(marketIn(world.ledger), { runners: { places: 1, withdrawals: [] } });
  fund(world);
  world.done({ type: 'OpenExchange', marketId: WINNER, terms: {} });
  return world;
}

function marketIn(ledger: LedgerState): NonNullable<ReturnType<typeof marketOf>> {
  const market = marketOf(ledger, WINNER);
  assert.ok(market);
  return market;
}

function withdraw(world: World, name: (typeof SELECTIONS)[number], factorPpm: number, ownPpm: Record<string, number> = {}): void {
  const selection = SELECTIONS.indexOf(name);
  onRunnerGone(world.ledger, marketIn(world.ledger), { selection, factorPpm, ownPpm, at: world.now });
}

const gone = (world: World, name: (typeof SELECTIONS)[number], factorPpm: number, ownPpm?: Record<string, number>): void => {
  withdraw(world, name, factorPpm, ownPpm);
  world.goTo(world.now);
};

test('bets on the runner are void, the others are reduced on both sides, and escrow is what the new exposures need', () => {
  const world = race();
  const trade = (name: string, back: string, lay: string, wish: object): void => {
    order(world, `b ${name}`, back, wish);
    order(world, `l ${name}`, lay, { ...wish, side: 'lay' });
  };
  trade('home', ANA, CY, { priceMilli: 8_000 });
  trade('away', ANA, DI, { priceMilli: 3_000, sizeMinor: 500, selectionId: 'away' });
  trade('draw', BEA, CY, { priceMilli: 4_000, selectionId: 'draw' });
  // Ana -15.00 if the draw wins; Cy +20.00 - 80.00 = -60.00 if home does; Di -10.00; Bea -10.00.
  assert.equal(escrow(world), 1_500 + 6_000 + 1_000 + 1_000);
  gone(world, 'draw', 250_000);
  // 8.0 becomes 6.0 and 3.0 becomes 2.25. One of two wins now:
  //   Ana: home +50.00 - 5.00, away +6.25 - 10.00: 3.75; Cy: home -50.00; Di: away -6.25; Bea: nothing.
  assert.equal(escrow(world), 375 + 5_000 + 625);
  const wallets = [ANA, BEA, CY, DI].map((one) => wallet(world, one)[0]);
  assert.deepEqual(wallets, [10_000 - 375, 10_000, 100_000 - 5_000, 100_000 - 625]);
  checkExchange(world);
  world.done({ type: 'RecordResult', result: resultOf({ scores: scoreFor('home') }) }, 'feed');
  world.goTo(world.now);
  // 45.00 less 5 % = 42.75; -50.00; 5.00 less 5 % = 4.75.
  assert.deepEqual([ANA, BEA, CY, DI].map((one) => wallet(world, one)), [[14_275, 0], [10_000, 0], [95_000, 0], [100_475, 0]]); // prettier-ignore
  assert.equal(escrow(world), 0);
});

test('orders on the runner leave the books, and unmatched lays on the others when its factor is large', () => {
  for (const [factorPpm, lay] of [
    [24_999, 1_000],
    [25_000, 0],
  ] as const) {
    const world = race();
    order(world, 'back', ANA, { priceMilli: 4_000, persistence: 'persist' });
    order(world, 'lay', CY, { side: 'lay', priceMilli: 2_000 });
    order(world, 'on it', DI, { selectionId: 'draw', priceMilli: 4_000 });
    order(world, 'at start', DI, { selectionId: 'draw', kind: 'market-on-close', priceMilli: null });
    withdraw(world, 'draw', factorPpm);
    assert.equal(answerOf(order(world, 'early', CY, { side: 'lay', priceMilli: 5_000 })), 'market_suspended');
    assert.equal(answerOf(world.ask({ type: 'TurnInPlay', marketId: WINNER, betDelayMs: 0 })), 'market_suspended');
    assert.equal(answerOf(cancel(world, 'at start', DI)), 'OrdersReduced');
    world.goTo(world.now);
    assert.deepEqual(
      ['back', 'lay', 'on it', 'at start'].map((name) => openMinor(world, name)),
      [1_000, lay, 0, 0],
    );
    assert.deepEqual(wallet(world, DI), [100_000, 0]);
    assert.equal(world.ledger.timers.size, 0);
    checkExchange(world);
  }
});

test('a lay at any starting price carries less, one with a limit as much as before', () => {
  const world = race();
  const close = { side: 'lay', kind: 'market-on-close', priceMilli: null, sizeMinor: 10_000 } as const;
  order(world, 'any', CY, close);
  order(world, 'limit', DI, { ...close, kind: 'limit-on-close', priceMilli: 3_000 });
  gone(world, 'draw', 300_000, { home: 200_000 });
  assert.deepEqual([openMinor(world, 'any'), openMinor(world, 'limit')], [6_250, 10_000]);
  assert.deepEqual(wallet(world, CY), [93_750, 6_250]);
  checkExchange(world);
});

test('who covered one runner with another and must now put up what he has not, owes it', () => {
  const world = race();
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  // Bea lays home and draw: whichever wins costs 10.00, which the other brings: nothing at stake.
  order(world, 'b home', ANA);
  order(world, 'l home', BEA, { side: 'lay' });
  order(world, 'b draw', DI, { selectionId: 'draw' });
  order(world, 'l draw', BEA, { selectionId: 'draw', side: 'lay' });
  assert.deepEqual(wallet(world, BEA), [10_000, 0]);
  world.done({ type: 'ReclaimFunds', holder: BEA, amountMinor: 9_900 });
  gone(world, 'draw', 20_000);
  // Now home costs her 10.00: 1.00 is there, 9.00 are owed.
  assert.deepEqual([wallet(world, BEA), debtOf(world, BEA), escrow(world)], [[0, 0], -900, 1_000 + 1_000]);
  checkExchange(world);
  world.done({ type: 'RecordResult', result: resultOf({ scores: scoreFor('away') }) }, 'feed');
  world.goTo(world.now);
  // 10.00 back and 9.50 won: 9.00 repay the debt.
  assert.deepEqual([wallet(world, BEA), debtOf(world, BEA)], [[1_050, 0], 0]);
});

test('what a smaller lay at any starting price gives back pays for what the same withdrawal takes: nothing is owed', () => {
  const world = race();
  order(world, 'b home', ANA);
  order(world, 'l home', BEA, { side: 'lay' });
  order(world, 'b draw', DI, { selectionId: 'draw' });
  order(world, 'l draw', BEA, { selectionId: 'draw', side: 'lay' });
  // All that she has: 100.00 if home wins.
  order(world, 'any', BEA, { side: 'lay', kind: 'market-on-close', priceMilli: null, sizeMinor: 10_000 });
  assert.deepEqual(wallet(world, BEA), [0, 10_000]);
  gone(world, 'draw', 300_000, { home: 200_000 });
  // 62.50 of the 100.00 stay; home at 2.0 becomes 1.4 and costs her 4.00 that the draw no longer brings.
  assert.deepEqual([wallet(world, BEA), debtOf(world, BEA), escrow(world)], [[3_350, 6_250], 0, 400 + 1_000]);
  checkExchange(world);
});

test('two withdrawals reduce one after the other, each price rounded as it goes', () => {
  const world = race();
  order(world, 'b', ANA, { priceMilli: 7_400 });
  order(world, 'l', CY, { side: 'lay', priceMilli: 7_400 });
  withdraw(world, 'draw', 101_000);
  withdraw(world, 'away', 33_300);
  world.goTo(world.now);
  // 7.4 x 0.899 = 6.6526: 6.65; x 0.9667 = 6.428555: 6.43.
  assert.equal(escrow(world), 5_430);
  assert.deepEqual(wallet(world, CY), [100_000 - 5_430, 0]);
  checkExchange(world);
});

test('whatever was traded: escrow is what an order-by-order reckoning of the reduced bets gives, money is conserved, replay is exact', () => {
  const wish = fc.record({
    who: fc.constantFrom(ANA, BEA, CY, DI),
    side: fc.constantFrom('back' as const, 'lay' as const),
    selectionId: fc.constantFrom(...SELECTIONS),
    priceMilli: fc.constantFrom(1_010, 1_500, 2_000, 3_050, 7_000),
    sizeMinor: fc.integer({ min: 100, max: 3_000 }),
  });
  const factor = fc.integer({ min: 0, max: 900_000 });
  let reduced = 0;
  fc.assert(
    fc.property(fc.array(wish, { minLength: 5, maxLength: 30 }), fc.constantFrom(...SELECTIONS), factor, (wishes, out, ppm) => {
      const world = race();
      for (const [i, { who, ...rest }] of wishes.entries()) order(world, `${i}`, who, rest);
      gone(world, out, ppm);
      checkExchange(world);
      assert.equal(escrow(world), naiveEscrow(world, { out, ppm }));
      assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
      reduced += world.events.filter((e) => e.type === 'OrdersMatched').length;
    }),
    { numRuns: 120 },
  );
  assert.ok(reduced > 100);
});

/** Every fill by itself, every runner that is left as the winner. */
function naiveEscrow(world: World, { out, ppm }: { out: string; ppm: number }): number {
  const placed = new Map<string, NewEvent<'OrderPlaced'>['data']>();
  for (const e of world.events) if (e.type === 'OrderPlaced') placed.set(e.data.orderId, e.data);
  const left = SELECTIONS.filter((name) => name !== out);
  const results = new Map<string, number[]>();
  const bet = (orderId: string, priceMilli: number, sizeMinor: number): void => {
    const { holder, selectionId, side } = placed.get(orderId) as NewEvent<'OrderPlaced'>['data'];
    const mine = results.get(holder) ?? left.map(() => 0);
    results.set(holder, mine);
    if (selectionId === out) return;
    const hundredths =
      ppm < 25_000 ? priceMilli / 10 : Number((BigInt(priceMilli) * BigInt(1_000_000 - ppm) + 5_000_000n) / 10_000_000n);
    const price = Math.max(101, hundredths) * 10;
    const sign = side === 'back' ? 1 : -1;
    left.forEach((name, i) => (mine[i]! += sign * sizeMinor * (name === selectionId ? price - 1_000 : -1_000)));
  };
  for (const e of world.events) {
    if (e.type !== 'OrdersMatched') continue;
    for (const [makerId, price, size] of e.data.fills) {
      bet(makerId, price, size);
      bet(e.data.orderId, price, size);
    }
  }
  let sum = 0;
  for (const mine of results.values()) sum += Math.ceil(Math.max(0, -Math.min(...mine)) / 1_000);
  return sum;
}

test('reducedMilli() by hand: win markets lose a share of the price from 2.5 %, place markets of the winnings, never below 1.01', () => {
  for (const [price, ppm, kind, expected] of [
    [8_000, 250_000, 'win', 6_000],
    [8_000, 250_000, 'place', 6_250], // the example of the exchange's help page 406
    [3_350, 300_100, 'win', 2_340], // 3.35 x 0.6999 = 2.344665
    [2_000, 24_999, 'win', 2_000],
    [2_000, 25_000, 'win', 1_950],
    [2_000, 24_100, 'place', 1_980], // 1 + 0.9759
    [1_200, 400_000, 'win', 1_010], // 0.72
    [1_010, 900_000, 'place', 1_010], // 1.001
    [1_030, 500_000, 'place', 1_020], // 1.015 goes up
    [1_000_000, 100_000, 'win', 900_000],
  ] as const)
    assert.equal(reducedMilli(price, ppm, kind), expected, JSON.stringify([price, ppm, kind]));
});

test('liabilityLeft() by hand, rounded up', () => {
  // 100.00 on a runner of 20 % when one of 30 % goes: 1 - 30/80 = 62.5 %.
  assert.equal(liabilityLeft(10_000, { factorPpm: 300_000, ownPpm: 200_000, kind: 'win' }), 6_250);
  assert.equal(liabilityLeft(10_000, { factorPpm: 300_000, ownPpm: 200_000, kind: 'place' }), 7_000);
  assert.equal(liabilityLeft(10_001, { factorPpm: 333_333, ownPpm: 0, kind: 'win' }), 6_668); // 6,667.3...
  assert.equal(liabilityLeft(10_000, { factorPpm: 900_000, ownPpm: 200_000, kind: 'win' }), 10_000);
});

test('WithdrawRunner reaches the exchange of a race: what was matched is reduced, the runner is out, the market suspended', () => {
  const world = worldWithRace();
  fund(world);
  world.done({ type: 'OpenExchange', marketId: RACE, terms: {} });
  const on = { marketId: RACE, selectionId: 'grey', priceMilli: 8_000 };
  order(world, 'b', ANA, on);
  order(world, 'l', CY, { ...on, side: 'lay' });
  order(world, 'out', DI, { ...on, selectionId: 'asti' });
  const cmd = { type: 'WithdrawRunner', marketId: RACE, selectionId: 'asti', priceMilli: 2_500, at: world.now } as const;
  assert.equal(answerOf(world.ask({ ...cmd, reductionPpm: 1_000_001 })), 'malformed');
  assert.equal(answerOf(world.ask({ ...cmd, factors: { nobody: 1 } })), 'malformed');
  // Its price says 40 %: 8.0 becomes 4.8.
  world.done(cmd);
  world.goTo(world.now);
  assert.deepEqual([escrow(world, RACE), wallet(world, CY), openMinor(world, 'out')], [1_000 + 3_800, [100_000 - 3_800, 0], 0]);
  world.done({ type: 'ReopenMarket', target: RACE, reason: 'test' });
  assert.equal(answerOf(order(world, 'again', DI, { ...on, selectionId: 'asti' })), 'selection_withdrawn');
  assert.equal(answerOf(order(world, 'else', DI, { ...on, selectionId: 'bay' })), 'OrderPlaced');
  finishRace(world, finish('grey', 'bay', 'colt'));
  // 38.00 less 5 % = 36.10.
  assert.deepEqual([world.available(ANA), wallet(world, CY)], [1_000_000 + 3_610, [96_200, 0]]);
  assert.equal(escrow(world, RACE), 0);
  checkExchange(world);
});

test('a runner that only the result says took no part is void on the exchange, and nobody else is reduced', () => {
  const world = worldWithRace();
  fund(world);
  world.done({ type: 'OpenExchange', marketId: RACE, terms: {} });
  for (const selectionId of ['asti', 'grey']) {
    order(world, `b ${selectionId}`, ANA, { marketId: RACE, selectionId, priceMilli: 8_000 });
    order(world, `l ${selectionId}`, CY, { marketId: RACE, selectionId, priceMilli: 8_000, side: 'lay' });
  }
  const withdrawn = [{ participantId: 'asti', at: world.now, deductionPpm: 400_000 }];
  finishRace(world, finish('grey', 'bay', 'colt'), { withdrawn });
  assert.deepEqual([world.available(ANA), wallet(world, CY)], [1_000_000 + 6_650, [93_000, 0]]);
  checkExchange(world);
});
