import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { Bus } from '#ports/bus.ts';
import type { FixtureCard } from '#ports/feed.ts';
import { card, resultOf, stored } from '../../../test/contract/odds-store.ts';
import { realClock, until } from '../../../test/odds/pipeline-harness.ts';
import { resultMessage, updateMessage } from './messages.ts';
import { startQuoteStream } from './quote-stream.ts';

const EVENT = 'fb:S1:20260101T000000:a:b';
const DONE = 'fb:S1:20260101T000000:c:d';

interface Heard {
  readonly bus: Bus;
  readonly quotes: Quote[];
  readonly cards: FixtureCard[];
  readonly results: string[];
  quote(seq: number, status?: Quote['status']): Promise<void>;
  meet(parts: Partial<FixtureCard>): Promise<void>;
  end(eventId: string): Promise<void>;
}

/** A stream, and what it hands on. Everything is told at least twice. */
async function listening(work: (heard: Heard) => Promise<void>): Promise<void> {
  const bus = new MemoryBus({ clock: realClock });
  const [quotes, cards, results]: [Quote[], FixtureCard[], string[]] = [[], [], []];
  const stream = await startQuoteStream({
    bus,
    group: 'test',
    onQuote: (quote) => void quotes.push(quote),
    onFixture: (fixture) => void cards.push(fixture),
    onResult: (result) => void results.push(result.eventId),
  });
  let said = 0;
  const twice = async (message: Parameters<Bus['publish']>[0][number]): Promise<void> => {
    await bus.publish([message]);
    await bus.publish([message]);
  };
  await work({
    bus,
    quotes,
    cards,
    results,
    quote: (seq, status = 'open') => {
      const { quote } = stored(EVENT, seq);
      const body = { kind: 'quotes', feed: 'f', eventId: EVENT, quotes: [{ ...quote, status }], numbers: [seq] } as const;
      return twice(updateMessage({ ...body, after: seq - 1 }, String(said++)));
    },
    meet: (parts) =>
      twice(updateMessage({ kind: 'fixture', feed: 'f', eventId: EVENT, fixture: { ...card(EVENT), ...parts } }, String(said++))),
    end: (eventId) => twice(resultMessage({ feed: 'f', eventId, result: resultOf(eventId, 1) })),
  });
  await stream.stop();
  await bus.close();
}

describe('QuoteStream', () => {
  it('hands on each quote once, and none that is older than one it handed on', () =>
    listening(async ({ quote, quotes }) => {
      for (const seq of [1, 2, 1, 4, 3, 2, 5]) await quote(seq);
      await until(() => quotes.at(-1)?.quoteSeq === 5, 'the last');
      assert.deepEqual(
        quotes.map(({ quoteSeq }) => quoteSeq),
        [1, 2, 4, 5],
      );
    }));

  it('hands on no card that was said before one it handed on', () =>
    listening(async ({ cards, meet }) => {
      await meet({ startAt: 100, saidAt: 1 });
      await meet({ startAt: 200, saidAt: 2 });
      await meet({ startAt: 100, saidAt: 1 });
      await meet({ startAt: 300, saidAt: 3 });
      await until(() => cards.at(-1)?.startAt === 300, 'the last');
      const starts = cards.map(({ startAt }) => startAt);
      assert.deepEqual(
        starts.filter((startAt, i) => startAt !== starts[i - 1]),
        [100, 200, 300],
      );
    }));

  it('lets the closing of a fixture that is over pass, but no price of it that is told again', () =>
    listening(async ({ end, quote, quotes, results }) => {
      await quote(1);
      await end(EVENT);
      await until(() => results.length > 0, 'the result');
      await quote(1);
      await quote(2, 'closed');
      await quote(1);
      await end(DONE);
      await until(() => quotes.some(({ status }) => status === 'closed') && results.includes(DONE), 'the closing');
      assert.deepEqual([...new Set(quotes.map(({ status }) => status))], ['open', 'closed']);
      assert.equal(quotes.filter(({ status }) => status === 'open').length, 1);
    }));
});
