// The edge over a real writer: what the journal refuses comes out as problems, and money is right afterwards.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MemoryJournal } from '#adapters/memory/memory-journal.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import type { Command } from '#core/kernel/command.ts';
import { type Answer, encodeEnvelope } from '#engine/envelope.ts';
import { Writer } from '#engine/writer.ts';
import { silentLog } from '#ports/log.ts';
import type { Api } from './deps.ts';
import { depsForTests, questionsTo } from './deps-for-tests.ts';
import { EVENT, MARKET, newId, OPERATOR, PLAYER, quoteOf } from './rows-for-tests.ts';
import { buildServer } from './server.ts';

const clock = new SystemClock();
let writer: Writer;
let app: Api;
/** The writer as this process has it: none while it stands by. */
let here: Writer | null = null;

before(async () => {
  writer = new Writer(
    { shard: 0, lease: { holder: 'test', address: '', ttlMs: 10_000 } },
    { journal: new MemoryJournal(), snapshots: null, clock, log: silentLog },
  );
  assert.equal(await writer.start(), true);
  here = writer;
  await command({ type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' });
  await command({ type: 'OpenMarket', marketId: MARKET, startAt: clock.now() + 3_600_000 });
  writer.putQuote(quoteOf({ quoteSeq: 7, observedAt: clock.now(), confirmedAt: clock.now() }));
  const questions = questionsTo(() => here);
  app = await buildServer(depsForTests({ commands: { submit: (encoded) => writer.submit(encoded) }, questions, clock }));
});
after(async () => {
  await app.close();
  await writer.stop();
});

async function command(cmd: Command): Promise<Answer> {
  const actor = { ownerId: OPERATOR.ownerId, tenantId: OPERATOR.tenantId, via: 'operator' } as const;
  const encoded = encodeEnvelope({ commandId: newId('cmd', clock.now()), ledgerId: 'main', actor, lane: 'facts', cmd });
  const answer = JSON.parse(await writer.submit(encoded)) as Answer;
  assert.equal(answer.result, 'done', JSON.stringify(answer));
  return answer;
}

const key = (name: string) => ({ authorization: `Bearer ${name}` });
const post = (url: string, name: string, payload: object, commandId = newId('cmd', clock.now())) =>
  app.inject({ method: 'POST', url, headers: { ...key(name), 'idempotency-key': commandId }, payload });
const bet = { legs: [{ marketId: MARKET, selectionId: 'home' }], stakeMinor: 1_000, minOddsMilli: 1_900, quoteSeq: 7 };
const wallet = async (headers: Record<string, string> = {}) =>
  app.inject({ url: '/v1/wallet', headers: { ...key('player'), ...headers } });

test('a grant, a bet and the balance that follows from them, read by its token', async () => {
  assert.equal((await wallet()).json().available.amountMinor, 5_000, 'before the first grant the read models answer');
  const grant = await post('/v1/operator/grants', 'operator', { holder: PLAYER.ownerId, amountMinor: 10_000 });
  assert.equal(grant.statusCode, 201, grant.body);
  const commandId = newId('cmd', clock.now());
  const placed = await post('/v1/bets', 'player', bet, commandId);
  assert.equal(placed.statusCode, 201, placed.body);
  const again = await post('/v1/bets', 'player', bet, commandId);
  assert.deepEqual([again.statusCode, again.json()], [201, placed.json()], 'the same key is the same bet');
  const other = await post('/v1/bets', 'player', { ...bet, stakeMinor: 2_000 }, commandId);
  assert.deepEqual([other.statusCode, other.json().code], [409, 'duplicate_key_other_payload']);
  const token = String(placed.headers['read-token']);
  assert.equal(token, `0:${placed.json().seq}`);
  const answer = await wallet({ 'min-seq': token });
  assert.equal(answer.statusCode, 200, answer.body);
  const { available, held } = answer.json();
  assert.deepEqual([available.amountMinor, held.amountMinor], [9_000, 1_000]); // 10,000 granted, 1,000 staked once
});

test('what the writer refuses is a problem with its code, and the balance stays', async () => {
  const before = (await wallet()).json();
  const cases: [code: string, status: number, body: object][] = [
    ['not_found', 404, { ...bet, holder: newId('bot') }],
    ['not_found', 404, { ...bet, holder: OPERATOR.ownerId }],
    ['odds_changed', 422, { ...bet, minOddsMilli: 1_951 }],
    ['insufficient_funds', 422, { ...bet, stakeMinor: 9_001 }],
    ['stake_above_max', 422, { ...bet, stakeMinor: 10_000_001 }],
    ['leg_not_combinable', 422, { ...bet, legs: [bet.legs[0], { marketId: MARKET, selectionId: 'away' }] }],
    ['busy', 503, { ...bet, quoteSeq: 8 }],
  ];
  for (const [code, status, body] of cases) {
    const answer = await post('/v1/bets', 'player', body);
    assert.deepEqual([answer.json().code, answer.statusCode], [code, status], answer.body);
  }
  const old = await post('/v1/bets', 'player', bet, newId('cmd', clock.now() - 8 * 86_400_000));
  assert.deepEqual([old.json().code, old.statusCode], ['key_expired', 410]);
  assert.deepEqual((await wallet()).json(), before);
});

test('a bet on a market that nobody opened is refused and moves nothing', async () => {
  const before = (await wallet()).json();
  const answer = await post('/v1/bets', 'player', { ...bet, legs: [{ marketId: `${EVENT}/btts`, selectionId: 'yes' }] });
  // To the writer a market without a quote may be one whose quote is still on its way.
  assert.ok(['not_found', 'busy'].includes(answer.json().code), answer.body);
  assert.deepEqual((await wallet()).json(), before);
});

test('the name of a bet that has ended is not given again, neither under another key nor under its own', async () => {
  const commandId = newId('cmd', clock.now());
  const first = await post('/v1/bets', 'player', bet, commandId);
  const { betId } = first.json();
  assert.deepEqual([first.statusCode, betId], [201, commandId.replace('cmd_', 'bet_')]);
  const before = (await wallet()).json();
  await command({ type: 'VoidBet', betId, reason: 'test' });
  const voided = (await wallet()).json();
  assert.equal(voided.available.amountMinor, before.available.amountMinor + 1_000);
  const other = await post('/v1/bets', 'player', { ...bet, betId });
  assert.deepEqual([other.statusCode, other.json().code, other.json().path], [400, 'malformed', '/betId']);
  const again = await post('/v1/bets', 'player', { ...bet, betId }, commandId);
  assert.deepEqual([again.statusCode, again.json()], [201, first.json()], 'the answer of then, and no new bet');
  assert.deepEqual((await wallet()).json(), voided);
});

test('another person’s wallet is not there; an operator of the tenant may see it', async () => {
  const url = `/v1/wallet?holder=${PLAYER.ownerId}`;
  assert.equal((await app.inject({ url, headers: key('operator') })).statusCode, 200);
  const hidden = await app.inject({ url: `/v1/wallet?holder=${OPERATOR.ownerId}`, headers: key('player') });
  assert.equal(hidden.statusCode, 404);
});

test('a halt stops bets at once, shows in /v1/risk, and a resume lets them through', async () => {
  assert.equal((await app.inject({ method: 'POST', url: '/v1/risk/bets/halt', headers: key('operator') })).statusCode, 200);
  const refused = await post('/v1/bets', 'player', bet);
  assert.deepEqual([refused.json().code, refused.statusCode], ['gate_halted', 422]);
  const seen = (await app.inject({ url: '/v1/risk', headers: key('player') })).json();
  assert.deepEqual([seen.halted, seen.house, seen.limits], [['bets'], null, null]);
  const again = await app.inject({ method: 'POST', url: '/v1/risk/bets/halt', headers: key('operator') });
  assert.equal(again.json().code, 'already_resolved');
  const resumed = await post('/v1/risk/bets/resume', 'operator', { reason: 'checked' });
  assert.equal(resumed.statusCode, 200, resumed.body);
  assert.equal((await post('/v1/bets', 'player', bet)).statusCode, 201);
  const all = (await app.inject({ url: '/v1/risk', headers: key('operator') })).json();
  assert.equal(all.house.openBets, 2);
  assert.equal(all.limits.stakeMaxMinor, 10_000_000);
});

test('a suspended market takes no bets until it is reopened', async () => {
  const url = `/v1/operator/markets/${encodeURIComponent(EVENT)}`;
  assert.equal((await post(`${url}/suspend`, 'operator', { reason: 'desk' })).statusCode, 200);
  assert.equal((await post('/v1/bets', 'player', bet)).json().code, 'market_suspended');
  assert.equal((await post(`${url}/reopen`, 'operator', {})).statusCode, 200);
  assert.equal((await post('/v1/bets', 'player', bet)).statusCode, 201);
});

test('a gateway answers from the read models until the writer runs beside it, and from then on from its state', async () => {
  const live = (await wallet()).json().available.amountMinor as number;
  assert.notEqual(live, 5_000, 'the two cannot be told apart');
  here = null;
  assert.equal((await wallet()).json().available.amountMinor, 5_000);
  assert.equal((await app.inject({ url: '/v1/risk', headers: key('player') })).json().code, 'writer_moving');
  here = writer;
  assert.equal((await wallet()).json().available.amountMinor, live);
});
