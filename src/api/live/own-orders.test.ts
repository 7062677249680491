// Orders as /ws/live tells them: whatever happened while nobody listened, frames end with what the journal says of each order from its beginning.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cancel, CY, DI, order, replace, worldWithExchange } from '#core/exchange/exchange-for-tests.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import { ANA, BEA, idOf, TENANT, WINNER, type World } from '#core/kernel/world-for-tests.ts';
import type { OrderRow, ReadModels } from '#ports/read-models.ts';
import { orderWire } from '../wire.ts';
import { type OrderFrame, OwnOrders, RECALLED_MAX } from './own-orders.ts';

const PEOPLE = [ANA, BEA, CY, DI];

/** Plain reading of the first `seq` events, from the beginning for each order: sums of what names it. */
function rowsAt(events: readonly NewEvent[], seq: number): OrderRow[] {
  const past = events.slice(0, seq).map((event, at) => ({ event, n: at + 1 }));
  return past.flatMap(({ event: placed, n: placedSeq }) => {
    if (placed.type !== 'OrderPlaced') return [];
    const { holder, kind = 'limit', marketId, orderId, persistence, priceMilli, releaseAt, selectionId, side, sizeMinor } = placed.data; // prettier-ignore
    let [matched, value, ended, released, closed] = [0, 0, 0, releaseAt === undefined, false];
    let [last, reason] = [placedSeq, null as string | null];
    for (const { event: e, n } of past) {
      if (e.type === 'OrderReleased' && e.data.orderId === orderId) [released, last] = [true, n];
      if (e.type === 'OrdersMatched')
        for (const [maker, price, size] of e.data.fills)
          if (maker === orderId || e.data.orderId === orderId) [matched, value, last] = [matched + size, value + size * price, n];
      if (e.type === 'OrdersReduced')
        for (const [id, size] of e.data.orders) if (id === orderId) [ended, reason, last] = [ended + size, e.data.reason, n];
      if (e.type === 'StartingPriceMade') {
        const price = e.data.priceMilli;
        for (const [id, size] of e.data.limits ?? [])
          if (id === orderId) [matched, value, last] = [matched + size, value + size * price, n];
        for (const [id, size] of e.data.orders)
          if (id === orderId)
            [matched, value, closed, reason, last] = [matched + size, value + size * price, true, 'starting_price', n];
      }
    }
    const isComplete = closed || matched + ended >= sizeMinor;
    return [
      {
        orderId,
        holder,
        marketId,
        selectionId,
        side,
        kind,
        persistence,
        priceMilli,
        sizeMinor,
        currency: 'PLAY',
        placedAt: placed.at,
        status: isComplete ? 'complete' : released ? 'open' : 'pending',
        matchedMinor: matched,
        averagePriceMilli: matched === 0 ? null : Math.round(value / matched),
        matchedValue: BigInt(value),
        endedMinor: ended,
        reason,
        seq: last,
      },
    ];
  });
}

/** Read models that have folded the first `at()` events. */
function readsOf(world: World, at: () => number): Pick<ReadModels, 'orders'> {
  return {
    orders: async ({ ownerId }, { orderIds, unfinished }, { limit }) => {
      const mine = rowsAt(world.events, at()).filter((row) => row.holder === ownerId);
      const found = mine.filter(
        (row) => (!unfinished || row.status !== 'complete') && (!orderIds || orderIds.includes(row.orderId)),
      );
      const items = found.sort((a, b) => (a.orderId < b.orderId ? 1 : -1)).slice(0, limit);
      return { items, after: null, seq: at() };
    },
  };
}

function own(world: World, at: () => number, ownerId: string): OwnOrders {
  return new OwnOrders(readsOf(world, at), { tenantId: TENANT, ownerId, wholeTenant: false }, 'PLAY');
}

const step = fc.record({
  what: fc.constantFrom('order', 'order', 'order', 'cancel', 'replace'),
  who: fc.nat(3),
  side: fc.constantFrom('back' as const, 'lay' as const),
  kind: fc.constantFrom('limit' as const, 'limit' as const, 'limit' as const, 'market-on-close' as const),
  persistence: fc.constantFrom('lapse' as const, 'persist' as const, 'sp' as const),
  priceMilli: fc.integer({ min: 95, max: 105 }).map((x) => x * 20),
  sizeMinor: fc.integer({ min: 5, max: 20 }).map((x) => x * 100),
  at: fc.nat(30),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function play(steps: readonly Step[], offAt: number): World {
  const world = worldWithExchange();
  const placed: [string, string][] = [];
  for (const [name, { at, kind, what, who, ...wish }] of steps.entries()) {
    if (name === offAt) {
      world.done({ type: 'TurnInPlay', marketId: WINNER, betDelayMs: 1_000 });
      world.goTo(world.now + 500);
    } else if (name > offAt) world.goTo(world.now + 600);
    const target = placed[at % Math.max(1, placed.length)];
    const holder = PEOPLE[who] as string;
    if (what === 'cancel' && target) cancel(world, ...target, at % 2 === 0 ? 100 : undefined);
    else if (what === 'replace' && target) replace(world, [target[0], `${name}`], target[1], wish.priceMilli);
    else order(world, `${name}`, holder, kind === 'limit' ? { ...wish, kind } : { ...wish, kind, priceMilli: null, sizeMinor: 2_000 }); // prettier-ignore
    placed.push([`${name}`, what === 'replace' && target ? target[1] : holder]);
  }
  return world;
}

test('after any break, frames end with the orders as they are, and are never of somebody else', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 15, maxLength: 40 }),
      fc.nat(60),
      fc.record({ has: fc.nat(1_000), read: fc.nat(1_000), who: fc.nat(3) }),
      async (steps, offAt, { has: hasPart, read: readPart, who }) => {
        const world = play(steps, offAt);
        const all = world.events.length;
        // What the reader has; how far the read models are when it comes back, before or after what the gateway heard.
        const has = Math.floor((hasPart / 1_000) * all);
        const read = has + Math.floor((readPart / 1_000) * (all - has));
        const me = PEOPLE[who] as string;
        const orders = own(world, () => read, me);
        assert.equal(await orders.load(), read);
        const missed = world.events.slice(has).map((event, at) => ({ event, n: has + at + 1 }));
        assert.equal(await orders.recall(missed.filter(({ n }) => n <= read)), true);
        const wires = (seq: number): Map<string, OrderFrame> =>
          new Map(
            rowsAt(world.events, seq)
              .filter((row) => row.holder === me)
              .map((row) => [row.orderId, orderWire(row)]),
          );
        const screen = wires(has);
        for (const event of missed) {
          const before = wires(event.n - 1);
          const now = wires(event.n);
          const frames = orders.changed(event, (holder) => holder === me);
          const touched = [...now].filter(([id, wire]) => JSON.stringify(before.get(id)) !== JSON.stringify(wire)).map(([id]) => id); // prettier-ignore
          for (const frame of frames) {
            assert.equal(frame.holder, me);
            screen.set(frame.orderId, frame);
            seen.add(frame.status);
            // From where the read models were on, a frame says exactly what the order is after its event.
            if (event.n > read) assert.deepEqual(frame, now.get(frame.orderId));
          }
          const told = new Set(frames.map(({ orderId }) => orderId));
          assert.deepEqual(touched.filter((id) => !told.has(id)), [], `told of each of its orders at ${event.n}`); // prettier-ignore
        }
        assert.deepEqual(screen, wires(all));
        // Only what is not complete is kept.
        const open = [...wires(all).values()].filter(({ status }) => status !== 'complete').map(({ orderId }) => orderId);
        assert.deepEqual(
          orders.all().map(({ orderId }) => orderId),
          open.sort().reverse(),
        );
      },
    ),
    { numRuns: 150 },
  );
  assert.deepEqual([...seen].sort(), ['complete', 'open', 'pending']);
});

test('one match by hand: 3.00 at 2.0 and 1.00 at 2.5 are 2.125 on average, and another hears nothing', async () => {
  const world = worldWithExchange();
  const mine = own(world, () => 0, ANA);
  const stranger = own(world, () => 0, BEA);
  await Promise.all([mine.load(), stranger.load()]);
  order(world, 'a', CY, { side: 'lay', priceMilli: 2_000, sizeMinor: 300 });
  order(world, 'b', DI, { side: 'lay', priceMilli: 2_500, sizeMinor: 100 });
  order(world, 'c', ANA, { priceMilli: 2_000, sizeMinor: 1_000 });
  cancel(world, 'c', ANA);
  const told = world.events.flatMap((event, at) => mine.changed({ event, n: at + 1 }, (holder) => holder === ANA));
  assert.deepEqual(
    told.map(({ averagePriceMilli, ended, matched, reason, status }) => [
      status,
      matched.amountMinor,
      averagePriceMilli,
      ended.amountMinor,
      reason,
    ]),
    [
      ['open', 0, null, 0, null],
      ['open', 400, 2_125, 0, null],
      ['complete', 400, 2_125, 600, 'cancelled'],
    ],
  );
  assert.equal(told[0]?.orderId, idOf('ord', 'c'));
  assert.deepEqual(
    world.events.flatMap((event, at) => stranger.changed({ event, n: at + 1 }, (holder) => holder === BEA)),
    [],
  );
});

test('a break with more orders than are read begins anew', async () => {
  const world = worldWithExchange();
  const orders = own(world, () => 0, ANA);
  const reduced = (count: number): NewEvent => ({
    ...(world.events[0] as NewEvent),
    type: 'OrdersReduced',
    data: { marketId: WINNER, orders: Array.from({ length: count }, (_, at) => [`ord_${at}`, 1] as const), reason: 'lapsed' },
  });
  assert.equal(await orders.recall([{ event: reduced(RECALLED_MAX + 1), n: 1 }]), false);
  assert.equal(await orders.recall([{ event: reduced(RECALLED_MAX), n: 1 }]), true);
});
