// Under which account PostgreSQL runs. It refuses to run as root, so root lends it an unprivileged account that already exists
// (the owner of existing data, else `postgres`, else `nobody`); accounts are never created. Anyone else runs it as themselves.
import { spawn } from 'node:child_process';
import { accessSync, chmodSync, constants, mkdirSync, readFileSync, statSync } from 'node:fs';
import { DatabaseStartError } from './start-error.ts';

/** `ids` is undefined when the server runs as the present user. */
export type Account = { name: string; ids: { uid: number; gid: number } | undefined };

export type Finished = { code: number | null; output: string };

const CANDIDATES = ['postgres', 'nobody'];

/** Chooses the account; `realDir` is the data directory, which may not exist yet. */
export function chooseAccount(realDir: string): Account {
  const uid = process.getuid?.();
  const owner = statSync(realDir, { throwIfNoEntry: false });
  if (uid !== 0) {
    if (uid !== undefined && owner !== undefined && owner.uid !== uid) throw notYours(realDir, owner.uid);
    return { name: 'the present user', ids: undefined };
  }
  if (owner !== undefined && owner.uid !== 0) return { name: accountName(owner.uid), ids: { uid: owner.uid, gid: owner.gid } };
  for (const name of CANDIDATES) {
    const ids = lookUp(name);
    if (ids !== undefined && ids.uid !== 0) return { name, ids };
  }
  throw new DatabaseStartError({
    code: 'no-permission',
    what: 'PostgreSQL refuses to run as root and this system has no account "postgres" or "nobody" to lend it.',
    mend: 'start Palpite as an ordinary user, or set DATABASE_URL.',
  });
}

/** The environment of every PostgreSQL process: no PG* variable of the caller may bend it, and its messages are in English. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env;
  return { ...(PATH === undefined ? {} : { PATH }), ...(SystemRoot === undefined ? {} : { SystemRoot }), LC_ALL: 'C', TZ: 'UTC' };
}

/** Runs a program to its end as `account`, with `input` on its standard input; both outputs come back as one text. */
export function runAs(account: Account, program: string, args: readonly string[], input = ''): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...account.ids, cwd: '/', env: cleanEnvironment(), stdio: 'pipe' });
    let output = '';
    const gather = (chunk: Buffer): void => void (output += chunk.toString('utf8'));
    child.stdout.on('data', gather);
    child.stderr.on('data', gather);
    child.stdin.on('error', () => {}); // the program may end without reading its input
    child.on('error', (error) => resolve({ code: null, output: `${output}${error.message}\n` }));
    child.on('close', (code) => resolve({ code, output }));
    child.stdin.end(input);
  });
}

/** Whether the account can walk into `dir`; asked of the kernel by trying, so that ACLs, parents and mounts all count. */
export async function canEnter(account: Account, dir: string): Promise<boolean> {
  if (account.ids !== undefined) return (await runAs(account, '/bin/sh', ['-c', 'cd "$1"', 'sh', dir])).code === 0;
  try {
    accessSync(dir, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Makes a folder that every account can pass through, whatever the umask; a folder that exists is left as it is. */
export function makeOpenFolder(dir: string): void {
  if (mkdirSync(dir, { recursive: true }) !== undefined) chmodSync(dir, 0o755);
}

type PasswdRow = { name: string; uid: number; gid: number };

function passwd(): PasswdRow[] {
  let text = '';
  try {
    text = readFileSync('/etc/passwd', 'utf8');
  } catch {
    return [];
  }
  const rows = text.split('\n').map((line) => line.split(':'));
  // macOS writes nobody as -2; the kernel means the unsigned number.
  return rows.map(([name = '', , uid = '', gid = '']) => ({ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }));
}

function lookUp(name: string): { uid: number; gid: number } | undefined {
  const row = passwd().find((each) => each.name === name);
  return row && { uid: row.uid, gid: row.gid };
}

function accountName(uid: number): string {
  return passwd().find((row) => row.uid === uid)?.name ?? `uid ${uid}`;
}

function notYours(realDir: string, ownerUid: number): DatabaseStartError {
  return new DatabaseStartError({
    code: 'no-permission',
    what: `The data directory ${realDir} belongs to ${accountName(ownerUid)}, and you are not that account.`,
    mend: `start Palpite as ${ownerUid === 0 ? 'root' : `${accountName(ownerUid)} (or as root, if root made it)`}, or choose another data directory.`,
  });
}
