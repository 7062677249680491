import assert from 'node:assert/strict';
import { test } from 'node:test';
import { T0, TestMarket } from '../market-for-tests.ts';
import type { RunnerChange } from '../stream/wire.ts';
import type { HonestOrder, LimitTerms, OnCloseTerms, Side } from './honest-order.ts';
import { HONEST_SETTINGS, HonestSimulator, OPEN_ORDERS_MAX, WISHES_MAX } from './honest-simulator.ts';

const OFFERS: RunnerChange = {
  id: 1,
  atb: [
    [3, 10],
    [2.9, 20],
    [2.8, 30],
  ],
  atl: [
    [3.1, 10],
    [3.2, 20],
  ],
};

function scene(rc: RunnerChange = OFFERS) {
  let made: HonestSimulator | undefined;
  const market = new TestMarket((book) => {
    const own = new HonestSimulator(book);
    made = own;
    return { arrive: (_book, at) => own.arrive(at), updated: () => own.updated() };
  }, rc);
  const simulator = made as unknown as HonestSimulator;
  let orders = 0;
  const place = (side: Side, terms: LimitTerms | OnCloseTerms, selectionId = 1): HonestOrder => {
    const placed = simulator.place({ orderId: `o${++orders}`, selectionId, handicap: 0, side, terms }, market.book.publishedAt);
    assert.notEqual(typeof placed, 'string', String(placed));
    return placed as HonestOrder;
  };
  const limit = (side: Side, priceMilli: number, sizeMinor: number, more: Partial<LimitTerms> = {}): HonestOrder =>
    place(side, { kind: 'limit', priceMilli, sizeMinor, persistence: 'persist', ...more });
  const onClose = (side: Side, liabilityMinor: number, limitMilli?: number): HonestOrder =>
    place(side, { kind: 'on-close', liabilityMinor, ...(limitMilli === undefined ? {} : { limitMilli }) });
  return { market, simulator, place, limit, onClose };
}
const fillsOf = (order: HonestOrder): [number, number][] =>
  order.fills.map(({ priceMilli, sizeMinor }) => [priceMilli, sizeMinor]);

test('an offer that was taken is not there for the next order, until more comes', () => {
  const { limit, market } = scene();
  const first = limit('back', 3_000, 700);
  const second = limit('back', 3_000, 700);
  market.tick(200);
  assert.deepEqual(fillsOf(first), [[3_000, 700]]);
  assert.deepEqual(fillsOf(second), [[3_000, 300]]);
  assert.equal(first.fills[0]?.at, T0 + 120); // when it reached the market, not when the book was published
  assert.equal(first.fills[0]?.liquidity, 'taker');
  market.tick(300, { id: 1, atb: [[3, 10]] }); // said again: still the same ten
  assert.equal(second.matchedMinor, 300);
  market.tick(400, { id: 1, atb: [[3, 11.5]] }); // one and a half more, which would have met the resting rest
  assert.deepEqual(fillsOf(second), [
    [3_000, 300],
    [3_000, 150],
  ]);
  assert.equal(second.fills[1]?.liquidity, 'maker');
});

test('what we took and the recording later trades fills nobody again', () => {
  const { limit, market } = scene();
  limit('back', 3_000, 1_000);
  const resting = limit('back', 3_000, 500);
  market.tick(200);
  // 20 of both sides: the ten that were ours. The level goes with them.
  market.tick(300, { id: 1, trd: [[3, 20]], atb: [[3, 0]] });
  assert.equal(resting.matchedMinor, 0);
  market.tick(400, { id: 1, trd: [[3, 24]] }); // two more are new
  assert.deepEqual(fillsOf(resting), [[3_000, 200]]);
});

test('orders at one price are filled in the order of arrival, behind what was there', () => {
  const { limit, market } = scene();
  const first = limit('back', 3_100, 400);
  const second = limit('back', 3_100, 400);
  market.tick(200);
  assert.deepEqual([first.aheadMinor, second.aheadMinor], [1_000, 1_000]);
  market.tick(300, { id: 1, trd: [[3.1, 16]], atl: [[3.1, 2]] }); // eight trade
  assert.deepEqual([first.aheadMinor, second.aheadMinor, first.matchedMinor], [200, 200, 0]);
  market.tick(400, { id: 1, trd: [[3.1, 30]], atl: [[3.1, 0]] }); // seven: two ahead, four for the first, one for the second
  assert.deepEqual([fillsOf(first), fillsOf(second)], [[[3_100, 400]], [[3_100, 100]]]);
});

test('a trade fills one order only: the better price first', () => {
  const { limit, market } = scene();
  const worse = limit('back', 3_150, 300);
  const better = limit('back', 3_050, 300);
  market.tick(200);
  market.tick(300, { id: 1, trd: [[3.15, 8]] });
  assert.deepEqual([fillsOf(better), fillsOf(worse)], [[[3_050, 300]], [[3_150, 100]]]);
});

test('cancellations ahead shorten the queue in proportion, and never below what trades took', () => {
  const { limit, market } = scene();
  const order = limit('back', 3_100, 400);
  market.tick(200, { id: 1, atl: [[3.1, 16]] }); // six join behind
  assert.equal(order.aheadMinor, 1_000);
  market.tick(300, { id: 1, atl: [[3.1, 8]] }); // half of 16 is cancelled: half of the ten ahead
  assert.equal(order.aheadMinor, 500);
  market.tick(400, { id: 1, trd: [[3.1, 4]], atl: [[3.1, 6]] }); // two trade, nothing is cancelled
  assert.equal(order.aheadMinor, 300);
  market.tick(500, { id: 1, atl: [[3.1, 1]] }); // 5 of 6 are cancelled: 250 of 300 ahead, and one is there at most
  assert.equal(order.aheadMinor, 50);
  market.tick(600, { id: 1, atl: [[3.1, 0]] });
  assert.equal(order.aheadMinor, 0);
});

test('fill or kill takes the average within the limit from what is left, the last offer in part', () => {
  const { limit, market } = scene();
  // Ten at 3.0 give slack of 10 x 0.06 for 2.94; each at 2.9 costs 0.04: fifteen of the twenty.
  const most = limit('back', 2_940, 3_000, { fillOrKill: { minFillMinor: 2_500 } });
  market.tick(200);
  assert.deepEqual(fillsOf(most), [
    [3_000, 1_000],
    [2_900, 1_500],
  ]);
  assert.deepEqual([most.cancelledMinor, most.status, most.reason], [500, 'done', 'killed']);
  const killed = limit('back', 2_900, 600, { fillOrKill: {} }); // five at 2.9 are left
  market.tick(400);
  assert.deepEqual([killed.matchedMinor, killed.cancelledMinor], [0, 600]);
  const rest = limit('back', 2_900, 500, { fillOrKill: {} }); // and the one that was killed took none of them
  market.tick(600);
  assert.deepEqual(fillsOf(rest), [[2_900, 500]]);
});

test('an order in play waits the bet delay, and is void when the market was shut meanwhile', () => {
  const { limit, market } = scene();
  market.define(100, { inPlay: true, betDelay: 5, version: 2 });
  const taken = limit('back', 3_000, 100);
  market.tick(5_219);
  assert.equal(taken.status, 'waiting');
  market.tick(5_221);
  assert.deepEqual([taken.fills[0]?.at, taken.status], [T0 + 100 + 5_120, 'done']);
  const interrupted = limit('back', 3_000, 100);
  market.define(6_000, { status: 'SUSPENDED', version: 3 });
  market.define(7_000, { status: 'OPEN', version: 4 });
  market.tick(11_000);
  assert.deepEqual([interrupted.voidedMinor, interrupted.reason], [100, 'suspended_while_delayed']);
});

test('what may lapse lapses with a suspension of another version and when the market turns in play', () => {
  const { limit, market } = scene();
  const lapsing = limit('back', 3_200, 500, { persistence: 'lapse' });
  const staying = limit('back', 3_200, 500);
  market.tick(200);
  market.define(300, { status: 'SUSPENDED', version: 2 });
  assert.deepEqual([lapsing.lapsedMinor, lapsing.reason], [500, 'market_suspended']);
  market.define(400, { status: 'OPEN', version: 3 });
  const again = limit('back', 3_200, 500, { persistence: 'lapse' });
  market.tick(600);
  market.define(700, { inPlay: true, betDelay: 1 });
  assert.deepEqual([again.lapsedMinor, again.reason, staying.status], [500, 'turned_in_play', 'resting']);
});

test('volumes that are restated while the market is shut fill nobody', () => {
  const { limit, market } = scene();
  const order = limit('lay', 2_700, 500);
  market.tick(200);
  market.define(300, { status: 'SUSPENDED', version: 2 });
  market.tick(400, { id: 1, trd: [[2.1, 50]] }); // 3.0 less 30 %
  market.define(500, { status: 'OPEN', version: 3 }, {}, { id: 1, trd: [[2.2, 50]] });
  assert.deepEqual([order.matchedMinor, order.status], [0, 'resting']);
  market.tick(600, { id: 1, trd: [[2.2, 54]] });
  assert.deepEqual(fillsOf(order), [[2_700, 200]]);
});

test('cancel() works on arrival, in part or whole, and not while the market is shut', () => {
  const { limit, market, simulator } = scene();
  const order = limit('back', 3_200, 500);
  market.tick(200);
  simulator.cancel(order, T0 + 200, 200);
  market.tick(369);
  assert.equal(order.cancelledMinor, 0);
  market.tick(370); // 200 + 170: at that very moment
  assert.deepEqual([order.cancelledMinor, order.remainingMinor], [200, 300]);
  simulator.cancel(order, T0 + 370);
  market.define(500, { status: 'SUSPENDED' });
  market.define(600, { status: 'OPEN' });
  assert.equal(order.remainingMinor, 300);
  simulator.cancel(order, T0 + 600);
  market.tick(800);
  assert.deepEqual([order.cancelledMinor, order.status], [500, 'done']);
});

test('at the starting price a back takes its stake, a lay its liability rounded down, and limits hold', () => {
  const { limit, market, onClose } = scene();
  const back = onClose('back', 800);
  const lay = onClose('lay', 1_000);
  const kept = onClose('back', 800, 4_000);
  const refused = onClose('back', 800, 4_200);
  const carried = limit('lay', 2_700, 1_000, { persistence: 'sp' });
  const small = limit('lay', 2_000, 400, { persistence: 'sp' });
  market.tick(200);
  market.define(900, { status: 'SUSPENDED', bspReconciled: true, version: 2 }, { 1: { bsp: 4.1 } });
  assert.deepEqual(fillsOf(back), [[4_100, 800]]);
  assert.deepEqual(fillsOf(lay), [[4_100, 322]]); // 10 / 3.1 = 3.225...
  assert.deepEqual(fillsOf(kept), [[4_100, 800]]);
  assert.deepEqual([refused.matchedMinor, refused.reason], [0, 'starting_price_beyond_limit']);
  assert.deepEqual(fillsOf(carried), [[4_100, 548]]); // 1.7 x 10 / 3.1 = 5.48...
  assert.equal(carried.cancelledMinor, 452);
  assert.deepEqual([small.lapsedMinor, small.reason], [400, 'liability_below_min']);
});

test('a withdrawal voids, reduces and takes out unmatched lays by the rules of win markets', () => {
  const { limit, market, onClose, place } = scene();
  const other = place('back', { kind: 'limit', priceMilli: 5_000, sizeMinor: 300, persistence: 'persist' }, 2);
  const matched = limit('back', 3_000, 400);
  const resting = limit('lay', 2_000, 300);
  const backing = limit('back', 3_500, 300);
  const lay = onClose('lay', 3_000);
  market.tick(200);
  market.define(300, { version: 2 }, { 3: { status: 'REMOVED' } }); // 2.4 %: nothing is reduced, no lay taken out
  assert.deepEqual([fillsOf(matched), resting.status], [[[3_000, 400]], 'resting']);
  assert.equal(lay.liabilityMinor, 2_910); // 30 x (1 - 2.4 / 80)
  market.define(400, { status: 'SUSPENDED', version: 3 }, { 2: { status: 'REMOVED' } });
  assert.deepEqual([other.voidedMinor, other.reason], [300, 'runner_withdrawn']);
  assert.deepEqual(fillsOf(matched), [[2_250, 400]]);
  assert.deepEqual([resting.lapsedMinor, resting.reason, backing.status], [300, 'runner_withdrawn', 'resting']);
  assert.equal(lay.liabilityMinor, 2_001); // 29.10 x 55 / 80 = 20.00625, what is owed is rounded up
});

test('place() refuses what cannot be, and sends nothing', () => {
  const { market, simulator } = scene();
  const request = { orderId: 'x', selectionId: 1, handicap: 0, side: 'back' } as const;
  const terms: LimitTerms = { kind: 'limit', priceMilli: 3_000, sizeMinor: 100, persistence: 'persist' };
  const placed = (more: Partial<LimitTerms>): unknown => simulator.place({ ...request, terms: { ...terms, ...more } }, T0);
  assert.equal(placed({ priceMilli: 3_010 }), 'price_not_on_ladder');
  assert.equal(placed({ priceMilli: 1_000 }), 'price_not_on_ladder');
  assert.equal(placed({ sizeMinor: 0 }), 'size_invalid');
  assert.equal(placed({ sizeMinor: 1.5 }), 'size_invalid');
  assert.equal(placed({ fillOrKill: { minFillMinor: 101 } }), 'size_invalid');
  assert.equal(simulator.orders.size, 0);
  assert.notEqual(typeof placed({}), 'string');
  assert.equal(placed({}), 'order_id_taken');
  market.define(100, { status: 'SUSPENDED' });
  assert.equal(simulator.place({ ...request, orderId: 'y', terms }, T0 + 100), 'market_not_open');
  assert.equal(HONEST_SETTINGS.latencyMs, 120);
});

test('no more orders are open and no more wishes on their way than the limits say', () => {
  const { limit, market, simulator } = scene();
  for (let i = 0; i < OPEN_ORDERS_MAX; i++) limit('back', 3_200, 100);
  const terms: LimitTerms = { kind: 'limit', priceMilli: 3_200, sizeMinor: 100, persistence: 'persist' };
  const one = { orderId: 'one', selectionId: 1, handicap: 0, side: 'back', terms } as const;
  assert.equal(simulator.place(one, T0), 'too_many_orders');
  market.tick(200);
  const [first] = [...simulator.orders.values()] as [HonestOrder];
  assert.equal(simulator.cancel(first, T0 + 200, 0), false);
  for (let i = 0; i < WISHES_MAX; i++) assert.equal(simulator.cancel(first, T0 + 200, 1), true);
  assert.equal(simulator.cancel(first, T0 + 200, 1), false);
  market.tick(400);
  assert.deepEqual([first.cancelledMinor, first.status], [100, 'done']);
  assert.notEqual(simulator.place(one, T0 + 400), 'too_many_orders');
});

test('a closed market leaves nothing open', () => {
  const { limit, market, onClose } = scene();
  const resting = limit('back', 3_200, 500);
  const close = onClose('back', 500);
  market.tick(200);
  const waiting = limit('back', 3_200, 500);
  market.define(250, { status: 'CLOSED' }, { 1: { status: 'WINNER' } });
  for (const order of [resting, close, waiting]) assert.deepEqual([order.status, order.matchedMinor], ['done', 0]);
  assert.equal(waiting.lapsedMinor, 500);
});
