import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { derivedOfferKey, OfferKeys, readOfferKeys } from './offer-keys.ts';

const OLD = { id: 'old', secret: 'o'.repeat(32) };
const NEW = { id: 'new', secret: 'n'.repeat(32) };

test('OfferKeys signs with the first key and verifies with all: a key can be replaced while its offers live', () => {
  const before = new OfferKeys([OLD]);
  const during = new OfferKeys([NEW, OLD]);
  const after = new OfferKeys([NEW]);
  const signed = before.sign('text');
  assert.deepEqual(signed, { keyId: 'old', signature: createHmac('sha256', OLD.secret).update('text').digest('base64url') });
  assert.deepEqual(
    [before, during, after].map((keys) => keys.verify('text', signed)),
    [true, true, false],
  );
  assert.equal(during.sign('text').keyId, 'new');
});

test('OfferKeys refuses another text, another key, and every other spelling of a signature', () => {
  const keys = new OfferKeys([OLD, NEW]);
  const { keyId, signature } = keys.sign('text');
  assert.ok(keys.verify('text', { keyId, signature }));
  assert.equal(keys.verify('text ', { keyId, signature }), false);
  assert.equal(keys.verify('text', { keyId: 'new', signature }), false);
  const last = signature.at(-1) as string;
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  for (const digit of digits) {
    if (digit !== last) assert.equal(keys.verify('text', { keyId, signature: signature.slice(0, -1) + digit }), false, digit);
  }
  for (const bad of ['', `${signature}=`, signature.slice(1), `${signature}A`])
    assert.equal(keys.verify('text', { keyId, signature: bad }), false);
});

test('readOfferKeys() reads keys and refuses what is short, doubled or not named', () => {
  assert.deepEqual(readOfferKeys(`new:${NEW.secret}, old:${OLD.secret}`), [NEW, OLD]);
  for (const bad of ['', 'x', `a:${'s'.repeat(31)}`, `a:${OLD.secret},a:${NEW.secret}`, `A b:${OLD.secret}`])
    assert.equal(readOfferKeys(bad), null, bad);
  assert.notEqual(derivedOfferKey('one').secret, derivedOfferKey('other').secret);
});
