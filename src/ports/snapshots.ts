// Where folded states are kept, so that a start need not read the whole journal.

export interface Snapshot {
  readonly shard: number;
  readonly blockNo: number;
  readonly seq: number;
  readonly blockHash: string;
  readonly stateHash: string;
  readonly version: number;
  readonly chunks: readonly Uint8Array[];
}

export interface Snapshots {
  save(snapshot: Snapshot): Promise<void>;
  /** The newest snapshot of a shard with this format version, or null. */
  latest(shard: number, version: number): Promise<Snapshot | null>;
}

/** The ones that are kept, for whoever checks them. */
export interface KeptSnapshots extends Snapshots {
  /** The newest of a shard that is older than a block. */
  before(shard: number, version: number, blockNo: number): Promise<Snapshot | null>;
  /** Those at these blocks are used no more. */
  drop(shard: number, blockNos: readonly number[]): Promise<void>;
}
