import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Currency } from '../base/money.ts';
import { Accounts, mayBeNegative, posting } from './accounts.ts';

test('mayBeNegative() names exactly the accounts of the contract', () => {
  const usr = 'usr_00000000000000000000000001';
  const negative = [
    'house:main',
    'venue:sim',
    'promo',
    'rounding',
    'issuance',
    'external:pix',
    'transit:main',
    `player:${usr}:debt`,
  ];
  const never = [
    `player:${usr}:available`,
    `player:${usr}:held`,
    'insurance',
    'fees:cash',
    'market:m:escrow',
    'pool:p:escrow',
    'margin:x:cross',
  ];
  const lookalikes = ['promotion', 'rounding2', 'xissuance', 'player:a:b:debt', 'my-house:main', '', 'house'];
  assert.deepEqual(
    negative.map(mayBeNegative),
    negative.map(() => true),
  );
  assert.deepEqual(
    [...never, ...lookalikes].map(mayBeNegative),
    [...never, ...lookalikes].map(() => false),
  );
});

test('post() moves money, opens accounts as they appear, and keeps currencies apart', () => {
  const accounts = new Accounts();
  accounts.post(posting('issuance', 'a', 500, 'PLAY'));
  accounts.post(posting('a', 'b', 200, 'PLAY'));
  accounts.post(posting('external:pix', 'a', 9, 'BRL'));
  assert.deepEqual(
    [...accounts.rows()],
    [
      { path: 'issuance', currency: 'PLAY', balanceMinor: -500 },
      { path: 'a', currency: 'PLAY', balanceMinor: 300 },
      { path: 'b', currency: 'PLAY', balanceMinor: 200 },
      { path: 'external:pix', currency: 'BRL', balanceMinor: -9 },
      { path: 'a', currency: 'BRL', balanceMinor: 9 },
    ],
  );
  assert.equal(accounts.balance('nobody', 'PLAY'), 0);
  assert.deepEqual(
    [...accounts.sums()],
    [
      ['PLAY', 0n],
      ['BRL', 0n],
    ],
  );
});

test('post() throws on what is not payable and leaves all balances as they were', () => {
  const accounts = new Accounts();
  accounts.post(posting('issuance', 'a', 100, 'PLAY'));
  const before = accounts.dump().balances;
  for (const amount of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 50 + 1]) {
    assert.throws(() => accounts.post(posting('a', 'issuance', amount, 'PLAY')), /bad posting/, `${amount}`);
  }
  assert.throws(() => accounts.post(posting('a', 'a', 1, 'PLAY')), /bad posting/);
  assert.throws(() => accounts.post(posting('a', 'issuance', 101, 'PLAY')), /overdrawn by 1/);
  for (let i = 0; i < 7; i++) accounts.post(posting('house:main', 'promo', 2 ** 50, 'PLAY'));
  const full = accounts.dump().balances;
  assert.throws(() => accounts.post(posting('house:main', 'promo', 2 ** 50, 'PLAY')), /beyond exact integers/);
  assert.deepEqual([...accounts.dump().balances], [...full]);
  assert.deepEqual(full.slice(0, 2), before);
});

test('post() agrees with a model in bigint for any transfers, and a dump loads equal', () => {
  const paths = ['issuance', 'house:main', 'a', 'b', 'c', 'rounding'];
  const transfer = fc.record({
    from: fc.constantFrom(...paths),
    to: fc.constantFrom(...paths),
    amount: fc.oneof(fc.integer({ min: -1, max: 50 }), fc.integer({ min: 1, max: 2 ** 50 })),
    currency: fc.constantFrom<Currency>('PLAY', 'BTC'),
  });
  fc.assert(
    fc.property(fc.array(transfer, { maxLength: 60 }), (transfers) => {
      const accounts = new Accounts();
      const model = new Map<string, bigint>();
      for (const { amount, currency, from, to } of transfers) {
        const left = (model.get(`${from} ${currency}`) ?? 0n) - BigInt(amount);
        const right = (model.get(`${to} ${currency}`) ?? 0n) + BigInt(amount);
        const safe = [left, right].every((value) => Number.isSafeInteger(Number(value)));
        const payable = amount > 0 && from !== to && safe && (left >= 0n || mayBeNegative(from));
        if (!payable) {
          assert.throws(() => accounts.post(posting(from, to, amount, currency)));
          continue;
        }
        accounts.post(posting(from, to, amount, currency));
        model.set(`${from} ${currency}`, left).set(`${to} ${currency}`, right);
      }
      for (const [key, balance] of model) {
        const [path = '', currency] = key.split(' ');
        assert.equal(BigInt(accounts.balance(path, currency as Currency)), balance);
      }
      for (const sum of accounts.sums().values()) assert.equal(sum, 0n);
      assert.deepEqual(Accounts.load(accounts.dump()).dump(), accounts.dump());
    }),
  );
});

test('Accounts holds more than its first thousand accounts', () => {
  const accounts = new Accounts();
  for (let i = 1; i <= 5_000; i++) accounts.post(posting('issuance', `player:${i}:available`, i, 'PLAY'));
  assert.equal(accounts.balance('player:4999:available', 'PLAY'), 4_999);
  assert.equal(accounts.balance('issuance', 'PLAY'), -12_502_500); // 5,000 x 5,001 / 2
  assert.equal(accounts.size, 5_001);
});
