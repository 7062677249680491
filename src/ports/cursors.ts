// How far a follower of a chain has come, for those that keep no read model of their own.

export interface Cursors {
  read(name: string, shard: number): Promise<{ blockNo: number; seq: number; hash: string }>;
  save(name: string, shard: number, place: { blockNo: number; seq: number; hash: string }): Promise<void>;
}
