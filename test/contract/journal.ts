// What every Journal promises, whoever keeps it: one lease, one epoch, appends by compare-and-set, bytes as they were written.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeId } from '#core/base/ids.ts';
import { hashBlock } from '#engine/journal/block-body.ts';
import { type Block, type ChainHead, FencedError, GENESIS_HASH, type Journal } from '#ports/journal.ts';

export interface JournalUnderTest {
  /** Two ways in to the same journal, as two processes have them. */
  readonly one: Journal;
  readonly two: Journal;
  /** Lets this much of the lease's time go by. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

const NOW = 1_750_000_000_000;
const TTL_MS = 60_000;
const lease = (holder: string, ttlMs = TTL_MS) => ({ holder, address: '', ttlMs });

interface Parts {
  readonly epoch?: number;
  readonly events?: number;
  readonly body?: Uint8Array;
  readonly meta?: Partial<Block['meta']>;
}

/** A block that follows `head`. */
export function blockAfter(head: ChainHead, parts: Parts = {}): Block {
  const events = parts.events ?? 1;
  const body = parts.body ?? Buffer.from(`block ${head.blockNo + 1} of ${events} events`); // a journal keeps bytes, it does not read them
  const meta = { recordedAt: NOW, keysFrom: NOW, keysTo: NOW, lateKeys: [], ...parts.meta };
  const place = { blockNo: head.blockNo + 1, firstSeq: head.seq + 1, lastSeq: head.seq + events };
  return {
    shard: head.shard,
    epoch: parts.epoch ?? head.epoch,
    ...place,
    prevHash: head.hash,
    hash: hashBlock(head.hash, body),
    body,
    meta,
  };
}

export const headAfter = (block: Block): ChainHead => ({
  shard: block.shard,
  epoch: block.epoch,
  blockNo: block.blockNo,
  seq: block.lastSeq,
  hash: block.hash,
});

export function journalContract(name: string, make: () => Promise<JournalUnderTest>): void {
  const withJournal = (work: (journal: JournalUnderTest) => Promise<void>) => async (): Promise<void> => {
    const journal = await make();
    try {
      await work(journal);
    } finally {
      await journal.close();
    }
  };
  describe(`${name} as a journal`, () => {
    leases(withJournal);
    appends(withJournal);
    reads(withJournal);
  });
}

type With = (work: (journal: JournalUnderTest) => Promise<void>) => () => Promise<void>;

async function taken(journal: Journal, holder = 'a', shard = 3): Promise<ChainHead> {
  const head = await journal.acquire(shard, lease(holder));
  assert.ok(head, `${holder} did not get the chain`);
  return head;
}

async function filled(journal: Journal, parts: readonly Parts[]): Promise<Block[]> {
  let head = await taken(journal);
  const blocks: Block[] = [];
  for (const part of parts) {
    const block = blockAfter(head, part);
    await journal.append(block);
    head = headAfter(block);
    blocks.push(block);
  }
  return blocks;
}

function leases(withJournal: With): void {
  it(
    'acquire() of a chain nobody wrote gives epoch 1 and the empty head',
    withJournal(async ({ one, two }) => {
      assert.equal(await one.head(3), null);
      const head = { shard: 3, epoch: 1, blockNo: 0, seq: 0, hash: GENESIS_HASH };
      assert.deepEqual(await one.acquire(3, lease('a')), head);
      assert.deepEqual(await two.head(3), head);
    }),
  );

  it(
    'acquire() refuses another holder while the lease lives, and not the same one',
    withJournal(async ({ one, two }) => {
      await taken(one);
      assert.equal(await two.acquire(3, lease('b')), null);
      assert.equal((await taken(one)).epoch, 2);
      assert.equal((await taken(two, 'b', 4)).epoch, 1, 'another shard is another lease');
    }),
  );

  it(
    'a lease that was given back or has expired goes to the next holder, with a new epoch',
    withJournal(async ({ one, two, pass }) => {
      const { epoch } = await taken(one);
      await one.release(3, epoch);
      assert.equal((await two.acquire(3, lease('b', 1_000)))?.epoch, epoch + 1);
      assert.equal(await one.acquire(3, lease('a')), null);
      await pass(1_050);
      assert.equal((await taken(one)).epoch, epoch + 2);
    }),
  );

  it(
    'renew() keeps a lease alive past its first end',
    withJournal(async ({ one, two, pass }) => {
      const head = await one.acquire(3, lease('a', 400));
      await pass(250);
      await one.renew(3, (head as ChainHead).epoch, TTL_MS);
      await pass(250);
      assert.equal(await two.acquire(3, lease('b')), null);
    }),
  );

  it(
    'a writer that was replaced can neither renew nor give back the lease of its successor',
    withJournal(async ({ one, two, pass }) => {
      const old = (await one.acquire(3, lease('a', 30))) as ChainHead;
      await pass(50);
      await taken(two, 'b');
      await assert.rejects(one.renew(3, old.epoch, TTL_MS), FencedError);
      await one.release(3, old.epoch);
      assert.equal(await one.acquire(3, lease('a')), null, 'the stale release took the lease away');
    }),
  );
}

function appends(withJournal: With): void {
  it(
    'append() moves the head and keeps the block',
    withJournal(async ({ one, two }) => {
      const blocks = await filled(one, [{ events: 3 }, { events: 2 }]);
      assert.deepEqual(await two.head(3), headAfter(blocks[1] as Block));
      assert.equal((await two.head(3))?.seq, 5);
    }),
  );

  const wrong: [string, (block: Block) => Partial<Block>][] = [
    ['previous hash', () => ({ prevHash: 'f'.repeat(64) })],
    ['epoch that is over', (b) => ({ epoch: b.epoch - 1 })],
    ['epoch that is not there yet', (b) => ({ epoch: b.epoch + 1 })],
    ['number too high', (b) => ({ blockNo: b.blockNo + 1 })],
    ['number taken', (b) => ({ blockNo: b.blockNo - 1 })],
    ['seq with a gap', (b) => ({ firstSeq: b.firstSeq + 1, lastSeq: b.lastSeq + 1 })],
    ['seq that was used', (b) => ({ firstSeq: b.firstSeq - 1 })],
  ];
  for (const [what, change] of wrong) {
    it(
      `append() refuses a block with a wrong ${what}, and nothing changes`,
      withJournal(async ({ one }) => {
        const [last] = (await filled(one, [{ events: 2 }])) as [Block];
        const block = blockAfter(headAfter(last));
        await assert.rejects(one.append({ ...block, ...change(block) }), FencedError);
        assert.deepEqual(await one.head(3), headAfter(last));
        assert.equal((await one.read(3, 1, 10)).length, 1);
        await one.append(block); // the right one still fits
      }),
    );
  }

  it(
    'append() refuses a writer whose lease another has taken, whatever it believes',
    withJournal(async ({ one, two, pass }) => {
      const old = (await one.acquire(3, lease('a', 30))) as ChainHead;
      const first = blockAfter(old);
      await one.append(first);
      await pass(50);
      const next = await taken(two, 'b');
      assert.deepEqual({ ...next, epoch: 1 }, headAfter(first), 'the successor sees what was written');
      await assert.rejects(one.append(blockAfter(headAfter(first))), FencedError);
      await two.append(blockAfter(next));
      await assert.rejects(one.append(blockAfter(headAfter(first))), FencedError);
      assert.deepEqual(
        (await two.read(3, 1, 10)).map((b) => b.epoch),
        [1, 2],
      );
    }),
  );

  it(
    'of two blocks for one place, sent at once over two ways in, exactly one is kept',
    withJournal(async ({ one, two }) => {
      let head = await taken(one);
      for (let round = 0; round < 10; round++) {
        const sent = [blockAfter(head, { events: 1 }), blockAfter(head, { events: 2 })] as const;
        const outcomes = await Promise.allSettled([one.append(sent[0]), two.append(sent[1])]);
        const kept = outcomes.flatMap((outcome, i) => (outcome.status === 'fulfilled' ? [sent[i] as Block] : []));
        assert.equal(kept.length, 1);
        for (const outcome of outcomes)
          if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof FencedError, String(outcome.reason));
        head = headAfter(kept[0] as Block);
        assert.deepEqual(await one.head(3), head);
      }
    }),
  );
}

function reads(withJournal: With): void {
  const numbers = (blocks: readonly Block[]): number[] => blocks.map((block) => block.blockNo);

  it(
    'read() gives blocks in order from a number on, at most as many as asked for, and none past the end',
    withJournal(async ({ one, two }) => {
      await filled(
        one,
        Array.from({ length: 7 }, () => ({})),
      );
      assert.deepEqual(numbers(await two.read(3, 1, 100)), [1, 2, 3, 4, 5, 6, 7]);
      assert.deepEqual(numbers(await two.read(3, 3, 2)), [3, 4]);
      assert.deepEqual(numbers(await two.read(3, 7, 5)), [7]);
      assert.deepEqual(await two.read(3, 8, 5), []);
      assert.deepEqual(await two.read(9, 1, 5), []);
    }),
  );

  it(
    'read() gives back every field and every byte',
    withJournal(async ({ one, two }) => {
      const body = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
      const meta = { recordedAt: NOW + 5, keysFrom: NOW - 9, keysTo: NOW + 3 };
      const [block] = (await filled(one, [{ body, events: 4, meta }])) as [Block];
      const [read] = (await two.read(3, 1, 1)) as [Block];
      assert.ok(Buffer.from(body).equals(read.body), 'the body came back changed');
      const { lateKeys: _, ...readMeta } = read.meta;
      assert.deepEqual({ ...read, body: null, meta: readMeta }, { ...block, body: null, meta });
    }),
  );

  it(
    'read() may stop early for large bodies, but always goes on',
    withJournal(async ({ one, two }) => {
      const body = new Uint8Array(3 * 1024 * 1024).fill(1);
      await filled(
        one,
        Array.from({ length: 5 }, () => ({ body })),
      );
      const got: number[] = [];
      for (let from = 1; ;) {
        const blocks = await two.read(3, from, 10);
        if (blocks.length === 0) break;
        got.push(...numbers(blocks));
        from = (got.at(-1) as number) + 1;
      }
      assert.deepEqual(got, [1, 2, 3, 4, 5]);
    }),
  );

  it(
    'blockNosWithKeys() finds keys by the time in their ids, and a late one by its name',
    withJournal(async ({ one, two }) => {
      const key = makeId('cmd', NOW + 15, new Uint8Array(10).fill(1));
      const late = makeId('cmd', NOW - 5_000, new Uint8Array(10).fill(2));
      await filled(one, [
        { meta: { keysFrom: NOW, keysTo: NOW + 10 } },
        { meta: { keysFrom: NOW + 10, keysTo: NOW + 20 } },
        { meta: { keysFrom: NOW + 15, keysTo: NOW + 15, lateKeys: [late] } },
        { meta: { keysFrom: NOW + 16, keysTo: NOW + 30 } },
      ]);
      const made = (commandId: string, madeAt: number) => ({ commandId, madeAt });
      assert.deepEqual(await two.blockNosWithKeys(3, [made(key, NOW + 15)]), [2, 3]);
      assert.deepEqual(await two.blockNosWithKeys(3, [made(late, NOW - 5_000)]), [3]);
      assert.deepEqual(await two.blockNosWithKeys(3, [made(late, NOW - 5_000), made(key, NOW + 25), made(key, NOW)]), [1, 3, 4]);
      assert.deepEqual(await two.blockNosWithKeys(3, [made(key, NOW - 1)]), []);
      assert.deepEqual(await two.blockNosWithKeys(3, []), []);
      assert.deepEqual(await two.blockNosWithKeys(4, [made(key, NOW + 15)]), []);
    }),
  );
}
