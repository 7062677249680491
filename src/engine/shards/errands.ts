// What has to be done elsewhere because of what stands in a writer's own state: found there, done once it is durable, tried again until it is done.
// Nothing else has to be remembered: kill the process anywhere, and the next holder of the shard goes on.
import type { Clock } from '#ports/clock.ts';
import type { Log } from '#ports/log.ts';
import type { Writer } from '../writer.ts';

/** Errands run at once; the others wait in the ledger. */
const UNDER_WAY_MAX = 256;
/** Of these, to one shard: one that does not answer must not keep the others waiting. */
const UNDER_WAY_MAX_PER_SHARD = 16;
const RETRY_MS = { first: 100, max: 5_000 };
/** One that nobody can judge any more is looked at again after this long, ms. */
const STUCK_MS = 600_000;
/** A commit under way is looked at again after this long, ms. */
const COMMIT_MS = 5;

export interface Errand {
  readonly key: string;
  /** Where it is to be done. */
  readonly shard: number;
}

export type ErrandEnd = 'done' | 'later' | 'stuck';

export interface ErrandPorts {
  readonly writer: Pick<Writer, 'decidedSeq' | 'epoch' | 'place' | 'status'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ErrandWork<E extends Errand> {
  /** All that stands in the state now; `isFree` says whether one would be begun. */
  waiting(isFree: (errand: Errand) => boolean): Iterable<E>;
  run(errand: E): Promise<ErrandEnd>;
}

export class Errands<E extends Errand> {
  readonly #ports: ErrandPorts;
  readonly #work: ErrandWork<E>;
  /** The shards that they go to, by key. */
  readonly #underWay = new Map<string, number>();
  readonly #later = new Map<string, { readonly attempt: number; readonly at: number }>();
  #stopped = false;
  #signalled = false;
  #running: Promise<void> = Promise.resolve();
  #wake: (() => void) | null = null;

  constructor(ports: ErrandPorts, work: ErrandWork<E>) {
    this.#ports = ports;
    this.#work = work;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** There may be something to do. */
  signal(): void {
    this.#signalled = true;
    this.#wake?.();
  }

  /** What is under way elsewhere is left to whoever holds the shard next. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.signal();
    await this.#running;
  }

  pause(ms: number): Promise<void> {
    const { clock } = this.#ports;
    return new Promise((resolve) => clock.schedule(clock.now() + ms, resolve));
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#signalled = false;
      const { epoch, decidedSeq } = this.#ports.writer;
      const begun = this.#free();
      const durable = begun.length === 0 || (await this.#durable(epoch, decidedSeq));
      if (durable) for (const errand of begun) void this.#do(errand);
      if (!this.#signalled) await this.#idle(durable);
    }
  }

  /** What is not under way, and not to be tried later. */
  #free(): E[] {
    const now = this.#ports.clock.now();
    const begun: E[] = [];
    const toShard = new Map<number, number>();
    for (const shard of this.#underWay.values()) toShard.set(shard, (toShard.get(shard) ?? 0) + 1);
    const isFree = ({ key, shard }: Errand): boolean =>
      !this.#underWay.has(key) &&
      (this.#later.get(key)?.at ?? 0) <= now &&
      (toShard.get(shard) ?? 0) < UNDER_WAY_MAX_PER_SHARD &&
      this.#underWay.size + begun.length < UNDER_WAY_MAX;
    for (const errand of this.#work.waiting(isFree)) {
      begun.push(errand);
      toShard.set(errand.shard, (toShard.get(errand.shard) ?? 0) + 1);
      if (this.#underWay.size + begun.length >= UNDER_WAY_MAX) break;
    }
    return begun;
  }

  /** True when everything decided up to `seq` under this epoch is committed; false when the writer lost it. */
  async #durable(epoch: number, seq: number): Promise<boolean> {
    const { writer } = this.#ports;
    const committed = (): boolean => writer.epoch === epoch && (writer.place?.seq ?? -1) >= seq;
    while (!committed() && writer.status === 'writing' && writer.epoch === epoch && !this.#stopped) await this.pause(COMMIT_MS);
    return committed();
  }

  async #do(errand: E): Promise<void> {
    const { key, shard } = errand;
    this.#underWay.set(key, shard);
    try {
      const end = await this.#work.run(errand);
      if (end === 'done') this.#later.delete(key);
      else this.#tryLater(key, end === 'stuck');
    } catch (error) {
      this.#ports.log.warn('courier.failed', { errand: key, error: String(error) });
      this.#tryLater(key);
    }
    this.#underWay.delete(key);
    this.signal();
  }

  #tryLater(key: string, stuck = false): void {
    const attempt = (this.#later.get(key)?.attempt ?? 0) + 1;
    const pauseMs = stuck ? STUCK_MS : Math.min(RETRY_MS.max, RETRY_MS.first * 2 ** Math.min(attempt, 10));
    this.#later.set(key, { attempt, at: this.#ports.clock.now() + pauseMs });
  }

  /** Until something happens, or it is time to try again; soon, when the writer was not sure of its last blocks. */
  async #idle(durable: boolean): Promise<void> {
    const soon = this.#ports.clock.now() + RETRY_MS.first;
    let at = durable ? Number.POSITIVE_INFINITY : soon;
    for (const [key, later] of this.#later) if (!this.#underWay.has(key)) at = Math.min(at, Math.max(soon, later.at));
    await new Promise<void>((resolve) => {
      const cancel = Number.isFinite(at) ? this.#ports.clock.schedule(at, resolve) : null;
      this.#wake = () => {
        cancel?.();
        resolve();
      };
    });
    this.#wake = null;
  }
}
