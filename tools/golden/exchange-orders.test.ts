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

function check(
  t: TestContext,
  set: object,
  recording: Uint8Array | string = RECORDING,
  { name = '1.1', setName = 'any name.json' } = {},
): CheckedSet {
  const root = mkdtempSync(join(tmpdir(), 'golden-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'golden'));
  mkdirSync(join(root, 'betfair'));
  writeFileSync(join(root, 'golden', setName), JSON.stringify(set));
  writeFileSync(join(root, 'betfair', name), recording);
  return checkFolder(root).checked[0] as CheckedSet;
}

test('checkFolder() finds exchange orders by their shape and agrees with fills worked by hand', (t) => {
  const { bets, checks, mismatches } = check(t, SET);
  assert.deepEqual(mismatches, []);
  assert.deepEqual([checks, bets], [4 + 2 * 18, 2]);
  assert.deepEqual(check(t, SET, gzipSync(RECORDING), { name: '1.1.gz' }).mismatches, []);
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

test('checkFolder() names the fields that the reference lacks', (t) => {
  const { profit: _profit, matched: _matched, ...rest } = LAY;
  assert.deepEqual(check(t, { ...SET, order_list: [BACK, rest] }).mismatches, [
    'order 2 (LAY 10 at 2) field matched is missing in the reference',
    'order 2 (LAY 10 at 2) field profit is missing in the reference',
  ]);
  assert.deepEqual(check(t, { ...SET, order_list: [BACK, null] }).mismatches, ['order 2 is null in the reference, no order']);
});

/** The recording with changes of two other markets, in messages of their own and within those of 1.1. */
const OTHERS = ((): string => {
  const lines = RECORDING.split('\n');
  const beside = { id: '1.3', rc: [{ id: 10, atb: [[1.01, 500]], atl: [[1.02, 500]], trd: [[2, 900]] }] };
  const alone = (after: number): string =>
    JSON.stringify({ op: 'mcm', pt: T0 + after, clk: 'a', mc: [{ ...beside, id: '1.2' }] });
  const joined = lines.map((text) => {
    const message = JSON.parse(text) as { mc: object[] };
    return JSON.stringify({ ...message, mc: [beside, ...message.mc] });
  });
  return [alone(-5), ...joined.slice(0, 3), alone(1_500), ...joined.slice(3), alone(70_000)].join('\n');
})();

test('checkFolder() plays the market that a set is about and passes over the others of the recording', (t) => {
  assert.deepEqual(check(t, SET, OTHERS).mismatches, []);
  const elsewhere = { ...SET, source_file: 'day' };
  assert.deepEqual(check(t, elsewhere, OTHERS, { name: 'day', setName: 'flumine_1.1.json' }).mismatches, []);
  assert.deepEqual(check(t, { ...elsewhere, market_id: '1.1' }, OTHERS, { name: 'day' }).mismatches, []);
  // A recording of one market needs no name for it.
  assert.deepEqual(check(t, elsewhere, RECORDING, { name: 'day' }).mismatches, []);
});

test('checkFolder() says that a set must name its market where there are several', (t) => {
  const faultsOf = (set: object): readonly string[] => check(t, set, OTHERS, { name: 'day' }).mismatches;
  const elsewhere = { ...SET, source_file: 'day' };
  assert.deepEqual(faultsOf(elsewhere), [
    'day speaks of 3 markets (1.2, 1.3, 1.1); the set does not say which is meant, by market_id, its own name or source_file',
  ]);
  assert.deepEqual(faultsOf({ ...elsewhere, market_id: '1.9' }), ['day does not speak of market "1.9"']);
  assert.deepEqual(check(t, SET, '').mismatches, ['1.1 speaks of no market']);
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
