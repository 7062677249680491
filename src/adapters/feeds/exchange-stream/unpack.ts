// A recording's bytes, whatever it is packed in: plain, gzip or bzip2, told apart by the first bytes and never by the name.
// A broken archive is refused whole; nothing larger than the limit is unpacked.
import { createRequire } from 'node:module';
import { gunzipSync } from 'node:zlib';
import { RecordingError } from '#ports/recording.ts';

/** The library speaks of single bytes and throws on any fault of a block's or the stream's checksum. It has no types of its own. */
interface ByteSource {
  readByte(): number | undefined;
  /** Gives back how many bytes there were. */
  read(into: Uint8Array, offset: number, length: number): number;
  seek(position: number): void;
  eof(): boolean;
}
interface ByteSink {
  writeByte(byte: number): void;
}
interface Bzip2 {
  decode(input: ByteSource | Uint8Array, output: ByteSink, multistream: boolean): unknown;
  /** Tells the place, in bits, and the unpacked size of every block. */
  table(input: ByteSource, block: (bits: number, size: number) => void, multistream: boolean): void;
  decodeBlock(input: ByteSource, bits: number, output: ByteSink): unknown;
}
export const bzip2 = createRequire(import.meta.url)('seek-bzip') as Bzip2;
export type { ByteSink, ByteSource };

export type Packing = 'plain' | 'gzip' | 'bzip2';

/** Unpacked size of a recording that is held in memory at once. */
export const UNPACKED_BYTES_MAX = 1024 * 1024 * 1024;

export function packingOf(head: Uint8Array): Packing {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  return head[0] === 0x42 && head[1] === 0x5a && head[2] === 0x68 ? 'bzip2' : 'plain';
}

/** Unpacks a whole recording; throws RecordingError when it is broken or too large. */
export function unpack(bytes: Uint8Array, name: string, bytesMax: number = UNPACKED_BYTES_MAX): Uint8Array {
  const packing = packingOf(bytes);
  if (packing === 'plain') return bytes;
  try {
    if (packing === 'gzip') return gunzipSync(bytes, { maxOutputLength: bytesMax });
    const sink = new GrowingSink(bytesMax);
    bzip2.decode(bytes, sink, true);
    return sink.bytes;
  } catch (error) {
    throw new RecordingError(`${name} cannot be unpacked: ${(error as Error).message}`);
  }
}

const FIRST_BYTES = 64 * 1024;

/** Collects bytes in a buffer that doubles up to a limit. */
export class GrowingSink implements ByteSink {
  #buffer: Uint8Array;
  #used = 0;
  readonly #bytesMax: number;

  constructor(bytesMax: number) {
    this.#buffer = new Uint8Array(Math.min(FIRST_BYTES, bytesMax));
    this.#bytesMax = bytesMax;
  }

  writeByte(byte: number): void {
    if (this.#used === this.#buffer.length) this.#grow();
    this.#buffer[this.#used++] = byte;
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#used);
  }

  #grow(): void {
    if (this.#used >= this.#bytesMax) throw new Error(`more than ${this.#bytesMax} bytes`);
    const larger = new Uint8Array(Math.min(this.#used * 2, this.#bytesMax));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}
