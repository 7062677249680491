// The lines of a recording of the exchange stream, from a file of any size with bounded memory, or from bytes in memory. Each line comes with
// its number, so that a fault can be told as file:line.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Delta } from '#core/exchange-simulation/stream/delta.ts';
import { readStreamMessage, type StreamMessage } from '#core/exchange-simulation/stream/wire.ts';
import { RecordingError } from '#ports/recording.ts';
import { unpackBlocks } from './bzip2-blocks.ts';
import { packingOf } from './unpack.ts';

export interface RecordedLine {
  readonly number: number;
  readonly text: string;
}

/** Longest line taken, characters: an image of a thousand markets is a few MB. */
export const LINE_CHARS_MAX = 64 * 1024 * 1024;
const HEAD_BYTES = 4;

/** What a line of a recording says: a delta read the fast way, or any message read thoroughly. */
export interface RecordedMessage {
  readonly number: number;
  /** A delta is valid until the next line is asked for. */
  readonly message: StreamMessage | Delta;
}

/** Messages of bytes that are unpacked already. Empty lines are skipped but counted. */
export function* messagesOf(bytes: Uint8Array): Generator<RecordedMessage> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const delta = new Delta();
  let from = 0;
  for (let number = 1; from < buffer.length; number++) {
    let to = buffer.indexOf(10, from);
    if (to < 0) to = buffer.length;
    const end = to > from && buffer[to - 1] === 13 ? to - 1 : to;
    if (end > from) {
      const message = delta.read(buffer, from, end) ? delta : readStreamMessage(buffer.toString('utf8', from, end));
      yield { number, message };
    }
    from = to + 1;
  }
}

/** Lines of a file, read as they are asked for. Throws RecordingError when the file is broken. */
export async function* readLines(path: string, charsMax: number = LINE_CHARS_MAX): AsyncGenerator<RecordedLine> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let number = 0;
  for await (const chunk of chunksOf(path)) {
    const parts = (rest + decode(decoder, chunk, path, number)).split('\n');
    rest = parts.pop() as string;
    for (const part of parts) {
      checkLength(part, charsMax, `${path}:${++number}`);
      const text = part.endsWith('\r') ? part.slice(0, -1) : part;
      if (text !== '') yield { number, text };
    }
    checkLength(rest, charsMax, `${path}:${number + 1}`);
  }
  if (rest !== '') yield { number: number + 1, text: rest };
}

function checkLength(line: string, charsMax: number, where: string): void {
  if (line.length > charsMax) throw new RecordingError(`${where}: the line is longer than ${charsMax} characters`);
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk: Uint8Array, path: string, number: number): string {
  try {
    return decoder.decode(chunk, { stream: true });
  } catch {
    throw new RecordingError(`${path}:${number + 1}: from here on the file is no text`);
  }
}

async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  const packing = packingOf(await headOf(path));
  if (packing === 'bzip2') {
    yield* unpackBlocks(path);
    return;
  }
  const source = createReadStream(path);
  if (packing === 'plain') {
    yield* source;
    return;
  }
  const gunzip: Transform = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  try {
    yield* source.pipe(gunzip);
  } catch (error) {
    throw new RecordingError(`${path} cannot be unpacked: ${(error as Error).message}`);
  } finally {
    source.destroy();
  }
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path).catch((error: unknown) => {
    throw new RecordingError(`${path} cannot be opened: ${(error as Error).message}`);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
