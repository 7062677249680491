// The journal is the outbox: the relay publishes every block's events to the bus, in order, with a cursor of its own. At least once.
// Bets that wait for the supplier it publishes to whoever asks him as well.
import type { Bus, Message } from '#ports/bus.ts';
import type { Cursors } from '#ports/cursors.ts';
import type { Block, JournalReader } from '#ports/journal.ts';
import type { Log } from '#ports/log.ts';
import { Rest } from '#ports/rest.ts';
import { flaggedIn, placedBets } from '../confirmation/placed-bets.ts';
import { BlockBody } from './block-body.ts';
import { type ChainPlace, checkOrder, isCut, READ_BLOCKS } from './chain-reader.ts';

export interface RelayPorts {
  readonly journal: JournalReader;
  readonly bus: Bus;
  readonly cursors: Cursors;
  readonly log: Log;
  /** The trace of a block, where one of its commands is traced. */
  readonly traceparentOf?: (blockNo: number) => string | undefined;
  /** Answers of suppliers that were flagged. */
  readonly onFlagged?: (answers: number) => void;
}

const NAME = 'relay';
/** Commits wake it; this is for what it could not publish, and for whatever was missed. */
const IDLE_MS = { retry: 500, max: 5_000 };
/** After a round that published something, what is committed meanwhile is left to gather, ms: a round costs two queries and one message to the broker. */
const GATHER_MS = 10;
/** How often the cursor is stored while there is always something to publish, ms: a commit of its own each time. What is not stored is published again by the next relay. */
const SAVE_MS = 100;

/** Body of an `events` message: a block's events as lines of canonical JSON; their seqs count up from `firstSeq`. */
export interface EventBatch {
  readonly shard: number;
  readonly firstSeq: number;
  readonly events: string;
}

export class Relay {
  readonly #shard: number;
  readonly #ports: RelayPorts;
  readonly #rest = new Rest();
  readonly #gathering = new Rest();
  /** Published up to here; null when the cursor has to be read. */
  #place: ChainPlace | null = null;
  /** Of the cursor as it is stored. */
  #saved = { seq: 0, at: Number.NEGATIVE_INFINITY };
  #running: Promise<void> | null = null;

  constructor(shard: number, ports: RelayPorts) {
    this.#shard = shard;
    this.#ports = ports;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** A block was committed. */
  notify(): void {
    this.#rest.wake();
  }

  async stop(): Promise<void> {
    this.#rest.end();
    this.#gathering.end();
    await this.#running;
  }

  /** Publishes what is there now; returns the number of blocks. */
  async catchUp(): Promise<number> {
    const published = await this.#publishAll();
    await this.#save();
    return published;
  }

  async #publishAll(): Promise<number> {
    try {
      for (let published = 0; ;) {
        const blocks = await this.#publishNext();
        published += blocks.length;
        if (!isCut(blocks) || this.#rest.ended) return published;
        await this.#saveIfDue();
      }
    } catch (error) {
      this.#place = null;
      throw error;
    }
  }

  async #publishNext(): Promise<readonly Block[]> {
    const { bus, journal } = this.#ports;
    let place = (this.#place ??= await this.#stored());
    const blocks = await journal.read(this.#shard, place.blockNo + 1, READ_BLOCKS);
    if (blocks.length === 0 || this.#rest.ended) return [];
    for (const block of blocks) place = checkOrder(place, block);
    await bus.publish(blocks.flatMap((block) => this.#messagesOf(block)));
    this.#place = place;
    return blocks;
  }

  #messagesOf(block: Block): Message[] {
    const { onFlagged, traceparentOf } = this.#ports;
    const events = new BlockBody(block.body).events().toString('utf8');
    const flagged = flaggedIn(events);
    if (flagged > 0) onFlagged?.(flagged);
    return [messageOf(block, events, traceparentOf?.(block.blockNo)), ...placedBets(events, block.hash)];
  }

  async #run(): Promise<void> {
    while (!this.#rest.ended) {
      let idleMs = IDLE_MS.max;
      try {
        const published = await this.#publishAll();
        await this.#saveIfDue();
        if (published > 0) await this.#gathering.for(GATHER_MS);
        if (this.#unsaved) idleMs = SAVE_MS;
      } catch (error) {
        this.#failed(error);
        idleMs = IDLE_MS.retry;
      }
      await this.#rest.for(idleMs);
    }
    await this.#save().catch((error: unknown) => this.#failed(error));
  }

  async #stored(): Promise<ChainPlace> {
    const place = await this.#ports.cursors.read(NAME, this.#shard);
    this.#saved = { ...this.#saved, seq: place.seq };
    return place;
  }

  get #unsaved(): boolean {
    return this.#place !== null && this.#place.seq > this.#saved.seq;
  }

  async #saveIfDue(): Promise<void> {
    if (performance.now() - this.#saved.at >= SAVE_MS) await this.#save();
  }

  async #save(): Promise<void> {
    if (!this.#place || !this.#unsaved) return;
    await this.#ports.cursors.save(NAME, this.#shard, this.#place);
    this.#saved = { seq: this.#place.seq, at: performance.now() };
  }

  #failed(error: unknown): void {
    this.#ports.log.error('relay.failed', { shard: this.#shard, error: String(error) });
  }
}

function messageOf(block: Block, events: string, traceparent: string | undefined): Message {
  const batch: EventBatch = {
    shard: block.shard,
    firstSeq: block.firstSeq,
    events,
  };
  return {
    topic: 'events',
    key: String(block.shard),
    id: `${block.shard}:${block.blockNo}`,
    type: 'EventBatch',
    v: 1,
    correlationId: block.hash,
    ...(traceparent === undefined ? {} : { traceparent }),
    body: JSON.stringify(batch),
  };
}
