// The price lists of a runner: levels in order, best first, as parallel arrays of integers (thousandths of odds, hundredths of money).
// PriceLadder is keyed by price, LevelLadder by level; what reads them sees only `prices` and `sizes`.

export interface Levels {
  readonly prices: readonly number[];
  readonly sizes: readonly number[];
}

/** Prices of the wire as thousandths, sizes as hundredths. */
export function priceMilli(price: number): number {
  return Math.round(price * 1000);
}

export function sizeMinor(size: number): number {
  return Math.round(size * 100);
}

/** Levels keyed by price: highest first for what can be backed, lowest first otherwise. */
export class PriceLadder implements Levels {
  readonly prices: number[] = [];
  readonly sizes: number[] = [];
  readonly #highestFirst: boolean;

  constructor(highestFirst: boolean) {
    this.#highestFirst = highestFirst;
  }

  /** Sets the size of a price, 0 deletes it; gives back the size that was there. */
  set(price: number, size: number): number {
    const at = this.#place(price);
    const known = this.prices[at] === price;
    const before = known ? (this.sizes[at] as number) : 0;
    if (size > 0) {
      if (known) this.sizes[at] = size;
      else {
        this.prices.splice(at, 0, price);
        this.sizes.splice(at, 0, size);
      }
    } else if (known) {
      this.prices.splice(at, 1);
      this.sizes.splice(at, 1);
    }
    return before;
  }

  sizeAt(price: number): number {
    const at = this.#place(price);
    return this.prices[at] === price ? (this.sizes[at] as number) : 0;
  }

  clear(): void {
    this.prices.length = 0;
    this.sizes.length = 0;
  }

  /** Where the price is, or where it would have to be put. */
  #place(price: number): number {
    let low = 0;
    let high = this.prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = this.prices[middle] as number;
      if (this.#highestFirst ? there > price : there < price) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Levels keyed by their number: 0 is the best. A deleted level leaves no hole behind for readers. */
export class LevelLadder implements Levels {
  readonly prices: number[] = [];
  readonly sizes: number[] = [];
  readonly #levels: number[] = [];

  set(level: number, price: number, size: number): void {
    let at = 0;
    while (at < this.#levels.length && (this.#levels[at] as number) < level) at++;
    const known = this.#levels[at] === level ? 1 : 0;
    if (size > 0) {
      this.#levels.splice(at, known, level);
      this.prices.splice(at, known, price);
      this.sizes.splice(at, known, size);
    } else if (known === 1) {
      this.#levels.splice(at, 1);
      this.prices.splice(at, 1);
      this.sizes.splice(at, 1);
    }
  }

  clear(): void {
    this.#levels.length = 0;
    this.prices.length = 0;
    this.sizes.length = 0;
  }
}

/** Volume traded per price since the market began, and what has been traded since somebody last asked. */
export class TradedLadder extends PriceLadder {
  /** Price -> the volume when somebody last asked; only for prices that have moved since. */
  readonly #before = new Map<number, number>();

  constructor() {
    super(false);
  }

  override set(price: number, size: number): number {
    const before = super.set(price, size);
    if (before !== size && !this.#before.has(price)) this.#before.set(price, before);
    return before;
  }

  override clear(): void {
    for (let i = 0; i < this.prices.length; i++) {
      const price = this.prices[i] as number;
      if (!this.#before.has(price)) this.#before.set(price, this.sizes[i] as number);
    }
    super.clear();
  }

  get moved(): boolean {
    return this.#before.size > 0;
  }

  /** What rose since the last call, lowest price first. A volume that fell (a correction) is no trade. */
  takeTrades(): Trade[] {
    if (this.#before.size === 0) return [];
    const trades: Trade[] = [];
    for (const [price, before] of this.#before) {
      const now = this.sizeAt(price);
      if (now > before) trades.push({ price, before, volume: now - before });
    }
    this.#before.clear();
    return trades.length > 1 ? trades.sort((a, b) => a.price - b.price) : trades;
  }
}

/** Volume traded at one price: backers' and layers' stakes together, so twice what changed hands. */
export interface Trade {
  readonly price: number;
  /** Cumulative volume before it. */
  readonly before: number;
  volume: number;
}
