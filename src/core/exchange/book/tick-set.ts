// A set of ticks as two tiers of bits: the next tick above or below is found in a few words, however many prices the ladder has.
import { assert } from '../../base/assert.ts';
import { NO_TICK, TICKS_MAX } from '../ladder.ts';

export class TickSet {
  readonly #bits: Int32Array; // a bit a tick
  readonly #words: Int32Array; // a bit a word of #bits that is not 0: at most 128 words

  constructor(ticks: number) {
    assert(ticks > 0 && ticks <= TICKS_MAX, 'too many ticks');
    this.#bits = new Int32Array((ticks + 31) >>> 5);
    this.#words = new Int32Array((this.#bits.length + 31) >>> 5);
  }

  add(tick: number): void {
    const word = tick >>> 5;
    const block = word >>> 5;
    this.#bits[word] = (this.#bits[word] as number) | (1 << (tick & 31));
    this.#words[block] = (this.#words[block] as number) | (1 << (word & 31));
  }

  delete(tick: number): void {
    const word = tick >>> 5;
    if ((this.#bits[word] = (this.#bits[word] as number) & ~(1 << (tick & 31))) !== 0) return;
    const block = word >>> 5;
    this.#words[block] = (this.#words[block] as number) & ~(1 << (word & 31));
  }

  /** The lowest tick above `tick`, or NO_TICK. */
  above(tick: number): number {
    const word = above(this.#bits, tick);
    if (word >= 0) return word;
    const block = above(this.#words, tick >> 5);
    const at = block >= 0 ? block : this.#lowestWordAbove(tick >> 10);
    return at < 0 ? NO_TICK : (at << 5) | lowest(this.#bits[at] as number);
  }

  /** The highest tick below `tick`, or NO_TICK. */
  below(tick: number): number {
    const word = below(this.#bits, tick);
    if (word >= 0) return word;
    const block = below(this.#words, tick >> 5);
    const at = block >= 0 ? block : this.#highestWordBelow(tick >> 10);
    return at < 0 ? NO_TICK : (at << 5) | highest(this.#bits[at] as number);
  }

  #lowestWordAbove(block: number): number {
    for (let i = block + 1; i < this.#words.length; i++) {
      const bits = this.#words[i] as number;
      if (bits !== 0) return (i << 5) | lowest(bits);
    }
    return -1;
  }

  #highestWordBelow(block: number): number {
    for (let i = Math.min(block, this.#words.length) - 1; i >= 0; i--) {
      const bits = this.#words[i] as number;
      if (bits !== 0) return (i << 5) | highest(bits);
    }
    return -1;
  }
}

/** Within the word of `at`: the next index that is set, or -1. */
function above(words: Int32Array, at: number): number {
  if ((at & 31) === 31) return -1;
  const bits = (words[at >> 5] ?? 0) & (-2 << (at & 31));
  return bits === 0 ? -1 : ((at >> 5) << 5) | lowest(bits);
}

function below(words: Int32Array, at: number): number {
  const bits = (words[at >> 5] ?? 0) & ~(-1 << (at & 31));
  return bits === 0 ? -1 : ((at >> 5) << 5) | highest(bits);
}

function lowest(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function highest(bits: number): number {
  return 31 - Math.clz32(bits);
}
