import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { RecordingError } from '#ports/recording.ts';
import { messagesOf, readLines } from './recording-lines.ts';
import { unpack } from './unpack.ts';

const TEXT = '{"op":"mcm","pt":1,"mc":[]}\n{"op":"connection"}\r\n\nthird';
/** The text above, packed by another program: once, and as two streams that follow each other. */
const PACKED =
  'QlpoOTFBWSZTWXUj0nwAABpbgAASEAQgEAAKDmPUCiAAVEINAaaMmCVT9U9NRpp6QxqJSeYNRbpSb5iHQK9hvp57MxwS6mlBhN7h5O9oF3JFOFCQdSPSfA==';
const IN_TWO =
  'QlpoOTFBWSZTWQ5EBhYAAAmZgBAEIBAIAsQIIAAxADAaAyaauLIKyguoOXPi7kinChIByIDCwEJaaDkxQVkmU1me+/q4AAAK24AAEhAAABAACg5j1AogACImmQaGmT1CmTEyDIwzBRm4jJI0I/rgpkKYdkSVMW+LuSKcKEhPff1cAA==';
const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));
const plain = new TextEncoder().encode(TEXT);

function fileWith(t: TestContext, bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'recording-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'any-name');
  writeFileSync(path, bytes);
  return path;
}

async function linesIn(path: string, charsMax?: number): Promise<[number, string][]> {
  const lines: [number, string][] = [];
  for await (const { number, text } of readLines(path, charsMax)) lines.push([number, text]);
  return lines;
}

const LINES: [number, string][] = [
  [1, '{"op":"mcm","pt":1,"mc":[]}'],
  [2, '{"op":"connection"}'],
  [4, 'third'],
];

test('readLines() gives the same numbered lines however the file is packed', async (t) => {
  for (const bytes of [plain, gzipSync(TEXT), bytesOf(PACKED), bytesOf(IN_TWO)])
    assert.deepEqual(await linesIn(fileWith(t, bytes)), LINES);
});

test('unpack() gives the same bytes however they are packed', () => {
  for (const bytes of [plain, gzipSync(TEXT), bytesOf(PACKED), bytesOf(IN_TWO)])
    assert.equal(new TextDecoder().decode(unpack(bytes, 'x')), TEXT);
});

test('a broken archive is refused by name, cut or changed anywhere', async (t) => {
  const packed = bytesOf(PACKED);
  for (const at of [5, 20, 60, packed.length - 5]) {
    const changed = Uint8Array.from(packed);
    changed[at] = (changed[at] as number) ^ 0x10;
    assert.throws(
      () => unpack(changed, 'some.bz2'),
      (error: Error) => error instanceof RecordingError && error.message.startsWith('some.bz2 cannot'),
      `changed ${at}`,
    );
  }
  for (const length of [8, 40, packed.length - 12]) {
    assert.throws(() => unpack(packed.subarray(0, length), 'x'), RecordingError, `cut ${length}`);
    await assert.rejects(linesIn(fileWith(t, packed.subarray(0, length))), RecordingError, `cut ${length}`);
  }
  const zipped = gzipSync(TEXT);
  assert.throws(() => unpack(zipped.subarray(0, 20), 'x'), RecordingError);
  await assert.rejects(linesIn(fileWith(t, zipped.subarray(0, 20))), RecordingError);
  await assert.rejects(linesIn('/no/such/file'), /cannot be opened/);
});

test('what would grow too large is refused: archives, lines, and bytes that are no text', async (t) => {
  const bomb = gzipSync(new Uint8Array(1_000_000));
  assert.throws(() => unpack(bomb, 'x', 10_000), RecordingError);
  assert.throws(() => unpack(bytesOf(PACKED), 'x', 10), RecordingError);
  await assert.rejects(linesIn(fileWith(t, plain), 10), /any-name:1: the line is longer than 10/);
  await assert.rejects(linesIn(fileWith(t, Uint8Array.of(0x7b, 0xff, 0xfe, 10))), /:1: from here on the file is no text/);
});

test('messagesOf() tells each line by its number and what is wrong with it', () => {
  const text = '{"op":"mcm","pt":7,"mc":[{"id":"1.1","rc":[]}]}\r\n\n{"op":"mcm","mc":[{"id":5}]}\n{"op":"connection"}';
  const seen: [number, string][] = [];
  for (const { message, number } of messagesOf(new TextEncoder().encode(text)))
    seen.push([number, message.op === 'malformed' ? message.fault : message.op]);
  assert.deepEqual(seen, [
    [1, 'delta'],
    [3, 'has changes without a pt'],
    [4, 'connection'],
  ]);
});
