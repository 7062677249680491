// Folded states for boards: the writer's own where it runs in this process, else a copy that is made when somebody first asks and then follows
// the journal.
import { shardOf } from '#core/ledger/shard.ts';
import type { LedgerState } from '#core/kernel/state.ts';
import { Replica } from '#engine/state/replica.ts';
import type { Runtime } from '../runtime.ts';

export class LedgerCopies {
  readonly #runtime: Runtime;
  readonly #copies = new Map<number, Promise<Replica>>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  readonly stateOf = async (ledgerId: string): Promise<Readonly<LedgerState> | null> => {
    const shard = shardOf(ledgerId);
    const writer = this.#runtime.writers.get(shard);
    const state = writer?.status === 'writing' ? writer.state : (await this.#copyOf(shard)).state;
    return state?.ledgers.get(ledgerId) ?? null;
  };

  async stop(): Promise<void> {
    await Promise.all([...this.#copies.values()].map(async (copy) => (await copy.catch(() => null))?.stop()));
  }

  #copyOf(shard: number): Promise<Replica> {
    let copy = this.#copies.get(shard);
    if (!copy) {
      this.#copies.set(shard, (copy = this.#make(shard)));
      copy.catch(() => this.#copies.delete(shard)); // the next one who asks tries again
    }
    return copy;
  }

  async #make(shard: number): Promise<Replica> {
    const { log, sharedJournal, snapshots } = this.#runtime.context;
    const replica = new Replica(shard, { journal: sharedJournal(), snapshots, log });
    await replica.start();
    return replica;
  }
}
