// Ids to small row numbers, in typed arrays: 32 bytes an entry and nothing for the garbage collector to walk.
// Open addressing with linear probing and backward-shift deletion; freed rows are used again, last freed first.
// A slot keeps the id's hash beside its row: a miss is seen without touching the ids, and since the home slot is the top bits of the hash,
// growing sweeps both tables from front to back instead of jumping through memory.
import { assert } from './assert.ts';
import { hashOfWords } from './id-hash.ts';
import { decodeIdWords, encodeId, type IdPrefix, type IdWords } from './ids.ts';

const words = new Int32Array(4);

export class IdTable {
  readonly prefix: IdPrefix;
  #ids: Int32Array; // four words a row
  #slots: Int32Array; // two a slot: row + 1 (0 = empty), hash; a power of two of them, at most half full
  #shift: number; // 32 - log2(slots)
  #free: number[] = [];
  #rows = 0; // rows ever used
  #size = 0;

  constructor(prefix: IdPrefix, capacity = 1024) {
    assert(capacity >= 1 && Number.isInteger(Math.log2(capacity)), 'capacity must be a power of two');
    this.prefix = prefix;
    this.#ids = new Int32Array(capacity * 4);
    this.#slots = new Int32Array(capacity * 4);
    this.#shift = 31 - Math.log2(capacity);
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
    return (this.#slots[this.#slotOf(hashOfWords(words))] as number) - 1;
  }

  /** find() for an id of this table's prefix that was read before. */
  findWords(id: IdWords): number {
    loadWords(id);
    return (this.#slots[this.#slotOf(hashOfWords(words))] as number) - 1;
  }

  /** Adds an id that is not there yet and returns its row. */
  add(id: string): number {
    assert(this.#read(id), () => `not a ${this.prefix} id: ${id}`);
    return this.#add();
  }

  /** add() for an id of this table's prefix that was read before. */
  addWords(id: IdWords): number {
    loadWords(id);
    return this.#add();
  }

  /** Adds the id in `words`. */
  #add(): number {
    const row = this.#free.pop() ?? this.#rows++;
    if (row >= this.capacity) this.#grow();
    const hash = hashOfWords(words);
    const slot = this.#slotOf(hash);
    assert(this.#slots[slot] === 0, () => `id is already there: ${this.idOf((this.#slots[slot] as number) - 1)}`);
    this.#slots[slot] = row + 1;
    this.#slots[slot + 1] = hash;
    const at = row * 4;
    for (let i = 0; i < 4; i++) this.#ids[at + i] = words[i] as number;
    this.#size++;
    return row;
  }

  remove(row: number): void {
    const at = row * 4;
    for (let i = 0; i < 4; i++) words[i] = this.#ids[at + i] as number;
    const slot = this.#slotOf(hashOfWords(words));
    assert(this.#slots[slot] === row + 1, 'row is not in use');
    this.#ids.fill(0, at, at + 4);
    this.#free.push(row);
    this.#size--;
    this.#closeGap(slot);
  }

  idOf(row: number): string {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 4; i++) view.setInt32(i * 4, this.#ids[row * 4 + i] as number);
    return encodeId(this.prefix, bytes);
  }

  /** Everything needed to build an equal table again. */
  dump(): { ids: Uint32Array; free: number[] } {
    return { ids: new Uint32Array(this.#ids.slice(0, this.#rows * 4).buffer), free: [...this.#free] };
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
    for (let row = 0; row < rows; row++) if (!free.has(row)) table.#enter(row);
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

  /** Place of the slot that holds the id in `words`, or of the empty one where it would go. */
  #slotOf(hash: number): number {
    const slots = this.#slots;
    const ids = this.#ids;
    const mask = slots.length - 1;
    let slot = (hash >>> this.#shift) << 1;
    for (;;) {
      const row = (slots[slot] as number) - 1;
      if (row < 0) return slot;
      if (slots[slot + 1] === hash) {
        const at = row * 4;
        if (ids[at + 3] === words[3] && ids[at + 2] === words[2] && ids[at + 1] === words[1] && ids[at] === words[0]) return slot;
      }
      slot = (slot + 2) & mask;
    }
  }

  #enter(row: number): void {
    const at = row * 4;
    for (let i = 0; i < 4; i++) words[i] = this.#ids[at + i] as number;
    const hash = hashOfWords(words);
    const slot = this.#slotOf(hash);
    this.#slots[slot] = row + 1;
    this.#slots[slot + 1] = hash;
  }

  #closeGap(gap: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = gap;
    for (let slot = (hole + 2) & mask; slots[slot] !== 0; slot = (slot + 2) & mask) {
      const wanted = ((slots[slot + 1] as number) >>> this.#shift) << 1;
      if (((slot - wanted) & mask) >= ((slot - hole) & mask)) {
        slots[hole] = slots[slot] as number;
        slots[hole + 1] = slots[slot + 1] as number;
        hole = slot;
      }
    }
    slots[hole] = 0;
    slots[hole + 1] = 0;
  }

  #grow(): void {
    const ids = new Int32Array(this.#ids.length * 2);
    ids.set(this.#ids);
    const old = this.#slots;
    const slots = new Int32Array(old.length * 2);
    const mask = slots.length - 1;
    this.#shift--;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] === 0) continue;
      let slot = ((old[from + 1] as number) >>> this.#shift) << 1;
      while (slots[slot] !== 0) slot = (slot + 2) & mask;
      slots[slot] = old[from] as number;
      slots[slot + 1] = old[from + 1] as number;
    }
    this.#ids = ids;
    this.#slots = slots;
  }
}

function loadWords(id: IdWords): void {
  words[0] = id.w0;
  words[1] = id.w1;
  words[2] = id.w2;
  words[3] = id.w3;
}
