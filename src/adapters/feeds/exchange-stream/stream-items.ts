// What a session hears as feed items, each with its place in the stream. An image after something had been said is a gap: what lies between is
// not known. Prices are confirmed by what the stream says, unless it says that it is late.
import type { Clock } from '#ports/clock.ts';
import type { Cursor, FeedFact, FeedItem } from '#ports/feed.ts';
import { quotesOf } from './book-quotes.ts';
import type { Step } from './session.ts';

/** Turns what a session hears into feed items with their place in the stream. */
export class StreamItems {
  readonly #source: string;
  readonly #clock: Clock;
  #cursor: Cursor;
  #begun: boolean;
  /** The last time at which the stream was not late. */
  #confirmedAt = 0;

  constructor(options: { source: string; clock: Clock }, from: Cursor | null) {
    this.#source = options.source;
    this.#clock = options.clock;
    this.#begun = from !== null;
    this.#cursor = from ?? { epoch: 0, seq: 0 };
  }

  tell(step: Step, late: boolean): FeedItem[] {
    if (step.kind === 'alive') {
      this.#confirmedAt = Math.max(this.#confirmedAt, step.pt);
      return [this.#item({ kind: 'alive' }, step.pt)];
    }
    if (step.kind !== 'changed') return [];
    const items: FeedItem[] = [];
    if (step.image) {
      // A new image after something had been said: what lies between is not known.
      if (this.#begun) items.push(this.#item({ kind: 'gap', from: this.#cursor }, step.pt));
      this.#cursor = { epoch: Math.max(step.pt, this.#cursor.epoch + 1), seq: 0 };
      this.#begun = true;
    }
    this.#cursor = { epoch: this.#cursor.epoch, seq: this.#cursor.seq + 1 };
    if (!late) this.#confirmedAt = Math.max(this.#confirmedAt, step.pt);
    const { epoch, seq } = this.#cursor;
    for (const book of step.markets) {
      const stamp = {
        source: this.#source,
        epoch,
        version: seq,
        confirmedAt: Math.min(book.publishedAt, this.#confirmedAt),
      };
      for (const quote of quotesOf(book, stamp)) items.push(this.#item({ kind: 'quote', quote, whole: true }, book.publishedAt));
    }
    return items;
  }

  #item(fact: FeedFact, observedAt: number): FeedItem {
    return { source: this.#source, cursor: this.#cursor, observedAt, receivedAt: this.#clock.now(), ...fact };
  }
}
