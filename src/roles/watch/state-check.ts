// Compares what others hold in memory with what the journal makes of it: what a writer's state hashed to, wherever it runs, and what the follower
// saves as a snapshot. Two folds of one history that differ are a fault of the program or of the machine; it must be loud, and what took part
// in it is used no more.
import { Worker } from 'node:worker_threads';
import type { Verdict } from '#engine/journal/state-check.ts';
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
  saved(snapshot: StateHash): void;
}

export function startStateCheck(runtime: Runtime, shard: number, lookMs = LOOK_MS): StateCheck {
  return new Checking(runtime, shard, lookMs);
}

class Checking implements StateCheck {
  readonly #runtime: Runtime;
  readonly #shard: number;
  readonly #timer: NodeJS.Timeout;
  /** What a writer told last and was checked: place and hash. */
  #checked = '';
  #snapshotAt = Number.NEGATIVE_INFINITY;
  #snapshot: Claim | null = null;
  #looking: Promise<void> | null = null;

  constructor(runtime: Runtime, shard: number, lookMs: number) {
    this.#runtime = runtime;
    this.#shard = shard;
    this.#timer = setInterval(() => this.#look(), lookMs);
    this.#timer.unref();
  }

  saved(snapshot: StateHash): void {
    if (performance.now() - this.#snapshotAt >= SNAPSHOTS_EVERY_MS) this.#snapshot = { ...snapshot, between: 'snapshot' };
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  #look(): void {
    const { log } = this.#runtime.context;
    this.#looking ??= this.#checkNext()
      .catch((error: unknown) => log.warn('state.not_checked', { shard: this.#shard, error: String(error) }))
      .finally(() => (this.#looking = null));
  }

  async #checkNext(): Promise<void> {
    const { database, stateHashes } = this.#runtime.context;
    const told = await stateHashes.newest(this.#shard);
    const said = told ? `${told.blockNo} ${told.stateHash}` : '';
    if (told && said !== this.#checked) {
      this.#checked = said;
      const claim = { ...told, between: 'writer' } as const;
      await this.#judge(claim, await inThread(database.url, this.#shard, claim));
    }
    const claim = this.#snapshot;
    if (!claim) return;
    this.#snapshot = null;
    this.#snapshotAt = performance.now();
    await this.#judge(claim, await inThread(database.url, this.#shard, claim));
  }

  async #judge(claim: Claim, verdict: Verdict): Promise<void> {
    const { context, metrics } = this.#runtime;
    const { between, blockNo } = claim;
    const shard = this.#shard;
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
    if (between === 'writer') this.#runtime.writer?.distrust(`block ${blockNo} of shard ${shard} was folded to two states`);
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
