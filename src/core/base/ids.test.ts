import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeIdWords, deriveId, encodeId, idTime, ID_PREFIXES, isId, makeId } from './ids.ts';

const prefix = fc.constantFrom(...ID_PREFIXES);
const bits = fc.uint8Array({ minLength: 16, maxLength: 16 });
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('encodeId() writes Crockford base 32, high bits first', () => {
  // 128 one-bits in 26 digits of 5: the first digit holds only 3 bits (7), the others are full (Z)
  assert.equal(encodeId('bet', new Uint8Array(16).fill(255)), `bet_7${'Z'.repeat(25)}`);
  assert.equal(encodeId('bet', new Uint8Array(16)), `bet_${'0'.repeat(26)}`);
  assert.equal(encodeId('usr', Buffer.from('20'.padStart(32, '0'), 'hex')), `usr_${'0'.repeat(24)}10`);
  // ULID's published example: 01ARZ3NDEKTSV4RRFFQ69G5FAV stands for 2016-07-30T23:54:10.259Z
  assert.equal(idTime('run_01ARZ3NDEKTSV4RRFFQ69G5FAV'), Date.parse('2016-07-30T23:54:10.259Z'));
});

test('decodeIdWords() gives back the bits that encodeId() wrote', () => {
  fc.assert(
    fc.property(prefix, bits, (name, bytes) => {
      const id = encodeId(name, bytes);
      assert.ok(isId(name, id));
      const words = new Int32Array(4);
      assert.ok(decodeIdWords(id, words));
      assert.equal([...words].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join(''), hex(bytes));
    }),
  );
});

test('decodeIdWords() and isId() refuse the same malformed bodies', () => {
  const good = `bet_${'0'.repeat(26)}`;
  const words = new Int32Array(4);
  const bodies = [
    '8'.padEnd(26, '0'),
    'Z'.repeat(26),
    'I'.padStart(26, '0'),
    'O'.padStart(26, '0'),
    'a'.padStart(26, '0'),
    'é'.padStart(26, '0'),
    '\u{1F600}'.padStart(26, '0'),
  ];
  for (const body of bodies) {
    assert.equal(isId('bet', `bet_${body}`), false, body);
    assert.equal(decodeIdWords(`bet_${body}`, words), false, body);
  }
  for (const id of ['', 'bet_', good.slice(0, -1), good.slice(4), '0'.repeat(29)]) assert.equal(isId('bet', id), false, id);
  assert.equal(isId('bet', good), true);
  assert.equal(isId('usr', good), false);
  assert.equal(isId('bet', 7), false);
});

test('makeId() keeps the time in the first 48 bits', () => {
  fc.assert(
    fc.property(
      prefix,
      fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      fc.uint8Array({ minLength: 10, maxLength: 10 }),
      (name, at, tail) => {
        assert.equal(idTime(makeId(name, at, tail)), at);
      },
    ),
  );
  assert.equal(idTime('nonsense'), null);
});

test('ids sort as text in the order of their times', () => {
  const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  fc.assert(fc.property(time, time, (a, b) => a === b || a < b === deriveId('bot', a, 'x') < deriveId('bot', b, 'x')));
});

test('deriveId() is the same for the same name, differs for another, and keeps the time', () => {
  assert.equal(deriveId('bet', 7, 'abc'), deriveId('bet', 7, 'abc'));
  assert.notEqual(deriveId('bet', 0, 'abc'), deriveId('bet', 0, 'abd'));
  assert.equal(idTime(deriveId('bet', 1_700_000_000_000, 'abc')), 1_700_000_000_000);
  const names = new Set<string>();
  for (let i = 0; i < 200_000; i++) names.add(deriveId('bet', 0, `bot_${i % 500} ${Math.floor(i / 500)} 0`));
  assert.equal(names.size, 200_000, 'two names of one moment gave one id');
});
