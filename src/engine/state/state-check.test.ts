// Claims about a state, true and false ones, held against the chain they are about.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KeptSnapshots, Snapshot } from '#ports/snapshots.ts';
import { playMatch } from '../../../test/engine/played.ts';
import { Scene, SHARD } from '../../../test/engine/scene.ts';
import { checkState, type Verdict } from './state-check.ts';
import { dumpState, hashChunks, SNAPSHOT_VERSION, stateHash } from './snapshot.ts';

function shelf(snapshots: readonly Snapshot[] = []): KeptSnapshots {
  const before: KeptSnapshots['before'] = async (_shard, _version, blockNo) =>
    snapshots.filter((snapshot) => snapshot.blockNo < blockNo).at(-1) ?? null;
  return { save: async () => undefined, latest: async () => null, drop: async () => undefined, before };
}

/** What the writer holds now, as it would tell it or as a follower would save it. */
function held({ writer }: Scene): Snapshot {
  const place = writer.place as { blockNo: number; seq: number; hash: string };
  const chunks = dumpState(writer.state as Parameters<typeof dumpState>[0]);
  const { blockNo, hash: blockHash, seq } = place;
  return { shard: SHARD, blockNo, seq, blockHash, stateHash: hashChunks(chunks), version: SNAPSHOT_VERSION, chunks };
}

function check({ journal }: Scene, claim: Snapshot, snapshots: readonly Snapshot[] = []): Promise<Verdict> {
  return checkState({ journal, shard: SHARD, snapshots: shelf(snapshots) }, claim);
}

describe('checkState()', () => {
  it('agrees with the writer, also about a place that the chain has gone beyond, from a snapshot and without one', async () => {
    const scene = await Scene.open();
    const early = held(scene);
    await playMatch(scene);
    const late = held(scene);
    await scene.fund(scene.user('ana'));
    assert.ok(late.blockNo > early.blockNo + 2);
    assert.deepEqual(await check(scene, late), { outcome: 'agrees', stateHash: late.stateHash, fromBlockNo: 0 });
    assert.deepEqual(await check(scene, late, [early]), {
      outcome: 'agrees',
      stateHash: late.stateHash,
      fromBlockNo: early.blockNo,
    });
  });

  it('differs when the writer holds a minor unit that no event gave', async () => {
    const scene = await Scene.open();
    const truth = stateHash(scene.writer.state as Parameters<typeof stateHash>[0]);
    const ana = `player:${scene.user('ana')}:available`;
    scene.ledger.accounts.post({ from: 'issuance', to: ana, amountMinor: 1, currency: 'PLAY' });
    const verdict = await check(scene, held(scene));
    assert.deepEqual([verdict.outcome, verdict.stateHash], ['differs', truth]);
  });

  it('takes no snapshot whose bytes are not what was hashed', async () => {
    const scene = await Scene.open();
    const early = held(scene);
    await playMatch(scene);
    const broken = { ...early, chunks: early.chunks.map((chunk) => chunk.map((byte) => byte ^ 1)) };
    assert.deepEqual(await check(scene, held(scene), [broken]), {
      outcome: 'agrees',
      stateHash: held(scene).stateHash,
      fromBlockNo: 0,
    });
  });

  it('knows nothing of a block that is not in the chain', async () => {
    const scene = await Scene.open();
    const claim = held(scene);
    const other = { ...claim, blockHash: 'f'.repeat(64) };
    assert.equal((await check(scene, other)).outcome, 'unknown');
    assert.equal((await check(scene, { ...claim, blockNo: claim.blockNo + 1 })).outcome, 'unknown');
  });
});
