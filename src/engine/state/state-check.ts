// Is a state what its history makes of it? Folds the chain from the last snapshot before a claimed place and compares the hashes. It reads
// events by the quick path of a start, a follower by evolve() and a writer as it decides: three ways that must come to the same bytes.
import { initialShard } from '#core/kernel/state.ts';
import type { Journal } from '#ports/journal.ts';
import type { KeptSnapshots } from '#ports/snapshots.ts';
import type { StateHash } from '#ports/state-hashes.ts';
import { CHAIN_START } from '../journal/chain-reader.ts';
import { foldFrom } from './restore.ts';
import { hashChunks, loadState, SNAPSHOT_VERSION, stateHash } from './snapshot.ts';

export interface CheckSource {
  readonly journal: Journal;
  readonly snapshots: KeptSnapshots;
  readonly shard: number;
}

export interface Verdict {
  /** `unknown`: that place is not in this chain, or too far from every snapshot. */
  readonly outcome: 'agrees' | 'differs' | 'unknown';
  /** What was folded here; empty where nothing was. */
  readonly stateHash: string;
  /** Block of the snapshot that it began from; 0: from the beginning of the chain. */
  readonly fromBlockNo: number;
}

/** Blocks that are folded for one check at most: a snapshot is due after 250,000 events or five minutes, and the last two are kept. */
const BLOCKS_MAX = 1_000_000;

export async function checkState({ journal, shard, snapshots }: CheckSource, claim: Omit<StateHash, 'seq'>): Promise<Verdict> {
  const snapshot = await snapshots.before(shard, SNAPSHOT_VERSION, claim.blockNo);
  const sound = snapshot && hashChunks(snapshot.chunks) === snapshot.stateHash ? snapshot : null;
  const place = sound ? { blockNo: sound.blockNo, seq: sound.seq, hash: sound.blockHash } : CHAIN_START;
  const unknown = { outcome: 'unknown', stateHash: '', fromBlockNo: place.blockNo } as const;
  if (claim.blockNo - place.blockNo > BLOCKS_MAX) return unknown;
  const state = sound ? loadState(sound.chunks) : initialShard();
  const end = await foldFrom(journal, shard, { state, place, upTo: claim.blockNo });
  if (end.place.blockNo !== claim.blockNo || end.place.hash !== claim.blockHash) return unknown;
  const folded = stateHash(state);
  return { outcome: folded === claim.stateHash ? 'agrees' : 'differs', stateHash: folded, fromBlockNo: place.blockNo };
}
