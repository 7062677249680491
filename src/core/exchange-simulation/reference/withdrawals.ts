// Non-runners in the reference simulator: orders on them are void, matched prices on the others are reduced, lays at starting price carry less.
import { keyOf, type MarketBook, type RunnerBook } from '../stream/market-book.ts';
import { averageOf, round2 } from './reference-float.ts';
import type { ReferenceOrder } from './reference-order.ts';

/** Reduction factors below this, percent, change nothing. */
const FACTOR_MIN = 2.5;
const PRICE_MIN = 1.01;

interface Withdrawal {
  readonly key: number | string;
  readonly factor: number | undefined;
}

export class Withdrawals {
  readonly #known = new Set<string>();
  #fresh: Withdrawal[] = [];

  /** A runner is seen as removed; a changed factor counts as another removal, as in the reference. */
  note({ definition, handicap, selectionId }: RunnerBook): void {
    const key = keyOf(selectionId, handicap);
    const factor = definition?.adjustmentFactor;
    const name = `${key} ${factor}`;
    if (this.#known.has(name)) return;
    this.#known.add(name);
    this.#fresh.push({ key, factor });
  }

  apply(book: MarketBook, orders: readonly ReferenceOrder[]): void {
    if (this.#fresh.length === 0) return;
    for (const withdrawal of this.#fresh) for (const order of orders) adjust(order, book, withdrawal);
    this.#fresh = [];
  }
}

function adjust(order: ReferenceOrder, book: MarketBook, { factor, key }: Withdrawal): void {
  const { terms } = order;
  if (keyOf(order.selectionId, order.handicap) === key) {
    order.sizeMatched = 0;
    order.averagePrice = 0;
    order.matched = [];
    order.sizeVoided = terms.type === 'LIMIT' ? terms.size : terms.liability;
  } else if (terms.type === 'ON_CLOSE' && terms.price === undefined && order.side === 'LAY') {
    const part = partLeft(order, book, factor ?? 0);
    if (part === null) return;
    terms.liability *= part;
    if (order.averagePrice) order.sizeMatched = round2(terms.liability / (order.averagePrice - 1));
  } else if (factor !== undefined && factor >= FACTOR_MIN) {
    for (const match of order.matched) match[1] = Math.max(round2(match[1] * (1 - factor / 100)), PRICE_MIN);
    order.averagePrice = averageOf(order.matched).price;
  }
}

/** The share of a lay's liability at starting price that stays; null where the reference leaves it alone. */
function partLeft(order: ReferenceOrder, book: MarketBook, factor: number): number | null {
  const type = book.definition?.marketType;
  if (type === 'PLACE' || type === 'OTHER_PLACE') return (100 - factor) * 0.01;
  if (type !== 'WIN') return null;
  const own = book.runner(order.selectionId, order.handicap)?.definition?.adjustmentFactor ?? 0;
  return 1 - factor / (100 - own);
}
