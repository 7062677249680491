// Growing in steps: a table that is asked and emptied while the one before is still being moved must behave as a Map.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { IdSlots } from './id-slots.ts';

const STRIDE = 6;
const OFFSET = 1;
const FIRST = 1_024;

class Rows {
  readonly slots = new IdSlots(FIRST, { stride: STRIDE, offset: OFFSET });
  readonly model = new Map<number, number>();
  #ids = new Int32Array(FIRST * STRIDE);
  #capacity = FIRST;
  #rows = 0;
  readonly #free: number[] = [];

  add(n: number): void {
    const row = this.#free.pop() ?? this.#rows++;
    if (row === this.#capacity) this.#grow();
    this.slots.add(this.#ids, idOf(n), row);
    this.#ids.set(idOf(n), row * STRIDE + OFFSET);
    this.model.set(n, row);
  }

  remove(n: number): void {
    const row = this.model.get(n) as number;
    this.slots.remove(this.#ids, row);
    this.model.delete(n);
    this.#free.push(row); // its id stays there until the row is used again, as a record of an order might
  }

  find(n: number): number {
    return this.slots.find(this.#ids, idOf(n));
  }

  #grow(): void {
    const ids = new Int32Array(this.#ids.length * 2);
    ids.set(this.#ids);
    this.#ids = ids;
    this.#capacity *= 2;
    this.slots.grow();
  }
}

/** Few values in the words that count most: long runs. */
function idOf(n: number): Int32Array {
  return Int32Array.of(n % 7, 0, n >>> 4, n & 15);
}

test('every id is found right before, within and after each step of growing, and none that is gone', () => {
  const flip = fc.record({ n: fc.nat(6_000), run: fc.integer({ min: 1, max: 40 }) });
  fc.assert(
    fc.property(fc.array(flip, { minLength: 50, maxLength: 200 }), fc.integer({ min: 900, max: 4_090 }), (flips, filled) => {
      const rows = new Rows();
      for (let n = 10_000; n < 10_000 + filled; n++) rows.add(n);
      for (const { n, run } of flips) {
        for (let k = n; k < n + run; k++) {
          if (rows.model.has(k)) rows.remove(k);
          else rows.add(k);
        }
        for (let k = n - 3; k < n + run + 3; k++) assert.equal(rows.find(k), rows.model.get(k) ?? -1);
      }
      for (const [n, row] of rows.model) assert.equal(rows.find(n), row);
    }),
    { numRuns: 60 },
  );
});

test('an id cannot be entered twice nor a row taken out twice while the table grows', () => {
  const rows = new Rows();
  for (let n = 0; n <= FIRST; n++) rows.add(n);
  assert.throws(() => rows.add(0), /already there/);
  const again = new Rows();
  for (let n = 0; n <= FIRST; n++) again.add(n);
  const row = again.model.get(FIRST / 2) as number;
  again.remove(FIRST / 2);
  assert.throws(() => again.slots.remove(new Int32Array(4 * FIRST * STRIDE), row), /not in use/);
});
