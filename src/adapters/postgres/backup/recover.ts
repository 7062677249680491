// A data directory brought back from a base backup and rolled forward along the log to a moment, with a server of its own on a free port.
// It is built under another name: what runs or lies in the real place is not touched.
import { copyFileSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Binaries, findBinaries } from '../embedded/binaries.ts';
import { readSecret } from '../embedded/data-directory.ts';
import { SYSTEM_DIR, type DataPlace } from '../embedded/data-place.ts';
import { runAs } from '../embedded/run-as.ts';
import { logIn, resetPassword, serverUrl } from '../embedded/databases.ts';
import { launch, stopPostmaster } from '../embedded/postmaster.ts';
import { freePort } from '../embedded/server.ts';
import { type Settings, writeSettings } from '../embedded/settings.ts';
import { DatabaseStartError } from '../embedded/start-error.ts';
import { installScript, restoreCommand } from './archive-command.ts';
import { copyBack, own } from './backup-files.ts';
import type { Plan } from './backup-catalog.ts';
import { BackupError, momentText } from './backup-error.ts';
import { type BackupPlace, giveArchive } from './backup-place.ts';
import { segmentOf } from './wal-archive.ts';

export interface Progress {
  /** `copy` counts bytes, `log` pieces of the log. */
  (stage: 'copy' | 'log', done: number, total: number): void;
}

export interface RecoverOptions {
  readonly plan: Plan;
  /** The moment, ms; without one, the end of the log. */
  readonly at?: number;
  /** Name of the folder, beside the data directory. */
  readonly suffix: string;
  /** False for a server that is thrown away: it must add nothing to the archive. */
  readonly archives: boolean;
  readonly onProgress?: Progress;
  readonly systemDir?: string;
}

export interface Recovered {
  readonly url: string;
  readonly place: DataPlace;
  /** Stops the server and leaves the folder. */
  stop(): Promise<void>;
}

const RECOVERY_MS_MAX = 3_600_000;
const PROGRESS_MS = 200;
const SPARE_BYTES = 512 * 1024 * 1024;
const DAMAGED = /could not restore file "([^"]+)" from archive/;
/** What PostgreSQL says when nothing was committed between the moment and the end of the log. */
const LOG_ENDED = /recovery ended before configured recovery target was reached/;

/** Builds and starts it; the caller stops it and renames or deletes the folder. */
export async function recover(backups: BackupPlace, options: RecoverOptions): Promise<Recovered> {
  const { data } = backups;
  const real = `${data.real}${options.suffix}`;
  const place: DataPlace = { ...data, asked: real, real, log: `${real}.log` };
  const binaries = await findBinaries(data.account, options.systemDir ?? SYSTEM_DIR);
  if (binaries.major !== options.plan.base.postgresMajor)
    throw new BackupError(
      `The backup was made by PostgreSQL ${options.plan.base.postgresMajor}; this Palpite brings PostgreSQL ${binaries.major}.`,
      'restore it with the version of Palpite that made it.',
    );
  await stopPostmaster(place, binaries, () => undefined); // of an attempt that was killed
  discard(place);
  requireSpace(dirname(real), options.plan);
  giveArchive(backups);
  await requireReach(backups, options.plan);
  try {
    await build(backups, place, options);
    return await run(backups, { place, binaries, options });
  } catch (error) {
    await stopPostmaster(place, binaries, () => undefined).catch(() => undefined);
    discard(place);
    throw error;
  }
}

/** Deletes a folder that was recovered, and its server's output. */
export function discard(place: DataPlace): void {
  rmSync(place.real, { recursive: true, force: true });
  rmSync(place.log, { force: true });
}

async function build(backups: BackupPlace, place: DataPlace, options: RecoverOptions): Promise<void> {
  const { account } = place;
  const copy = join(backups.base, options.plan.base.id, 'data');
  await copyBack(copy, place.real, account, (done, total) => options.onProgress?.('copy', done, total));
  addOwnLog(backups, place, options.plan);
  const signal = join(place.real, 'recovery.signal');
  writeFileSync(signal, '', { mode: 0o600 });
  own(signal, account);
  installScript(place.real, backups);
}

/** What the old server still had and the archive has not. Recovery looks into the archive first. */
function addOwnLog(backups: BackupPlace, place: DataPlace, { beyond }: Plan): void {
  for (const { name } of beyond) {
    const to = join(place.real, 'pg_wal', name);
    copyFileSync(join(backups.data.real, 'pg_wal', name), to);
    own(to, place.account);
  }
}

type Run = { place: DataPlace; binaries: Binaries; options: RecoverOptions };

async function run(backups: BackupPlace, { binaries, options, place }: Run): Promise<Recovered> {
  const quiet = (): void => undefined;
  const watching = watchLog(place, options);
  try {
    let port = await launchTo(backups, { place, binaries, options });
    const secret = readSecret(place);
    if ((await logIn(port, secret)) === 'wrong-password') {
      // The password file was lost with the disk: who may write the files owns the database anyway.
      await stopPostmaster(place, binaries, quiet);
      await resetPassword(place, binaries, secret);
      port = await launchTo(backups, { place, binaries, options });
    }
    return { url: serverUrl(port, secret), place, stop: () => stopPostmaster(place, binaries, quiet) };
  } finally {
    watching.stop();
  }
}

/** Rolls forward to the moment. Where the log ends before it without a gap, nothing was committed in between: then its end is that moment. */
async function launchTo(backups: BackupPlace, { binaries, options, place }: Run): Promise<number> {
  const settings = recoverySettings(backups, options);
  const start = async (target: Settings): Promise<number> => {
    writeSettings(place, { ...settings, ...target });
    const patience = { timeoutMs: RECOVERY_MS_MAX, log: () => undefined };
    return (await launch(place, binaries, { port: await freePort(), ...patience })).port;
  };
  try {
    return await start(options.at === undefined ? {} : { recovery_target_time: targetText(options.at) });
  } catch (error) {
    const said = error instanceof DatabaseStartError ? error.serverLog : '';
    const damaged = DAMAGED.exec(said)?.[1];
    if (damaged !== undefined) throw unreadable(damaged, backups, error);
    if (!LOG_ENDED.test(said)) throw error;
    if (lastFetched(place) < options.plan.lastWal.segment && options.plan.beyond.length === 0) throw cutShort(options);
    return start({});
  }
}

function recoverySettings(backups: BackupPlace, { archives, plan }: RecoverOptions): Settings {
  return {
    restore_command: restoreCommand(backups),
    recovery_target_timeline: String(plan.timeline),
    recovery_target_action: 'promote',
    hot_standby: 'off',
    ...(archives ? {} : { archive_mode: 'off' }),
  };
}

/** PostgreSQL refuses a Z. */
function targetText(at: number): string {
  return momentText(at).replace('Z', '+00');
}

/** The pieces that recovery asked for show how far it is. */
function watchLog(place: DataPlace, { onProgress, plan }: RecoverOptions): { stop(): void } {
  const first = segmentOf(plan.base.startWal);
  const total = plan.lastWal.segment - first + 1;
  const tell = (): void => onProgress?.('log', Math.max(0, Math.min(total, lastFetched(place) - first + 1)), total);
  let stopped = false;
  const loop = async (): Promise<void> => {
    while (!stopped) {
      tell();
      await sleep(PROGRESS_MS, undefined, { ref: false });
    }
  };
  void loop();
  return {
    stop() {
      stopped = true;
      tell();
    },
  };
}

/** Number of the last piece that recovery took from the archive; 0 before the first. */
function lastFetched({ log }: DataPlace): number {
  let text = '';
  try {
    text = readFileSync(log, 'utf8');
  } catch {
    return 0; // the server has not said anything yet
  }
  const names = [...text.matchAll(/restored log file "([0-9A-F]{24})" from archive/g)].map((found) => found[1] as string);
  return Math.max(0, ...names.map(segmentOf));
}

/** To an account that cannot get there, every piece of the log would be missing. */
async function requireReach({ data: { account }, wal }: BackupPlace, { base }: Plan): Promise<void> {
  const { code } = await runAs(account, '/bin/sh', ['-c', 'test -r "$1"', 'sh', join(wal, `${base.startWal}.gz`)]);
  if (code === 0) return;
  throw new BackupError(
    `${account.name}, who runs the database, cannot read ${wal}.`,
    'move the backups to a folder that this account can reach, and set BACKUP_DIR to it.',
  );
}

function requireSpace(dir: string, { base }: Plan): void {
  const disk = statfsSync(dir);
  const free = disk.bavail * disk.bsize;
  if (free >= base.bytes + SPARE_BYTES) return;
  const mib = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;
  throw new BackupError(
    `${dir} has ${mib(free)} free; bringing the backup back needs ${mib(base.bytes + SPARE_BYTES)}.`,
    'free some space and try again; nothing was changed.',
  );
}

function cutShort({ at, plan }: RecoverOptions): BackupError {
  return new BackupError(
    `The log ends before ${momentText(at ?? plan.until)} although ${plan.lastWal.name} is in the archive.`,
    'a piece before it is damaged: choose an earlier moment, and make a new base backup.',
  );
}

function unreadable(name: string, { wal }: BackupPlace, cause: unknown): BackupError {
  return new BackupError(
    `${join(wal, `${name}.gz`)} is there and cannot be read.`,
    'bring that file back from a copy, or choose a moment before it; nothing was changed.',
    cause,
  );
}
