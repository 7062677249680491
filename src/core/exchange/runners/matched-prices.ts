// What each holder has matched at which price, where a withdrawal may reduce prices: net bets alone do not remember them. Backs of one price
// and lays of it cancel each other, because a price is reduced alike for both.
import { BACK } from '../book/orders.ts';

interface Bet {
  readonly selection: number;
  readonly side: number;
  readonly sizeMinor: number;
  readonly priceMilli: number;
}

/** Prices are below 2^21 thousandths, selections below 2^8. */
const PRICES = 2 ** 21;

export class MatchedPrices {
  /** By holder: selection and price -> stake backed less stake laid, never 0. */
  readonly #stakes = new Map<number, Map<number, number>>();

  add(holder: number, { priceMilli, selection, side, sizeMinor }: Bet): void {
    this.#add(holder, selection * PRICES + priceMilli, side === BACK ? sizeMinor : -sizeMinor);
  }

  /** Each as selection, price and net stake, minor units. */
  *of(holder: number): Generator<[selection: number, priceMilli: number, stakeMinor: number]> {
    for (const [at, stake] of this.#stakes.get(holder) ?? []) yield [Math.floor(at / PRICES), at % PRICES, stake];
  }

  /** Every price becomes what `change` makes of it; null takes the bets away. */
  change(holder: number, change: (selection: number, priceMilli: number) => number | null): void {
    const bets = [...this.of(holder)];
    this.#stakes.delete(holder);
    for (const [selection, priceMilli, stake] of bets) {
      const changed = change(selection, priceMilli);
      if (changed !== null) this.#add(holder, selection * PRICES + changed, stake);
    }
  }

  /** Holder, place and stake, one after another. */
  dump(): Float64Array {
    const rows: number[] = [];
    for (const [holder, stakes] of this.#stakes) for (const [at, stake] of stakes) rows.push(holder, at, stake);
    return Float64Array.from(rows);
  }

  load(rows: Float64Array): void {
    for (let i = 0; i < rows.length; i += 3) this.#add(rows[i] as number, rows[i + 1] as number, rows[i + 2] as number);
  }

  #add(holder: number, at: number, stake: number): void {
    let stakes = this.#stakes.get(holder);
    if (!stakes) this.#stakes.set(holder, (stakes = new Map()));
    const sum = (stakes.get(at) ?? 0) + stake;
    if (sum !== 0) stakes.set(at, sum);
    else stakes.delete(at);
    if (stakes.size === 0) this.#stakes.delete(holder);
  }
}
