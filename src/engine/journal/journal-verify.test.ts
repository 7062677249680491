import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryJournal } from '#adapters/memory/memory-journal.ts';
import { type Block, GENESIS_HASH, type Journal } from '#ports/journal.ts';
import { playMatch } from '../../../test/engine/played.ts';
import { Scene, settle, SHARD, T0 } from '../../../test/engine/scene.ts';
import { CommandKey } from '../keys/command-key.ts';
import { BlockBody, type BodyParts, encodeBody, hashBlock } from './block-body.ts';
import { verifyChain } from './journal-verify.ts';
import { keysOf } from './stored-keys.ts';

/** Chain made again with one body changed and everything after it hashed and linked anew, as a forger with full access would. */
async function forged(journal: Journal, blockNo: number, change: (parts: Changeable) => void): Promise<MemoryJournal> {
  const forgery = new MemoryJournal();
  let prevHash = GENESIS_HASH;
  let epoch = 0;
  for (const block of await journal.read(SHARD, 1, 10_000)) {
    while (epoch < block.epoch) {
      await forgery.acquire(SHARD, { holder: 'x', address: '', ttlMs: 1 });
      epoch++;
    }
    const body = block.blockNo === blockNo ? await changed(block, change) : block.body;
    const hash: string = hashBlock(prevHash, body);
    await forgery.append({ ...block, body, prevHash, hash });
    prevHash = hash;
  }
  return forgery;
}

type Changeable = { -readonly [K in keyof BodyParts]: BodyParts[K] };

async function changed(block: Block, change: (parts: Changeable) => void): Promise<Uint8Array> {
  const body = new BlockBody(block.body);
  const keys = [...keysOf(block)].map((key) => ({
    key: key.key,
    seqOffset: key.seq - block.firstSeq,
    refused: key.result !== 'done',
  }));
  const parts = { commands: body.commandLines(), context: body.context(), events: body.eventLines(), keys };
  change(parts);
  return encodeBody(parts);
}

async function played(): Promise<Scene> {
  const scene = await Scene.open();
  await playMatch(scene);
  return scene;
}

async function blockOf(scene: Scene, type: string): Promise<number> {
  const block = (await scene.blocks()).find((b) =>
    new BlockBody(b.body).eventLines().some((line) => line.includes(`"type":"${type}"`)),
  );
  assert.ok(block, `no block holds a ${type}`);
  return block.blockNo;
}

describe('verifyChain()', () => {
  it('holds for a played match, every decision decided again', async () => {
    const scene = await played();
    const types = new Set((await scene.events()).map((e) => e.type));
    for (const type of [
      'BetPlaced',
      'CommandRefused',
      'BetAccepted',
      'MarketSuspended',
      'BetsSettled',
      'SettlementFinished',
    ] as const) {
      assert.ok(types.has(type), `the match has no ${type}: it proves too little`);
    }
    const head = await scene.journal.head(SHARD);
    const again = await verifyChain(scene.journal, SHARD, { decideAgain: true });
    assert.deepEqual(again.fault, null);
    assert.deepEqual([again.ok, again.blocks, again.events, again.head?.hash], [true, head?.blockNo, head?.seq, head?.hash]);
    assert.ok(again.decided > 15 && again.skipped === 0, `${again.decided} decided, ${again.skipped} skipped`);
    assert.equal((await verifyChain(scene.journal, SHARD)).decided, 0);
  });

  it('says that an empty chain holds, with nothing in it', async () => {
    const report = await verifyChain(new MemoryJournal(), SHARD);
    assert.deepEqual(report, { ok: true, blocks: 0, events: 0, decided: 0, skipped: 0, head: null, fault: null });
  });

  it('finds a stake that was changed and hashed anew, by deciding again', async () => {
    const scene = await played();
    const blockNo = await blockOf(scene, 'BetPlaced');
    const forgery = await forged(scene.journal, blockNo, (parts) => {
      parts.events = parts.events.map((line) => line.replaceAll('Minor":100', 'Minor":50'));
    });
    const { fault } = await verifyChain(forgery, SHARD, { decideAgain: true });
    assert.deepEqual([fault?.blockNo, fault?.what], [blockNo, 'PlaceBet decided again gives another BetPlaced']);
    assert.equal(fault?.seq, (await scene.blocks())[blockNo - 1]?.firstSeq);
  });

  it('finds a payout that was changed and hashed anew', async () => {
    const scene = await played();
    const blockNo = await blockOf(scene, 'BetsSettled');
    const forgery = await forged(scene.journal, blockNo, (parts) => {
      parts.events = parts.events.map((line) => line.replace('"amountMinor":100,', '"amountMinor":101,'));
    });
    assert.equal((await verifyChain(forgery, SHARD, { decideAgain: true })).fault?.blockNo, blockNo);
  });

  it('finds a quote that was changed in the stored context', async () => {
    const scene = await played();
    const blockNo = await blockOf(scene, 'BetPlaced');
    const forgery = await forged(scene.journal, blockNo, (parts) => {
      parts.context = JSON.parse(JSON.stringify(parts.context).replaceAll('"oddsMilli":2000', '"oddsMilli":2100'));
    });
    assert.equal((await verifyChain(forgery, SHARD)).ok, true, 'without deciding again nothing shows it');
    assert.equal((await verifyChain(forgery, SHARD, { decideAgain: true })).fault?.blockNo, blockNo);
  });

  it('finds money from nowhere: an event that spends what is not there', async () => {
    const scene = await played();
    const blockNo = await blockOf(scene, 'FundsIssued');
    const forgery = await forged(scene.journal, blockNo, (parts) => {
      parts.events = parts.events.map((line) => line.replace('"amountMinor":100000', '"amountMinor":1'));
    });
    const { fault } = await verifyChain(forgery, SHARD);
    assert.match(fault?.what ?? '', /overdrawn/);
    assert.ok((fault?.blockNo ?? 0) > blockNo);
  });

  const bent: [string, string, (parts: Changeable) => void][] = [
    ['an event too many', 'events, not', (p) => void (p.events = [...p.events, p.events[0] as string])],
    [
      'an event of another time',
      'decided again gives another',
      (p) => void (p.events = p.events.map((line) => line.replace(/^\{"at":\d+/, '{"at":1'))),
    ],
    ['a stamp that goes back', 'is stamped', (p) => void (p.context = { ...p.context, now: T0 - 1 })],
    [
      'a key of another command',
      'key 1 is not',
      (p) => void (p.keys = p.keys.map((key) => ({ ...key, key: CommandKey.of(key.key.commandId, 'a'.repeat(32)) }))),
    ],
    ['a key that points elsewhere', 'key 1 points', (p) => void (p.keys = p.keys.map((key) => ({ ...key, seqOffset: 0xffff })))],
    ['a command without its key', '1 commands and 0 keys', (p) => void (p.keys = [])],
    [
      'an event without a command',
      'no command gives',
      (p) => void ((p.commands = []), (p.keys = []), (p.context = { ...p.context, uses: [] })),
    ],
    ['a body that is no JSON', 'JSON|holds 1 events', (p) => void (p.events = ['{"at":'])],
  ];
  for (const [what, words, change] of bent) {
    it(`finds ${what}`, async () => {
      const scene = await played();
      const blockNo = await blockOf(scene, 'MarketSuspended');
      const { fault, ok } = await verifyChain(await forged(scene.journal, blockNo, change), SHARD, { decideAgain: true });
      assert.equal(ok, false);
      assert.equal(fault?.blockNo, blockNo, fault?.what);
      assert.match(fault?.what ?? '', new RegExp(words));
    });
  }

  it('passes over decisions of another engine version and counts them', async () => {
    const scene = await played();
    const blockNo = await blockOf(scene, 'MarketSuspended');
    const forgery = await forged(
      scene.journal,
      blockNo,
      (parts) => void (parts.context = { ...parts.context, engineVersion: '0' }),
    );
    const report = await verifyChain(forgery, SHARD, { decideAgain: true });
    assert.deepEqual([report.ok, report.skipped], [true, 1]);
  });

  it('holds while a writer goes on', async () => {
    const scene = await played();
    const { journal } = scene;
    const head = journal.head.bind(journal);
    let looks = 0;
    journal.head = async (shard) => {
      if (looks++ === 0) await scene.fund(scene.user('ana')); // committed between the last read and the look at the head
      return head(shard);
    };
    const report = await verifyChain(journal, SHARD, { decideAgain: true });
    assert.deepEqual(report.fault, null);
    assert.equal(report.blocks, (await head(SHARD))?.blockNo);
    await settle();
  });
});
