// A block's body: commands, contexts, events and command keys, framed once; these bytes are what is hashed.
// Layout: u8 version, 4 x u32 lengths (big endian), then the sections. Commands and events are lines of canonical JSON;
// the context is one JSON object with one quote table; keys are 40 bytes each.
import { createHash, webcrypto } from 'node:crypto';
import type { Quote } from '#core/catalog/quote.ts';
import { decodeIdWords } from '#core/base/ids.ts';
import { assert } from '#core/base/assert.ts';

const VERSION = 1;
const HEADER_BYTES = 17;
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

export function encodeBody(parts: BodyParts): Uint8Array {
  const { engineVersion, now, quotes, uses } = parts.context;
  const context = JSON.stringify({ engineVersion, now, quotes, uses });
  const sizes = [sizeOf(parts.commands), Buffer.byteLength(context), sizeOf(parts.events), parts.keys.length * KEY_BYTES];
  const body = Buffer.allocUnsafeSlow(HEADER_BYTES + sizes.reduce((sum, size) => sum + size, 0));
  body.writeUInt8(VERSION, 0);
  sizes.forEach((size, i) => body.writeUInt32BE(size, 1 + i * 4));
  let at = writeLines(body, HEADER_BYTES, parts.commands);
  at += body.write(context, at);
  at = writeLines(body, at, parts.events);
  writeKeys(body, at, parts.keys);
  return body;
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
    const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    assert(buffer.length >= HEADER_BYTES && buffer.readUInt8(0) === VERSION, 'unknown block format');
    let at = HEADER_BYTES;
    this.#sections = [0, 1, 2, 3].map((i) => {
      const length = buffer.readUInt32BE(1 + i * 4);
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

  /** All events in one JSON.parse: twice as fast as line by line. */
  events(): unknown[] {
    const text = this.#section(2).toString('utf8');
    return text === '' ? [] : (JSON.parse(`[${text.replaceAll('\n', ',')}]`) as unknown[]);
  }

  /** Calls `visit` with each key's 16 id bytes, 16 payload hash bytes, event offset and whether it was refused. */
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

/** Bodies from this size on are hashed in the thread pool, bytes: below it the detour costs more than it saves. */
const OFFLOAD_BYTES = 65_536;

/** hashBlock for the writer: keeps its thread free while a large body is hashed. */
export async function hashLargeBlock(prevHash: string, body: Uint8Array): Promise<string> {
  if (body.length < OFFLOAD_BYTES) return hashBlock(prevHash, body);
  const digest = await webcrypto.subtle.digest('SHA-256', Buffer.concat([Buffer.from(prevHash, 'hex'), body]));
  return Buffer.from(digest).toString('hex');
}

const words = new Uint32Array(4);

function writeKeys(body: Buffer, from: number, keys: readonly KeyRecord[]): void {
  let at = from;
  for (const key of keys) {
    assert(decodeIdWords(key.commandId, words), `not an id: ${key.commandId}`);
    for (let i = 0; i < 4; i++) body.writeUInt32BE(words[i] as number, at + i * 4);
    body.write(key.payloadHash, at + 16, 16, 'hex');
    body.writeUInt32BE(key.seqOffset, at + 32);
    body.writeUInt32BE(key.refused ? 1 : 0, at + 36);
    at += KEY_BYTES;
  }
}

function lines(section: Buffer): string[] {
  const text = section.toString('utf8');
  return text === '' ? [] : text.split('\n');
}
