import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Quote } from '#core/catalog/quote.ts';
import { breakIfStale, close, confirm, type Entry, hear, type Said } from './market-entry.ts';

const LIMITS = { preMatchMs: 120_000, inPlayMs: 10_000 };

function said(version: number, home: number | null, over: Partial<Quote> & { whole?: boolean } = {}): Said {
  const { whole = false, ...rest } = over;
  const prices = home === null ? [] : [{ selectionId: 'home', oddsMilli: home }];
  const quote: Quote = {
    marketId: 'fb:E0:20240816:a:b/dnb',
    quoteSeq: 0,
    status: 'open',
    inPlay: false,
    betDelayMs: 0,
    prices,
    source: 'simA',
    sourceEpoch: 1,
    sourceVersion: version,
    observedAt: version * 1_000,
    confirmedAt: version * 1_000,
    ...rest,
  };
  return { feed: 'f', eventId: 'fb:E0:20240816:a:b', quote, whole };
}

const image = (version: number, over: Partial<Quote> = {}): Said =>
  said(version, null, {
    whole: true,
    prices: [
      { selectionId: 'home', oddsMilli: 1_900 },
      { selectionId: 'away', oddsMilli: 2_000 },
    ],
    ...over,
  });

function after(...list: Said[]): Entry {
  let entry: Entry | null = null;
  for (const one of list) entry = hear(entry, one).entry ?? entry;
  assert.ok(entry);
  return entry;
}

const pricesOf = (entry: Entry | null): Record<string, number> =>
  Object.fromEntries((entry?.quote.prices ?? []).map((price) => [price.selectionId, price.oddsMilli]));

describe('hear()', () => {
  it('merges a change onto the version right before it', () => {
    const { entry, verdict } = hear(after(image(1)), said(2, 1_850));
    assert.equal(verdict, 'changed');
    assert.deepEqual(pricesOf(entry), { home: 1_850, away: 2_000 });
    assert.equal(entry?.quote.quoteSeq, 2);
  });

  it('takes a whole list as it is: what is missing in it is withdrawn', () => {
    const entry = after(image(1), said(5, 1_700, { whole: true }));
    assert.deepEqual(pricesOf(entry), { home: 1_700 });
  });

  it('drops what is older or was said before, also from an older epoch', () => {
    const known = after(image(1), said(2, 1_850));
    assert.equal(hear(known, said(1, 9_000)).verdict, 'old');
    assert.equal(hear(known, said(2, 9_000)).verdict, 'old');
    assert.equal(hear(known, image(99, { sourceEpoch: 0 })).verdict, 'old');
    assert.equal(hear(known, said(2, 9_000)).entry, null);
  });

  it('suspends on a hole, ignores changes until a whole list comes, and asks for it each time', () => {
    const gap = hear(after(image(1)), said(3, 1_850));
    assert.equal(gap.verdict, 'gap');
    assert.deepEqual([gap.entry?.quote.status, gap.entry?.held, gap.entry?.quote.quoteSeq], ['suspended', 'gap', 2]);
    assert.deepEqual(pricesOf(gap.entry), { home: 1_900, away: 2_000 });
    const again = hear(gap.entry, said(4, 1_800));
    assert.deepEqual([again.verdict, again.entry], ['gap', null]);
    const healed = hear(gap.entry, image(4));
    assert.deepEqual([healed.entry?.quote.status, healed.entry?.held], ['open', null]);
  });

  it('heals a hole by a whole list of the very version that was last known', () => {
    const held = hear(after(image(1)), said(3, 1_850)).entry;
    assert.equal(hear(held, image(1)).entry?.quote.status, 'open');
  });

  it('cannot begin with a change, and a new epoch needs a whole list', () => {
    assert.deepEqual(hear(null, said(1, 1_900)), { verdict: 'gap', entry: null });
    assert.equal(hear(after(image(1)), said(2, 1_900, { sourceEpoch: 2 })).verdict, 'gap');
    assert.equal(hear(after(image(7)), image(1, { sourceEpoch: 2, status: 'suspended' })).verdict, 'changed');
  });

  it('makes no new quote of the same prices: only version and confirmation move', () => {
    const { entry, verdict } = hear(after(image(1)), said(2, 1_900));
    assert.equal(verdict, 'renewed');
    assert.deepEqual(
      [entry?.quote.quoteSeq, entry?.quote.sourceVersion, entry?.quote.observedAt, entry?.confirmedAt],
      [1, 2, 1_000, 2_000],
    );
  });

  it('ends with the last whole truth whatever is lost or repeated on the way, once an image comes', () => {
    const deliveries = fc.array(fc.integer({ min: 2, max: 12 }), { maxLength: 40 });
    fc.assert(
      fc.property(deliveries, (versions) => {
        let entry = after(image(1));
        for (const version of versions) {
          const heard = hear(entry, said(version, 1_000 + version * 10));
          assert.ok(!heard.entry || heard.entry.quote.quoteSeq >= entry.quote.quoteSeq);
          assert.ok(!heard.entry || heard.entry.quote.sourceVersion >= entry.quote.sourceVersion);
          entry = heard.entry ?? entry;
          // An open price is always the one of its version: version 1 said 1900, version n said 1000 + 10 n.
          const { sourceVersion: v, status } = entry.quote;
          if (status === 'open') assert.equal(pricesOf(entry)['home'], v === 1 ? 1_900 : 1_000 + v * 10);
        }
        assert.equal(after(image(1), ...versions.map((v) => said(v, 1_000 + v * 10)), image(13)).quote.status, 'open');
      }),
    );
  });
});

describe('staleness', () => {
  it('suspends a price that was not confirmed within the limit: 120 s before the match, 10 s in play', () => {
    const before = after(image(1)); // confirmed at 1 s
    assert.equal(breakIfStale(before, 121_000, LIMITS), null);
    assert.equal(breakIfStale(before, 121_001, LIMITS)?.quote.status, 'suspended');
    const inPlay = after(image(1, { inPlay: true }));
    assert.equal(breakIfStale(inPlay, 11_000, LIMITS), null);
    const broken = breakIfStale(inPlay, 11_001, LIMITS);
    assert.deepEqual([broken?.quote.quoteSeq, broken?.held, broken?.feedStatus], [2, 'stale', 'open']);
    assert.equal(breakIfStale(broken as Entry, 99_000, LIMITS), null); // once
  });

  it('comes back by a confirmation alone, as a new quote', () => {
    const broken = breakIfStale(after(image(1)), 500_000, LIMITS) as Entry;
    const { entry, verdict } = confirm(broken, 500_001);
    assert.deepEqual([verdict, entry?.quote.status, entry?.quote.quoteSeq, entry?.held], ['changed', 'open', 3, null]);
  });

  it('does not bring back a market with a hole, and a confirmation never goes back', () => {
    const held = hear(after(image(1)), said(3, 1_850)).entry as Entry;
    assert.equal(confirm(held, 900_000).entry?.quote.status, 'suspended');
    assert.equal(confirm(after(image(9)), 8_999).verdict, 'old');
  });
});

describe('close()', () => {
  it('ends a market once', () => {
    const closed = close(after(image(1)));
    assert.deepEqual([closed?.quote.status, closed?.quote.quoteSeq], ['closed', 2]);
    assert.equal(close(closed as Entry), null);
  });
});
