// What the writer does when the disk, its own state or another writer is against it. It never guesses: after doubt it reads the journal.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerState } from '#core/kernel/state.ts';
import { codeOf, Scene, settle, SHARD } from '../../test/engine/scene.ts';
import { BlockBody } from './journal/block-body.ts';
import { stateHash } from './state/snapshot.ts';
import { Writer } from './writer.ts';
import { silentLog } from '#ports/log.ts';

/** Lets virtual time go on until `answer` is there: recovery waits between its attempts. */
async function withTime<T>(scene: Scene, answer: Promise<T>): Promise<T> {
  let done = false;
  const watched = answer.finally(() => (done = true));
  for (let i = 0; i < 400 && !done; i++) {
    await sleep(1); // real time too: large blocks are packed in another thread
    if (!done) scene.clock.advance(scene.clock.now() + 50);
  }
  assert.ok(done, 'no answer');
  return watched;
}

/** Makes one method of an object throw from now on. */
function sabotage(target: object, method: string): void {
  Object.defineProperty(target, method, {
    value() {
      throw new Error(`sabotaged ${method}`);
    },
  });
}

describe('Writer: a commit whose outcome is unknown', () => {
  it('answers from the journal when the block was written after all', async () => {
    const scene = await Scene.open();
    const encoded = scene.encode(scene.bet(scene.user('ana')));
    scene.journal.faults.push('after');
    const answer = await withTime(scene, scene.writer.submit(encoded));
    assert.equal(codeOf(JSON.parse(answer)), 'done');
    assert.equal(scene.ledger.bets.size, 1);
    assert.equal(await scene.writer.submit(encoded), answer, 'asked again');
    assert.equal(scene.writer.epoch, 2, 'the chain was taken again');
    assert.equal((await scene.typesFrom(1)).filter((type) => type === 'BetPlaced').length, 1);
  });

  it('says that it may be sent again when nothing was written, and then places it once', async () => {
    const scene = await Scene.open();
    const encoded = scene.encode(scene.bet(scene.user('ana')));
    scene.journal.faults.push('before');
    assert.equal(codeOf(await withTime(scene, scene.send(encoded))), 'busy');
    assert.equal(scene.ledger.bets.size, 0, 'the state still has what the disk has not');
    assert.equal(codeOf(await scene.send(encoded)), 'done');
    assert.equal(scene.ledger.bets.size, 1);
  });

  it('gives a refusal from the journal as it was recorded', async () => {
    const scene = await Scene.open();
    const encoded = scene.encode(scene.bet(scene.user('ana'), { stakeMinor: 9_999_999 }));
    scene.journal.faults.push('after');
    const answer = await withTime(scene, scene.writer.submit(encoded));
    assert.equal(codeOf(JSON.parse(answer)), 'insufficient_funds');
    assert.equal(await scene.writer.submit(encoded), answer);
  });

  it('still refuses another payload under a key that the lost block held', async () => {
    const scene = await Scene.open();
    const commandId = scene.id('cmd');
    const bet = scene.bet(scene.user('ana'));
    scene.journal.faults.push('after');
    const both = Promise.all([scene.ask(bet, { commandId }), scene.ask({ ...bet, stakeMinor: 700 }, { commandId })]);
    assert.deepEqual((await withTime(scene, both)).map(codeOf), ['done', 'duplicate_key_other_payload']);
  });

  for (const fault of ['before', 'after'] as const) {
    it(`drops what was decided on top of a block that failed ${fault} it was written, and loses no answer`, async () => {
      const scene = await Scene.open({
        lanes: { capacity: { control: 9, facts: 9, people: 900, bots: 9 }, share: { control: 9, facts: 9, people: 50, bots: 9 } },
      });
      const ana = scene.user('ana');
      scene.journal.hold();
      scene.journal.faults.push(fault);
      const sent = Array.from({ length: 700 }, () => scene.encode(scene.bet(ana, { stakeMinor: 1 })));
      const answers = sent.map((encoded) => scene.send(encoded));
      await settle();
      scene.journal.letGo();
      const codes = (await withTime(scene, Promise.all(answers))).map(codeOf);
      const again = (await Promise.all(sent.map((encoded) => scene.send(encoded)))).map(codeOf);
      assert.ok(again.every((code) => code === 'done'));
      assert.ok(
        codes.every((code) => code === 'done' || code === 'busy'),
        [...new Set(codes)].join(),
      );
      assert.equal(scene.ledger.bets.size, 700, 'a bet was lost or placed twice');
      const held = scene.ledger.accounts.balance(`player:${ana}:held`, 'PLAY');
      assert.equal(held, 700);
    });
  }

  it('tries until the database is back, and answers what came meanwhile', async () => {
    const scene = await Scene.open();
    scene.journal.faults.push('before');
    scene.journal.failAcquires = 4;
    const first = scene.ask(scene.bet(scene.user('ana')));
    await settle();
    assert.equal(scene.writer.status, 'recovering');
    const meanwhile = scene.ask(scene.bet(scene.user('bob')));
    assert.deepEqual((await withTime(scene, Promise.all([first, meanwhile]))).map(codeOf), ['busy', 'done']);
    assert.equal(scene.writer.status, 'writing');
  });

  it('ends with the same state as an undisturbed fold of its own journal', async () => {
    const scene = await Scene.open();
    for (let i = 0; i < 40; i++) {
      scene.journal.faults.push(([null, 'before', 'after', null] as const)[i % 4] ?? null);
      await withTime(scene, scene.ask(scene.bet(scene.user(i % 3 ? 'ana' : 'bob'), { stakeMinor: i + 1 })));
    }
    const hash = stateHash(scene.writer.state as Parameters<typeof stateHash>[0]);
    await scene.restart();
    assert.equal(stateHash(scene.writer.state as Parameters<typeof stateHash>[0]), hash);
  });
});

describe('Writer: fenced', () => {
  it('answers outcome_unknown and writer_moving and writes nothing more once another holds the chain', async () => {
    const scene = await Scene.open();
    scene.journal.hold();
    const inFlight = scene.ask(scene.bet(scene.user('ana')));
    await settle();
    const waiting = scene.ask(scene.bet(scene.user('bob')));
    scene.clock.advance(scene.clock.now() + 11_000); // past the lease
    const taken = await scene.journal.acquire(SHARD, { holder: 'other', address: '', ttlMs: 60_000 });
    assert.equal(taken?.epoch, 2);
    const blocks = (await scene.blocks()).length;
    scene.journal.letGo();
    assert.deepEqual((await Promise.all([inFlight, waiting])).map(codeOf), ['outcome_unknown', 'writer_moving']);
    assert.equal(scene.writer.status, 'fenced');
    assert.equal(codeOf(await scene.ask(scene.bet(scene.user('ana')))), 'writer_moving');
    assert.equal((await scene.blocks()).length, blocks);
    assert.deepEqual(await scene.journal.head(SHARD), { ...taken }, 'the stale writer moved the head');
  });

  it('stops when the chain is gone after a failed commit', async () => {
    const scene = await Scene.open();
    scene.clock.advance(scene.clock.now() + 11_000);
    await scene.journal.acquire(SHARD, { holder: 'other', address: '', ttlMs: 60_000 });
    scene.journal.faults.push('before');
    assert.equal(codeOf(await withTime(scene, scene.ask(scene.bet(scene.user('ana'))))), 'outcome_unknown');
    assert.equal(scene.writer.status, 'fenced');
  });

  it('a second writer stands by while the first one lives, and does not disturb it', async () => {
    const scene = await Scene.open();
    const lease = { holder: 'second', address: '', ttlMs: 10_000 };
    const { clock, journal } = scene;
    const second = new Writer({ shard: SHARD, lease, keysMax: 100 }, { journal, snapshots: null, clock, log: silentLog });
    assert.equal(await second.start(), false);
    assert.equal(second.status, 'standby');
    assert.equal(codeOf(JSON.parse(await second.submit(scene.encode(scene.bet(scene.user('ana')))))), 'writer_moving');
    await scene.done(scene.bet(scene.user('ana')));
  });
});

describe('Writer: a fault of its own', () => {
  it('puts a command aside when decide() throws, journals that, and goes on', async () => {
    const scene = await Scene.open();
    const ledger = scene.ledger;
    const find = ledger.bets.find.bind(ledger.bets);
    const poison = scene.id('bet');
    Object.defineProperty(ledger.bets, 'find', {
      value(id: string) {
        if (id === poison) throw new Error('poison');
        return find(id);
      },
    });
    const bad = scene.encode(scene.bet(scene.user('ana'), { betId: poison }));
    const answers = await Promise.all([
      scene.ask(scene.bet(scene.user('ana'))),
      scene.send(bad),
      scene.ask(scene.bet(scene.user('bob'))),
    ]);
    assert.deepEqual(answers.map(codeOf), ['done', 'quarantined', 'done']);
    assert.deepEqual((await scene.typesFrom(1)).slice(-3), ['BetPlaced', 'CommandQuarantined', 'BetPlaced']);
    await scene.restart();
    assert.equal(codeOf(await scene.send(bad)), 'quarantined', 'the key has its answer');
    assert.equal(scene.writer.status, 'writing');
  });

  it('drops a timer whose decision throws, so that it does not fire for ever', async () => {
    const scene = await Scene.open();
    scene.quote({ quoteSeq: 2, inPlay: true, betDelayMs: 5_000 });
    await scene.done(scene.bet(scene.user('ana')));
    scene.ledger.limits = Object.defineProperty({ ...scene.ledger.limits }, 'releaseGraceMs', {
      get: () => assert.fail('sabotaged limit'),
    });
    scene.clock.advance(scene.clock.now() + 5_000);
    await settle(40);
    assert.deepEqual((await scene.typesFrom(1)).slice(-3), ['BetPlaced', 'CommandQuarantined', 'TimerDropped']);
    const { appends } = scene.journal;
    scene.clock.advance(scene.clock.now() + 60_000);
    await settle(40);
    assert.equal(scene.journal.appends, appends, 'it goes on firing');
    assert.equal(scene.ledger.timers.size, 0);
  });

  it('goes read-only when evolve() throws, and commits nothing of that batch', async () => {
    const scene = await Scene.open();
    const head = await scene.journal.head(SHARD);
    sabotage(scene.ledger.bets, 'add');
    const answers = await Promise.all([scene.ask(scene.bet(scene.user('ana'))), scene.ask(scene.bet(scene.user('bob')))]);
    assert.deepEqual(answers.map(codeOf), ['read_only', 'read_only']);
    assert.equal(scene.writer.status, 'read_only');
    assert.equal(scene.writer.state, null, 'half a block may be read from the state');
    assert.equal(codeOf(await scene.ask(scene.bet(scene.user('ana')))), 'read_only');
    assert.deepEqual(await scene.journal.head(SHARD), head);
    await scene.restart(); // a person looked
    assert.equal(codeOf(await scene.ask(scene.bet(scene.user('ana')))), 'done');
  });

  it('lets what was in flight be durable before it goes read-only', async () => {
    const scene = await Scene.open();
    scene.journal.hold();
    const good = Array.from({ length: 3 }, () => scene.ask(scene.bet(scene.user('ana'))));
    await settle();
    sabotage(scene.ledger.bets, 'add');
    const bad = scene.ask(scene.bet(scene.user('bob')));
    await settle();
    scene.journal.letGo();
    assert.deepEqual((await Promise.all(good)).map(codeOf), ['done', 'done', 'done']);
    assert.equal(codeOf(await bad), 'read_only');
    await scene.restart();
    assert.equal(scene.ledger.bets.size, 3);
  });

  it('writes nothing more once it is distrusted', async () => {
    const scene = await Scene.open();
    scene.writer.distrust('two folds differ');
    assert.equal(codeOf(await scene.ask(scene.bet(scene.user('ana')))), 'read_only');
    await scene.writer.stop();
  });
});

describe('Writer: stop()', () => {
  it('answers what waits, writes it, and gives the lease back', async () => {
    const scene = await Scene.open();
    scene.journal.hold();
    const answers = Array.from({ length: 30 }, () => scene.ask(scene.bet(scene.user('ana'))));
    await settle();
    const more = scene.ask(scene.bet(scene.user('bob')));
    const stopped = scene.writer.stop();
    assert.equal(codeOf(await scene.ask(scene.bet(scene.user('bob')))), 'writer_moving', 'it took a command while stopping');
    scene.journal.letGo();
    await stopped;
    assert.ok((await Promise.all([...answers, more])).every((answer) => answer.result === 'done'));
    const last = (await scene.blocks()).at(-1) as { body: Uint8Array };
    assert.ok(new BlockBody(last.body).commandLines().length >= 1);
    assert.ok(await scene.journal.acquire(SHARD, { holder: 'next', address: '', ttlMs: 1_000 }), 'the lease was kept');
  });

  it('answers those that wait for a look-up or for a quote', async () => {
    const scene = await Scene.open({ keysMax: 4 });
    for (let i = 0; i < 6; i++) await scene.done(scene.bet(scene.user('ana')));
    const bets = (scene.ledger as LedgerState).bets.size;
    scene.journal.hold();
    const old = scene.ask(scene.bet(scene.user('ana')), { commandId: scene.id('cmd', scene.clock.now() - 3_600_000) });
    const early = scene.ask(scene.bet(scene.user('ana'), { quoteSeq: 99 }));
    await settle();
    const stopped = scene.writer.stop();
    await settle();
    scene.journal.letGo();
    await stopped;
    assert.deepEqual((await Promise.all([old, early])).map(codeOf), ['writer_moving', 'writer_moving']);
    await scene.restart();
    assert.equal(scene.ledger.bets.size, bets);
  });

  it('returns while the database is away, and answers that the outcome is unknown', async () => {
    const scene = await Scene.open();
    scene.journal.faults.push('after');
    scene.journal.failAcquires = 1_000;
    const answer = scene.ask(scene.bet(scene.user('ana')));
    await settle();
    const stopped = scene.writer.stop();
    assert.equal(codeOf(await withTime(scene, answer)), 'outcome_unknown');
    await stopped;
  });
});
