import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonical } from './canonical.ts';
import { httpStatusOf, isReasonCode, REASONS, type ReasonCode, refuse } from './refusal.ts';

test('refuse() builds JSON that is canonical as it stands', () => {
  const codes = Object.keys(REASONS) as ReasonCode[];
  assert.ok(codes.length > 40);
  for (const code of codes) {
    for (const detail of [{}, { path: '/a' }, { need: 1, have: 2, path: '/a', retryAfterMs: 3 }]) {
      const refusal = refuse(code, detail);
      assert.equal(JSON.stringify(refusal), canonical(refusal));
      assert.equal(refusal.code, code);
    }
    assert.ok(httpStatusOf(code) >= 400 && httpStatusOf(code) < 600);
  }
});

test('isReasonCode() is not fooled by names that every object has', () => {
  assert.equal(isReasonCode('busy'), true);
  assert.equal(isReasonCode('toString'), false);
});
