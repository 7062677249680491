// A bzip2 file block by block: a first pass finds the blocks and proves their checksums, so a broken archive is refused before its first line
// is used; the second unpacks one block at a time. Memory is one block (900 kB of data at most before runs are laid out), whatever the file's size.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { RecordingError } from '#ports/recording.ts';
import { type ByteSource, bzip2, GrowingSink } from './unpack.ts';

/** A block may grow by runs: 4 bytes that say up to 259. */
const BLOCK_BYTES_MAX = 64 * 1024 * 1024;
const READ_BYTES = 64 * 1024;

/** Unpacked blocks of a file; throws RecordingError when it is broken. */
export function* unpackBlocks(path: string): Generator<Uint8Array> {
  const source = new FileBytes(path);
  try {
    for (const place of placesOf(source, path)) {
      source.seek(0);
      const sink = new GrowingSink(BLOCK_BYTES_MAX);
      bzip2.decodeBlock(source, place, sink);
      yield sink.bytes;
    }
  } finally {
    source.close();
  }
}

function placesOf(source: FileBytes, path: string): number[] {
  const places: number[] = [];
  try {
    bzip2.table(source, (bits) => places.push(bits), true);
  } catch (error) {
    throw new RecordingError(`${path} cannot be unpacked: ${(error as Error).message}`);
  }
  return places;
}

/** Single bytes of a file through a small buffer. */
class FileBytes implements ByteSource {
  readonly #file: number;
  readonly #size: number;
  readonly #buffer = Buffer.alloc(READ_BYTES);
  #bufferedAt = 0;
  #buffered = 0;
  #position = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
    this.#size = fstatSync(this.#file).size;
  }

  readByte(): number | undefined {
    let at = this.#position - this.#bufferedAt;
    if (at < 0 || at >= this.#buffered) {
      this.#buffered = readSync(this.#file, this.#buffer, 0, READ_BYTES, this.#position);
      this.#bufferedAt = this.#position;
      at = 0;
    }
    this.#position++;
    return at < this.#buffered ? this.#buffer[at] : undefined;
  }

  read(into: Uint8Array, offset: number, length: number): number {
    for (let i = 0; i < length; i++) {
      const byte = this.readByte();
      if (byte === undefined) return i;
      into[offset + i] = byte;
    }
    return length;
  }

  seek(position: number): void {
    this.#position = position;
  }

  eof(): boolean {
    return this.#position >= this.#size;
  }

  close(): void {
    closeSync(this.#file);
  }
}
