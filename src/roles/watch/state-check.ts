// Compares what others hold in memory with what the journal makes of it: what a writer's state hashed to, wherever it runs, and what the follower
// saves as a snapshot. Two folds of one history that differ are a fault of the program or of the machine; it must be loud, and what took part
// in it is used no more.
import { Worker } from 'node:worker_threads';
import type { Verdict } from '#engine/state/state-check.ts';
import type { StateHash } from '#ports/state-hashes.ts';
import type { Running, Runtime } from '../runtime.ts';

type Between = 'writer' | 'snapshot';
interface Claim extends StateHash {
  readonly between: Between;
}

/** How often it is looked for what a writer told, ms. */
const LOOK_MS = 5_000;
/** Snapshots come every few seconds under load, and each check folds what lies between two of them, ms. */
const SNAPSHOTS_EVERY_MS = 600_000;

export interface StateCheck extends Running {
  /** The follower saved this. */
  saved(shard: number, snapshot: StateHash): void;
}

export function startStateCheck(runtime: Runtime, lookMs = LOOK_MS): StateCheck {
  return new Checking(runtime, lookMs);
}

/** Of every shard, one check at a time: each folds in a thread of its own, and those of many shards would be many threads. */
class Checking implements StateCheck {
  readonly #runtime: Runtime;
  readonly #timer: NodeJS.Timeout;
  /** What a writer told last and was checked: place and hash, by shard. */
  readonly #checked = new Map<number, string>();
  readonly #snapshotAt = new Map<number, number>();
  readonly #snapshots = new Map<number, Claim>();
  #looking: Promise<void> | null = null;
  #stopped = false;

  constructor(runtime: Runtime, lookMs: number) {
    this.#runtime = runtime;
    this.#timer = setInterval(() => this.#look(), lookMs);
    this.#timer.unref();
  }

  saved(shard: number, snapshot: StateHash): void {
    const last = this.#snapshotAt.get(shard) ?? Number.NEGATIVE_INFINITY;
    if (performance.now() - last >= SNAPSHOTS_EVERY_MS) this.#snapshots.set(shard, { ...snapshot, between: 'snapshot' });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#looking;
  }

  #look(): void {
    const { log } = this.#runtime.context;
    this.#looking ??= this.#checkNew()
      .catch((error: unknown) => log.warn('state.not_checked', { error: String(error) }))
      .finally(() => (this.#looking = null));
  }

  async #checkNew(): Promise<void> {
    for (const [shard, told] of await this.#runtime.context.stateHashes.newest()) {
      const said = `${told.blockNo} ${told.stateHash}`;
      if (said === this.#checked.get(shard)) continue;
      this.#checked.set(shard, said);
      await this.#check(shard, { ...told, between: 'writer' });
    }
    for (const [shard, claim] of this.#snapshots) {
      this.#snapshots.delete(shard);
      this.#snapshotAt.set(shard, performance.now());
      await this.#check(shard, claim);
    }
  }

  /** One that fails keeps no other from being made. */
  async #check(shard: number, claim: Claim): Promise<void> {
    const { database, log } = this.#runtime.context;
    if (this.#stopped) return;
    try {
      await this.#judge(shard, claim, await inThread(database.url, shard, claim));
    } catch (error) {
      log.warn('state.not_checked', { shard, error: String(error) });
    }
  }

  async #judge(shard: number, claim: Claim, verdict: Verdict): Promise<void> {
    const { context, metrics } = this.#runtime;
    const { between, blockNo } = claim;
    if (verdict.outcome === 'unknown') return context.log.debug('state.not_compared', { shard, blockNo, between });
    const labels = { shard, between };
    if (verdict.outcome === 'agrees') {
      metrics.count('palpite_state_hash_agreed_total', 1, labels);
      return context.log.info('state.agrees', { shard, blockNo, between });
    }
    metrics.count('palpite_state_hash_mismatch_total', 1, labels);
    const { fromBlockNo, stateHash: folded } = verdict;
    context.log.error('state.differs', { shard, blockNo, between, claimed: claim.stateHash, folded, fromBlockNo });
    await context.snapshots.drop(shard, between === 'snapshot' ? [blockNo, fromBlockNo] : [fromBlockNo]);
    if (between === 'writer')
      this.#runtime.writers.get(shard)?.distrust(`block ${blockNo} of shard ${shard} was folded to two states`);
    else this.#runtime.projector?.followAnew(shard);
  }
}

function inThread(url: string, shard: number, claim: StateHash): Promise<Verdict> {
  const worker = new Worker(new URL('./state-check-worker.ts', import.meta.url), { workerData: { url, shard, claim } });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread ended with code ${code} and no verdict`)));
  });
}
