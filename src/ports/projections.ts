// Where read models are kept: a batch of changes and the new position land in one transaction, or neither does.

export interface ProjectionPlace {
  readonly blockNo: number;
  readonly seq: number;
  readonly hash: string;
}

export interface Projections<Batch> {
  place(shard: number): Promise<ProjectionPlace>;
  /**
   * Applies a batch and moves the position from `from` to `to`; false (and nothing changed) when the position is not `from`.
   * The next batch may be given while one is on its way: they are applied in the order given.
   */
  apply(shard: number, batch: Batch, move: { from: ProjectionPlace; to: ProjectionPlace }): Promise<boolean>;
  /** Drops what was folded from a shard, so that it can be built again from its first block. */
  reset(shard: number): Promise<void>;
}
