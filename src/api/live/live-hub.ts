// The journal as it happens, for /ws/live: the last events of every shard with their seqs, which are the same for every gateway. A reader goes on from
// any seq that is still here. Nothing is parsed while nobody listens.
import type { Bus, Message, Subscription } from '#ports/bus.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import { MAIN_SHARD } from '#core/ledger/shard.ts';
import type { EventBatch } from '#engine/journal/relay.ts';
import type { LedgerPlace } from '../questions/question.ts';
import { TOLD } from './live-frames.ts';

/** Characters of journal text that are kept for readers who come back: of the shard that all tenants share, and of each other. */
const KEPT_CHARS = { main: 16_000_000, other: 1_000_000 };

export interface LiveEvent {
  readonly n: number;
  readonly event: NewEvent;
}

export interface LiveReader {
  /** Something new is here. */
  news(): void;
}

interface Batch {
  readonly first: number;
  readonly last: number;
  text: string;
  /** Null until somebody asks. */
  events: readonly LiveEvent[] | null;
  readonly size: number;
}

export class LiveHub {
  readonly #shards = new Map<number, ShardTail>();

  /** From the bus: every gateway hears every event. */
  feed(bus: Bus): Promise<Subscription> {
    return bus.subscribe('events', 'gateway', async (messages) => this.hear(messages), { broadcast: true });
  }

  hear(messages: readonly Message[]): void {
    const news = new Set<ShardTail>();
    for (const message of messages) {
      const batch = JSON.parse(message.body) as EventBatch;
      const tail = this.shard(batch.shard);
      if (tail.take(batch)) news.add(tail);
    }
    for (const tail of news) tail.tellReaders();
  }

  /** What was heard of one ledger, and what will be. */
  of({ ledgerId, shard }: LedgerPlace): LiveTail {
    return new LiveTail(this.shard(shard), ledgerId);
  }

  shard(shard: number): ShardTail {
    let tail = this.#shards.get(shard);
    if (!tail) this.#shards.set(shard, (tail = new ShardTail(shard === MAIN_SHARD ? KEPT_CHARS.main : KEPT_CHARS.other)));
    return tail;
  }
}

/** One ledger's part of a shard. */
export class LiveTail {
  readonly #shard: ShardTail;
  readonly #ledgerId: string;

  constructor(shard: ShardTail, ledgerId: string) {
    this.#shard = shard;
    this.#ledgerId = ledgerId;
  }

  join(reader: LiveReader): void {
    this.#shard.readers.add(reader);
  }

  leave(reader: LiveReader): void {
    this.#shard.readers.delete(reader);
  }

  /** Last seq that is here; 0 when nothing was heard. */
  get last(): number {
    return this.#shard.last;
  }

  /** What came after a seq, in order; null when some of it is not here any longer, or was never heard. */
  after(n: number): LiveEvent[] | null {
    return this.#shard.after(n)?.filter(({ event }) => event.ledgerId === this.#ledgerId) ?? null;
  }
}

class ShardTail {
  readonly readers = new Set<LiveReader>();
  readonly #keptChars: number;
  readonly #batches: Batch[] = [];
  #size = 0;

  constructor(keptChars: number) {
    this.#keptChars = keptChars;
  }

  tellReaders(): void {
    for (const reader of this.readers) reader.news();
  }

  get last(): number {
    return this.#batches.at(-1)?.last ?? 0;
  }

  after(n: number): LiveEvent[] | null {
    if (n >= this.last) return [];
    if (n + 1 < (this.#batches[0]?.first ?? 0)) return null;
    const at = this.#batches.findIndex((batch) => batch.last > n);
    return this.#batches.slice(at).flatMap((batch) => this.#eventsOf(batch).filter((event) => event.n > n));
  }

  /** False when it was told before. */
  take({ events: text, firstSeq }: EventBatch): boolean {
    const last = firstSeq + text.split('\n').length - 1;
    if (last <= this.last) return false; // told twice
    if (this.#batches.length > 0 && firstSeq !== this.last + 1) this.#forget(this.#batches.length); // some were missed
    this.#batches.push({ first: firstSeq, last, text, events: null, size: text.length });
    this.#size += text.length;
    let old = 0;
    for (let size = this.#size; size > this.#keptChars && old < this.#batches.length - 1; old++)
      size -= this.#batches[old]?.size ?? 0;
    if (old > 0) this.#forget(old);
    return true;
  }

  #forget(count: number): void {
    for (const { size } of this.#batches.splice(0, count)) this.#size -= size;
  }

  #eventsOf(batch: Batch): readonly LiveEvent[] {
    batch.events ??= batch.text.split('\n').flatMap((line, at) => {
      if (!TOLD.test(line)) return [];
      return [{ n: batch.first + at, event: JSON.parse(line) as NewEvent }];
    });
    batch.text = '';
    return batch.events;
  }
}
