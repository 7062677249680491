// A journal in memory with the rules of the durable one: leases, epochs, compare-and-set. For tests, simulations and throw-away runs.
import { type Block, type ChainHead, FencedError, GENESIS_HASH, type Journal, type Lease } from '#ports/journal.ts';

interface Chain {
  epoch: number;
  holder: string | null;
  expiresAt: number;
  blocks: Block[];
}

export class MemoryJournal implements Journal {
  readonly #now: () => number;
  readonly #chains = new Map<number, Chain>();

  constructor(now: () => number = () => 0) {
    this.#now = now;
  }

  async acquire(shard: number, lease: Lease): Promise<ChainHead | null> {
    const chain = this.#chain(shard);
    if (chain.holder !== null && chain.holder !== lease.holder && chain.expiresAt > this.#now()) return null;
    chain.epoch++;
    chain.holder = lease.holder;
    chain.expiresAt = this.#now() + lease.ttlMs;
    return headOf(shard, chain);
  }

  async renew(shard: number, epoch: number, ttlMs: number): Promise<void> {
    const chain = this.#chain(shard);
    if (chain.epoch !== epoch) throw new FencedError(`shard ${shard}: epoch ${epoch} was replaced by ${chain.epoch}`);
    chain.expiresAt = this.#now() + ttlMs;
  }

  async release(shard: number, epoch: number): Promise<void> {
    const chain = this.#chain(shard);
    if (chain.epoch === epoch) chain.holder = null;
  }

  async append(block: Block): Promise<void> {
    const chain = this.#chain(block.shard);
    const head = headOf(block.shard, chain);
    const follows = head.hash === block.prevHash && head.blockNo + 1 === block.blockNo && head.seq + 1 === block.firstSeq;
    if (chain.epoch !== block.epoch || !follows) {
      throw new FencedError(`shard ${block.shard}: block ${block.blockNo} of epoch ${block.epoch} does not follow the head`);
    }
    chain.blocks.push(block);
  }

  async head(shard: number): Promise<ChainHead | null> {
    const chain = this.#chains.get(shard);
    return chain ? headOf(shard, chain) : null;
  }

  async read(shard: number, fromBlockNo: number, limit: number): Promise<Block[]> {
    return this.#chain(shard).blocks.slice(Math.max(0, fromBlockNo - 1), Math.max(0, fromBlockNo - 1 + limit));
  }

  async blockNosWithKeys(shard: number, keys: readonly { commandId: string; madeAt: number }[]): Promise<number[]> {
    const mayHold = ({ meta }: Block): boolean =>
      keys.some(
        ({ commandId, madeAt }) => (meta.keysFrom <= madeAt && madeAt <= meta.keysTo) || meta.lateKeys.includes(commandId),
      );
    return this.#chain(shard)
      .blocks.filter(mayHold)
      .map((block) => block.blockNo);
  }

  #chain(shard: number): Chain {
    let chain = this.#chains.get(shard);
    if (!chain) this.#chains.set(shard, (chain = { epoch: 0, holder: null, expiresAt: 0, blocks: [] }));
    return chain;
  }
}

function headOf(shard: number, chain: Chain): ChainHead {
  const last = chain.blocks.at(-1);
  return { shard, epoch: chain.epoch, blockNo: last?.blockNo ?? 0, seq: last?.lastSeq ?? 0, hash: last?.hash ?? GENESIS_HASH };
}
