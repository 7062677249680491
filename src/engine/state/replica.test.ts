// A replica beside a writer: the same state, a little later, and whole again after a journal that failed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '#ports/log.ts';
import type { Journal } from '#ports/journal.ts';
import { playMatch } from '../../../test/engine/played.ts';
import { Scene, SHARD } from '../../../test/engine/scene.ts';
import { Replica } from './replica.ts';
import { stateHash } from './snapshot.ts';

const snapshots = { save: async () => undefined, latest: async () => null };

async function caughtUp(replica: Replica, scene: Scene): Promise<void> {
  for (const end = Date.now() + 20_000; replica.place?.seq !== scene.writer.place?.seq; await sleep(5))
    assert.ok(Date.now() < end, 'the replica does not catch up');
}

function hashOf(state: unknown): string {
  return stateHash(state as Parameters<typeof stateHash>[0]);
}

test('a replica ends with the state of the writer', async () => {
  const scene = await Scene.open();
  const replica = new Replica(SHARD, { journal: scene.journal, snapshots, log: silentLog });
  await replica.start();
  await playMatch(scene);
  await caughtUp(replica, scene);
  assert.equal(hashOf(replica.state), hashOf(scene.writer.state));
  await replica.stop();
});

test('after a read that failed in the middle the state is made anew', async () => {
  const scene = await Scene.open();
  let failing = true;
  const journal = Object.create(scene.journal) as Journal;
  journal.read = async (shard, from, limit) => {
    const blocks = await scene.journal.read(shard, from, 1);
    if (failing && blocks[0] && blocks[0].blockNo > 3) {
      failing = false;
      throw new Error('connection lost');
    }
    return limit > 0 ? blocks : [];
  };
  const replica = new Replica(SHARD, { journal, snapshots, log: silentLog });
  await replica.start().catch(() => replica.start());
  await playMatch(scene);
  await caughtUp(replica, scene);
  assert.equal(failing, false, 'nothing failed');
  assert.equal(hashOf(replica.state), hashOf(scene.writer.state));
  await replica.stop();
});
