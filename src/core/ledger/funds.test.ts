import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateHash } from '#engine/state/snapshot.ts';
import type { OpenLedger } from '../kernel/command.ts';
import { ANA, answerOf, BEA, BOT, idOf, TENANT, World, worldWithMarket } from '../kernel/world-for-tests.ts';

const issue = (change: Record<string, unknown> = {}): Parameters<World['ask']>[0] => ({
  type: 'IssueFunds',
  holder: ANA,
  ownerId: ANA,
  tenantId: TENANT,
  amountMinor: 100,
  ...change,
});

test('openLedger() opens a ledger once, with a currency of its class', () => {
  const open = (change: Record<string, unknown>): OpenLedger =>
    ({ type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play', ...change }) as OpenLedger;
  const world = new World(stateHash);
  for (const [change, code] of [
    [{ currency: 'ZZZ' }, 'malformed'],
    [{ currency: 'toString' }, 'malformed'],
    [{ currency: null }, 'malformed'],
    [{ moneyClass: 'real' }, 'currency_mismatch'],
    [{ currency: 'BRL' }, 'currency_mismatch'],
  ] as const) {
    assert.equal(answerOf(world.ask(open(change))), code, JSON.stringify(change));
  }
  assert.equal(answerOf(world.ask(open({}))), 'LedgerOpened');
  assert.equal(answerOf(world.ask(open({}))), 'already_resolved');
});

test('every other command needs its ledger', () => {
  assert.equal(answerOf(new World().ask(issue())), 'not_found');
});

test("issueFunds() opens a person's wallet with the first issue and adds to it with the next", () => {
  const world = worldWithMarket(stateHash);
  const carl = idOf('usr', 'carl');
  assert.equal(answerOf(world.ask(issue({ holder: carl, ownerId: carl }))), 'FundsIssued');
  assert.equal(answerOf(world.ask(issue({ holder: carl, ownerId: carl }))), 'FundsIssued');
  assert.equal(world.available(carl), 200);
  assert.equal(world.ledger.accounts.balance('issuance', 'PLAY'), -25_200);
});

test('issueFunds() refuses unknown bots, foreign owners and amounts that are none', () => {
  const world = worldWithMarket(stateHash);
  const carl = idOf('usr', 'carl');
  for (const [change, code] of [
    [{ holder: idOf('bot', 'unborn') }, 'not_found'],
    [{ ownerId: BEA }, 'not_found'],
    [{ tenantId: 'ten_other' }, 'not_found'],
    [{ holder: carl, ownerId: ANA }, 'malformed'],
    [{ holder: 'usr_1', ownerId: 'usr_1' }, 'malformed'],
    [{ holder: null }, 'malformed'],
    [{ holder: carl, ownerId: carl, tenantId: { a: 1 } }, 'malformed'],
    [{ tenantId: 'Ana Silva, Lisboa' }, 'malformed'],
    [{ amountMinor: 0 }, 'step_invalid'],
    [{ amountMinor: -5 }, 'step_invalid'],
    [{ amountMinor: 1.5 }, 'step_invalid'],
    [{ amountMinor: Number.NaN }, 'step_invalid'],
    [{ amountMinor: 2 ** 50 + 1 }, 'step_invalid'],
  ] as const) {
    assert.equal(answerOf(world.ask(issue(change))), code, JSON.stringify(change));
  }
});

test('issueFunds() stops before balances leave exact integers, instead of breaking the shard', () => {
  const world = worldWithMarket(stateHash);
  for (let i = 0; i < 3; i++) world.done(issue({ amountMinor: 2 ** 50 }));
  assert.equal(answerOf(world.ask(issue({ amountMinor: 2 ** 50 }))), 'limit_house'); // 25,000 circulate already
  assert.equal(answerOf(world.ask(issue({ amountMinor: 2 ** 50 - 25_000 }))), 'FundsIssued');
  assert.equal(answerOf(world.ask(issue({ amountMinor: 1 }))), 'limit_house');
});

test('issueFunds() makes no real money, and reclaimFunds() takes none', () => {
  const world = new World(stateHash);
  world.done({ type: 'OpenLedger', currency: 'BRL', moneyClass: 'real' });
  assert.equal(answerOf(world.ask(issue())), 'currency_mismatch');
  assert.equal(answerOf(world.ask({ type: 'ReclaimFunds', holder: ANA, amountMinor: 1 })), 'currency_mismatch');
});

test('reclaimFunds() takes what is available, never what is held', () => {
  const world = worldWithMarket(stateHash);
  world.bet('x', { stakeMinor: 4_000 });
  const reclaim = (amountMinor: number, holder = ANA): string =>
    answerOf(world.ask({ type: 'ReclaimFunds', holder, amountMinor }));
  assert.equal(reclaim(6_001), 'insufficient_funds');
  assert.equal(reclaim(0), 'step_invalid');
  assert.equal(reclaim(1, idOf('usr', 'nobody')), 'not_found');
  assert.equal(reclaim(6_000), 'FundsReclaimed');
  assert.deepEqual([world.available(), world.held()], [0, 4_000]);
});

test('birthBot() gives a bot its wallet once; its hash must be one', () => {
  const world = worldWithMarket(stateHash);
  const birth = (change: Record<string, unknown> = {}): string =>
    answerOf(
      world.ask({
        type: 'BirthBot',
        botId: idOf('bot', '2'),
        ownerId: ANA,
        tenantId: TENANT,
        dnaHash: 'b'.repeat(64),
        ...change,
      }),
    );
  for (const change of [
    { botId: ANA },
    { ownerId: BOT },
    { dnaHash: 'b'.repeat(63) },
    { dnaHash: ['b'.repeat(64)] },
    { dnaHash: { toString: 1 } },
    { tenantId: null },
  ]) {
    assert.equal(birth(change), 'malformed', JSON.stringify(change));
  }
  assert.equal(birth(), 'BotBorn');
  assert.equal(birth(), 'already_resolved');
});

test("through the API only a bot's own owner pauses and resumes it", () => {
  const world = worldWithMarket(stateHash);
  const pause = { type: 'PauseBot', botId: BOT, reason: 'owner' } as const;
  assert.equal(answerOf(world.ask(pause, 'api', { ownerId: BEA })), 'not_found');
  assert.equal(answerOf(world.ask(pause, 'api', { tenantId: 'ten_other' })), 'not_found');
  assert.equal(answerOf(world.ask(pause, 'api', { ownerId: ANA })), 'BotPaused');
  assert.equal(answerOf(world.ask(pause, 'api', { ownerId: ANA })), 'already_resolved');
  assert.equal(answerOf(world.ask({ ...pause, type: 'ResumeBot' }, 'operator', { ownerId: BEA })), 'BotResumed');
  assert.equal(answerOf(world.ask({ ...pause, type: 'ResumeBot' }, 'operator')), 'already_resolved');
  assert.equal(answerOf(world.ask({ ...pause, botId: ANA })), 'not_found'); // a person is no bot
});
