// Where the database of a project lives, and which files stand beside it.
// Normally the folder that was asked for. When the account that runs PostgreSQL cannot enter that folder, the data live under
// `systemDir` and the folder becomes a link to them; a link that exists is always followed, never made to point elsewhere.
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { canEnter, chooseAccount, makeOpenFolder, type Account } from './run-as.ts';
import { DatabaseStartError, diagnoseSystem } from './start-error.ts';

/** Where root's databases live when their account cannot enter the project folder. */
export const SYSTEM_DIR = '/var/lib/palpite';
const ORIGIN = 'origin.txt';
const ORIGIN_SAYS = 'Database of the project folder ';

export type DataPlace = {
  account: Account;
  /** The folder asked for. */
  asked: string;
  /** The folder that PostgreSQL gets; differs from `asked` when the data live elsewhere. */
  real: string;
  /** Beside `real`: who starts or stops, password, port and owner, users, output. */
  lock: string;
  secret: string;
  facts: string;
  users: string;
  log: string;
};

/** Decides account and place. Creates parent folders only. */
export async function locateData(dataDir: string, systemDir: string): Promise<DataPlace> {
  const asked = resolve(dataDir);
  try {
    mkdirSync(dirname(asked), { recursive: true });
    const present = lstatSync(asked, { throwIfNoEntry: false });
    if (present?.isSymbolicLink()) return place(asked, rememberOrigin(asked, followLink(asked)));
    const real = join(realpathSync(dirname(asked)), basename(asked));
    const account = chooseAccount(real);
    if (await canEnter(account, dirname(real))) return place(asked, real);
    const entries = present === undefined ? [] : readdirSync(real);
    if (entries.includes('PG_VERSION')) throw unreachable(real, account);
    if (entries.length > 0) return place(asked, real); // somebody's files: looking into them says so
    return place(asked, elsewhere(dirname(real), basename(real), systemDir));
  } catch (error) {
    throw diagnoseSystem(error, `preparing the folder of ${asked}`);
  }
}

/** Makes `asked` lead to `real`. Called once the data are there, so that a link that leads nowhere always means lost data. */
export function linkToData(data: DataPlace): void {
  if (lstatSync(data.asked, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  if (realpathSync(dirname(data.asked)) === dirname(data.real) && basename(data.asked) === basename(data.real)) return;
  if (existsSync(data.asked)) rmdirSync(data.asked); // an empty folder that stood in its place
  symlinkSync(data.real, data.asked);
}

function place(asked: string, real: string): DataPlace {
  const beside = (suffix: string): string => `${real}.${suffix}`;
  const files = {
    lock: beside('lock'),
    secret: beside('secret'),
    facts: beside('server.json'),
    users: beside('users'),
    log: beside('log'),
  };
  return { account: chooseAccount(real), asked, real, ...files };
}

/** A folder that was moved took its link along: its database must not be taken for one that nobody uses. */
function rememberOrigin(asked: string, real: string): string {
  const note = join(dirname(real), ORIGIN);
  const says = `${ORIGIN_SAYS}${realpathSync(dirname(asked))}\n`;
  try {
    if (existsSync(note) && readFileSync(note, 'utf8') !== says) writeFileSync(note, says);
  } catch {
    // another account's note: it may stay as it is
  }
  return real;
}

function followLink(asked: string): string {
  const target = resolve(dirname(asked), readlinkSync(asked));
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory()) return realpathSync(target);
  throw new DatabaseStartError({
    code: 'missing-data-directory',
    what: `${asked} leads to ${target}, which does not exist: the data are gone or were left on another machine.`,
    mend: `restore ${target} from a backup, or delete the link ${asked} to begin with an empty database.`,
  });
}

/** Databases under `systemDir` that no link leads to where their folder was; those that this account may not look into are left out. */
export function orphanedData(systemDir: string = SYSTEM_DIR): string[] {
  if (!existsSync(systemDir)) return [];
  const homes = readdirSync(systemDir).map((name) => join(systemDir, name));
  return homes.filter((home) => existsSync(join(home, ORIGIN)) && isOrphan(home));
}

/** Another folder may stand at the path of the first by now: only a link into this home keeps it in use. */
function isOrphan(home: string): boolean {
  try {
    const parent = readFileSync(join(home, ORIGIN), 'utf8').trimEnd().slice(ORIGIN_SAYS.length);
    const inside = readdirSync(home).filter((name) => statSync(join(home, name)).isDirectory());
    const databases = inside.filter((name) => readdirSync(join(home, name)).includes('PG_VERSION'));
    if (databases.some((name) => existsSync(join(home, name, 'postmaster.pid')))) return false;
    return !databases.some((name) => leadsTo(join(parent, name), join(home, name)));
  } catch {
    return false; // not ours to look into: not ours to call abandoned
  }
}

function leadsTo(link: string, database: string): boolean {
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return false;
  return existsSync(link) && realpathSync(link) === realpathSync(database);
}

/** The place depends on the parent folder itself, not only on its name: a fresh clone at an old path begins with an empty database. */
function elsewhere(parent: string, name: string, systemDir: string): string {
  const { ino, birthtimeMs } = statSync(parent);
  const key = createHash('sha256').update(`${parent}\0${ino}\0${birthtimeMs}`).digest('hex').slice(0, 16);
  const home = join(systemDir, key);
  makeOpenFolder(systemDir);
  makeOpenFolder(home);
  writeFileSync(join(home, ORIGIN), `${ORIGIN_SAYS}${parent}\n`);
  return join(realpathSync(home), name);
}

function unreachable(real: string, account: Account): DatabaseStartError {
  return new DatabaseStartError({
    code: 'no-permission',
    what: `The database in ${real} runs as ${account.name}, who can no longer enter that folder.`,
    mend: `give ${account.name} the right to pass through every parent folder (chmod o+x), or start Palpite as that account.`,
  });
}
