import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refuse } from '#core/base/refusal.ts';
import { orderIdOf } from '#core/exchange/order-commands.ts';
import { codeOf, FUNDS_MINOR, MARKET, Scene, settle, T0, TENANT } from '../../test/engine/scene.ts';
import { BlockBody } from './journal/block-body.ts';
import { KEY_AHEAD_MS, KEY_LIFE_MS } from './keys/key-window.ts';

const DAY_MS = 86_400_000;

describe('Writer: one key, one answer', () => {
  it('takes a bet under the name of its own key only: a name whose bet has ended is never given again', async () => {
    const scene = await Scene.open();
    const ana = scene.user('ana');
    const bet = scene.bet(ana);
    const encoded = scene.encode(bet);
    const first = await scene.writer.submit(encoded);
    await scene.done({ type: 'VoidBet', betId: bet.betId, reason: 'test' }, { lane: 'control' });
    const before = await scene.events();
    const other = await scene.ask(bet, { commandId: scene.id('cmd'), anyBetId: true });
    assert.deepEqual(other.result, refuse('malformed', { path: '/cmd/betId' }));
    const several = { ...bet, legs: [...bet.legs, ...bet.legs] }; // read another way than a single bet
    assert.deepEqual((await scene.ask(several, { commandId: scene.id('cmd'), anyBetId: true })).result, other.result);
    assert.equal(await scene.writer.submit(encoded), first, 'its own key gets the answer of then');
    await scene.restart();
    assert.deepEqual(
      (await scene.ask(bet, { commandId: scene.id('cmd'), anyBetId: true })).result,
      other.result,
      'after a restart',
    );
    assert.equal(await scene.writer.submit(encoded), first);
    assert.deepEqual(await scene.events(), before);
    assert.equal(before.filter((e) => e.type === 'BetPlaced').length, 1);
  });

  it('takes an order under the name of its own key only, also when it replaces another', async () => {
    const scene = await Scene.open();
    const ana = scene.user('ana');
    const asAna = { via: 'api', ownerId: ana } as const;
    await scene.done({ type: 'OpenExchange', marketId: MARKET, terms: {} }, { lane: 'facts' });
    const commandId = scene.id('cmd');
    const orderId = orderIdOf(commandId);
    const terms = {
      side: 'back',
      kind: 'limit',
      priceMilli: 2_000,
      sizeMinor: 100,
      persistence: 'lapse',
      timeInForce: 'rest',
    } as const;
    const order = { type: 'PlaceOrder', orderId, holder: ana, marketId: MARKET, selectionId: 'home', ...terms } as const;
    await scene.done(order, { ...asAna, commandId });
    const replaced = scene.id('cmd');
    const replace = { type: 'ReplaceOrder', orderId, newOrderId: orderIdOf(replaced), priceMilli: 3_000 } as const;
    assert.deepEqual((await scene.ask(replace, asAna)).result, refuse('malformed', { path: '/cmd/newOrderId' }));
    await scene.done(replace, { ...asAna, commandId: replaced });
    const before = await scene.events();
    assert.deepEqual((await scene.ask(order, asAna)).result, refuse('malformed', { path: '/cmd/orderId' }), 'it ended');
    assert.deepEqual(await scene.events(), before);
    assert.equal(before.filter((e) => e.type === 'OrderPlaced').length, 2);
  });

  it('does not take a key of one ledger for done in another one of the shard, and gives no bet of either the same name', async () => {
    const scene = await Scene.open();
    const ana = scene.user('ana');
    const arena = { ledgerId: 'arena', via: 'operator' } as const;
    await scene.done({ type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' }, { ...arena, lane: 'control' });
    await scene.done({ type: 'OpenMarket', marketId: MARKET, startAt: T0 + 3_600_000 }, { ...arena, lane: 'facts' });
    const funds = { type: 'IssueFunds', holder: ana, ownerId: ana, tenantId: TENANT, amountMinor: 1_000 } as const;
    await scene.done(funds, arena);
    const bet = scene.bet(ana);
    await scene.done(bet);
    const there = await scene.ask(bet, { ledgerId: 'arena' });
    assert.equal(codeOf(there), 'duplicate_key_other_payload');
    await scene.done(scene.bet(ana), { ledgerId: 'arena' });
    const placed = (await scene.events()).filter((e) => e.type === 'BetPlaced');
    assert.deepEqual(
      placed.map((e) => e.ledgerId),
      ['main', 'arena'],
    );
    assert.equal(new Set(placed.map((e) => e.data.betId)).size, 2);
  });

  it('gives the same answer to the same key, byte for byte, and places the bet once', async () => {
    const scene = await Scene.open();
    const encoded = scene.encode(scene.bet(scene.user('ana')));
    const first = await scene.writer.submit(encoded);
    assert.equal(await scene.writer.submit(encoded), first);
    assert.equal(scene.ledger.bets.size, 1);
    assert.equal(JSON.parse(first).result, 'done');
  });

  it('gives a refusal again as it was, also when the reason is gone', async () => {
    const scene = await Scene.open();
    const broke = scene.user('cid');
    await scene.fund(broke, 50);
    const encoded = scene.encode(scene.bet(broke));
    const first = await scene.writer.submit(encoded);
    assert.deepEqual([JSON.parse(first).result.code, JSON.parse(first).result.need], ['insufficient_funds', 100]);
    await scene.fund(broke, 1_000);
    assert.equal(await scene.writer.submit(encoded), first);
    await scene.restart();
    assert.equal(await scene.writer.submit(encoded), first, 'after a restart');
  });

  it('knows a key that comes twice within one batch', async () => {
    const scene = await Scene.open();
    const encoded = scene.encode(scene.bet(scene.user('ana')));
    const before = scene.journal.appends;
    const answers = await Promise.all([1, 2, 3, 4].map(() => scene.writer.submit(encoded)));
    assert.equal(scene.journal.appends, before + 1, 'the four were one batch');
    assert.equal(new Set(answers).size, 1);
    assert.equal(scene.ledger.bets.size, 1);
  });

  it('answers a key that repeats an undurable command only when that one is durable', async () => {
    const scene = await Scene.open();
    const encoded = scene.encode(scene.bet(scene.user('ana')));
    scene.journal.hold();
    const first = scene.writer.submit(encoded);
    await settle();
    const second = scene.writer.submit(encoded);
    assert.equal(await Promise.race([second, settle().then(() => 'waits')]), 'waits');
    scene.journal.letGo();
    assert.equal(await second, await first);
  });

  it('refuses the same key with another payload, also within a batch, after a restart and looked up in the journal', async () => {
    const scene = await Scene.open({ keysMax: 4 });
    const ana = scene.user('ana');
    const commandId = scene.id('cmd');
    const bet = scene.bet(ana);
    const other = scene.encode({ ...bet, stakeMinor: 200 }, { commandId });
    const [one, two] = await Promise.all([scene.ask(bet, { commandId }), scene.send(other)]);
    assert.deepEqual([codeOf(one), codeOf(two)], ['done', 'duplicate_key_other_payload']);
    await scene.restart();
    assert.equal(codeOf(await scene.send(other)), 'duplicate_key_other_payload');
    for (let i = 0; i < 6; i++) await scene.done(scene.bet(ana)); // pushes the key out of a window of four
    const lookUps = scene.journal.lookUps;
    assert.equal(codeOf(await scene.send(other)), 'duplicate_key_other_payload');
    assert.equal(scene.journal.lookUps, lookUps + 1);
    assert.equal(scene.ledger.bets.size, 7);
  });

  it('takes another person with the same payload for another request', async () => {
    const scene = await Scene.open();
    const commandId = scene.id('cmd');
    const bet = scene.bet(scene.user('ana'));
    await scene.done(bet, { commandId });
    assert.equal(codeOf(await scene.ask(bet, { commandId, ownerId: scene.user('bob') })), 'duplicate_key_other_payload');
  });

  it('looks a key up in the journal once it has left the memory window: bets, refusals and late keys alike', async () => {
    const scene = await Scene.open({ keysMax: 4 });
    const ana = scene.user('ana');
    const late = scene.encode(scene.bet(ana), { commandId: scene.id('cmd', T0 - 3_600_000) });
    const sent = [scene.encode(scene.bet(ana)), scene.encode(scene.bet(ana, { stakeMinor: FUNDS_MINOR * 2 })), late];
    const first: string[] = [];
    for (const encoded of sent) first.push(await scene.writer.submit(encoded));
    assert.deepEqual(
      first.map((answer) => codeOf(JSON.parse(answer))),
      ['done', 'insufficient_funds', 'done'],
    );
    for (let i = 0; i < 8; i++) {
      scene.clock.advance(scene.clock.now() + 10);
      await scene.done(scene.bet(ana));
    }
    const bets = scene.ledger.bets.size;
    const again: string[] = [];
    for (const encoded of sent) again.push(await scene.writer.submit(encoded));
    assert.deepEqual(again, first);
    assert.equal(scene.ledger.bets.size, bets);
    assert.ok(scene.journal.lookUps >= 3, 'they were still in memory: the test shows nothing');
  });

  it('looks many keys up in one query', async () => {
    const scene = await Scene.open({ keysMax: 400 });
    const ana = scene.user('ana');
    const old = Array.from({ length: 300 }, () =>
      scene.encode(scene.bet(ana, { stakeMinor: 1 }), { commandId: scene.id('cmd', T0 - 3_600_000) }),
    );
    for (let i = 0; i < 406; i++) await scene.done(scene.bet(ana, { stakeMinor: 1 })); // older keys have left the window
    const before = scene.journal.lookUps;
    const first = await Promise.all(old.map((encoded) => scene.writer.submit(encoded)));
    assert.ok(first.every((answer) => codeOf(JSON.parse(answer)) === 'done'));
    const again = await Promise.all(old.map((encoded) => scene.writer.submit(encoded)));
    assert.deepEqual(again, first);
    const lookUps = scene.journal.lookUps - before;
    assert.ok(lookUps >= 2 && lookUps <= 8, `${lookUps} queries for 600 keys`);
    assert.equal(scene.ledger.bets.size, 706);
  });

  it('asks for a retry when a look-up fails, and keeps the key free', async () => {
    const scene = await Scene.open({ keysMax: 4 });
    const encoded = scene.encode(scene.bet(scene.user('ana')), { commandId: scene.id('cmd', T0 - 3_600_000) });
    for (let i = 0; i < 6; i++) await scene.done(scene.bet(scene.user('ana'))); // older keys have left the window
    scene.journal.failLookUps = 1;
    assert.equal(codeOf(await scene.send(encoded)), 'busy');
    assert.equal(codeOf(await scene.send(encoded)), 'done');
  });

  it('refuses keys older than their life and ids from the future', async () => {
    const scene = await Scene.open();
    const at = async (ms: number): Promise<string> =>
      codeOf(await scene.ask(scene.bet(scene.user('ana')), { commandId: scene.id('cmd', ms) }));
    const now = scene.clock.now();
    assert.equal(await at(now - KEY_LIFE_MS - 1), 'key_expired');
    assert.equal(await at(now - KEY_LIFE_MS + 1), 'done');
    assert.equal(await at(now + KEY_AHEAD_MS + 1), 'malformed');
    assert.equal(await at(now + KEY_AHEAD_MS), 'done');
  });

  it('knows its keys after a restart from a chain longer than what it reads back', async () => {
    const scene = await Scene.open();
    const ana = scene.user('ana');
    const encoded = scene.encode(scene.bet(ana));
    const first = await scene.writer.submit(encoded);
    for (let i = 0; i < 300; i++) {
      scene.clock.advance(scene.clock.now() + 100);
      await scene.done(scene.bet(ana, { stakeMinor: 1 }));
    }
    scene.quote();
    await scene.restart();
    assert.equal(await scene.writer.submit(encoded), first);
    assert.equal(scene.ledger.bets.size, 301);
  });
});

describe('Writer: time', () => {
  it('never stamps a block before the one before it, when the clock went back and the writer was restarted', async () => {
    const scene = await Scene.open();
    scene.clock.advance(T0 + DAY_MS);
    await scene.fund(scene.user('ana'));
    const back = new Scene({ store: scene.journal }); // its clock stands at T0 again
    await back.start();
    const answer = await back.ask(
      { type: 'IssueFunds', holder: back.user('ana'), ownerId: back.user('ana'), tenantId: TENANT, amountMinor: 1 },
      { commandId: back.id('cmd', T0 + DAY_MS - 5) }, // a caller whose clock was never wrong
    );
    assert.equal(codeOf(answer), 'done');
    const stamps = (await back.blocks()).map((block) => new BlockBody(block.body).context().now);
    assert.deepEqual(
      stamps,
      stamps.toSorted((a, b) => a - b),
    );
    assert.equal(stamps.at(-1), T0 + DAY_MS);
  });
});

describe('Writer: what comes in', () => {
  it('answers what it cannot read, and nothing is written', async () => {
    const scene = await Scene.open();
    const good = JSON.parse(scene.encode(scene.bet(scene.user('ana')))) as Record<string, unknown>;
    const head = await scene.journal.head(7);
    const bad: [string, string][] = [
      ['not JSON', '{'],
      ['no object', 'null'],
      ['a list', '[]'],
      ['no id', JSON.stringify({ ...good, commandId: 'x' })],
      ['an id of another kind', JSON.stringify({ ...good, commandId: scene.id('bet') })],
      ['no lane', JSON.stringify({ ...good, lane: 'fast' })],
      ['no actor', JSON.stringify({ ...good, actor: null })],
      ['no command', JSON.stringify({ ...good, cmd: 'PlaceBet' })],
      ['a hash that is none', JSON.stringify({ ...good, payloadHash: 'z'.repeat(32) })],
      ['lines', JSON.stringify(good, null, 2)],
      ['too much', JSON.stringify({ ...good, pad: 'x'.repeat(70_000) })],
    ];
    for (const [what, encoded] of bad) {
      assert.match(codeOf(await scene.send(encoded)), /^(?:malformed|too_large)$/, what);
    }
    assert.deepEqual(await scene.journal.head(7), head);
  });

  it('records a refusal for a command that it can read and does not know', async () => {
    const scene = await Scene.open();
    for (const type of ['Mint', 'toString', '__proto__', '']) {
      assert.equal(codeOf(await scene.ask({ type } as never)), 'malformed', type);
    }
    const forbidden = await scene.ask({ type: 'Halt', scope: 'bets', reason: 'x' }, { via: 'api' });
    assert.equal(codeOf(forbidden), 'forbidden');
    assert.equal(scene.writer.status, 'writing');
  });

  it('writes many commands that came together as one block, and answers them after its commit', async () => {
    const scene = await Scene.open();
    const ana = scene.user('ana');
    scene.journal.hold();
    const first = scene.ask(scene.bet(ana));
    await settle();
    let answered = 0;
    const rest = Array.from({ length: 200 }, async () => {
      const answer = await scene.ask(scene.bet(ana, { stakeMinor: 10 }));
      answered++;
      return answer;
    });
    await settle();
    assert.equal(answered, 0, 'answered before it was durable');
    const { appends } = scene.journal;
    scene.journal.letGo();
    await Promise.all([first, ...rest]);
    assert.equal(scene.journal.appends, appends + 1);
    assert.equal((await scene.blocks()).at(-1)?.lastSeq, (await scene.journal.head(7))?.seq);
    const last = (await scene.blocks()).at(-1);
    assert.equal(new BlockBody((last as { body: Uint8Array }).body).commandLines().length, 200);
  });

  it('spends no money twice within a batch', async () => {
    const scene = await Scene.open();
    const ana = scene.user('ana');
    const stakeMinor = FUNDS_MINOR * 0.4;
    const answers = await Promise.all([1, 2, 3].map(() => scene.ask(scene.bet(ana, { stakeMinor }))));
    assert.deepEqual(answers.map(codeOf), ['done', 'done', 'insufficient_funds']);
    const { accounts } = scene.ledger;
    assert.equal(accounts.balance(`player:${ana}:available`, 'PLAY'), FUNDS_MINOR * 0.2);
    assert.equal(accounts.balance(`player:${ana}:held`, 'PLAY'), FUNDS_MINOR * 0.8);
  });

  it('stores the quote that a bet took beside the command', async () => {
    const scene = await Scene.open();
    scene.quote({ quoteSeq: 9, prices: [{ selectionId: 'home', oddsMilli: 2_345 }] });
    await scene.done(scene.bet(scene.user('ana')));
    const last = (await scene.blocks()).at(-1) as { body: Uint8Array };
    const { quotes, uses } = new BlockBody(last.body).context();
    assert.deepEqual([quotes.length, quotes[0]?.marketId, quotes[0]?.quoteSeq, uses], [1, MARKET, 9, [[0]]]);
  });
});
