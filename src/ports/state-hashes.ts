// What a writer's memory hashed to at a block, told to those who fold the same chain elsewhere.

export interface StateHash {
  readonly blockNo: number;
  readonly seq: number;
  /** Of the block: after a restore another block may have its number. */
  readonly blockHash: string;
  readonly stateHash: string;
}

export interface StateHashes {
  /** The last one of a shard replaces those before it. */
  publish(shard: number, hash: StateHash): Promise<void>;
  /** By shard. */
  newest(): Promise<ReadonlyMap<number, StateHash>>;
}
