// Proofs and repairs over a stored chain, for the command line.
import { join } from 'node:path';
import { evolve } from '#core/evolve.ts';
import { initialShard } from '#core/kernel/state.ts';
import { CHAIN_START, type ChainPlace, eventsOf, readChain } from '#engine/journal/chain-reader.ts';
import { HeadExport } from '#engine/journal/head-export.ts';
import { verifyChain } from '#engine/journal/journal-verify.ts';
import { Projector } from '#engine/projections/projector.ts';
import { stateHash } from '#engine/state/snapshot.ts';
import { migrateUp, migrationStatus, type MigrationStatus } from '#adapters/postgres/schema/migrate.ts';
import { MIGRATIONS_DIR } from '#adapters/postgres/database.ts';
import type { PlatformContext } from './context.ts';

export interface VerifyReport {
  readonly ok: boolean;
  readonly blocks: number;
  readonly events: number;
  readonly head: string;
  /** Exported heads that were compared. */
  readonly heads: number;
  readonly fault: { shard: number; blockNo: number; seq: number; what: string } | null;
}

/** Checks a chain and, for it, every signed head that was exported. */
export async function verifyJournal(
  context: PlatformContext,
  shard: number,
  options: { decideAgain: boolean },
): Promise<VerifyReport> {
  const journal = await context.journal();
  const report = await verifyChain(journal, shard, options);
  const { blocks, events, head } = report;
  const base = { blocks, events, head: head ? `block ${head.blockNo} ${head.hash}` : 'none' };
  if (!report.ok) return { ...base, ok: false, heads: 0, fault: report.fault };
  const exported = (await (await HeadExport.open(join(context.environment.dataDir, 'heads'))).read()).filter(
    (h) => h.shard === shard,
  );
  for (const signed of exported) {
    const [block] = await journal.read(shard, signed.blockNo, 1);
    if (block?.hash === signed.hash) continue;
    const what = block ? 'the block is not the one whose head was signed' : 'the chain is shorter than a head that was signed';
    return { ...base, ok: false, heads: exported.length, fault: { shard, blockNo: signed.blockNo, seq: signed.seq, what } };
  }
  return { ...base, ok: true, heads: exported.length, fault: null };
}

export interface RebuildReport {
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly seq: number;
  readonly stateHash: string;
}

/** Folds the state from the first block, then drops the read models and projects them again. */
export async function rebuildProjections(context: PlatformContext, shard: number): Promise<RebuildReport> {
  const journal = await context.journal();
  const started = performance.now();
  const folded = await foldState(journal, shard);
  const seconds = (performance.now() - started) / 1000;
  await context.projections.reset(shard);
  const projector = new Projector({ shard }, { journal, projections: context.projections, log: context.log });
  await projector.catchUp();
  return {
    events: folded.events,
    seconds: Math.round(seconds * 1000) / 1000,
    eventsPerSecond: Math.round(folded.events / Math.max(seconds, 0.001)),
    seq: projector.place?.seq ?? 0,
    stateHash: folded.stateHash,
  };
}

/** Folds a chain from its first block to its state, and tells its place and hash. */
export async function foldState(journal: Awaited<ReturnType<PlatformContext['journal']>>, shard: number) {
  const state = initialShard();
  const blocks = readChain(journal, shard, CHAIN_START);
  let events = 0;
  for (;;) {
    const step = await blocks.next();
    if (step.done) return { events, place: step.value satisfies ChainPlace, stateHash: stateHash(state) };
    for (const event of eventsOf(step.value)) {
      evolve(state, event);
      events++;
    }
  }
}

export async function migrationsOf(context: PlatformContext, action: 'status' | 'up'): Promise<MigrationStatus> {
  const { pool } = context.database;
  if (action === 'up') await migrateUp(pool, { dir: MIGRATIONS_DIR, log: (message) => context.log.info('migrate', { message }) });
  return migrationStatus(pool, { dir: MIGRATIONS_DIR });
}
