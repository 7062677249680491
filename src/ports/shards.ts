// Which shards are in use, who writes each, and which writer processes there are to share them. The stored rows are the only authority.

export interface ShardRow {
  readonly shard: number;
  /** Who holds its lease; null when nobody does. */
  readonly holder: string | null;
}

export interface ShardsView {
  /** Writer processes that are alive. */
  readonly writers: readonly string[];
  /** Shards in use: a ledger was opened there, or is about to be. */
  readonly shards: readonly ShardRow[];
}

export interface Shards {
  /** From now on the shard has a writer. */
  use(shard: number): Promise<void>;
  view(): Promise<ShardsView>;
  /**
   * The process lives, and holds these for another `ttlMs`; gives those of them that another process holds now. One that does not share keeps
   * what it holds, but is none of the writers that shards are divided among.
   */
  present(writer: string, held: readonly number[], ttlMs: number, shares: boolean): Promise<number[]>;
  /** The process takes no shard any more. */
  leave(writer: string): Promise<void>;
}
