// Hand-worked cases of the reference's rules; whole markets are compared with its own output by `npm run golden`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { T0, TestMarket } from '../market-for-tests.ts';
import type { RunnerChange } from '../stream/wire.ts';
import type { LimitTerms, OnCloseTerms, ReferenceOrder, Side } from './reference-order.ts';
import { REFERENCE_SETTINGS, type ReferenceSettings, ReferenceSimulator } from './reference-simulator.ts';

function scene(rc: RunnerChange, settings: Partial<ReferenceSettings> = {}) {
  const simulator = new ReferenceSimulator({ ...REFERENCE_SETTINGS, ...settings });
  const market = new TestMarket(() => simulator, rc);
  simulator.arrive(market.book, T0);
  return {
    simulator,
    market,
    limit: (side: Side, price: number, size: number, more: Partial<LimitTerms> = {}): ReferenceOrder =>
      simulator.place(
        { selectionId: 1, handicap: 0, side, terms: { type: 'LIMIT', price, size, persistence: 'PERSIST', ...more } },
        market.book,
      ),
    onClose: (side: Side, terms: Omit<OnCloseTerms, 'type'>): ReferenceOrder =>
      simulator.place({ selectionId: 1, handicap: 0, side, terms: { type: 'ON_CLOSE', ...terms } }, market.book),
  };
}
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
const matchedOf = (order: ReferenceOrder): [number, number][] => order.matched.map(([, price, size]) => [price, size]);

test('a crossing order walks the offers at their own prices, the rest has no queue ahead', () => {
  const { limit, market } = scene(OFFERS);
  const back = limit('BACK', 2.9, 35);
  market.tick(120); // not longer than the latency
  assert.equal(back.status, 'Pending');
  market.tick(121);
  assert.deepEqual(matchedOf(back), [
    [3, 10],
    [2.9, 20],
  ]);
  // 10 x 3 + 20 x 2.9 = 88 / 30
  assert.deepEqual([back.averagePrice, back.sizeRemaining, back.queueAhead, back.status], [2.93, 5, 0, 'Executable']);
});

test('a resting order waits for half of what is traded to pass the queue', () => {
  const { limit, market } = scene(OFFERS);
  const back = limit('BACK', 3.1, 6);
  market.tick(200, { id: 1, trd: [[3.1, 16]] });
  assert.equal(back.queueAhead, 2); // 10 - 16 / 2
  market.tick(300, {
    id: 1,
    trd: [
      [3.1, 26],
      [3.05, 100],
    ],
  });
  assert.deepEqual(matchedOf(back), [[3.1, 3]]); // 10 / 2 - 2; 3.05 is below the limit
  market.tick(400, { id: 1, trd: [[3.2, 100]] });
  assert.deepEqual(
    [matchedOf(back), back.status],
    [
      [
        [3.1, 3],
        [3.1, 3],
      ],
      'Execution complete',
    ],
  );
});

test('fill or kill at the best price takes what is there if it is enough', () => {
  const { limit, market } = scene(OFFERS);
  const all = limit('BACK', 3, 12, { fillOrKill: {} });
  const part = limit('BACK', 3, 12, { fillOrKill: { minFillSize: 10 } });
  const beyond = limit('BACK', 3.1, 5, { fillOrKill: {} });
  const senseless = limit('BACK', 3, 5, { fillOrKill: { minFillSize: 6 } });
  market.tick(200);
  assert.deepEqual([all.sizeMatched, all.sizeCancelled, all.status], [0, 12, 'Execution complete']);
  assert.deepEqual([part.sizeMatched, part.sizeCancelled], [10, 2]);
  assert.deepEqual([beyond.sizeMatched, beyond.sizeCancelled], [0, 5]);
  assert.deepEqual([senseless.sizeMatched, senseless.sizeCancelled], [0, 5]);
});

test('fill or kill beyond the best price takes whole offers while the average stays within the limit', () => {
  const { limit, market } = scene(OFFERS);
  // 10 at 3, 20 at 2.9: 2.93 is within 2.9; with 5 at 2.8 (30 + 58 + 14) / 35 = 2.91 as well.
  const within = limit('BACK', 2.9, 35, { fillOrKill: {} });
  // 20 of 2.9 on 10 of 3 are 2.93, and that is below 2.95: only the first 10, which are less than all.
  const killed = limit('BACK', 2.95, 30, { fillOrKill: {} });
  const enough = limit('BACK', 2.95, 30, { fillOrKill: { minFillSize: 10 } });
  const lay = limit('LAY', 3.2, 25, { fillOrKill: {} }); // (31 + 48) / 25 = 3.16
  market.tick(200);
  assert.deepEqual([within.sizeMatched, within.averagePrice], [35, 2.91]);
  assert.deepEqual([killed.sizeMatched, killed.sizeCancelled], [0, 30]);
  assert.deepEqual([enough.sizeMatched, enough.sizeCancelled], [10, 20]);
  assert.deepEqual([lay.sizeMatched, lay.averagePrice], [25, 3.16]);
});

test('at the starting price a back takes its stake, a lay its liability, and limits hold', () => {
  const { limit, market, onClose } = scene(OFFERS);
  const back = onClose('BACK', { liability: 8 });
  const lay = onClose('LAY', { liability: 10 });
  const kept = onClose('BACK', { liability: 8, price: 4 });
  const refused = onClose('BACK', { liability: 8, price: 4.2 });
  const carried = limit('LAY', 3, 10, { persistence: 'MARKET_ON_CLOSE' });
  const small = limit('LAY', 2, 4, { persistence: 'MARKET_ON_CLOSE' });
  market.tick(200);
  market.define(900, { status: 'SUSPENDED', bspReconciled: true, version: 2 }, { 1: { bsp: 4.1 } });
  assert.deepEqual(matchedOf(back), [[4.1, 8]]);
  assert.deepEqual(matchedOf(lay), [[4.1, 3.23]]); // 10 / 3.1
  assert.deepEqual(matchedOf(kept), [[4.1, 8]]);
  assert.deepEqual([refused.sizeMatched, refused.status], [0, 'Execution complete']);
  assert.deepEqual(matchedOf(carried), [[4.1, 6.45]]); // 2 x 10 / 3.1, the other 3.55 are cancelled
  assert.equal(carried.sizeCancelled, 3.55);
  assert.deepEqual([small.sizeMatched, small.sizeLapsed], [0, 4]); // a liability of 4 is below 10
});

test('orders for the starting price are refused where there is none', () => {
  const { limit, market, onClose } = scene(OFFERS);
  market.define(100, { inPlay: true, version: 2 });
  const order = onClose('BACK', { liability: 8 });
  const carried = limit('BACK', 3, 10, { persistence: 'MARKET_ON_CLOSE' });
  market.tick(300);
  assert.deepEqual([order.status, carried.status, carried.sizeVoided], ['Execution complete', 'Execution complete', 10]);
});

test('a suspension with another version lapses what may lapse and keeps what persists', () => {
  const { limit, market } = scene(OFFERS);
  const lapsing = limit('BACK', 3.2, 5, { persistence: 'LAPSE' });
  const staying = limit('BACK', 3.2, 5);
  market.tick(200);
  market.define(300, { status: 'SUSPENDED', version: 2 });
  assert.deepEqual([lapsing.sizeLapsed, lapsing.status], [5, 'Execution complete']);
  assert.deepEqual([staying.sizeLapsed, staying.status], [0, 'Executable']);
});

test('a withdrawal voids orders on the runner, reduces matched prices of others and the liability of lays on close', () => {
  const { market, limit, onClose, simulator } = scene(OFFERS);
  const other = simulator.place(
    { selectionId: 2, handicap: 0, side: 'BACK', terms: { type: 'LIMIT', price: 5, size: 3, persistence: 'PERSIST' } },
    market.book,
  );
  const matched = limit('BACK', 3, 4);
  const lay = onClose('LAY', { liability: 30 });
  market.tick(200);
  market.define(300, { status: 'SUSPENDED', version: 2 }, { 3: { status: 'REMOVED' } });
  assert.equal(matched.averagePrice, 3); // 2.4 % changes nothing
  market.define(400, { status: 'SUSPENDED', version: 3 }, { 2: { status: 'REMOVED' } });
  assert.deepEqual([other.sizeVoided, other.status], [3, 'Execution complete']);
  assert.equal(matched.averagePrice, 2.25); // 3 x 0.75
  // 30 x (1 - 2.4 / 80) x (1 - 25 / 80): runner 1 has 20 % itself
  assert.ok(Math.abs((lay.terms as OnCloseTerms).liability - 30 * 0.97 * 0.6875) < 1e-9);
  market.define(500, { status: 'CLOSED' }, { 1: { status: 'WINNER' } });
  assert.equal(matched.profit, 5); // 4 x 1.25
});

test('cancel() and replace() wait their own latency; a replaced order goes on as a new one', () => {
  const { limit, market, simulator } = scene(OFFERS);
  const first = limit('BACK', 3.2, 8);
  market.tick(200);
  assert.equal(simulator.cancel(first, market.book, 3), true);
  assert.equal(simulator.cancel(first, market.book), false); // one wish at a time
  market.tick(370);
  assert.equal(first.sizeCancelled, 0);
  market.tick(371);
  assert.deepEqual([first.sizeCancelled, first.sizeRemaining, first.status], [3, 5, 'Executable']);
  simulator.replace(first, market.book, 3);
  market.tick(652);
  const next = simulator.orders.at(-1) as ReferenceOrder;
  assert.deepEqual([first.sizeCancelled, first.status], [8, 'Execution complete']);
  assert.deepEqual([next.terms.price, next.sizeMatched, next.createdAt, next.placedAt], [3, 5, T0 + 371, T0 + 652]);
});

test('orders of one owner share what is traded, those of several do not unless they are not isolated', () => {
  const fills = (isolated: boolean): number[] => {
    const { market, simulator } = scene(OFFERS, { isolated });
    const orders = ['a', 'a', 'b'].map((owner) =>
      simulator.place(
        {
          selectionId: 1,
          handicap: 0,
          side: 'BACK',
          owner,
          terms: { type: 'LIMIT', price: 3.15, size: 5, persistence: 'PERSIST' },
        },
        market.book,
      ),
    );
    market.tick(200);
    market.tick(300, { id: 1, trd: [[3.15, 14]] });
    return orders.map(({ sizeMatched }) => sizeMatched);
  };
  assert.deepEqual(fills(true), [5, 2, 5]);
  assert.deepEqual(fills(false), [5, 2, 0]);
});
