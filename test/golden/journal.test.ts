// Journals that earlier releases wrote must be read for ever: same chain, same decisions, same state.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MemoryJournal } from '#adapters/memory/memory-journal.ts';
import { initialShard } from '#core/kernel/state.ts';
import { evolve } from '#core/evolve.ts';
import { CHAIN_START, eventsOf } from '#engine/journal/chain-reader.ts';
import { verifyChain } from '#engine/journal/journal-verify.ts';
import { foldFrom } from '#engine/state/restore.ts';
import { stateHash } from '#engine/state/snapshot.ts';
import type { Block } from '#ports/journal.ts';

interface Golden {
  readonly release: string;
  readonly stateHash: string;
  readonly blocks: readonly (Omit<Block, 'body'> & { readonly body: string })[];
}

const files = readdirSync(import.meta.dirname).filter((name) => /^journal-.*\.json$/.test(name));
assert.ok(files.length > 0, 'no golden journal');

for (const file of files) {
  test(`${file} is read to the state that its release wrote`, async () => {
    const golden = JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as Golden;
    const journal = new MemoryJournal();
    const shard = golden.blocks[0]?.shard as number;
    let epoch = 0;
    for (const block of golden.blocks) {
      for (; epoch < block.epoch; epoch++) await journal.acquire(shard, { holder: 'x', address: '', ttlMs: 1 });
      await journal.append({ ...block, body: Buffer.from(block.body, 'base64') });
    }
    const { fault } = await verifyChain(journal, shard, { decideAgain: true });
    assert.equal(fault, null);
    const [rebuilt, plain] = [initialShard(), initialShard()];
    await foldFrom(journal, shard, { state: rebuilt, place: CHAIN_START });
    for (const block of await journal.read(shard, 1, 100_000)) for (const event of eventsOf(block)) evolve(plain, event);
    assert.deepEqual([stateHash(rebuilt), stateHash(plain)], [golden.stateHash, golden.stateHash]);
  });
}
