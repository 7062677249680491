// Ids to small row numbers, in typed arrays: 32 bytes an entry and nothing for the garbage collector to walk.
// Freed rows are used again, last freed first.
import { assert } from './assert.ts';
import { IdSlots } from './id-slots.ts';
import { decodeIdWords, encodeId, type IdPrefix, type IdWords } from './ids.ts';

const WORDS = 4;
const words = new Int32Array(WORDS);

export class IdTable {
  readonly prefix: IdPrefix;
  #ids: Int32Array; // four words a row
  readonly #slots: IdSlots;
  #free: number[] = [];
  #rows = 0; // rows ever used
  #size = 0;

  constructor(prefix: IdPrefix, capacity = 1024) {
    this.prefix = prefix;
    this.#ids = new Int32Array(capacity * WORDS);
    this.#slots = new IdSlots(capacity, { stride: WORDS, offset: 0 });
  }

  get size(): number {
    return this.#size;
  }

  /** Rows ever used: columns beside this table need at least this length. */
  get rows(): number {
    return this.#rows;
  }

  get capacity(): number {
    return this.#ids.length / WORDS;
  }

  /** Row of an id, or -1. */
  find(id: string): number {
    return this.#read(id) ? this.#slots.find(this.#ids, words) : -1;
  }

  /** find() for an id of this table's prefix that was read before. */
  findWords(id: IdWords): number {
    loadWords(id);
    return this.#slots.find(this.#ids, words);
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
    this.#slots.add(this.#ids, words, row);
    const at = row * WORDS;
    for (let i = 0; i < WORDS; i++) this.#ids[at + i] = words[i] as number;
    this.#size++;
    return row;
  }

  remove(row: number): void {
    this.#slots.remove(this.#ids, row);
    this.#ids.fill(0, row * WORDS, (row + 1) * WORDS);
    this.#free.push(row);
    this.#size--;
  }

  idOf(row: number): string {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < WORDS; i++) view.setInt32(i * 4, this.#ids[row * WORDS + i] as number);
    return encodeId(this.prefix, bytes);
  }

  /** Everything needed to build an equal table again. */
  dump(): { ids: Uint32Array; free: number[] } {
    return { ids: new Uint32Array(this.#ids.slice(0, this.#rows * WORDS).buffer), free: [...this.#free] };
  }

  static load(prefix: IdPrefix, dump: { ids: Uint32Array; free: number[] }): IdTable {
    const rows = dump.ids.length / WORDS;
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

  #enter(row: number): void {
    const at = row * WORDS;
    for (let i = 0; i < WORDS; i++) words[i] = this.#ids[at + i] as number;
    this.#slots.add(this.#ids, words, row);
  }

  #grow(): void {
    const ids = new Int32Array(this.#ids.length * 2);
    ids.set(this.#ids);
    this.#ids = ids;
    this.#slots.grow();
  }
}

function loadWords(id: IdWords): void {
  words[0] = id.w0;
  words[1] = id.w1;
  words[2] = id.w2;
  words[3] = id.w3;
}
