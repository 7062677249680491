// Environment -> adapters: the one place that chooses them. Roles and commands ask here and never import an adapter.
import { join } from 'node:path';
import type { Clock } from '#ports/clock.ts';
import type { DecisionLog } from '#ports/decision-log.ts';
import type { Journal } from '#ports/journal.ts';
import type { Log } from '#ports/log.ts';
import type { Runs } from '#ports/runs.ts';
import type { Snapshots } from '#ports/snapshots.ts';
import type { Projections } from '#ports/projections.ts';
import type { ProjectionBatch } from '#engine/projections/projection-batch.ts';
import { type Database, openDatabase } from '#adapters/postgres/database.ts';
import { PostgresDecisionLog } from '#adapters/postgres/postgres-decision-log.ts';
import { PostgresJournal } from '#adapters/postgres/postgres-journal.ts';
import { PostgresProjections } from '#adapters/postgres/postgres-projections.ts';
import { PostgresRuns } from '#adapters/postgres/postgres-runs.ts';
import { PostgresSnapshots } from '#adapters/postgres/postgres-snapshots.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import type { Environment } from './environment.ts';

export interface PlatformContext {
  readonly environment: Environment;
  readonly log: Log;
  readonly clock: Clock;
  readonly database: Database;
  readonly snapshots: Snapshots;
  readonly runs: Runs;
  readonly projections: Projections<ProjectionBatch>;
  /** A journal with a connection of its own for appending. */
  journal(): Promise<Journal>;
  decisionLog(tenantId: string): DecisionLog;
  close(): Promise<void>;
}

export interface ContextOptions {
  readonly environment: Environment;
  readonly log: Log;
  readonly migrate?: boolean;
}

export async function openContext(options: ContextOptions): Promise<PlatformContext> {
  const { environment, log } = options;
  const database = await openDatabase({
    url: environment.DATABASE_URL,
    dataDir: join(environment.dataDir, 'postgres'),
    log: (message) => log.info('database', { message }),
    ...(options.migrate === undefined ? {} : { migrate: options.migrate }),
  });
  const { pool } = database;
  return {
    environment,
    log,
    clock: new SystemClock(),
    database,
    snapshots: new PostgresSnapshots(pool),
    runs: new PostgresRuns(pool),
    projections: new PostgresProjections(pool),
    journal: async () => new PostgresJournal(await database.connect(), pool),
    decisionLog: (tenantId) => new PostgresDecisionLog(pool, tenantId),
    close: () => database.close(),
  };
}
