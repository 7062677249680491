// Starts the projector thread and knows how far it is: for Min-Seq reads, for lag figures, for back-pressure.
import { Worker } from 'node:worker_threads';
import type { Block } from '#ports/journal.ts';
import type { Log } from '#ports/log.ts';
import type { StateHash } from '#ports/state-hashes.ts';

export interface ProjectorData {
  readonly url: string;
  readonly shards: readonly number[];
  /** Every shard in use as well, those to come too. */
  readonly inUse?: boolean;
  /** Shards whose state is folded as well, for snapshots and comparison. */
  readonly followed: readonly number[];
  /** Events folded into one transaction at most. */
  readonly batchEventsMax?: number;
}
export type ToProjector = { type: 'committed'; block: Block } | { type: 'follow'; shard: number } | { type: 'stop' };
export type FromProjector =
  | { type: 'progress'; shard: number; seq: number; blockNo: number; recordedAt: number }
  | ({ type: 'snapshot'; shard: number } & StateHash)
  | { type: 'log'; event: string; error: string };

export interface ProjectorEvents {
  readonly log: Log;
  readonly onExit?: (code: number) => void;
  /** The follower stored a snapshot with this state hash. */
  readonly onSnapshot?: (snapshot: { readonly shard: number } & StateHash) => void;
}

interface Progress {
  seq: number;
  recordedAt: number;
}

export class ProjectorThread {
  readonly #worker: Worker;
  readonly #progress = new Map<number, Progress>();
  readonly #committedAt = new Map<number, { seq: number; at: number }[]>();
  readonly #waiters = new Set<{ shard: number; seq: number; resolve: () => void }>();
  #exited = false;

  constructor(data: ProjectorData, events: ProjectorEvents) {
    const { log } = events;
    this.#worker = new Worker(new URL('./projector-worker.ts', import.meta.url), {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: 192 },
    });
    this.#worker.on('message', (message: FromProjector) => {
      if (message.type === 'log') log.error(message.event, { error: message.error });
      else if (message.type === 'snapshot') events.onSnapshot?.(message);
      else this.#moved(message);
    });
    this.#worker.on('error', (error) => log.error('projector.crashed', { error: String(error) }));
    this.#worker.on('exit', (code) => {
      this.#exited = true;
      events.onExit?.(code);
    });
  }

  /** A block was committed in this process: the thread gets a copy, which costs less than reading it back. */
  committed(block: Block): void {
    const { lastSeq: seq, meta, shard } = block;
    const ahead = this.#committedAt.get(shard) ?? [];
    ahead.push({ seq, at: meta.recordedAt });
    this.#committedAt.set(shard, ahead);
    this.#worker.postMessage({ type: 'committed', block } satisfies ToProjector);
  }

  /** Shards that are projected. */
  get shards(): readonly number[] {
    return [...this.#progress.keys()];
  }

  /** The follower of a shard is not to be trusted: it begins anew from what is stored. */
  followAnew(shard: number): void {
    this.#worker.postMessage({ type: 'follow', shard } satisfies ToProjector);
  }

  seq(shard: number): number {
    return this.#progress.get(shard)?.seq ?? 0;
  }

  /** Age of the oldest committed block that is not projected yet, ms. */
  lagMs(shard: number, now: number): number {
    const oldest = this.#committedAt.get(shard)?.[0];
    return oldest ? Math.max(0, now - oldest.at) : 0;
  }

  /** True once everything up to `seq` is projected; false after `timeoutMs`. */
  async reached(shard: number, seq: number, timeoutMs: number): Promise<boolean> {
    if (this.seq(shard) >= seq) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter = { shard, seq, resolve: () => resolve(true) };
    this.#waiters.add(waiter);
    const timer = setTimeout(() => resolve(false), timeoutMs);
    const reached = await promise;
    clearTimeout(timer);
    this.#waiters.delete(waiter);
    return reached;
  }

  async stop(): Promise<void> {
    if (this.#exited) return;
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.postMessage({ type: 'stop' } satisfies ToProjector);
    await exited;
  }

  #moved({ recordedAt, seq, shard }: { shard: number; seq: number; recordedAt: number }): void {
    this.#progress.set(shard, { seq, recordedAt });
    const ahead = this.#committedAt.get(shard);
    if (ahead) {
      const left = ahead.findIndex((block) => block.seq > seq);
      ahead.splice(0, left < 0 ? ahead.length : left);
    }
    for (const waiter of this.#waiters) if (waiter.shard === shard && waiter.seq <= seq) waiter.resolve();
  }
}
