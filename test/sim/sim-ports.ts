// The simulated outside: a clock that jumps, a journal that a process can die on, read models and snapshots in memory that fail on demand.
import type { VirtualClock } from '#adapters/memory/virtual-clock.ts';
import type { ProjectionBatch } from '#engine/projections/projection-batch.ts';
import type { BetEnd } from '#engine/projections/rows.ts';
import type { Clock } from '#ports/clock.ts';
import { type Block, type ChainHead, GENESIS_HASH, type Journal, type Lease } from '#ports/journal.ts';
import type { ProjectionPlace, Projections } from '#ports/projections.ts';
import type { Snapshot, Snapshots } from '#ports/snapshots.ts';

/** A machine's clock: the true time and an error that changes. */
export class SkewedClock implements Clock {
  skewMs = 0;
  readonly #true: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#true = clock;
  }

  now(): number {
    return this.#true.now() + this.skewMs;
  }

  schedule(at: number, fire: () => void): () => void {
    return this.#true.schedule(at - this.skewMs, fire);
  }
}

export type AppendFate = 'works' | 'fails-before' | 'fails-after' | 'dies-before' | 'dies-after';
const NEVER = new Promise<never>(() => undefined);

/** One process's way to the journal. Once the process is dead nothing gets through any more and nothing comes back. */
export class ProcessJournal implements Journal {
  /** What happens to the next appends. */
  readonly fates: AppendFate[] = [];
  readonly died: Promise<void>;

  /** For loops that would wait for a dead process for ever. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }
  dead = false;
  readonly #gone = new AbortController();
  readonly #store: Journal;
  #die: () => void = () => undefined;

  constructor(store: Journal) {
    this.#store = store;
    this.died = new Promise((resolve) => (this.#die = resolve));
  }

  kill(): void {
    this.dead = true;
    this.#gone.abort();
    this.#die();
  }

  async append(block: Block): Promise<void> {
    if (this.dead) return NEVER;
    const fate = this.fates.shift() ?? 'works';
    if (fate === 'fails-before') throw new Error('simulated: the connection broke before the append');
    if (fate === 'dies-before') return this.#dying();
    await this.#store.append(block);
    if (fate === 'fails-after') throw new Error('simulated: the connection broke after the append');
    if (fate === 'dies-after') return this.#dying();
  }

  acquire(shard: number, lease: Lease): Promise<ChainHead | null> {
    return this.dead ? NEVER : this.#store.acquire(shard, lease);
  }

  renew(shard: number, epoch: number, ttlMs: number): Promise<void> {
    return this.dead ? NEVER : this.#store.renew(shard, epoch, ttlMs);
  }

  release(shard: number, epoch: number): Promise<void> {
    return this.dead ? NEVER : this.#store.release(shard, epoch);
  }

  head(shard: number): Promise<ChainHead | null> {
    return this.#store.head(shard);
  }

  read(shard: number, fromBlockNo: number, limit: number): Promise<Block[]> {
    return this.#store.read(shard, fromBlockNo, limit);
  }

  blockNosWithKeys(shard: number, keys: Parameters<Journal['blockNosWithKeys']>[1]): Promise<number[]> {
    return this.dead ? NEVER : this.#store.blockNosWithKeys(shard, keys);
  }

  #dying(): Promise<never> {
    this.kill();
    return NEVER;
  }
}

export class SimSnapshots implements Snapshots {
  saved: Snapshot | null = null;
  /** The newest one is damaged: its bytes no longer give its hash. */
  damaged = false;

  async save(snapshot: Snapshot): Promise<void> {
    this.saved = snapshot;
    this.damaged = false;
  }

  async latest(): Promise<Snapshot | null> {
    if (!this.saved || !this.damaged) return this.saved;
    const chunks = this.saved.chunks.map((chunk) => Uint8Array.from(chunk));
    const first = chunks[0] as Uint8Array;
    first[first.length - 1] = (first[first.length - 1] as number) ^ 1;
    return { ...this.saved, chunks };
  }
}

/** Read models as Maps, with the promise of the real ones: a batch and its position together, or neither. */
export class SimProjections implements Projections<ProjectionBatch> {
  readonly wallets = new Map<string, [available: number, held: number]>();
  readonly bets = new Map<string, { status: string; returnMinor: number | null }>();
  entries = 0;
  /** 'before' or 'after' the next batch took effect, the connection breaks. */
  fate: 'works' | 'before' | 'after' = 'works';
  #place: ProjectionPlace = { blockNo: 0, seq: 0, hash: GENESIS_HASH };

  async place(): Promise<ProjectionPlace> {
    return this.#place;
  }

  async apply(_shard: number, batch: ProjectionBatch, move: { from: ProjectionPlace; to: ProjectionPlace }): Promise<boolean> {
    const { fate } = this;
    this.fate = 'works';
    if (fate === 'before') throw new Error('simulated: no connection');
    if (this.#place.blockNo !== move.from.blockNo) return false;
    this.#place = move.to;
    for (const w of batch.wallets.values()) {
      const [available, held] = this.wallets.get(w.holderId) ?? [0, 0];
      this.wallets.set(w.holderId, [available + w.available, held + w.held]);
    }
    for (const bet of batch.bets) this.bets.set(bet.betId, { status: bet.status, returnMinor: null });
    for (const end of batch.betEnds.values()) this.#end(end);
    this.entries += batch.entries.length;
    if (fate === 'after') throw new Error('simulated: the answer was lost');
    return true;
  }

  async reset(): Promise<void> {
    this.wallets.clear();
    this.bets.clear();
    this.entries = 0;
    this.#place = { blockNo: 0, seq: 0, hash: GENESIS_HASH };
  }

  #end({ betId, returnMinor, status }: BetEnd): void {
    this.bets.set(betId, { status, returnMinor });
  }
}
