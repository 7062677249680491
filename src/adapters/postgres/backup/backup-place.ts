// Where the backups of an embedded server lie: base backups in `base`, the write-ahead log in `wal`. The account that runs PostgreSQL writes
// `wal` and nothing else; a folder that holds another database's backups is refused.
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { locateData, SYSTEM_DIR, type DataPlace } from '../embedded/data-place.ts';
import { runAs } from '../embedded/run-as.ts';
import { BackupError } from './backup-error.ts';

const FOLDER = 'backups';
const MARK = 'backups.json';

export type BackupPlace = {
  /** The database they are backups of. */
  data: DataPlace;
  dir: string;
  base: string;
  wal: string;
};

/** Decides where backups lie, without making anything: `wanted`, or `backups` beside the data directory. */
export async function locateBackups(dataDir: string, wanted?: string, systemDir: string = SYSTEM_DIR): Promise<BackupPlace> {
  const data = await locateData(dataDir, systemDir);
  const asked = join(dirname(data.asked), FOLDER);
  const beside = existsSync(asked) ? realpathSync(asked) : join(dirname(data.real), FOLDER);
  const dir = wanted === undefined ? beside : resolve(wanted);
  return { data, dir, base: join(dir, 'base'), wal: join(dir, 'wal') };
}

/** Makes the folders and proves that PostgreSQL's account can write its part. */
export async function prepareBackups(place: BackupPlace, systemId: string): Promise<void> {
  const { base, data, dir, wal } = place;
  if (mkdirSync(dir, { recursive: true }) !== undefined) chmodSync(dir, data.account.ids ? 0o755 : 0o700);
  claim(place, systemId);
  mkdirSync(base, { recursive: true, mode: 0o700 });
  mkdirSync(wal, { recursive: true, mode: 0o700 });
  giveArchive(place);
  linkFromProject(place);
  const probe = 'cd "$1" && : > .probe && rm -f .probe'; // of two at a time either may remove it
  const { code, output } = await runAs(data.account, '/bin/sh', ['-c', probe, 'sh', wal]);
  if (code === 0) return;
  throw new BackupError(
    `${data.account.name}, who runs the database, cannot write to ${wal}: ${output.trim()}`,
    'set BACKUP_DIR to a folder that this account can reach (every folder above it needs the right to pass through).',
  );
}

/** Root's archive belongs to the account that runs PostgreSQL, also after it was copied here from another machine. */
export function giveArchive({ data: { account }, wal }: BackupPlace): void {
  if (!account.ids || !existsSync(wal)) return;
  const { gid, uid } = account.ids;
  for (const path of [wal, ...readdirSync(wal).map((name) => join(wal, name))]) {
    try {
      chownSync(path, uid, gid);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // a draft or a probe, gone meanwhile
    }
  }
}

/** Two databases in one archive would destroy each other's history. */
function claim({ dir }: BackupPlace, systemId: string): void {
  const path = join(dir, MARK);
  if (!existsSync(path)) writeFileSync(path, `${JSON.stringify({ madeBy: 'palpite', systemId })}\n`);
  const owner = (JSON.parse(readFileSync(path, 'utf8')) as { systemId: string }).systemId;
  if (owner === systemId) return;
  throw new BackupError(
    `${dir} holds the backups of another database (${owner}, this one is ${systemId}).`,
    'move that folder away to keep them, or set BACKUP_DIR to another one.',
  );
}

/** Where the data live elsewhere, the project folder leads to their backups too. */
function linkFromProject({ data, dir }: BackupPlace): void {
  const link = join(dirname(data.asked), FOLDER);
  if (dir !== join(dirname(data.real), FOLDER) || existsSync(link) || lstatSync(link, { throwIfNoEntry: false })) return;
  symlinkSync(dir, link);
}
