// How one process shares, by rows in memory: what it does when it fails, when it stops, and while something that it gave away is slow to end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '#ports/log.ts';
import type { Shards, ShardsView } from '#ports/shards.ts';
import type { Runtime } from '../runtime.ts';
import type { HeldShard } from './held-shard.ts';
import { ShardSharing } from './shard-sharing.ts';

/** Far longer than a renewal and a few looks take, also on a machine with much else to do, ms. */
const SOON_MS = 20_000;

class Rows implements Shards {
  readonly writers = new Set<string>();
  readonly holders = new Map<number, string | null>();

  constructor(...shards: number[]) {
    for (const shard of shards) this.holders.set(shard, null);
  }

  async use(shard: number): Promise<void> {
    if (!this.holders.has(shard)) this.holders.set(shard, null);
  }

  async view(): Promise<ShardsView> {
    return { writers: [...this.writers], shards: [...this.holders].map(([shard, holder]) => ({ shard, holder })) };
  }

  async present(writer: string, held: readonly number[], _ttlMs: number, shares: boolean): Promise<number[]> {
    if (shares) this.writers.add(writer);
    else this.writers.delete(writer);
    return held.filter((shard) => this.holders.get(shard) !== writer);
  }

  async leave(writer: string): Promise<void> {
    this.writers.delete(writer);
  }

  heldBy(writer: string): number[] {
    return [...this.holders].filter(([, holder]) => holder === writer).map(([shard]) => shard);
  }
}

/** A process whose shards end as `stop` says, after they are free for others. */
function sharing(rows: Rows, name: string, options: { fails?: boolean; stop?: () => Promise<void> } = {}): ShardSharing {
  const runtime = {
    context: { log: silentLog, shards: rows },
    metrics: { gauge: () => undefined },
    writers: new Map(),
    fail: (reason: string) => assert.fail(reason),
  } as unknown as Runtime;
  return new ShardSharing(runtime, {
    name,
    all: true,
    async hold(shard): Promise<HeldShard | null> {
      if (options.fails) throw new Error('the chain cannot be read');
      if (rows.holders.get(shard) !== null) return null;
      rows.holders.set(shard, name);
      return {
        release: async () => void rows.holders.set(shard, null),
        stop: async () => options.stop?.(),
      };
    },
  });
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const end = performance.now() + SOON_MS; !holds(); await sleep(20))
    assert.ok(performance.now() < end, `waited in vain for ${what}`);
}

test('a process that cannot take a shard leaves it to another', async () => {
  const rows = new Rows(0);
  const sound = sharing(rows, 'sound');
  await sound.start();
  const failing = sharing(rows, 'failing', { fails: true });
  const started = failing.start();
  await rows.use(7); // falls to whoever has least
  await until(() => rows.heldBy('sound').length === 2, 'the sound process to take what the other cannot');
  await Promise.all([sound.stop(), started.then(() => failing.stop())]);
});

test('the only process goes on trying, and stays where commands look for one', async () => {
  const rows = new Rows(0);
  const failing = sharing(rows, 'failing', { fails: true });
  const started = failing.start();
  await sleep(1_500);
  assert.deepEqual([...rows.writers], ['failing']);
  await started;
  await failing.stop();
});

test('a process that stops gets no shard any more while it still holds some', async () => {
  const rows = new Rows(0, 3);
  const slow = Promise.withResolvers<void>();
  const stopping = sharing(rows, 'stopping', { stop: () => slow.promise });
  await stopping.start();
  await until(() => rows.heldBy('stopping').length === 2, 'both shards');
  const stopped = stopping.stop();
  for (const end = performance.now() + 2_500; performance.now() < end; await sleep(100))
    assert.deepEqual([...rows.writers], [], 'shares while it stops');
  slow.resolve();
  await stopped;
});

test('a process looks on while what it gave away is slow to end, and waits for that when it stops', async () => {
  const rows = new Rows(0, 3, 5);
  const slow = Promise.withResolvers<void>();
  const giving = sharing(rows, 'giving', { stop: () => slow.promise });
  await giving.start();
  await until(() => rows.heldBy('giving').length === 3, 'all shards');
  rows.writers.add('other');
  await until(() => rows.heldBy('giving').length === 2, 'a shard given');
  rows.writers.delete('other');
  await until(() => rows.heldBy('giving').length === 3, 'the shard taken back');
  let ended = false;
  const stopped = giving.stop().then(() => (ended = true));
  await sleep(100);
  assert.equal(ended, false);
  slow.resolve();
  await stopped;
});
