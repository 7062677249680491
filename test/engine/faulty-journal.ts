// A journal that fails on demand: before an append takes effect, after it did, or never answering until it is told to.
import type { Block, ChainHead, Journal, Lease } from '#ports/journal.ts';

/** 'before': the append fails and nothing was written. 'after': it was written, and the answer is lost. */
export type AppendFault = 'before' | 'after';

export class FaultyJournal implements Journal {
  readonly #inner: Journal;
  /** Faults of the next appends, in order; null lets one through. */
  readonly faults: (AppendFault | null)[] = [];
  /** Calls of acquire() that fail before one is let through. */
  failAcquires = 0;
  failLookUps = 0;
  appends = 0;
  lookUps = 0;
  #gate: Promise<void> | null = null;
  #open: () => void = () => undefined;
  #held: number | null = null;

  constructor(inner: Journal) {
    this.#inner = inner;
  }

  /** Appends, of one shard or of all, wait until letGo() is called. */
  hold(shard?: number): void {
    this.#held = shard ?? null;
    this.#gate ??= new Promise((resolve) => (this.#open = resolve));
  }

  letGo(): void {
    this.#open();
    this.#gate = null;
  }

  async append(block: Block): Promise<void> {
    this.appends++;
    const fault = this.faults.shift() ?? null;
    if (this.#held === null || this.#held === block.shard) await this.#gate;
    if (fault === 'before') throw new Error('injected: connection lost before the append');
    await this.#inner.append(block);
    if (fault === 'after') throw new Error('injected: connection lost after the append');
  }

  async acquire(shard: number, lease: Lease): Promise<ChainHead | null> {
    if (this.failAcquires > 0) {
      this.failAcquires--;
      throw new Error('injected: no connection');
    }
    return this.#inner.acquire(shard, lease);
  }

  renew(shard: number, epoch: number, ttlMs: number): Promise<void> {
    return this.#inner.renew(shard, epoch, ttlMs);
  }

  release(shard: number, epoch: number): Promise<void> {
    return this.#inner.release(shard, epoch);
  }

  head(shard: number): Promise<ChainHead | null> {
    return this.#inner.head(shard);
  }

  read(shard: number, fromBlockNo: number, limit: number): Promise<Block[]> {
    return this.#inner.read(shard, fromBlockNo, limit);
  }

  async blockNosWithKeys(shard: number, keys: Parameters<Journal['blockNosWithKeys']>[1]): Promise<number[]> {
    this.lookUps++;
    await this.#gate;
    if (this.failLookUps > 0) {
      this.failLookUps--;
      throw new Error('injected: no connection');
    }
    return this.#inner.blockNosWithKeys(shard, keys);
  }
}
