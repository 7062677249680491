// A lock file between processes: one holder at a time, and a holder that was killed does not block the rest.
// The file appears with its content in one step (link), names its holder by pid and start time, and a stale one is removed
// only by whoever holds the lock on removing it; so two processes can never both break the same lock and both think they hold it.
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { asIdentity, isAlive, ownIdentity } from './process-identity.ts';
import { DatabaseStartError } from './start-error.ts';

export type HeldLock = { release(): void };

const POLL_MS = 25;
const BREAK_DEPTH_MAX = 3;

/** Takes the lock at once or not at all. Synchronous, so that it also serves while a process is ending. */
export function tryLock(path: string, depth = 0): HeldLock | undefined {
  const token = randomBytes(12).toString('hex');
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${token}`;
  writeFileSync(draft, JSON.stringify({ ...ownIdentity(), token }), { mode: 0o644 });
  try {
    if (placed(draft, path)) return held(path, token);
    if (depth >= BREAK_DEPTH_MAX || !isStale(path)) return undefined;
    return breakStale(path, depth) && placed(draft, path) ? held(path, token) : undefined;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Runs `work` under the lock, waiting for it up to `waitMs`. */
export async function withLock<T>(path: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + waitMs;
  let lock = tryLock(path);
  while (lock === undefined) {
    if (Date.now() > deadline) throw lockTimeout(path, waitMs);
    await sleep(POLL_MS);
    lock = tryLock(path);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

function held(path: string, token: string): HeldLock {
  return {
    release: () => {
      if (contentOf(path)?.token === token) rmSync(path, { force: true });
    },
  };
}

/** link() fails when the name exists: of many callers exactly one succeeds. */
function placed(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** A dead holder cannot remove its file and all others must hold `<path>.break` to do so: what is stale stays stale until then. */
function breakStale(path: string, depth: number): boolean {
  const breaking = tryLock(`${path}.break`, depth + 1);
  if (breaking === undefined) return false;
  try {
    if (isStale(path)) rmSync(path, { force: true });
    return true;
  } finally {
    breaking.release();
  }
}

function isStale(path: string): boolean {
  const content = contentOf(path);
  if (content === undefined) return false; // just released: the next attempt decides
  return content.holder === undefined || !isAlive(content.holder);
}

function contentOf(path: string): { token: unknown; holder: ReturnType<typeof asIdentity> } | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    const token = typeof value === 'object' && value !== null && 'token' in value ? value.token : undefined;
    return { token, holder: asIdentity(value) };
  } catch {
    return { token: undefined, holder: undefined }; // torn by a crash of the machine: nobody holds it
  }
}

function lockTimeout(path: string, waitMs: number): DatabaseStartError {
  const pid = contentOf(path)?.holder?.pid;
  const what = `Process ${pid ?? '?'} has been starting or stopping the database for more than ${Math.round(waitMs / 1000)} s.`;
  return new DatabaseStartError({ code: 'start-timeout', what, mend: `see what that process does; its lock file is ${path}.` });
}
