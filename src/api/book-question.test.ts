// Order books asked of a writer in another process: the same as from its memory, and no answer where nobody writes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEDGER, WINNER } from '#core/kernel/world-for-tests.ts';
import { CY, order, worldWithExchange } from '#core/exchange/exchange-for-tests.ts';
import { answerBook, bookAt } from './book-question.ts';
import { LiveLedger, type WriterView } from './live-ledger.ts';

const world = worldWithExchange();
order(world, 'l', CY, { side: 'lay', priceMilli: 1_900, sizeMinor: 300 });
const writer: WriterView = { status: 'writing', state: world.state, place: { seq: 12 } };
const nobody = new LiveLedger(() => null, { shard: 0, ledgerId: LEDGER });
const question = { shard: 0, ledgerId: LEDGER, marketId: WINNER, depth: 3 };
const through = (writerOf: (shard: number) => WriterView | null): Parameters<typeof bookAt>[0] => ({
  live: nobody,
  questions: { ask: async (_shard, text) => answerBook(writerOf, text) },
});

test('the book through the door is the book in memory', async () => {
  const there = await bookAt(
    through(() => writer),
    question,
  );
  assert.deepEqual(there, await bookAt({ live: new LiveLedger(() => writer, { shard: 0, ledgerId: LEDGER }) }, question));
  assert.equal(there?.seq, 12);
  assert.deepEqual(there?.book?.selections[0]?.availableToBack, [{ priceMilli: 1_900, sizeMinor: 300, orders: 1 }]);
});

test('a market without an exchange is told from a writer that is not there', async () => {
  assert.deepEqual(
    await bookAt(
      through(() => writer),
      { ...question, marketId: 'nowhere' },
    ),
    { seq: 12, book: null },
  );
  assert.equal(
    await bookAt(
      through(() => ({ ...writer, status: 'standing-by' })),
      question,
    ),
    null,
  );
  assert.equal(await bookAt({ live: nobody }, question), null);
  assert.equal(await bookAt({ live: null, questions: { ask: () => Promise.reject(new Error('late')) } }, question), null);
});
