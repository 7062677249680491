// What a batch says of each entry: whose statement it stands on, and what the batch had added to that wallet by then.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NewEvent } from '#core/kernel/event.ts';
import { ProjectionBatch } from './projection-batch.ts';

const FUNDED = { type: 'FundsIssued', ledgerId: 'main', at: 5, commandId: 'cmd_1' };

/** Only the postings matter here. */
function moved(postings: [from: string, to: string, amountMinor: number][]): NewEvent {
  const data = { holder: 'usr_ana', ownerId: 'usr_ana', tenantId: 'ten_1' };
  return {
    ...FUNDED,
    data,
    postings: postings.map(([from, to, amountMinor]) => ({ from, to, amountMinor, currency: 'PLAY' })),
  } as unknown as NewEvent;
}

test('an entry carries what the batch added to its wallet up to then', () => {
  const batch = new ProjectionBatch();
  batch.add(moved([['issuance', 'player:usr_ana:available', 1_000]]), 1);
  batch.add(moved([['player:usr_ana:available', 'player:usr_ana:held', 300]]), 2);
  batch.add(moved([['player:usr_ana:held', 'house:main:capital', 300]]), 3);
  assert.deepEqual(
    batch.entries.map(({ available, held, seq, wallet }) => [seq, wallet?.holderId, available, held]),
    [
      [1, 'usr_ana', 1_000, 0],
      [2, 'usr_ana', 700, 300],
      [3, 'usr_ana', 700, 0],
    ],
  );
});

test('a posting between two holders stands on the statements of both, one between accounts of the house on none', () => {
  const batch = new ProjectionBatch();
  batch.add(
    moved([
      ['player:usr_ana:available', 'player:usr_bob:available', 40],
      ['issuance', 'house:main:capital', 7],
    ]),
    1,
  );
  assert.deepEqual(
    batch.entries.map(({ available, n, wallet }) => [n, wallet?.holderId ?? null, available]),
    [
      [0, 'usr_ana', -40],
      [0, 'usr_bob', 40],
      [1, null, 0],
    ],
  );
});

test('a holder with wallets in two ledgers has two balances', () => {
  const batch = new ProjectionBatch();
  batch.add(moved([['issuance', 'player:usr_ana:available', 10]]), 1);
  batch.add({ ...moved([['issuance', 'player:usr_ana:available', 5]]), ledgerId: 'cup' }, 2);
  batch.add(moved([['issuance', 'player:usr_ana:available', 1]]), 3);
  assert.deepEqual(
    batch.entries.map(({ available, wallet }) => [wallet?.ledgerId, available]),
    [
      ['main', 10],
      ['cup', 5],
      ['main', 11],
    ],
  );
});
