// Runs (replays, backtests, simulations) have journals of their own, outside the 64 shards, that can be deleted whole.

export interface RunHandle {
  readonly runId: string;
  readonly shard: number;
}

export interface RunRow extends RunHandle {
  readonly kind: string;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly summary: unknown;
}

export interface Runs {
  create(kind: string, terms: unknown): Promise<RunHandle>;
  finish(runId: string, summary: unknown): Promise<void>;
  find(runId: string): Promise<RunRow | null>;
  list(limit: number): Promise<RunRow[]>;
  delete(runId: string): Promise<boolean>;
}

/** Run chains are numbered from here on. */
export const RUN_SHARD_MIN = 1_000;
