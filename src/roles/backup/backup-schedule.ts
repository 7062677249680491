// Base backups on a schedule, made by whoever keeps up the read models. The newest backup says when the next is due, so a restart changes
// nothing; a lease keeps two processes from copying at once.
import { setTimeout as sleep } from 'node:timers/promises';
import { LEASE_TTL_MS } from '../ledgers.ts';
import type { PlatformContext } from '../context.ts';
import type { Running } from '../runtime.ts';
import { holderName } from '../start/standing-by.ts';
import { lastBaseAt } from './backup-findings.ts';
import { createBackupOf } from './backup-run.ts';

const LEASE = 'backup';
const HOUR_MS = 3_600_000;
/** How often it is looked whether one is due, ms. */
const LOOK_MS = 60_000;
/** After one that failed, ms: a full disk is not mended within a minute, and each try costs a copy. */
const RETRY_MS = 900_000;

/** A stop does not wait longer for a copy under way, ms. */
const STOP_MS_MAX = 2_000;

export interface ScheduleOptions {
  readonly lookMs?: number;
  /** Makes one; for tests. */
  readonly make?: (context: PlatformContext) => Promise<unknown>;
}

export function startBackups(context: PlatformContext, options: ScheduleOptions = {}): Running {
  const { database, environment, log } = context;
  if (environment.BACKUP_EVERY_HOURS === 0) return { stop: () => Promise.resolve() };
  if (!database.embedded) {
    log.warn('backup.not_scheduled', {
      why: 'BACKUP_EVERY_HOURS is for the embedded database; DATABASE_URL names another server',
    });
    return { stop: () => Promise.resolve() };
  }
  const stopped = new AbortController();
  const running = watch(context, options, stopped.signal);
  return {
    async stop() {
      stopped.abort();
      // A copy under way ends with its connection, and what it left is removed by the next one.
      await Promise.race([running, sleep(STOP_MS_MAX, undefined, { ref: false })]);
    },
  };
}

async function watch(
  context: PlatformContext,
  { lookMs = LOOK_MS, make = (of) => createBackupOf(of) }: ScheduleOptions,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    let pause = lookMs;
    try {
      if (await isDue(context)) await underLease(context, () => make(context));
    } catch (error) {
      context.log.error('backup.failed', { error: String(error) });
      pause = Math.max(lookMs, RETRY_MS);
    }
    await sleep(pause, undefined, { signal: stop, ref: false }).catch(() => undefined);
  }
}

async function isDue({ clock, environment }: PlatformContext): Promise<boolean> {
  const last = await lastBaseAt(environment);
  return last === null || clock.now() - last >= environment.BACKUP_EVERY_HOURS * HOUR_MS;
}

/** Looks again once the lease is held: another process may have made one meanwhile. */
async function underLease(context: PlatformContext, make: () => Promise<unknown>): Promise<void> {
  const { clock, leases, log } = context;
  const epoch = await leases.acquire(LEASE, { holder: holderName(), ttlMs: LEASE_TTL_MS });
  if (epoch === null) return;
  const renewal = setInterval(() => {
    leases
      .renew(LEASE, epoch, LEASE_TTL_MS)
      .catch((error: unknown) => log.warn('role.lease_not_renewed', { role: LEASE, error: String(error) }));
  }, LEASE_TTL_MS / 3);
  try {
    if (!(await isDue(context))) return;
    const began = clock.now();
    await make();
    log.info('backup.made', { ms: clock.now() - began });
  } finally {
    clearInterval(renewal);
    await leases.release(LEASE, epoch);
  }
}
