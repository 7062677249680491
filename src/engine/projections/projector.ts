// Follows a chain and keeps the read models up to date. Its lag is published: when it grows too large the writer answers `busy`.
import type { Block, JournalReader } from '#ports/journal.ts';
import type { Log } from '#ports/log.ts';
import type { ProjectionPlace, Projections } from '#ports/projections.ts';
import { Rest } from '#ports/rest.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import { checkOrder, eventsOf, isCut, READ_BLOCKS } from '../journal/chain-reader.ts';
import { ProjectionBatch } from './projection-batch.ts';

export interface ProjectorOptions {
  readonly shard: number;
  /** Events folded into one transaction at most. */
  readonly batchEventsMax?: number;
  readonly idleMs?: number;
  /** Longest rest between transactions while it keeps up, ms: larger batches cost far less per event. None in tests and tools. */
  readonly restMsMax?: number;
  /** Called after each transaction. */
  readonly onProgress?: (place: ProjectionPlace, recordedAt: number) => void;
  readonly onBlock?: (block: Block, events: readonly NewEvent[]) => void;
}

export interface ProjectorPorts {
  readonly journal: JournalReader;
  readonly projections: Projections<ProjectionBatch>;
  readonly log: Log;
}

const BATCH_EVENTS_MAX = 3_500;
const IDLE_MS = 50;
/** With 4, a bet at 2,000 to 4,000 a second costs the projector and its database half of what it costs with 1; the models are some 10 ms older. */
const REST_TIMES = 4;
/** Longest pause after failures, ms. */
const FAILED_MS_MAX = 5_000;

interface Gathered {
  readonly batch: ProjectionBatch;
  readonly from: ProjectionPlace;
  readonly to: ProjectionPlace;
  readonly more: boolean;
}

interface UnderWay extends Gathered {
  readonly began: number;
  readonly written: Promise<boolean>;
}

export class Projector {
  readonly #options: ProjectorOptions;
  readonly #ports: ProjectorPorts;
  #place: ProjectionPlace | null = null;
  /** Until there is news. */
  readonly #idle = new Rest();
  /** Not cut short by news: after a transaction, and after a failure. */
  readonly #pause = new Rest();
  #running: Promise<void> | null = null;
  #lastRecordedAt = 0;
  #waiters: { blockSeq: number; resolve: () => void }[] = [];

  constructor(options: ProjectorOptions, ports: ProjectorPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  get place(): ProjectionPlace | null {
    return this.#place;
  }

  /** recordedAt of the newest projected block, ms. */
  get projectedUntil(): number {
    return this.#lastRecordedAt;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** New blocks are there. */
  notify(): void {
    this.#idle.wake();
  }

  async stop(): Promise<void> {
    this.#idle.end();
    this.#pause.end();
    await this.#running;
  }

  /** Resolves once everything up to `seq` is projected. */
  reached(seq: number): Promise<void> {
    if ((this.#place?.seq ?? -1) >= seq) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ blockSeq: seq, resolve }));
  }

  /** Projects what is there now and returns the number of events folded. Far behind, the next batch is read and made ready while one is written. */
  async catchUp(): Promise<number> {
    let folded = 0;
    for (;;) {
      this.#place ??= await this.#startPlace();
      let under = this.#apply(await this.#gather(this.#place));
      while (under) {
        const next = !this.#idle.ended && under.more ? this.#gather(under.to).then((ready) => this.#apply(ready)) : null;
        next?.catch(() => undefined); // awaited below, unless this one fails first
        let fits = false;
        try {
          fits = await this.#settle(under);
        } finally {
          if (!fits) await next?.then((batch) => batch?.written).catch(() => undefined); // it does not fit either
        }
        if (!fits) break;
        folded += under.batch.events;
        if (!under.more) await this.#rest(performance.now() - under.began);
        under = next ? await next : this.#idle.ended ? null : this.#apply(await this.#gather(under.to));
      }
      if (this.#place) return folded;
    }
  }

  #apply(ready: Gathered | null): UnderWay | null {
    if (!ready) return null;
    const written = this.#ports.projections.apply(this.#options.shard, ready.batch, ready);
    written.catch(() => undefined); // settled in its turn
    return { ...ready, began: performance.now(), written };
  }

  /** False when another projector moved the position: it is to be read again. */
  async #settle({ batch, to, written }: UnderWay): Promise<boolean> {
    if (!(await written)) {
      this.#place = null;
      return false;
    }
    this.#place = to;
    this.#lastRecordedAt = batch.recordedAt;
    this.#release(to.seq);
    this.#options.onProgress?.(to, batch.recordedAt);
    return true;
  }

  /** The next batch; `more` when the journal certainly holds more than it. */
  async #gather(from: ProjectionPlace): Promise<Gathered | null> {
    const batch = new ProjectionBatch();
    let to = from;
    let more = true;
    while (batch.events < this.#batchEventsMax) {
      const blocks = await this.#ports.journal.read(this.#options.shard, to.blockNo + 1, READ_BLOCKS);
      to = await this.#fold(batch, to, blocks);
      more = isCut(blocks) || to.blockNo < (blocks.at(-1)?.blockNo ?? 0);
      if (!more) break; // that was the end: asking again would only find what came meanwhile
    }
    return batch.events > 0 ? { batch, from, to, more } : null;
  }

  async #fold(batch: ProjectionBatch, from: ProjectionPlace, blocks: readonly Block[]): Promise<ProjectionPlace> {
    let at = from;
    for (const block of blocks) {
      if (batch.events >= this.#batchEventsMax) break;
      await new Promise(setImmediate); // the batch before is being written: its statements must not wait for all of this one
      at = checkOrder(at, block); // bodies are verified by the follower and by `journal verify`
      const events = eventsOf(block);
      let seq = block.firstSeq;
      for (const event of events) batch.add(event, seq++);
      batch.recordedAt = block.meta.recordedAt;
      this.#options.onBlock?.(block, events);
    }
    return at;
  }

  get #batchEventsMax(): number {
    return this.#options.batchEventsMax ?? BATCH_EVENTS_MAX;
  }

  /** Some times as long as the last transaction took: most of the time goes to whoever else needs the machine. */
  async #rest(tookMs: number): Promise<void> {
    const ms = Math.min(this.#options.restMsMax ?? 0, tookMs * REST_TIMES);
    if (ms > 0) await this.#pause.for(ms);
  }

  async #startPlace(): Promise<ProjectionPlace> {
    const place = await this.#ports.projections.place(this.#options.shard);
    this.#options.onProgress?.(place, 0);
    return place;
  }

  #release(seq: number): void {
    const waiting = this.#waiters;
    this.#waiters = waiting.filter((waiter) => waiter.blockSeq > seq);
    for (const waiter of waiting) if (waiter.blockSeq <= seq) waiter.resolve();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#idle.ended) {
      try {
        await this.catchUp();
        failures = 0;
      } catch (error) {
        this.#place = null;
        failures++;
        this.#ports.log.error('projector.failed', { shard: this.#options.shard, failures, error: String(error) });
      }
      const idleMs = this.#options.idleMs ?? IDLE_MS;
      if (failures === 0) await this.#idle.for(idleMs);
      else await this.#pause.for(Math.min(FAILED_MS_MAX, Math.min(idleMs, IDLE_MS) * (failures + 1)));
    }
  }
}
