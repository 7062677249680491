// The newest blocks in memory, for who follows a chain in the process that writes it: what was just committed need not be read back.
// Under load, reading it back cost the writer's process a tenth of its time and the database as much again.
import type { Block, JournalReader } from '#ports/journal.ts';

/** Bodies kept of all shards together, bytes: over a second of what a writer makes. Who is further behind reads the journal. */
const BYTES_MAX = 8 * 1024 * 1024;

export class RecentBlocks {
  readonly #bytesMax: number;
  /** Of each shard the newest blocks without a gap, and of all shards in the order of arrival. */
  readonly #chains = new Map<number, Block[]>();
  readonly #arrived: Block[] = [];
  #bytes = 0;

  constructor(bytesMax = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** A block was committed. One that does not follow the newest begins anew: the chain was written elsewhere meanwhile. */
  add(block: Block): void {
    const chain = this.#chains.get(block.shard);
    if (chain && chain.at(-1)?.hash === block.prevHash) chain.push(block);
    else this.#chains.set(block.shard, [block]);
    this.#arrived.push(block);
    this.#bytes += block.body.length;
    while (this.#bytes > this.#bytesMax) this.#dropOldest();
  }

  /** Blocks from `fromBlockNo` on, at most `limit`; none when that one is not here. */
  read(shard: number, fromBlockNo: number, limit: number): Block[] {
    const chain = this.#chains.get(shard) ?? [];
    const at = fromBlockNo - (chain[0]?.blockNo ?? fromBlockNo);
    return at < 0 ? [] : chain.slice(at, at + limit);
  }

  #dropOldest(): void {
    const block = this.#arrived.shift() as Block;
    this.#bytes -= block.body.length;
    const chain = this.#chains.get(block.shard);
    if (chain?.[0] !== block) return; // of a chain that began anew
    chain.shift();
    if (chain.length === 0) this.#chains.delete(block.shard);
  }
}

/** Reads memory where it can, and the journal where not: also at the end, since another process may write on. */
export function readingRecent(journal: JournalReader, recent: RecentBlocks): JournalReader {
  return {
    read: async (shard, fromBlockNo, limit) => {
      const blocks = recent.read(shard, fromBlockNo, limit);
      return blocks.length > 0 ? blocks : journal.read(shard, fromBlockNo, limit);
    },
  };
}
