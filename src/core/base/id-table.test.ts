import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { IdTable } from './id-table.ts';
import { encodeId } from './ids.ts';

/** Ids whose hashed words take few values, so that probing chains are long and wrap around. */
function idOf(n: number): string {
  const bytes = new Uint8Array(16);
  bytes[0] = n & 7;
  bytes[15] = n >>> 3;
  return encodeId('bet', bytes);
}

/** A table and a Map that must always agree. */
class Pair {
  table = new IdTable('bet', 2);
  readonly model = new Map<string, number>();

  flip(n: number): void {
    const id = idOf(n);
    const row = this.model.get(id);
    if (row === undefined) {
      const added = this.table.add(id);
      assert.ok(![...this.model.values()].includes(added), 'a row in use was given twice');
      this.model.set(id, added);
    } else {
      this.table.remove(row);
      this.model.delete(id);
    }
  }

  check(): void {
    assert.equal(this.table.size, this.model.size);
    for (let n = 0; n < 200; n++) assert.equal(this.table.find(idOf(n)), this.model.get(idOf(n)) ?? -1);
    for (const [id, row] of this.model) {
      assert.equal(this.table.idOf(row), id);
      assert.ok(row < this.table.rows && row < this.table.capacity);
    }
  }
}

test('IdTable behaves as a Map under any order of adding and removing', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 199 }), { maxLength: 300 }), (flips) => {
      const pair = new Pair();
      for (const n of flips) pair.flip(n);
      pair.check();
    }),
  );
});

test('IdTable.load() continues exactly where dump() was taken', () => {
  const flips = fc.array(fc.integer({ min: 0, max: 199 }), { maxLength: 150 });
  fc.assert(
    fc.property(flips, flips, (before, after) => {
      const pair = new Pair();
      for (const n of before) pair.flip(n);
      const loaded = new Pair();
      loaded.table = IdTable.load('bet', pair.table.dump());
      for (const entry of pair.model) loaded.model.set(...entry);
      for (const n of after) {
        pair.flip(n);
        loaded.flip(n);
      }
      loaded.check();
      assert.deepEqual(loaded.table.dump(), pair.table.dump());
    }),
  );
});

test('IdTable holds a hundred thousand ids and gives freed rows out again', () => {
  const table = new IdTable('cmd');
  const ids: string[] = [];
  for (let i = 0; i < 100_000; i++) {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setUint32(12, Math.imul(i, 0x9e3779b1));
    ids.push(encodeId('cmd', bytes));
    assert.equal(table.add(ids[i] as string), i);
  }
  for (let i = 0; i < 100_000; i += 2) table.remove(i);
  for (let i = 0; i < 100_000; i++) assert.equal(table.find(ids[i] as string), i % 2 ? i : -1);
  for (let i = 0; i < 100_000; i += 2) table.add(ids[i] as string);
  assert.equal(table.rows, 100_000);
  assert.equal(table.size, 100_000);
});

test('IdTable knows only ids of its own prefix in their one spelling', () => {
  const table = new IdTable('bet');
  const id = `bet_${'0'.repeat(25)}1`;
  table.add(id);
  assert.equal(table.find(id), 0);
  // '8' overflows 128 bits to the same words; a longer or other prefix is another id
  for (const other of [
    `bet_8${'0'.repeat(24)}1`,
    `usr_${id.slice(4)}`,
    `xbet_${id.slice(4)}`,
    id.slice(4),
    id.toLowerCase(),
    '',
  ]) {
    if (other !== id) assert.equal(table.find(other), -1, other);
  }
  assert.throws(() => table.add(`usr_${id.slice(4)}`), /not a bet id/);
});

test('IdTable crashes on a double add, a double remove and a capacity it cannot mask', () => {
  const table = new IdTable('bet');
  table.add(idOf(1));
  assert.throws(() => table.add(idOf(1)), /already there/);
  const other = new IdTable('bet');
  other.remove(other.add(idOf(2)));
  assert.throws(() => other.remove(0), /not in use/);
  assert.throws(() => new IdTable('bet', 1000), /power of two/);
});
