// The bytes of a file that a person named. A folder is refused by its path: the system's own word for it names none.
import { readFile } from 'node:fs/promises';
import { RecordingError } from '#ports/recording.ts';

export async function bytesOfFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === 'EISDIR') throw new RecordingError(`${path} is a folder: name a file in it`);
    throw error;
  }
}

/** The bytes of a file that may be missing: then null. */
export async function bytesIfThere(path: string): Promise<Buffer | null> {
  try {
    return await bytesOfFile(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
