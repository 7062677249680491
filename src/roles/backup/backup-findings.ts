// What `palpite doctor` says about disk and backups: is there room, does the archive get its log, how old is the newest base backup.
import { readdirSync, realpathSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ARCHIVE_NOTHING } from '#adapters/postgres/embedded/settings.ts';
import { readBases } from '#adapters/postgres/backup/backup-catalog.ts';
import { locateBackups } from '#adapters/postgres/backup/backup-place.ts';
import { momentText } from '#adapters/postgres/backup/backup-error.ts';
import { listBackups } from './backup-run.ts';
import type { PlatformContext } from '../context.ts';
import type { Finding } from '../doctor.ts';
import type { Environment } from '../environment.ts';

const MIB = 1024 ** 2;
const HOUR_MS = 3_600_000;
/** Without a new base backup the archived log only grows, and a restore takes longer: older than this is told, h. */
const BASE_AGE_H_MAX = 48;
/** Doctor warns this much before bets are refused. */
const DISK_WARN_FACTOR = 2;

export async function diskSpace(environment: Environment): Promise<Finding> {
  const { DATABASE_URL, DISK_FREE_MIN_MB, dataDir } = environment;
  const own = await statfs(join(dataDir, 'postgres')).catch(() => statfs(dataDir));
  const free = (own.bavail * own.bsize) / MIB;
  const refused = DATABASE_URL === undefined && free < DISK_FREE_MIN_MB;
  const watched = DATABASE_URL === undefined ? '' : "; the database's own disk is not watched";
  return {
    name: 'disk',
    ok: free >= DISK_FREE_MIN_MB * DISK_WARN_FACTOR,
    text: `${(free / 1024).toFixed(1)} GiB free${refused ? ', bets are refused' : ''}${watched}`,
    mend: `free some space: the journal only grows, and below ${DISK_FREE_MIN_MB} MB (DISK_FREE_MIN_MB) bets are refused`,
  };
}

/** Of the embedded server; that there are none is said, but no fault. */
export async function backups({ database, environment }: PlatformContext, now: number): Promise<Finding[]> {
  if (!database.embedded) return [{ name: 'backups', ok: true, text: 'by the means of the server that DATABASE_URL names' }];
  const archiver = await archiverOf(database.pool);
  const { bases, bytes, dir, gaps } = await listBackups(environment);
  const newest = bases.at(-1);
  const size = `${Math.round(bytes / MIB)} MiB in ${dir}`;
  const aside = keptAside(environment);
  if (!archiver.on || !newest)
    return [
      { name: 'backups', ok: true, text: 'none are made; npx palpite backup create makes one and keeps the log' },
      ...aside,
    ];
  const ageH = (now - newest.finishedAt) / HOUR_MS;
  return [
    {
      name: 'archive',
      ok: !archiver.failing && gaps.length === 0,
      text: archiver.failing
        ? 'the server cannot hand over its log, which fills its disk'
        : `last ${archiver.last ?? 'none yet'}`,
      mend: `look at the last lines of postgres.log and at the space in ${dir}; then npx palpite backup create`,
    },
    {
      name: 'backups',
      ok: ageH <= BASE_AGE_H_MAX,
      text: `newest ${momentText(newest.finishedAt)}, ${size}`,
      mend: 'npx palpite backup create, every day: without it the archived log only grows',
    },
    ...aside,
  ];
}

export interface Archiver {
  /** False while the log is thrown away. */
  readonly on: boolean;
  readonly failing: boolean;
  /** Name of the last piece, and when it was handed over, ms; null: none since the server started after a crash. */
  readonly last: string | null;
  readonly lastAt: number | null;
}

export async function archiverOf(pool: Pick<PlatformContext['database']['pool'], 'query'>): Promise<Archiver> {
  const { rows } = await pool.query<{ command: string; failing: boolean; last: string | null; at: Date | null }>(
    `SELECT current_setting('archive_command') AS command, last_archived_wal AS last, last_archived_time AS at,
       coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing FROM pg_stat_archiver`,
  );
  const { at = null, command = ARCHIVE_NOTHING, failing = false, last = null } = rows[0] ?? {};
  return { on: command !== ARCHIVE_NOTHING, failing, last, lastAt: at?.getTime() ?? null };
}

/** When the newest base backup was finished, ms; null when there is none. */
export async function lastBaseAt({ BACKUP_DIR, dataDir }: Environment): Promise<number | null> {
  return readBases(await locateBackups(join(dataDir, 'postgres'), BACKUP_DIR)).at(-1)?.finishedAt ?? null;
}

function keptAside({ dataDir }: Environment): Finding[] {
  const data = realpathSync(join(dataDir, 'postgres')); // it may be a link to where the data live
  const found = readdirSync(dirname(data)).filter((name) => name.startsWith(`${basename(data)}.before-restore-`));
  return found.length === 0 ? [] : [{ name: 'kept aside', ok: true, text: `${found.join(' ')}: delete when nobody needs it` }];
}
