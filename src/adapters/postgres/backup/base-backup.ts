// Makes a base backup of a running server: between pg_backup_start and pg_backup_stop its files are copied as they are, torn pages and all;
// the log written meanwhile mends them. A backup has its final name only once files, label and log are on the disk.
import { renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { setting, switchArchivingOn } from './archive-command.ts';
import { tryLock } from '../embedded/owner-lock.ts';
import { BASE_FACTS, type BaseBackup, prune } from './backup-catalog.ts';
import { BackupError } from './backup-error.ts';
import { copyLive, type OnBytes, syncPath, treeBytes } from './backup-files.ts';
import { type BackupPlace, prepareBackups } from './backup-place.ts';
import { readArchive } from './wal-archive.ts';

export interface CreateOptions {
  /** A connection of one's own: the backup ends with it. */
  readonly client: Client;
  /** Base backups that are kept, this one among them. */
  readonly keep: number;
  readonly onBytes?: OnBytes;
  readonly archiveWaitMs?: number;
}

export interface Created {
  readonly base: BaseBackup;
  readonly archivingWasOff: boolean;
  readonly pruned: { readonly bases: readonly string[]; readonly walFiles: number };
}

/** How long the server may take to hand over the log of the backup, ms. */
const ARCHIVE_WAIT_MS = 120_000;
const POLL_MS = 50;
const LOCK = 'create.lock';
/** What must stay free beside the copy. */
const SPARE_BYTES = 256 * 1024 * 1024;

export async function createBackup(place: BackupPlace, options: CreateOptions): Promise<Created> {
  const { client } = options;
  if ((await setting(client, 'archive_mode')) !== 'on')
    throw new BackupError(
      'The running database server was started without an archiver.',
      'stop all Palpite processes, start again, and repeat.',
    );
  const systemId = (await one<{ id: string }>(client, 'SELECT system_identifier::text AS id FROM pg_control_system()')).id;
  await prepareBackups(place, systemId);
  const path = join(place.dir, LOCK);
  const lock = tryLock(path);
  if (!lock)
    throw new BackupError(
      `Another base backup is being made in ${place.dir}.`,
      `wait for it and try again; its lock file is ${path}.`,
    );
  try {
    return await create(place, systemId, options);
  } finally {
    lock.release();
  }
}

/** Alone: it deletes what unfinished attempts left behind. */
async function create(place: BackupPlace, systemId: string, options: CreateOptions): Promise<Created> {
  const { client } = options;
  await requireSpace(place);
  const archivingWasOff = await switchArchivingOn(client, place);
  const startedAt = Date.now();
  const id = new Date(startedAt).toISOString().replaceAll(/[-:.]/g, '');
  const draft = join(place.base, `${id}.part`);
  try {
    const copied = await copyUnderBackup(place, draft, options);
    await waitForLog(place, copied.stopWal, options);
    const base: BaseBackup = { id, startedAt, systemId, ...copied };
    writeFileSync(join(draft, BASE_FACTS), `${JSON.stringify(base, null, 2)}\n`, { mode: 0o600 });
    await syncPath(join(draft, BASE_FACTS));
    await syncPath(draft);
    renameSync(draft, join(place.base, id));
    await syncPath(place.base);
    return { base, archivingWasOff, pruned: prune(place, options.keep) };
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

type Copied = Omit<BaseBackup, 'id' | 'startedAt' | 'systemId'>;

async function copyUnderBackup(place: BackupPlace, draft: string, { client, onBytes }: CreateOptions): Promise<Copied> {
  const start = await one<{ wal: string }>(client, `SELECT pg_walfile_name(pg_backup_start('palpite', fast => true)) AS wal`);
  const { bytes, files } = await copyLive(place.data.real, join(draft, 'data'), onBytes ?? (() => undefined));
  const stop = await one<{ wal: string; label: string; at: string; version: number }>(
    client,
    `SELECT pg_walfile_name(lsn) AS wal, labelfile AS label, current_setting('server_version_num')::int / 10000 AS version,
       ceil(extract(epoch FROM clock_timestamp()) * 1000) AS at FROM pg_backup_stop(wait_for_archive => false)`,
  );
  const label = join(draft, 'data', 'backup_label');
  writeFileSync(label, stop.label, { mode: 0o600 });
  await syncPath(label);
  return {
    finishedAt: Number(stop.at),
    timeline: Number.parseInt(start.wal.slice(0, 8), 16),
    startWal: start.wal,
    stopWal: stop.wal,
    postgresMajor: stop.version,
    bytes,
    files,
  };
}

/** A backup without the log written during it is worth nothing. */
async function waitForLog(place: BackupPlace, stopWal: string, { archiveWaitMs, client }: CreateOptions): Promise<void> {
  const deadline = Date.now() + (archiveWaitMs ?? ARCHIVE_WAIT_MS);
  while (!readArchive(place.wal).pieces.some((piece) => piece.name === stopWal)) {
    if (Date.now() > deadline) {
      const { failed } = await one<{ failed: string }>(client, 'SELECT failed_count AS failed FROM pg_stat_archiver');
      throw new BackupError(
        `The server did not hand over its log (${stopWal}) in time; it failed ${failed} times since it started.`,
        `see the last lines of ${place.data.log}, and whether ${place.wal} can be written and has space.`,
      );
    }
    await sleep(POLL_MS);
  }
}

async function requireSpace({ data, dir }: BackupPlace): Promise<void> {
  const need = (await treeBytes(data.real)) + SPARE_BYTES;
  const disk = statfsSync(dir);
  const free = disk.bavail * disk.bsize;
  if (free >= need) return;
  const mib = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;
  throw new BackupError(
    `${dir} has ${mib(free)} free; a base backup needs ${mib(need)}.`,
    'free some space, lower BACKUP_KEEP, or set BACKUP_DIR to a larger disk.',
  );
}

async function one<T extends object>(client: Client, sql: string): Promise<T> {
  const { rows } = await client.query<T>(sql);
  return rows[0] as T;
}
