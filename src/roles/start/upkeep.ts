// Upkeep of an installation: deletes what has outlived its use, in small transactions with pauses between them, and cuts the server's log.
import { setTimeout as sleep } from 'node:timers/promises';
import { BATCH_ROWS, deleteOld, LIFETIMES } from '#adapters/postgres/lifetimes.ts';
import type { PlatformContext } from '../context.ts';
import type { Running } from '../runtime.ts';

const FIRST_MS = 30_000;
const EVERY_MS = 600_000;
/** Between two batches, ms: others use the database too. */
const PAUSE_MS = 20;
/** Of one table in one round; the rest waits for the next. */
const BATCHES_MAX = 2_000;

export interface UpkeepOptions {
  readonly firstMs?: number;
  readonly everyMs?: number;
  readonly pauseMs?: number;
}

type UpkeepContext = Pick<PlatformContext, 'clock' | 'database' | 'log'>;

export function startUpkeep(context: UpkeepContext, options: UpkeepOptions = {}): Running {
  let stopped = false;
  let round: Promise<void> | null = null;
  const run = (): void => {
    round ??= keepUp(context, () => stopped, options.pauseMs ?? PAUSE_MS).finally(() => (round = null));
  };
  const first = setTimeout(run, options.firstMs ?? FIRST_MS);
  const timer = setInterval(run, options.everyMs ?? EVERY_MS);
  return {
    async stop() {
      stopped = true;
      clearTimeout(first);
      clearInterval(timer);
      await round;
    },
  };
}

/** One round. A table that cannot be cut does not keep the others from it. */
export async function keepUp(context: UpkeepContext, stopped: () => boolean, pauseMs = PAUSE_MS): Promise<void> {
  const { clock, database, log } = context;
  for (const lifetime of LIFETIMES) {
    const { table } = lifetime;
    let rows = 0;
    try {
      for (let batch = 0; batch < BATCHES_MAX && !stopped(); batch++) {
        const deleted = await deleteOld(database.pool, lifetime, clock.now());
        rows += deleted;
        if (deleted < BATCH_ROWS) break;
        await sleep(pauseMs);
      }
    } catch (error) {
      log.warn('upkeep.failed', { table, error: String(error) });
    }
    if (rows > 0) log.info('upkeep.deleted', { table, rows });
  }
  try {
    database.cutServerLog();
  } catch (error) {
    log.warn('upkeep.log_not_cut', { error: String(error) });
  }
}
