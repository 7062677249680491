// Which backups there are, to which moments they lead, and which are no longer needed. Reads files only: it needs no server.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError, momentText } from './backup-error.ts';
import type { BackupPlace } from './backup-place.ts';
import {
  coverageOf,
  leadsThrough,
  newestTimeline,
  readArchive,
  readOwnLog,
  segmentOf,
  type WalArchive,
  type WalPiece,
} from './wal-archive.ts';

/** A finished base backup, as `base.json` in its folder says. */
export interface BaseBackup {
  readonly id: string;
  readonly startedAt: number;
  /** The first moment it can be restored to, ms. */
  readonly finishedAt: number;
  readonly timeline: number;
  /** First and last piece of the log without which it is worth nothing. */
  readonly startWal: string;
  readonly stopWal: string;
  readonly postgresMajor: number;
  readonly systemId: string;
  readonly bytes: number;
  readonly files: number;
}

export interface Range {
  readonly base: string;
  readonly from: number;
  readonly until: number;
}

export interface Catalog {
  readonly dir: string;
  readonly bases: readonly BaseBackup[];
  /** To which moments one can go back, one range for each base backup. */
  readonly ranges: readonly Range[];
  /** Missing pieces of the log. */
  readonly gaps: readonly { base: string; missing: string; after: number }[];
  readonly wal: { readonly files: number; readonly bytes: number };
  readonly bytes: number;
}

/** How a moment is reached. */
export interface Plan {
  readonly base: BaseBackup;
  readonly timeline: number;
  /** Up to when the log reaches, ms. */
  readonly until: number;
  /** The last piece of the log that is there. */
  readonly lastWal: WalPiece;
  /** What only the log of the stopped server has. */
  readonly beyond: readonly WalPiece[];
}

export const BASE_FACTS = 'base.json';

interface Stock {
  readonly bases: readonly BaseBackup[];
  readonly archive: WalArchive;
  readonly timeline: number;
  readonly beyond: readonly WalPiece[];
}

/** `withOwnLog`: what a stopped server's own log adds to the archive. */
function takeStock(place: BackupPlace, withOwnLog: boolean): Stock {
  const archive = readArchive(place.wal);
  const own = readOwnLog(place.data.real);
  const bases = readBases(place);
  const timeline = newestTimeline(own) ?? newestTimeline(archive.pieces) ?? 1;
  const beyond = withOwnLog ? unarchived(archive, own, timeline) : [];
  return { bases, archive: { ...archive, pieces: [...archive.pieces, ...beyond] }, timeline, beyond };
}

/** Pieces that a server which was killed wrote and did not hand over. Old ones that it keeps under names to come are older than the archive. */
function unarchived(archive: WalArchive, own: readonly WalPiece[], timeline: number): WalPiece[] {
  const archived = archive.pieces.filter((piece) => piece.timeline === timeline);
  const segment = Math.max(0, ...archived.map((piece) => piece.segment));
  const writtenAt = Math.max(0, ...archived.map((piece) => piece.writtenAt));
  return own.filter((piece) => piece.timeline === timeline && piece.segment > segment && piece.writtenAt >= writtenAt);
}

export function readCatalog(place: BackupPlace): Catalog {
  const stock = takeStock(place, false);
  const walBytes = stock.archive.pieces.reduce((sum, piece) => sum + piece.bytes, 0);
  const bytes = stock.bases.reduce((sum, base) => sum + base.bytes, walBytes);
  const plans = stock.bases.map((base) => ({ base, plan: planFrom(stock, base), gapAt: gapOf(stock, base) }));
  return {
    dir: place.dir,
    bases: stock.bases,
    ranges: plans.flatMap(({ base, plan }) => (plan ? [{ base: base.id, from: base.finishedAt, until: plan.until }] : [])),
    gaps: plans.flatMap(({ base, gapAt, plan }) =>
      gapAt ? [{ base: base.id, missing: gapAt, after: plan?.until ?? base.startedAt }] : [],
    ),
    wal: { files: stock.archive.pieces.length, bytes: walBytes },
    bytes,
  };
}

/** The base backup and the log that lead to a moment; without one, to the end of the log. Says what is possible when nothing leads there. */
export function planFor(place: BackupPlace, want: { at?: number; id?: string; withOwnLog: boolean }): Plan {
  const stock = takeStock(place, want.withOwnLog);
  const { at } = want;
  const bases = stock.bases.filter((base) => want.id === undefined || base.id === want.id);
  if (bases.length === 0)
    throw new BackupError(
      want.id === undefined ? `There is no base backup in ${place.base}.` : `There is no base backup ${want.id}.`,
      want.id === undefined
        ? 'npx palpite backup create makes one; BACKUP_DIR says where backups lie.'
        : 'npx palpite backup list shows those that there are.',
    );
  const plans = bases.map((base) => planFrom(stock, base)).filter((plan) => plan !== null);
  const fitting = plans.filter(({ base, until }) => at === undefined || (base.finishedAt <= at && at <= until));
  const best = fitting.at(-1);
  if (best) return best;
  throw unreachable(at, plans);
}

/** Deletes base backups beyond the newest `keep`, and the log that only they needed. */
export function prune(place: BackupPlace, keep: number): { bases: string[]; walFiles: number } {
  for (const name of readdirSync(place.base).filter((each) => each.endsWith('.part')))
    rmSync(join(place.base, name), { recursive: true, force: true });
  const bases = readBases(place);
  const kept = bases.slice(-keep);
  const gone = bases.slice(0, -keep);
  for (const base of gone) rmSync(join(place.base, base.id), { recursive: true, force: true });
  const first = Math.min(...kept.map((base) => segmentOf(base.startWal)));
  const old = readdirSync(place.wal).filter((name) => /^[0-9A-F]{24}\./.test(name) && segmentOf(name.slice(0, 24)) < first);
  for (const name of [...old, ...abandoned(place.wal)]) rmSync(join(place.wal, name), { force: true });
  return { bases: gone.map((base) => base.id), walFiles: old.length };
}

/** Half-packed pieces of an archiver that was killed, as its script names them: nobody goes on with them. */
function abandoned(wal: string): string[] {
  return readdirSync(wal).filter((name) => {
    const pid = /^\..+\.(\d+)$/.exec(name)?.[1];
    return pid !== undefined && !runs(Number(pid));
  });
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'; // it may be another account's
  }
}

/** Finished base backups, oldest first. */
export function readBases(place: BackupPlace): BaseBackup[] {
  if (!existsSync(place.base)) return [];
  const facts = readdirSync(place.base)
    .filter((name) => !name.endsWith('.part'))
    .map((name) => join(place.base, name, BASE_FACTS))
    .filter((path) => existsSync(path));
  const bases = facts.map((path) => JSON.parse(readFileSync(path, 'utf8')) as BaseBackup);
  return bases.sort((a, b) => a.finishedAt - b.finishedAt);
}

function startOf(base: BaseBackup): { timeline: number; segment: number } {
  return { timeline: base.timeline, segment: segmentOf(base.startWal) };
}

function planFrom({ archive, beyond, timeline }: Stock, base: BaseBackup): Plan | null {
  if (!leadsThrough(archive, timeline, { timeline: base.timeline, segment: segmentOf(base.stopWal) })) return null;
  const { last, until } = coverageOf(archive, startOf(base), timeline);
  if (!last || last.segment < segmentOf(base.stopWal)) return null;
  return { base, timeline, until: Math.max(Math.floor(until), base.finishedAt), lastWal: last, beyond };
}

function gapOf({ archive, timeline }: Stock, base: BaseBackup): string | null {
  return coverageOf(archive, startOf(base), timeline).gapAt;
}

function unreachable(at: number | undefined, plans: readonly Plan[]): BackupError {
  const ranges = plans.map(({ base, until }) => `${momentText(base.finishedAt)} to ${momentText(until)}`);
  if (ranges.length === 0 || at === undefined)
    return new BackupError(
      'No base backup has the log that it needs.',
      'look at `npx palpite backup list`: pieces of the log are missing; make a new base backup.',
    );
  return new BackupError(
    `${momentText(at)} cannot be restored: ${at < (plans[0] as Plan).base.finishedAt ? 'it lies before the oldest backup' : 'no archived log reaches it'}.`,
    `choose a moment in: ${[...new Set(ranges)].join('; ')}. A running server hands over its log once a minute, and all of it when it stops.`,
  );
}
