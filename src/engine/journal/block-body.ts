// A block's body: commands, contexts, events and command keys, framed once; these bytes are what is hashed.
// Stored: u8 version, u8 packing (0 plain, 1 zstd), u32 length of the plain frame, the frame. Plain frame: 4 x u32 lengths (big endian), then
// the sections: commands and events as lines of canonical JSON, the context as one JSON object with one quote table, keys of 40 bytes.
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import type { Quote } from '#core/catalog/quote.ts';
import { assert } from '#core/base/assert.ts';
import type { CommandKey } from '../keys/command-key.ts';

const VERSION = 1;
const ENVELOPE_BYTES = 6;
const HEADER_BYTES = 16;
const PLAIN = 0;
const ZSTD = 1;
/** Frames from this size on are packed: the hash, the socket, the log and the disk then carry a fifth. */
const PACK_BYTES = 4_096;
/** Up to this size packing takes less time than the way to the thread pool and back, 60 to 120 us against 160 to 240. */
const PACK_ASIDE_BYTES = 32_768;
const PACKING = { [constants.ZSTD_c_compressionLevel]: -1 };
/** Output chunks of a quarter of the frame: a packed frame comes in one piece instead of in ten trips to the thread pool. */
const CHUNK_SHARE = 4;
const LINE_FEED = 10;
export const KEY_BYTES = 40;

export interface BlockContext {
  readonly now: number;
  readonly engineVersion: string;
  readonly quotes: readonly Quote[];
  /** Per command: indexes into `quotes`. */
  readonly uses: readonly (readonly number[])[];
  /** What was loaded for single commands, by their index. Only where something was. */
  readonly loaded?: Readonly<Record<number, unknown>>;
}

export interface KeyRecord {
  readonly key: CommandKey;
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

/** A body as it is stored and hashed. What `parts` holds is read before this returns. */
export function encodeBody(parts: BodyParts): Promise<Uint8Array> {
  const length = writeFrame(parts);
  if (length < PACK_BYTES) return Promise.resolve(sealed(sheet.subarray(0, length), { packing: PLAIN, length }));
  if (length < PACK_ASIDE_BYTES) {
    const packed = zstdCompressSync(sheet.subarray(0, length), packing(length));
    return Promise.resolve(sealed(packed, { packing: ZSTD, length }));
  }
  const frame = takeSpare(length);
  sheet.copy(frame, 0, 0, length);
  return pack(frame.subarray(0, length)).finally(() => frame.length <= SPARE_BYTES_MAX && spares.push(frame));
}

function packing(length: number): { params: typeof PACKING; chunkSize: number } {
  return { params: PACKING, chunkSize: Math.ceil(length / CHUNK_SHARE) };
}

async function pack(frame: Buffer): Promise<Uint8Array> {
  const packed = await compress(frame, packing(frame.length));
  return sealed(packed, { packing: ZSTD, length: frame.length });
}

function sealed(packed: Buffer, of: { packing: number; length: number }): Uint8Array {
  const body = Buffer.allocUnsafeSlow(ENVELOPE_BYTES + packed.length);
  body.writeUInt8(VERSION, 0);
  body.writeUInt8(of.packing, 1);
  body.writeUInt32BE(of.length, 2);
  packed.copy(body, ENVELOPE_BYTES);
  return body;
}

/** Frames being packed, to be used again: memory outside the heap brings on the collector as well. */
const spares: Buffer[] = [];
const SPARE_BYTES_MAX = 16 * 1024 * 1024;

function takeSpare(length: number): Buffer {
  const spare = spares.pop();
  return spare && spare.length >= length ? spare : Buffer.allocUnsafeSlow(Math.max(length, 1 << 20));
}

/** Writes the sections to the sheet as one plain frame; returns its length. */
function writeFrame(parts: BodyParts): number {
  const { engineVersion, loaded, now, quotes, uses } = parts.context;
  const context = JSON.stringify({ engineVersion, loaded, now, quotes, uses });
  const ends = [writeLines(HEADER_BYTES, parts.commands)];
  ends.push(writeLines(ends[0] as number, [context]));
  ends.push(writeLines(ends[1] as number, parts.events));
  ends.push(writeKeys(ends[2] as number, parts.keys));
  ends.forEach((end, i) => sheet.writeUInt32BE(end - (ends[i - 1] ?? HEADER_BYTES), i * 4));
  return ends[3] as number;
}

/** Where frames are written before they are copied or packed: measuring every line before writing it would cost as much again as writing. */
let sheet = Buffer.allocUnsafeSlow(1 << 20);

function makeRoom(at: number, bytes: number): void {
  if (at + bytes <= sheet.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(sheet.length * 2, at + bytes));
  sheet.copy(larger, 0, 0, at);
  sheet = larger;
}

/** Lines are joined this many at a time: a call for each line costs two to three times as much, a join of all makes strings too large for the young generation. */
const LINES_PER_WRITE = 64;

/** Writes lines and the line feeds between them; returns the end. */
function writeLines(from: number, lines: readonly string[]): number {
  let at = from;
  for (let i = 0; i < lines.length; i += LINES_PER_WRITE) {
    const text = lines.slice(i, i + LINES_PER_WRITE).join('\n');
    makeRoom(at, text.length * 3 + 1); // a UTF-16 unit takes three bytes at most
    if (i > 0) sheet[at++] = LINE_FEED;
    at += sheet.write(text, at);
  }
  return at;
}

function writeKeys(from: number, keys: readonly KeyRecord[]): number {
  makeRoom(from, keys.length * KEY_BYTES);
  const view = new DataView(sheet.buffer, sheet.byteOffset);
  let at = from;
  for (const { key, refused, seqOffset } of keys) {
    key.write(view, at);
    view.setUint32(at + 32, seqOffset);
    view.setUint32(at + 36, refused ? 1 : 0);
    at += KEY_BYTES;
  }
  return at;
}

const compress = promisify(zstdCompress) as (frame: Buffer, options: ReturnType<typeof packing>) => Promise<Buffer>;

function unpackFrame(body: Uint8Array): Buffer {
  const { frame, length, packed } = readEnvelope(body);
  return checked(frame ?? zstdDecompressSync(packed, unpacking(length)), length);
}

async function unpackAside(body: Uint8Array): Promise<Buffer> {
  const { frame, length, packed } = readEnvelope(body);
  if (frame || length < PACK_ASIDE_BYTES) return checked(frame ?? zstdDecompressSync(packed, unpacking(length)), length);
  return checked(await decompress(packed, unpacking(length)), length);
}

const decompress = promisify(zstdDecompress) as (packed: Buffer, options: ReturnType<typeof unpacking>) => Promise<Buffer>;

function readEnvelope(body: Uint8Array): { frame: Buffer | null; packed: Buffer; length: number } {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  assert(buffer.length >= ENVELOPE_BYTES && buffer.readUInt8(0) === VERSION, 'unknown block format');
  const packed = buffer.subarray(ENVELOPE_BYTES);
  return { frame: buffer.readUInt8(1) === PLAIN ? packed : null, packed, length: buffer.readUInt32BE(2) };
}

/** The stated length sizes the output once, and bounds what a tampered block can make us allocate. */
function unpacking(length: number): { chunkSize: number; maxOutputLength: number } {
  return { chunkSize: Math.max(64, length), maxOutputLength: Math.max(1, length) };
}

function checked(frame: Buffer, length: number): Buffer {
  assert(frame.length === length, 'block frame has a wrong length');
  return frame;
}

export class BlockBody {
  readonly #sections: Buffer[];

  /** The body unpacked in the thread pool, for whoever has other work meanwhile. */
  static async open(body: Uint8Array): Promise<BlockBody> {
    return new BlockBody(body, await unpackAside(body));
  }

  constructor(body: Uint8Array, buffer = unpackFrame(body)) {
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

  /** The event lines as bytes. */
  events(): Buffer {
    return this.#section(2);
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

function lines(section: Buffer): string[] {
  const text = section.toString('utf8');
  return text === '' ? [] : text.split('\n');
}
