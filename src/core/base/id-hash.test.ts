import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOfWords } from './id-hash.ts';

const IDS = 4_096;
const TOP_BITS = 12;
/** Of n balls thrown into n boxes about n(1 - 1/e) boxes get one: 2,589 here. */
const HOMES_MIN = 2_300;

for (const word of [0, 1, 2, 3]) {
  test(`ids that differ in word ${word} alone get homes all over the table`, () => {
    for (const step of [1, 4_096, 1 << 20]) {
      const words = new Int32Array([0x01234567, 0x09abcdef, 0x13579bdf, 0x02468ace]);
      const homes = new Set<number>();
      for (let i = 0; i < IDS; i++) {
        words[word] = Math.imul(i, step);
        homes.add(hashOfWords(words) >>> (32 - TOP_BITS));
      }
      assert.ok(homes.size >= HOMES_MIN, `${homes.size} homes with steps of ${step}`);
    }
  });
}
