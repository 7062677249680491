// The orders of one reader of /ws/live. Journal events name orders by their ids only: the read models say which are the reader's, whatever process
// or day they were placed in, and events are added to their rows as the projector adds them. An event that a row already holds is not added twice.
import type { NewEvent } from '#core/kernel/event.ts';
import { type OrderChange, OrderChanges } from '#engine/projections/order-changes.ts';
import type { OrderFilter, OrderRow, ReadModels, Viewer } from '#ports/read-models.ts';
import { orderWire } from '../wire.ts';
import type { LiveEvent } from './live-hub.ts';

/** Orders of one reader that are followed; of more the newest. */
export const ORDERS_MAX = 2_000;
/** Orders named by the events of a break; who was away for more begins anew. */
export const RECALLED_MAX = 10_000;
const IDS_PER_READ = 1_000;

const ORDER_EVENTS: ReadonlySet<string> = new Set([
  'OrderPlaced',
  'OrderReleased',
  'OrdersMatched',
  'OrdersReduced',
  'StartingPriceMade',
]);
/** What each event says of orders, made once for all readers. */
const known = new WeakMap<NewEvent, OrderChanges>();

export type OrderFrame = ReturnType<typeof orderWire>;

export class OwnOrders {
  readonly #reads: Pick<ReadModels, 'orders'>;
  readonly #viewer: Viewer;
  readonly #currency: string;
  readonly #rows = new Map<string, OrderRow>();

  constructor(reads: Pick<ReadModels, 'orders'>, viewer: Viewer, currency: string) {
    this.#reads = reads;
    this.#viewer = viewer;
    this.#currency = currency;
  }

  /** Reads the orders that are not complete; gives how far the read models were. */
  async load(): Promise<number> {
    const { items, seq } = await this.#read({ unfinished: true }, ORDERS_MAX);
    for (const row of items) this.#rows.set(row.orderId, row);
    return seq;
  }

  /** Reads those that these events are about and that are complete by now; false when it would be too many. */
  async recall(events: readonly LiveEvent[]): Promise<boolean> {
    const ids = new Set(events.flatMap((event) => [...(changesOf(event)?.changes.keys() ?? [])]));
    const unknown = [...ids].filter((id) => !this.#rows.has(id));
    if (unknown.length > RECALLED_MAX) return false;
    for (let at = 0; at < unknown.length; at += IDS_PER_READ) {
      const orderIds = unknown.slice(at, at + IDS_PER_READ);
      for (const row of (await this.#read({ orderIds }, IDS_PER_READ)).items) this.#rows.set(row.orderId, row);
    }
    return true;
  }

  /** As GET /v1/orders, newest first. */
  all(): OrderFrame[] {
    return [...this.#rows.values()].sort((a, b) => (a.orderId < b.orderId ? 1 : -1)).map(orderWire);
  }

  /** The reader's orders that an event changed, as they are after it or, where the read models were ahead of it, as they are by now. */
  changed(event: LiveEvent, sees: (holder: string) => boolean): OrderFrame[] {
    const said = changesOf(event);
    if (!said) return [];
    const rows: OrderRow[] = [];
    for (const { holderId, ledgerId: _ledger, ...placed } of said.placed) {
      if (!sees(holderId)) continue;
      const none = { matchedMinor: 0, matchedValue: 0n, averagePriceMilli: null, endedMinor: 0, reason: null };
      const row = this.#rows.get(placed.orderId) ?? { ...placed, ...none, holder: holderId, currency: this.#currency };
      if (this.#rows.size < ORDERS_MAX + RECALLED_MAX) this.#rows.set(row.orderId, row);
      rows.push(row);
    }
    if (this.#rows.size > 0) for (const [orderId, change] of said.changes) this.#change(orderId, change, rows);
    return rows.map(orderWire);
  }

  #change(orderId: string, change: OrderChange, rows: OrderRow[]): void {
    const before = this.#rows.get(orderId);
    if (!before) return;
    const row = change.seq > before.seq ? after(before, change) : before;
    rows.push(row);
    // A row that is ahead is kept until its last event was told.
    if (row.status === 'complete' && change.seq >= row.seq) this.#rows.delete(orderId);
    else this.#rows.set(orderId, row);
  }

  #read(filter: OrderFilter, limit: number): ReturnType<ReadModels['orders']> {
    return this.#reads.orders(this.#viewer, filter, { limit, after: null });
  }
}

function changesOf({ event, n }: LiveEvent): OrderChanges | null {
  if (!ORDER_EVENTS.has(event.type)) return null;
  let changes = known.get(event);
  if (!changes) {
    changes = new OrderChanges();
    changes.add(event as Parameters<OrderChanges['add']>[0], n);
    known.set(event, changes);
  }
  return changes;
}

/** What the projector does to a row of the read models. */
function after(row: OrderRow, change: OrderChange): OrderRow {
  const matchedMinor = row.matchedMinor + change.matchedMinor;
  const matchedValue = row.matchedValue + change.matchedValue;
  const endedMinor = row.endedMinor + change.endedMinor;
  const isComplete = change.closed || matchedMinor + endedMinor >= row.sizeMinor;
  return {
    ...row,
    matchedMinor,
    matchedValue,
    averagePriceMilli: averageOf(matchedValue, matchedMinor),
    endedMinor,
    reason: change.reason ?? row.reason,
    status: isComplete ? 'complete' : change.released ? 'open' : row.status,
    seq: change.seq,
  };
}

/** Rounded half up, as the read models round. */
function averageOf(value: bigint, minor: number): number | null {
  return minor === 0 ? null : Number((2n * value + BigInt(minor)) / (2n * BigInt(minor)));
}
