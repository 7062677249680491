// Copies of a data directory: made while the server writes to it, and brought back. What is reported as copied is on the disk.
import { chownSync } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, open, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Account } from '../embedded/run-as.ts';
import { BackupError } from './backup-error.ts';

export type OnBytes = (done: number, total: number) => void;
type Entry = { path: string; bytes: number; folder: boolean };

/** Files copied at a time. */
const COPIES = 4;
const CONTROL_FILE = 'global/pg_control';
const CONTROL_READS_MAX = 20;

/** What the server makes anew at each start, or what belongs to the running server only (PostgreSQL manual, 25.3.4). */
const EMPTIED = new Set([
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_wal',
  'pg_wal/archive_status',
  'pg_wal/summaries',
]);
const LEFT_OUT =
  /(?:^|\/)(?:pgsql_tmp[^/]*|pg_internal\.init[^/]*|postmaster\.(?:pid|opts)|(?:backup_label|tablespace_map)(?:\.old)?|backup_manifest|[^/]*\.signal|postgresql\.auto\.conf\.tmp|current_logfiles[^/]*)$/;

/** Copies a live data directory between pg_backup_start and pg_backup_stop. A file that vanishes meanwhile is in the log. */
export async function copyLive(real: string, target: string, onBytes: OnBytes): Promise<{ bytes: number; files: number }> {
  const entries = await listTree(real, (path) => !LEFT_OUT.test(path));
  return copyEntries({ from: real, target, entries, onBytes }, async (entry) => {
    if (entry.path === CONTROL_FILE) await copyControl(join(real, entry.path), join(target, entry.path));
    else await copyPresent(join(real, entry.path), join(target, entry.path));
  });
}

/** Brings a base backup back as a data directory of `account`. */
export async function copyBack(copy: string, target: string, account: Account, onBytes: OnBytes): Promise<void> {
  const entries = await listTree(copy, () => true);
  await copyEntries({ from: copy, target, entries, onBytes }, ({ path }) => copyFile(join(copy, path), join(target, path)));
  for (const path of [target, ...entries.map((entry) => join(target, entry.path))]) own(path, account);
}

export function own(path: string, { ids }: Account): void {
  if (ids) chownSync(path, ids.uid, ids.gid);
}

/** Total size of what is below a folder, bytes. */
export async function treeBytes(dir: string): Promise<number> {
  return (await listTree(dir, () => true)).reduce((sum, entry) => sum + entry.bytes, 0);
}

/** Waits until the disk has a file, or the names in a folder. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

type Copying = { from: string; target: string; entries: readonly Entry[]; onBytes: OnBytes };

async function copyEntries(
  { entries, onBytes, target }: Copying,
  copy: (entry: Entry) => Promise<void>,
): Promise<{ bytes: number; files: number }> {
  const folders = entries.filter((entry) => entry.folder);
  const files = entries.filter((entry) => !entry.folder);
  const total = files.reduce((sum, entry) => sum + entry.bytes, 0);
  await mkdir(target, { recursive: true, mode: 0o700 });
  for (const { path } of folders) await mkdir(join(target, path), { recursive: true, mode: 0o700 });
  let bytes = 0;
  const queue = files.values();
  const work = async (): Promise<void> => {
    for (const entry of queue) {
      await copy(entry);
      const path = join(target, entry.path);
      await chmod(path, 0o600).catch(ignoreMissing);
      await syncPath(path).catch(ignoreMissing);
      bytes += entry.bytes;
      onBytes(bytes, total);
    }
  };
  await Promise.all(Array.from({ length: COPIES }, work));
  for (const { path } of folders.reverse()) await syncPath(join(target, path));
  await syncPath(target);
  await syncPath(dirname(target));
  return { bytes, files: files.length };
}

async function listTree(root: string, wanted: (path: string) => boolean, below = ''): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const name of (await readdir(join(root, below))).sort()) {
    const path = below === '' ? name : `${below}/${name}`;
    const stat = await lstat(join(root, path)).catch(ignoreMissing);
    if (!stat || !wanted(path)) continue;
    if (stat.isSymbolicLink()) throw linked(root, path);
    if (stat.isFile() && !EMPTIED.has(below)) entries.push({ path, bytes: stat.size, folder: false });
    if (!stat.isDirectory() || (EMPTIED.has(below) && !EMPTIED.has(path))) continue;
    entries.push({ path, bytes: 0, folder: true });
    entries.push(...(await listTree(root, wanted, path)));
  }
  return entries;
}

async function copyPresent(from: string, to: string): Promise<void> {
  await copyFile(from, to).catch(ignoreMissing);
}

/** The server writes this small file in place: it is read until two readings agree. */
async function copyControl(from: string, to: string): Promise<void> {
  let before = await readFile(from);
  for (let i = 0; i < CONTROL_READS_MAX; i++) {
    const now = await readFile(from);
    if (now.equals(before)) {
      const file = await open(to, 'w', 0o600);
      await file.writeFile(now).finally(() => file.close());
      return;
    }
    before = now;
  }
  throw new BackupError(`${from} changes faster than it can be read.`, 'try again when the server is less busy.');
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

function linked(root: string, path: string): BackupError {
  return new BackupError(
    `${root}/${path} is a symbolic link: part of the database lies elsewhere, and a copy would miss it.`,
    'move it back into the data directory (tablespaces and a separate pg_wal are not supported), then try again.',
  );
}
