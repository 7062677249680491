// Ids are a prefix and 26 Crockford characters of 128 bits, made by the caller before sending, so that a retry is recognised.
// The first 48 bits are the time in ms (UUIDv7 layout for people, input time for bots).

export const ID_PREFIXES = [
  'usr',
  'bot',
  'cmd',
  'bet',
  'ord',
  'pool',
  'ent',
  'offer',
  'run',
  'key',
  'ten',
  'trf',
  'prp',
  'dsp',
] as const;
export type IdPrefix = (typeof ID_PREFIXES)[number];

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const UNDERSCORE = 95;
/** Negative however far it is shifted left within one word of five-bit digits. */
const NO_DIGIT = -1;
const DIGIT = new Int8Array(128).fill(NO_DIGIT);
for (let i = 0; i < ALPHABET.length; i++) DIGIT[ALPHABET.charCodeAt(i)] = i;

export function isId(prefix: IdPrefix, value: unknown): value is string {
  if (typeof value !== 'string' || value.length !== prefix.length + 27 || value.charCodeAt(prefix.length) !== UNDERSCORE)
    return false;
  return value.startsWith(prefix) && decodeIdWords(value, scratch);
}

/** 16 bytes -> prefix_26 characters. */
export function encodeId(prefix: IdPrefix, bytes: Uint8Array): string {
  let text = '';
  let buffer = 0;
  let bits = 2; // 26 * 5 = 130: two leading zero bits
  for (let i = 0; i < 16; i++) {
    buffer = (buffer << 8) | (bytes[i] as number);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(buffer >>> bits) & 31];
    }
    buffer &= (1 << bits) - 1;
  }
  return `${prefix}_${text}`;
}

/** Writes the 128 bits of an id as four int32 words, most significant first; false when the body is not well formed. */
export function decodeIdWords(id: string, words: Int32Array): boolean {
  return id.length >= 30 && readIdWords(id, id.length - 26, words);
}

/** decodeIdWords() for an id whose 26 characters begin at `at` of a longer text. */
export function readIdWords(id: string, at: number, words: Int32Array): boolean {
  for (let i = 0; i < 4; i++) parts[i] = sixDigits(id, at + i * 6);
  parts[4] = (digitAt(id, at + 24) << 5) | digitAt(id, at + 25);
  return joinParts(words);
}

/** readIdWords() from ASCII bytes. */
export function readIdBytes(bytes: Uint8Array, at: number, words: Int32Array): boolean {
  for (let i = 0; i < 4; i++) {
    let six = 0;
    for (let j = at + i * 6; j < at + i * 6 + 6; j++) six = (six << 5) | byteDigit(bytes[j] as number);
    parts[i] = six;
  }
  parts[4] = (byteDigit(bytes[at + 24] as number) << 5) | byteDigit(bytes[at + 25] as number);
  return joinParts(words);
}

/** Four times six digits, then two: 26 characters carry 130 bits, of which the first two must be zero. Anything that is no digit made its part negative. */
const parts = new Int32Array(5);

function joinParts(words: Int32Array): boolean {
  const a = parts[0] as number;
  const b = parts[1] as number;
  const c = parts[2] as number;
  const d = parts[3] as number;
  const e = parts[4] as number;
  words[0] = (a << 4) | (b >>> 26);
  words[1] = (b << 6) | (c >>> 24);
  words[2] = (c << 8) | (d >>> 22);
  words[3] = (d << 10) | e;
  return (a | b | c | d | e) >= 0 && a < 2 ** 28;
}

/** Six characters as 30 bits; negative when one of them is no digit. */
function sixDigits(id: string, at: number): number {
  const high = (digitAt(id, at) << 25) | (digitAt(id, at + 1) << 20) | (digitAt(id, at + 2) << 15);
  const low = (digitAt(id, at + 3) << 10) | (digitAt(id, at + 4) << 5) | digitAt(id, at + 5);
  return high | low;
}

function digitAt(id: string, at: number): number {
  return byteDigit(id.charCodeAt(at));
}

function byteDigit(code: number): number {
  return code < 128 ? (DIGIT[code] as number) : NO_DIGIT;
}

/** 128 bits as four int32 words, most significant first. */
export interface IdWords {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
}

/** The time part of an id in ms, from its first two words. */
export function timeOfWords(w0: number, w1: number): number {
  return (w0 >>> 0) * 2 ** 16 + (w1 >>> 16);
}

/** The time part of an id in ms, or null when it is not an id. */
export function idTime(id: string): number | null {
  if (!decodeIdWords(id, scratch)) return null;
  return timeOfWords(scratch[0] as number, scratch[1] as number);
}
const scratch = new Int32Array(4);

/** An id from a time and 80 bits given by the caller. */
export function makeId(prefix: IdPrefix, atMs: number, tail: Uint8Array): string {
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 6; i++) bytes[5 - i] = Math.floor(atMs / 2 ** (8 * i)) % 256;
  bytes.set(tail.subarray(0, 10), 6);
  return encodeId(prefix, bytes);
}

/** Deterministic id for bots and workers: 48 bits of the input's time and 80 bits of a hash of `name`. */
export function deriveId(prefix: IdPrefix, atMs: number, name: string): string {
  hash80(name, derived);
  return makeId(prefix, atMs, derived);
}
const derived = new Uint8Array(12);

/**
 * cyrb128 (public domain) over UTF-16 units, first 80 bits: even enough for ids within one millisecond and twenty times as fast as
 * SHA-256. Not for secrets: who makes a derived id must not be who could gain from a collision.
 */
function hash80(text: string, out: Uint8Array): void {
  let h1 = 1779033703;
  let h2 = 3144134277;
  let h3 = 1013904242;
  let h4 = 2773480762;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    h1 = h2 ^ Math.imul(h1 ^ code, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ code, 2869860233);
    h3 = h4 ^ Math.imul(h3 ^ code, 951274213);
    h4 = h1 ^ Math.imul(h4 ^ code, 2716044179);
  }
  const a = Math.imul(h3 ^ (h1 >>> 18), 597399067);
  const b = Math.imul(h4 ^ (h2 >>> 22), 2869860233);
  const c = Math.imul(h1 ^ (h3 >>> 17), 951274213);
  const d = Math.imul(h2 ^ (h4 >>> 19), 2716044179);
  putWord(out, 0, a ^ b ^ c ^ d);
  putWord(out, 4, b ^ a);
  putWord(out, 8, c ^ a);
}

function putWord(out: Uint8Array, at: number, word: number): void {
  out[at] = word >>> 24;
  out[at + 1] = word >>> 16;
  out[at + 2] = word >>> 8;
  out[at + 3] = word;
}
