import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sha256Hex } from './hash.ts';

test('sha256Hex() agrees with FIPS 180-2 and with OpenSSL', () => {
  assert.equal(sha256Hex('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  for (const text of ['', 'São Paulo', '\u{1f600}', 'x'.repeat(1000)]) {
    const expected = createHash('sha256').update(text, 'utf8').digest('hex');
    assert.equal(sha256Hex(text), expected);
  }
});
