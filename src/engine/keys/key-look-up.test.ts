// A look-up knows the journal as it was when its query ran: what was recorded and dropped since must be looked for again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryJournal } from '#adapters/memory/memory-journal.ts';
import { codeOf, Scene, settle, T0 } from '../../../test/engine/scene.ts';

/** Look-ups whose query has run, and whose answers come when the test lets them go. */
class SlowLookUps extends MemoryJournal {
  sent = 0;
  slow = false;
  letGo: () => void = () => undefined;

  override async blockNosWithKeys(...asked: Parameters<MemoryJournal['blockNosWithKeys']>): Promise<number[]> {
    const found = await super.blockNosWithKeys(...asked);
    this.sent++;
    if (this.slow) await new Promise<void>((done) => (this.letGo = done));
    return found;
  }
}

for (const fails of [false, true]) {
  const meanwhile = fails ? 'a commit fails, and memory is read back from the newest blocks' : 'all goes well';
  test(`of two copies of an old key one is recorded, though the other's look-up came before it and ${meanwhile}`, async () => {
    const store = new SlowLookUps();
    const scene = await Scene.open({ store, keysMax: 1_000_000 });
    const ana = scene.user('ana');
    const bets = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        scene.clock.advance(scene.clock.now() + 2);
        await scene.done(scene.bet(ana, { stakeMinor: 1 }));
      }
    };
    await bets(300);
    await scene.restart(); // knows the keys of the last 256 blocks
    scene.clock.advance(scene.clock.now() + 6_000);
    const commandId = scene.id('cmd', T0 - 3_600_000);
    const { tenantId } = JSON.parse(scene.encode(scene.bet(ana))).actor;
    const funds = scene.encode({ type: 'IssueFunds', holder: ana, ownerId: ana, tenantId, amountMinor: 7_777 }, { commandId });
    store.slow = true;
    const first = scene.writer.submit(funds);
    await settle();
    const second = scene.writer.submit(funds);
    await settle();
    store.letGo();
    assert.equal(codeOf(JSON.parse(await first)), 'done');
    assert.equal(store.sent, 2, 'the second was looked up before the first was recorded');
    await bets(260);
    if (fails) {
      scene.journal.faults.push('before');
      assert.equal(codeOf(await scene.ask(scene.bet(ana, { stakeMinor: 1 }))), 'busy');
    }
    store.slow = false;
    store.letGo();
    assert.equal(await second, await first);
    const issued = (await scene.events()).filter((e) => e.type === 'FundsIssued' && e.commandId === commandId);
    assert.equal(issued.length, 1);
  });
}
