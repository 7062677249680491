// Puts a recovered data directory in the place of the real one, which is kept aside under a dated name; and tries a backup out on the side.
// Until the two renames at the end nothing of the real place changes; a failed or killed restore leaves it as it was.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { Client } from 'pg';
import { RESTORING } from '../embedded/data-directory.ts';
import { countUsers } from '../embedded/attachments.ts';
import { findBinaries } from '../embedded/binaries.ts';
import { type DataPlace, linkToData, SYSTEM_DIR } from '../embedded/data-place.ts';
import { tryLock } from '../embedded/owner-lock.ts';
import { findPostmaster, stopPostmaster } from '../embedded/postmaster.ts';
import { writeSettings } from '../embedded/settings.ts';
import { switchArchivingOn } from './archive-command.ts';
import { type Plan, planFor } from './backup-catalog.ts';
import { BackupError } from './backup-error.ts';
import type { BackupPlace } from './backup-place.ts';
import { discard, type Progress, recover, type Recovered } from './recover.ts';

export interface RestoreOptions<T> {
  /** The moment, ms. */
  readonly at: number;
  /** Looks at the recovered database before it takes its place; what it throws ends the restore. */
  readonly check: (url: string) => Promise<T>;
  readonly onProgress?: Progress;
  readonly systemDir?: string;
}

export interface Restored<T> {
  readonly plan: Plan;
  /** Where the old data directory is now, or null when there was none. */
  readonly keptAside: string | null;
  readonly checked: T;
}

export interface TrialOptions<T> {
  /** A base backup; without one, the newest. */
  readonly id?: string;
  readonly at?: number;
  readonly check: (url: string) => Promise<T>;
  readonly onProgress?: Progress;
  readonly systemDir?: string;
}

/** Brings the database back to a moment. Refuses while anybody uses it. */
export function restoreTo<T>(backups: BackupPlace, options: RestoreOptions<T>): Promise<Restored<T>> {
  return alone(backups.data, async () => {
    const { data } = backups;
    await requireStopped(data, options.systemDir ?? SYSTEM_DIR);
    const plan = planFor(backups, { at: options.at, withOwnLog: true });
    const { at, onProgress, systemDir } = options;
    const more = { ...(onProgress ? { onProgress } : {}), ...(systemDir === undefined ? {} : { systemDir }) };
    const recovered = await recover(backups, {
      plan,
      at,
      suffix: RESTORING,
      archives: true,
      ...more,
    });
    try {
      const checked = await checkAndArm(backups, recovered, options.check);
      writeSettings(recovered.place, {}); // those of recovery have done their work
      return { plan, keptAside: swap(recovered.place, data), checked };
    } finally {
      discard(recovered.place);
    }
  });
}

/** It may have been backed up with another folder for its log. */
async function checkAndArm<T>(backups: BackupPlace, recovered: Recovered, check: (url: string) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: recovered.url });
  client.on('error', () => undefined); // shows in the next query
  try {
    await client.connect();
    await switchArchivingOn(client, backups, recovered.place.real);
    return await check(recovered.url);
  } finally {
    await client.end().catch(() => undefined);
    await recovered.stop();
  }
}

/** Recovers into a scratch server, lets `check` look, and deletes it. The real server may run meanwhile. */
export async function tryOut<T>(backups: BackupPlace, options: TrialOptions<T>): Promise<{ plan: Plan; checked: T }> {
  const { at, check, id, ...more } = options;
  const want = { ...(at === undefined ? {} : { at }), ...(id === undefined ? {} : { id }) };
  const suffix = '.verifying';
  const scratch = { ...backups.data, lock: `${backups.data.real}${suffix}.lock`, real: `${backups.data.real}${suffix}` };
  return alone(scratch, async () => {
    const plan = planFor(backups, { ...want, withOwnLog: false });
    const recovered = await recover(backups, { plan, suffix, archives: false, ...more, ...want });
    try {
      return { plan, checked: await check(recovered.url) };
    } finally {
      await recovered.stop();
      discard(recovered.place);
    }
  });
}

/** Under the lock that starting and stopping take: no server can appear meanwhile. */
async function alone<T>(data: DataPlace, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(data.lock), { recursive: true });
  const lock = tryLock(data.lock);
  if (!lock)
    throw new BackupError(
      `Another process is starting, stopping or restoring ${data.real}.`,
      `wait for it and try again; its lock file is ${data.lock}.`,
    );
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** A server that its owner left behind is stopped, which also hands over the rest of its log; one in use is not. */
async function requireStopped(data: DataPlace, systemDir: string): Promise<void> {
  const server = findPostmaster(data.real);
  if (!server) return;
  if (countUsers(data) > 0)
    throw new BackupError(
      `The database server of ${data.real} runs (process ${server.pid}) and is in use.`,
      'stop all Palpite processes, then try again; nothing was changed.',
    );
  await stopPostmaster(data, await findBinaries(data.account, systemDir), () => undefined);
}

function swap(recovered: DataPlace, data: DataPlace): string | null {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const aside = existsSync(data.real) ? `${data.real}.before-restore-${stamp}` : null;
  try {
    if (aside) renameSync(data.real, aside);
    renameSync(recovered.real, data.real);
  } catch (cause) {
    if (aside && !existsSync(data.real)) renameSync(aside, data.real);
    throw new BackupError(
      `${data.real} cannot be replaced: ${(cause as Error).message}`,
      'when it is itself a mount point, mount its parent instead; nothing was changed.',
      cause,
    );
  }
  const folder = openSync(dirname(data.real), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
  linkToData(data);
  return aside;
}
