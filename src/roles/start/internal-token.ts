// What the processes of one installation show each other: from the environment, else a file that the first of them makes.
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';

const TOKEN_FILE = 'internal.token';
const TOKEN_CHARS_MIN = 32;

export async function internalToken({ INTERNAL_TOKEN, dataDir }: Environment): Promise<string> {
  if (INTERNAL_TOKEN !== undefined) return INTERNAL_TOKEN;
  const file = join(dataDir, TOKEN_FILE);
  try {
    return await read(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await mkdir(dataDir, { recursive: true });
  const token = randomBytes(32).toString('base64url');
  // Under another name first: who comes meanwhile must find all of it or nothing.
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, `${token}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return read(file);
}

async function read(file: string): Promise<string> {
  const token = (await readFile(file, 'utf8')).trim();
  if (token.length >= TOKEN_CHARS_MIN) return token;
  throw new Error(
    `${file} holds no token of at least ${TOKEN_CHARS_MIN} characters: delete it, and the next start makes another`,
  );
}
