// The follower beside a writer whose blocks another process projected: it must not stop at what it was not given.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '#ports/log.ts';
import { playMatch } from '../../../test/engine/played.ts';
import { Scene, SHARD } from '../../../test/engine/scene.ts';
import { eventsOf } from './chain-reader.ts';
import { Follower } from './follower.ts';
import { stateHash } from '../state/snapshot.ts';

const snapshots = { save: async () => undefined, latest: async () => null };

async function followed(): Promise<{ scene: Scene; follower: Follower; hashes: string[] }> {
  const scene = await Scene.open();
  const hashes: string[] = [];
  const onSnapshot = (_: unknown, hash: string): void => void hashes.push(hash);
  const follower = new Follower({ shard: SHARD }, { journal: scene.journal, snapshots, log: silentLog, onSnapshot });
  await follower.start(0);
  return { scene, follower, hashes };
}

test('a follower reads the blocks that it was not given, and ends with the state of the writer', async () => {
  const { scene, follower, hashes } = await followed();
  const before = follower.place?.blockNo ?? 0;
  await playMatch(scene);
  const blocks = await scene.blocks();
  const last = blocks.at(-1);
  assert.ok(last && last.blockNo > before + 2, 'the match is too short for a gap');
  follower.take(last, eventsOf(last));
  await follower.finish(1);
  assert.equal(follower.place?.blockNo, last.blockNo);
  assert.deepEqual(hashes, [stateHash(scene.writer.state as Parameters<typeof stateHash>[0])]);
});

test('a follower passes over blocks that it has seen, and goes on with the next', async () => {
  const { scene, follower, hashes } = await followed();
  await playMatch(scene);
  for (const block of await scene.blocks()) follower.take(block, eventsOf(block));
  for (const block of await scene.blocks()) follower.take(block, eventsOf(block));
  await follower.finish(1);
  assert.deepEqual(hashes, [stateHash(scene.writer.state as Parameters<typeof stateHash>[0])]);
});
