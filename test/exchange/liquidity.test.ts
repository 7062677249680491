// However orders and updates fall together, the honest simulator gives out no more than the recording has: what came to be offered, and half of
// what was traded. And every order's parts add up, and the same inputs lead to the same fills.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HonestOrder, Side } from '#core/exchange-simulation/honest/honest-order.ts';
import { HonestSimulator } from '#core/exchange-simulation/honest/honest-simulator.ts';
import { MarketBook } from '#core/exchange-simulation/stream/market-book.ts';
import type { Levels } from '#core/exchange-simulation/stream/price-ladder.ts';
import type { MarketDefinition, RunnerChange } from '#core/exchange-simulation/stream/wire.ts';

const PRICES = [1.9, 1.95, 2, 2.02, 2.04];
const size = fc.integer({ min: 0, max: 40 }).map((n) => n / 4);
const level = fc.tuple(fc.constantFrom(...PRICES), size);

type Step =
  | {
      readonly kind: 'change';
      readonly atb?: [number, number][];
      readonly atl?: [number, number][];
      readonly trade?: [number, number];
    }
  | {
      readonly kind: 'order';
      readonly side: Side;
      readonly priceMilli: number;
      readonly sizeMinor: number;
      readonly kill: boolean;
    }
  | { readonly kind: 'cancel'; readonly n: number; readonly sizeMinor: number }
  | { readonly kind: 'shut'; readonly status: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        kind: fc.constant('change' as const),
        atb: fc.array(level, { maxLength: 2 }),
        atl: fc.array(level, { maxLength: 2 }),
        trade: level,
      },
      { requiredKeys: ['kind'] },
    ),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      side: fc.constantFrom<Side>('back', 'lay'),
      priceMilli: fc.constantFrom(...PRICES.map((price) => price * 1000)).map(Math.round),
      sizeMinor: fc.integer({ min: 1, max: 1_500 }),
      kill: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('cancel' as const),
      n: fc.nat({ max: 20 }),
      sizeMinor: fc.integer({ min: 1, max: 500 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('shut' as const), status: fc.constantFrom('OPEN', 'OPEN', 'SUSPENDED') }),
  },
);

interface Played {
  readonly orders: HonestOrder[];
  /** What the recording had to give: offers that rose, and matched volumes, minor units. */
  readonly supply: number;
}

function play(steps: readonly Step[]): Played {
  const book = new MarketBook('1.1');
  const simulator = new HonestSimulator(book, { latencyMs: 5, cancelLatencyMs: 7, liabilityAtCloseMinMinor: 1_000 });
  const definition: MarketDefinition = { status: 'OPEN', version: 1, runners: [{ id: 1, status: 'ACTIVE' }] };
  const orders: HonestOrder[] = [];
  const traded = new Map<number, number>();
  let supply = 0;
  let version = 1;
  const say = (at: number, change: { marketDefinition?: MarketDefinition; rc?: RunnerChange[] }): void => {
    simulator.arrive(at);
    const before = offered(book);
    book.apply({ id: '1.1', ...change }, at);
    simulator.updated();
    const after = offered(book);
    for (const [key, now] of after) supply += Math.max(0, now - (before.get(key) ?? 0));
  };
  say(1, { marketDefinition: definition });
  for (const [i, one] of steps.entries()) {
    const at = 10 + i * 4;
    if (one.kind === 'change') {
      const { atb, atl, trade } = one;
      const rc: RunnerChange = { id: 1, ...(atb ? { atb } : {}), ...(atl ? { atl } : {}) };
      if (!trade) say(at, { rc: [rc] });
      else {
        const before = traded.get(trade[0]) ?? 0;
        const now = before + Math.round(trade[1] * 100);
        traded.set(trade[0], now);
        supply += Math.floor(now / 2) - Math.floor(before / 2);
        say(at, { rc: [{ ...rc, trd: [[trade[0], now / 100]] }] });
      }
    } else if (one.kind === 'shut') say(at, { marketDefinition: { ...definition, status: one.status, version: ++version } });
    else if (one.kind === 'cancel') {
      const order = orders[one.n];
      if (order) simulator.cancel(order, at, one.sizeMinor);
    } else {
      const terms = { kind: 'limit', priceMilli: one.priceMilli, sizeMinor: one.sizeMinor, persistence: 'lapse' } as const;
      const placed = simulator.place(
        { orderId: `${i}`, selectionId: 1, handicap: 0, side: one.side, terms: one.kill ? { ...terms, fillOrKill: {} } : terms },
        at,
      );
      if (typeof placed !== 'string') orders.push(placed);
    }
  }
  say(1_000_000, { marketDefinition: { ...definition, status: 'CLOSED', version: ++version } });
  return { orders, supply };
}

function offered(book: MarketBook): Map<string, number> {
  const all = new Map<string, number>();
  const add = (name: string, { prices, sizes }: Levels): void => {
    for (const [i, price] of prices.entries()) all.set(`${name}${price}`, sizes[i] as number);
  };
  const runner = book.runner(1, 0);
  if (runner) {
    add('b', runner.toBack);
    add('l', runner.toLay);
  }
  return all;
}

test('no more is filled than the recording has to give, and every order adds up', () => {
  let filledRuns = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const { orders, supply } = play(steps);
      let matched = 0;
      for (const order of orders) {
        const { terms } = order.request;
        assert.ok(terms.kind === 'limit');
        const { cancelledMinor, lapsedMinor, matchedMinor, voidedMinor } = order;
        assert.equal(order.status, 'done');
        assert.equal(matchedMinor + cancelledMinor + lapsedMinor + voidedMinor, terms.sizeMinor);
        for (const fill of order.fills) {
          assert.ok(Number.isSafeInteger(fill.sizeMinor) && fill.sizeMinor > 0);
          if (!terms.fillOrKill)
            assert.ok(order.request.side === 'back' ? fill.priceMilli >= terms.priceMilli : fill.priceMilli <= terms.priceMilli);
        }
        if (terms.fillOrKill) assert.ok(matchedMinor === 0 || matchedMinor === terms.sizeMinor);
        matched += matchedMinor;
      }
      assert.ok(matched <= supply, `${matched} filled of ${supply}`);
      if (matched > 0) filledRuns++;
      const again = play(steps);
      assert.deepEqual(
        again.orders.map(({ fills }) => fills),
        orders.map(({ fills }) => fills),
      );
    }),
    { numRuns: 400, seed: 20 },
  );
  assert.ok(filledRuns > 100, `${filledRuns} runs with fills`);
});
