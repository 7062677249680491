import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { ShardsView } from '#ports/shards.ts';
import { fairShare } from './fair-share.ts';

/** The rows of a store, changed as each writer process does what it is told. */
class Rows {
  readonly holders = new Map<number, string | null>();
  writers: string[] = [];

  view(): ShardsView {
    return { writers: this.writers, shards: [...this.holders].map(([shard, holder]) => ({ shard, holder })) };
  }

  /** One process looks once; what it gives is free for whoever looks next. */
  look(me: string): number {
    const { give, take } = fairShare(me, this.view());
    for (const shard of give) {
      assert.equal(this.holders.get(shard), me, 'gives what it does not hold');
      this.holders.set(shard, null);
    }
    for (const shard of take) {
      assert.equal(this.holders.get(shard), null, 'takes what another holds');
      this.holders.set(shard, me);
    }
    return give.length + take.length;
  }

  /** All look in turn until nothing moves; gives the number of rounds. */
  settle(): number {
    for (let round = 0; ; round++) {
      assert.ok(round < 200, 'shards move for ever');
      let moved = 0;
      for (const writer of this.writers) moved += this.look(writer);
      if (moved === 0) return round;
    }
  }

  counts(): number[] {
    return this.writers.map((writer) => [...this.holders.values()].filter((holder) => holder === writer).length);
  }
}

test('fairShare() gives a lone writer everything, and half of it to a second one; shard 0 stays', () => {
  const rows = new Rows();
  for (const shard of [0, 3, 17, 40]) rows.holders.set(shard, null);
  rows.writers = ['a'];
  rows.settle();
  assert.deepEqual([...rows.holders.values()], ['a', 'a', 'a', 'a']);
  rows.writers = ['a', 'b'];
  rows.settle();
  assert.deepEqual(
    [...rows.holders],
    [0, 3, 17, 40].map((shard) => [shard, shard < 17 ? 'a' : 'b']),
  );
});

test('fairShare() leaves alone what a command line holds for a moment', () => {
  const view = {
    writers: ['a'],
    shards: [
      { shard: 0, holder: 'cli 1' },
      { shard: 5, holder: null },
    ],
  };
  assert.deepEqual(fairShare('a', view), { take: [5], give: [] });
});

test('fairShare() takes over from those that died, with the least that has to move', () => {
  const rows = new Rows();
  rows.writers = ['a', 'b', 'c'];
  for (let shard = 0; shard < 9; shard++) rows.holders.set(shard, rows.writers[shard % 3] as string);
  rows.writers = ['b', 'c'];
  for (const shard of [0, 3, 6]) rows.holders.set(shard, null);
  const before = new Map(rows.holders);
  rows.settle();
  assert.deepEqual(rows.counts().toSorted(), [4, 5]);
  for (const [shard, holder] of before) if (holder !== null) assert.equal(rows.holders.get(shard), holder);
});

test('whoever comes and goes, it settles with every shard held and no two processes more than one apart', () => {
  const change = fc.record({ writer: fc.integer({ min: 0, max: 5 }), shard: fc.option(fc.nat(63)) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 30 }), (changes) => {
      const rows = new Rows();
      rows.writers = ['w9'];
      for (const { shard, writer } of changes) {
        const name = `w${writer}`;
        if (shard !== null && !rows.holders.has(shard)) rows.holders.set(shard, null);
        else if (!rows.writers.includes(name)) rows.writers.push(name);
        else {
          rows.writers = rows.writers.filter((other) => other !== name); // killed: its leases run out
          for (const [held, holder] of rows.holders) if (holder === name) rows.holders.set(held, null);
        }
        rows.settle();
        const counts = rows.counts();
        assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, counts.join(' '));
        assert.ok(![...rows.holders.values()].includes(null));
      }
    }),
  );
});
