// When the embedded database was last copied, and when it last handed over its log. A server of one's own is backed up by its own means.
import { archiverOf, lastBaseAt } from '../backup/backup-findings.ts';
import type { Running, Runtime } from '../runtime.ts';
import { poll } from './polled.ts';

const ASK_MS = 60_000;

export function watchBackups({ context, metrics }: Pick<Runtime, 'context' | 'metrics'>): Running {
  const { database, environment, log } = context;
  if (!database.embedded) return { stop: () => Promise.resolve() };
  const ask = async (): Promise<{ base: number | null; log: number | null }> => {
    const { lastAt, on } = await archiverOf(database.pool);
    return { base: await lastBaseAt(environment), log: on ? lastAt : null };
  };
  const known = poll(ask, { what: 'backups', everyMs: ASK_MS, log });
  for (const kind of ['base', 'log'] as const)
    metrics.gauge('palpite_backup_timestamp_seconds', () => (known.last?.[kind] ?? Number.NaN) / 1000, { kind });
  metrics.gauge('palpite_backup_interval_seconds', () => environment.BACKUP_EVERY_HOURS * 3_600);
  return known;
}
