// Reads what a folder of reference sets holds: names, bytes and JSON. Whatever cannot be read becomes an error of one line that says why, so
// that one broken entry never takes the report of the others with it.
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';

const REASONS: Readonly<Record<string, string>> = {
  ENOTDIR: 'is no folder',
  EISDIR: 'is a folder, not a file',
};

/** Names in a folder in order, without hidden ones; none when there is no such entry at all. */
export function namesIn(path: string): string[] {
  return told(path, () => {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return [];
    return readdirSync(path)
      .filter((name) => !name.startsWith('.'))
      .sort();
  });
}

/** The bytes of a plain file: a pipe or a device would never end. */
export function bytesOf(path: string): Uint8Array {
  return told(path, () => {
    const found = statSync(path);
    if (!found.isFile() && !found.isDirectory()) throw new Error('is no plain file');
    return readFileSync(path);
  });
}

/** JSON in UTF-8, with or without a byte order mark. */
export function jsonOf(path: string): unknown {
  const bytes = bytesOf(path);
  if (bytes.length === 0) throw new Error('the file is empty');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new Error(`not readable as JSON: ${oneLine(error)}`, { cause: error });
  }
}

/** An error's message on one line: some quote the text that they stumbled on. */
export function oneLine(error: unknown): string {
  return (error as Error).message.replaceAll(/\s+/g, ' ');
}

function told<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === undefined) throw error;
    if (code === 'ENOENT') throw new Error(isLink(path) ? 'a link that leads nowhere' : 'no such file', { cause: error });
    throw new Error(REASONS[code] ?? `cannot be read: ${oneLine(error)}`, { cause: error });
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
