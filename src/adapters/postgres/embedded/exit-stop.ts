// The safety net for a process that ends without stop(): an uncaught error, process.exit(). It leaves the server, and the last one ends it.
// Synchronous, as an exit handler must be. After SIGKILL nothing runs; then the next start adopts the server.
import { countUsers, detach } from './attachments.ts';
import type { DataPlace } from './data-place.ts';
import { tryLock } from './owner-lock.ts';
import { findPostmaster } from './postmaster.ts';

const WAIT_MS = 3000;
const POLL_MS = 10;

const pending = new Map<string, DataPlace>();
let listening = false;

/** Registers a user of a server; the function that comes back takes it off again. */
export function stopAtExit(data: DataPlace, user: string): () => void {
  if (!listening) process.on('exit', leaveAll);
  listening = true;
  pending.set(user, data);
  return () => void pending.delete(user);
}

function leaveAll(): void {
  for (const [user, data] of pending) {
    try {
      leave(data, user);
    } catch {
      // the next start puts it right
    }
  }
}

function leave(data: DataPlace, user: string): void {
  detach(data, user);
  const lock = tryLock(data.lock);
  if (lock === undefined) return; // somebody is just arriving or leaving, and will count
  try {
    const server = findPostmaster(data.real);
    if (server === undefined || countUsers(data) > 0) return;
    process.kill(server.pid, 'SIGINT'); // PostgreSQL's "fast" shutdown
    const nap = new Int32Array(new SharedArrayBuffer(4));
    for (let waited = 0; waited < WAIT_MS && findPostmaster(data.real) !== undefined; waited += POLL_MS)
      Atomics.wait(nap, 0, 0, POLL_MS);
  } finally {
    lock.release();
  }
}
