// The journal: one hash chain of blocks per shard, one writer per chain. The stored lease is the only authority over who writes.

export interface Block {
  readonly shard: number;
  readonly blockNo: number;
  readonly epoch: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly prevHash: string;
  /** sha256(prevHash + body), hex. */
  readonly hash: string;
  readonly body: Uint8Array;
  readonly meta: BlockMeta;
}

/** Outside the hash. */
export interface BlockMeta {
  readonly recordedAt: number;
  /** Range of the id times of this block's command keys, ms, never wider than KEY_RANGE_MS_MAX; keys further off are listed instead. */
  readonly keysFrom: number;
  readonly keysTo: number;
  readonly lateKeys: readonly string[];
}

export interface ChainHead {
  readonly shard: number;
  readonly epoch: number;
  readonly blockNo: number;
  readonly seq: number;
  readonly hash: string;
}

export interface Lease {
  readonly holder: string;
  readonly address: string;
  readonly ttlMs: number;
}

/** Another writer holds the chain: this one must stop. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

export interface Journal {
  /** Takes the chain with a new epoch when its lease is free, expired or already ours; null while another holds it. */
  acquire(shard: number, lease: Lease): Promise<ChainHead | null>;
  /** Extends the lease; throws FencedError when it was lost. */
  renew(shard: number, epoch: number, ttlMs: number): Promise<void>;
  release(shard: number, epoch: number): Promise<void>;
  /** Durable when it returns. Throws FencedError unless epoch and head match exactly; any other error leaves the outcome unknown. */
  append(block: Block): Promise<void>;
  head(shard: number): Promise<ChainHead | null>;
  /** Blocks from `fromBlockNo` on, in order, at most `limit` and about `maxBytes`. */
  read(shard: number, fromBlockNo: number, limit: number): Promise<Block[]>;
  /** Numbers of the blocks that may hold one of these command keys, in order; `madeAt` is the time in the id. */
  blockNosWithKeys(shard: number, keys: readonly { commandId: string; madeAt: number }[]): Promise<number[]>;
}

/** What a follower of a chain needs. */
export type JournalReader = Pick<Journal, 'read'>;

/** What bounds a look-up by time: a block's key range is never wider, ms. */
export const KEY_RANGE_MS_MAX = 65_000;

/** sha256 of nothing: what the first block of a chain points back to. */
export const GENESIS_HASH = '0'.repeat(64);
