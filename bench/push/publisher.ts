// Who changes a thousand prices a second for `bench push`: within the served process, or over Kafka in one of its own.
import type { NumberedQuote } from '#core/catalog/quote.ts';
import { makeRng, randomInt, type Rng } from '#core/base/rng.ts';
import { updateMessage } from '#engine/odds/messages.ts';
import type { Bus } from '#ports/bus.ts';
import { type Ask, eventIdOf, FIXTURES, machineMs, MARKETS, quoteOf } from './scene.ts';

/** How often it looks how much is due, ms. */
const TICK_MS = 2;

export class Publisher {
  /** When each number of each fixture was published, from number 1. */
  readonly #published: number[][] = Array.from({ length: FIXTURES }, () => Array.from({ length: MARKETS }, () => 0));
  readonly #rng: Rng = makeRng(1, 'push');
  readonly #bus: Bus;
  readonly #keep: (eventId: string, row: NumberedQuote) => void;
  #timer: NodeJS.Timeout | null = null;

  /** `keep` stores a row before it is published. */
  constructor(bus: Bus, keep: (eventId: string, row: NumberedQuote) => void = () => undefined) {
    this.#bus = bus;
    this.#keep = keep;
  }

  answer(ask: Ask): unknown {
    if (ask.ask === 'publish') this.#publish(ask.perSecond);
    if (ask.ask === 'quiet' && this.#timer) clearInterval(this.#timer);
    return ask.ask === 'published' ? { published: this.#published } : {};
  }

  #publish(perSecond: number): void {
    const started = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - started) / 1000) * perSecond);
      for (; sent < due; sent++) void this.#bus.publish([this.#next()]);
    }, TICK_MS);
  }

  #next(): Parameters<Bus['publish']>[0][number] {
    const fixture = randomInt(this.#rng, 0, FIXTURES - 1);
    const times = this.#published[fixture] as number[];
    const { n, quote } = quoteOf(fixture, times.length + 1);
    const eventId = eventIdOf(fixture);
    this.#keep(eventId, { n, quote });
    times.push(machineMs());
    const update = { kind: 'quotes', feed: 'f', eventId, quotes: [quote], numbers: [n], after: n - 1 } as const;
    return updateMessage(update, `${eventId}:${n}`);
  }
}
