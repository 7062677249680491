// A block's body: commands, contexts, events and command keys, framed once; these bytes are what is hashed.
// Stored: u8 version, u8 packing (0 plain, 1 zstd), u32 length of the plain frame, the frame. Plain frame: 4 x u32 lengths (big endian), then
// the sections: commands and events as lines of canonical JSON, the context as one JSON object with one quote table, keys of 40 bytes.
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompressSync } from 'node:zlib';
import type { Quote } from '#core/catalog/quote.ts';
import { decodeIdWords } from '#core/base/ids.ts';
import { assert } from '#core/base/assert.ts';

const VERSION = 1;
const ENVELOPE_BYTES = 6;
const HEADER_BYTES = 16;
const PLAIN = 0;
const ZSTD = 1;
/** Frames from this size on are packed, in the thread pool: the hash, the socket, the log and the disk then carry a fifth. */
const PACK_BYTES = 16_384;
const PACKING = { params: { [constants.ZSTD_c_compressionLevel]: -1 } };
const LINE_FEED = 10;
export const KEY_BYTES = 40;

export interface BlockContext {
  readonly now: number;
  readonly engineVersion: string;
  readonly quotes: readonly Quote[];
  /** Per command: indexes into `quotes`. */
  readonly uses: readonly (readonly number[])[];
}

export interface KeyRecord {
  readonly commandId: string;
  readonly payloadHash: string;
  /** Place of the command's last event, counted from the block's first. */
  readonly seqOffset: number;
  readonly refused: boolean;
}

export interface BodyParts {
  readonly commands: readonly string[];
  readonly context: BlockContext;
  readonly events: readonly string[];
  readonly keys: readonly KeyRecord[];
}

/** The sections as one plain frame. */
export function encodeFrame(parts: BodyParts): Buffer {
  const { engineVersion, now, quotes, uses } = parts.context;
  const context = JSON.stringify({ engineVersion, now, quotes, uses });
  const sizes = [sizeOf(parts.commands), Buffer.byteLength(context), sizeOf(parts.events), parts.keys.length * KEY_BYTES];
  const body = Buffer.allocUnsafeSlow(HEADER_BYTES + sizes.reduce((sum, size) => sum + size, 0));
  sizes.forEach((size, i) => body.writeUInt32BE(size, i * 4));
  let at = writeLines(body, HEADER_BYTES, parts.commands);
  at += body.write(context, at);
  at = writeLines(body, at, parts.events);
  writeKeys(body, at, parts.keys);
  return body;
}

/** A frame as it is stored and hashed. */
export async function packFrame(frame: Buffer): Promise<Uint8Array> {
  const packed = frame.length < PACK_BYTES ? frame : await compress(frame, PACKING);
  const body = Buffer.allocUnsafeSlow(ENVELOPE_BYTES + packed.length);
  body.writeUInt8(VERSION, 0);
  body.writeUInt8(packed === frame ? PLAIN : ZSTD, 1);
  body.writeUInt32BE(frame.length, 2);
  packed.copy(body, ENVELOPE_BYTES);
  return body;
}

const compress = promisify(zstdCompress) as (frame: Buffer, options: typeof PACKING) => Promise<Buffer>;

function unpackFrame(body: Uint8Array): Buffer {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  assert(buffer.length >= ENVELOPE_BYTES && buffer.readUInt8(0) === VERSION, 'unknown block format');
  const length = buffer.readUInt32BE(2);
  const packed = buffer.subarray(ENVELOPE_BYTES);
  // The stated length sizes the output once, and bounds what a tampered block can make us allocate.
  const frame =
    buffer.readUInt8(1) === PLAIN
      ? packed
      : zstdDecompressSync(packed, { chunkSize: Math.max(64, length), maxOutputLength: Math.max(1, length) });
  assert(frame.length === length, 'block frame has a wrong length');
  return frame;
}

/** Bytes of the lines and of the line feeds between them. */
function sizeOf(lines: readonly string[]): number {
  let size = Math.max(0, lines.length - 1);
  for (const line of lines) size += Buffer.byteLength(line);
  return size;
}

/** Written line by line into the one buffer: joining first would copy everything twice more. */
function writeLines(body: Buffer, from: number, lines: readonly string[]): number {
  let at = from;
  for (let i = 0; i < lines.length; i++) {
    if (i > 0) body[at++] = LINE_FEED;
    at += body.write(lines[i] as string, at);
  }
  return at;
}

export class BlockBody {
  readonly #sections: Buffer[];

  constructor(body: Uint8Array) {
    const buffer = unpackFrame(body);
    assert(buffer.length >= HEADER_BYTES, 'block frame is too short');
    let at = HEADER_BYTES;
    this.#sections = [0, 1, 2, 3].map((i) => {
      const length = buffer.readUInt32BE(i * 4);
      const section = buffer.subarray(at, at + length);
      at += length;
      return section;
    });
    assert(at === buffer.length, 'block body has a wrong length');
  }

  commandLines(): string[] {
    return lines(this.#section(0));
  }

  context(): BlockContext {
    return JSON.parse(this.#section(1).toString('utf8')) as BlockContext;
  }

  eventLines(): string[] {
    return lines(this.#section(2));
  }

  /** The keys, KEY_BYTES each: 16 id bytes, 16 payload hash bytes, u32 event offset, u32 1 when refused. */
  keys(): Buffer {
    return this.#section(3);
  }

  #section(i: number): Buffer {
    return this.#sections[i] as Buffer;
  }
}

export function hashBlock(prevHash: string, body: Uint8Array): string {
  return createHash('sha256').update(Buffer.from(prevHash, 'hex')).update(body).digest('hex');
}

const words = new Uint32Array(4);

function writeKeys(body: Buffer, from: number, keys: readonly KeyRecord[]): void {
  let at = from;
  for (const key of keys) {
    assert(decodeIdWords(key.commandId, words), `not an id: ${key.commandId}`);
    for (let i = 0; i < 4; i++) body.writeUInt32BE(words[i] as number, at + i * 4);
    writeHex(body, at + 16, key.payloadHash);
    body.writeUInt32BE(key.seqOffset, at + 32);
    body.writeUInt32BE(key.refused ? 1 : 0, at + 36);
    at += KEY_BYTES;
  }
}

/** 32 lower-case hex digits as 16 bytes. */
function writeHex(body: Buffer, from: number, hex: string): void {
  for (let i = 0; i < 16; i++) body[from + i] = (nibble(hex.charCodeAt(i * 2)) << 4) | nibble(hex.charCodeAt(i * 2 + 1));
}

function nibble(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}

function lines(section: Buffer): string[] {
  const text = section.toString('utf8');
  return text === '' ? [] : text.split('\n');
}
