// Feed items between the socket and whoever reads the feed: bounded, and the socket is told to pause while the reader is behind.
import type { FeedItem } from '#ports/feed.ts';

/** Above this many waiting items the socket is paused; below half of it, it goes on. */
const WAITING_MAX = 20_000;
/** Items handed over at once. */
const TAKE_MAX = 5_000;

export class Inbox {
  #batches: FeedItem[][] = [];
  #size = 0;
  #wake: (() => void) | null = null;
  #ended = false;
  #full = false;
  readonly #onFull: (full: boolean) => void;

  constructor(onFull: (full: boolean) => void) {
    this.#onFull = onFull;
  }

  put(items: FeedItem[]): void {
    if (items.length === 0 || this.#ended) return;
    this.#batches.push(items);
    this.#size += items.length;
    if (!this.#full && this.#size > WAITING_MAX) this.#turn(true);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** What waits, at least one item; null at the end. */
  async take(): Promise<FeedItem[] | null> {
    while (this.#batches.length === 0) {
      if (this.#ended) return null;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
    }
    let count = 0;
    let upTo = 0;
    while (upTo < this.#batches.length && (upTo === 0 || count + (this.#batches[upTo] as FeedItem[]).length <= TAKE_MAX)) {
      count += (this.#batches[upTo++] as FeedItem[]).length;
    }
    const taken = this.#batches.splice(0, upTo);
    this.#size -= count;
    if (this.#full && this.#size < WAITING_MAX / 2) this.#turn(false);
    return taken.length === 1 ? (taken[0] as FeedItem[]) : taken.flat();
  }

  #turn(full: boolean): void {
    this.#full = full;
    this.#onFull(full);
  }
}
