// The checker of exchange orders on an invented recording whose every fill is worked by hand, and on sets that are wrong in one thing each.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { checkFolder } from './find-sets.ts';
import { readScript } from './order-script.ts';
import type { CheckedSet } from './report.ts';

const T0 = Date.parse('2024-01-01T11:30:00.000Z');
const WORDS =
  'per ACTIVE runner, one order at a time, in order: BACK best-back 10, LAY best-back 5 (PERSIST); a resting order is cancelled when older than 60 s';

const definition = (status: string, first: string, second: string): object => ({
  status,
  marketType: 'WIN',
  marketTime: '2024-01-01T12:00:00.000Z',
  numberOfWinners: 1,
  betDelay: 0,
  inPlay: false,
  version: 1,
  runners: [
    { id: 10, status: first },
    { id: 20, status: second },
  ],
});
const line = (after: number, change: object): string =>
  JSON.stringify({ op: 'mcm', pt: T0 + after, clk: 'a', mc: [{ id: '1.1', ...change }] });

const RECORDING = [
  line(0, {
    marketDefinition: definition('OPEN', 'ACTIVE', 'ACTIVE'),
    rc: [
      {
        id: 10,
        atb: [
          [1.9, 100],
          [2, 4],
        ],
        atl: [[2.1, 6]],
      },
    ],
  }),
  // The back (wished at 0) arrives after 121 ms: 4 of 10 at 2.0 are there. Then 8 are traded at 2.0, half of them are layers': 4 more.
  line(121, { rc: [{ id: 10, trd: [[2, 8]] }] }),
  // 4 at 2.0 give the last 2; 100 at 1.9 are beneath the limit. The back is done, the lay at 2.0 is wished.
  line(1_000, {
    rc: [
      {
        id: 10,
        trd: [
          [1.9, 100],
          [2, 12],
        ],
      },
    ],
  }),
  // The lay arrives behind the 4 that are offered at 2.0; half of 4 traded takes 2 of them away.
  line(2_000, { rc: [{ id: 10, trd: [[2, 16]] }] }),
  // Half of 10 at 1.9: 2 for the queue, 3 for the lay.
  line(3_000, { rc: [{ id: 10, trd: [[1.9, 110]] }] }),
  // 60.001 s after it was placed the rest of the lay is cancelled; the market hears it with the next line.
  line(62_001, { tv: 1 }),
  line(63_000, { tv: 2 }),
  line(64_000, { marketDefinition: definition('CLOSED', 'WINNER', 'LOSER') }),
].join('\n');

const ORDER = {
  selection_id: 10,
  handicap: 0,
  persistence: 'PERSIST',
  status: 'Execution complete',
  size_lapsed: 0,
  size_voided: 0,
  runner_status: 'WINNER',
  dead_heat_winners: 1,
};
const BACK = {
  ...ORDER,
  side: 'BACK',
  price: 2,
  size: 10,
  created: '2024-01-01T11:30:00',
  placed: '2024-01-01T11:30:00.121000',
  matched: [
    [T0, 2, 4],
    [T0 + 121, 2, 4],
    [T0 + 1_000, 2, 2],
  ],
  size_matched: 10,
  average_price_matched: 2,
  size_cancelled: 0,
  profit: 10,
};
const LAY = {
  ...ORDER,
  side: 'LAY',
  price: 2,
  size: 5,
  created: '2024-01-01T11:30:01',
  placed: '2024-01-01T11:30:02',
  matched: [[T0 + 3_000, 2, 3]],
  size_matched: 3,
  average_price_matched: 2,
  size_cancelled: 2,
  profit: -3,
};
const SET = {
  source_file: '1.1',
  config: {
    place_latency: 0.12,
    cancel_latency: 0.17,
    simulated_strategy_isolation: true,
    simulation_available_prices: false,
    window_seconds_before_start: 3600,
  },
  strategy: WORDS,
  book_updates: 7,
  orders: 2,
  profit: 7,
  order_list: [BACK, LAY],
};

function check(t: TestContext, set: object, recording: Uint8Array | string = RECORDING, name = '1.1'): CheckedSet {
  const root = mkdtempSync(join(tmpdir(), 'golden-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'golden'));
  mkdirSync(join(root, 'betfair'));
  writeFileSync(join(root, 'golden', 'any name.json'), JSON.stringify(set));
  writeFileSync(join(root, 'betfair', name), recording);
  return checkFolder(root).checked[0] as CheckedSet;
}

test('checkFolder() finds exchange orders by their shape and agrees with fills worked by hand', (t) => {
  const { bets, checks, mismatches } = check(t, SET);
  assert.deepEqual(mismatches, []);
  assert.deepEqual([checks, bets], [4 + 2 * 18, 2]);
  assert.deepEqual(check(t, SET, gzipSync(RECORDING), '1.1.gz').mismatches, []);
});

test('checkFolder() names the order and the field that differ', (t) => {
  const wrong = {
    ...SET,
    order_list: [BACK, { ...LAY, matched: [[T0 + 3_000, 2, 2.99]], placed: '2024-01-01T11:30:02.001000' }],
  };
  assert.deepEqual(check(t, wrong).mismatches, [
    'order 2 (LAY 10 at 2) placed: "2024-01-01T11:30:02", expected "2024-01-01T11:30:02.001000"',
    `order 2 (LAY 10 at 2) matched: [[${T0 + 3_000},2,3]], expected [[${T0 + 3_000},2,2.99]]`,
  ]);
});

test('checkFolder() counts orders, updates and profit of the whole set', (t) => {
  const { mismatches } = check(t, { ...SET, book_updates: 8, orders: 3, profit: 7.01, order_list: [BACK, LAY, LAY] });
  assert.deepEqual(mismatches, [
    'book_updates: 7, expected 8',
    'orders: 2, expected 3',
    'order_list: 2, expected 3',
    'profit: 7, expected 7.01',
  ]);
});

test('checkFolder() refuses a set whose words, settings or fields it does not understand, and a broken recording', (t) => {
  const faultOf = (set: object, recording?: string): string => check(t, set, recording).mismatches[0] ?? '';
  assert.match(faultOf({ ...SET, strategy: 'buy low' }), /strategy in words of another shape: buy low/);
  assert.match(faultOf({ ...SET, config: { ...SET.config, luck: 1 } }), /unknown meaning: luck/);
  assert.match(faultOf({ ...SET, order_list: [{ ...BACK, mood: 'good' }, LAY] }), /order 1 \(BACK 10 at 2\) mood: nothing/);
  assert.match(faultOf({ ...SET, source_file: '1.2' }), /no recording 1\.2/);
  assert.match(faultOf({ ...SET, source_file: '../1.1' }), /no name of a recording/);
  assert.match(faultOf(SET, `${RECORDING}\n{"op":"mcm","mc":[{}]}`), /1\.1:9 has changes without a pt/);
});

test('readScript() reads steps, persistence and patience, and no other words', () => {
  assert.deepEqual(readScript(WORDS), {
    steps: [
      { side: 'BACK', at: 'back', size: 10 },
      { side: 'LAY', at: 'back', size: 5 },
    ],
    persistence: 'PERSIST',
    restMax: 60,
  });
  assert.equal(readScript(WORDS.replace('LAY best-back 5', 'LAY worst-back 5')), null);
  assert.equal(readScript(`${WORDS}, or not`), null);
});
