// A block's body: commands, contexts, events and command keys, framed once; these bytes are what is hashed.
// Layout: u8 version, 4 x u32 lengths (big endian), then the sections. Commands and events are lines of canonical JSON;
// the context is one JSON object with one quote table; keys are 40 bytes each.
import { createHash } from 'node:crypto';
import type { Quote } from '#core/catalog/quote.ts';
import { decodeIdWords } from '#core/base/ids.ts';
import { assert } from '#core/base/assert.ts';

const VERSION = 1;
const HEADER_BYTES = 17;
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
  const commands = Buffer.from(parts.commands.join('\n'));
  const { engineVersion, now, quotes, uses } = parts.context;
  const context = Buffer.from(JSON.stringify({ engineVersion, now, quotes, uses }));
  const events = Buffer.from(parts.events.join('\n'));
  const keys = encodeKeys(parts.keys);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(VERSION, 0);
  [commands, context, events, keys].forEach((section, i) => header.writeUInt32BE(section.length, 1 + i * 4));
  return Buffer.concat([header, commands, context, events, keys]);
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

const words = new Uint32Array(4);

function encodeKeys(keys: readonly KeyRecord[]): Buffer {
  const buffer = Buffer.allocUnsafe(keys.length * KEY_BYTES);
  let at = 0;
  for (const key of keys) {
    assert(decodeIdWords(key.commandId, words), `not an id: ${key.commandId}`);
    for (let i = 0; i < 4; i++) buffer.writeUInt32BE(words[i] as number, at + i * 4);
    buffer.write(key.payloadHash, at + 16, 16, 'hex');
    buffer.writeUInt32BE(key.seqOffset, at + 32);
    buffer.writeUInt32BE(key.refused ? 1 : 0, at + 36);
    at += KEY_BYTES;
  }
  return buffer;
}

function lines(section: Buffer): string[] {
  const text = section.toString('utf8');
  return text === '' ? [] : text.split('\n');
}
