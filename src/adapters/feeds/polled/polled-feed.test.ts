import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { makeRng } from '#core/base/rng.ts';
import { priceMatch } from '#core/simulation/book-price.ts';
import { finalScore, type MatchPlan, momentAt, planMatch, stateAt } from '#core/simulation/match-plan.ts';
import { firstNotOver, lastOpened, type World } from '#core/simulation/world.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { Cursor, FeedItem } from '#ports/feed.ts';
import { FAST, realClock, until } from '../../../../test/odds/pipeline-harness.ts';
import { FOREIGN_PREFIX } from './offer.ts';
import { Pacer } from './pacer.ts';
import { PolledFeed, type PolledFeedOptions } from './polled-feed.ts';
import {
  type Asked,
  type Fault,
  POLLED_BOOK,
  type PolledSupplier,
  type PolledSupplierOptions,
  startPolledSupplier,
} from './polled-server.ts';
import { preMatchId } from './polled-story.ts';
import { retryAfter } from './requests.ts';
import { PATHS } from './wire.ts';

/** A young world: what was settled long ago is not told again in each test. */
const WORLD: World = { seed: 9, epochAt: Math.floor(Date.now() / 500) * 500 - 10_000, pace: FAST };
const LOGIN = { user: 'palpite', password: 'a:secret' };
const QUICK = { pollMs: 20, snapshotMs: 20, settledMs: 60, leaguesMs: 20, refreshMs: 60_000 };

interface Reading {
  readonly items: FeedItem[];
  readonly feed: PolledFeed;
  readonly counted: Map<string, number>;
  stop(): Promise<void>;
}

/** Stopped at the end, also when a test fails before it stops them. */
const going = new Set<AbortController>();

function reading(url: string, over: Partial<PolledFeedOptions> = {}, from: Cursor | null = null): Reading {
  const counted = new Map<string, number>();
  const feed = new PolledFeed({
    url: () => url,
    source: 'poll',
    book: 'simB',
    clock: realClock,
    login: LOGIN,
    fairUse: QUICK,
    perSecondMax: 1_000,
    timeoutMs: 20_000, // a machine under load is not a failure of the supplier
    backOffMs: { first: 10, max: 40 },
    metrics: {
      count: (_name, by = 1, labels = {}) => {
        const outcome = String(labels['outcome']);
        counted.set(outcome, (counted.get(outcome) ?? 0) + by);
      },
      observe() {},
      gauge() {},
      export: () => Promise.resolve({ contentType: '', text: '' }),
    },
    ...over,
  });
  const stop = new AbortController();
  going.add(stop);
  const items: FeedItem[] = [];
  const done = (async () => {
    for await (const batch of feed.read(from, stop.signal)) items.push(...batch);
  })();
  return {
    items,
    feed,
    counted,
    async stop() {
      stop.abort();
      await done;
    },
  };
}

interface Started {
  readonly url: string;
  readonly supplier: PolledSupplier;
}

async function withSupplier(over: Partial<PolledSupplierOptions>, work: (started: Started) => Promise<void>): Promise<void> {
  const started = await startPolledSupplier({
    port: 0,
    world: WORLD,
    book: POLLED_BOOK,
    clock: realClock,
    login: LOGIN,
    perSecondMax: 10_000,
    ...over,
  });
  try {
    await work(started);
  } finally {
    for (const stop of going) stop.abort();
    going.clear();
    await started.close();
  }
}

/** What a reader of the items has in the end: the newest quote of each market, by nothing but the order of the items. */
function fold(items: readonly FeedItem[]): Map<string, Quote> {
  const state = new Map<string, Quote>();
  for (const item of items) {
    if (item.kind === 'quote') state.set(item.quote.marketId, item.quote);
    else if (item.kind === 'result')
      for (const id of state.keys()) if (id.startsWith(`${item.result.eventId}/`)) state.delete(id);
    if (item.kind === 'offer')
      for (const [id, quote] of state)
        if (!item.marketIds.includes(id)) state.set(id, { ...quote, status: 'suspended', prices: [] });
  }
  return state;
}

/** The open prices of the world at a moment, computed anew from the world and not from what the supplier says. */
function truthAt(at: number): Map<string, string> {
  const truth = new Map<string, string>();
  for (let index = firstNotOver(WORLD, at); index <= lastOpened(WORLD, at); index++) {
    const plan = planMatch(WORLD, index);
    const state = stateAt(WORLD, plan, plan.moments[momentAt(plan, at)] as number);
    for (const { market, oddsCents, status } of priceMatch(WORLD, plan, momentAt(plan, at), POLLED_BOOK)) {
      if (status !== 'open' || state.suspended || !['1x2', 'ah', 'ou'].includes(market.type)) continue;
      const line = market.lineQuarters === undefined ? '' : `@${market.lineQuarters / 4}`;
      truth.set(`${idOf(plan)}/${market.type}${line}`, oddsCents.map((cents) => cents * 10).join(' '));
    }
  }
  return truth;
}

const idOf = (plan: MatchPlan): string => `${FOREIGN_PREFIX}${preMatchId(plan.index)}`;
const openOf = (state: ReadonlyMap<string, Quote>): Map<string, string> =>
  new Map(
    [...state].flatMap(([id, quote]) => (quote.status === 'open' ? [[id, quote.prices.map((p) => p.oddsMilli).join(' ')]] : [])),
  );
const sorted = (map: ReadonlyMap<string, string>): [string, string][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
const ofKind = <K extends FeedItem['kind']>(items: readonly FeedItem[], kind: K) =>
  items.filter((item): item is Extract<FeedItem, { kind: K }> => item.kind === kind);

/** Waits until the items mean what the world offers: a round whose two questions met another state of a fixture each differs until the next. */
async function untilTrue(itemsNow: () => readonly FeedItem[], what?: string): Promise<void> {
  const told = () => sorted(openOf(fold(itemsNow())));
  const lastRound = () => itemsNow().findLast((item) => item.kind === 'alive');
  const truth = () => sorted(truthAt(Number(lastRound()?.cursor.token?.split('.')[1])));
  for (const end = Date.now() + 10_000; Date.now() < end && !isDeepStrictEqual(told(), truth());) await sleep(10);
  assert.deepEqual(told(), truth(), what);
}

describe('PolledFeed', () => {
  it('begins with a snapshot, goes on from the cursor of the supplier, and says at each round what holds', () =>
    withSupplier({}, async ({ supplier, url }) => {
      const { items, stop } = reading(url);
      await until(() => ofKind(items, 'alive').length > 30, 'rounds');
      await stop();
      const odds = supplier.asked.filter(({ endpoint }) => endpoint === 'odds');
      assert.equal(odds[0]?.since, null);
      assert.equal(odds.filter(({ since }) => since === null).length, 1, 'one snapshot');
      for (const [i, { at, since }] of odds.entries()) {
        // The simulated supplier's cursors are its own moments: each `since` is the moment of the request before, not one of ours.
        if (i > 0) assert.ok(since !== null && Math.abs(since - (odds[i - 1]?.at ?? 0)) <= 2 && since <= at, `request ${i}`);
      }
      assert.equal(items[0]?.kind, 'fixture');
      assert.ok(
        items.some((item) => item.kind === 'quote' && item.quote.inPlay && item.quote.score && item.quote.betDelayMs > 0),
      );
      for (const { quote, receivedAt } of ofKind(items, 'quote')) assert.ok(quote.confirmedAt <= receivedAt);
    }));

  it('has what the world offers, to the last figure, after changes and kick-offs', () =>
    withSupplier({}, async ({ url }) => {
      const { items, stop } = reading(url);
      await sleep(2_500);
      await untilTrue(() => items);
      await stop();
      assert.ok(openOf(fold(items)).size > 20);
    }));

  it('tells every result once, of the fixture before the kick-off, with its goals', () =>
    withSupplier({}, async ({ url }) => {
      const { items, stop } = reading(url);
      await sleep(2_500);
      await stop();
      const results = ofKind(items, 'result').filter(
        ({ result }) => (Number(result.eventId.slice(FOREIGN_PREFIX.length)) & 1) === 0,
      );
      assert.ok(results.length > 3);
      const seen = new Map<string, number>();
      for (const { result } of results) {
        const plan = planMatch(WORLD, Number(result.eventId.slice(FOREIGN_PREFIX.length)) / 2 - 1);
        const { away, home } = result.scores.find(({ period }) => period === 'ft') ?? assert.fail();
        assert.deepEqual({ home, away }, finalScore(plan).full);
        assert.equal(result.version, plan.endAt);
        seen.set(result.eventId, (seen.get(result.eventId) ?? 0) + 1);
      }
      assert.ok([...seen.values()].every((times) => times === 1));
    }));

  const transient: Readonly<Record<string, { fault: Fault; why: string }>> = {
    'an error 500': { fault: { status: 500 }, why: 'status' },
    'an error 503 with Retry-After': { fault: { status: 503, retryAfter: '0' }, why: 'status' },
    silence: { fault: 'hang', why: 'timeout' },
    'half an answer': { fault: 'truncated', why: 'unreachable' },
    'an answer of another shape': { fault: 'garbage', why: 'malformed' },
    'an answer of the past': { fault: 'past', why: 'malformed' },
    'a body without end': { fault: 'huge', why: 'too_big' },
  };
  for (const [what, { fault, why }] of Object.entries(transient)) {
    it(`survives ${what}: refuses it aloud, takes nothing of it, and asks again from where it was`, () => {
      const hit = (asked: Asked): boolean => asked.endpoint === 'odds' && asked.since !== null && asked.n === 8;
      return withSupplier({ faults: (asked) => (hit(asked) ? fault : null) }, async ({ supplier, url }) => {
        // A machine under load is not a failure of the supplier: only silence waits for the limit of time.
        const timeoutMs = fault === 'hang' ? 1_000 : 20_000;
        const { counted, items, stop } = reading(url, { bodyBytesMax: 1_000_000, timeoutMs });
        await until(() => supplier.asked.some((asked) => asked.endpoint === 'odds' && asked.n > 20), 'rounds after it');
        await untilTrue(() => items);
        await stop();
        assert.equal(counted.get(why), 1, JSON.stringify([...counted]));
        const deltas = supplier.asked.filter(({ endpoint, since }) => endpoint === 'odds' && since !== null);
        assert.equal(deltas[9]?.since, deltas[8]?.since, 'the same place again');
        assert.equal(ofKind(items, 'gap').length, 0);
      });
    });
  }

  it('takes an answer that comes twice as what it is: nothing new', () =>
    withSupplier({ faults: ({ n, since }) => (since !== null && n % 3 === 2 ? 'repeated' : null) }, async ({ url }) => {
      const { counted, items, stop } = reading(url);
      await until(() => ofKind(items, 'alive').length > 60, 'rounds');
      await untilTrue(() => items);
      await stop();
      assert.deepEqual([...counted.keys()], ['answered']);
    }));

  it('confirms nothing while it gets no answer', () => {
    let broken = false;
    return withSupplier({ faults: () => (broken ? { status: 500 } : null) }, async ({ url }) => {
      const { items, stop } = reading(url);
      await until(() => ofKind(items, 'alive').length > 3, 'rounds');
      broken = true;
      await sleep(60);
      const before = ofKind(items, 'alive').length;
      await sleep(300);
      assert.equal(ofKind(items, 'alive').length, before);
      broken = false;
      await until(() => ofKind(items, 'alive').length > before, 'a round after it');
      await stop();
    });
  });

  it('confirms nothing when prices are answered and fixtures are not: they may be withheld', () =>
    withSupplier(
      { faults: ({ endpoint, since }) => (endpoint === 'fixtures' && since !== null ? { status: 500 } : null) },
      async ({ url }) => {
        const { items, stop } = reading(url);
        await sleep(300);
        await stop();
        assert.deepEqual(
          items.map((item) => item.kind).filter((kind) => kind !== 'gap'),
          [],
        );
      },
    ));

  it('goes on with prices while settled fixtures cannot be read, and tells them when they can', () => {
    let broken = true;
    return withSupplier(
      { faults: ({ endpoint }) => (endpoint === 'settled' && broken ? { status: 500 } : null) },
      async ({ url }) => {
        const { items, stop } = reading(url);
        await until(() => ofKind(items, 'alive').length > 20, 'rounds');
        assert.equal(ofKind(items, 'result').length, 0);
        broken = false;
        await until(() => ofKind(items, 'result').length > 0, 'results');
        await stop();
      },
    );
  });

  it('asks for the leagues again soon when they cannot be read, and neither prices nor a new snapshot wait for them', () => {
    let broken = true;
    return withSupplier(
      { faults: ({ endpoint }) => (endpoint === 'leagues' && broken ? { status: 500 } : null) },
      async ({ supplier, url }) => {
        const { items, stop } = reading(url, { fairUse: { ...QUICK, leaguesMs: 3_600_000, refreshMs: 300 } });
        const leagues = (): number => supplier.asked.filter(({ endpoint }) => endpoint === 'leagues').length;
        await until(() => ofKind(items, 'offer').length >= 3 && leagues() >= 3, 'refreshes without leagues');
        assert.equal(ofKind(items, 'result').length, 0, 'nothing is settled on a guess of who plays at home');
        broken = false;
        await until(() => ofKind(items, 'result').length > 0, 'results');
        const before = { leagues: leagues(), offers: ofKind(items, 'offer').length };
        await until(() => ofKind(items, 'offer').length >= before.offers + 2, 'refreshes after it');
        await stop();
        assert.equal(leagues(), before.leagues, 'leagues that were read are asked for again in their time only');
      },
    );
  });

  it('takes a snapshot after three failures in a row, and says that there was a gap', () => {
    const isDown = ({ endpoint, n, since }: Asked): boolean => endpoint === 'odds' && since !== null && n >= 5 && n < 8;
    return withSupplier({ faults: (asked) => (isDown(asked) ? { status: 500 } : null) }, async ({ supplier, url }) => {
      const { items, stop } = reading(url);
      const snapshots = (): number =>
        supplier.asked.filter(({ endpoint, since }) => endpoint === 'odds' && since === null).length;
      await until(() => snapshots() === 2 && ofKind(items, 'offer').length === 2, 'a second snapshot');
      await untilTrue(() => items);
      await stop();
      assert.equal(ofKind(items, 'gap').length, 1);
    });
  });

  it('takes a snapshot at once when the supplier no longer knows its place', () =>
    withSupplier(
      { faults: ({ endpoint, n, since }) => (endpoint === 'odds' && since !== null && n === 4 ? { status: 400 } : null) },
      async ({ supplier, url }) => {
        const { counted, items, stop } = reading(url);
        await until(() => ofKind(items, 'offer').length === 2, 'a second snapshot');
        await stop();
        assert.equal(counted.get('lost'), 1);
        const odds = supplier.asked.filter(({ endpoint }) => endpoint === 'odds');
        const lost = odds.findIndex(({ n, since }) => since !== null && n === 4);
        assert.equal(odds[lost + 1]?.since, null);
      },
    ));

  it('repairs changes that the supplier swallowed with the next full refresh', () =>
    withSupplier({ faults: ({ n, since }) => (since !== null && n >= 3 && n < 30 ? 'lost' : null) }, async ({ url }) => {
      const { items, stop } = reading(url, { fairUse: { ...QUICK, refreshMs: 900 } });
      await until(() => ofKind(items, 'offer').length >= 3, 'refreshes');
      await untilTrue(() => items.slice(0, items.findLastIndex((item) => item.kind === 'offer') + 2));
      await stop();
    }));

  it('leaves the supplier alone for as long as it asks with 429', () => {
    let at = 0;
    return withSupplier(
      {
        faults: (asked) => {
          if (asked.endpoint !== 'odds' || asked.since === null || asked.n !== 3) return null;
          at = asked.at;
          return { status: 429, retryAfter: '1' };
        },
      },
      async ({ supplier, url }) => {
        const { counted, stop } = reading(url);
        await until(() => supplier.asked.some((asked) => at > 0 && asked.at > at), 'the request after it');
        await stop();
        const next = supplier.asked.find((asked) => asked.at > at);
        assert.ok((next?.at ?? 0) - at >= 990, `asked again after ${(next?.at ?? 0) - at} ms`);
        assert.equal(counted.get('limited'), 1);
      },
    );
  });

  it('stays within its fair use, however fast the supplier answers', () =>
    withSupplier({}, async ({ url }) => {
      // When they leave: on a loaded machine one may arrive late and the next in time, which looks like a shorter gap.
      const sent: { path: string; at: number }[] = [];
      const hear = (message: unknown): void => {
        const { origin, path } = (message as { request: { origin: string; path: string } }).request;
        if (origin === url) sent.push({ path, at: Date.now() });
      };
      subscribe('undici:request:create', hear);
      const { stop } = reading(url, { fairUse: { ...QUICK, pollMs: 150, snapshotMs: 400, refreshMs: 100 }, perSecondMax: 6 });
      await sleep(2_500);
      const gaps = (since: boolean): number[] => {
        const odds = sent.filter(({ path }) => path.startsWith(PATHS.odds) && path.includes('since=') === since);
        return odds.slice(1).map(({ at }, i) => at - (odds[i]?.at ?? 0));
      };
      await until(() => gaps(true).length > 2 && gaps(false).length > 0, 'enough requests to judge by');
      await stop();
      unsubscribe('undici:request:create', hear);
      assert.ok(Math.min(...gaps(true)) >= 145, gaps(true).join());
      assert.ok(Math.min(...gaps(false)) >= 395, gaps(false).join());
      for (const [i, { at }] of sent.entries()) assert.ok((sent[i + 6]?.at ?? Infinity) - at >= 990, 'six a second at most');
    }));

  it('is refused without the right password, says so, and goes on asking', () =>
    withSupplier({}, async ({ url }) => {
      const { counted, items, stop } = reading(url, { login: { user: 'palpite', password: 'wrong' } });
      await until(() => (counted.get('status') ?? 0) >= 3, 'refusals');
      await stop();
      assert.deepEqual(ofKind(items, 'quote'), []);
    }));

  it('is newer than what was said before it was restarted, and tells the results of its absence', () =>
    withSupplier({}, async ({ supplier, url }) => {
      const first = reading(url);
      await until(() => ofKind(first.items, 'alive').length > 10, 'rounds');
      await first.stop();
      const cursor = first.items.at(-1)?.cursor ?? assert.fail();
      await sleep(800);
      const second = reading(url, {}, { ...cursor, epoch: cursor.epoch + 1_000_000 });
      await until(() => ofKind(second.items, 'alive').length > 2, 'rounds');
      await second.stop();
      assert.ok((second.items.at(-1)?.cursor.epoch ?? 0) > cursor.epoch + 1_000_000, 'also when the clock went back');
      const settled = supplier.asked.filter(({ endpoint }) => endpoint === 'settled');
      const asked = settled.find(({ at }) => at > (first.items.at(-1)?.receivedAt ?? 0));
      assert.equal(asked?.since, Number(cursor.token?.split('.')[2]));
      assert.ok(ofKind(second.items, 'result').length > 0);
    }));

  it('gives an image of one fixture or of all without asking the supplier', () =>
    withSupplier({}, async ({ supplier, url }) => {
      const { feed, items, stop } = reading(url);
      await assert.rejects(new PolledFeed({ url: () => url, source: 'x', book: 'x', clock: realClock }).snapshot('*'));
      await until(() => ofKind(items, 'alive').length > 2, 'rounds');
      await stop();
      const asked = supplier.asked.length;
      const all = await feed.snapshot('*');
      const one = ofKind(all, 'fixture')[0]?.fixture.eventId ?? assert.fail();
      const image = await feed.snapshot(one);
      assert.equal(image[0]?.kind, 'fixture');
      assert.ok(ofKind(image, 'quote').every(({ quote }) => quote.marketId.startsWith(`${one}/`)));
      assert.deepEqual(await feed.snapshot('nonsense'), []);
      assert.equal(supplier.asked.length, asked);
    }));

  it('ends at once when it is stopped, waiting, asking or failing', async () => {
    for (const over of [{ fairUse: { ...QUICK, pollMs: 60_000 } }, {}]) {
      await withSupplier({ faults: ({ n }) => (n === 2 ? 'hang' : null) }, async ({ url }) => {
        const { stop } = reading(url, { ...over, timeoutMs: 60_000 });
        await sleep(150);
        const started = Date.now();
        await stop();
        assert.ok(Date.now() - started < 5_000); // of 60 s that it would wait
      });
    }
    const nobody = reading('http://127.0.0.1:1', { backOffMs: { first: 60_000, max: 60_000 } });
    await sleep(50);
    const started = Date.now();
    await nobody.stop();
    assert.ok(Date.now() - started < 5_000); // of 60 s that it would wait
  });

  it('counts nothing as refused because it was stopped', async () => {
    for (const held of ['leagues', 'fixtures', 'odds', 'settled'])
      await withSupplier({ faults: ({ endpoint }) => (endpoint === held ? 'hang' : null) }, async ({ supplier, url }) => {
        const { counted, stop } = reading(url, { timeoutMs: 60_000 });
        await until(() => supplier.asked.some(({ endpoint }) => endpoint === held), `a request for ${held}`);
        await stop();
        assert.deepEqual([...counted], [], held);
      });
  });

  it('ends in the state of the supplier whatever was lost, repeated or came out of order on the way', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const rng = makeRng(seed, 'faults');
      const kinds: readonly Fault[] = [
        'repeated',
        'past',
        'lost',
        'truncated',
        'garbage',
        { status: 500 },
        { status: 429, retryAfter: '0' },
        { status: 400 },
      ];
      let calm = false;
      const faults = (): Fault | null => (!calm && rng() < 0.4 ? (kinds[Math.floor(rng() * kinds.length)] as Fault) : null);
      await withSupplier({ faults }, async ({ url }) => {
        const { items, stop } = reading(url, {
          fairUse: { ...QUICK, pollMs: 3, snapshotMs: 3, refreshMs: 150 },
          backOffMs: { first: 1, max: 5 },
        });
        await sleep(350);
        calm = true;
        const offers = ofKind(items, 'offer').length;
        await until(() => ofKind(items, 'offer').length >= offers + 2, 'a refresh in peace');
        await untilTrue(() => items, `seed ${seed}`);
        await stop();
        let version = 0;
        for (const { cursor } of items) {
          assert.ok(cursor.seq >= version, 'versions never go back');
          version = cursor.seq;
        }
      });
    }
  });
});

describe('retryAfter()', () => {
  it('reads seconds and dates, and no more than ten minutes of them', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    const rows: [string | null, number | null][] = [
      ['7', 7_000],
      [' 0 ', 0],
      ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
      ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
      ['999999', 600_000],
      ['soon', null],
      ['-5', null],
      ['9999999999', 600_000],
      ['1.5', null],
      ['5, 5', null],
      [null, null],
    ];
    for (const [header, ms] of rows) assert.equal(retryAfter(header, now), ms, String(header));
  });
});

describe('Pacer', () => {
  it('rejects a turn that is not wanted any more', async () => {
    const pacer = new Pacer(realClock, 10);
    const stop = new AbortController();
    await pacer.turn('a', 60_000, stop.signal);
    const second = pacer.turn('a', 60_000, stop.signal);
    stop.abort();
    await assert.rejects(second);
  });
});
