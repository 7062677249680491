// Takes decided blocks to disk in order: one append in flight, the next one hashed meanwhile, answers only after the commit.
// When an append fails, everything decided after it is void as well: all of it is handed back at once.
import type { Block, Journal } from '#ports/journal.ts';
import type { BlockBuilder, PreparedBlock } from './block-builder.ts';
import { failpoint } from './failpoint.ts';

/** Decided blocks that may wait behind the one in flight. */
const AHEAD_MAX = 2;

export interface CommitterEvents {
  committed(block: Block): void;
  /** The blocks that are not known to be durable, oldest first. Resolves when a new chain is in hand or none will be. */
  failed(error: unknown, lost: readonly PreparedBlock[]): Promise<void>;
}

interface Pending {
  readonly prepared: PreparedBlock;
  readonly builder: BlockBuilder;
  readonly sealed: Promise<Block> | null;
}

export class Committer {
  readonly #journal: Journal;
  readonly #events: CommitterEvents;
  #queue: Pending[] = [];
  #working: Promise<void> | null = null;
  #room: (() => void) | null = null;

  constructor(journal: Journal, events: CommitterEvents) {
    this.#journal = journal;
    this.#events = events;
  }

  get busy(): boolean {
    return this.#working !== null;
  }

  /** Resolves when everything handed over is durable or lost. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working;
  }

  /** Queues a decided block; resolves when another may be decided. */
  async push(builder: BlockBuilder, prepared: PreparedBlock): Promise<void> {
    const sealed = prepared.draft ? builder.seal(prepared.draft) : null;
    sealed?.catch(() => undefined); // awaited when its turn comes
    this.#queue.push({ prepared, builder, sealed });
    this.#working ??= this.#work();
    if (this.#queue.length > AHEAD_MAX) await new Promise<void>((resolve) => (this.#room = resolve));
  }

  async #work(): Promise<void> {
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      try {
        await this.#commit(next);
        this.#queue.shift();
      } catch (error) {
        const lost = this.#queue.map((pending) => pending.prepared);
        this.#queue = [];
        await this.#events.failed(error, lost);
      }
      this.#room?.();
      this.#room = null;
    }
    this.#working = null;
  }

  async #commit({ builder, prepared, sealed }: Pending): Promise<void> {
    if (sealed) {
      const block = await sealed;
      failpoint('before-begin');
      await this.#journal.append(block);
      failpoint('after-commit');
      builder.committed = { blockNo: block.blockNo, seq: block.lastSeq, hash: block.hash };
      this.#events.committed(block);
    }
    for (const { item, encoded } of prepared.answers) item.answer(encoded);
  }
}
