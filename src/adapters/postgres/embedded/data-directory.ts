// What a data directory is (ours, somebody else's, another version's) and how a new one is made.
// A new directory is built under another name and renamed when whole, so a crash in between never leaves half a database.
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import type { DataPlace } from './data-place.ts';
import { runAs } from './run-as.ts';
import { SETTINGS_FILE } from './settings.ts';
import { DatabaseStartError, diagnose, diagnoseSystem } from './start-error.ts';

/** The superuser of the embedded server and the database that Palpite uses. */
export const OWNER_ROLE = 'palpite';
export const DATABASE = 'palpite';

/** A restore builds its database beside the real one under this ending, and renames both at its end. */
export const RESTORING = '.restoring';

const MARK = 'palpite.json';
const DRAFT = '.new-';
const CLEAR_ATTEMPTS_MAX = 40;
const CLEAR_PAUSE_MS = 50;

/** Makes the data directory when there is none, and refuses one that is not ours or not this version's. True when it was made. */
export async function ensureDataDirectory(data: DataPlace, binaries: Binaries): Promise<boolean> {
  await clearDrafts(data.real);
  const state = inspect(data.real, binaries.major);
  if (state instanceof DatabaseStartError) throw state;
  if (state === 'ours') return false;
  if (existsSync(`${data.real}${RESTORING}`)) throw halfRestored(data.real);
  try {
    await initialise(data, binaries);
  } catch (error) {
    throw diagnoseSystem(error, `making a new database in ${data.real}`);
  }
  return true;
}

/** The password of the server, made on first use; only the present user (or root) can read the file. */
export function readSecret(data: DataPlace): string {
  if (existsSync(data.secret)) {
    const present = readFileSync(data.secret, 'utf8').trim();
    if (present !== '') return present;
  }
  const secret = randomBytes(24).toString('base64url');
  writeDurably(data.secret, `${secret}\n`, 0o600);
  return secret;
}

/** Looks without changing anything. A version is told apart before ownership: that is the more useful message. */
export function inspect(real: string, major: number): 'absent' | 'ours' | DatabaseStartError {
  const stat = statSync(real, { throwIfNoEntry: false });
  if (stat === undefined) return 'absent';
  if (!stat.isDirectory()) return foreign(real, 'it is a file');
  const entries = readdirSync(real);
  if (entries.length === 0) return 'absent';
  if (!entries.includes('PG_VERSION')) return foreign(real, 'it holds other files and no PG_VERSION');
  const version = readFileSync(join(real, 'PG_VERSION'), 'utf8').trim();
  const found = Number(version);
  if (found > major) return otherVersion('newer-data-directory', real, { found, major });
  if (found < major) return otherVersion('older-data-directory', real, { found, major });
  if (found !== major) return foreign(real, `its PG_VERSION says "${version.slice(0, 20)}"`);
  return entries.includes(MARK) ? 'ours' : foreign(real, 'another program made it');
}

async function initialise(data: DataPlace, binaries: Binaries): Promise<void> {
  const secret = readSecret(data);
  const draft = `${data.real}${DRAFT}${randomBytes(4).toString('hex')}`;
  const cluster = join(draft, 'cluster');
  const passwordFile = join(draft, 'password');
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, secret, { mode: 0o600 });
  if (data.account.ids) for (const path of [passwordFile, draft]) chownSync(path, data.account.ids.uid, data.account.ids.gid);
  try {
    // The builtin provider knows C.UTF-8 itself: no locale of the machine is needed.
    const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
    const safety = ['--data-checksums', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    const args = ['-D', cluster, '-U', OWNER_ROLE, ...locale, ...safety, '--no-instructions'];
    const { code, output } = await runAs(data.account, binaries.initdb, args);
    if (code !== 0) throw diagnose(output, `making a new database in ${data.real}`);
    const facts = { madeBy: 'palpite', postgresMajor: binaries.major };
    writeDurably(join(cluster, MARK), `${JSON.stringify(facts)}\n`, 0o600);
    if (data.account.ids) chownSync(join(cluster, MARK), data.account.ids.uid, data.account.ids.gid);
    writeDurably(join(cluster, 'postgresql.conf'), `\ninclude_if_exists '${SETTINGS_FILE}'\n`, 0o600);
    putInPlace(cluster, data.real);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function putInPlace(cluster: string, real: string): void {
  try {
    if (existsSync(real)) rmdirSync(real);
    renameSync(cluster, real);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EBUSY')) throw cause;
    const mend = `name a folder inside it instead (${join(real, 'postgres')}), or mount its parent.`;
    throw new DatabaseStartError({ code: 'no-permission', what: `${real} is itself a mount point.`, mend, cause });
  }
  syncFolder(dirname(real));
}

/**
 * What a start that was killed left behind. Only called under the lock, so no draft is in use, except by an initdb whose parent was killed: it fails
 * when its files vanish and then removes them too, and two that remove the same files disturb each other; hence the repetition.
 */
async function clearDrafts(real: string): Promise<void> {
  const drafts = readdirSync(dirname(real)).filter((name) => name.startsWith(`${basename(real)}${DRAFT}`));
  for (const path of drafts.map((name) => join(dirname(real), name))) {
    for (let attempt = 1; existsSync(path) && attempt <= CLEAR_ATTEMPTS_MAX; attempt += 1) {
      try {
        rmSync(path, { recursive: true, force: true });
      } catch (error) {
        if (attempt === CLEAR_ATTEMPTS_MAX) throw error;
      }
      if (existsSync(path)) await sleep(CLEAR_PAUSE_MS);
    }
  }
}

/** Appends, then waits until the disk has it. */
function writeDurably(path: string, text: string, mode: number): void {
  const file = openSync(path, 'a', mode);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncFolder(dirname(path));
}

function syncFolder(dir: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(dir, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function foreign(real: string, reason: string): DatabaseStartError {
  return new DatabaseStartError({
    code: 'foreign-data-directory',
    what: `${real} is not a database of Palpite: ${reason}. Nothing in it was touched.`,
    mend: 'move that folder away, choose another data directory, or set DATABASE_URL to use a server of your own.',
  });
}

/** Killed between the two renames, or before the first into an empty folder: an empty database in its place would look like a loss. */
function halfRestored(real: string): DatabaseStartError {
  return new DatabaseStartError({
    code: 'missing-data-directory',
    what: `${real} is missing and a restore into it was cut short. Nothing was touched.`,
    mend: `repeat \`npx palpite backup restore\`; or rename the newest ${real}.before-restore-* back, if there is one, and delete ${real}${RESTORING}.`,
  });
}

function otherVersion(
  code: 'newer-data-directory' | 'older-data-directory',
  real: string,
  version: { found: number; major: number },
): DatabaseStartError {
  const what = `The database in ${real} was made by PostgreSQL ${version.found}; this Palpite brings PostgreSQL ${version.major}. Nothing was touched.`;
  const newer = 'use the version of Palpite that made it (or a later one).';
  const older =
    'export it with the version of Palpite that made it and import it into a new data directory, or set DATABASE_URL.';
  return new DatabaseStartError({ code, what, mend: code === 'newer-data-directory' ? newer : older });
}
