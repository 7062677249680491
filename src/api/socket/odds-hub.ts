// Live prices: one room per fixture that somebody watches. What is published marks its watchers as due; a round gives each of them what it lacks, so a
// slow reader gets the newest of each market and costs no memory. Quotes of unwatched fixtures are dropped at once.
import type { NumberedQuote, Quote } from '#core/catalog/quote.ts';
import type { Span } from '#ports/traces.ts';
import { OddsRoom, type QuotesUpdate } from './odds-room.ts';
import type { OddsRooms, OddsWatcher, Watch } from './odds-watcher.ts';

export interface OddsSource {
  /** The newest prices of a fixture, perhaps from a cache. */
  load(eventId: string): Promise<readonly NumberedQuote[]>;
  /** As stored: asked when something was missed. */
  stored(eventId: string): Promise<readonly NumberedQuote[]>;
}

/** Rounds begin at most this often, ms: what changes meanwhile is one write per reader. The first change after a pause goes out at once. */
export const ROUND_MS = 20;
/** Readers served before other work of the process gets its turn. */
const SLICE = 250;
/** What was missed and could not be read is asked for again after this, ms. */
const READ_AGAIN_MS = 500;

interface Traced {
  readonly span: Span;
  readonly readers: number;
}

interface Open {
  readonly room: OddsRoom;
  readonly watches: Set<Watch>;
  /** Something is missing: nobody is told anything until it was read. */
  behind: boolean;
  reading: Promise<void> | null;
}

export class OddsHub implements OddsRooms {
  /** Changes sent, and those that a newer one of their market replaced before they were. */
  readonly counts = { sent: 0, conflated: 0 };
  readonly #source: OddsSource;
  readonly #rooms = new Map<string, Open>();
  #due: OddsWatcher[] = [];
  #running = false;
  #roundAt = Number.NEGATIVE_INFINITY;
  /** Traced changes: those that wait for a round, and those that this round hands over. */
  #traced: Traced[] = [];
  #handing: readonly Traced[] = [];

  constructor(source: OddsSource) {
    this.#source = source;
  }

  get rooms(): number {
    return this.#rooms.size;
  }

  /**
   * Every change of the odds processor goes through here. One that does not follow what is known makes the room read what is stored. `span` ends
   * when the frames of the change are handed to the sockets that have room for them.
   */
  publish(update: QuotesUpdate, span: Span | null = null): void {
    this.#publish(update);
    if (span) this.#follow(span, update.eventId);
  }

  #publish({ after, eventId, quotes }: QuotesUpdate): void {
    const open = this.#rooms.get(eventId);
    if (!open) return;
    const missed = after > open.room.n;
    if (open.room.take(quotes) && !open.behind && !missed) this.#tell(open);
    if (!missed || open.behind) return;
    this.#read(open, 'stored').catch(() => this.#readLater(open));
  }

  /**
   * Begins to watch. `has` is the last number the reader has of this fixture: it gets what came since when that number is known here,
   * else all prices. Null: it has nothing. Rejects when the prices cannot be read.
   */
  async watch(eventId: string, watcher: OddsWatcher, has: number | null): Promise<Watch> {
    const open = this.#rooms.get(eventId) ?? this.#open(eventId);
    const watch: Watch = { room: open.room, watcher, has: 0, ready: false, lacks: false };
    open.watches.add(watch);
    try {
      if (open.behind) await this.#read(open, 'load');
      // The reader is ahead: our news are late, or its number is of another database. What is stored decides.
      if (has !== null && has > open.room.n) await this.#read(open, 'stored');
    } catch (error) {
      this.leave(watch);
      throw error;
    }
    if (!open.watches.has(watch)) return watch;
    const resumed = has !== null && has <= open.room.n;
    if (resumed) watch.has = has;
    watch.ready = true;
    watcher.begin(watch, resumed ? 'resumed' : has === null ? 'whole' : 'snapshot');
    watcher.lack(watch);
    watcher.serve(this.counts);
    return watch;
  }

  leave(watch: Watch): void {
    const { eventId } = watch.room;
    const open = this.#rooms.get(eventId);
    watch.ready = false;
    if (open?.watches.delete(watch) && open.watches.size === 0) this.#rooms.delete(eventId);
  }

  owe(watcher: OddsWatcher): void {
    if (watcher.due || watcher.lacking === 0) return;
    watcher.due = true;
    this.#due.push(watcher);
    this.#schedule();
  }

  /** The newest prices of a fixture: from its room when it is watched, otherwise loaded. */
  async current(eventId: string): Promise<Quote[]> {
    const open = this.#rooms.get(eventId);
    if (open?.behind) await this.#read(open, 'load');
    if (open) return open.room.quotes();
    const room = new OddsRoom(eventId);
    room.take(await this.#source.load(eventId));
    return room.quotes();
  }

  #open(eventId: string): Open {
    const open: Open = { room: new OddsRoom(eventId), watches: new Set(), behind: true, reading: null };
    this.#rooms.set(eventId, open);
    return open;
  }

  /** Reads what is missing; who asks meanwhile waits for the same. */
  #read(open: Open, from: keyof OddsSource): Promise<void> {
    open.behind = true;
    open.reading ??= this.#take(open, from).finally(() => (open.reading = null));
    return open.reading;
  }

  async #take(open: Open, from: keyof OddsSource): Promise<void> {
    const { eventId } = open.room;
    open.room.take(await (from === 'load' ? this.#source.load(eventId) : this.#source.stored(eventId)));
    open.behind = false;
    this.#tell(open);
  }

  #readLater(open: Open): void {
    setTimeout(() => {
      if (!open.behind || this.#rooms.get(open.room.eventId) !== open) return;
      this.#read(open, 'stored').catch(() => this.#readLater(open));
    }, READ_AGAIN_MS).unref();
  }

  #tell({ room, watches }: Open): void {
    for (const watch of watches) {
      if (!watch.ready || watch.has >= room.n) continue;
      watch.watcher.lack(watch);
      this.owe(watch.watcher);
    }
  }

  #follow(span: Span, eventId: string): void {
    const readers = this.#rooms.get(eventId)?.watches.size ?? 0;
    if (readers > 0 && this.#due.length > 0) this.#traced.push({ span, readers });
    else span.end({ 'palpite.readers': 0 });
  }

  #schedule(): void {
    if (this.#running) return;
    this.#running = true;
    const waitMs = this.#roundAt + ROUND_MS - performance.now();
    if (waitMs > 0) setTimeout(() => this.#round(), waitMs);
    else setImmediate(() => this.#round());
  }

  #round(): void {
    this.#roundAt = performance.now();
    const due = this.#due;
    this.#due = [];
    if (this.#traced.length > 0) [this.#handing, this.#traced] = [this.#traced, []];
    this.#serve(due, 0);
  }

  #endTraces(): void {
    for (const { readers, span } of this.#handing) span.end({ 'palpite.readers': readers });
    this.#handing = [];
  }

  #serve(due: readonly OddsWatcher[], from: number): void {
    const to = Math.min(due.length, from + SLICE);
    for (let at = from; at < to; at++) {
      const watcher = due[at] as OddsWatcher;
      watcher.due = false;
      watcher.serve(this.counts);
    }
    if (to < due.length) return void setImmediate(() => this.#serve(due, to));
    this.#running = false;
    if (this.#handing.length > 0) this.#endTraces();
    if (this.#due.length > 0) this.#schedule();
  }
}
