// How PostgreSQL hands over finished pieces of its write-ahead log, and gets them back. The commands run as PostgreSQL's account, which may
// reach neither Node nor this project, so they are one small script in the data directory that needs only a POSIX system with gzip.
import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, escapeLiteral } from 'pg';
import { runAs } from '../embedded/run-as.ts';
import { ARCHIVE_NOTHING } from '../embedded/settings.ts';
import { BackupError } from './backup-error.ts';
import type { BackupPlace } from './backup-place.ts';

/** A quiet server hands over its log this often, s: at most this much is lost with the disk. */
export const ARCHIVE_EVERY_S = 60;
const SCRIPT_NAME = 'palpite-archive.sh';

// A name that is seen is whole and on the disk; a name that exists is never written again. Same content twice is fine: after a crash the
// server may hand a piece over again. The time of the piece says up to when it reaches. Exit codes above 125 stop the server's recovery:
// a piece that is there but cannot be unpacked must not be taken for the end of the log.
const SCRIPT = `# Written by palpite backup create: keeps pieces of the write-ahead log in a folder, packed, and gives them back.
set -eu
action=$1 dir=$2 name=$3 path=$4
target=$dir/$name.gz
if [ "$action" = fetch ]; then
  [ -f "$target" ] || exit 1
  gzip -dc "$target" > "$path" || exit 200
  exit 0
fi
same() { gzip -dc "$target" | cmp -s - "$path"; }
if [ -e "$target" ]; then
  same && exit 0
  echo "palpite: $target holds something else and is not overwritten" >&2
  exit 1
fi
draft=$dir/.$name.$$
trap 'rm -f "$draft"' EXIT
gzip -1 -c "$path" > "$draft"
touch -r "$path" "$draft"
sync "$draft"
mv -n "$draft" "$target"
[ ! -e "$draft" ] || same
sync "$dir"
`;

/** Installs the script and tells the running server to use it from now on; no restart. True when it was off before. */
export async function switchArchivingOn(client: Client, place: BackupPlace, real = place.data.real): Promise<boolean> {
  await requireTools(place);
  installScript(real, place);
  const command = commandText('keep', place.wal);
  const before = await setting(client, 'archive_command');
  if (before === command) return false;
  await client.query(`ALTER SYSTEM SET archive_command = ${escapeLiteral(command)}`);
  await client.query(`ALTER SYSTEM SET archive_timeout = '${ARCHIVE_EVERY_S}s'`);
  await client.query('SELECT pg_reload_conf()');
  return before === ARCHIVE_NOTHING;
}

/** Back to what a new server does. The archive stays; it can be added to no more. */
export async function switchArchivingOff(client: Client): Promise<void> {
  await client.query('ALTER SYSTEM RESET archive_command');
  await client.query('ALTER SYSTEM RESET archive_timeout');
  await client.query('SELECT pg_reload_conf()');
}

/** Settings of a server that recovers from the archive. */
export function restoreCommand({ wal }: BackupPlace): string {
  return commandText('fetch', wal);
}

/** Puts the script into a data directory. */
export function installScript(real: string, { data: { account } }: BackupPlace): void {
  const path = join(real, SCRIPT_NAME);
  writeFileSync(path, SCRIPT, { mode: 0o600 });
  if (account.ids) chownSync(path, account.ids.uid, account.ids.gid);
}

export async function setting(client: Client, name: string): Promise<string> {
  const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [name]);
  return rows[0]?.value ?? '';
}

/** PostgreSQL replaces %f and %p; a % of the folder's own name is doubled. */
function commandText(action: 'keep' | 'fetch', wal: string): string {
  const folder = `'${wal.replaceAll("'", String.raw`'\''`)}'`.replaceAll('%', '%%');
  return `/bin/sh ${SCRIPT_NAME} ${action} ${folder} "%f" "%p"`;
}

async function requireTools({ data: { account } }: BackupPlace): Promise<void> {
  const tools = ['gzip', 'cmp', 'sync', 'touch', 'mv'];
  const mend = 'install them (packages gzip, diffutils, coreutils), or use the image that comes with Palpite.';
  if (process.platform === 'win32') throw new BackupError('Backups of the embedded server need a POSIX system.', mend);
  const { code, output } = await runAs(account, '/bin/sh', [
    '-c',
    'for t; do command -v "$t" > /dev/null || echo "$t"; done',
    'sh',
    ...tools,
  ]);
  if (code !== 0 || output.trim() !== '')
    throw new BackupError(`Programs that backups need are missing: ${output.trim().split('\n').join(' ')}.`, mend);
}
