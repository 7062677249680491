// Which processes work in a data directory, as the kernel tells it. PostgreSQL makes that directory the working folder of all its processes.
// Linux only; elsewhere PostgreSQL's own checks must do.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { identify } from './process-identity.ts';
import { cleanEnvironment, type Account } from './run-as.ts';

const UNREADABLE = Symbol('unreadable');

/** True when the process is alive and serves `real`. */
export function worksIn(pid: number, real: string): boolean {
  if (identify(pid) === undefined) return false;
  if (process.platform !== 'linux') return true;
  const folder = folderOf(pid);
  // In a container root may not look at other users' working folders; the command line (-D FOLDER) is open to all.
  return folder === UNREADABLE ? argumentsOf(pid).includes(real) : folder === real;
}

/** All PostgreSQL processes that work in `real`, also backends whose postmaster is gone. */
export function processesIn(real: string, account: Account): number[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger).filter(isPostgres);
  const folders = pids.map((pid) => ({ pid, folder: folderOf(pid) }));
  const hidden = folders.filter((each) => each.folder === UNREADABLE).map((each) => each.pid);
  const mine = folders.filter((each) => each.folder === real).map((each) => each.pid);
  return [...mine, ...askAs(account, hidden, real)].filter((pid) => identify(pid) !== undefined);
}

/** Whom the account may look at, it is asked about: one `ls` started as that account. */
function askAs(account: Account, pids: readonly number[], real: string): number[] {
  if (account.ids === undefined || pids.length === 0) return [];
  const args = ['-ld', ...pids.map((pid) => `/proc/${pid}/cwd`)];
  const { stdout } = spawnSync('ls', args, { ...account.ids, cwd: '/', env: cleanEnvironment(), encoding: 'utf8' });
  const lines = stdout.split('\n').filter((line) => line.endsWith(` -> ${real}`));
  return lines.map((line) => Number(/\/proc\/(\d+)\/cwd -> /.exec(line)?.[1]));
}

function folderOf(pid: number): string | typeof UNREADABLE | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EACCES' ? UNREADABLE : undefined;
  }
}

/** A person's shell may stand in the folder too. */
function isPostgres(pid: number): boolean {
  return procFile(pid, 'comm').startsWith('postgres');
}

function argumentsOf(pid: number): string[] {
  return procFile(pid, 'cmdline').split('\0');
}

function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
