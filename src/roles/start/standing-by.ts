// One holder at a time for what must not run twice: whoever holds the lease runs it, the others stand by.
import { setTimeout as sleep } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { LEASE_TTL_MS } from '../ledgers.ts';
import type { Running, Runtime } from '../runtime.ts';

const RENEW_MS = LEASE_TTL_MS / 3;
const ASK_MS = 250;
/** A lease that a killed process left behind runs out by itself: a start waits this long before it goes on as a stand-by, ms. */
const FOREGROUND_MS = LEASE_TTL_MS + 1_000;

/** A lease on something. */
export interface Hold {
  take(): Promise<boolean>;
  /** False when another took it meanwhile. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
  /** Says where the holder can be reached. */
  announce?(address: string): Promise<void>;
}

export interface Leased {
  readonly name: string;
  readonly hold: Hold;
  start(): Promise<Running>;
}

/** Who this process is, in leases. */
export function holderName(): string {
  return `${hostname()} ${process.pid} ${randomBytes(4).toString('hex')}`;
}

/** A row of the role table as a lease. */
export function roleHold(runtime: Runtime, name: string): Hold {
  const { leases } = runtime.context;
  const terms = { holder: holderName(), ttlMs: LEASE_TTL_MS };
  let epoch: number | null = null;
  return {
    take: async () => (epoch = await leases.acquire(name, terms)) !== null,
    renew: () => leases.renew(name, epoch as number, LEASE_TTL_MS),
    release: () => leases.release(name, epoch as number),
    announce: (address) => leases.announce(name, epoch as number, address),
  };
}

/** Starts something once its lease is ours. A lease lost later ends the process: another one runs it now. */
export async function startUnderLease(runtime: Runtime, leased: Leased): Promise<Running> {
  const standing = new StandingBy(runtime, leased);
  await standing.start();
  return standing;
}

class StandingBy implements Running {
  readonly #runtime: Runtime;
  readonly #leased: Leased;
  #held = false;
  #running: Running | null = null;
  #stopped = false;
  #waiting: Promise<unknown> = Promise.resolve();
  #renewal: NodeJS.Timeout | null = null;

  constructor(runtime: Runtime, leased: Leased) {
    this.#runtime = runtime;
    this.#leased = leased;
    runtime.metrics.gauge('palpite_lease_held', () => (this.#held ? 1 : 0), { lease: leased.name });
  }

  async start(): Promise<void> {
    if (await this.#take(FOREGROUND_MS)) return;
    const { log } = this.#runtime.context;
    const { name } = this.#leased;
    log.info('role.stands_by', { role: name });
    this.#waiting = this.#take(Number.POSITIVE_INFINITY).then(
      (taken) => taken && log.info('role.taken_over', { role: name }),
      (error: unknown) => this.#runtime.fail(`the role ${name} cannot start: ${String(error)}`),
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#waiting;
    await this.#running?.stop();
    if (this.#renewal) clearInterval(this.#renewal);
    if (this.#held) await this.#leased.hold.release();
  }

  async #take(forMs: number): Promise<boolean> {
    const { hold, name } = this.#leased;
    const until = performance.now() + forMs;
    while (!this.#stopped) {
      try {
        this.#held = await hold.take();
      } catch (error) {
        this.#runtime.context.log.warn('role.lease_not_asked', { role: name, error: String(error) });
      }
      if (this.#held) {
        this.#renewal = setInterval(() => void this.#renew(), RENEW_MS);
        this.#running = await this.#leased.start();
        if (this.#running.address !== undefined) await hold.announce?.(this.#running.address);
        return true;
      }
      if (performance.now() >= until) return false;
      await sleep(ASK_MS);
    }
    return false;
  }

  async #renew(): Promise<void> {
    const { hold, name } = this.#leased;
    try {
      if (!(await hold.renew()) && !this.#stopped) this.#runtime.fail(`another process runs ${name} now`);
    } catch (error) {
      this.#runtime.context.log.warn('role.lease_not_renewed', { role: name, error: String(error) });
    }
  }
}
