// Open orders in records of 64 bytes, one cache line each, id included: nothing for the garbage collector to walk, and a snapshot is a memory
// copy. Orders of one price form a doubly linked queue through the records, oldest first; PriceQueues keeps the links.
import { assert } from '../../base/assert.ts';
import { IdSlots } from '../../base/id-slots.ts';
import { decodeIdWords, encodeId, type IdWords } from '../../base/ids.ts';

export const SIDES = ['back', 'lay'] as const;
export type Side = (typeof SIDES)[number];
/** What an order is: at a limit in the book, or for the starting price with or without a limit. */
export const ORDER_KINDS = ['limit', 'limit-on-close', 'market-on-close'] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];
/** What becomes of the unmatched rest at the off: it lapses, stays, or takes the starting price. */
export const PERSISTENCES = ['lapse', 'persist', 'sp'] as const;
export type Persistence = (typeof PERSISTENCES)[number];

export const BACK = 0;
export const LAY = 1;
export const NO_ORDER = -1;

export interface Order {
  /** Row of its holder, and the number of the owner behind it. */
  readonly holder: number;
  readonly owner: number;
  readonly market: number;
  readonly selection: number;
  readonly side: number;
  readonly kind: number;
  readonly persistence: number;
  /** Price of a limit; NO_TICK for an order that takes any starting price. */
  readonly tick: number;
  /** Unmatched rest, minor units: the backer's stake, but the liability of a lay order for the starting price. */
  readonly sizeMinor: number;
  /** Waits for the end of the in-play delay. */
  readonly pending: boolean;
  /** Kills what is not matched at once; at least `minFillMinor` of it must be. */
  readonly fillOrKill: boolean;
  readonly minFillMinor: number;
  /** The market version at placement, and whether the order is good for no other. */
  readonly version: number;
  readonly onlyVersion: boolean;
}

/** Words of a record; size and least fill are float64, of which a record has eight. The queues read and write the links themselves. */
export const RECORD_WORDS = 16;
export const RECORD_FLOATS = 8;
export const NEXT = 0;
export const PREVIOUS = 1;
export const TICK = 2;
export const FLAGS = 3;
export const SIZE = 2;
const MIN_FILL = 3;
const HOLDER = 8;
export const OWNER = 9;
const MARKET = 10;
const VERSION = 11;
const ID = 12;

/** Flags: side 1 bit, kind 2, persistence 2, three more, selection 8. */
const PENDING = 1 << 5;
const FILL_OR_KILL = 1 << 6;
const ONLY_VERSION = 1 << 7;
export const SELECTIONS_MAX = 256;
const FIRST_CAPACITY = 1_024;

export interface OrdersDump {
  readonly free: number[];
  readonly records: Int32Array;
}

/** The id that is looked for. */
const wanted = new Int32Array(4);

export class Orders {
  /** Records one after another, as words and as floats. They move when the table grows: do not keep them. */
  words: Int32Array;
  floats: Float64Array;
  readonly #slots: IdSlots;
  #free: number[] = [];
  #rows = 0;
  #size = 0;

  constructor(capacity = FIRST_CAPACITY) {
    const bytes = new ArrayBuffer(capacity * RECORD_WORDS * 4);
    this.words = new Int32Array(bytes);
    this.floats = new Float64Array(bytes);
    this.#slots = new IdSlots(capacity, { stride: RECORD_WORDS, offset: ID });
  }

  /** Open orders. */
  get size(): number {
    return this.#size;
  }

  /** Rows ever used. */
  get rows(): number {
    return this.#rows;
  }

  /** Row of an open order, or NO_ORDER. */
  find(orderId: string): number {
    if (!orderId.startsWith('ord_') || !decodeIdWords(orderId, wanted)) return NO_ORDER;
    return this.#slots.find(this.words, wanted);
  }

  /** find() for an id that was read before. */
  findWords(id: IdWords): number {
    want(id);
    return this.#slots.find(this.words, wanted);
  }

  idOf(row: number): string {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 4; i++) view.setInt32(i * 4, this.words[row * RECORD_WORDS + ID + i] as number);
    return encodeId('ord', bytes);
  }

  /** Adds an order whose id is not there yet and returns its row; it stands in no queue. */
  add(orderId: string, order: Order): number {
    const read = orderId.startsWith('ord_') && decodeIdWords(orderId, wanted);
    assert(read, () => `not an order id: ${orderId}`);
    return this.#add(order);
  }

  /** add() with an id that was read before. */
  addWords(id: IdWords, order: Order): number {
    want(id);
    return this.#add(order);
  }

  /** Forgets an order that stands in no queue. Freed records are zeroed: equal histories must give equal bytes, whatever stood here before. */
  remove(row: number): void {
    this.#slots.remove(this.words, row);
    const { words } = this;
    const end = (row + 1) * RECORD_WORDS;
    for (let at = row * RECORD_WORDS; at < end; at++) words[at] = 0; // a call of fill() costs more
    this.#free.push(row);
    this.#size--;
  }

  tick(row: number): number {
    return this.words[row * RECORD_WORDS + TICK] as number;
  }

  sizeMinor(row: number): number {
    return this.floats[row * RECORD_FLOATS + SIZE] as number;
  }

  setSize(row: number, sizeMinor: number): void {
    this.floats[row * RECORD_FLOATS + SIZE] = sizeMinor;
  }

  /** The next order of the queue it stands in, or NO_ORDER. */
  next(row: number): number {
    return this.words[row * RECORD_WORDS + NEXT] as number;
  }

  previous(row: number): number {
    return this.words[row * RECORD_WORDS + PREVIOUS] as number;
  }

  side(row: number): number {
    return (this.words[row * RECORD_WORDS + FLAGS] as number) & 1;
  }

  kind(row: number): number {
    return ((this.words[row * RECORD_WORDS + FLAGS] as number) >> 1) & 3;
  }

  persistence(row: number): number {
    return persistenceOf(this.words[row * RECORD_WORDS + FLAGS] as number);
  }

  isPending(row: number): boolean {
    return ((this.words[row * RECORD_WORDS + FLAGS] as number) & PENDING) !== 0;
  }

  /** Its delay is over. It was taken out of its queue, and its neighbours there are none of the next one. */
  release(row: number): void {
    const at = row * RECORD_WORDS;
    this.words[at + FLAGS] = (this.words[at + FLAGS] as number) & ~PENDING;
    this.words[at + NEXT] = NO_ORDER;
    this.words[at + PREVIOUS] = NO_ORDER;
  }

  selection(row: number): number {
    return (this.words[row * RECORD_WORDS + FLAGS] as number) >>> 8;
  }

  holder(row: number): number {
    return this.words[row * RECORD_WORDS + HOLDER] as number;
  }

  owner(row: number): number {
    return this.words[row * RECORD_WORDS + OWNER] as number;
  }

  market(row: number): number {
    return this.words[row * RECORD_WORDS + MARKET] as number;
  }

  get(row: number): Order {
    const flags = this.words[row * RECORD_WORDS + FLAGS] as number;
    return {
      holder: this.holder(row),
      owner: this.owner(row),
      market: this.market(row),
      selection: flags >>> 8,
      side: flags & 1,
      kind: (flags >> 1) & 3,
      persistence: (flags >> 3) & 3,
      tick: this.tick(row),
      sizeMinor: this.sizeMinor(row),
      pending: (flags & PENDING) !== 0,
      fillOrKill: (flags & FILL_OR_KILL) !== 0,
      minFillMinor: this.floats[row * RECORD_FLOATS + MIN_FILL] as number,
      version: this.words[row * RECORD_WORDS + VERSION] as number,
      onlyVersion: (flags & ONLY_VERSION) !== 0,
    };
  }

  /** Rows of the open orders, rising. */
  *openRows(): Generator<number> {
    const free = new Uint8Array(this.#rows);
    for (const row of this.#free) free[row] = 1;
    for (let row = 0; row < this.#rows; row++) if (free[row] === 0) yield row;
  }

  dump(): OrdersDump {
    return { free: [...this.#free], records: this.words.slice(0, this.#rows * RECORD_WORDS) };
  }

  static load({ free, records }: OrdersDump): Orders {
    const rows = records.length / RECORD_WORDS;
    let capacity = FIRST_CAPACITY;
    while (capacity < rows) capacity *= 2;
    const orders = new Orders(capacity);
    orders.words.set(records);
    orders.#rows = rows;
    orders.#free = [...free];
    for (const row of orders.openRows()) {
      orders.#load(row);
      orders.#slots.add(orders.words, wanted, row);
      orders.#size++;
    }
    return orders;
  }

  #add(order: Order): number {
    const row = this.#free.pop() ?? this.#rows++;
    if ((row + 1) * RECORD_WORDS > this.words.length) this.#grow();
    const { words } = this;
    const at = row * RECORD_WORDS;
    words[at + ID] = wanted[0] as number;
    words[at + ID + 1] = wanted[1] as number;
    words[at + ID + 2] = wanted[2] as number;
    words[at + ID + 3] = wanted[3] as number;
    words[at + NEXT] = NO_ORDER;
    words[at + PREVIOUS] = NO_ORDER;
    words[at + TICK] = order.tick;
    words[at + FLAGS] = flagsOf(order);
    words[at + HOLDER] = order.holder;
    words[at + OWNER] = order.owner;
    words[at + MARKET] = order.market;
    words[at + VERSION] = order.version;
    this.floats[row * RECORD_FLOATS + SIZE] = order.sizeMinor;
    this.floats[row * RECORD_FLOATS + MIN_FILL] = order.minFillMinor;
    this.#slots.add(words, wanted, row);
    this.#size++;
    return row;
  }

  /** The id of a record becomes the one that is looked for. */
  #load(row: number): void {
    const { words } = this;
    const at = row * RECORD_WORDS + ID;
    wanted[0] = words[at] as number;
    wanted[1] = words[at + 1] as number;
    wanted[2] = words[at + 2] as number;
    wanted[3] = words[at + 3] as number;
  }

  #grow(): void {
    const bytes = new ArrayBuffer(this.words.byteLength * 2);
    const words = new Int32Array(bytes);
    words.set(this.words);
    this.words = words;
    this.floats = new Float64Array(bytes);
    this.#slots.grow();
  }
}

/** The persistence that the flags of a record say. */
export function persistenceOf(flags: number): number {
  return (flags >> 3) & 3;
}

function flagsOf(order: Order): number {
  assert(order.selection >= 0 && order.selection < SELECTIONS_MAX, 'no such selection');
  return (
    order.side |
    (order.kind << 1) |
    (order.persistence << 3) |
    (order.pending ? PENDING : 0) |
    (order.fillOrKill ? FILL_OR_KILL : 0) |
    (order.onlyVersion ? ONLY_VERSION : 0) |
    (order.selection << 8)
  );
}

function want(id: IdWords): void {
  wanted[0] = id.w0;
  wanted[1] = id.w1;
  wanted[2] = id.w2;
  wanted[3] = id.w3;
}
