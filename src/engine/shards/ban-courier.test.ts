// Exclusions on their way to other ledgers over real writers, while processes die in between and answers are lost.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeRng, pickOne, randomInt } from '#core/base/rng.ts';
import { refuse } from '#core/base/refusal.ts';
import type { Command } from '#core/kernel/command.ts';
import type { LedgerState } from '#core/kernel/state.ts';
import { MAIN_SHARD, shardOf } from '#core/ledger/shard.ts';
import { verifyChain } from '../journal/journal-verify.ts';
import { Installation, LEDGERS, PEOPLE, SHARDS, TENANT } from '../../../test/engine/installation.ts';

const DAY = 86_400_000;
const OTHERS = LEDGERS.filter((ledgerId) => ledgerId !== 'main');
const [ANA = '', BEA = ''] = PEOPLE;

const exclude = (ownerId: string, until: number): Command => ({ type: 'SetExclusion', ownerId, until });

function ledgerOf(installation: Installation, ledgerId: string): LedgerState {
  const ledger = installation.seats.get(shardOf(ledgerId))?.writer.state?.ledgers.get(ledgerId);
  assert.ok(ledger);
  return ledger;
}

function knows(installation: Installation, ledgerId: string): boolean {
  return ledgerOf(installation, ledgerId).bans.takenUpTo === ledgerOf(installation, 'main').bans.last;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 5)))
    assert.ok(Date.now() < end, what);
}

const allKnow = (installation: Installation): Promise<void> =>
  until('a ledger does not know', () => OTHERS.every((ledgerId) => knows(installation, ledgerId)));

describe('BanCourier', () => {
  it('tells every ledger, also one that is opened later, and holds nobody back once they know', async () => {
    const installation = await Installation.open(1);
    const end = installation.clock.now() + DAY;
    await allKnow(installation);
    await installation.done('main', exclude(ANA, end));
    await allKnow(installation);
    for (const ledgerId of OTHERS) assert.equal(ledgerOf(installation, ledgerId).exclusions.get(ANA), end);
    const late = 'late'; // on a shard that somebody holds already
    const shard = shardOf(late);
    if (!installation.seats.has(shard)) await installation.take(shard);
    await installation.done(late, { type: 'OpenLedger', currency: 'PLAY', home: 'main', moneyClass: 'play' });
    await until('it is told', () => !ledgerOf(installation, late).bans.waits);
    assert.equal(ledgerOf(installation, late).exclusions.get(ANA), end);
    for (const { bans } of installation.seats.values())
      for (const ledgerId of [...LEDGERS, late]) assert.equal(bans.holdBack('people', ledgerId), null);
    await installation.close();
  });

  it('tells of an exclusion whose home was killed before anybody heard of it, and its successor notes it', async () => {
    const installation = await Installation.open(2);
    await allKnow(installation);
    installation.dead = shardOf('arena');
    const end = installation.clock.now() + DAY;
    await installation.done('main', exclude(ANA, end));
    await until('the courier asks', () => installation.waiting > 0);
    assert.equal(ledgerOf(installation, 'arena').exclusions.size, 0);
    assert.equal(installation.seats.get(shardOf('main'))?.bans.behind, 1, 'the third ledger was told meanwhile');
    installation.dead = null;
    await installation.take(shardOf('main')); // the process is gone, with the answer that it waited for
    await allKnow(installation);
    assert.equal(ledgerOf(installation, 'arena').exclusions.get(ANA), end);
    await until('it is noted', () => installation.seats.get(shardOf('main'))?.bans.behind === 0);
    await installation.close();
  });

  it('tells nobody of an exclusion that was not durable', async () => {
    const installation = await Installation.open(3);
    await allKnow(installation);
    installation.journal.hold(shardOf('main'));
    const asked = installation.ask('main', exclude(ANA, installation.clock.now() + DAY));
    await until('it is decided', () => ledgerOf(installation, 'main').exclusions.size > 0);
    installation.seats.get(shardOf('main'))?.bans.notify(); // as another commit would
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const ledgerId of OTHERS) assert.equal(ledgerOf(installation, ledgerId).exclusions.size, 0);
    installation.journal.letGo();
    assert.equal((await asked).result, 'done');
    await allKnow(installation);
    await installation.close();
  });

  it('keeps bettors waiting after a start until home has spoken, and lets results and operators through', async () => {
    const installation = await Installation.open(4);
    await allKnow(installation);
    await installation.done('main', exclude(BEA, installation.clock.now() + DAY));
    await allKnow(installation);
    installation.dead = shardOf('main');
    await installation.take(shardOf('arena'));
    const { bans } = installation.seats.get(shardOf('arena')) ?? assert.fail('nobody holds it');
    await until('the courier asks', () => installation.waiting > 0);
    assert.deepEqual([bans.holdBack('people', 'arena')?.code, bans.holdBack('bots', 'arena')?.path], ['busy', '/bans']);
    assert.deepEqual([bans.holdBack('facts', 'arena'), bans.holdBack('control', 'arena')], [null, null]);
    installation.dead = null;
    await installation.take(shardOf('arena'));
    const successor = installation.seats.get(shardOf('arena'))?.bans;
    await until('home spoke', () => successor?.holdBack('people', 'arena') === null);
    await installation.close();
  });

  it('keeps nobody waiting for a ledger beside their own', async () => {
    const installation = await Installation.open(5);
    let beside = 'x';
    for (let i = 0; shardOf(beside) !== MAIN_SHARD; i++) beside = `x${i}`;
    await installation.done(beside, { type: 'OpenLedger', currency: 'PLAY', home: 'main', moneyClass: 'play' });
    await until('it is told', () => !ledgerOf(installation, beside).bans.waits);
    await allKnow(installation);
    installation.dead = MAIN_SHARD;
    await installation.take(MAIN_SHARD);
    await until('the courier asks', () => installation.waiting > 0);
    const funds = { type: 'IssueFunds', holder: ANA, ownerId: ANA, tenantId: TENANT, amountMinor: 1 } as const;
    await installation.done('main', funds);
    assert.equal(await installation.once(beside, funds), 'busy');
    await installation.close();
  });

  it('says once why a ledger cannot follow, and asks on', async () => {
    const installation = await Installation.open(6);
    await allKnow(installation);
    const free = (): boolean =>
      LEDGERS.every((ledgerId) => installation.seats.get(shardOf(ledgerId))?.bans.holdBack('people', ledgerId) === null);
    for (const shard of SHARDS) await installation.take(shard);
    await until('home spoke', free); // and nobody asks any more
    assert.deepEqual(installation.errors, []);
    const refusal = refuse('malformed', { path: '/follower' });
    installation.refusals.push(refusal, refuse('busy'), refusal);
    await installation.take(shardOf('arena'));
    await until('all were given', () => installation.refusals.length === 0);
    assert.equal(free(), false);
    await until('home spoke', free);
    assert.deepEqual(installation.errors, [
      { code: 'malformed', event: 'bans.not_followed', ledgerId: 'arena', path: '/follower' },
    ]);
    await installation.close();
  });

  for (const seed of [21, 22, 23, 24]) {
    it(`loses no exclusion while everything goes wrong, seed ${seed}`, async () => {
      const rng = makeRng(seed, 'bans');
      const installation = await Installation.open(seed);
      installation.troublePct = 40;
      const expected = new Map<string, number>();
      for (let round = 0; round < 15; round++) {
        const who = pickOne(rng, PEOPLE);
        const end = randomInt(rng, 0, 3) === 0 ? 0 : installation.clock.now() + randomInt(rng, 1, 90) * DAY;
        await installation.done('main', exclude(who, end));
        if (end === 0) expected.delete(who);
        else expected.set(who, end);
        if (round % 4 === 2) installation.journal.faults.push('before', null, 'after');
        if (round % 3 === 1) await installation.take(pickOne(rng, SHARDS));
      }
      installation.troublePct = 0;
      await allKnow(installation);
      await until('all is noted', () => installation.seats.get(shardOf('main'))?.bans.behind === 0);
      for (const ledgerId of LEDGERS) {
        const { exclusions } = ledgerOf(installation, ledgerId);
        for (const who of PEOPLE) assert.equal(exclusions.get(who), expected.get(who), `${ledgerId} ${who}`);
      }
      const told = (await installation.events()).filter(({ type }) => type === 'BansTold').length;
      assert.ok(told >= OTHERS.length, 'home noted nothing');
      await installation.close();
      for (const shard of SHARDS) assert.equal((await verifyChain(installation.store, shard, { decideAgain: true })).fault, null);
    });
  }
});
