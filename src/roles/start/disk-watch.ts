// Free space on the disk of the embedded database. PostgreSQL stops when its disk is full, in the middle of anything: bets are refused well
// before, and taken again only when there is clearly more room, so that a disk at the edge does not flap.
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '#ports/log.ts';
import type { Runtime } from '../runtime.ts';

export interface DiskWatch {
  /** True while bets are refused. */
  readonly low: boolean;
  /** At the last look; null when nothing is watched (a server elsewhere) or before the first look. */
  readonly freeBytes: number | null;
  stop(): void;
}

export interface DiskBounds {
  /** Any path on the disk. */
  readonly dir: string;
  /** Low below this, bytes. */
  readonly minBytes: number;
  /** No longer low from here on, bytes. */
  readonly enoughBytes: number;
  readonly everyMs?: number;
}

/** At the fastest this machine class writes (some 100 MB/s), a reserve of 1 GB lasts for two looks. */
const LOOK_MS = 5_000;
/** How much more than the least must be free until bets are taken again. */
const ENOUGH_SHARE = 1.25;
const MEBIBYTE = 1024 * 1024;

/** Watches the disk that the environment tells of, and says so in the metrics. */
export async function watchDisk({ context, metrics }: Pick<Runtime, 'context' | 'metrics'>): Promise<DiskWatch> {
  const { database, environment, log } = context;
  const minBytes = environment.DISK_FREE_MIN_MB * MEBIBYTE;
  if (!database.embedded || minBytes === 0) return { low: false, freeBytes: null, stop: () => undefined };
  const dir = join(environment.dataDir, 'postgres');
  const watch = await DiskLook.open({ dir, minBytes, enoughBytes: minBytes * ENOUGH_SHARE }, log);
  metrics.gauge('palpite_disk_free_bytes', () => watch.freeBytes ?? Number.NaN);
  metrics.gauge('palpite_disk_low', () => (watch.low ? 1 : 0));
  return watch;
}

export class DiskLook implements DiskWatch {
  low = false;
  freeBytes: number | null = null;
  readonly #bounds: DiskBounds;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;

  private constructor(bounds: DiskBounds, log: Log) {
    this.#bounds = bounds;
    this.#log = log;
    this.#timer = setInterval(() => void this.#look(), bounds.everyMs ?? LOOK_MS);
    this.#timer.unref();
  }

  /** Has looked once when it returns. */
  static async open(bounds: DiskBounds, log: Log): Promise<DiskLook> {
    const look = new DiskLook(bounds, log);
    await look.#look();
    return look;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { dir, enoughBytes, minBytes } = this.#bounds;
    try {
      const disk = await statfs(dir);
      this.freeBytes = disk.bavail * disk.bsize;
    } catch (error) {
      this.#log.warn('disk.not_looked_at', { dir, error: String(error) }); // what was known last still counts
      return;
    }
    const low = this.low ? this.freeBytes < enoughBytes : this.freeBytes < minBytes;
    if (low !== this.low) this.#log[low ? 'error' : 'info'](low ? 'disk.low' : 'disk.enough', { dir, freeBytes: this.freeBytes });
    this.low = low;
  }
}
