// OpenBets against a naive model of maps and lists, and its dump against a rebuilt copy.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { idOf } from '../kernel/world-for-tests.ts';
import { type OpenBet, OpenBets } from './open-bets.ts';

const bet = (n: number, market: number): OpenBet => ({
  betId: idOf('bet', `${n}`),
  holder: n % 7,
  market,
  selection: n % 3,
  oddsMilli: 1_001 + n,
  minOddsMilli: 1_001,
  stakeMinor: 2 ** 40 + n,
  placedAt: 1_700_000_000_000 + n,
  suspensions: n % 5,
  pending: n % 2 === 0,
});

/** The market's bets, newest first, as the linked list tells them. */
function listed(bets: OpenBets, market: number): OpenBet[] {
  const found: OpenBet[] = [];
  for (let row = bets.first(market); row >= 0; row = bets.next(row)) found.push(bets.get(row));
  return found;
}

const MARKETS = 4;
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('add' as const), market: fc.nat(MARKETS - 1) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), which: fc.nat(1_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('accept' as const),
      which: fc.nat(1_000),
      oddsMilli: fc.integer({ min: 1_001, max: 9_999 }),
    }),
  },
);

test('OpenBets agrees with a naive model after any adds, removals and acceptances', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      let bets = new OpenBets();
      let model: OpenBet[] = []; // newest first
      steps.forEach((one, n) => {
        if (one.kind === 'add') {
          const added = bet(n, one.market);
          bets.add(added);
          model.unshift(added);
        } else if (model.length > 0) {
          const chosen = model[one.which % model.length] as OpenBet;
          const row = bets.find(chosen.betId);
          if (one.kind === 'remove') bets.remove(row);
          else bets.accept(row, one.oddsMilli);
          model =
            one.kind === 'remove'
              ? model.filter((other) => other !== chosen)
              : model.map((other) => (other === chosen ? { ...other, oddsMilli: one.oddsMilli, pending: false } : other));
        }
        if (n % 40 === 39) bets = OpenBets.load(bets.dump()); // the same in the middle of a history
      });
      assert.equal(bets.size, model.length);
      for (const one of model) assert.deepEqual(bets.get(bets.find(one.betId)), one);
      for (let market = 0; market < MARKETS; market++) {
        assert.deepEqual(
          listed(bets, market),
          model.filter((one) => one.market === market),
        );
      }
      assert.deepEqual(OpenBets.load(bets.dump()).dump(), bets.dump());
    }),
    { numRuns: 300 },
  );
});

test('OpenBets grows beyond its first capacity without losing a bet, and leaves nothing of removed ones behind', () => {
  const bets = new OpenBets();
  for (let n = 0; n < 5_000; n++) bets.add(bet(n, n % 3));
  for (let n = 0; n < 5_000; n++) assert.deepEqual(bets.get(bets.find(idOf('bet', `${n}`))), bet(n, n % 3));
  for (let n = 0; n < 5_000; n++) bets.remove(bets.find(idOf('bet', `${n}`)));
  const { columns, heads, ids } = bets.dump();
  assert.deepEqual(heads, [-1, -1, -1]);
  assert.ok(ids.every((word) => word === 0));
  for (const column of Object.values(columns)) assert.ok((column as Int32Array).every((value) => value === 0));
});

test('find() knows neither unknown bets nor markets without any', () => {
  const bets = new OpenBets();
  assert.deepEqual([bets.find(idOf('bet', 'x')), bets.find(''), bets.first(0), bets.first(9)], [-1, -1, -1, -1]);
  bets.add(bet(1, 5));
  assert.throws(() => bets.add(bet(1, 2)), /already there/);
});
