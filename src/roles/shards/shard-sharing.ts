// The shards in use, shared by the writer processes that are alive: each looks at the same rows, takes what is its to take, gives what is too
// much, and renews what it holds. A lease that was lost ends the process: another one writes there now.
import { setTimeout as sleep } from 'node:timers/promises';
import { fairShare } from '#engine/shards/fair-share.ts';
import type { ShardsView } from '#ports/shards.ts';
import { LEASE_TTL_MS, MAIN_SHARD } from '../ledgers.ts';
import type { Running, Runtime } from '../runtime.ts';
import type { HeldShard } from './held-shard.ts';

const RENEW_MS = LEASE_TTL_MS / 3;
/** How often the rows are looked at: with the lease's life and the time to load a shard, this is how long one is without a writer. */
const LOOK_MS = 500;
/** Leases that a killed process left behind run out by themselves: a start waits this long before it goes on without any, ms. */
const FOREGROUND_MS = LEASE_TTL_MS + 1_000;
const WATCH_MS = 250;
/** One that could not take a shard lets the others try for so long, longer each time, ms. */
const STEP_BACK_MS = { first: 2 * LEASE_TTL_MS, max: 600_000 };

export interface SharingOptions {
  /** Who this process is, in leases. */
  readonly name: string;
  /** Other shards than `main`, too. */
  readonly all: boolean;
  /** Takes a shard; null when another was first. */
  hold(shard: number): Promise<HeldShard | null>;
}

export class ShardSharing implements Running {
  readonly #runtime: Runtime;
  readonly #options: SharingOptions;
  readonly #held = new Map<number, HeldShard>();
  /** What ends of shards that others may have by now: its relay waits for a bus that is away. */
  readonly #ending = new Set<Promise<void>>();
  /** Being taken: its lease is ours before it writes. */
  readonly #taking = new Set<number>();
  #stopped = false;
  /** Shards in a row that could not be taken, and until when the others try. */
  #failures = 0;
  #backAt = 0;
  #looking: Promise<void> = Promise.resolve();
  #timers: NodeJS.Timeout[] = [];

  constructor(runtime: Runtime, options: SharingOptions) {
    this.#runtime = runtime;
    this.#options = options;
  }

  get held(): readonly number[] {
    return [...this.#held.keys()].toSorted((a, b) => a - b);
  }

  /** Returns when something is held, or when everything is in other hands. */
  async start(): Promise<void> {
    const { context } = this.#runtime;
    this.#runtime.metrics.gauge('palpite_lease_held', () => (this.#held.size > 0 ? 1 : 0), { lease: 'writer' });
    await context.shards.use(MAIN_SHARD);
    await this.#renew();
    this.#timers = [setInterval(() => void this.#renew(), RENEW_MS), setInterval(() => this.#watch(), WATCH_MS)];
    for (const until = performance.now() + FOREGROUND_MS; this.#held.size === 0 && performance.now() < until;) {
      await this.#look();
      if (this.#held.size === 0) await sleep(LOOK_MS / 2);
    }
    if (this.#held.size === 0) context.log.info('role.stands_by', { role: 'writer' });
    this.#looking = this.#keepLooking();
  }

  /** From now on free shards are the others' to take; what is held stays so until stop(). */
  async withdraw(): Promise<void> {
    this.#stopped = true;
    await this.#renew();
  }

  async stop(): Promise<void> {
    await this.withdraw();
    await this.#looking;
    await Promise.all([...this.#held.keys()].map((shard) => this.#leave(shard)));
    await Promise.all(this.#ending);
    for (const timer of this.#timers) clearInterval(timer);
    await this.#runtime.context.shards.leave(this.#options.name).catch(() => undefined); // runs out by itself
  }

  async #keepLooking(): Promise<void> {
    while (!this.#stopped) {
      await sleep(LOOK_MS);
      if (!this.#stopped) await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { log, shards } = this.#runtime.context;
    try {
      const view = await shards.view();
      this.#measure(view);
      if (!this.#shares) return;
      const { give, take } = fairShare(this.#options.name, this.#options.all ? view : mainOf(view));
      await Promise.all(give.map((shard) => this.#leave(shard)));
      for (const shard of take) if (this.#shares) await this.#take(shard, view);
    } catch (error) {
      log.warn('shards.not_looked_at', { error: String(error) });
    }
  }

  async #take(shard: number, { writers }: ShardsView): Promise<void> {
    const { log } = this.#runtime.context;
    this.#taking.add(shard);
    try {
      const running = await this.#options.hold(shard);
      if (running) this.#held.set(shard, running);
      if (running) this.#failures = 0;
    } catch (error) {
      log.error('shard.not_taken', { shard, error: String(error) });
      // The shard is this process's to take, so that nobody else would. The last one stays: commands must find somebody.
      if (writers.some((writer) => writer !== this.#options.name)) await this.#stepBack();
    }
    this.#taking.delete(shard);
  }

  async #leave(shard: number): Promise<void> {
    const running = this.#held.get(shard);
    this.#held.delete(shard);
    if (!running) return;
    await running.release();
    const { log } = this.#runtime.context;
    const ending = running.stop().catch((error: unknown) => log.error('shard.not_ended', { shard, error: String(error) }));
    this.#ending.add(ending);
    void ending.then(() => this.#ending.delete(ending));
  }

  /** False while free shards are the others' to take. */
  get #shares(): boolean {
    return !this.#stopped && performance.now() >= this.#backAt;
  }

  async #stepBack(): Promise<void> {
    const ms = Math.min(STEP_BACK_MS.max, STEP_BACK_MS.first * 2 ** Math.min(this.#failures++, 10));
    this.#backAt = performance.now() + ms;
    this.#runtime.context.log.warn('shards.stepped_back', { ms });
    await this.#renew();
  }

  async #renew(): Promise<void> {
    const { log, shards } = this.#runtime.context;
    try {
      const mine = [...this.#held.keys(), ...this.#taking];
      const lost = await shards.present(this.#options.name, mine, LEASE_TTL_MS, this.#shares);
      const gone = lost.filter((shard) => this.#held.has(shard) && !this.#stopped); // else given away meanwhile, or not ours yet
      if (gone.length > 0) this.#runtime.fail(`another process writes shard ${gone.join(', ')} now`);
    } catch (error) {
      log.warn('shards.not_renewed', { error: String(error) });
    }
  }

  /** Ends the process when a writer cannot go on. */
  #watch(): void {
    for (const shard of this.#held.keys()) {
      const status = this.#runtime.writers.get(shard)?.status;
      if (status === 'fenced' || status === 'read_only') this.#runtime.fail(`the writer of shard ${shard} is ${status}`);
    }
  }

  /** Every process tells of every shard, so that one that nobody writes is seen. */
  #measure(view: ShardsView): void {
    const { metrics, writers } = this.#runtime;
    for (const { shard } of view.shards) {
      metrics.gauge('palpite_writer_writing', () => (writers.get(shard)?.status === 'writing' ? 1 : 0), { shard });
      metrics.gauge('palpite_queue_depth', () => writers.get(shard)?.waiting ?? Number.NaN, { shard });
      metrics.gauge('palpite_chain_head_seq', () => writers.get(shard)?.place?.seq ?? Number.NaN, { shard });
    }
  }
}

function mainOf(view: ShardsView): ShardsView {
  return { ...view, shards: view.shards.filter(({ shard }) => shard === MAIN_SHARD) };
}
