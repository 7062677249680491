// Arbitrary messages of the exchange stream and a book's content as plain data, for tests.
import fc from 'fast-check';
import type { MarketBook } from '#core/exchange-simulation/stream/market-book.ts';
import type { Levels } from '#core/exchange-simulation/stream/price-ladder.ts';
import type { ChangeMessage, LevelTriple, MarketChange, PricePair, RunnerChange } from '#core/exchange-simulation/stream/wire.ts';

const price = fc.integer({ min: 101, max: 1_000 }).map((hundredths) => hundredths / 100);
const size = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 500_000 }).map((minor) => minor / 100),
);
const pairs = fc.array(fc.tuple(price, size), { maxLength: 5 });
const triples = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), price, size), { maxLength: 4 });

const runnerChange: fc.Arbitrary<RunnerChange> = fc.record(
  {
    id: fc.integer({ min: 1, max: 3 }),
    hc: fc.constantFrom(0, 0.5, -0.25, 4),
    ltp: fc.oneof(fc.constant(0), price),
    tv: size,
    spn: fc.oneof(price, fc.constantFrom('NaN', 'Infinity')),
    spf: price,
    atb: pairs,
    atl: pairs,
    trd: pairs,
    spb: pairs,
    spl: pairs,
    batb: triples,
    batl: triples,
    bdatb: triples,
    bdatl: triples,
  },
  { requiredKeys: ['id'] },
);

/** Deltas of one market: no image and no definition. */
export const deltaChange: fc.Arbitrary<MarketChange> = fc.record(
  { id: fc.constant('1.5'), con: fc.boolean(), img: fc.constant(false), tv: size, rc: fc.array(runnerChange, { maxLength: 4 }) },
  { requiredKeys: ['id'] },
);

export const deltaMessage: fc.Arbitrary<ChangeMessage> = fc.record(
  {
    op: fc.constant('mcm' as const),
    id: fc.integer({ min: 1, max: 9 }),
    clk: fc.constantFrom('AAA', 'a+/=', 'Aé', 'a"b'),
    pt: fc.integer({ min: 1, max: 2 ** 42 }),
    mc: fc.array(deltaChange, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ['op', 'pt', 'mc'] },
);

const listOf = ({ prices, sizes }: Levels): [number, number][] => prices.map((one, i) => [one, sizes[i] as number]);

/** Everything that a book says, to compare two. */
export function contentOf(book: MarketBook): object {
  return {
    marketId: book.marketId,
    definition: book.definition,
    publishedAt: book.publishedAt,
    totalMatchedMinor: book.totalMatchedMinor,
    runners: book.runners
      .map((runner) => ({
        key: `${runner.selectionId}/${runner.handicap}`,
        status: runner.status,
        lastPriceMilli: runner.lastPriceMilli,
        totalMatchedMinor: runner.totalMatchedMinor,
        nearPrice: runner.nearPrice,
        farPrice: runner.farPrice,
        lists: runner.lists.map(listOf),
      }))
      .sort((a, b) => (a.key < b.key ? -1 : 1)),
  };
}

/** A whole image of what a book holds, as the stream would send it. */
export function imageOf(book: MarketBook): MarketChange {
  const rc = book.runners.map((runner): RunnerChange => {
    const [atb, atl, batb, batl, bdatb, bdatl, trd, spb, spl] = runner.lists as Levels[];
    const priced = (levels: Levels | undefined): PricePair[] => listOf(levels as Levels).map(([p, s]) => [p / 1000, s / 100]);
    const leveled = (levels: Levels | undefined): LevelTriple[] => priced(levels).map(([p, s], i) => [i, p, s]);
    return {
      id: runner.selectionId,
      hc: runner.handicap,
      ...(runner.lastPriceMilli === null ? {} : { ltp: runner.lastPriceMilli / 1000 }),
      tv: runner.totalMatchedMinor / 100,
      ...(runner.nearPrice === null ? {} : { spn: runner.nearPrice }),
      ...(runner.farPrice === null ? {} : { spf: runner.farPrice }),
      atb: priced(atb),
      atl: priced(atl),
      trd: priced(trd),
      spb: priced(spb),
      spl: priced(spl),
      batb: leveled(batb),
      batl: leveled(batl),
      bdatb: leveled(bdatb),
      bdatl: leveled(bdatl),
    };
  });
  return {
    id: book.marketId,
    img: true,
    tv: book.totalMatchedMinor / 100,
    rc,
    ...(book.definition ? { marketDefinition: book.definition } : {}),
  };
}
