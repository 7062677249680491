// Folds the exchange's events into changes of order rows: placed once, then added to. Of an order changed often in a batch one change remains.
import type { NewEvent } from '#core/kernel/event.ts';

export interface OrderRow {
  readonly orderId: string;
  readonly ledgerId: string;
  readonly seq: number;
  readonly holderId: string;
  readonly marketId: string;
  readonly selectionId: string;
  readonly side: string;
  readonly kind: string;
  readonly persistence: string;
  readonly priceMilli: number | null;
  readonly sizeMinor: number;
  readonly placedAt: number;
  readonly status: string;
}

export interface OrderChange {
  matchedMinor: number;
  /** Sum of stake times price. */
  matchedValue: bigint;
  endedMinor: number;
  /** Its delay is over. */
  released: boolean;
  /** It ended whatever is left of it: at the starting price a liability is not a stake. */
  closed: boolean;
  reason: string | null;
  seq: number;
}

type OrderEvent = NewEvent<'OrderPlaced' | 'OrderReleased' | 'OrdersMatched' | 'OrdersReduced' | 'StartingPriceMade'>;

export class OrderChanges {
  readonly placed: OrderRow[] = [];
  readonly changes = new Map<string, OrderChange>();

  add(e: OrderEvent, seq: number): void {
    switch (e.type) {
      case 'OrderPlaced':
        this.placed.push(rowOf(e, seq));
        return;
      case 'OrderReleased':
        this.#of(e.data.orderId, seq).released = true;
        return;
      case 'OrdersMatched':
        for (const [makerId, priceMilli, sizeMinor] of e.data.fills) {
          this.#match(makerId, { priceMilli, sizeMinor }, seq);
          this.#match(e.data.orderId, { priceMilli, sizeMinor }, seq);
        }
        return;
      case 'OrdersReduced':
        for (const [orderId, sizeMinor] of e.data.orders) {
          const change = this.#of(orderId, seq);
          change.endedMinor += sizeMinor;
          change.reason = e.data.reason;
        }
        return;
      default:
        for (const [orderId, sizeMinor] of e.data.limits ?? []) {
          this.#match(orderId, { priceMilli: e.data.priceMilli, sizeMinor }, seq);
        }
        for (const [orderId, sizeMinor] of e.data.orders) {
          this.#match(orderId, { priceMilli: e.data.priceMilli, sizeMinor }, seq);
          const change = this.#of(orderId, seq);
          change.closed = true;
          change.reason = 'starting_price';
        }
    }
  }

  #match(orderId: string, fill: { priceMilli: number; sizeMinor: number }, seq: number): void {
    const change = this.#of(orderId, seq);
    change.matchedMinor += fill.sizeMinor;
    change.matchedValue += BigInt(fill.sizeMinor) * BigInt(fill.priceMilli);
  }

  #of(orderId: string, seq: number): OrderChange {
    let change = this.changes.get(orderId);
    if (!change) {
      change = { matchedMinor: 0, matchedValue: 0n, endedMinor: 0, released: false, closed: false, reason: null, seq };
      this.changes.set(orderId, change);
    }
    change.seq = seq;
    return change;
  }
}

function rowOf(e: NewEvent<'OrderPlaced'>, seq: number): OrderRow {
  const { holder: holderId, kind = 'limit', releaseAt, ...data } = e.data;
  const { marketId, orderId, persistence, priceMilli, selectionId, side, sizeMinor } = data;
  const status = releaseAt === undefined ? 'open' : 'pending';
  const { ledgerId, at: placedAt } = e;
  return {
    orderId,
    ledgerId,
    seq,
    holderId,
    marketId,
    selectionId,
    side,
    kind,
    persistence,
    priceMilli,
    sizeMinor,
    placedAt,
    status,
  };
}
