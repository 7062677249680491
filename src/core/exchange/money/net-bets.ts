// What each holder has at stake in one market, netted: per selection the profit if it wins and if it does not, of what is matched, and what the
// unmatched orders could lose. Amounts are thousandths of a minor unit, so that stake times odds is an integer and nothing is rounded before
// the market is settled. A holder's exposure is the worst over all sets of winners with the worst of the unmatched orders matched.
import { AMOUNT_MINOR_MAX, mulDiv } from '../../base/money.ts';
import type { Ladder } from '../ladder.ts';
import { BACK, type Order } from '../book/orders.ts';
import { MatchedPrices } from '../runners/matched-prices.ts';

/** What one selection may come to, thousandths of minor units: sums over all selections stay exact. */
export const NET_BETS_MAX = 2 ** 49;

/** Numbers of a selection within a holder's net bets. */
const WIN = 0; // profit of matched bets if the selection wins
const LOSE = 1; // and if it does not
const BACKS = 2; // stakes of unmatched back orders
const LAYS = 3; // liabilities of unmatched lay orders
const NUMBERS = 4;

/** A matched part of an order. */
export interface Fill {
  readonly selection: number;
  readonly side: number;
  readonly sizeMinor: number;
  readonly priceMilli: number;
}

/** What is unmatched of an order; `priceMilli` is null where the size is what may be lost itself. */
export interface Unmatched {
  readonly selection: number;
  readonly side: number;
  readonly sizeMinor: number;
  readonly priceMilli: number | null;
}

/** What an order, or `sizeMinor` of it, has unmatched. */
export function unmatchedOf(order: Pick<Order, 'selection' | 'side' | 'kind'>, sizeMinor: number, priceMilli: number): Unmatched {
  const { kind, selection, side } = order;
  return { selection, side, sizeMinor, priceMilli: kind === 0 ? priceMilli : null };
}

/** What an order can lose taken by itself, minor units: a back its stake, a lay its liability. */
export function riskOf({ priceMilli, side, sizeMinor }: Unmatched): number {
  if (side === BACK || priceMilli === null) return sizeMinor;
  // Compared as a float first: what is beyond this is no order that could be placed.
  if ((sizeMinor / 1000) * (priceMilli - 1000) >= AMOUNT_MINOR_MAX) return AMOUNT_MINOR_MAX;
  return mulDiv(sizeMinor, priceMilli - 1000, 1000, 'ceil');
}

/** The numbers of one holder: four a selection. */
export interface Numbers {
  readonly length: number;
  [at: number]: number;
}

export interface Exposure {
  /** Of matched bets alone: what must be in escrow, minor units. */
  readonly matchedMinor: number;
  /** With unmatched orders at their worst: escrow and hold together, minor units. */
  readonly totalMinor: number;
}

/** Who may win. */
export interface Field {
  readonly winners: number;
  /** Selections that take no part any more; null in most markets. */
  readonly out: ReadonlySet<number> | null;
}

/** The net bets of one market: rows of numbers by holder. */
export class NetBets {
  readonly selections: number;
  /** How many selections win. */
  readonly winners: number;
  out: ReadonlySet<number> | null = null;
  /** Kept where a withdrawal may reduce them. */
  readonly prices: MatchedPrices | null;
  readonly #rows = new Map<number, number>();
  #holders = new Int32Array(8);
  #numbers: Float64Array;

  constructor(selections: number, winners: number, keepPrices = false) {
    this.prices = keepPrices ? new MatchedPrices() : null;
    this.selections = selections;
    this.winners = winners;
    this.#numbers = new Float64Array(8 * selections * NUMBERS);
  }

  get count(): number {
    return this.#rows.size;
  }

  /** Holder by place, in the order of their first orders. */
  holderAt(place: number): number {
    return this.#holders[place] as number;
  }

  /** Place of a holder among them; past the last for who has none. */
  placeOf(holder: number): number {
    return this.#rows.get(holder) ?? this.count;
  }

  /** A holder's numbers to work on without changing them; zeros for who has none. */
  copyOf(holder: number): Numbers {
    const row = this.#rows.get(holder);
    const length = this.selections * NUMBERS;
    // A plain array: a typed one of this size would live outside the heap, and every order needs one.
    const copy: number[] = [];
    for (let i = 0; i < length; i++) copy.push(row === undefined ? 0 : (this.#numbers[row * length + i] as number));
    return copy;
  }

  /** Folds a matched bet. */
  match(holder: number, fill: Fill): void {
    addMatched(this.of(holder), fill);
    this.prices?.add(holder, fill);
  }

  /** A selection takes no part any more: what was matched on it is void. */
  withdraw(selection: number): void {
    this.out = new Set([...(this.out ?? []), selection]);
  }

  /** The numbers themselves, for folding; they are begun where there are none. */
  of(holder: number): Float64Array {
    const length = this.selections * NUMBERS;
    let row = this.#rows.get(holder);
    if (row === undefined) {
      row = this.#rows.size;
      this.#rows.set(holder, row);
      if (row === this.#holders.length) this.#grow();
      this.#holders[row] = holder;
    }
    return this.#numbers.subarray(row * length, (row + 1) * length);
  }

  dump(): { holders: Int32Array; numbers: Float64Array } {
    return {
      holders: this.#holders.slice(0, this.count),
      numbers: this.#numbers.slice(0, this.count * this.selections * NUMBERS),
    };
  }

  load(holders: Int32Array, numbers: Float64Array): void {
    const length = this.selections * NUMBERS;
    for (const [row, holder] of holders.entries()) this.of(holder).set(numbers.subarray(row * length, (row + 1) * length));
  }

  #grow(): void {
    const holders = new Int32Array(this.#holders.length * 2);
    holders.set(this.#holders);
    this.#holders = holders;
    const numbers = new Float64Array(this.#numbers.length * 2);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}

/** Adds a matched bet to a holder's numbers. */
export function addMatched(numbers: Numbers, fill: Fill): void {
  const at = fill.selection * NUMBERS;
  const sign = fill.side === BACK ? 1 : -1;
  numbers[at + WIN] = (numbers[at + WIN] as number) + sign * fill.sizeMinor * (fill.priceMilli - 1000);
  numbers[at + LOSE] = (numbers[at + LOSE] as number) - sign * fill.sizeMinor * 1000;
}

/** Matched bets at other prices: `change` says what each becomes, null that it is void. */
export function reprice(
  numbers: Numbers,
  bets: Iterable<readonly [selection: number, priceMilli: number, stakeMinor: number]>,
  change: (selection: number, priceMilli: number) => number | null,
): void {
  for (const [selection, priceMilli, stakeMinor] of bets) {
    const at = selection * NUMBERS;
    const changed = change(selection, priceMilli);
    // Without it the stake is not lost either.
    const win = changed === null ? 1000 - priceMilli : changed - priceMilli;
    numbers[at + WIN] = (numbers[at + WIN] as number) + stakeMinor * win;
    if (changed === null) numbers[at + LOSE] = (numbers[at + LOSE] as number) + stakeMinor * 1000;
  }
}

/** Adds (1) or takes away (-1) an unmatched part of an order. */
export function addUnmatched(numbers: Numbers, rest: Unmatched, sign: 1 | -1): void {
  const at = rest.selection * NUMBERS + (rest.side === BACK ? BACKS : LAYS);
  const factor = rest.side === BACK || rest.priceMilli === null ? 1000 : rest.priceMilli - 1000;
  numbers[at] = (numbers[at] as number) + sign * rest.sizeMinor * factor;
}

/** True while every sum over these numbers stays exact, whatever is matched at whatever price of the ladder. */
export function isWithinMax(numbers: Numbers, ladder: Ladder): boolean {
  const mostWon = (ladder.milliOf(ladder.ticks - 1) - 1000) / 1000;
  const mostLaid = 1000 / (ladder.milliOf(0) - 1000);
  for (let at = 0; at < numbers.length; at += NUMBERS) {
    const win = Math.abs(numbers[at + WIN] as number) + (numbers[at + BACKS] as number) * mostWon;
    const lose = Math.abs(numbers[at + LOSE] as number) + (numbers[at + LAYS] as number) * mostLaid;
    if (win > NET_BETS_MAX || lose > NET_BETS_MAX) return false;
  }
  return true;
}

/** Exposure of a holder, each part rounded up once: who owes pays the ceiling. */
export function exposureOf(numbers: Numbers, field: Field): Exposure {
  return {
    matchedMinor: Math.ceil(Math.max(0, -worst(numbers, field, 0)) / 1000),
    totalMinor: Math.ceil(Math.max(0, -worst(numbers, field, 1)) / 1000),
  };
}

/**
 * The worst result over all sets of winners: everybody loses, plus the `winners` smallest differences between winning and losing (flumine's
 * market exposure). An unmatched order counts where matching it would cost: a back order if its selection loses, a lay order if it wins.
 * Who is out neither wins nor has anything matched.
 */
function worst(numbers: Numbers, { out, winners }: Field, unmatched: 0 | 1): number {
  const selections = numbers.length / NUMBERS;
  let sum = 0;
  if (winners === 1 && out === null) {
    let least = Number.POSITIVE_INFINITY;
    for (let s = 0; s < selections; s++) {
      const lose = loseOf(numbers, s, unmatched);
      sum += lose;
      least = Math.min(least, winOf(numbers, s, unmatched) - lose);
    }
    return sum + least;
  }
  const differences: number[] = [];
  for (let s = 0; s < selections; s++) {
    const lose = loseOf(numbers, s, unmatched);
    sum += lose;
    if (!out?.has(s)) differences.push(winOf(numbers, s, unmatched) - lose);
  }
  differences.sort((a, b) => a - b);
  const winning = Math.min(winners, differences.length);
  for (let i = 0; i < winning; i++) sum += differences[i] as number;
  return sum;
}

/** Profit if the selection wins, in thousandths of minor units. */
export function winOf(numbers: Numbers, selection: number, unmatched: 0 | 1 = 0): number {
  const at = selection * NUMBERS;
  return (numbers[at + WIN] as number) - unmatched * (numbers[at + LAYS] as number);
}

/** Profit if it does not. */
export function loseOf(numbers: Numbers, selection: number, unmatched: 0 | 1 = 0): number {
  const at = selection * NUMBERS;
  return (numbers[at + LOSE] as number) - unmatched * (numbers[at + BACKS] as number);
}
