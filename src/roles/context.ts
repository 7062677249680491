// Environment -> adapters: the one place that chooses them. Roles and commands ask here and never import an adapter.
import { join } from 'node:path';
import type { BotStore } from '#ports/bot-store.ts';
import type { Clock } from '#ports/clock.ts';
import type { Cursors } from '#ports/cursors.ts';
import type { LedgerRow, ReviewQueue } from '#ports/read-models.ts';
import type { PoolReads } from '#ports/pool-reads.ts';
import { MAIN_LEDGER, shardOf } from '#core/ledger/shard.ts';
import type { DeadLetters } from '#ports/dead-letters.ts';
import type { DecisionLog } from '#ports/decision-log.ts';
import type { Journal } from '#ports/journal.ts';
import type { Log } from '#ports/log.ts';
import type { Runs } from '#ports/runs.ts';
import type { Leases } from '#ports/leases.ts';
import type { Shards } from '#ports/shards.ts';
import type { KeptSnapshots } from '#ports/snapshots.ts';
import type { StateHashes } from '#ports/state-hashes.ts';
import type { Projections } from '#ports/projections.ts';
import type { ProjectionBatch } from '#engine/projections/projection-batch.ts';
import { ApiKeys } from '#adapters/auth/api-keys.ts';
import {
  blockOfSeq,
  type Database,
  leaseAddress,
  openDatabase,
  type ProjectionLag,
  projectionLags,
} from '#adapters/postgres/database.ts';
import { PostgresPoolReads } from '#adapters/postgres/pools/postgres-pool-reads.ts';
import { PostgresBots } from '#adapters/postgres/postgres-bots.ts';
import { PostgresDeadLetters } from '#adapters/postgres/postgres-dead-letters.ts';
import { PostgresCursors } from '#adapters/postgres/journal/postgres-cursors.ts';
import { PostgresPrincipals } from '#adapters/postgres/principals.ts';
import { PostgresReviewQueue } from '#adapters/postgres/reads/read-models-review.ts';
import { PostgresDecisionLog } from '#adapters/postgres/reads/postgres-decision-log.ts';
import { PostgresJournal } from '#adapters/postgres/journal/postgres-journal.ts';
import { PostgresProjections } from '#adapters/postgres/reads/postgres-projections.ts';
import { PostgresRuns } from '#adapters/postgres/journal/postgres-runs.ts';
import { readAs } from '#adapters/postgres/reads/reader.ts';
import { readAllLedgers, readLedger } from '#adapters/postgres/reads/read-transfers.ts';
import { PostgresShards } from '#adapters/postgres/journal/postgres-shards.ts';
import { PostgresSnapshots } from '#adapters/postgres/journal/postgres-snapshots.ts';
import { PostgresStateHashes } from '#adapters/postgres/journal/postgres-state-hashes.ts';
import { PostgresLeases } from '#adapters/postgres/postgres-leases.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import type { Environment } from './environment.ts';

export interface PlatformContext {
  readonly environment: Environment;
  readonly log: Log;
  readonly clock: Clock;
  readonly database: Database;
  readonly snapshots: KeptSnapshots;
  readonly stateHashes: StateHashes;
  readonly runs: Runs;
  readonly keys: ApiKeys;
  readonly review: ReviewQueue;
  /** Of the ledger `main`. */
  readonly pools: PoolReads;
  readonly bots: BotStore;
  readonly cursors: Cursors;
  readonly leases: Leases;
  readonly shards: Shards;
  readonly deadLetters: DeadLetters;
  readonly projections: Projections<ProjectionBatch>;
  /** A journal with a connection of its own for appending. */
  journal(): Promise<Journal>;
  /** A journal that shares connections for appending with others: for chains that seldom grow. */
  sharedJournal(): Journal;
  decisionLog(tenantId: string): DecisionLog;
  /** Where the live writer of a shard can be reached, or null when nobody holds it. */
  writerAddress(shard: number): Promise<string | null>;
  /** How far the read models are behind the journal, of every shard where they are. */
  projectionLags(): Promise<ReadonlyMap<number, ProjectionLag>>;
  /** Every ledger. */
  ledgers(): Promise<readonly LedgerRow[]>;
  ledger(ledgerId: string): Promise<LedgerRow | null>;
  /** Number of the block that holds a seq. */
  blockOfSeq(shard: number, seq: number): Promise<number>;
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
  const clock = new SystemClock();
  return {
    environment,
    log,
    clock,
    database,
    snapshots: new PostgresSnapshots(pool),
    stateHashes: new PostgresStateHashes(pool),
    runs: new PostgresRuns(pool),
    projections: new PostgresProjections(pool),
    journal: async () => new PostgresJournal(await database.connect(), pool),
    sharedJournal: () => new PostgresJournal(database.appenders, pool),
    decisionLog: (tenantId) => new PostgresDecisionLog(pool, tenantId),
    blockOfSeq: (shard, seq) => blockOfSeq(pool, shard, seq),
    ledgers: () => readAs(pool, null, (reading) => readAllLedgers(reading)),
    ledger: (ledgerId) => readAs(pool, null, (reading) => readLedger(reading, ledgerId)),
    projectionLags: () => projectionLags(pool, clock.now()),
    writerAddress: (shard) => leaseAddress(pool, shard),
    keys: new ApiKeys(new PostgresPrincipals(pool), clock),
    review: new PostgresReviewQueue(pool),
    pools: new PostgresPoolReads(pool, { shard: shardOf(MAIN_LEDGER), ledgerId: MAIN_LEDGER }),
    bots: new PostgresBots(pool),
    cursors: new PostgresCursors(pool),
    leases: new PostgresLeases(pool),
    shards: new PostgresShards(pool),
    deadLetters: new PostgresDeadLetters(pool),
    close: () => database.close(),
  };
}
