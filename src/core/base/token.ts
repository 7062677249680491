// Short opaque words: reasons, sources, tenants. The journal holds no free text, because nothing in it can be erased.

export const TOKEN_CHARS_MAX = 64;
const TOKEN = /^[A-Za-z0-9][A-Za-z0-9_:.-]{0,63}$/;

/** True for one word of letters, digits and `_ : . -`, at most 64 characters. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value);
}
