// All markets of one subscription with the two tokens that resume it. A message of several segments counts when its last one is there. What the
// cache cannot take in means that something was missed: the caller has to subscribe anew.
import { MarketBook } from './market-book.ts';
import type { ChangeMessage } from './wire.ts';

/** Markets held at once; a subscription may not have more. */
export const MARKETS_MAX = 10_000;

export interface Resume {
  readonly initialClk: string;
  readonly clk: string;
}

export type Applied =
  /** Markets that a whole message has changed; none for a heartbeat. */
  | { readonly kind: 'changed'; readonly markets: readonly MarketBook[]; readonly image: boolean }
  /** More segments are to come. */
  | { readonly kind: 'partial' }
  | { readonly kind: 'hole'; readonly why: string };

export class MarketCache {
  readonly #markets = new Map<string, MarketBook>();
  #initialClk: string | null = null;
  #clk: string | null = null;
  /** Markets that the segments so far have changed; null outside of a segmented message. */
  #segments: { readonly markets: Set<MarketBook>; readonly image: boolean } | null = null;
  #late = false;

  /** Both tokens, or null when a whole image has to be asked for. */
  get resume(): Resume | null {
    return this.#initialClk !== null && this.#clk !== null ? { initialClk: this.#initialClk, clk: this.#clk } : null;
  }

  /** The stream has said (503) that what it sends is late. */
  get late(): boolean {
    return this.#late;
  }

  get markets(): IterableIterator<MarketBook> {
    return this.#markets.values();
  }

  /** Forgets everything; the next subscription begins with an image. */
  clear(): void {
    this.#markets.clear();
    this.#initialClk = null;
    this.#clk = null;
    this.#segments = null;
    this.#late = false;
  }

  /** A connection is new: half a segmented message is nothing. */
  connected(): void {
    this.#segments = null;
  }

  apply(message: ChangeMessage): Applied {
    this.#late = message.status === 503;
    const { segmentType } = message;
    const begins = segmentType === undefined || segmentType === null || segmentType === 'SEG_START';
    const image = message.ct === 'SUB_IMAGE';
    if (begins) {
      this.#segments = { markets: new Set(), image };
      if (image) this.#markets.clear();
    }
    const segments = this.#segments;
    if (!segments) return { kind: 'hole', why: 'a segment without a beginning' };
    const fault = this.#changes(message, segments.markets);
    if (fault !== null) return { kind: 'hole', why: fault };
    if (segmentType === 'SEG_START' || segmentType === 'SEG') return { kind: 'partial' };
    this.#segments = null;
    this.#initialClk = message.initialClk ?? this.#initialClk;
    this.#clk = message.clk ?? this.#clk;
    for (const book of segments.markets) if (book.status === 'CLOSED') this.#markets.delete(book.marketId);
    return { kind: 'changed', markets: [...segments.markets], image: segments.image };
  }

  #changes({ mc, pt }: ChangeMessage, changed: Set<MarketBook>): string | null {
    for (const change of mc ?? []) {
      let book = this.#markets.get(change.id);
      if (!book) {
        if (change.img !== true && !change.marketDefinition) return `changes of ${change.id}, of which there was no image`;
        if (this.#markets.size >= MARKETS_MAX) return `more than ${MARKETS_MAX} markets`;
        this.#markets.set(change.id, (book = new MarketBook(change.id)));
      }
      book.apply(change, pt as number);
      for (const runner of book.runners) if (runner.traded.moved) runner.traded.takeTrades();
      changed.add(book);
    }
    return null;
  }
}
