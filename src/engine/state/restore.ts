// Brings a shard's state back: the newest snapshot that fits, then every block after it, then the newest command keys.
import { evolve } from '#core/evolve.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import { initialShard, type ShardState } from '#core/kernel/state.ts';
import type { Block, Journal } from '#ports/journal.ts';
import type { Snapshot, Snapshots } from '#ports/snapshots.ts';
import { BlockBody } from '../journal/block-body.ts';
import { BetRows } from '../journal/bet-rows.ts';
import { CHAIN_START, ChainBrokenError, type ChainPlace, readChain } from '../journal/chain-reader.ts';
import { decodeEvent } from '../journal/event-codec.ts';
import { KeyWindow } from '../keys/key-window.ts';
import { hashChunks, loadState, SNAPSHOT_VERSION } from './snapshot.ts';
import { addKeys } from '../journal/stored-keys.ts';

export interface Restored {
  readonly state: ShardState;
  readonly place: ChainPlace;
  readonly keys: KeyWindow;
  readonly fromSnapshot: boolean;
  readonly events: number;
  /** What the last block was stamped with, ms: time goes on from there, also when the machine's clock went back meanwhile. */
  readonly now: number;
}

export interface RestoreSource {
  readonly journal: Journal;
  readonly snapshots: Snapshots | null;
  readonly shard: number;
  readonly keysMax: number;
}

/** Blocks read back for the key window: at a full batch each this covers the last half million commands. */
const KEY_BLOCKS = 256;
/** Blocks being unpacked in the thread pool while one is folded. */
const UNPACK_AHEAD = 4;
const LINE_FEED = 10;

export async function restore(source: RestoreSource): Promise<Restored> {
  const { journal, shard } = source;
  const snapshot = await soundSnapshot(source);
  const state = snapshot ? loadState(snapshot.chunks) : initialShard();
  const start = snapshot ? { blockNo: snapshot.blockNo, seq: snapshot.seq, hash: snapshot.blockHash } : CHAIN_START;
  const { place, events } = await foldFrom(journal, shard, { state, place: start });
  const keys = new KeyWindow(source.keysMax);
  const now = await loadKeys(journal, shard, { keys, upTo: place.blockNo });
  return { state, place, keys, fromSnapshot: snapshot !== null, events, now };
}

/** A snapshot whose bytes are not what was hashed is none: the journal is read instead. */
async function soundSnapshot({ shard, snapshots }: RestoreSource): Promise<Snapshot | null> {
  const snapshot = (await snapshots?.latest(shard, SNAPSHOT_VERSION)) ?? null;
  return snapshot && hashChunks(snapshot.chunks) === snapshot.stateHash ? snapshot : null;
}

interface FoldFrom {
  readonly state: ShardState;
  readonly place: ChainPlace;
  readonly upTo?: number;
  /** Told of events before they are folded; not of bets taken by the quick path. */
  readonly before?: (state: ShardState, e: NewEvent) => void;
}

/** Folds every block after `place` into `state`, or those up to and with `upTo`. */
export async function foldFrom(journal: Journal, shard: number, from: FoldFrom): Promise<{ place: ChainPlace; events: number }> {
  const rows = new BetRows(from.state);
  const opened: { block: Block; body: Promise<BlockBody> }[] = [];
  let events = 0;
  const foldFirst = async (): Promise<void> => {
    const { block, body } = opened.shift() as (typeof opened)[number];
    events += foldBlock(from, rows, { block, body: await body });
  };
  let { place } = from;
  for await (const block of readChain(journal, shard, place)) {
    if (block.blockNo > (from.upTo ?? block.blockNo)) break;
    const body = BlockBody.open(block.body);
    body.catch(() => undefined); // awaited when its turn comes
    opened.push({ block, body });
    place = { blockNo: block.blockNo, seq: block.lastSeq, hash: block.hash };
    if (opened.length > UNPACK_AHEAD) await foldFirst();
  }
  while (opened.length > 0) await foldFirst();
  return { place, events };
}

/** Folds a block's lines in order and returns how many there were. */
function foldBlock({ before, state }: FoldFrom, rows: BetRows, { block, body }: { block: Block; body: BlockBody }): number {
  const bytes = body.events();
  let count = 0;
  for (let at = 0; at < bytes.length; count++) {
    const feed = bytes.indexOf(LINE_FEED, at);
    const end = feed < 0 ? bytes.length : feed;
    if (!rows.fold(bytes, at, end)) {
      const event = decodeEvent(bytes.toString('utf8', at, end));
      before?.(state, event);
      evolve(state, event);
      if (event.type.startsWith('Market')) rows.forgetMarkets();
    }
    at = end + 1;
  }
  if (count !== block.lastSeq - block.firstSeq + 1)
    throw new ChainBrokenError(block, `holds ${count} events, not ${block.lastSeq - block.firstSeq + 1}`);
  return count;
}

/** Fills the window from the newest blocks; returns when the last one was stamped. */
async function loadKeys(journal: Journal, shard: number, to: { keys: KeyWindow; upTo: number }): Promise<number> {
  const first = Math.max(1, to.upTo - KEY_BLOCKS + 1);
  let now = 0;
  for (let from = first; from <= to.upTo;) {
    const blocks = await journal.read(shard, from, KEY_BLOCKS);
    if (blocks.length === 0) break;
    for (const block of blocks) {
      if (block.blockNo === first && first > 1) to.keys.startAt(block.meta.recordedAt + 1, block.firstSeq - 1); // the block before may bear the same stamp
      addKeys(to.keys, block);
      now = Math.max(now, block.meta.recordedAt);
    }
    from = (blocks.at(-1) as Block).blockNo + 1;
  }
  return now;
}
