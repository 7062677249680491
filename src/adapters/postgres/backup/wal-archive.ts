// The archived write-ahead log as its file names tell it: pieces of 16 MB, numbered along timelines. A restore begins a new timeline that
// branches off; its history file says where. Names are three times
// eight hex digits: the timeline, and the piece's number in two parts.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export const SEGMENT_BYTES = 16 * 1024 * 1024;
const PER_HIGH_PART = 0x1_0000_0000 / SEGMENT_BYTES;
const SEGMENT_NAME = /^[0-9A-F]{24}$/;

export interface WalPiece {
  readonly name: string;
  readonly timeline: number;
  /** Its number along the log. */
  readonly segment: number;
  /** Up to when it reaches, ms: when the server last wrote to it. */
  readonly writtenAt: number;
  readonly bytes: number;
}

/** A timeline that another one branched off from, and the first piece that is no longer shared. */
interface Ancestor {
  readonly timeline: number;
  readonly untilSegment: number;
}

export interface WalArchive {
  readonly pieces: readonly WalPiece[];
  /** Of each timeline with a history file, oldest first. */
  readonly ancestors: ReadonlyMap<number, readonly Ancestor[]>;
}

export interface Coverage {
  /** The last piece that can be reached without a gap, or null when not even the first is there. */
  readonly last: WalPiece | null;
  /** Up to when it reaches, ms. Not when the last piece was written: a server keeps old pieces under names to come. */
  readonly until: number;
  /** The first missing piece although later ones exist. */
  readonly gapAt: string | null;
}

export function segmentOf(name: string): number {
  return Number.parseInt(name.slice(8, 16), 16) * PER_HIGH_PART + Number.parseInt(name.slice(16), 16);
}

export function segmentName(timeline: number, segment: number): string {
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');
  return hex(timeline) + hex(Math.floor(segment / PER_HIGH_PART)) + hex(segment % PER_HIGH_PART);
}

/** Reads the archive: packed files only, so that half-written ones do not count. */
export function readArchive(wal: string): WalArchive {
  const names = existsSync(wal) ? readdirSync(wal).filter((name) => name.endsWith('.gz') && !name.startsWith('.')) : [];
  const ancestors = new Map<number, readonly Ancestor[]>();
  for (const name of names.filter((each) => /^[0-9A-F]{8}\.history\.gz$/.test(each))) {
    const text = gunzipSync(readFileSync(join(wal, name))).toString('utf8');
    ancestors.set(Number.parseInt(name.slice(0, 8), 16), parseHistory(text));
  }
  const pieces = names.flatMap((name) => pieceAt(join(wal, name), name.slice(0, -3)));
  return { pieces, ancestors };
}

/** Pieces in a data directory that the archive may lack: what a server that was killed could no longer hand over. */
export function readOwnLog(real: string): WalPiece[] {
  const dir = join(real, 'pg_wal');
  return existsSync(dir) ? readdirSync(dir).flatMap((name) => pieceAt(join(dir, name), name)) : [];
}

/** The newest timeline of some pieces: for a data directory, the one it lives on. */
export function newestTimeline(pieces: readonly WalPiece[]): number | null {
  return pieces.length === 0 ? null : Math.max(...pieces.map((piece) => piece.timeline));
}

/** How far the log reaches from a piece on, along one timeline and those it came from. */
export function coverageOf(archive: WalArchive, from: { timeline: number; segment: number }, timeline: number): Coverage {
  const line = [...(archive.ancestors.get(timeline) ?? []), { timeline, untilSegment: Number.POSITIVE_INFINITY }];
  const own = new Map<number, WalPiece>();
  for (const piece of archive.pieces) {
    const of = line.find((each) => each.timeline === piece.timeline);
    const known = own.get(piece.segment);
    if (of && piece.segment <= of.untilSegment && (known?.timeline ?? 0) <= piece.timeline) own.set(piece.segment, piece);
  }
  let last: WalPiece | null = null;
  let until = 0;
  let segment = from.segment;
  for (let piece = own.get(segment); piece; piece = own.get(++segment)) {
    last = piece;
    until = Math.max(until, piece.writtenAt);
  }
  const later = [...own.keys()].some((each) => each > segment);
  return { last, until, gapAt: later ? segmentName(timeline, segment) : null };
}

/** True when the history of `timeline` goes through `place` on another one. */
export function leadsThrough(archive: WalArchive, timeline: number, place: { timeline: number; segment: number }): boolean {
  if (place.timeline === timeline) return true;
  const ancestor = archive.ancestors.get(timeline)?.find((each) => each.timeline === place.timeline);
  return ancestor !== undefined && place.segment < ancestor.untilSegment;
}

function pieceAt(path: string, name: string): WalPiece[] {
  if (!SEGMENT_NAME.test(name)) return [];
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return [];
  const timeline = Number.parseInt(name.slice(0, 8), 16);
  return [{ name, timeline, segment: segmentOf(name), writtenAt: stat.mtimeMs, bytes: stat.size }];
}

/** Lines of "timeline <tab> place where it was left <tab> why". */
function parseHistory(text: string): Ancestor[] {
  return text.split('\n').flatMap((line) => {
    const found = /^\s*(\d+)\s+([0-9A-F]+)\/([0-9A-F]+)/.exec(line);
    if (!found) return [];
    const [, timeline, high, low] = found as unknown as [string, string, string, string];
    const untilSegment = Number.parseInt(high, 16) * PER_HIGH_PART + Math.floor(Number.parseInt(low, 16) / SEGMENT_BYTES);
    return [{ timeline: Number(timeline), untilSegment }];
  });
}
