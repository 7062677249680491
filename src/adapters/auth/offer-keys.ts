// HMAC-SHA-256 over offers. The first key signs, all of them verify: to rotate, put a new one in front and take the old one out when its offers have
// expired. Signatures are compared in constant time.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { assert } from '#core/base/assert.ts';
import type { OfferSigner } from '#ports/offer-signer.ts';

export interface OfferKey {
  readonly id: string;
  readonly secret: string;
}

const KEY = /^([a-z0-9][a-z0-9_-]{0,31}):(\S{32,})$/;

/** `id:secret,id:secret`; null when it is not that, or an id is there twice. */
export function readOfferKeys(text: string): OfferKey[] | null {
  const keys: OfferKey[] = [];
  for (const part of text.split(',')) {
    const [, id, secret] = KEY.exec(part.trim()) ?? [];
    if (id === undefined || secret === undefined || keys.some((key) => key.id === id)) return null;
    keys.push({ id, secret });
  }
  return keys;
}

/** A key made from another secret of the installation, for when none is set. */
export function derivedOfferKey(secret: string): OfferKey {
  return { id: 'internal', secret: createHmac('sha256', secret).update('palpite offers').digest('base64url') };
}

export class OfferKeys implements OfferSigner {
  readonly #keys: readonly OfferKey[];

  constructor(keys: readonly OfferKey[]) {
    assert(keys.length > 0, 'offers need a key');
    this.#keys = keys;
  }

  sign(text: string): { keyId: string; signature: string } {
    const { id, secret } = this.#keys[0] as OfferKey;
    return { keyId: id, signature: macOf(text, secret).toString('base64url') };
  }

  verify(text: string, { keyId, signature }: { readonly keyId: string; readonly signature: string }): boolean {
    const key = this.#keys.find(({ id }) => id === keyId);
    if (!key) return false;
    const given = Buffer.from(signature, 'base64url');
    const right = macOf(text, key.secret);
    // Of one spelling only: the last character of base64url has bits to spare.
    return given.length === right.length && timingSafeEqual(given, right) && given.toString('base64url') === signature;
  }
}

function macOf(text: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}
