// The newest command keys in memory: id -> payload hash, answer. Older keys are looked up in the journal.
import { assert } from '#core/base/assert.ts';
import { IdTable } from '#core/base/id-table.ts';
import type { Refusal } from '#core/base/refusal.ts';
import type { CommandKey } from './command-key.ts';

export interface KnownKey {
  /** False when the key was used for another request. */
  readonly samePayload: boolean;
  readonly seq: number;
  readonly result: 'done' | Refusal;
}

export interface RecordedKey {
  readonly seq: number;
  readonly result: 'done' | Refusal;
  readonly recordedAt: number;
}

/** How far ahead of the writer a caller's clock may be: a key is never recorded more than this before the time in its id. */
export const KEY_AHEAD_MS = 5_000;

/** Command keys live this long. */
export const KEY_LIFE_MS = 7 * 86_400_000;

export const KEY_WINDOW_MAX = 1_000_000;

/** A ring of the last `max` keys; about 60 bytes a key. Of each payload hash the first 64 bits are kept: enough to tell a mistake. */
export class KeyWindow {
  readonly #max: number;
  #ids = new IdTable('cmd');
  #hashes: Int32Array;
  #seqs: Float64Array;
  #refusals = new Map<number, Refusal>();
  #order: Int32Array;
  #oldest = 0;
  #count = 0;
  /** Keys recorded before this moment may have been dropped, ms. */
  #completeSince = 0;
  /** The highest place in the journal of a key that was dropped. */
  #droppedUpTo = 0;
  #recordedAt: Float64Array;

  constructor(max = KEY_WINDOW_MAX) {
    this.#max = max;
    this.#hashes = new Int32Array(max * 2);
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

  /** For a start from a later block: older keys, up to `seq`, were not loaded. */
  startAt(at: number, seq: number): void {
    this.#completeSince = Math.max(this.#completeSince, at);
    this.#droppedUpTo = Math.max(this.#droppedUpTo, seq);
  }

  /**
   * True when a key that is not here may all the same have been used: it must be looked up in the journal. A look-up that saw the journal up to
   * `checkedUpTo` is good for as long as nothing later was dropped.
   */
  mayHaveDropped(key: CommandKey, checkedUpTo = -1): boolean {
    return key.madeAt - KEY_AHEAD_MS < this.#completeSince && this.#droppedUpTo > checkedUpTo;
  }

  has(key: CommandKey): boolean {
    return this.#ids.findWords(key) >= 0;
  }

  find(key: CommandKey): KnownKey | null {
    const row = this.#ids.findWords(key);
    if (row < 0) return null;
    const samePayload = this.#hashes[row * 2] === key.h0 && this.#hashes[row * 2 + 1] === key.h1;
    return { samePayload, seq: this.#seqs[row] as number, result: this.#refusals.get(row) ?? 'done' };
  }

  add(key: CommandKey, recorded: RecordedKey): void {
    if (this.#count === this.#max) this.#dropOldest();
    const row = this.#ids.addWords(key);
    assert(row < this.#max, 'key window is over-full');
    this.#hashes[row * 2] = key.h0;
    this.#hashes[row * 2 + 1] = key.h1;
    this.#seqs[row] = recorded.seq;
    this.#recordedAt[row] = recorded.recordedAt;
    if (recorded.result !== 'done') this.#refusals.set(row, recorded.result);
    this.#order[(this.#oldest + this.#count) % this.#max] = row;
    this.#count++;
  }

  #dropOldest(): void {
    const row = this.#order[this.#oldest] as number;
    this.#completeSince = Math.max(this.#completeSince, (this.#recordedAt[row] as number) + 1);
    this.#droppedUpTo = Math.max(this.#droppedUpTo, this.#seqs[row] as number);
    this.#ids.remove(row);
    this.#refusals.delete(row);
    this.#oldest = (this.#oldest + 1) % this.#max;
    this.#count--;
  }
}
