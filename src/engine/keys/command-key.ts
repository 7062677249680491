// A command's id and the hash of what it asks for, read from text once: the writer compares, orders and stores both as machine words.
import { assert } from '#core/base/assert.ts';
import { encodeId, type IdWords, readIdWords, timeOfWords } from '#core/base/ids.ts';

/** Bytes of a key in a block: 16 of the id, 16 of the payload hash. */
const ID_BYTES = 16;
const PREFIX = 'cmd_'.length;
const words = new Int32Array(4);

export class CommandKey implements IdWords {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  /** The payload hash, as four int32. */
  readonly h0: number;
  readonly h1: number;
  readonly h2: number;
  readonly h3: number;

  // oxlint-disable-next-line max-params -- made for every command: an object for the four words would cost more than it tells
  private constructor(id: Int32Array, h0: number, h1: number, h2: number, h3: number) {
    this.w0 = id[0] as number;
    this.w1 = id[1] as number;
    this.w2 = id[2] as number;
    this.w3 = id[3] as number;
    this.h0 = h0;
    this.h1 = h1;
    this.h2 = h2;
    this.h3 = h3;
  }

  /** Of a checked command id and payload hash (32 lower-case hex digits). */
  static of(commandId: string, payloadHash: string): CommandKey {
    const key = CommandKey.within(commandId, 0, payloadHash, 0);
    assert(key, () => `not an id: ${commandId}`);
    return key;
  }

  /** Of an id and a hash at their places in a longer text: a slice of it would take two to three times as long to read. Null when the id is none. */
  static within(text: string, idAt: number, hashText: string, hashAt: number): CommandKey | null {
    if (!readIdWords(text, idAt + PREFIX, words)) return null;
    const h = (n: number): number => hexWord(hashText, hashAt + n * 8);
    return new CommandKey(words, h(0), h(1), h(2), h(3));
  }

  /** Of the bytes that write() wrote. */
  static read(bytes: Buffer, at: number): CommandKey {
    for (let i = 0; i < 4; i++) words[i] = bytes.readInt32BE(at + i * 4);
    const h = (n: number): number => bytes.readInt32BE(at + ID_BYTES + n * 4);
    return new CommandKey(words, h(0), h(1), h(2), h(3));
  }

  /** The time in the id, ms. */
  get madeAt(): number {
    return timeOfWords(this.w0, this.w1);
  }

  get commandId(): string {
    const bytes = new Uint8Array(2 * ID_BYTES);
    this.write(new DataView(bytes.buffer), 0);
    return encodeId('cmd', bytes.subarray(0, ID_BYTES));
  }

  /** Writes 32 bytes: id, payload hash. A DataView: the engine makes one instruction of each call, of a Buffer's method it does not. */
  write(bytes: DataView, at: number): void {
    bytes.setInt32(at, this.w0);
    bytes.setInt32(at + 4, this.w1);
    bytes.setInt32(at + 8, this.w2);
    bytes.setInt32(at + 12, this.w3);
    bytes.setInt32(at + 16, this.h0);
    bytes.setInt32(at + 20, this.h1);
    bytes.setInt32(at + 24, this.h2);
    bytes.setInt32(at + 28, this.h3);
  }
}

/** Eight hex digits as an int32. */
function hexWord(hex: string, from: number): number {
  let value = 0;
  for (let i = from; i < from + 8; i++) {
    const code = hex.charCodeAt(i);
    value = (value << 4) | (code < 58 ? code - 48 : code - 87);
  }
  return value;
}
