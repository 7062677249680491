// The newest command keys in memory: id -> payload hash, answer. Older keys are looked up in the journal.
import { assert } from '#core/base/assert.ts';
import { IdTable } from '#core/base/id-table.ts';
import type { Refusal } from '#core/base/refusal.ts';

export interface KnownKey {
  readonly payloadHash: string;
  readonly seq: number;
  readonly result: 'done' | Refusal;
}

export const KEY_WINDOW_MAX = 1_000_000;

/** A ring of the last `max` keys; about 56 bytes a key. */
export class KeyWindow {
  readonly #max: number;
  #ids = new IdTable('cmd');
  #hashes: Uint32Array;
  #seqs: Float64Array;
  #refusals = new Map<number, Refusal>();
  #order: Int32Array;
  #oldest = 0;
  #count = 0;
  /** Keys recorded before this moment may have been dropped, ms. */
  #completeSince = 0;
  #recordedAt: Float64Array;

  constructor(max = KEY_WINDOW_MAX) {
    this.#max = max;
    this.#hashes = new Uint32Array(max * 4);
    this.#seqs = new Float64Array(max);
    this.#order = new Int32Array(max);
    this.#recordedAt = new Float64Array(max);
  }

  get size(): number {
    return this.#count;
  }

  /** A key whose id is at least this new is known here or was never recorded. */
  get completeSince(): number {
    return this.#completeSince;
  }

  /** For a start from a later block: older keys were not loaded. */
  startAt(at: number): void {
    this.#completeSince = Math.max(this.#completeSince, at);
  }

  find(commandId: string): KnownKey | null {
    const row = this.#ids.find(commandId);
    if (row < 0) return null;
    let payloadHash = '';
    for (let i = 0; i < 4; i++) payloadHash += (this.#hashes[row * 4 + i] as number).toString(16).padStart(8, '0');
    return { payloadHash, seq: this.#seqs[row] as number, result: this.#refusals.get(row) ?? 'done' };
  }

  add(commandId: string, known: KnownKey, recordedAt: number): void {
    if (this.#count === this.#max) this.#dropOldest();
    const row = this.#ids.add(commandId);
    assert(row < this.#max, 'key window is over-full');
    for (let i = 0; i < 4; i++) this.#hashes[row * 4 + i] = Number.parseInt(known.payloadHash.slice(i * 8, i * 8 + 8), 16);
    this.#seqs[row] = known.seq;
    this.#recordedAt[row] = recordedAt;
    if (known.result !== 'done') this.#refusals.set(row, known.result);
    this.#order[(this.#oldest + this.#count) % this.#max] = row;
    this.#count++;
  }

  #dropOldest(): void {
    const row = this.#order[this.#oldest] as number;
    this.#completeSince = Math.max(this.#completeSince, (this.#recordedAt[row] as number) + 1);
    this.#ids.remove(row);
    this.#refusals.delete(row);
    this.#oldest = (this.#oldest + 1) % this.#max;
    this.#count--;
  }
}
