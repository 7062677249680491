// A market recalled through a writer: read from its journal, decided with what was read, and the same when the journal is decided again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, EVENT, MARKET, Scene, SHARD } from '../../../test/engine/scene.ts';
import { verifyChain } from '../journal/journal-verify.ts';
import { readMarketFile } from './market-file.ts';
import { stateHash } from './snapshot.ts';

const HOUR_MS = 3_600_000;
const away = { away: [1, 1, 0, 1], draw: [0, 1, 0, 1], home: [0, 1, 0, 1] } as const;

async function passTime(scene: Scene, ms: number): Promise<void> {
  scene.clock.advance(scene.clock.now() + ms);
  await scene.writer.quiesce();
}

test('a market is recalled from the journal after its window, corrected, and decided again to the same bytes', async () => {
  let reads = 0;
  const scene: Scene = new Scene({
    load: ({ cmd, ledgerId }) => {
      if (cmd.type !== 'RecallMarket') return null;
      reads++;
      return readMarketFile(scene.journal, { shard: SHARD, ledgerId, marketId: cmd.marketId });
    },
  });
  await scene.start();
  const [ana, bob] = [scene.user('ana'), scene.user('bob')];
  await scene.done({ type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' }, { lane: 'control' });
  await scene.done({ type: 'SetResultRule', agree: 1, sources: [] });
  await scene.done({ type: 'OpenMarket', marketId: MARKET, startAt: scene.clock.now() + HOUR_MS }, { lane: 'facts' });
  for (const owner of [ana, bob]) await scene.fund(owner);
  scene.quote();
  await scene.done(scene.bet(ana));
  await scene.done(scene.bet(bob, { legs: [{ marketId: MARKET, selectionId: 'away' }], stakeMinor: 300 }));
  const scores = [{ period: 'ft', stat: 'goals', home: 1, away: 0 }];
  const result = {
    eventId: EVENT,
    source: 'test',
    version: 1,
    observedAt: 0,
    status: 'finished',
    completedPeriods: ['ft'],
    scores,
  } as const;
  await scene.done({ type: 'RecordResult', result }, { via: 'feed', lane: 'facts' });
  await passTime(scene, 0);
  await passTime(scene, 49 * HOUR_MS);
  assert.equal(scene.ledger.marketRows.has(MARKET), false);
  const balance = (who: string) => scene.ledger.accounts.balance(`player:${who}:available`, 'PLAY');
  assert.deepEqual([balance(ana), balance(bob)], [100_100, 99_700]); // 1.00 at 2.0 won, 3.00 lost

  assert.equal(codeOf(await scene.ask({ type: 'SettleMarket', marketId: MARKET, outcomes: away, reason: 'x' })), 'not_found');
  assert.equal(codeOf(await scene.ask({ type: 'RecallMarket', marketId: `${EVENT}/btts` })), 'not_found');
  const recall = scene.encode({ type: 'RecallMarket', marketId: MARKET });
  const first = await scene.send(recall);
  assert.equal(first.result, 'done');
  assert.deepEqual(await scene.send(recall), first, 'the same key gets the same answer');
  assert.equal(reads, 2, 'and reads nothing again');
  assert.equal(codeOf(await scene.ask({ type: 'RecallMarket', marketId: MARKET })), 'already_resolved');
  await scene.done({ type: 'SettleMarket', marketId: MARKET, outcomes: away, reason: 'x' });
  await passTime(scene, 0);
  // While it is in memory, what was filed when it left the first time is not what it is.
  const stale = await readMarketFile(scene.journal, { shard: SHARD, ledgerId: 'main', marketId: MARKET });
  assert.deepEqual(stale, { code: 'not_found' });
  assert.deepEqual([balance(ana), balance(bob)], [99_900, 100_900]); // 1.00 lost, 3.00 at 4.0 won

  const report = await verifyChain(scene.journal, SHARD, { decideAgain: true });
  assert.deepEqual([report.ok, report.fault, report.skipped], [true, null, 0]);
  const hash = stateHash(scene.writer.state as never);
  await scene.restart();
  assert.equal(stateHash(scene.writer.state as never), hash);
  // Archived a second time: what is read is the market as it was corrected.
  await passTime(scene, 49 * HOUR_MS);
  const file = await readMarketFile(scene.journal, { shard: SHARD, ledgerId: 'main', marketId: MARKET });
  assert.deepEqual('facts' in file && [file.facts.byHand, file.facts.returnedMinor, file.bets.length], [true, 1_200, 2]);
});

test('a command whose reading fails is not recorded, and may be sent again', async () => {
  let fails = true;
  const scene = await Scene.open({
    load: ({ cmd }) => {
      if (cmd.type !== 'RecallMarket') return null;
      return fails ? Promise.reject(new Error('no journal')) : Promise.resolve({ code: 'not_found' });
    },
  });
  const encoded = scene.encode({ type: 'RecallMarket', marketId: `${EVENT}/btts` });
  assert.equal(codeOf(await scene.send(encoded)), 'busy');
  fails = false;
  assert.equal(codeOf(await scene.send(encoded)), 'not_found');
});
