// The journal as it happens, for /ws/live: the last events of the shard with their seqs, which are the same for every gateway. A reader goes on from any seq
// that is still here. Nothing is parsed while nobody listens.
import type { Bus, Message, Subscription } from '#ports/bus.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import type { EventBatch } from '#engine/journal/relay.ts';
import { TOLD } from './live-frames.ts';

/** Characters of journal text that are kept for readers who come back. */
const KEPT_CHARS = 16_000_000;

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
  readonly #ledgerId: string;
  readonly #shard: number;
  readonly #readers = new Set<LiveReader>();
  readonly #batches: Batch[] = [];
  #size = 0;

  constructor(of: { readonly ledgerId: string; readonly shard: number }) {
    this.#ledgerId = of.ledgerId;
    this.#shard = of.shard;
  }

  /** From the bus: every gateway hears every event. */
  feed(bus: Bus): Promise<Subscription> {
    return bus.subscribe('events', 'gateway', async (messages) => this.hear(messages), { broadcast: true });
  }

  hear(messages: readonly Message[]): void {
    let news = false;
    for (const message of messages) news = this.#take(JSON.parse(message.body) as EventBatch) || news;
    if (news) for (const reader of this.#readers) reader.news();
  }

  join(reader: LiveReader): void {
    this.#readers.add(reader);
  }

  leave(reader: LiveReader): void {
    this.#readers.delete(reader);
  }

  /** Last seq that is here; 0 when nothing was heard. */
  get last(): number {
    return this.#batches.at(-1)?.last ?? 0;
  }

  /** What came after a seq, in order; null when some of it is not here any longer, or was never heard. */
  after(n: number): LiveEvent[] | null {
    if (n >= this.last) return [];
    if (n + 1 < (this.#batches[0]?.first ?? 0)) return null;
    const at = this.#batches.findIndex((batch) => batch.last > n);
    return this.#batches.slice(at).flatMap((batch) => this.#eventsOf(batch).filter((event) => event.n > n));
  }

  #take({ events: text, firstSeq, shard }: EventBatch): boolean {
    if (shard !== this.#shard) return false;
    const last = firstSeq + text.split('\n').length - 1;
    if (last <= this.last) return false; // told twice
    if (this.#batches.length > 0 && firstSeq !== this.last + 1) this.#forget(this.#batches.length); // some were missed
    this.#batches.push({ first: firstSeq, last, text, events: null, size: text.length });
    this.#size += text.length;
    let old = 0;
    for (let size = this.#size; size > KEPT_CHARS && old < this.#batches.length - 1; old++) size -= this.#batches[old]?.size ?? 0;
    if (old > 0) this.#forget(old);
    return true;
  }

  #forget(count: number): void {
    for (const { size } of this.#batches.splice(0, count)) this.#size -= size;
  }

  #eventsOf(batch: Batch): readonly LiveEvent[] {
    batch.events ??= batch.text.split('\n').flatMap((line, at) => {
      if (!TOLD.test(line)) return [];
      const event = JSON.parse(line) as NewEvent;
      return event.ledgerId === this.#ledgerId ? [{ n: batch.first + at, event }] : [];
    });
    batch.text = '';
    return batch.events;
  }
}
