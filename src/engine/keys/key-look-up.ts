// Looks keys that have left memory up in the journal, many at a time: callers whose clocks are slow must cost a query now and then, not one a
// command, and never more than this lets in.
import type { Block, Journal } from '#ports/journal.ts';
import { keysOf, type StoredKey } from '../journal/stored-keys.ts';
import type { Waiting } from '../lanes.ts';

export interface LookUpOf {
  readonly journal: Journal;
  readonly shard: number;
  /** Up to where the journal is known to be durable: what a query sent now cannot miss. */
  readonly committedSeq: () => number;
}

export interface LookUpEnds {
  readonly known: (item: Waiting, stored: StoredKey) => void;
  /** Nowhere in the journal up to `upTo`. */
  readonly unknown: (item: Waiting, upTo: number) => void;
  readonly failed: (item: Waiting) => void;
}

/** Commands waiting for a look-up at most; they have left the lanes' bounds. */
const WAITING_MAX = 10_000;
/** Keys in one query. */
const BATCH = 512;
/** Blocks read at a time: a few megabytes. */
const READ_BLOCKS = 32;

export class KeyLookUp {
  readonly #of: LookUpOf;
  readonly #ends: LookUpEnds;
  #waiting: Waiting[] = [];
  /** Control and facts: they overtake. */
  #urgent: Waiting[] = [];
  #inHand = 0;

  constructor(of: LookUpOf, ends: LookUpEnds) {
    this.#of = of;
    this.#ends = ends;
  }

  get size(): number {
    return this.#urgent.length + this.#waiting.length + this.#inHand;
  }

  /** It has failed when too many wait already. */
  push(item: Waiting): void {
    const { lane } = item.envelope;
    const queue = lane === 'control' || lane === 'facts' ? this.#urgent : this.#waiting;
    if (queue.length >= WAITING_MAX) return this.#ends.failed(item);
    queue.push(item);
    if (this.#inHand === 0) void this.#run();
  }

  /** Takes those that no query has been sent for yet. */
  drain(): Waiting[] {
    return [...this.#urgent.splice(0), ...this.#waiting.splice(0)];
  }

  async #run(): Promise<void> {
    while (this.#urgent.length + this.#waiting.length > 0) {
      const batch = (this.#urgent.length > 0 ? this.#urgent : this.#waiting).splice(0, BATCH);
      this.#inHand = batch.length;
      const upTo = this.#of.committedSeq();
      try {
        const found = await this.#find(batch);
        for (const item of batch) {
          const stored = found.get(item.envelope.commandId);
          if (stored) this.#ends.known(item, stored);
          else this.#ends.unknown(item, upTo);
        }
      } catch {
        for (const item of batch) this.#ends.failed(item);
      }
      this.#inHand = 0;
    }
  }

  async #find(batch: readonly Waiting[]): Promise<Map<string, StoredKey>> {
    const { journal, shard } = this.#of;
    const found = new Map<string, StoredKey>();
    const wanted = new Set(batch.map(({ envelope }) => envelope.commandId));
    const lastWords = new Set(batch.map(({ key }) => key.w3));
    const keys = batch.map(({ envelope, key }) => ({ commandId: envelope.commandId, madeAt: key.madeAt }));
    for (const run of runsOf(await journal.blockNosWithKeys(shard, keys))) {
      for await (const block of this.#read(run)) {
        await new Promise(setImmediate); // blocks are unpacked here: decisions go in between
        for (const stored of keysOf(block, lastWords)) if (wanted.has(stored.commandId)) found.set(stored.commandId, stored);
      }
      if (found.size === wanted.size) break;
    }
    return found;
  }

  /** All blocks of a run, also when a page of large ones was cut by its size. */
  async *#read({ count, from }: Run): AsyncGenerator<Block> {
    for (let next = from; next < from + count;) {
      const blocks = await this.#of.journal.read(this.#of.shard, next, from + count - next);
      if (blocks.length === 0) throw new Error(`shard ${this.#of.shard}: block ${next} is gone`);
      yield* blocks;
      next += blocks.length;
    }
  }
}

interface Run {
  from: number;
  count: number;
}

/** Neighbours are read together. */
function runsOf(blockNos: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const no of blockNos) {
    const last = runs.at(-1);
    if (last && last.from + last.count === no && last.count < READ_BLOCKS) last.count++;
    else runs.push({ from: no, count: 1 });
  }
  return runs;
}
