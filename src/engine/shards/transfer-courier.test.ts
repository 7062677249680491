// The courier over real writers, while answers are lost, commands come twice, commits fail and processes are left for dead without knowing it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refuse } from '#core/base/refusal.ts';
import { makeRng, pickOne, randomInt } from '#core/base/rng.ts';
import type { Command } from '#core/kernel/command.ts';
import { shardOf } from '#core/ledger/shard.ts';
import { verifyChain } from '../journal/journal-verify.ts';
import { FUNDS_MINOR, Installation, LEDGERS, NOWHERE, PEOPLE, SHARDS } from '../../../test/engine/installation.ts';

const send = (who: string, toLedger: string, amountMinor: number): Command => ({
  type: 'SendTransfer',
  holder: who,
  toLedger,
  toHolder: who,
  amountMinor,
  currency: 'PLAY',
});

describe('TransferCourier', () => {
  it('carries money to another shard, and brings back what nobody takes', async () => {
    const installation = await Installation.open(1);
    const [ana = ''] = PEOPLE;
    await installation.done('main', send(ana, 'arena', 100));
    await installation.done('main', send(ana, NOWHERE, 50));
    await installation.settled();
    assert.deepEqual([installation.available('main', ana), installation.available('arena', ana)], [9_900, 10_100]);
    const ends = (await installation.events()).filter(({ type }) => type === 'TransferConfirmed' || type === 'TransferReturned');
    assert.deepEqual(ends.map(({ type }) => type).toSorted(), ['TransferConfirmed', 'TransferReturned']);
    assert.ok(installation.inUse.has(shardOf(NOWHERE)), 'a shard that nobody uses has no writer that could refuse');
    await installation.close();
  });

  it('delivers nothing before it is durable, and once when the commit was lost and it is sent again', async () => {
    const installation = await Installation.open(2);
    const [ana = ''] = PEOPLE;
    const answer = installation.ask('main', send(ana, 'arena', 100));
    installation.journal.hold(shardOf('main'));
    for (const end = Date.now() + 20_000; installation.open !== 1; await new Promise((resolve) => setTimeout(resolve, 5)))
      assert.ok(Date.now() < end, 'it is not decided');
    installation.seats.get(shardOf('main'))?.courier.notify(); // as another commit would
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(installation.available('arena', ana), FUNDS_MINOR);
    await installation.take(shardOf('main')); // another holds the shard now: what waits will be refused
    installation.journal.letGo();
    assert.equal((await answer).result, 'done', 'asked again, of its successor');
    await installation.settled();
    assert.deepEqual([installation.available('main', ana), installation.available('arena', ana)], [9_900, 10_100]);
    assert.equal((await installation.events()).filter(({ type }) => type === 'TransferReceived').length, 1);
    await installation.close();
  });

  it('asks again soon when a writer cannot judge for now', async () => {
    const installation = await Installation.open(3);
    const [ana = ''] = PEOPLE;
    installation.refusals.push(refuse('read_only'), refuse('storage_full'), refuse('malformed', { path: '/commandId' }));
    await installation.done('main', send(ana, 'arena', 100));
    await installation.settled();
    assert.equal(installation.refusals.length, 0);
    assert.equal(installation.available('arena', ana), 10_100);
    await installation.close();
  });

  it('carries money to one shard while another does not answer, however much goes there', async () => {
    assert.notEqual(shardOf('arena'), shardOf('third'));
    const installation = await Installation.open(4);
    const [ana = ''] = PEOPLE;
    installation.dead = shardOf('arena');
    const many = PEOPLE.flatMap((who) => Array.from({ length: 99 }, () => who)); // a person may have 100 on their way
    await Promise.all(many.map((who) => installation.done('main', send(who, 'arena', 1))));
    await installation.done('main', send(ana, 'third', 100));
    for (
      const end = Date.now() + 20_000;
      installation.open > many.length;
      await new Promise((resolve) => setTimeout(resolve, 10))
    )
      assert.ok(Date.now() < end, 'the transfer to the other shard has no end');
    assert.equal(installation.available('third', ana), 10_100);
    assert.equal(installation.waiting, 16);
    await installation.close();
  });

  for (const seed of [11, 12, 13, 14, 15, 16]) {
    it(`neither loses nor doubles a cent while everything goes wrong, seed ${seed}`, async () => {
      const rng = makeRng(seed, 'transfers');
      const installation = await Installation.open(seed);
      installation.troublePct = 40;
      /** What the oracle knows: accepted transfers by who sent them, from where, where to. */
      const accepted: { from: string; to: string; who: string; amountMinor: number }[] = [];
      for (let round = 0; round < 12; round++) {
        const wishes = Array.from({ length: 10 }, () => ({
          from: pickOne(rng, LEDGERS),
          to: pickOne(rng, [...LEDGERS, NOWHERE]),
          who: pickOne(rng, PEOPLE),
          amountMinor: randomInt(rng, 1, 3_000),
        }));
        await Promise.all(
          wishes.map(async (wish) => {
            const { result } = await installation.ask(wish.from, send(wish.who, wish.to, wish.amountMinor));
            if (result === 'done') accepted.push(wish);
            else assert.ok(['insufficient_funds', 'same_ledger'].includes(result.code), result.code);
          }),
        );
        if (round % 4 === 2) installation.journal.faults.push('before', null, 'after');
        if (round % 3 === 1) await installation.take(pickOne(rng, SHARDS));
      }
      installation.troublePct = 0;
      await installation.settled();
      const expected = new Map<string, number>();
      const key = (ledger: string, who: string): string => `${ledger} ${who}`;
      for (const ledger of LEDGERS) for (const who of PEOPLE) expected.set(key(ledger, who), FUNDS_MINOR);
      for (const { amountMinor, from, to, who } of accepted) {
        if (to === NOWHERE) continue; // came back
        expected.set(key(from, who), (expected.get(key(from, who)) ?? 0) - amountMinor);
        expected.set(key(to, who), (expected.get(key(to, who)) ?? 0) + amountMinor);
      }
      for (const ledger of LEDGERS)
        for (const who of PEOPLE) assert.equal(installation.available(ledger, who), expected.get(key(ledger, who)));
      for (const a of LEDGERS) {
        assert.equal(installation.transit(a, NOWHERE), 0);
        for (const b of LEDGERS) assert.equal(installation.transit(a, b) + installation.transit(b, a), 0);
      }
      const count = new Map<string, number>();
      for (const e of await installation.events())
        if (e.type.startsWith('Transfer')) count.set(e.type, (count.get(e.type) ?? 0) + 1);
      const back = accepted.filter(({ to }) => to === NOWHERE).length;
      assert.ok(accepted.length > 40 && back > 5, `${accepted.length} transfers, ${back} to nowhere`);
      assert.deepEqual(
        ['TransferSent', 'TransferReceived', 'TransferConfirmed', 'TransferReturned'].map((type) => count.get(type) ?? 0),
        [accepted.length, accepted.length - back, accepted.length - back, back],
      );
      await installation.close();
      for (const shard of SHARDS) assert.equal((await verifyChain(installation.store, shard, { decideAgain: true })).fault, null);
    });
  }
});
