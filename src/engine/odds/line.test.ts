import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { MemoryOddsStore } from '#adapters/memory/memory-odds-store.ts';
import { VirtualClock } from '#adapters/memory/virtual-clock.ts';
import { makeRng, pickOne } from '#core/base/rng.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { bookKept, type LineTerms } from './line.ts';
import { rawMessage, type RawFact } from './messages.ts';
import { startOddsProcessor } from './odds-processor.ts';
import { QuoteStream } from './quote-stream.ts';

const START = 1_000_000;
const EVENT = 'fb:E0:20260116:a:b';
const MARKET = `${EVENT}/dnb`;
const OTHER = `${EVENT}/btts`;
const TERMS: LineTerms = {
  book: 'house',
  sources: [
    { feed: 'one', book: 'oneBook' },
    { feed: 'two', book: 'house' }, // named like the line itself
  ],
  returnMs: 30_000,
  gapMs: 3_000,
};
const STALE = { preMatchMs: 120_000, inPlayMs: 10_000 };

type Feed = 'one' | 'two';

/** The processor with two feeds that a test speaks for, in virtual time. */
class Scene {
  readonly clock = new VirtualClock(START);
  readonly store = new MemoryOddsStore();
  readonly asked: string[] = [];
  readonly switches: string[] = [];
  readonly #bus = new MemoryBus({ clock: this.clock });
  readonly #n = { one: 0, two: 0 };
  readonly #version = { one: 0, two: 0 };
  #stop: () => Promise<void> = () => Promise.resolve();
  stream!: QuoteStream;

  async start(): Promise<this> {
    const processor = await startOddsProcessor({
      bus: this.#bus,
      store: this.store,
      clock: this.clock,
      stale: STALE,
      line: TERMS,
      onGap: (eventId, feed) => this.asked.push(`${feed} ${eventId}`),
      log: {
        debug() {},
        info() {},
        error() {},
        warn: (name, data) =>
          void (name === 'odds.line_switched' && this.switches.push(`${String(data?.['from'])}>${String(data?.['to'])}`)),
      },
    });
    this.stream = new QuoteStream({ bus: this.#bus, group: 'reader', books: new Set(['house']) });
    await this.stream.start();
    this.#stop = async () => {
      await processor.stop();
      await this.stream.stop();
    };
    await this.say('one', {
      kind: 'fixture',
      fixture: { eventId: EVENT, sport: 'fb', competition: 'E0', home: 'a', away: 'b', startAt: START + 3_600_000 },
    });
    return this;
  }

  async stop(): Promise<void> {
    await this.#stop();
    await this.#bus.close();
  }

  async say(feed: Feed, ...facts: RawFact[]): Promise<void> {
    await this.#bus.publish([
      rawMessage({ feed, eventId: EVENT, run: 1, n: ++this.#n[feed], cursor: null, receivedAt: this.clock.now(), facts }),
    ]);
    await settle();
  }

  /** A whole price list. */
  price(feed: Feed, oddsMilli: number, over: Partial<Quote> = {}): Promise<void> {
    return this.say(feed, { kind: 'quote', quote: this.#quote(feed, oddsMilli, over), whole: true });
  }

  alive(feed: Feed): Promise<void> {
    return this.say(feed, { kind: 'alive', at: this.clock.now() });
  }

  /** A change whose base is missing. */
  hole(feed: Feed): Promise<void> {
    this.#version[feed] += 5;
    return this.say(feed, { kind: 'quote', quote: this.#quote(feed, 1_500, {}), whole: false });
  }

  /** Lets time pass second by second; each second the named feeds say that their prices hold. */
  async pass(seconds: number, ...living: Feed[]): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      for (const feed of living) await this.alive(feed);
      this.clock.advance(this.clock.now() + 1_000);
      await settle();
    }
  }

  line(marketId = MARKET): string {
    const quote = this.stream.quotesOf(EVENT).find((one) => one.marketId === marketId);
    return quote
      ? `${quote.from} ${quote.status} ${quote.prices.find(({ selectionId }) => selectionId === 'home')?.oddsMilli}`
      : 'none';
  }

  #quote(feed: Feed, oddsMilli: number, over: Partial<Quote>): Quote {
    const now = this.clock.now();
    return {
      marketId: MARKET,
      quoteSeq: 0,
      status: 'open',
      inPlay: false,
      betDelayMs: 0,
      prices: [
        { selectionId: 'home', oddsMilli },
        { selectionId: 'away', oddsMilli: 2_000 },
      ],
      source: feed === 'one' ? 'oneBook' : 'house',
      sourceEpoch: 1,
      sourceVersion: ++this.#version[feed],
      observedAt: now,
      confirmedAt: now,
      ...over,
    };
  }
}

/** Lets what was published be worked through. */
async function settle(): Promise<void> {
  for (let i = 0; i < 6; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await new Scene().start();
  try {
    await work(scene);
  } finally {
    await scene.stop();
  }
}

describe('the line of two sources', () => {
  it('gives the price of the first that has one, and of the preferred one as soon as that speaks', () =>
    withScene(async (scene) => {
      await scene.price('two', 1_900);
      assert.equal(scene.line(), 'two open 1900');
      await scene.price('one', 1_800);
      assert.equal(scene.line(), 'oneBook open 1800');
      await scene.price('two', 1_950);
      assert.equal(scene.line(), 'oneBook open 1800');
    }));

  it('goes to the second within a second of the first being stale, and back only after 30 s in which that was good', () =>
    withScene(async (scene) => {
      await scene.price('one', 1_800);
      await scene.price('two', 1_900);
      await scene.pass(120, 'two');
      assert.equal(scene.line(), 'oneBook open 1800', 'not stale yet: exactly the limit');
      await scene.pass(1, 'two');
      assert.equal(scene.line(), 'two open 1900');
      await scene.pass(29, 'one', 'two');
      assert.equal(scene.line(), 'two open 1900');
      await scene.pass(3, 'one', 'two');
      assert.equal(scene.line(), 'oneBook open 1800');
      assert.deepEqual(scene.switches, ['one>two', 'two>one']);
    }));

  it('does not flap when the first comes and goes', () =>
    withScene(async (scene) => {
      await scene.price('one', 1_800, { inPlay: true });
      await scene.price('two', 1_900, { inPlay: true });
      for (let turn = 0; turn < 10; turn++) {
        await scene.pass(12, 'two');
        await scene.pass(20, 'one', 'two');
      }
      assert.deepEqual(scene.switches, ['one>two']);
      assert.equal(scene.line(), 'two open 1900');
    }));

  it('waits 3 s for the image that closes a hole, suspended, and then goes on with the second; the hole is asked of its own source', () =>
    withScene(async (scene) => {
      await scene.price('one', 1_800);
      await scene.price('two', 1_900);
      await scene.hole('one');
      assert.equal(scene.line(), 'oneBook suspended 1800');
      assert.deepEqual([...new Set(scene.asked)], [`one ${EVENT}`]);
      await scene.pass(2, 'one', 'two');
      assert.equal(scene.line(), 'oneBook suspended 1800');
      await scene.price('one', 1_810);
      assert.equal(scene.line(), 'oneBook open 1810', 'healed in time: nothing has switched');
      await scene.hole('one');
      await scene.pass(4, 'one', 'two');
      assert.equal(scene.line(), 'two open 1900');
      assert.deepEqual(scene.switches, ['one>two']);
    }));

  it('takes the suspension of a source that speaks as its word', () =>
    withScene(async (scene) => {
      await scene.price('one', 1_800);
      await scene.price('two', 1_900);
      await scene.price('one', 1_800, { status: 'suspended' });
      await scene.pass(200, 'one', 'two');
      assert.equal(scene.line(), 'oneBook suspended 1800');
    }));

  it('goes to the second when the first withdraws the market before the kick-off, and not after it', () =>
    withScene(async (scene) => {
      await scene.price('one', 1_800);
      await scene.price('two', 1_900);
      await scene.say('one', { kind: 'offer', marketIds: [] });
      assert.equal(scene.line(), 'two open 1900');
      await scene.price('one', 1_820);
      await scene.pass(32, 'one', 'two');
      assert.equal(scene.line(), 'oneBook open 1820');
      scene.clock.advance(START + 3_600_000);
      await scene.price('two', 1_950, { inPlay: true });
      await scene.price('one', 1_850, { inPlay: true });
      await scene.pass(32, 'one', 'two');
      assert.equal(scene.line(), 'oneBook open 1850');
      await scene.say('one', { kind: 'offer', marketIds: [] });
      await scene.pass(2, 'one', 'two');
      assert.equal(scene.line(), 'oneBook suspended undefined');
    }));

  it('suspends when no source is confirmed, each market by itself, and opens again on a confirmation', () =>
    withScene(async (scene) => {
      await scene.price('one', 1_800);
      await scene.price('two', 1_900);
      await scene.pass(100, 'one');
      await scene.price('two', 1_700, { marketId: OTHER });
      await scene.pass(60, 'two');
      assert.equal(scene.line(OTHER), 'two open 1700');
      await scene.pass(125);
      assert.deepEqual([scene.line(), scene.line(OTHER)], ['two suspended 1900', 'two suspended 1700']);
      await scene.alive('two');
      assert.deepEqual([scene.line(), scene.line(OTHER)], ['two open 1900', 'two open 1700']);
    }));

  it('confirms the line with the confirmations of the source that it follows, and of no other', () =>
    withScene(async (scene) => {
      await scene.price('one', 1_800);
      await scene.price('two', 1_900);
      scene.clock.advance(START + 5_000);
      await scene.alive('two');
      assert.equal(scene.stream.quotesOf(EVENT)[0]?.confirmedAt, START);
      await scene.alive('one');
      assert.equal(scene.stream.quotesOf(EVENT)[0]?.confirmedAt, START + 5_000);
    }));

  it('closes with the result; another source may not contradict it', () =>
    withScene(async (scene) => {
      await scene.price('one', 1_800);
      await scene.price('two', 1_900);
      const result = {
        eventId: EVENT,
        source: 'one',
        version: 1,
        observedAt: START,
        status: 'finished',
        completedPeriods: ['ft'],
      } as const;
      const goals = (home: number) => [{ period: 'ft', stat: 'goals', home, away: 0 }];
      await scene.say('one', { kind: 'result', result: { ...result, scores: goals(1) } });
      await scene.say('two', { kind: 'result', result: { ...result, source: 'two', version: 9, scores: goals(2) } });
      assert.equal(scene.store.results.get(EVENT)?.scores[0]?.home, 1);
      assert.equal(scene.store.current.get(`${MARKET}|house`)?.quote.status, 'closed');
      await scene.say('one', { kind: 'result', result: { ...result, version: 2, scores: goals(3) } });
      assert.equal(scene.store.results.get(EVENT)?.scores[0]?.home, 3);
    }));

  it('follows the same sources after a restart of the processor, and numbers on', () =>
    withScene(async (scene) => {
      await scene.price('one', 1_800);
      await scene.price('two', 1_900);
      await scene.pass(125, 'two');
      const before = scene.store.current.get(`${MARKET}|house`)?.quote;
      assert.equal(before?.from, 'two');
      const again = new Scene();
      for (const [key, row] of scene.store.current) again.store.current.set(key, row);
      for (const [key, row] of scene.store.fixtures) again.store.fixtures.set(key, row);
      again.clock.advance(scene.clock.now());
      await again.start();
      await again.price('one', 1_810, { sourceEpoch: 2 });
      await again.pass(29, 'one', 'two');
      assert.equal(again.store.current.get(`${MARKET}|house`)?.quote.from, 'two');
      await again.pass(3, 'one', 'two');
      const after = again.store.current.get(`${MARKET}|house`)?.quote;
      assert.deepEqual([after?.from, after?.quoteSeq], ['oneBook', (before?.quoteSeq ?? 0) + 1]);
      await again.stop();
    }));

  it('is the same for the same inputs and times, and never goes back, whatever comes', async () => {
    const play = async (seed: number): Promise<Quote[]> => {
      const rng = makeRng(seed, 'line');
      const scene = await new Scene().start();
      for (let i = 0; i < 120; i++) {
        const feed = pickOne(rng, ['one', 'two'] as const);
        const what = rng();
        if (what < 0.35) await scene.price(feed, 1_500 + Math.floor(rng() * 10) * 10, { inPlay: rng() < 0.5 });
        else if (what < 0.45) await scene.hole(feed);
        else if (what < 0.5) await scene.say(feed, { kind: 'offer', marketIds: [] });
        else if (what < 0.7) await scene.alive(feed);
        else await scene.pass(1 + Math.floor(rng() * 20));
      }
      await scene.stop();
      const line = [...scene.store.history.values()].filter(({ source }) => source === 'house');
      for (const [i, quote] of line.entries()) assert.equal(quote.quoteSeq, i + 1, 'numbered without holes');
      for (const [from, quotes] of Map.groupBy(line, (quote) => quote.from)) {
        for (const [i, { sourceVersion }] of quotes.entries())
          assert.ok(sourceVersion >= (quotes[i - 1]?.sourceVersion ?? 0), `${from} went back`);
      }
      return line;
    };
    for (let seed = 1; seed <= 10; seed++) {
      const line = await play(seed);
      assert.ok(line.length > 10);
      assert.deepEqual(await play(seed), line);
    }
  });
});

describe('bookKept()', () => {
  it('keeps every book of every feed apart from the line and from each other', () => {
    const rows: [feed: string, book: string, kept: string][] = [
      ['one', 'oneBook', 'oneBook'],
      ['two', 'house', 'two'],
      ['one', 'PS', 'PS'],
      ['two', 'PS', 'two.PS'],
      ['one', 'house', 'one.house'],
      ['three', 'PS', 'three.PS'],
    ];
    for (const [feed, book, kept] of rows) assert.equal(bookKept(TERMS, feed, book), kept);
  });
});
