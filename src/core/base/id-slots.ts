// Where ids stand among rows: open addressing with linear probing over ids that somebody else keeps, four words each, in typed arrays.
// A slot keeps the id's hash beside its row: a miss is seen without touching the ids, and since the home slot is the top bits of the hash,
// growing sweeps both tables from front to back instead of jumping through memory. It does so in small steps, one with each id added: moving
// 131,072 entries at once stops everybody for 10 to 20 ms.
import { assert } from './assert.ts';
import { hashOfWords } from './id-hash.ts';

/** Slots of the table before that are moved with each id added; all of them have moved long before the next one is full. */
const MOVED_PER_ADD = 64;
/** Stands in a slot of the table before whose id is gone: a search goes on behind it. */
const GONE = -1;

/** Rows of ids: each stands at `row * stride + offset`, in four words. */
export interface IdLayout {
  readonly stride: number;
  readonly offset: number;
}

const words = new Int32Array(4);

export class IdSlots {
  readonly #stride: number;
  readonly #offset: number;
  #slots: Int32Array; // two a slot: row + 1 (0 = empty), hash; a power of two of them, at most half full
  #shift: number; // 32 - log2(slots)
  /** The table before, while entries of it are still to be moved. A moved one stays where it was: what it says is checked against the ids. */
  #before: Int32Array | null = null;
  #moved = 0;
  #lastFound = 0;

  /** For so many rows, a power of two. */
  constructor(capacity: number, { offset, stride }: IdLayout) {
    assert(capacity >= 1 && Number.isInteger(Math.log2(capacity)), 'capacity must be a power of two');
    this.#stride = stride;
    this.#offset = offset;
    this.#slots = new Int32Array(capacity * 4);
    this.#shift = 31 - Math.log2(capacity);
  }

  /** Row of an id, or -1. */
  find(ids: Int32Array, id: Int32Array): number {
    const hash = hashOfWords(id);
    const slot = this.#slotOf(ids, id, hash);
    this.#lastFound = slot;
    const row = (this.#slots[slot] as number) - 1;
    return row >= 0 || this.#before === null ? row : this.#findBefore(ids, id, hash);
  }

  /** Enters a row whose id is not there yet. */
  add(ids: Int32Array, id: Int32Array, row: number): void {
    const hash = hashOfWords(id);
    if (this.#before !== null) {
      assert(this.#findBefore(ids, id, hash) < 0, 'id is already there');
      this.#move(MOVED_PER_ADD);
    }
    const slot = this.#slotOf(ids, id, hash);
    assert(this.#slots[slot] === 0, 'id is already there');
    this.#slots[slot] = row + 1;
    this.#slots[slot + 1] = hash;
  }

  /** Takes out a row, whose id still stands among the ids. */
  remove(ids: Int32Array, row: number): void {
    const wasBefore = this.#before !== null && this.#forgetBefore(ids, row);
    // Most often the row was just found by its id.
    if (this.#slots[this.#lastFound] !== row + 1) {
      this.#lastFound = this.#slotOf(ids, load(ids, row * this.#stride + this.#offset), hashOfWords(words));
    }
    if (this.#slots[this.#lastFound] === row + 1) this.#closeGap(this.#lastFound);
    else assert(wasBefore, 'row is not in use');
  }

  /** Room for twice as many rows. */
  grow(): void {
    if (this.#before !== null) this.#move(this.#before.length);
    this.#before = this.#slots;
    this.#moved = 0;
    this.#slots = new Int32Array(this.#slots.length * 2);
    this.#shift--;
  }

  /** Place of the slot that holds an id, or of the empty one where it would go. */
  #slotOf(ids: Int32Array, id: Int32Array, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (hash >>> this.#shift) << 1;
    for (;;) {
      const row = (slots[slot] as number) - 1;
      if (row < 0 || (slots[slot + 1] === hash && this.#has(ids, id, row))) return slot;
      slot = (slot + 2) & mask;
    }
  }

  #has(ids: Int32Array, id: Int32Array, row: number): boolean {
    const at = row * this.#stride + this.#offset;
    return ids[at + 3] === id[3] && ids[at + 2] === id[2] && ids[at + 1] === id[1] && ids[at] === id[0];
  }

  #put(entry: number, hash: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (hash >>> this.#shift) << 1;
    while (slots[slot] !== 0) slot = (slot + 2) & mask;
    slots[slot] = entry;
    slots[slot + 1] = hash;
  }

  /** Moves later entries of the same run up, so that no search meets a hole. */
  #closeGap(gap: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = gap;
    for (let slot = (hole + 2) & mask; slots[slot] !== 0; slot = (slot + 2) & mask) {
      const home = ((slots[slot + 1] as number) >>> this.#shift) << 1;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots[hole] = slots[slot] as number;
      slots[hole + 1] = slots[slot + 1] as number;
      hole = slot;
    }
    slots[hole] = 0;
    slots[hole + 1] = 0;
  }

  #findBefore(ids: Int32Array, id: Int32Array, hash: number): number {
    const slots = this.#before as Int32Array;
    const mask = slots.length - 1;
    for (let slot = (hash >>> (this.#shift + 1)) << 1; slots[slot] !== 0; slot = (slot + 2) & mask) {
      const entry = slots[slot] as number;
      if (entry !== GONE && slots[slot + 1] === hash && this.#has(ids, id, entry - 1)) return entry - 1;
    }
    return -1;
  }

  /** Its row may soon be another id's. */
  #forgetBefore(ids: Int32Array, row: number): boolean {
    const hash = hashOfWords(load(ids, row * this.#stride + this.#offset));
    const slots = this.#before as Int32Array;
    const mask = slots.length - 1;
    for (let slot = (hash >>> (this.#shift + 1)) << 1; slots[slot] !== 0; slot = (slot + 2) & mask) {
      if (slots[slot] !== row + 1) continue;
      slots[slot] = GONE;
      return true;
    }
    return false;
  }

  #move(slotsMax: number): void {
    const before = this.#before as Int32Array;
    const end = Math.min(before.length, this.#moved + slotsMax * 2);
    for (let at = this.#moved; at < end; at += 2) {
      const entry = before[at] as number;
      if (entry > 0) this.#put(entry, before[at + 1] as number);
    }
    this.#moved = end;
    if (end === before.length) this.#before = null;
  }
}

function load(ids: Int32Array, at: number): Int32Array {
  words[0] = ids[at] as number;
  words[1] = ids[at + 1] as number;
  words[2] = ids[at + 2] as number;
  words[3] = ids[at + 3] as number;
  return words;
}
