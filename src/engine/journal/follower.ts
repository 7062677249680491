// Folds the same blocks as the writer, beside it, and writes snapshots. Writer and follower compare state hashes: two folds that differ are a bug.
import { evolve } from '#core/evolve.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import type { ShardState } from '#core/kernel/state.ts';
import type { Block, Journal } from '#ports/journal.ts';
import type { Log } from '#ports/log.ts';
import type { Snapshots } from '#ports/snapshots.ts';
import { type ChainPlace, checkLink, eventsOf, readChain } from './chain-reader.ts';
import { restore } from '../state/restore.ts';
import { dumpState, hashChunks, SNAPSHOT_VERSION } from '../state/snapshot.ts';

export interface FollowerOptions {
  readonly shard: number;
  /** Events between two snapshots under load. */
  readonly everyEvents?: number;
  /** Time between two snapshots when little happens, ms. */
  readonly everyMs?: number;
}

export interface FollowerPorts {
  readonly journal: Journal;
  readonly snapshots: Snapshots;
  readonly log: Log;
  /** Told after each snapshot, for the comparison with the writer. */
  readonly onSnapshot?: (place: ChainPlace, stateHash: string) => void;
}

const EVERY_EVENTS = 250_000;
const EVERY_MS = 300_000;

export class Follower {
  readonly #options: FollowerOptions;
  readonly #ports: FollowerPorts;
  #state: ShardState | null = null;
  #place: ChainPlace | null = null;
  #saved = { seq: 0, at: 0 };
  #saving: Promise<void> = Promise.resolve();
  #filling: Promise<void> | null = null;

  constructor(options: FollowerOptions, ports: FollowerPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  get place(): ChainPlace | null {
    return this.#place;
  }

  async start(now: number): Promise<void> {
    const { journal, snapshots } = this.#ports;
    const restored = await restore({ journal, snapshots, shard: this.#options.shard, keysMax: 1 });
    this.#state = restored.state;
    this.#place = restored.place;
    this.#saved = { seq: restored.place.seq - restored.events, at: now };
  }

  /**
   * Folds a block. Blocks seen before are passed over; a gap (another process projected what lies between) is read from the journal, and
   * blocks that come meanwhile are found there as well.
   */
  take(block: Block, events: readonly NewEvent[]): void {
    if (!this.#place || this.#filling || block.blockNo <= this.#place.blockNo) return;
    if (block.blockNo === this.#place.blockNo + 1) this.#fold(this.#place, block, events);
    else this.#filling = this.#fillGap(this.#place);
  }

  async #fillGap(from: ChainPlace): Promise<void> {
    const { journal, log } = this.#ports;
    const { shard } = this.#options;
    try {
      let place = from;
      for await (const block of readChain(journal, shard, from)) place = this.#fold(place, block, eventsOf(block));
    } catch (error) {
      log.error('follower.gap_not_filled', { shard, error: String(error) });
    } finally {
      this.#filling = null;
    }
  }

  #fold(place: ChainPlace, block: Block, events: readonly NewEvent[]): ChainPlace {
    const next = checkLink(place, block);
    for (const event of events) evolve(this.#state as ShardState, event);
    this.#place = next;
    return next;
  }

  /** Writes a snapshot when it is due; cheap to call often. */
  snapshotIfDue(now: number): void {
    if (!this.#place) return;
    const events = this.#place.seq - this.#saved.seq;
    const many = events >= (this.#options.everyEvents ?? EVERY_EVENTS);
    const old = events > 0 && now - this.#saved.at >= (this.#options.everyMs ?? EVERY_MS);
    if (many || old) this.#save(now);
  }

  /** Writes what is not saved yet; resolves when it is stored. */
  async finish(now: number): Promise<void> {
    await this.#filling;
    if (this.#place && this.#place.seq > this.#saved.seq) this.#save(now);
    await this.#saving;
  }

  #save(now: number): void {
    const state = this.#state as ShardState;
    const place = this.#place as ChainPlace;
    this.#saved = { seq: place.seq, at: now };
    const chunks = dumpState(state);
    const stateHash = hashChunks(chunks);
    const { shard } = this.#options;
    const snapshot = {
      shard,
      blockNo: place.blockNo,
      seq: place.seq,
      blockHash: place.hash,
      stateHash,
      version: SNAPSHOT_VERSION,
      chunks,
    };
    this.#saving = this.#saving
      .then(() => this.#ports.snapshots.save(snapshot))
      .then(() => this.#ports.onSnapshot?.(place, stateHash))
      .catch((error: unknown) => this.#ports.log.error('follower.snapshot_failed', { shard, error: String(error) }));
  }
}
