import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ANA, BEA, FIXTURE, idOf, KICK_OFF, WINNER, type World, worldWithMarket } from '../kernel/world-for-tests.ts';
import { type LiabilityRow, liabilityBoard, selectionLiability } from './liability.ts';

const TOTAL = `${FIXTURE}/ou@2.5`;
const TENNIS = 'tn:ATP:20240817:one:two/dnb';
const PRICES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  [WINNER]: { home: 2_000, draw: 3_400, away: 4_000 },
  [TOTAL]: { over: 1_900, under: 1_950 },
  [TENNIS]: { home: 1_500, away: 2_700 },
};

function given(): World {
  const world = worldWithMarket();
  for (const [marketId, prices] of Object.entries(PRICES)) {
    if (marketId !== WINNER) world.done({ type: 'OpenMarket', marketId, startAt: KICK_OFF });
    world.price(marketId, prices);
  }
  return world;
}

test('the board of a few bets, worked by hand', () => {
  const world = given();
  world.done({ type: 'SetLimits', limits: { marketLossMaxMinor: 2_000, eventLossMaxMinor: 4_000, houseCapitalMinor: 10_000 } });
  world.done({ type: 'SetMarketLimits', target: TENNIS, limits: { lossMaxMinor: 500 } });
  // 1x2: 1,000 on home pays 2,000; 500 on away pays 2,000; staked 1,500: the worst is 2,000 - 1,500 = 500 of 2,000.
  world.bet('a', { stakeMinor: 1_000 });
  world.bet('b', { stakeMinor: 500, selectionId: 'away', holder: BEA });
  // ou: 200 on over pays 380: worst 180 of 2,000. dnb: 200 on away pays 540: worst 340 of its own 500.
  world.bet('c', { stakeMinor: 200, marketId: TOTAL, selectionId: 'over' });
  world.bet('d', { stakeMinor: 200, marketId: TENNIS, selectionId: 'away' });
  type Figures = readonly [bets: number, stakes: number, payout: number, worst: number, limit: number, full: number];
  const row = (target: string, [bets, stakesMinor, payoutMinor, worstLossMinor, limitMinor, fullPpm]: Figures): LiabilityRow => {
    return { target, bets, stakesMinor, payoutMinor, worstLossMinor, limitMinor, fullPpm };
  };
  assert.deepEqual(liabilityBoard(world.ledger, 'market'), [
    row(TENNIS, [1, 200, 540, 340, 500, 680_000]),
    row(WINNER, [2, 1_500, 2_000, 500, 2_000, 250_000]),
    row(TOTAL, [1, 200, 380, 180, 2_000, 90_000]),
  ]);
  assert.deepEqual(liabilityBoard(world.ledger, 'fixture'), [
    row(FIXTURE, [3, 1_700, 2_380, 680, 4_000, 170_000]),
    row('tn:ATP:20240817:one:two', [1, 200, 540, 340, 4_000, 85_000]),
  ]);
  assert.deepEqual(liabilityBoard(world.ledger, 'sport'), [
    row('fb', [3, 1_700, 2_380, 680, 10_000, 68_000]),
    row('tn', [1, 200, 540, 340, 10_000, 34_000]),
  ]);
  assert.deepEqual(selectionLiability(world.ledger, WINNER), [
    { selectionId: 'home', bets: 1, stakesMinor: 1_000, payoutMinor: 2_000, resultMinor: -500 },
    { selectionId: 'draw', bets: 0, stakesMinor: 0, payoutMinor: 0, resultMinor: 1_500 },
    { selectionId: 'away', bets: 1, stakesMinor: 500, payoutMinor: 2_000, resultMinor: -500 },
  ]);
  assert.equal(selectionLiability(world.ledger, `${FIXTURE}/btts`), null);
});

interface Open {
  readonly marketId: string;
  readonly selectionId: string;
  readonly stakeMinor: number;
}

const step = fc.record({
  marketId: fc.constantFrom(...Object.keys(PRICES)),
  selection: fc.nat(2),
  stakeMinor: fc.integer({ min: 1, max: 700 }),
  holder: fc.constantFrom(ANA, BEA),
  voids: fc.option(fc.nat(20), { nil: null }),
});

test('property: the board equals what all open bets come to, counted anew', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 3, maxLength: 25 }), (steps) => {
      const world = given();
      const open = new Map<string, Open>();
      for (const [i, { holder, marketId, selection, stakeMinor, voids }] of steps.entries()) {
        const selections = Object.keys(PRICES[marketId] as object);
        const selectionId = selections[selection % selections.length] as string;
        const decision = world.bet(`${i}`, { holder, marketId, selectionId, stakeMinor });
        if (Array.isArray(decision)) open.set(`${i}`, { marketId, selectionId, stakeMinor });
        if (voids !== null && open.delete(`${voids}`))
          world.done({ type: 'VoidBet', betId: idOf('bet', `${voids}`), reason: 'test' });
      }
      const board = liabilityBoard(world.ledger, 'market');
      assert.deepEqual(new Set(board.map((row) => row.target)), new Set([...open.values()].map((bet) => bet.marketId)));
      for (const row of board) {
        const bets = [...open.values()].filter((bet) => bet.marketId === row.target);
        const prices = PRICES[row.target] as Record<string, number>;
        const pays = (id: string): number =>
          bets
            .filter((bet) => bet.selectionId === id)
            .reduce((sum, bet) => sum + Math.ceil((bet.stakeMinor * (prices[id] as number)) / 1000), 0);
        const staked = bets.reduce((sum, bet) => sum + bet.stakeMinor, 0);
        const dearest = Math.max(...Object.keys(prices).map(pays));
        assert.deepEqual(
          [row.bets, row.stakesMinor, row.payoutMinor, row.worstLossMinor],
          [bets.length, staked, dearest, Math.max(0, dearest - staked)],
        );
        for (const selection of selectionLiability(world.ledger, row.target) ?? [])
          assert.equal(selection.payoutMinor, pays(selection.selectionId));
      }
      for (const level of ['fixture', 'sport'] as const) {
        const rows = liabilityBoard(world.ledger, level);
        for (const name of ['bets', 'stakesMinor', 'payoutMinor', 'worstLossMinor'] as const)
          assert.equal(
            rows.reduce((sum, row) => sum + row[name], 0),
            board.reduce((sum, row) => sum + row[name], 0),
            `${level} ${name}`,
          );
        for (let i = 1; i < rows.length; i++)
          assert.ok((rows[i - 1] as LiabilityRow).fullPpm >= (rows[i] as LiabilityRow).fullPpm);
      }
    }),
    { numRuns: 200 },
  );
});
