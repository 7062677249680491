// The off and a withdrawal carried out in small pieces: the same as in one, at each step exact, and nobody's to disturb meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { finish, finishRace, RACE, worldWithRace } from '../../bets/runners/race-for-tests.ts';
import { evolve } from '../../evolve.ts';
import type { Envelope } from '../../kernel/command.ts';
import { isRefusal, type NewEvent } from '../../kernel/event.ts';
import { marketOf } from '../../kernel/state.ts';
import { ANA, answerOf, BEA, BOT, idOf, resultOf, WINNER, type World } from '../../kernel/world-for-tests.ts';
import { debtOf } from '../../settlement/corrections/corrections-for-tests.ts';
import { cancel, checkExchange, CY, DI, escrow, fund, openMinor, order, type OrderWish, replace, wallet, worldWithExchange } from '../exchange-for-tests.ts'; // prettier-ignore
import { lapseChunk } from '../orders/lapse-orders.ts';
import { withdrawChunk } from '../runners/withdraw.ts';
import { makeStartingPrice } from '../starting-price-for-tests.ts';
import { OFF_CHUNK_ORDERS } from './off-chunk.ts';

const PEOPLE = [ANA, BEA, CY, DI];
const EVER = Number.MAX_SAFE_INTEGER;
const atMarket = { kind: 'market-on-close', priceMilli: null } as const;

type Chunk = typeof lapseChunk;

/** The next chunk of `most` orders, folded and checked. */
function step(world: World, chunk: Chunk, marketId: string, most: number): readonly NewEvent[] {
  const market = marketOf(world.ledger, marketId);
  assert.ok(market);
  const key = 'test';
  const cmd = { type: 'FireTimer', key, dueAt: world.now } as const;
  const actor = { ownerId: ANA, tenantId: 'ten_00000000000000000000000001', via: 'timer' } as const;
  const envelope: Envelope = { commandId: idOf('cmd', `${world.events.length} step`), ledgerId: world.ledger.ledgerId, actor, payloadHash: '0'.repeat(32), lane: 'facts', cmd }; // prettier-ignore
  const before = stateHash(world.state);
  const events = chunk(world.ledger, { envelope, context: world.context() }, market, most);
  assert.ok(!isRefusal(events));
  assert.equal(stateHash(world.state), before);
  for (const e of events) {
    evolve(world.state, e);
    world.events.push(e);
    checkExchange(world);
  }
  return events;
}

/** All of it in pieces; after each the snapshot is loaded again and gives the same state. */
function carryOut(world: World, { chunk, marketId, most }: { chunk: Chunk; marketId: string; most: number }): number {
  let steps = 0;
  while (step(world, chunk, marketId, most).length > 0) {
    steps++;
    assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
  }
  return steps;
}

/** What people see of it in the end. */
function ends(world: World, marketId: string): unknown {
  const { exchange, holders } = world.ledger;
  const { netBets, startingPrices } = exchange.market(marketOf(world.ledger, marketId)?.row ?? -1);
  const left = [...exchange.orders.openRows()].map((row): [string, number] => [
    exchange.orders.idOf(row),
    exchange.orders.sizeMinor(row),
  ]);
  return {
    wallets: holders.map(({ id }) => [...wallet(world, id), debtOf(world, id)]),
    escrow: escrow(world, marketId),
    positions: Array.from({ length: netBets.count }, (_, i) => Array.from(netBets.copyOf(netBets.holderAt(i)))),
    matched: holders.map((_, row) => [...(netBets.prices?.of(row) ?? [])].sort((a, b) => a[0] - b[0] || a[1] - b[1])),
    startingPrices,
    left: left.sort((a, b) => (a[0] < b[0] ? -1 : 1)),
  };
}

interface Wish extends OrderWish {
  readonly who: number;
}

function wishOf(selections: readonly string[]): fc.Arbitrary<Wish> {
  const common = {
    who: fc.nat({ max: PEOPLE.length - 1 }),
    selectionId: fc.constantFrom(...selections),
    side: fc.constantFrom('back' as const, 'lay' as const),
    sizeMinor: fc.integer({ min: 1_000, max: 4_000 }),
  };
  const priceMilli = fc.constantFrom(1_500, 2_000, 3_000, 3_050, 7_000);
  return fc.oneof(
    fc.record({ ...common, kind: fc.constant('market-on-close' as const), priceMilli: fc.constant(null) }),
    fc.record({ ...common, kind: fc.constant('limit-on-close' as const), priceMilli }),
    fc.record({ ...common, priceMilli, persistence: fc.constantFrom('lapse' as const, 'persist' as const, 'sp' as const) }),
  );
}

function trade(world: World, wishes: readonly Wish[], marketId: string): void {
  for (const usr of PEOPLE) world.done({ type: 'IssueFunds', holder: usr, ownerId: usr, tenantId: 'ten_00000000000000000000000001', amountMinor: 1_000_000 }); // prettier-ignore
  for (const [i, { who, ...wish }] of wishes.entries()) order(world, `${i}`, PEOPLE[who] as string, { marketId, ...wish });
}

test('whatever is in the books: the off in small pieces ends as the off in one, each event exact, each piece a sound snapshot', () => {
  let pieces = 0;
  const kinds = new Set<string>();
  const most = fc.integer({ min: 1, max: 4 });
  fc.assert(
    fc.property(
      fc.array(wishOf(['home', 'draw']), { minLength: 3, maxLength: 25 }),
      most,
      fc.boolean(),
      (wishes, size, suspended) => {
        const [one, small] = [worldWithExchange(), worldWithExchange()];
        for (const world of [one, small]) {
          trade(world, wishes, WINNER);
          // What is about to lapse by a suspension takes no part in the starting price.
          if (suspended) world.done({ type: 'SuspendMarket', target: WINNER, reason: 'test' });
          world.done({ type: 'TurnInPlay', marketId: WINNER, betDelayMs: 0 });
          checkExchange(world);
        }
        carryOut(one, { chunk: lapseChunk, marketId: WINNER, most: EVER });
        pieces = Math.max(pieces, carryOut(small, { chunk: lapseChunk, marketId: WINNER, most: size }));
        assert.deepEqual(ends(small, WINNER), ends(one, WINNER));
        for (const e of one.events) {
          if (e.type === 'StartingPriceMade') kinds.add(e.data.limits ? 'limits' : e.data.priceMilli === 0 ? 'none' : 'made');
          if (e.type === 'OrdersReduced') kinds.add(e.data.reason);
        }
      },
    ),
    { numRuns: 150 },
  );
  assert.ok(pieces > 5);
  for (const kind of ['limits', 'none', 'made', 'self_trade', 'lapsed']) assert.ok(kinds.has(kind), kind);
});

test('whatever is in the books: a withdrawal in small pieces ends as one in a single piece, each event exact', () => {
  let [pieces, reduced, cut] = [0, 0, 0];
  const most = fc.integer({ min: 1, max: 3 });
  const factor = fc.constantFrom(10_000, 300_000);
  fc.assert(
    fc.property(
      fc.array(wishOf(['asti', 'bay', 'grey']), { minLength: 5, maxLength: 25 }),
      most,
      factor,
      (wishes, size, reductionPpm) => {
        const [one, small] = [worldWithRace(), worldWithRace()];
        for (const world of [one, small]) {
          fund(world);
          world.done({ type: 'OpenExchange', marketId: RACE, terms: {} });
          trade(world, wishes, RACE);
          world.done({
            type: 'WithdrawRunner',
            marketId: RACE,
            selectionId: 'asti',
            priceMilli: 2_500,
            reductionPpm,
            at: world.now,
          });
          checkExchange(world);
        }
        carryOut(one, { chunk: withdrawChunk, marketId: RACE, most: EVER });
        pieces = Math.max(pieces, carryOut(small, { chunk: withdrawChunk, marketId: RACE, most: size }));
        assert.deepEqual(ends(small, RACE), ends(one, RACE));
        for (const e of small.events) {
          if (e.type === 'MatchedBetsReduced' && !e.data.done) reduced++;
          if (e.type === 'OrdersReduced' && e.data.orders.some(([id]) => small.ledger.exchange.orders.find(id) >= 0)) cut++;
        }
      },
    ),
    { numRuns: 80 },
  );
  assert.ok(pieces > 5 && reduced > 20 && cut > 5, `${pieces} ${reduced} ${cut}`);
});

/** Ana and Bea back 10.00 each at the starting price, Cy lays 60.00 of liability; one piece of it is done. */
function halfway(): World {
  const world = worldWithExchange();
  order(world, 'a', ANA, atMarket);
  order(world, 'b', BEA, atMarket);
  order(world, 'c', CY, { ...atMarket, side: 'lay', sizeMinor: 6_000 });
  order(world, 'stays', DI, { priceMilli: 9_000, persistence: 'persist' });
  world.done({ type: 'TurnInPlay', marketId: WINNER, betDelayMs: 0 });
  step(world, lapseChunk, WINNER, 1);
  return world;
}

test('TurnInPlay declares the price and what is matched; the orders follow one by one, each with its part', () => {
  const world = halfway();
  const turned = world.events.find((e) => e.type === 'MarketTurnedInPlay');
  // 20.00 of stakes and 60.00 of liability meet at 4.0.
  assert.deepEqual(turned?.data, {
    betDelayMs: 0,
    marketId: WINNER,
    startingPrices: [
      { limitsMinor: [0, 0], ownLays: 0, priceMilli: 4_000, selectionId: 'home', takersMinor: [2_000, 2_000] },
    ],
  }); // prettier-ignore
  const { startingPrices } = world.ledger.exchange.market(0);
  assert.deepEqual(startingPrices, [4_000, 0, 0]);
  assert.deepEqual([openMinor(world, 'a'), openMinor(world, 'b'), openMinor(world, 'c')], [0, 1_000, 6_000]);
  assert.deepEqual([wallet(world, ANA), wallet(world, BEA), escrow(world)], [[9_000, 0], [9_000, 1_000], 1_000]);
  world.goTo(world.now);
  assert.deepEqual([wallet(world, BEA), wallet(world, CY), escrow(world)], [[9_000, 0], [94_000, 0], 8_000]);
  assert.equal(world.ledger.exchange.market(0).off, null);
});

test('while the off is carried out nothing is placed, cancelled or replaced, and it happens only once', () => {
  const world = halfway();
  const answers = [
    order(world, 'late', DI, { side: 'lay' }),
    cancel(world, 'b', BEA),
    cancel(world, 'stays', DI),
    world.ask({ type: 'CancelOrder', orderId: idOf('ord', 'c') }),
    replace(world, ['stays', 'anew'], DI, 5_000),
  ];
  assert.deepEqual(
    answers.map(answerOf),
    answers.map(() => 'market_suspended'),
  );
  assert.equal(answerOf(world.ask({ type: 'TurnInPlay', marketId: WINNER, betDelayMs: 0 })), 'already_resolved');
  world.goTo(world.now);
  assert.equal(answerOf(cancel(world, 'stays', DI)), 'OrdersReduced');
  assert.equal(answerOf(order(world, 'late', DI, { side: 'lay' })), 'OrderPlaced');
});

test('a close, a bar and the result that come meanwhile wait for the off: everybody has what was declared', () => {
  const world = halfway();
  world.done({ type: 'SetExclusion', ownerId: BEA, until: world.now + 86_400_000 });
  world.done({ type: 'PauseBot', botId: BOT, reason: 'test' });
  world.done({ type: 'CloseMarket', target: WINNER, reason: 'test' });
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  while (world.ledger.timers.first()?.dueAt === world.now) {
    world.fire();
    checkExchange(world);
  }
  world.goTo(world.now);
  // Both won 30.00, less 5 %; Cy lost 60.00; Di's order lapsed.
  assert.deepEqual(
    [ANA, BEA, CY, DI].map((one) => wallet(world, one)),
    [[12_850, 0], [12_850, 0], [94_000, 0], [100_000, 0]],
  ); // prettier-ignore
  assert.equal(escrow(world), 0);
});

test('a runner that is withdrawn while the off is carried out: first the starting price, then its bets are void', () => {
  const world = worldWithRace();
  fund(world);
  world.done({ type: 'OpenExchange', marketId: RACE, terms: {} });
  for (const selectionId of ['asti', 'grey']) {
    order(world, `back ${selectionId}`, ANA, { ...atMarket, marketId: RACE, selectionId });
    order(world, `lay ${selectionId}`, CY, { ...atMarket, marketId: RACE, selectionId, side: 'lay', sizeMinor: 7_000 });
  }
  world.done({ type: 'TurnInPlay', marketId: RACE, betDelayMs: 0 });
  step(world, lapseChunk, RACE, 1);
  world.done({ type: 'WithdrawRunner', marketId: RACE, selectionId: 'asti', priceMilli: 4_000, at: world.now });
  step(world, withdrawChunk, RACE, 1);
  assert.equal(world.events.at(-1)?.type, 'StartingPriceMade');
  world.goTo(world.now);
  // 10.00 against 70.00 is 8.0; a quarter of it goes with Asti: 6.0.
  assert.deepEqual([escrow(world, RACE), wallet(world, CY)], [1_000 + 5_000, [95_000, 0]]);
  finishRace(world, finish('grey', 'bay', 'colt'));
  assert.deepEqual([world.available(ANA), escrow(world, RACE)], [1_000_000 + 4_750, 0]);
  checkExchange(world);
});

test('while a withdrawal is followed orders can be cancelled, by whom it has come to and by whom it has not', () => {
  const world = worldWithRace();
  fund(world);
  world.done({ type: 'OpenExchange', marketId: RACE, terms: {} });
  // Cy covers Grey with Asti: laying both at 8.0 costs 60.00 whichever wins. So does Di.
  const on = { marketId: RACE, priceMilli: 8_000 };
  for (const [name, layer] of [
    ['cy', CY],
    ['di', DI],
  ] as const) {
    // prettier-ignore
    for (const selectionId of ['asti', 'grey']) {
      order(world, `l ${name} ${selectionId}`, layer, { ...on, selectionId, side: 'lay' });
      order(world, `b ${name} ${selectionId}`, ANA, { ...on, selectionId });
    }
    order(world, `rest ${name}`, layer, { marketId: RACE, selectionId: 'bay', priceMilli: 9_000 });
  }
  // Below 2.5 % no price is reduced and no lay is taken out: Grey costs 70.00 without Asti's 10.00.
  world.done({ type: 'WithdrawRunner', marketId: RACE, selectionId: 'asti', priceMilli: 50_000, reductionPpm: 20_000, at: world.now }); // prettier-ignore
  const x = world.ledger.exchange.market(marketOf(world.ledger, RACE)?.row ?? -1);
  step(world, withdrawChunk, RACE, 1);
  const [first, second] = [0, 2].map((place) => world.ledger.holders[x.netBets.holderAt(place)]?.id);
  assert.deepEqual([first, second, x.leaving[0]?.followed], [CY, DI, 1]);
  // The order on Bay could lose another 10.00.
  assert.deepEqual([wallet(world, CY)[0], wallet(world, DI)[0]], [92_000, 93_000]);
  for (const [name, holder] of [
    ['cy', CY],
    ['di', DI],
  ] as const) {
    // prettier-ignore
    assert.equal(answerOf(cancel(world, `rest ${name}`, holder)), 'OrdersReduced');
    checkExchange(world);
  }
  assert.deepEqual([wallet(world, CY), wallet(world, DI)], [[93_000, 0], [94_000, 0]]); // prettier-ignore
  world.goTo(world.now);
  assert.deepEqual([wallet(world, CY), wallet(world, DI)], [[93_000, 0], [93_000, 0]]); // prettier-ignore
  checkExchange(world);
});

test('the timer takes no more than a chunk of orders at a time, and the last one says so', () => {
  const world = worldWithExchange();
  world.done({ type: 'SetLimits', limits: { openOrdersMax: 10_000 } });
  const backs = OFF_CHUNK_ORDERS + 200;
  for (let n = 0; n < backs; n++) order(world, `${n}`, n % 2 ? CY : DI, { ...atMarket, sizeMinor: 100 });
  order(world, 'lay', ANA, { ...atMarket, side: 'lay', sizeMinor: 5_000 });
  world.done({ type: 'TurnInPlay', marketId: WINNER, betDelayMs: 0 });
  world.goTo(world.now);
  const made = world.events.filter((e): e is NewEvent<'StartingPriceMade'> => e.type === 'StartingPriceMade').map((e) => e.data);
  assert.deepEqual(
    made.map(({ done, orders }) => [orders.length, done]),
    [[OFF_CHUNK_ORDERS, undefined], [201, true]],
  ); // prettier-ignore
  // What each got is what the rule gives over the whole list, whatever the pieces.
  const list = Array.from({ length: backs }, () => ({ tick: 0, sizeMinor: 100 }));
  const { ladder } = world.ledger.exchange.market(0);
  const price = makeStartingPrice(ladder, list, [{ tick: ladder.ticks - 1, sizeMinor: 5_000 }]);
  assert.deepEqual(
    made.flatMap(({ orders }) => orders.map(([, sizeMinor]) => sizeMinor)),
    [...(price?.backs ?? []), ...(price?.lays ?? [])],
  );
});

test('an off of an old journal, one decision without a declaration, folds as it did', () => {
  const world = worldWithExchange();
  order(world, 'a', ANA, atMarket);
  order(world, 'c', CY, { ...atMarket, side: 'lay', sizeMinor: 3_000 });
  const [at, commandId, ledgerId, v] = [world.now, idOf('cmd', 'old'), 'main', 1];
  const orders = [[idOf('ord', 'a'), 1_000], [idOf('ord', 'c'), 1_000]] as const; // prettier-ignore
  const move = (holder: string, amountMinor: number) =>
    ({ from: `player:${holder}:held`, to: `market:${WINNER}:escrow`, amountMinor, currency: 'PLAY' }) as const;
  const postings = [move(ANA, 1_000), move(CY, 3_000)];
  evolve(world.state, { at, commandId, data: { marketId: WINNER, orders, priceMilli: 4_000, selectionId: 'home' }, ledgerId, postings, type: 'StartingPriceMade', v }); // prettier-ignore
  evolve(world.state, { at, commandId, data: { betDelayMs: 0, marketId: WINNER }, ledgerId, type: 'MarketTurnedInPlay', v });
  const x = world.ledger.exchange.market(0);
  assert.deepEqual([x.off, x.inPlay, x.lapse, x.startingPrices], [null, true, 'in-play', [4_000, 0, 0]]);
  checkExchange(world);
  world.goTo(world.now);
  assert.equal(world.ledger.timers.size, 0);
});
