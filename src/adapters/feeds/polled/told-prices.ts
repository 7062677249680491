// What a reading has said of each fixture, so that the next round says what changed and what was withdrawn, and an image can be given at any time.
import type { Quote } from '#core/catalog/quote.ts';
import type { Offered } from './offer.ts';

export interface Stamp {
  /** Name of the book whose prices these are. */
  readonly book: string;
  readonly epoch: number;
  readonly version: number;
  /** When the supplier was asked: what it answered was true then. */
  readonly askedAt: number;
}

interface Told {
  readonly offered: Offered;
  readonly text: string;
}

export class ToldPrices {
  readonly #fixtures = new Map<number, Map<string, Told>>();

  fixtures(): Iterable<number> {
    return this.#fixtures.keys();
  }

  marketsOf(root: number): string[] {
    return [...(this.#fixtures.get(root)?.keys() ?? [])];
  }

  forget(root: number): void {
    this.#fixtures.delete(root);
  }

  /** Quotes of a fixture's markets that are not as they were told, with what is no longer offered suspended and without prices. */
  changes(root: number, offered: ReadonlyMap<string, Offered>, stamp: Stamp): Quote[] {
    const known = this.#fixtures.get(root) ?? new Map<string, Told>();
    const next = new Map<string, Told>();
    const quotes: Quote[] = [];
    for (const [marketId, one] of offered) {
      const told = { offered: one, text: JSON.stringify(one) };
      next.set(marketId, told);
      if (known.get(marketId)?.text !== told.text) quotes.push(quoteOf(one, stamp));
    }
    for (const [marketId, { offered: gone }] of known) {
      if (!next.has(marketId)) quotes.push(quoteOf({ ...gone, open: false, prices: [] }, stamp));
    }
    if (next.size > 0) this.#fixtures.set(root, next);
    else this.#fixtures.delete(root);
    return quotes;
  }

  /** Everything told of a fixture, once more. */
  image(root: number, stamp: Stamp): Quote[] {
    return [...(this.#fixtures.get(root)?.values() ?? [])].map(({ offered }) => quoteOf(offered, stamp));
  }
}

function quoteOf({ betDelayMs, inPlay, marketId, open, prices, score }: Offered, stamp: Stamp): Quote {
  return {
    marketId,
    quoteSeq: 0,
    status: open ? 'open' : 'suspended',
    inPlay,
    betDelayMs,
    prices,
    source: stamp.book,
    sourceEpoch: stamp.epoch,
    sourceVersion: stamp.version,
    observedAt: stamp.askedAt,
    confirmedAt: stamp.askedAt,
    ...(score ? { score } : {}),
  };
}
