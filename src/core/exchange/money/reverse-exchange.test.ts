// Taking a settlement of net bets back: mirrored to the minor unit, in chunks, with debts for what was spent, and the same end as if the right
// outcome had been declared at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { ANA, BEA, idOf, resultOf, TENANT, WINNER, type World } from '../../kernel/world-for-tests.ts';
import { isRefusal, type NewEvent } from '../../kernel/event.ts';
import { balancesOf, debtOf, OLGA, previewOf, scoreFor, wonBy } from '../../settlement/corrections/corrections-for-tests.ts';
import { checkExchange, CY, DI, escrow, order, wallet, worldWithExchange } from '../exchange-for-tests.ts';

type Winner = 'home' | 'draw' | 'away';
const fees = (world: World): number => world.ledger.accounts.balance('fees:commission', 'PLAY');
const eventsOf = <T extends NewEvent['type']>(world: World, type: T): NewEvent<T>[] =>
  world.events.filter((e) => e.type === type) as NewEvent<T>[];

function worldWithRule(): World {
  const world = worldWithExchange();
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  world.done({ type: 'SetLimits', limits: { approvalAboveMinor: 1_000_000_000 } });
  return world;
}

function declare(world: World, version: number, winner: Winner): void {
  world.done({ type: 'RecordResult', result: resultOf({ version, scores: scoreFor(winner) }) }, 'feed');
  world.goTo(world.now);
}

test('a settlement is taken back with its commission and settled anew', () => {
  const world = worldWithRule();
  order(world, 'b', ANA, { priceMilli: 3_000 });
  order(world, 'l', CY, { side: 'lay', priceMilli: 3_000 });
  declare(world, 1, 'home');
  // Ana won 20.00 less 1.00 commission.
  assert.deepEqual([wallet(world, ANA), wallet(world, CY), fees(world)], [[11_900, 0], [98_000, 0], 100]);
  declare(world, 2, 'draw');
  // Cy won 10.00 less 0.50.
  assert.deepEqual([wallet(world, ANA), wallet(world, CY), fees(world), escrow(world)], [[9_000, 0], [100_950, 0], 50, 0]);
  assert.deepEqual(eventsOf(world, 'NetBetsReversed')[0]?.data, {
    commissionMinor: 100,
    // The last one paid first.
    holders: [
      [CY, -2_000],
      [ANA, 1_900],
    ],
    marketId: WINNER,
    next: 0,
  });
  checkExchange(world);
});

test('winnings that are spent are owed, and what comes repays them first', () => {
  const world = worldWithRule();
  order(world, 'b', ANA, { priceMilli: 3_000 });
  order(world, 'l', CY, { side: 'lay', priceMilli: 3_000 });
  declare(world, 1, 'home');
  world.done({ type: 'ReclaimFunds', holder: ANA, amountMinor: 11_900 });
  declare(world, 2, 'draw');
  // She had 119.00 and spent it; 29.00 of that were winnings and stake that were not hers: 19.00 won wrongly and the stake lost.
  assert.deepEqual([world.available(ANA), debtOf(world), world.available(CY)], [0, -2_900, 100_950]);
  world.done({ type: 'IssueFunds', holder: ANA, ownerId: ANA, tenantId: TENANT, amountMinor: 3_000 });
  assert.deepEqual([world.available(ANA), debtOf(world)], [100, 0]);
});

test('a correction that comes while the net bets are being paid takes back what was paid so far', () => {
  const world = worldWithRule();
  order(world, 'l', DI, { side: 'lay', priceMilli: 1_100, sizeMinor: 260_000 });
  for (let n = 0; n < 1_300; n++) {
    const usr = idOf('usr', `many ${n}`);
    world.done({ type: 'IssueFunds', holder: usr, ownerId: usr, tenantId: TENANT, amountMinor: 1_000 });
    order(world, `b ${n}`, usr, { priceMilli: 1_100, sizeMinor: 200 });
  }
  world.done({ type: 'RecordResult', result: resultOf({ scores: scoreFor('home') }) }, 'feed');
  while (eventsOf(world, 'NetBetsSettled').length === 0) world.fire();
  assert.equal(eventsOf(world, 'ExchangeSettled').length, 0);
  declare(world, 2, 'away');
  assert.deepEqual(
    eventsOf(world, 'NetBetsReversed').map((e) => [e.data.holders.length, e.data.next]),
    [[1_000, 0]],
  );
  // The whole stakes are Di's: 1,300 x 2.00 less 5 %.
  assert.deepEqual(wallet(world, DI), [100_000 + 260_000 - 13_000, 0]);
  assert.equal(escrow(world), 0);
  checkExchange(world);
  declare(world, 3, 'home');
  assert.deepEqual(
    eventsOf(world, 'NetBetsReversed').map((e) => [e.data.holders.length, e.data.next]),
    [
      [1_000, 0],
      [1_000, 301],
      [301, 0],
    ],
  );
  assert.deepEqual([wallet(world, DI), escrow(world)], [[100_000 - 26_000, 0], 0]);
});

test('a preview counts what changes hands on the exchange, by hand', () => {
  const world = worldWithRule();
  order(world, 'b', ANA, { priceMilli: 3_000 });
  order(world, 'l', CY, { side: 'lay', priceMilli: 3_000 });
  declare(world, 1, 'home');
  // Ana: from +19.00 to -10.00; Cy: from -20.00 to +9.50.
  const { losers, movedMinor, winners } = previewOf(world, wonBy('draw'));
  assert.deepEqual([winners, losers, movedMinor], [[{ holder: CY, changeMinor: 2_950 }], [{ holder: ANA, changeMinor: -2_900 }], 2_950]); // prettier-ignore
});

test('outcomes that no exposure allows for are paid all the same: who owes more than is in escrow pays it, or owes it', () => {
  const world = worldWithRule();
  // Ana backs home and draw: 10.00 each at 2.0 and 4.0; exposure 20.00 (away). Cy lays both: if one of them wins he loses 20.00 at most.
  order(world, 'h', ANA, { priceMilli: 2_000 });
  order(world, 'd', ANA, { priceMilli: 4_000, selectionId: 'draw' });
  order(world, 'lh', CY, { side: 'lay', priceMilli: 2_000 });
  order(world, 'ld', CY, { side: 'lay', priceMilli: 4_000, selectionId: 'draw' });
  assert.deepEqual([wallet(world, CY), escrow(world)], [[98_000, 0], 4_000]);
  // By hand, and wrong: home and draw both win. Cy loses 10.00 + 30.00, of which 20.00 were in escrow.
  const outcomes = { away: [0, 1, 0, 1], draw: [1, 1, 0, 1], home: [1, 1, 0, 1] } as const;
  world.done({ type: 'SettleMarket', marketId: WINNER, outcomes, reason: 'test' }, 'operator', { ownerId: OLGA });
  world.goTo(world.now);
  assert.deepEqual([wallet(world, ANA), wallet(world, CY), fees(world), escrow(world)], [[13_800, 0], [96_000, 0], 200, 0]);
  const right = wonBy('draw');
  world.done({ type: 'SettleMarket', marketId: WINNER, outcomes: right, reason: 'test' }, 'operator', { ownerId: OLGA });
  world.goTo(world.now);
  // Ana: -10.00 + 30.00 = 20.00 less 1.00.
  assert.deepEqual([wallet(world, ANA), wallet(world, CY), fees(world), escrow(world)], [[11_900, 0], [98_000, 0], 100, 0]);
  checkExchange(world);
});

test('whatever was traded and declared: settled, reversed and settled again is the same as settled once', () => {
  const wish = fc.record({
    who: fc.constantFrom(ANA, BEA, CY, DI),
    side: fc.constantFrom('back' as const, 'lay' as const),
    selectionId: fc.constantFrom('home', 'draw', 'away'),
    priceMilli: fc.constantFrom(1_010, 1_500, 2_000, 3_050, 7_000),
    sizeMinor: fc.integer({ min: 100, max: 3_000 }),
  });
  const winner = fc.constantFrom<Winner>('home', 'draw', 'away');
  let reversed = 0;
  fc.assert(
    fc.property(fc.array(wish, { minLength: 4, maxLength: 25 }), winner, winner, (wishes, first, second) => {
      const trade = (): World => {
        const world = worldWithRule();
        for (const [i, { who, ...rest }] of wishes.entries()) order(world, `${i}`, who, rest);
        return world;
      };
      const once = trade();
      declare(once, 1, second);
      const wanted = balancesOf(once);
      const corrected = trade();
      declare(corrected, 1, first);
      declare(corrected, 2, second);
      assert.equal(balancesOf(corrected), wanted);
      const back = trade();
      declare(back, 1, second);
      declare(back, 2, first);
      declare(back, 3, second);
      assert.equal(balancesOf(back), wanted);
      checkExchange(back);
      reversed += eventsOf(back, 'NetBetsReversed').length;
      assert.equal(stateHash(loadState(dumpState(back.state))), stateHash(back.state));
    }),
    { numRuns: 100 },
  );
  assert.ok(reversed > 50);
});

test('a correction of an exchange is no longer refused', () => {
  const world = worldWithRule();
  order(world, 'b', ANA);
  declare(world, 1, 'home');
  const wish = { type: 'SettleMarket', marketId: WINNER, outcomes: wonBy('away'), reason: 'test' } as const;
  assert.equal(isRefusal(world.ask(wish, 'operator', { ownerId: OLGA })), false);
});
