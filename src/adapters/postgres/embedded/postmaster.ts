// The running server as its files and the kernel show it, and the acts on it: launch, wait until ready, stop.
// A pid in postmaster.pid is believed only if that process works inside this data directory; nothing else is ever signalled.
import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, openSync, readFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import type { DataPlace } from './data-place.ts';
import { cleanEnvironment, runAs } from './run-as.ts';
import { processesIn, worksIn } from './server-processes.ts';
import { safetyArguments } from './settings.ts';
import { DatabaseStartError, diagnose } from './start-error.ts';

export type Postmaster = { pid: number; port: number; status: string };
export type StartLog = (message: string) => void;
export type Patience = { timeoutMs: number; log: StartLog };

const POLL_MS = 10;
const PROGRESS_EVERY_MS = 3000;
const ORPHAN_WAIT_MS = 3000;
const STOP_TIMEOUT_S = 60;
const LOG_BYTES_MAX = 8 * 1024 * 1024;

/** The live server of this data directory, if there is one. Status is PostgreSQL's word: starting, ready, stopping. */
export function findPostmaster(real: string): Postmaster | undefined {
  // postmaster.pid: pid, data directory, start time, port, socket folder, address, shared memory, status
  const lines = readText(join(real, 'postmaster.pid'))?.split('\n') ?? [];
  const pid = Number(lines[0]);
  if (!worksIn(pid, real)) return undefined;
  return { pid, port: Number(lines[3]), status: (lines[7] ?? 'starting').trim() };
}

/** Starts the server in a session of its own: a Ctrl-C meant for Palpite must not stop the database first. */
export async function launch(data: DataPlace, binaries: Binaries, start: Patience & { port: number }): Promise<Postmaster> {
  await settleOrphans(data, start.log);
  // Its number may have been given to an unrelated process, and then PostgreSQL would refuse to start. Where the kernel can be asked
  // (Linux) it has just said that no server process works here; elsewhere PostgreSQL's own judgement stands.
  if (process.platform === 'linux') rmSync(join(data.real, 'postmaster.pid'), { force: true });
  rotateLog(data.log);
  const output = openSync(data.log, 'a', 0o600);
  const from = sizeOf(data.log);
  try {
    let ended: string | undefined;
    const child = spawn(binaries.postgres, ['-D', data.real, ...safetyArguments(start.port)], {
      ...data.account.ids,
      cwd: '/',
      env: cleanEnvironment(),
      detached: true,
      stdio: ['ignore', output, output],
      windowsHide: true,
    });
    child.once('error', (error) => void (ended = error.message));
    child.once('exit', () => void (ended ??= ''));
    child.unref();
    return await waitUntilReady(data, start, { from, ended: () => ended });
  } finally {
    closeSync(output);
  }
}

/** Waits for a server that exists (or was just launched) to accept connections, telling of a long recovery as it goes. */
export async function waitUntilReady(data: DataPlace, patience: Patience, since: Since = present(data)): Promise<Postmaster> {
  const startedAt = Date.now();
  const said = (): string => readText(data.log)?.slice(since.from) ?? '';
  let toldAt = startedAt;
  for (;;) {
    const server = findPostmaster(data.real);
    if (server?.status === 'ready') return server;
    const ended = since.ended();
    if (ended !== undefined) throw diagnose(`${said()}${ended}`, `starting in ${data.real}`);
    const waitedMs = Date.now() - startedAt;
    if (waitedMs > patience.timeoutMs) throw tooLong(waitedMs, said() || (readText(data.log) ?? ''));
    if (Date.now() - toldAt > PROGRESS_EVERY_MS) {
      toldAt = Date.now();
      patience.log(`database is recovering, ${Math.round(waitedMs / 1000)} s: ${said().trimEnd().split('\n').at(-1) ?? ''}`);
    }
    await sleep(POLL_MS);
  }
}

/** Where its output begins in the file, and the reason once it has ended. */
type Since = { from: number; ended: () => string | undefined };

function present(data: DataPlace): Since {
  return {
    from: sizeOf(data.log),
    ended: () => (findPostmaster(data.real) === undefined ? 'the server ended while starting' : undefined),
  };
}

/** Ends the server cleanly (pg_ctl -m fast: running statements are cut off, nothing committed is lost). */
export async function stopPostmaster(data: DataPlace, binaries: Binaries, log: StartLog): Promise<void> {
  if (findPostmaster(data.real) === undefined) return;
  for (const mode of ['fast', 'immediate']) {
    const args = ['stop', '-D', data.real, '-m', mode, '-w', '-t', String(STOP_TIMEOUT_S), '-s'];
    const { output } = await runAs(data.account, binaries.pgCtl, args);
    if (await goneWithin(data.real, 1000)) return;
    log(`pg_ctl stop -m ${mode} did not end the database: ${output.trim()}`);
  }
  throw new DatabaseStartError({
    code: 'in-use',
    what: `The database server in ${data.real} (process ${findPostmaster(data.real)?.pid ?? '?'}) does not stop.`,
    mend: 'see what holds it (a hanging disk?) and end that process by hand.',
  });
}

/** Waits for a server that is on its way out. */
export async function goneWithin(real: string, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (findPostmaster(real) !== undefined) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/**
 * Backends may outlive a killed postmaster for a moment; a second server on their files would destroy them. They notice by themselves when idle;
 * one that does not is ended: its work was not acknowledged, and recovery undoes it.
 */
async function settleOrphans(data: DataPlace, log: StartLog): Promise<void> {
  const deadline = Date.now() + ORPHAN_WAIT_MS;
  while (processesIn(data.real, data.account).length > 0 && Date.now() < deadline) await sleep(POLL_MS);
  const left = processesIn(data.real, data.account);
  if (left.length === 0) return;
  log(`ending ${left.length} database process(es) that outlived their server: ${left.join(', ')}`);
  for (const pid of left) endQuietly(pid);
  while (processesIn(data.real, data.account).length > 0) {
    if (Date.now() > deadline + ORPHAN_WAIT_MS) throw diagnose('pre-existing shared memory block', `starting in ${data.real}`);
    await sleep(POLL_MS);
  }
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended meanwhile
  }
}

function rotateLog(path: string): void {
  if (sizeOf(path) > LOG_BYTES_MAX) renameSync(path, `${path}.1`);
}

/**
 * The same while the server writes to it: it appends to an open file, so that is copied and emptied in place. A line written in between is lost,
 * which is better than a full disk.
 */
export function cutLog(path: string, bytesMax = LOG_BYTES_MAX): boolean {
  if (sizeOf(path) <= bytesMax) return false;
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
  return true;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function tooLong(waitedMs: number, log: string): DatabaseStartError {
  return new DatabaseStartError({
    code: 'start-timeout',
    what: `The database is still not ready after ${Math.round(waitedMs / 1000)} s.`,
    mend: 'it goes on recovering by itself: start again in a while, and that start will join it.',
    log,
  });
}
