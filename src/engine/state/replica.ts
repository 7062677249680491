// A shard's state in a process that does not write it: restored like the writer's, then folded from the journal as it grows. A little behind,
// never wrong: whoever decides with it is decided again by the writer.
import type { ShardState } from '#core/kernel/state.ts';
import type { Journal } from '#ports/journal.ts';
import type { Log } from '#ports/log.ts';
import { Rest } from '#ports/rest.ts';
import type { Snapshots } from '#ports/snapshots.ts';
import type { ChainPlace } from '../journal/chain-reader.ts';
import { foldFrom, restore } from './restore.ts';

export interface ReplicaPorts {
  readonly journal: Journal;
  readonly snapshots: Snapshots;
  readonly log: Log;
}

/** How often the journal is looked at, ms. */
const LOOK_MS = 50;
/** After a failure, ms. */
const RETRY_MS = 1_000;

export class Replica {
  readonly #shard: number;
  readonly #ports: ReplicaPorts;
  #state: ShardState | null = null;
  #place: ChainPlace | null = null;
  readonly #rest = new Rest();
  #running: Promise<void> = Promise.resolve();

  constructor(shard: number, ports: ReplicaPorts) {
    this.#shard = shard;
    this.#ports = ports;
  }

  get state(): Readonly<ShardState> | null {
    return this.#state;
  }

  get place(): ChainPlace | null {
    return this.#place;
  }

  async start(): Promise<void> {
    await this.#restore();
    this.#running = this.#follow();
  }

  async stop(): Promise<void> {
    this.#rest.end();
    await this.#running;
  }

  async #restore(): Promise<void> {
    const restored = await restore({ ...this.#ports, shard: this.#shard, keysMax: 1 });
    this.#state = restored.state;
    this.#place = restored.place;
  }

  async #follow(): Promise<void> {
    while (!this.#rest.ended) {
      let pause = LOOK_MS;
      try {
        if (!this.#state || !this.#place) await this.#restore();
        else this.#place = (await foldFrom(this.#ports.journal, this.#shard, { state: this.#state, place: this.#place })).place;
      } catch (error) {
        // A fold that broke off left the state between two places: it is made anew.
        this.#ports.log.warn('replica.not_followed', { shard: this.#shard, error: String(error) });
        this.#state = this.#place = null;
        pause = RETRY_MS;
      }
      await this.#rest.for(pause);
    }
  }
}
