// What is kept in memory of a chain, and who then publishes it: the journal is read only for what is not there, the cursor stored now and then.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import type { Message } from '#ports/bus.ts';
import { type Block, GENESIS_HASH, type JournalReader } from '#ports/journal.ts';
import { silentLog } from '#ports/log.ts';
import { encodeBody, hashBlock } from './block-body.ts';
import { readingRecent, RecentBlocks } from './recent-blocks.ts';
import { Relay } from './relay.ts';

async function chainOf(shard: number, blocks: number, word = 'event'): Promise<Block[]> {
  const chain: Block[] = [];
  for (let no = 1; no <= blocks; no++) {
    const context = { now: no, engineVersion: 'test', quotes: [], uses: [] };
    const body = await encodeBody({ commands: [], context, events: [`{"type":"${word}","no":${no}}`], keys: [] });
    const prevHash = chain.at(-1)?.hash ?? GENESIS_HASH;
    const meta = { recordedAt: no, keysFrom: 0, keysTo: 0, lateKeys: [] };
    chain.push({
      shard,
      blockNo: no,
      epoch: 1,
      firstSeq: no,
      lastSeq: no,
      prevHash,
      hash: hashBlock(prevHash, body),
      body,
      meta,
    });
  }
  return chain;
}

const nosOf = (blocks: readonly Block[]): number[] => blocks.map(({ blockNo }) => blockNo);

test('what is in memory is read there, in order and at most as much as asked; what is not is none', async () => {
  const recent = new RecentBlocks();
  const [here, there] = [await chainOf(0, 6), await chainOf(1, 2)];
  for (const block of [...here.slice(2, 4), ...there, ...here.slice(4)]) recent.add(block);
  assert.deepEqual(nosOf(recent.read(0, 3, 64)), [3, 4, 5, 6]);
  assert.deepEqual(nosOf(recent.read(0, 4, 2)), [4, 5]);
  assert.deepEqual(nosOf(recent.read(1, 1, 64)), [1, 2]);
  assert.deepEqual(recent.read(0, 2, 64), [], 'older than what is kept');
  assert.deepEqual(recent.read(0, 7, 64), [], 'not written yet');
  assert.deepEqual(recent.read(2, 1, 64), [], 'a shard that nobody writes here');
});

test('memory is bounded over all shards: the oldest block goes first', async () => {
  const [here, there] = [await chainOf(0, 4), await chainOf(1, 4)];
  const bytes = (here[0] as Block).body.length;
  const recent = new RecentBlocks(bytes * 3);
  for (const block of [here[0], here[1], there[0], there[1]]) recent.add(block as Block);
  assert.deepEqual(nosOf(recent.read(0, 2, 64)), [2]);
  assert.deepEqual(recent.read(0, 1, 64), []);
  assert.deepEqual(nosOf(recent.read(1, 1, 64)), [1, 2]);
});

test('a block that does not follow begins anew, and what went before is not read with it', async () => {
  const [ours, theirs] = [await chainOf(0, 3), await chainOf(0, 5, 'another')];
  const recent = new RecentBlocks(1_000_000);
  for (const block of [...ours, theirs[3], theirs[4]]) recent.add(block as Block);
  assert.deepEqual(recent.read(0, 3, 64), []);
  assert.deepEqual(recent.read(0, 4, 64), theirs.slice(3));
});

test('the relay publishes from memory, stores its cursor now and then and at its end, and reads the journal for what memory lacks', async () => {
  const chain = await chainOf(0, 40);
  const reads: number[] = [];
  const journal: JournalReader = {
    read: async (_shard, from, limit) => {
      reads.push(from);
      return chain.slice(from - 1, Math.min(5, from - 1 + limit)); // no more than five are there when it is asked
    },
  };
  const [recent, clock, heard, saved] = [new RecentBlocks(), new SystemClock(), [] as Message[], [] as number[]];
  const bus = new MemoryBus({ clock });
  await bus.subscribe('events', 'test', async (messages) => void heard.push(...messages), { broadcast: true });
  const cursors = {
    read: async () => ({ blockNo: 0, seq: 0, hash: GENESIS_HASH }),
    save: async (_name: string, _shard: number, place: { seq: number }) => void saved.push(place.seq),
  };
  const relay = new Relay(0, { journal: readingRecent(journal, recent), bus, cursors, log: silentLog });
  relay.start();
  for (let end = Date.now() + 5_000; heard.length < 5 && Date.now() < end;) await sleep(5);
  for (const block of chain.slice(5)) {
    recent.add(block);
    relay.notify();
    await sleep(2);
  }
  for (let end = Date.now() + 5_000; heard.length < 40 && Date.now() < end;) await sleep(5);
  await relay.stop();
  assert.deepEqual(
    heard.map(({ id }) => id),
    chain.map(({ blockNo }) => `0:${blockNo}`),
  );
  assert.equal(saved.at(-1), 40);
  assert.ok(saved.length < 20, `${saved.length} times stored for 40 blocks`);
  assert.ok(!reads.some((from) => from > 6 && from < 41), `read of the journal: ${reads.join(' ')}`);
  await bus.close();
});
