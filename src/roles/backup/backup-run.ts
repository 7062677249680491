// Backups of the embedded server as an operator asks for them: make, list, try out, go back to a moment. A database that comes from a backup
// is believed only after its chains were verified, folded, and compared with the signed heads.
import { existsSync } from 'node:fs';
import { copyFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadExport, type SignedHead } from '#engine/journal/head-export.ts';
import { verifyChain } from '#engine/journal/journal-verify.ts';
import { silentLog } from '#ports/log.ts';
import { liveShards, projectedBlock } from '#adapters/postgres/database.ts';
import { switchArchivingOff } from '#adapters/postgres/backup/archive-command.ts';
import { type Created, createBackup } from '#adapters/postgres/backup/base-backup.ts';
import { type Catalog, readCatalog } from '#adapters/postgres/backup/backup-catalog.ts';
import { BackupError, momentText } from '#adapters/postgres/backup/backup-error.ts';
import { type BackupPlace, locateBackups } from '#adapters/postgres/backup/backup-place.ts';
import type { Progress } from '#adapters/postgres/backup/recover.ts';
import { restoreTo, tryOut } from '#adapters/postgres/backup/restore.ts';
import { openContext, type PlatformContext } from '../context.ts';
import { type Environment, readEnvironment } from '../environment.ts';
import { foldState } from '../journal-tools.ts';

export type { Progress } from '#adapters/postgres/backup/recover.ts';

/** What was proved about one chain. */
export interface ChainProof {
  readonly shard: number;
  readonly blocks: number;
  readonly events: number;
  readonly head: string;
  /** Of the folded state. */
  readonly stateHash: string;
  /** Signed heads that were compared, and those that the moment lies before. */
  readonly heads: number;
  readonly headsLater: number;
  /** Last block in the read models; the next start projects what is missing. */
  readonly projectedBlock: number;
}

export interface TrialReport {
  readonly base: string;
  readonly until: number;
  readonly chains: readonly ChainProof[];
  readonly seconds: number;
}

export interface RestoreReport extends TrialReport {
  readonly at: number;
  readonly keptAside: string | null;
}

const EXTERNAL_MEND =
  'back it up by its own means: pg_basebackup with WAL archiving, pgBackRest or Barman, or the point-in-time restore of its provider; ' +
  'docs/operating.md says what to check after a restore.';

/** Makes a base backup of the running server, switches archiving on, and prunes. */
export async function createBackupOf(
  context: PlatformContext,
  onBytes?: (done: number, total: number) => void,
): Promise<Created> {
  const { environment } = context;
  const place = await placeOf(environment);
  const client = await context.database.connect();
  try {
    return await createBackup(place, { client, keep: environment.BACKUP_KEEP, ...(onBytes ? { onBytes } : {}) });
  } finally {
    await client.end();
  }
}

/** No more log is kept from now on. What is there stays. */
export async function stopArchiving(context: PlatformContext): Promise<void> {
  await placeOf(context.environment);
  await switchArchivingOff(await context.database.connect());
}

export async function listBackups(environment: Environment = readEnvironment()): Promise<Catalog> {
  return readCatalog(await placeOf(environment));
}

/** Recovers a backup into a scratch server and proves what is in it. */
export async function verifyBackup(
  want: { id?: string; at?: number; onProgress?: Progress },
  environment: Environment = readEnvironment(),
): Promise<TrialReport> {
  const started = performance.now();
  const place = await placeOf(environment);
  const { checked, plan } = await tryOut(place, { ...want, check: (url) => proveDatabase(url, environment) });
  return { base: plan.base.id, until: want.at ?? plan.until, chains: checked, seconds: secondsSince(started) };
}

/** Goes back to a moment; the old database is kept aside. */
export async function restoreBackup(
  want: { at: number; onProgress?: Progress },
  environment: Environment = readEnvironment(),
): Promise<RestoreReport> {
  const started = performance.now();
  const place = await placeOf(environment);
  const { checked, keptAside, plan } = await restoreTo(place, { ...want, check: (url) => proveDatabase(url, environment) });
  await cutHeads(environment, checked);
  return { base: plan.base.id, until: plan.until, at: want.at, keptAside, chains: checked, seconds: secondsSince(started) };
}

async function placeOf(environment: Environment): Promise<BackupPlace> {
  if (environment.DATABASE_URL !== undefined)
    throw new BackupError('DATABASE_URL names a server that Palpite does not run, so it cannot copy its files.', EXTERNAL_MEND);
  return locateBackups(join(environment.dataDir, 'postgres'), environment.BACKUP_DIR);
}

/** Every chain of a ledger holds from its first block, can be folded, and agrees with the heads that were signed before its end. */
async function proveDatabase(url: string, environment: Environment): Promise<ChainProof[]> {
  const context = await openContext({ environment: { ...environment, DATABASE_URL: url }, log: silentLog, migrate: false });
  try {
    const heads = await signedHeads(environment);
    const proofs: ChainProof[] = [];
    for (const shard of await liveShards(context.database.pool)) proofs.push(await proveChain(context, shard, heads));
    return proofs;
  } finally {
    await context.close();
  }
}

async function proveChain(context: PlatformContext, shard: number, signed: readonly SignedHead[]): Promise<ChainProof> {
  const journal = await context.journal();
  const report = await verifyChain(journal, shard);
  if (report.fault) throw broken(shard, `block ${report.fault.blockNo}, seq ${report.fault.seq}: ${report.fault.what}`);
  const folded = await foldState(journal, shard);
  const own = signed.filter((head) => head.shard === shard);
  const due = own.filter((head) => head.blockNo <= report.blocks);
  for (const head of due) {
    const [block] = await journal.read(shard, head.blockNo, 1);
    if (block?.hash !== head.hash) throw broken(shard, `block ${head.blockNo} is not the one whose head was signed`);
  }
  const projected = await projectedBlock(context.database.pool, shard);
  if (projected && projected.blockNo > 0) {
    const [block] = await journal.read(shard, projected.blockNo, 1);
    if (block?.hash !== projected.hash)
      throw broken(shard, `the read models are at a block ${projected.blockNo} that is not in it`);
  }
  return {
    shard,
    blocks: report.blocks,
    events: report.events,
    head: report.head?.hash ?? '',
    stateHash: folded.stateHash,
    heads: due.length,
    headsLater: own.length - due.length,
    projectedBlock: projected?.blockNo ?? 0,
  };
}

function broken(shard: number, what: string): BackupError {
  return new BackupError(
    `The chain of shard ${shard} does not hold: ${what}.`,
    'try an earlier moment or an older base backup (`npx palpite backup verify --backup ID`); nothing was changed.',
  );
}

const headsDir = (environment: Environment): string => join(environment.dataDir, 'heads');
const headsFile = (environment: Environment): string => join(headsDir(environment), 'heads.jsonl');

async function signedHeads(environment: Environment): Promise<SignedHead[]> {
  return existsSync(headsFile(environment)) ? (await HeadExport.open(headsDir(environment))).read() : [];
}

/** Heads signed after the moment belong to a history that was given up: they are kept beside, or every later verify would find a fault. */
async function cutHeads(environment: Environment, chains: readonly ChainProof[]): Promise<void> {
  if (chains.every((chain) => chain.headsLater === 0)) return;
  const file = headsFile(environment);
  const blocks = new Map(chains.map((chain) => [chain.shard, chain.blocks]));
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  const kept = lines.filter((line) => {
    const { blockNo, shard } = JSON.parse(line) as SignedHead;
    return blockNo <= (blocks.get(shard) ?? Number.POSITIVE_INFINITY);
  });
  await copyFile(file, `${file}.before-restore-${momentText(Date.now()).replaceAll(/[-:]|\.\d+/g, '')}`);
  await writeFile(`${file}.new`, kept.map((line) => `${line}\n`).join(''));
  await rename(`${file}.new`, file);
}

function secondsSince(started: number): number {
  return Math.round(performance.now() - started) / 1000;
}
