// What every OddsStore and every alias table promises. An adapter's test calls these with a way to make an empty one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Quote } from '#core/catalog/quote.ts';
import type { Result } from '#core/catalog/result.ts';
import type { Alias, Aliases } from '#ports/aliases.ts';
import type { FixtureCard } from '#ports/feed.ts';
import { type ChangedQuote, OddsConflictError, type OddsEffect, type OddsStore, type StoredQuote } from '#ports/odds-store.ts';

const START = Date.now() + 3_600_000;

export function card(eventId: string): FixtureCard {
  const [sport = '', competition = '', , home = '', away = ''] = eventId.split(':');
  return { eventId, sport, competition, home, away, startAt: START, saidAt: 7 };
}

export function stored(eventId: string, seq: number, over: Partial<StoredQuote> & { book?: string } = {}): StoredQuote {
  const { book = 'simA', ...rest } = over;
  const quote: Quote = {
    marketId: `${eventId}/1x2`,
    quoteSeq: seq,
    status: 'open',
    inPlay: false,
    betDelayMs: 0,
    prices: [{ selectionId: 'home', oddsMilli: 2_000 + seq }],
    source: book,
    sourceEpoch: 1,
    sourceVersion: seq,
    observedAt: 1_000 + seq,
    confirmedAt: 1_000 + seq,
  };
  return { feed: 'f', eventId, quote, confirmedAt: quote.confirmedAt, held: null, feedStatus: 'open', n: seq, ...rest };
}

export function resultOf(eventId: string, version: number, status: Result['status'] = 'finished'): Result {
  return {
    eventId,
    source: 'f',
    version,
    observedAt: 5_000,
    status,
    completedPeriods: ['ft'],
    scores: [{ period: 'ft', stat: 'goals', home: version, away: 0 }],
  };
}

/** As the next row after the one with this quoteSeq; 0: there is none. */
export const changed = (row: StoredQuote, after = 0): ChangedQuote => ({ ...row, after });

const effect = (parts: Partial<OddsEffect>): OddsEffect => ({
  current: [],
  history: [],
  fixtures: [],
  results: [],
  cursors: [],
  ...parts,
});
const A = 'fb:S1:20260101T000000:a:b';
const B = 'fb:S1:20260101T000020:c:d';

export function oddsStoreContract(name: string, make: () => Promise<OddsStore>): void {
  describe(`${name} as an odds store`, () => {
    it('gives back what was committed, books of one market apart', async () => {
      const store = await make();
      const held = stored(A, 3, { held: 'stale', feedStatus: 'open', confirmedAt: 9_000 });
      const sharp = stored(A, 1, { book: 'PS' });
      await store.commit(
        effect({ fixtures: [card(A), card(B)], current: [changed(held), changed(sharp)], history: [held.quote, sharp.quote] }),
      );
      const [event, ...more] = await store.loadEvents([A, 'fb:none']);
      assert.deepEqual(more, []);
      assert.deepEqual(event?.card, card(A));
      assert.deepEqual(event?.result, null);
      assert.deepEqual(
        event?.quotes.toSorted((a, b) => (a.quote.source < b.quote.source ? -1 : 1)),
        [sharp, held],
      );
      assert.deepEqual((await store.loadLive()).map((live) => live.eventId).sort(), [A, B]);
    });

    it('refuses a batch in which one price would go back, as a whole', async () => {
      const store = await make();
      await store.commit(effect({ fixtures: [card(A), card(B)], current: [changed(stored(A, 5)), changed(stored(B, 5))] }));
      const cursors = [{ feed: 'f', cursor: { epoch: 1, seq: 9 }, aliveAt: 1 }];
      await assert.rejects(
        store.commit(effect({ current: [changed(stored(B, 6), 5), changed(stored(A, 4), 5)], cursors })),
        OddsConflictError,
      );
      const seqs = (await store.loadEvents([A, B])).map((event) => event.quotes[0]?.quote.quoteSeq);
      assert.deepEqual(seqs, [5, 5]);
      assert.equal(await store.cursor('f'), null);
      await store.commit(effect({ current: [changed(stored(A, 5, { confirmedAt: 50_000 }), 5)] })); // said again later: fine
      await assert.rejects(
        store.commit(effect({ current: [changed(stored(A, 5, { confirmedAt: 40_000 }), 5)] })),
        OddsConflictError,
      );
    });

    it('takes a row only onto the one it was made from: two that go on from the same row cannot both be stored', async () => {
      const store = await make();
      await store.commit(effect({ fixtures: [card(A)], current: [changed(stored(A, 5))] }));
      const one = stored(A, 6, { confirmedAt: 60_000 });
      const other = { ...one, quote: { ...one.quote, status: 'suspended' as const } };
      await store.commit(effect({ current: [changed(one, 5)], history: [one.quote] }));
      for (const after of [5, 0, 7])
        await assert.rejects(
          store.commit(effect({ current: [changed(other, after)], history: [other.quote] })),
          OddsConflictError,
        );
      assert.deepEqual((await store.loadEvents([A]))[0]?.quotes, [one]);
      const older = { ...one, confirmedAt: 70_000, quote: { ...one.quote, sourceVersion: 5 } };
      await assert.rejects(
        store.commit(effect({ current: [changed(older, 6)] })),
        OddsConflictError,
        'the version would go back',
      );
      const ofAnother = { ...older, feed: 'another', confirmedAt: 65_000 };
      await store.commit(effect({ current: [changed(ofAnother, 6)] })); // a line that goes to another feed: its versions are no order
      assert.deepEqual((await store.loadEvents([A]))[0]?.quotes[0]?.feed, 'another');
    });

    it('keeps the card that was said last, whichever comes last', async () => {
      const store = await make();
      const moved = { ...card(A), startAt: START + 3_600_000, saidAt: 9 };
      await store.commit(effect({ fixtures: [card(A)] }));
      await store.commit(effect({ fixtures: [moved] }));
      await store.commit(effect({ fixtures: [card(A)] }));
      assert.deepEqual((await store.loadEvents([A]))[0]?.card, moved);
    });

    it('keeps the place of a feed with its effect', async () => {
      const store = await make();
      const at = (seq: number): OddsEffect =>
        effect({ cursors: [{ feed: 'f', cursor: { epoch: 1_767_225_600_000, seq, token: '77' }, aliveAt: 5 }] });
      assert.equal(await store.cursor('f'), null);
      await store.commit(at(1));
      await store.commit(at(2));
      assert.deepEqual(await store.cursor('f'), { epoch: 1_767_225_600_000, seq: 2, token: '77' });
      assert.equal(await store.cursor('g'), null);
    });

    it('takes a result of a later version only, and an event with a final one is no longer going on', async () => {
      const store = await make();
      await store.commit(effect({ fixtures: [card(A), card(B)] }));
      await store.commit(effect({ results: [resultOf(A, 2), resultOf(B, 1, 'live')] }));
      await store.commit(effect({ results: [resultOf(A, 1)] }));
      assert.equal((await store.loadEvents([A]))[0]?.result?.version, 2);
      assert.deepEqual(
        (await store.loadLive()).map((live) => live.eventId),
        [B],
      );
      assert.deepEqual((await store.lastResults(10)).map((result) => result.eventId).sort(), [A, B]);
    });

    it('keeps a postponed event going on until any source tells how it ended', async () => {
      const store = await make();
      await store.commit(effect({ fixtures: [card(A)], results: [resultOf(A, 7, 'postponed')] }));
      const told = async (): Promise<unknown[]> => (await store.loadLive()).map(({ result }) => [result?.source, result?.status]);
      assert.deepEqual(await told(), [['f', 'postponed']]);
      await store.commit(effect({ results: [resultOf(A, 6)] }));
      await store.commit(effect({ results: [{ ...resultOf(A, 6, 'postponed'), source: 'g' }] }));
      assert.deepEqual(await told(), [['f', 'postponed']], 'it never goes back');
      await store.commit(effect({ results: [{ ...resultOf(A, 1), source: 'g' }] })); // versions of two sources are no order
      assert.deepEqual(await told(), []);
      await store.commit(effect({ results: [resultOf(A, 1)] }));
      assert.equal((await store.loadEvents([A]))[0]?.result?.source, 'g', 'what is final is not replaced by an older version');
    });

    it('keeps the history of prices once each, and prunes what is old in portions', async () => {
      const store = await make();
      const quotes = [1, 2, 3, 4].map((seq) => stored(A, seq).quote);
      await store.commit(effect({ history: quotes }));
      await store.commit(effect({ history: quotes })); // a batch that is stored twice adds nothing
      assert.equal(await store.pruneHistory(1_003, 1), 1);
      assert.equal(await store.pruneHistory(1_003, 10), 1); // 1001 and 1002 are older than 1003
      assert.equal(await store.pruneHistory(10_000, 10), 2);
    });
  });
}

export function aliasesContract(name: string, make: () => Promise<Aliases>): void {
  const alias = (kind: Alias['kind'], foreignId: string, ourId: string, swapped = false): Alias => ({
    source: 's',
    kind,
    foreignId,
    ourId,
    swapped,
  });

  describe(`${name} as an alias table`, () => {
    it('finds by source, kind and foreign id, and fixtures by our id', async () => {
      const aliases = await make();
      const rows = [alias('team', 'Man U', 'man-united'), alias('competition', 'Man U', 'E0'), alias('fixture', 'x:1', A, true)];
      await aliases.add([...rows, { ...alias('team', 'Man U', 'other'), source: 't' }], 'test');
      assert.deepEqual(
        await aliases.find('s', [
          { kind: 'team', foreignId: 'Man U' },
          { kind: 'team', foreignId: 'nobody' },
        ]),
        [rows[0]],
      );
      assert.deepEqual(await aliases.findOurs([A, B, 'man-united']), [rows[2]]);
      assert.deepEqual((await aliases.ourIds('team')).sort(), ['man-united', 'other']);
    });

    it('never overwrites an alias', async () => {
      const aliases = await make();
      await aliases.add([alias('team', 'Man U', 'man-united')], 'person');
      await aliases.add([alias('team', 'Man U', 'guess')], 'ingest');
      assert.equal((await aliases.find('s', [{ kind: 'team', foreignId: 'Man U' }]))[0]?.ourId, 'man-united');
    });
  });
}
