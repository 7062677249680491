// Ids to small row numbers, in typed arrays: 24 bytes an entry and nothing for the garbage collector to walk.
// Open addressing with linear probing and backward-shift deletion; freed rows are used again, last freed first.
import { assert } from './assert.ts';
import { decodeIdWords, encodeId, type IdPrefix } from './ids.ts';

const words = new Uint32Array(4);

export class IdTable {
  readonly prefix: IdPrefix;
  #ids: Uint32Array; // four words a row
  #slots: Int32Array; // row + 1, 0 = empty; a power of two, at most half full
  #free: number[] = [];
  #rows = 0; // rows ever used
  #size = 0;

  constructor(prefix: IdPrefix, capacity = 1024) {
    assert(capacity >= 1 && Number.isInteger(Math.log2(capacity)), 'capacity must be a power of two');
    this.prefix = prefix;
    this.#ids = new Uint32Array(capacity * 4);
    this.#slots = new Int32Array(capacity * 2);
  }

  get size(): number {
    return this.#size;
  }

  /** Rows ever used: columns beside this table need at least this length. */
  get rows(): number {
    return this.#rows;
  }

  get capacity(): number {
    return this.#ids.length / 4;
  }

  /** Row of an id, or -1. */
  find(id: string): number {
    if (!this.#read(id)) return -1;
    return (this.#slots[this.#slotOf()] as number) - 1;
  }

  /** Adds an id that is not there yet and returns its row. */
  add(id: string): number {
    assert(this.#read(id), `not a ${this.prefix} id: ${id}`);
    const row = this.#free.pop() ?? this.#rows++;
    if (row >= this.capacity) this.#grow();
    const slot = this.#slotOf();
    assert(this.#slots[slot] === 0, `id is already there: ${id}`);
    this.#slots[slot] = row + 1;
    this.#ids.set(words, row * 4);
    this.#size++;
    return row;
  }

  remove(row: number): void {
    words.set(this.#ids.subarray(row * 4, row * 4 + 4));
    const slot = this.#slotOf();
    assert(this.#slots[slot] === row + 1, 'row is not in use');
    this.#ids.fill(0, row * 4, row * 4 + 4);
    this.#free.push(row);
    this.#size--;
    this.#closeGap(slot);
  }

  idOf(row: number): string {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 4; i++) view.setUint32(i * 4, this.#ids[row * 4 + i] as number);
    return encodeId(this.prefix, bytes);
  }

  /** Everything needed to build an equal table again. */
  dump(): { ids: Uint32Array; free: number[] } {
    return { ids: this.#ids.slice(0, this.#rows * 4), free: [...this.#free] };
  }

  static load(prefix: IdPrefix, dump: { ids: Uint32Array; free: number[] }): IdTable {
    const rows = dump.ids.length / 4;
    let capacity = 1024;
    while (capacity < rows) capacity *= 2;
    const table = new IdTable(prefix, capacity);
    table.#ids.set(dump.ids);
    table.#rows = rows;
    table.#free = [...dump.free];
    table.#size = rows - dump.free.length;
    const free = new Set(dump.free);
    for (let row = 0; row < rows; row++) if (!free.has(row)) table.#insertSlot(row);
    return table;
  }

  /** Reads an id of this table's prefix into `words`; another prefix is another id, whatever its bits. */
  #read(id: string): boolean {
    return (
      id.length === this.prefix.length + 27 &&
      id.startsWith(this.prefix) &&
      id[this.prefix.length] === '_' &&
      decodeIdWords(id, words)
    );
  }

  /** Slot holding the id in `words`, or the empty slot where it would go. */
  #slotOf(): number {
    const mask = this.#slots.length - 1;
    let slot = home(words[3] as number, words[2] as number) & mask;
    for (;;) {
      const row = (this.#slots[slot] as number) - 1;
      if (row < 0) return slot;
      const at = row * 4;
      const ids = this.#ids;
      if (ids[at + 3] === words[3] && ids[at + 2] === words[2] && ids[at + 1] === words[1] && ids[at] === words[0]) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #insertSlot(row: number): void {
    words.set(this.#ids.subarray(row * 4, row * 4 + 4));
    this.#slots[this.#slotOf()] = row + 1;
  }

  #closeGap(gap: number): void {
    const mask = this.#slots.length - 1;
    let hole = gap;
    for (let slot = (hole + 1) & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const at = ((this.#slots[slot] as number) - 1) * 4;
      const wanted = home(this.#ids[at + 3] as number, this.#ids[at + 2] as number) & mask;
      if (((slot - wanted) & mask) >= ((slot - hole) & mask)) {
        this.#slots[hole] = this.#slots[slot] as number;
        hole = slot;
      }
    }
    this.#slots[hole] = 0;
  }

  #grow(): void {
    const saved = words.slice();
    const ids = new Uint32Array(this.#ids.length * 2);
    ids.set(this.#ids);
    const old = this.#slots;
    this.#ids = ids;
    this.#slots = new Int32Array(old.length * 2);
    for (const entry of old) if (entry !== 0) this.#insertSlot(entry - 1);
    words.set(saved);
  }
}

/** The last 64 bits of an id are random or a hash; one multiply spreads what is not. */
function home(low: number, high: number): number {
  return Math.imul(low ^ (high >>> 15), 0x9e3779b1) >>> 4;
}
