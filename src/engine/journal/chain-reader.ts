// Reads a chain in order and checks every link on the way: contiguous numbers, previous hash, own hash.
import type { NewEvent } from '#core/kernel/event.ts';
import { type Block, GENESIS_HASH, type Journal } from '#ports/journal.ts';
import { BlockBody, hashBlock } from './block-body.ts';
import { decodeEvent } from './event-codec.ts';

export const READ_BLOCKS = 64;
/** A page of at least this many bytes may have been cut by its size instead of ending the chain. */
const PAGE_BYTES = 1024 * 1024;

/** True when a page is as full as one gets. */
export function isCut(blocks: readonly Block[]): boolean {
  let bytes = 0;
  for (const block of blocks) bytes += block.body.length;
  return blocks.length >= READ_BLOCKS || bytes >= PAGE_BYTES;
}

/** Where a reader stands: the last block it has seen. */
export interface ChainPlace {
  readonly blockNo: number;
  readonly seq: number;
  readonly hash: string;
}

export const CHAIN_START: ChainPlace = { blockNo: 0, seq: 0, hash: GENESIS_HASH };

/** The chain is broken at a named place. */
export class ChainBrokenError extends Error {
  override readonly name = 'ChainBrokenError';
  readonly shard: number;
  readonly blockNo: number;
  readonly seq: number;

  constructor(block: { shard: number; blockNo: number; firstSeq: number }, what: string) {
    super(`shard ${block.shard}, block ${block.blockNo} (seq ${block.firstSeq}): ${what}`);
    this.shard = block.shard;
    this.blockNo = block.blockNo;
    this.seq = block.firstSeq;
  }
}

/** Throws ChainBrokenError unless `block` follows `place` and its body matches its hash. */
export function checkLink(place: ChainPlace, block: Block): ChainPlace {
  if (hashBlock(block.prevHash, block.body) !== block.hash) throw new ChainBrokenError(block, 'body does not match its hash');
  return checkOrder(place, block);
}

/** The cheap half of checkLink: numbers and stated hashes, without hashing the body again. */
export function checkOrder(place: ChainPlace, block: Block): ChainPlace {
  if (block.blockNo !== place.blockNo + 1) throw new ChainBrokenError(block, `expected block ${place.blockNo + 1}`);
  if (block.firstSeq !== place.seq + 1) throw new ChainBrokenError(block, `expected first seq ${place.seq + 1}`);
  if (block.prevHash !== place.hash) throw new ChainBrokenError(block, 'previous hash does not match the block before');
  return { blockNo: block.blockNo, seq: block.lastSeq, hash: block.hash };
}

/** Reads from after `place` to the end that is there now; the next read is under way while this one is used. */
export async function* readChain(
  journal: Journal,
  shard: number,
  place: ChainPlace = CHAIN_START,
): AsyncGenerator<Block, ChainPlace> {
  let at = place;
  let next = journal.read(shard, at.blockNo + 1, READ_BLOCKS);
  for (;;) {
    const blocks = await next;
    const last = blocks.at(-1);
    if (!last) return at;
    next = journal.read(shard, last.blockNo + 1, READ_BLOCKS);
    next.catch(() => undefined); // awaited in the next round
    for (const block of blocks) {
      at = checkLink(at, block);
      yield block;
    }
  }
}

/** A block's events, oldest first, upcast to the versions of this program. */
export function eventsOf(block: Block): NewEvent[] {
  const lines = new BlockBody(block.body).eventLines();
  const count = block.lastSeq - block.firstSeq + 1;
  if (lines.length !== count) throw new ChainBrokenError(block, `holds ${lines.length} events, not ${count}`);
  return lines.map(decodeEvent);
}
