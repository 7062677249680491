// What every cache of hot prices promises. An adapter's test calls this with a way to make a keeper and a reader of one empty cache.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NumberedQuote } from '#core/catalog/quote.ts';
import type { HotOdds, HotOddsKeeper } from '#ports/hot-odds.ts';
import { stored } from './odds-store.ts';

const A = 'fb:S1:20260101T000000:a:b';

/** Price `seq` of a market, the fixture's number `n`. */
export function row(seq: number, n: number, market = '1x2', confirmedAt?: number): NumberedQuote {
  const { quote } = stored(A, seq);
  return { n, quote: { ...quote, marketId: `${A}/${market}`, ...(confirmedAt === undefined ? {} : { confirmedAt }) } };
}

export function hotOddsContract(name: string, make: () => Promise<{ keeper: HotOddsKeeper; reader: HotOdds }>): void {
  const begun = async (): Promise<{ keeper: HotOddsKeeper; reader: HotOdds }> => {
    const made = await make();
    await made.keeper.begin();
    return made;
  };
  const put = (keeper: HotOddsKeeper, ...rows: NumberedQuote[]): Promise<void> =>
    keeper.put(rows.map((one) => ({ eventId: A, ...one })));
  const numbers = async (reader: HotOdds): Promise<number[] | null> =>
    (await reader.read(A)).quotes?.map(({ n }) => n).sort((a, b) => a - b) ?? null;
  const fill = async (reader: HotOdds, ...rows: NumberedQuote[]): Promise<void> => {
    const { place } = await reader.read(A);
    assert.ok(place !== null);
    await reader.fill(A, rows, place);
  };

  describe(`${name} as a cache of hot prices`, () => {
    it('knows nothing without a keeper', async () => {
      const { reader } = await make();
      assert.deepEqual(await reader.read(A), { place: null, quotes: null });
      await reader.fill(A, [row(1, 1)], 'nonsense');
      assert.equal(await numbers(reader), null);
    });

    it('knows a fixture once it was filled, as it was and as it changed', async () => {
      const { keeper, reader } = await begun();
      assert.equal(await numbers(reader), null);
      await fill(reader, row(1, 1), row(1, 2, 'btts'));
      assert.deepEqual(
        (await reader.read(A)).quotes?.toSorted((a, b) => a.n - b.n),
        [row(1, 1), row(1, 2, 'btts')],
      );
      await put(keeper, row(2, 3));
      assert.deepEqual(await numbers(reader), [2, 3]);
      await fill(reader);
      assert.deepEqual(await numbers(reader), [2, 3]);
    });

    it('does not take changes for a whole fixture', async () => {
      const { keeper, reader } = await begun();
      await put(keeper, row(2, 3));
      assert.equal(await numbers(reader), null);
      await fill(reader, row(1, 1), row(1, 2, 'btts')); // read before the change was committed, kept after it
      assert.deepEqual(await numbers(reader), [2, 3]);
    });

    it('never replaces a price by an older one, whoever brings it', async () => {
      const { keeper, reader } = await begun();
      await fill(reader, row(9, 9, '1x2', 5_000));
      await put(keeper, row(10, 12, '1x2', 4_000));
      await put(keeper, row(9, 9, '1x2', 9_000));
      await fill(reader, row(8, 8));
      assert.deepEqual((await reader.read(A)).quotes, [row(10, 12, '1x2', 4_000)]);
      await put(keeper, row(10, 12, '1x2', 4_500));
      await put(keeper, row(10, 12, '1x2', 4_400));
      assert.deepEqual((await reader.read(A)).quotes, [row(10, 12, '1x2', 4_500)]);
    });

    it('is void when a keeper begins, also for who has begun to fill it', async () => {
      const { keeper, reader } = await begun();
      await fill(reader, row(1, 1));
      const { place } = await reader.read(A);
      await keeper.begin();
      assert.equal(await numbers(reader), null);
      await reader.fill(A, [row(1, 1)], place as string);
      assert.equal(await numbers(reader), null);
    });

    it('takes many prices at once', async () => {
      const { keeper, reader } = await begun();
      await fill(reader);
      assert.deepEqual(await numbers(reader), []);
      await put(keeper, ...Array.from({ length: 700 }, (_, i) => row(1, i + 1, `ou@${i + 0.5}`)));
      assert.equal((await numbers(reader))?.length, 700);
    });
  });
}
